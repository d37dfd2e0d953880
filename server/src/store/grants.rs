//! Grants: access that somebody has, is about to lose, or had.

use super::error::{StoreError, one_row};
use app::record::{AboutGrant, GrantLine};
use app::when::When;
use domain::grant::{Course, End, EndReason, GrantState};
use domain::id::{EntitlementId, GrantId, IdentityId, ItemId, ReleaseId, RequestId};
use domain::permission::Relation;
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
    /// When it ends by itself.
    pub ends_at: Option<Timestamp>,
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
/// [`StoreError`] when the database refuses; constraint `grant_once_per_item` is the double grant.
pub async fn insert(conn: &mut PgConnection, grant: &NewGrant) -> Result<(), StoreError> {
    let expiring_from = grant.ends_at.and_then(|at| End { set_at: grant.at, at }.expiring_from());
    let done = sqlx::query!(
        "insert into access_grant (id, identity_id, entitlement_id, entitlement_version, request_id, item_id, activation_release_id, state, active_since, ends_at, next_review_on,
                                   expiring_from, next_reminder_at)
         values ($1, $2, $3, $4, $5, $6, $7, 'active', $8, $9, $10, $11, $11)",
        grant.id.0,
        grant.identity.0,
        grant.entitlement.0,
        grant.entitlement_version,
        grant.request.0,
        grant.item.0,
        grant.release.0,
        grant.at.to_sqlx() as _,
        grant.ends_at.map(ToSqlx::to_sqlx) as _,
        grant.next_review_on.map(ToSqlx::to_sqlx) as _,
        expiring_from.map(ToSqlx::to_sqlx) as _
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
    sqlx::query_scalar!("select id from access_grant where id = $1 for update", id.0).fetch_optional(&mut *conn).await?;
    find(conn, id).await
}

/// Reads a grant.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn find(conn: &mut PgConnection, id: GrantId) -> Result<Option<GrantRow>, StoreError> {
    let row = sqlx::query!(
        r#"select g.identity_id, g.entitlement_id, g.request_id, g.item_id, g.state, g.ending_since, g.end_reason, g.removal_release_id, g.ended_at, g.ends_at, l.revision
           from access_grant g join release l on l.id = g.activation_release_id
           where g.id = $1"#,
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
            ends_at: r.ends_at.map(|t| t.to_jiff()),
        })
    })
    .transpose()
}

/// How a person stands to a grant: as to whoever holds it. Empty for a grant that does not exist.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn relations(conn: &mut PgConnection, id: GrantId, person: IdentityId) -> Result<Vec<Relation>, StoreError> {
    let holder = sqlx::query_scalar!("select identity_id from access_grant where id = $1", id.0).fetch_optional(&mut *conn).await?;
    match holder {
        Some(holder) => super::subjects::relations(conn, IdentityId(holder), person).await,
        None => Ok(vec![]),
    }
}

/// Open requests that would extend or replace a grant, in the order in which they are locked.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn open_requests_about(conn: &mut PgConnection, id: GrantId) -> Result<Vec<RequestId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select id from request where grant_id = $1 and state in ('in_approval', 'returned', 'approved') order by id",
        id.0
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(RequestId).collect())
}

/// Moves the end of a grant, with the record of the extension that says so.
///
/// # Errors
/// [`StoreError`] when the database refuses; trigger `grant_end_moves_by_extension` is law 9.
pub async fn move_end(
    conn: &mut PgConnection,
    grant: &GrantRow,
    request: RequestId,
    to: Option<Timestamp>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into grant_extension (grant_id, request_id, old_ends_at, new_ends_at, extended_at) values ($1, $2, $3, $4, $5)",
        grant.id.0,
        request.0,
        grant.ends_at.map(ToSqlx::to_sqlx) as _,
        to.map(ToSqlx::to_sqlx) as _,
        at.to_sqlx() as _
    )
    .execute(&mut *conn)
    .await?;
    one_row("grant_extension", &done)?;
    let expiring_from = to.and_then(|end| End { set_at: at, at: end }.expiring_from());
    let done = sqlx::query!(
        "update access_grant set ends_at = $2, expiring_from = $3, next_reminder_at = $3 where id = $1 and state = 'active'",
        grant.id.0,
        to.map(ToSqlx::to_sqlx) as _,
        expiring_from.map(ToSqlx::to_sqlx) as _
    )
    .execute(conn)
    .await?;
    one_row("access_grant", &done)
}

/// What a request moved the end of a grant to; nothing when it moved none, or to no end.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn extended_to(conn: &mut PgConnection, request: RequestId) -> Result<Option<Timestamp>, StoreError> {
    let end = sqlx::query_scalar!("select new_ends_at from grant_extension where request_id = $1", request.0).fetch_optional(conn).await?;
    Ok(end.flatten().map(|t| t.to_jiff()))
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

/// Active grants in whose place an approved change waits to put something and may do so by now, with
/// that request, longest waiting first.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn about_to_be_replaced(conn: &mut PgConnection, now: Timestamp, limit: i64) -> Result<Vec<(GrantId, RequestId)>, StoreError> {
    let rows = sqlx::query!(
        "select g.id, r.id as request_id
         from release l join request r on r.id = l.request_id join access_grant g on g.id = r.grant_id
         where l.kind = 'activate' and l.state in ('planned', 'held') and l.not_before <= $1 and r.kind = 'change' and r.state = 'approved' and g.state = 'active'
         order by l.not_before, l.id limit $2",
        now.to_sqlx() as _,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (GrantId(r.id), RequestId(r.request_id))).collect())
}

/// Whether a grant is still one of those that [`due`] names.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn is_due(conn: &mut PgConnection, id: GrantId, now: Timestamp) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from access_grant g join identity i on i.id = g.identity_id
                          where g.id = $1 and g.state = 'active' and (g.ends_at <= $2 or i.state in ('suspended', 'retired'))) as "due!""#,
        id.0,
        now.to_sqlx() as _
    )
    .fetch_one(conn)
    .await?)
}

/// Which grants a list shows.
#[derive(Clone, Copy, Debug)]
pub enum Of {
    /// Those of a request, and the one that it extends or replaces.
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
pub async fn lines(conn: &mut PgConnection, of: Of, now: Timestamp, zone: &TimeZone) -> Result<Vec<GrantLine>, StoreError> {
    let (request, living, ended) = match of {
        Of::Request(id) => (Some(id.0), None, None),
        Of::Living(id) => (None, Some(id.0), None),
        Of::Ended(id) => (None, None, Some(id.0)),
    };
    let rows = sqlx::query!(
        r#"select g.id, g.request_id, r.number, g.entitlement_id, e.name, a.name as application, v.tier, g.active_since, g.expiring_from, g.ends_at, g.ending_since, g.ended_at, g.end_reason,
                  x.old_ends_at as "moved_from?", x.request_id as "moved_by?", o.id as "about?", o.number as "about_number?", o.kind as "about_kind?"
           from access_grant g
           join request r on r.id = g.request_id
           join entitlement e on e.id = g.entitlement_id
           join entitlement_version v on v.entitlement_id = g.entitlement_id and v.version = g.entitlement_version
           join application a on a.id = e.application_id
           left join lateral (select x.old_ends_at, x.request_id from grant_extension x where x.grant_id = g.id order by x.extended_at desc, x.request_id desc limit 1) x on true
           left join lateral (select o.id, o.number, o.kind from request o
                              where o.grant_id = g.id and o.state in ('in_approval', 'returned', 'approved') order by o.id limit 1) o on true
           where g.request_id = $1
              or g.id = (select b.grant_id from request b where b.id = $1)
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
            let course = Course {
                since: r.active_since.to_jiff(),
                expiring_from: r.expiring_from.map(|t| t.to_jiff()),
                ending_since: r.ending_since.map(|t| t.to_jiff()),
                ended_at: r.ended_at.map(|t| t.to_jiff()),
            };
            Ok(GrantLine {
                id: GrantId(r.id),
                request: RequestId(r.request_id),
                request_number: r.number,
                entitlement: EntitlementId(r.entitlement_id),
                name: r.name,
                application: r.application,
                tier: r.tier.parse()?,
                state: course.phase(now),
                since: When::new(course.since, zone),
                ends: r.ends_at.map(|t| When::new(t.to_jiff(), zone)),
                ended: r.ended_at.map(|t| When::new(t.to_jiff(), zone)),
                end_reason: r.end_reason.map(|word| word.parse()).transpose()?,
                moved_from: r.moved_from.map(|t| When::new(t.to_jiff(), zone)),
                moved_by: r.moved_by.map(RequestId),
                about: match (r.about, r.about_number, r.about_kind) {
                    (Some(id), Some(number), Some(kind)) => Some(AboutGrant { request: RequestId(id), number, kind: kind.parse()? }),
                    _ => None,
                },
            })
        })
        .collect()
}
