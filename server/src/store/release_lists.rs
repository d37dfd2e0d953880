//! The operators' queue and what was carried out, as lists.

use super::error::StoreError;
use super::releases::state;
use app::record::{PersonRef, ReleaseLine};
use app::when::{When, span};
use domain::id::{IdentityId, ReleaseId, RequestId};
use domain::page::PAGE_SIZE;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

/// How many releases there are under each filter.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    /// Planned or held.
    pub open: i64,
    /// Held.
    pub held: i64,
    /// Open, giving access.
    pub activate: i64,
    /// Open, removing access.
    pub remove: i64,
    /// Open, moving an end.
    pub extend: i64,
    /// Carried out.
    pub executed: i64,
}

/// Counts releases.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn counts(conn: &mut PgConnection) -> Result<Counts, StoreError> {
    let row = sqlx::query!(
        r#"select count(*) as "open!", count(*) filter (where state = 'held') as "held!",
                  count(*) filter (where kind = 'activate') as "activate!", count(*) filter (where kind = 'remove') as "remove!",
                  count(*) filter (where kind = 'extend') as "extend!",
                  (select count(*) from release where state = 'executed') as "executed!"
           from release where state in ('planned', 'held')"#
    )
    .fetch_one(conn)
    .await?;
    Ok(Counts { open: row.open, held: row.held, activate: row.activate, remove: row.remove, extend: row.extend, executed: row.executed })
}

/// Releases under a filter (`open`, `held`, `activate`, `remove`, `extend` or `executed`), one more than a
/// page holds: what is open by the earliest moment, what was carried out newest first. `after` is
/// that moment and the id of the line before.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn lines(
    conn: &mut PgConnection,
    filter: &str,
    after: Option<(Timestamp, Uuid)>,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Vec<ReleaseLine>, StoreError> {
    // Each branch has its index, and only one of the two is entered.
    let rows = sqlx::query!(
        r#"with chosen as (
             (select l.id, row_number() over (order by l.not_before, l.id) as place from release l
              where $1::text <> 'executed' and l.state in ('planned', 'held')
                and ($1 = 'open' or l.state = $1 or l.kind = $1)
                and (l.not_before, l.id) > (coalesce($2::timestamptz, '-infinity'), coalesce($3::uuid, '00000000-0000-0000-0000-000000000000'))
              order by l.not_before, l.id limit $4)
             union all
             (select l.id, row_number() over (order by l.executed_at desc, l.id desc) from release l
              where $1::text = 'executed' and l.state = 'executed'
                and (l.executed_at, l.id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
              order by l.executed_at desc, l.id desc limit $4)
           )
           select l.id, l.number, l.kind, l.state, l.held_reasons, l.executed_by, l.executed_at, l.evidence, l.not_before, l.state_since,
                  l.subject_id, s.display_name as "subject_name!", v.name as entitlement, a.name as application, v.tier,
                  l.request_id, r.number as request_number, x.display_name as "executor?"
           from chosen
           join release l on l.id = chosen.id
           join identity s on s.id = l.subject_id
           join request r on r.id = l.request_id
           join request_item i on i.id = l.item_id
           join entitlement e on e.id = l.entitlement_id
           join entitlement_version v on v.entitlement_id = i.entitlement_id and v.version = i.entitlement_version
           join application a on a.id = e.application_id
           left join identity x on x.id = l.executed_by
           order by chosen.place"#,
        filter,
        after.map(|(at, _)| at.to_sqlx()) as _,
        after.map(|(_, id)| id),
        PAGE_SIZE + 1
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let since = r.state_since.to_jiff();
            Ok(ReleaseLine {
                id: ReleaseId(r.id),
                number: r.number,
                kind: r.kind.parse()?,
                state: state(r.id, &r.state, r.held_reasons, r.executed_by, r.executed_at.map(|t| t.to_jiff()), r.evidence)?,
                subject: PersonRef { id: IdentityId(r.subject_id), name: r.subject_name },
                entitlement: r.entitlement,
                application: r.application,
                tier: r.tier.parse()?,
                request: RequestId(r.request_id),
                request_number: r.request_number,
                not_before: When::new(r.not_before.to_jiff(), zone),
                executed_by: r.executed_by.zip(r.executor).map(|(id, name)| PersonRef { id: IdentityId(id), name }),
                since: When::new(since, zone),
                age: span(since, now),
            })
        })
        .collect()
}
