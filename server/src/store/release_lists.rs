//! Releases as lines: the operators' queue, what was carried out, those of a request, one alone.

use super::error::StoreError;
use super::releases::StateColumns;
use app::record::{PersonRef, ReleaseLine};
use app::when::{When, span};
use domain::id::{IdentityId, ReleaseId, RequestId};
use domain::page::PAGE_SIZE;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// What a list is narrowed to, by code; empty texts narrow nothing.
#[derive(Clone, Copy, Debug)]
pub struct Narrow<'a> {
    /// A connection.
    pub connection: &'a str,
    /// An application.
    pub application: &'a str,
}

/// The name of what narrows a list; nothing where there is no such record.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn narrowed(conn: &mut PgConnection, to: Narrow<'_>) -> Result<Option<String>, StoreError> {
    let names = sqlx::query_scalar!(
        r#"select name as "name!" from connection where code = $1 union all select name from application where code = $2"#,
        to.connection,
        to.application
    )
    .fetch_all(conn)
    .await?;
    Ok(if names.is_empty() { None } else { Some(names.join(", ")) })
}

/// How many releases stand under each filter, by the filter's word. One that none stands under is not
/// named.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn counts(conn: &mut PgConnection, me: IdentityId, to: Narrow<'_>, now: Timestamp) -> Result<HashMap<String, i64>, StoreError> {
    let rows = sqlx::query!(
        r#"with narrowed as (
             select e.id from entitlement e join application a on a.id = e.application_id where $4::text = '' or a.code = $4
           ), open_ones as (
             select l.* from release l where l.state not in ('closed', 'cancelled') and l.entitlement_id in (select id from narrowed)
               and ($3::text = '' or exists (
                 select from release_carrier k join connection c on c.id = k.connection_id
                 where k.release_id = l.id and c.code = $3))
           )
           select f as "filter!", count(*) as "n!" from release l join open_ones o on o.id = l.id, unnest(release_filters(l, $1, $2)) f group by f
           union all
           select 'closed', count(*) from release l
           where l.state = 'closed' and l.entitlement_id in (select id from narrowed)
             and ($3 = '' or l.connection_id in (select c.id from connection c where c.code = $3))"#,
        me.0,
        now.to_sqlx() as _,
        to.connection,
        to.application
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (r.filter, r.n)).collect())
}

/// Releases under a filter, one more than a page holds: what is open by the earliest moment, what was
/// carried out newest first. `after` is that moment and the id of the line before.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn lines(
    conn: &mut PgConnection,
    me: IdentityId,
    filter: &str,
    to: Narrow<'_>,
    after: Option<(Timestamp, Uuid)>,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Vec<ReleaseLine>, StoreError> {
    // Each branch has its index, and only one of the two is entered.
    let ids = sqlx::query_scalar!(
        r#"with narrowed as (
             select e.id from entitlement e join application a on a.id = e.application_id where $7::text = '' or a.code = $7
           ), chosen as (
             (select l.id, row_number() over (order by l.not_before, l.id) as place from release l
              where $1::text <> 'closed' and l.state not in ('closed', 'cancelled')
                and $1 = any (release_filters(l, $5, $8)) and l.entitlement_id in (select id from narrowed)
                and ($6::text = '' or exists (
                  select from release_carrier k join connection c on c.id = k.connection_id
                  where k.release_id = l.id and c.code = $6))
                and (l.not_before, l.id) > (coalesce($2::timestamptz, '-infinity'), coalesce($3::uuid, '00000000-0000-0000-0000-000000000000'))
              order by l.not_before, l.id limit $4)
             union all
             (select l.id, row_number() over (order by l.executed_at desc, l.id desc) from release l
              where $1::text = 'closed' and l.state = 'closed' and l.entitlement_id in (select id from narrowed)
                and ($6 = '' or l.connection_id in (select c.id from connection c where c.code = $6))
                and (l.executed_at, l.id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
              order by l.executed_at desc, l.id desc limit $4)
           )
           select id as "id!" from chosen order by place"#,
        filter,
        after.map(|(at, _)| at.to_sqlx()) as _,
        after.map(|(_, id)| id),
        PAGE_SIZE + 1,
        me.0,
        to.connection,
        to.application,
        now.to_sqlx() as _
    )
    .fetch_all(&mut *conn)
    .await?;
    with_ids(conn, &ids, now, zone).await
}

/// Releases of a request, oldest first.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn of_request(
    conn: &mut PgConnection,
    request: RequestId,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Vec<ReleaseLine>, StoreError> {
    let ids = sqlx::query_scalar!("select id from release where request_id = $1 order by planned_at, id", request.0)
        .fetch_all(&mut *conn)
        .await?;
    with_ids(conn, &ids, now, zone).await
}

/// One release.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn line(conn: &mut PgConnection, id: ReleaseId, now: Timestamp, zone: &TimeZone) -> Result<Option<ReleaseLine>, StoreError> {
    Ok(with_ids(conn, &[id.0], now, zone).await?.pop())
}

/// The releases with these ids, in this order.
async fn with_ids(conn: &mut PgConnection, ids: &[Uuid], now: Timestamp, zone: &TimeZone) -> Result<Vec<ReleaseLine>, StoreError> {
    let rows = sqlx::query!(
        r#"select l.id, l.number, l.kind, l.state, l.held_reasons, l.executed_by, l.executed_at, l.evidence, l.failure, l.next_try_at, l.not_before, l.state_since,
                  l.subject_id, s.display_name as "subject_name!", v.name as entitlement, a.name as application, v.tier,
                  l.request_id, r.number as request_number, x.display_name as "executor?",
                  l.due_at, case when l.claim_lapses_at > $2 then l.claimed_by end as claimed_by, h.display_name as "holder?"
           from unnest($1::uuid[]) with ordinality chosen (id, place)
           join release l on l.id = chosen.id
           join identity s on s.id = l.subject_id
           join request r on r.id = l.request_id
           join request_item i on i.id = l.item_id
           join entitlement e on e.id = l.entitlement_id
           join entitlement_version v on v.entitlement_id = i.entitlement_id and v.version = i.entitlement_version
           join application a on a.id = e.application_id
           left join identity x on x.id = l.executed_by
           left join identity h on h.id = l.claimed_by
           order by chosen.place"#,
        ids,
        now.to_sqlx() as _
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let since = r.state_since.to_jiff();
            let over = matches!(r.state.as_str(), "closed" | "cancelled");
            let due = r.due_at.map(|due| due.to_jiff()).filter(|_| !over);
            Ok(ReleaseLine {
                id: ReleaseId(r.id),
                number: r.number,
                kind: r.kind.parse()?,
                state: StateColumns {
                    word: r.state,
                    held: r.held_reasons,
                    by: r.executed_by,
                    at: r.executed_at.map(|t| t.to_jiff()),
                    evidence: r.evidence,
                    failure: r.failure,
                    next_try: r.next_try_at.map(|t| t.to_jiff()),
                }
                .state(r.id)?,
                subject: PersonRef { id: IdentityId(r.subject_id), name: r.subject_name },
                entitlement: r.entitlement,
                application: r.application,
                tier: r.tier.parse()?,
                request: RequestId(r.request_id),
                request_number: r.request_number,
                not_before: When::new(r.not_before.to_jiff(), zone),
                executed_by: r.executed_by.zip(r.executor).map(|(id, name)| PersonRef { id: IdentityId(id), name }),
                claimed_by: r.claimed_by.zip(r.holder).map(|(id, name)| PersonRef { id: IdentityId(id), name }),
                due: due.map(|due| When::new(due, zone)),
                late: due.filter(|due| *due <= now).map(|due| span(due, now)),
                since: When::new(since, zone),
                age: span(since, now),
            })
        })
        .collect()
}
