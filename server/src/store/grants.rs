//! Grants: access that somebody has, is about to lose, or had.

use super::error::{StoreError, one_row};
use app::record::GrantLine;
use app::when::When;
use domain::grant::{EndReason, GrantState};
use domain::id::{EntitlementId, GrantId, IdentityId, ItemId, ReleaseId, RequestId};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// A grant as recorded.
#[derive(Clone, Debug)]
pub struct GrantRow {
    /// Which.
    pub id: GrantId,
    /// Who has it.
    pub identity: IdentityId,
    /// What.
    pub entitlement: EntitlementId,
    /// The request that led to it.
    pub request: RequestId,
    /// The revision of the release that made it.
    pub revision: i32,
    /// The item it fulfils.
    pub item: ItemId,
    /// Where it stands.
    pub state: GrantState,
}

/// A grant about to begin.
#[derive(Clone, Debug)]
pub struct NewGrant {
    /// Its id.
    pub id: GrantId,
    /// Who gets it.
    pub identity: IdentityId,
    /// What.
    pub entitlement: EntitlementId,
    /// In which version.
    pub entitlement_version: i32,
    /// The request that led to it.
    pub request: RequestId,
    /// The item it fulfils.
    pub item: ItemId,
    /// The release that makes it.
    pub release: ReleaseId,
    /// When it begins.
    pub at: Timestamp,
    /// When it ends by itself.
    pub ends_at: Option<Timestamp>,
    /// When it is reviewed next.
    pub next_review_on: Option<Date>,
}

/// Begins a grant.
///
/// # Errors
/// [`StoreError`] when the database refuses; constraint `grant_once` is the double grant.
pub async fn insert(conn: &mut PgConnection, grant: &NewGrant) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into access_grant (id, identity_id, entitlement_id, entitlement_version, request_id, item_id, activation_release_id, state, active_since, ends_at, next_review_on)
         values ($1, $2, $3, $4, $5, $6, $7, 'active', $8, $9, $10)",
        grant.id.0,
        grant.identity.0,
        grant.entitlement.0,
        grant.entitlement_version,
        grant.request.0,
        grant.item.0,
        grant.release.0,
        grant.at.to_sqlx() as _,
        grant.ends_at.map(ToSqlx::to_sqlx) as _,
        grant.next_review_on.map(ToSqlx::to_sqlx) as _
    )
    .execute(conn)
    .await?;
    one_row("access_grant", &done)
}

/// Days between reviews of a grant of an entitlement.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn review_every_days(conn: &mut PgConnection, entitlement: EntitlementId) -> Result<i32, StoreError> {
    Ok(sqlx::query_scalar!("select review_every_days from entitlement where id = $1", entitlement.0).fetch_one(conn).await?)
}

/// Reads a grant and locks it until this transaction ends.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn lock(conn: &mut PgConnection, id: GrantId) -> Result<Option<GrantRow>, StoreError> {
    let row = sqlx::query!(
        r#"select g.identity_id, g.entitlement_id, g.request_id, g.item_id, g.state, g.ending_since, g.end_reason, g.removal_release_id, g.ended_at, l.revision
           from access_grant g join release l on l.id = g.activation_release_id
           where g.id = $1 for update of g"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|r| {
        let reason = r.end_reason.map(|word| word.parse::<EndReason>()).transpose()?;
        let removal = r.removal_release_id.map(ReleaseId);
        let state = match (r.state.as_str(), r.ending_since.map(|t| t.to_jiff()), reason, removal, r.ended_at.map(|t| t.to_jiff())) {
            ("active", None, None, None, None) => GrantState::Active,
            ("ending", Some(since), Some(reason), Some(removal), None) => GrantState::Ending { since, reason, removal },
            ("ended", Some(_), Some(reason), Some(removal), Some(at)) => GrantState::Ended { at, reason, removal },
            _ => return Err(StoreError::inconsistent("access_grant", format!("{id} is {}", r.state))),
        };
        Ok(GrantRow {
            id,
            identity: IdentityId(r.identity_id),
            entitlement: EntitlementId(r.entitlement_id),
            request: RequestId(r.request_id),
            revision: r.revision,
            item: ItemId(r.item_id),
            state,
        })
    })
    .transpose()
}

/// Writes the state a grant has reached.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn set_state(conn: &mut PgConnection, id: GrantId, state: &GrantState) -> Result<(), StoreError> {
    let done = match state {
        GrantState::Active => return Err(StoreError::inconsistent("access_grant", "nothing becomes active again")),
        GrantState::Ending { since, reason, removal } => {
            sqlx::query!(
                "update access_grant set state = 'ending', ending_since = $2, end_reason = $3, removal_release_id = $4 where id = $1 and state = 'active'",
                id.0,
                since.to_sqlx() as _,
                reason.word(),
                removal.0
            )
            .execute(conn)
            .await?
        }
        GrantState::Ended { at, .. } => {
            sqlx::query!("update access_grant set state = 'ended', ended_at = $2 where id = $1 and state = 'ending'", id.0, at.to_sqlx() as _).execute(conn).await?
        }
    };
    one_row("access_grant", &done)
}

/// Active grants whose end is reached or whose holder is no longer active, soonest first.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn due(conn: &mut PgConnection, now: Timestamp, limit: i64) -> Result<Vec<(GrantId, EndReason)>, StoreError> {
    let rows = sqlx::query!(
        r#"select g.id, i.state in ('suspended', 'retired') as "stopped!"
           from access_grant g join identity i on i.id = g.identity_id
           where g.state = 'active' and (g.ends_at <= $1 or i.state in ('suspended', 'retired'))
           order by g.ends_at nulls last, g.id limit $2"#,
        now.to_sqlx() as _,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (GrantId(r.id), if r.stopped { EndReason::IdentityStopped } else { EndReason::Expired })).collect())
}

/// Which grants a list shows.
#[derive(Clone, Copy, Debug)]
pub enum Of {
    /// Those of a request.
    Request(RequestId),
    /// Those a person has or is about to lose, soonest end first.
    Living(IdentityId),
    /// Those that ended for a person, newest first.
    Ended(IdentityId),
}

/// Grants as lines, at most fifty.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn lines(conn: &mut PgConnection, of: Of, zone: &TimeZone) -> Result<Vec<GrantLine>, StoreError> {
    let (request, living, ended) = match of {
        Of::Request(id) => (Some(id.0), None, None),
        Of::Living(id) => (None, Some(id.0), None),
        Of::Ended(id) => (None, None, Some(id.0)),
    };
    let rows = sqlx::query!(
        r#"select g.id, g.request_id, r.number, g.entitlement_id, e.name, a.name as application, v.tier, g.state, g.active_since, g.ends_at, g.ended_at, g.end_reason
           from access_grant g
           join request r on r.id = g.request_id
           join entitlement e on e.id = g.entitlement_id
           join entitlement_version v on v.entitlement_id = g.entitlement_id and v.version = g.entitlement_version
           join application a on a.id = e.application_id
           where g.request_id = $1
              or (g.identity_id = $2 and g.state in ('active', 'ending'))
              or (g.identity_id = $3 and g.state = 'ended')
           order by g.ended_at desc nulls first, g.ends_at nulls last, g.id limit 50"#,
        request,
        living,
        ended
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(GrantLine {
                id: GrantId(r.id),
                request: RequestId(r.request_id),
                request_number: r.number,
                entitlement: EntitlementId(r.entitlement_id),
                name: r.name,
                application: r.application,
                tier: r.tier.parse()?,
                state: r.state,
                since: When::new(r.active_since.to_jiff(), zone),
                ends: r.ends_at.map(|t| When::new(t.to_jiff(), zone)),
                ended: r.ended_at.map(|t| When::new(t.to_jiff(), zone)),
                end_reason: r.end_reason.map(|word| word.parse()).transpose()?,
            })
        })
        .collect()
}

/// Whether the person holds the entitlement now.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn holds(conn: &mut PgConnection, person: IdentityId, entitlement: EntitlementId) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from access_grant where identity_id = $1 and entitlement_id = $2 and state in ('active', 'ending')) as "holds!""#,
        person.0,
        entitlement.0
    )
    .fetch_one(conn)
    .await?)
}
