//! Decisions between the press of the button and the record, and the presses that decided many.

use super::error::{StoreError, one_row};
use domain::approval::Verdict;
use domain::decision::{PendingState, SignatureMethod};
use domain::id::{BulkDecisionId, DelegationId, IdempotencyKey, IdentityId, PendingDecisionId, RequestId, StageId};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// A signature that goes on record with its decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Name as printed.
    pub name: String,
    /// What it means.
    pub meaning: String,
    /// How it was proven.
    pub method: SignatureMethod,
}

/// A decision as it was made.
#[derive(Clone, Debug)]
pub struct PendingRow {
    /// Which.
    pub id: PendingDecisionId,
    /// At which stage.
    pub stage: StageId,
    /// On which request.
    pub request: RequestId,
    /// On which revision.
    pub revision: i32,
    /// Who.
    pub by: IdentityId,
    /// Whom they stand in for, and the delegation that says so.
    pub stands_in: Option<(IdentityId, DelegationId)>,
    /// What.
    pub verdict: Verdict,
    /// Their words.
    pub comment: Option<String>,
    /// An earlier end than was asked for.
    pub ends_on: Option<Date>,
    /// The press that decided many, if it is one of them.
    pub bulk: Option<BulkDecisionId>,
    /// Seconds between showing and deciding.
    pub seconds_spent: Option<i32>,
    /// Version that was shown.
    pub shown_version: i32,
    /// Hash that was shown.
    pub shown_hash: Vec<u8>,
    /// The signature, where one was asked for.
    pub signed: Option<Signed>,
    /// When it was made.
    pub at: Timestamp,
    /// When it becomes final.
    pub final_at: Timestamp,
    /// Where it stands.
    pub state: PendingState,
    /// Deciding twice with one key decides once.
    pub key: IdempotencyKey,
}

/// Writes a decision that was just made.
///
/// # Errors
/// [`StoreError`] when the database refuses; constraint `pending_decision_one_open` when the person
/// has one open at this stage.
pub async fn insert(conn: &mut PgConnection, new: &PendingRow) -> Result<(), StoreError> {
    let signed = new.signed.as_ref();
    let done = sqlx::query!(
        "insert into pending_decision (id, stage_id, request_id, revision, decided_by, delegated_by, delegation_id, verdict, comment, ends_on, bulk, bulk_id, seconds_spent,
                                       shown_version, shown_hash, signed_name, signed_meaning, signed_method, decided_at, final_at, state, idempotency_key)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)",
        new.id.0,
        new.stage.0,
        new.request.0,
        new.revision,
        new.by.0,
        new.stands_in.map(|(from, _)| from.0),
        new.stands_in.map(|(_, record)| record.0),
        new.verdict.word(),
        new.comment,
        new.ends_on.map(ToSqlx::to_sqlx) as _,
        new.bulk.is_some(),
        new.bulk.map(|id| id.0),
        new.seconds_spent,
        new.shown_version,
        new.shown_hash,
        signed.map(|s| s.name.as_str()),
        signed.map(|s| s.meaning.as_str()),
        signed.map(|s| s.method.word()),
        new.at.to_sqlx() as _,
        new.final_at.to_sqlx() as _,
        new.state.word(),
        new.key.0
    )
    .execute(conn)
    .await?;
    one_row("pending_decision", &done)
}

/// A decision by its id; with `lock` nobody else settles it until this transaction ends.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn find(conn: &mut PgConnection, id: PendingDecisionId, lock: bool) -> Result<Option<PendingRow>, StoreError> {
    if lock {
        sqlx::query_scalar!("select id from pending_decision where id = $1 for update", id.0).fetch_optional(&mut *conn).await?;
    }
    let row = sqlx::query!(
        "select stage_id, request_id, revision, decided_by, delegated_by, delegation_id, verdict, comment, ends_on, bulk_id, seconds_spent, shown_version, shown_hash,
                signed_name, signed_meaning, signed_method, decided_at, final_at, state, refusal, idempotency_key
         from pending_decision where id = $1",
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|r| {
        let final_at = r.final_at.to_jiff();
        let signed = match (r.signed_name, r.signed_meaning, r.signed_method) {
            (Some(name), Some(meaning), Some(method)) => Some(Signed { name, meaning, method: method.parse()? }),
            _ => None,
        };
        Ok(PendingRow {
            id,
            stage: StageId(r.stage_id),
            request: RequestId(r.request_id),
            revision: r.revision,
            by: IdentityId(r.decided_by),
            stands_in: r.delegated_by.map(IdentityId).zip(r.delegation_id.map(DelegationId)),
            verdict: r.verdict.parse()?,
            comment: r.comment,
            ends_on: r.ends_on.map(|d| d.to_jiff()),
            bulk: r.bulk_id.map(BulkDecisionId),
            seconds_spent: r.seconds_spent,
            shown_version: r.shown_version,
            shown_hash: r.shown_hash,
            signed,
            at: r.decided_at.to_jiff(),
            final_at,
            state: PendingState::from_stored(&r.state, final_at, r.refusal)
                .ok_or_else(|| StoreError::inconsistent("pending_decision", format!("{id} is {}", r.state)))?,
            key: IdempotencyKey(r.idempotency_key),
        })
    })
    .transpose()
}

/// The decision a key was already used for.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn by_key(
    conn: &mut PgConnection,
    by: IdentityId,
    key: IdempotencyKey,
) -> Result<Option<(PendingDecisionId, RequestId)>, StoreError> {
    let row = sqlx::query!("select id, request_id from pending_decision where decided_by = $1 and idempotency_key = $2", by.0, key.0)
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|r| (PendingDecisionId(r.id), RequestId(r.request_id))))
}

/// Whether a person has a decision on this request that is not settled yet, from whichever of their
/// accounts.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn is_open_on(conn: &mut PgConnection, request: RequestId, by: IdentityId) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from pending_decision d, lateral same_people(array[d.decided_by]) p
                          where d.request_id = $1 and d.state = 'open' and p.identity_id = $2) as "open!""#,
        request.0,
        by.0
    )
    .fetch_one(conn)
    .await?)
}

/// Decisions that are final by `now` and not settled, in the order in which they were made.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn due(conn: &mut PgConnection, now: Timestamp, most: i64) -> Result<Vec<PendingDecisionId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select id from pending_decision where state = 'open' and final_at <= $1 order by decided_at, id limit $2",
        now.to_sqlx() as _,
        most
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(PendingDecisionId).collect())
}

/// Writes what came of an open decision.
///
/// # Errors
/// [`StoreError`] when the database refuses or it was settled already.
pub async fn settle(conn: &mut PgConnection, id: PendingDecisionId, state: &PendingState, at: Timestamp) -> Result<(), StoreError> {
    let refusal = if let PendingState::Refused { code } = state { Some(code.as_str()) } else { None };
    let done = sqlx::query!(
        "update pending_decision set state = $2, refusal = $3, settled_at = $4 where id = $1 and state = 'open'",
        id.0,
        state.word(),
        refusal,
        at.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("pending_decision", &done)
}

/// A decision somebody made a short while ago, as their list shows it.
#[derive(Clone, Debug)]
pub struct RecentRow {
    /// Which.
    pub id: PendingDecisionId,
    /// On which request.
    pub request: RequestId,
    /// Its number.
    pub number: String,
    /// Who would get the access.
    pub subject: String,
    /// What.
    pub entitlement: String,
    /// What was decided.
    pub verdict: Verdict,
    /// One of many with one press.
    pub bulk: Option<BulkDecisionId>,
    /// When it becomes final.
    pub final_at: Timestamp,
    /// Where it stands.
    pub state: PendingState,
}

/// What somebody decided that is open, or was refused after `since`; newest first, at most sixty.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn recent(conn: &mut PgConnection, by: IdentityId, since: Timestamp) -> Result<Vec<RecentRow>, StoreError> {
    let rows = sqlx::query!(
        r#"select p.id, p.request_id, r.number, s.display_name as "subject!", v.name as entitlement, p.verdict, p.bulk_id, p.final_at, p.state, p.refusal
           from pending_decision p
           join request r on r.id = p.request_id
           join identity s on s.id = r.subject_id
           join request_item i on i.request_id = p.request_id and i.revision = p.revision and i.position = 1
           join entitlement_version v on v.entitlement_id = i.entitlement_id and v.version = i.entitlement_version
           where p.decided_by = $1 and (p.state = 'open' or (p.state = 'refused' and p.settled_at > $2))
           order by p.decided_at desc, p.id desc limit 60"#,
        by.0,
        since.to_sqlx() as _
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let final_at = r.final_at.to_jiff();
            Ok(RecentRow {
                id: PendingDecisionId(r.id),
                request: RequestId(r.request_id),
                number: r.number,
                subject: r.subject,
                entitlement: r.entitlement,
                verdict: r.verdict.parse()?,
                bulk: r.bulk_id.map(BulkDecisionId),
                final_at,
                state: PendingState::from_stored(&r.state, final_at, r.refusal)
                    .ok_or_else(|| StoreError::inconsistent("pending_decision", format!("{} is {}", r.id, r.state)))?,
            })
        })
        .collect()
}

/// One press that decided many.
#[derive(Clone, Debug)]
pub struct BulkRow {
    /// Which.
    pub id: BulkDecisionId,
    /// Who.
    pub by: IdentityId,
    /// When.
    pub at: Timestamp,
    /// Seconds between showing the list and the press.
    pub seconds_spent: i32,
    /// What came of each item.
    pub results: Value,
    /// Pressing twice with one key decides once.
    pub key: IdempotencyKey,
}

/// Writes a press that decides many.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn insert_bulk(conn: &mut PgConnection, new: &BulkRow) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into bulk_decision (id, decided_by, decided_at, seconds_spent, results, idempotency_key) values ($1, $2, $3, $4, $5, $6)",
        new.id.0,
        new.by.0,
        new.at.to_sqlx() as _,
        new.seconds_spent,
        new.results,
        new.key.0
    )
    .execute(conn)
    .await?;
    one_row("bulk_decision", &done)
}

/// The press of `by` with this id, or with this key.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn bulk(conn: &mut PgConnection, by: IdentityId, id_or_key: Uuid) -> Result<Option<BulkRow>, StoreError> {
    let row = sqlx::query!(
        "select id, decided_at, seconds_spent, results, idempotency_key from bulk_decision where decided_by = $1 and (id = $2 or idempotency_key = $2)",
        by.0,
        id_or_key
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| BulkRow {
        id: BulkDecisionId(r.id),
        by,
        at: r.decided_at.to_jiff(),
        seconds_spent: r.seconds_spent,
        results: r.results,
        key: IdempotencyKey(r.idempotency_key),
    }))
}

/// The decisions of one press that can still be settled.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn open_of_bulk(conn: &mut PgConnection, bulk: BulkDecisionId) -> Result<Vec<PendingDecisionId>, StoreError> {
    let ids = sqlx::query_scalar!("select id from pending_decision where bulk_id = $1 and state = 'open' order by id", bulk.0)
        .fetch_all(conn)
        .await?;
    Ok(ids.into_iter().map(PendingDecisionId).collect())
}
