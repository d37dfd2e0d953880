//! Ends of access that people are reminded of, and what they were told.

use super::error::{StoreError, one_row};
use domain::grant::{End, Reminder};
use domain::id::{GrantId, IdentityId, RequestId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// Active grants of whose end a reminder is due, longest due first.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn due(conn: &mut PgConnection, now: Timestamp, limit: i64) -> Result<Vec<GrantId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select id from access_grant where state = 'active' and next_reminder_at <= $1 order by next_reminder_at, id limit $2",
        now.to_sqlx() as _,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(GrantId).collect())
}

/// An end that people may be reminded of.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The end, with the moment at which it was set.
    pub end: End,
    /// The holder, and who answers for them where they are no person.
    pub people: Vec<IdentityId>,
    /// The request that gave the access.
    pub request: RequestId,
    /// Its number.
    pub number: String,
    /// Number of an open request that would extend it.
    pub extension: Option<String>,
    /// Another active grant gives the same for longer, under the same name and in the same place: nothing is
    /// lost at this end.
    pub outlived: bool,
}

/// The end of an active grant, locked; nothing where it is not active or has no end. What outlives it is
/// what would keep its access, as [`kept_access::by`](super::kept_access::by) says.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn lock(conn: &mut PgConnection, id: GrantId) -> Result<Option<Ending>, StoreError> {
    let row = sqlx::query!(
        r#"select g.identity_id, case when i.population in ('service_account', 'privileged_admin') then i.owner_id end as owner_id, g.request_id, r.number,
                  g.ends_at as "ends_at!", g.active_since,
                  (select max(x.extended_at) from grant_extension x where x.grant_id = g.id) as extended_at,
                  (select o.number from request o
                   where o.grant_id = g.id and o.kind = 'extend' and o.state in ('in_approval', 'returned', 'approved') order by o.id limit 1) as extension,
                  exists (select from access_grant o
                          where o.identity_id = g.identity_id and o.state = 'active' and o.id <> g.id and same_access(o.id, g.id)
                            and (o.ends_at is null or (o.ends_at, o.id) > (g.ends_at, g.id))) as "outlived!"
           from access_grant g
           join identity i on i.id = g.identity_id join request r on r.id = g.request_id
           where g.id = $1 and g.state = 'active' and g.ends_at is not null
           for update of g"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| {
        let (since, extended) = (r.active_since.to_jiff(), r.extended_at.map(|t| t.to_jiff()));
        Ending {
            end: End { set_at: extended.map_or(since, |extended| extended.max(since)), at: r.ends_at.to_jiff() },
            people: [Some(r.identity_id), r.owner_id].into_iter().flatten().map(IdentityId).collect(),
            request: RequestId(r.request_id),
            number: r.number,
            extension: r.extension,
            outlived: r.outlived,
        }
    }))
}

/// Writes down when the next reminder of a grant is due; none when there is none to come.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn set_next(conn: &mut PgConnection, id: GrantId, next: Option<Timestamp>) -> Result<(), StoreError> {
    let done = sqlx::query!("update access_grant set next_reminder_at = $2 where id = $1", id.0, next.map(ToSqlx::to_sqlx) as _)
        .execute(conn)
        .await?;
    one_row("access_grant", &done)
}

/// Records that a reminder of this end was told; `false` when it was told before.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn told(conn: &mut PgConnection, id: GrantId, end: Timestamp, reminder: Reminder, now: Timestamp) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "insert into grant_reminder (grant_id, ends_at, reminder, told_at) values ($1, $2, $3, $4) on conflict do nothing",
        id.0,
        end.to_sqlx() as _,
        reminder.word(),
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
