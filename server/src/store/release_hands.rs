//! Work by hand: who took a release on, by when it should be done, who was reminded, who took the
//! second look, what people say is there, and who did what a rule holds.

use super::error::{StoreError, one_row};
use domain::catalogue::RiskTier;
use domain::id::{IdentityId, ReleaseId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;

/// What work by hand needs to know of a release besides its state.
#[derive(Clone, Debug)]
pub struct Hand {
    /// Who took it on, by name, and when that lapses.
    pub claim: Option<Claim>,
    /// By when it should be done.
    pub due_at: Option<Timestamp>,
    /// When operators were reminded.
    pub reminded_at: Option<Timestamp>,
    /// Who did it although a rule held it; nothing once that is taken back or proven.
    pub may_be_there: Option<Word>,
}

/// Somebody's word that a change is made which no gate let through.
#[derive(Clone, Debug)]
pub struct Word {
    /// Whose.
    pub by: IdentityId,
    /// Their name.
    pub name: String,
    /// When they gave it.
    pub at: Timestamp,
}

/// Who has a release.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Who.
    pub by: IdentityId,
    /// Their name.
    pub name: String,
    /// When it goes back to everybody by itself.
    pub lapses_at: Timestamp,
}

/// Reads it.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn hand(conn: &mut PgConnection, id: ReleaseId) -> Result<Hand, StoreError> {
    let r = sqlx::query!(
        r#"select l.claimed_by, l.claim_lapses_at, c.display_name as "name?", l.due_at, l.reminded_at,
                  l.may_be_there_by, l.may_be_there_at, w.display_name as "word_of?"
           from release l left join identity c on c.id = l.claimed_by left join identity w on w.id = l.may_be_there_by where l.id = $1"#,
        id.0
    )
    .fetch_one(conn)
    .await?;
    let claim = r.claimed_by.zip(r.claim_lapses_at).map(|(by, lapses_at)| Claim {
        by: IdentityId(by),
        name: r.name.unwrap_or_default(),
        lapses_at: lapses_at.to_jiff(),
    });
    let may_be_there = r.may_be_there_by.zip(r.may_be_there_at).map(|(by, at)| Word {
        by: IdentityId(by),
        name: r.word_of.unwrap_or_default(),
        at: at.to_jiff(),
    });
    let (due_at, reminded_at) = (r.due_at.map(|t| t.to_jiff()), r.reminded_at.map(|t| t.to_jiff()));
    Ok(Hand { claim, due_at, reminded_at, may_be_there })
}

/// Somebody takes it on.
///
/// # Errors
/// [`StoreError`] when the database refuses, for one because they approved it.
pub async fn claim(conn: &mut PgConnection, id: ReleaseId, by: IdentityId, now: Timestamp, lapses_at: Timestamp) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update release set claimed_by = $2, claimed_at = $3, claim_lapses_at = $4 where id = $1",
        id.0,
        by.0,
        now.to_sqlx() as _,
        lapses_at.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("release", &done)
}

/// Nobody has it any more.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn unclaim(conn: &mut PgConnection, id: ReleaseId) -> Result<(), StoreError> {
    let done = sqlx::query!("update release set claimed_by = null, claimed_at = null, claim_lapses_at = null where id = $1", id.0)
        .execute(conn)
        .await?;
    one_row("release", &done)
}

/// Releases whose claim has lapsed.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn lapsed_claims(conn: &mut PgConnection, now: Timestamp, limit: i64) -> Result<Vec<ReleaseId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select id from release where claim_lapses_at <= $1 order by claim_lapses_at, id limit $2",
        now.to_sqlx() as _,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(ReleaseId).collect())
}

/// Writes a due time anew; what is due anew may be reminded of anew.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn set_due(conn: &mut PgConnection, id: ReleaseId, due_at: Timestamp) -> Result<(), StoreError> {
    let done =
        sqlx::query!("update release set due_at = $2, reminded_at = null where id = $1", id.0, due_at.to_sqlx() as _).execute(conn).await?;
    one_row("release", &done)
}

/// Writes that operators were reminded.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn set_reminded(conn: &mut PgConnection, id: ReleaseId, now: Timestamp) -> Result<(), StoreError> {
    let done = sqlx::query!("update release set reminded_at = $2 where id = $1", id.0, now.to_sqlx() as _).execute(conn).await?;
    one_row("release", &done)
}

/// Work that is late and of which nobody was reminded, by hand or by machine. What people were called for
/// already, because it failed for good or got stuck, is left out.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn late(conn: &mut PgConnection, now: Timestamp, limit: i64) -> Result<Vec<ReleaseId>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"select l.id from release l
           where l.state in ('planned', 'held', 'gated', 'account_ready', 'activated', 'failed') and l.reminded_at is null and l.due_at <= $1
             and (l.state <> 'failed' or l.next_try_at is not null)
           order by l.due_at, l.id limit $2"#,
        now.to_sqlx() as _,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(ReleaseId).collect())
}

/// Writes who took the second look.
///
/// # Errors
/// [`StoreError`] when the database refuses: the same person, an approver or the subject.
pub async fn set_verified_by(conn: &mut PgConnection, id: ReleaseId, by: IdentityId) -> Result<(), StoreError> {
    let done = sqlx::query!("update release set verified_by = $2 where id = $1", id.0, by.0).execute(conn).await?;
    one_row("release", &done)
}

/// The tier that is at stake with a release: of the version that was asked for, of today, and of what is
/// inside, the highest.
///
/// # Errors
/// [`StoreError`] when reading fails or the word is unknown.
pub async fn tier(conn: &mut PgConnection, release: ReleaseId) -> Result<RiskTier, StoreError> {
    let word = sqlx::query_scalar!(
        r#"select tier_at_stake(i.entitlement_id, i.entitlement_version) as "tier!" from release l join request_item i on i.id = l.item_id where l.id = $1"#,
        release.0
    )
    .fetch_one(conn)
    .await?;
    Ok(word.parse()?)
}

/// Writes that something may be there by somebody's word, because they did what a rule holds.
///
/// # Errors
/// [`StoreError`] when the database refuses: a removal, an approver or the subject.
pub async fn set_may_be_there(conn: &mut PgConnection, id: ReleaseId, by: IdentityId, at: Timestamp) -> Result<(), StoreError> {
    let done = sqlx::query!("update release set may_be_there_by = $2, may_be_there_at = $3 where id = $1", id.0, by.0, at.to_sqlx() as _)
        .execute(conn)
        .await?;
    one_row("release", &done)
}

/// Writes what should be there, what somebody says is there, and how the two differ. What somebody's word
/// left open before is overtaken by it.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn set_said(
    conn: &mut PgConnection,
    id: ReleaseId,
    by: IdentityId,
    planned: &Value,
    actual: &Value,
    variance: &Value,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update release set planned_entitlements = $3, actual_entitlements = $4, variance = $5, found_said_by = $2,
                may_be_there_by = null, may_be_there_at = null
         where id = $1",
        id.0,
        by.0,
        planned,
        actual,
        variance
    )
    .execute(conn)
    .await?;
    one_row("release", &done)
}
