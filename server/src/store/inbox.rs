//! Decisions that wait for somebody: how many, which, and what to weigh. Also the stages at which
//! nobody can decide.

use super::error::StoreError;
use app::admin::port::HeldLine;
use app::inbox::port::InboxLine;
use app::when::{When, span};
use domain::id::{EntitlementId, IdentityId, RequestId, StageId};
use domain::identity::Mfa;
use domain::page::PAGE_SIZE;
use domain::time::days_between;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

/// How many decisions wait for somebody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Waiting {
    /// All.
    pub all: i64,
    /// Past their due time.
    pub late: i64,
    /// By tier: standard, elevated, privileged.
    pub tiers: [i64; 3],
}

/// Counts the open stages at which `me` may decide now: asked, not concerned, and not decided at
/// an earlier stage (law 4).
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn waiting(conn: &mut PgConnection, me: IdentityId, now: Timestamp) -> Result<Waiting, StoreError> {
    let row = sqlx::query!(
        r#"select count(*) as "all!", count(*) filter (where s.due_at < $2) as "late!",
                  count(*) filter (where v.tier = 'standard') as "standard!", count(*) filter (where v.tier = 'elevated') as "elevated!",
                  count(*) filter (where v.tier = 'privileged') as "privileged!"
           from stage_candidate c
           join approval_stage s on s.id = c.stage_id and s.state = 'open'
           join request r on r.id = s.request_id
           join request_item i on i.request_id = s.request_id and i.revision = s.revision and i.position = 1
           join entitlement_version v on v.entitlement_id = i.entitlement_id and v.version = i.entitlement_version
           where c.identity_id = $1 and $1 not in (r.subject_id, r.requester_id)
             and not exists (select from decision d where d.request_id = s.request_id and d.revision = s.revision and d.decided_by = $1)"#,
        me.0,
        now.to_sqlx() as _
    )
    .fetch_one(conn)
    .await?;
    Ok(Waiting { all: row.all, late: row.late, tiers: [row.standard, row.elevated, row.privileged] })
}

/// The decisions that wait for `me` under a filter (`all`, `late` or the word of a tier), soonest
/// due first, one more than a page holds, with their due times.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn lines(
    conn: &mut PgConnection,
    me: IdentityId,
    filter: &str,
    after: Option<(Timestamp, Uuid)>,
    now: Timestamp,
) -> Result<Vec<(Timestamp, InboxLine)>, StoreError> {
    let rows = sqlx::query!(
        r#"select s.id, s.request_id, r.number, p.display_name as "subject!", v.name as entitlement, a.name as application, v.tier,
                  n.starts_on, n.ends_on, s.sources[1] as "authority!", s.due_at as "due_at!",
                  (select count(*) from (select results from gate_evaluation g
                                         where g.request_id = s.request_id and g.revision = s.revision and g.phase = 'submission' order by g.at desc limit 1) newest
                   cross join lateral jsonb_array_elements(newest.results) result where result ->> 'outcome' in ('fail', 'error')) as "unmet!"
           from stage_candidate c
           join approval_stage s on s.id = c.stage_id and s.state = 'open'
           join request r on r.id = s.request_id
           join request_revision n on n.request_id = s.request_id and n.revision = s.revision
           join request_item i on i.request_id = s.request_id and i.revision = s.revision and i.position = 1
           join entitlement_version v on v.entitlement_id = i.entitlement_id and v.version = i.entitlement_version
           join entitlement e on e.id = i.entitlement_id
           join application a on a.id = e.application_id
           join identity p on p.id = r.subject_id
           where c.identity_id = $1 and $1 not in (r.subject_id, r.requester_id)
             and not exists (select from decision d where d.request_id = s.request_id and d.revision = s.revision and d.decided_by = $1)
             and ($2::text = 'all' or ($2 = 'late' and s.due_at < $3) or v.tier = $2)
             and (s.due_at, s.id) > (coalesce($4::timestamptz, '-infinity'), coalesce($5::uuid, '00000000-0000-0000-0000-000000000000'))
           order by s.due_at, s.id limit $6"#,
        me.0,
        filter,
        now.to_sqlx() as _,
        after.map(|(at, _)| at.to_sqlx()) as _,
        after.map(|(_, id)| id),
        PAGE_SIZE + 1
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let due_at = r.due_at.to_jiff();
            let late = due_at < now;
            let ends_on = r.ends_on.map(|d| d.to_jiff());
            Ok((
                due_at,
                InboxLine {
                    stage: StageId(r.id),
                    request: RequestId(r.request_id),
                    number: r.number,
                    subject: r.subject,
                    entitlement: r.entitlement,
                    application: r.application,
                    tier: r.tier.parse()?,
                    ends_on,
                    duration_days: ends_on.map(|end| days_between(r.starts_on.to_jiff(), end)),
                    authority: r.authority.parse()?,
                    due: if late { format!("Overdue {}", span(due_at, now)) } else { format!("Due in {}", span(now, due_at)) },
                    late,
                    gates_unmet: i32::try_from(r.unmet).unwrap_or(i32::MAX),
                },
            ))
        })
        .collect()
}

/// What is known of a person beside their request.
#[derive(Clone, Debug)]
pub struct Background {
    /// Unit.
    pub unit: Option<String>,
    /// Second factor.
    pub mfa: Mfa,
    /// Other active people of the unit.
    pub peers: i64,
    /// Of these, holding the entitlement.
    pub peers_holding: i64,
    /// How often the person held it before.
    pub held_before: i64,
    /// When that last ended.
    pub last_ended: Option<Timestamp>,
}

/// What to weigh about a person and an entitlement.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn background(
    conn: &mut PgConnection,
    subject: IdentityId,
    entitlement: EntitlementId,
) -> Result<Option<Background>, StoreError> {
    let row = sqlx::query!(
        r#"select u.name as "unit?", p.mfa,
                  (select count(*) from identity o where o.unit_id = p.unit_id and o.state = 'active' and o.id <> p.id) as "peers!",
                  (select count(*) from access_grant g join identity o on o.id = g.identity_id
                   where g.entitlement_id = $2 and g.state in ('active', 'ending') and o.unit_id = p.unit_id and o.state = 'active' and o.id <> p.id) as "peers_holding!",
                  (select count(*) from access_grant g where g.identity_id = p.id and g.entitlement_id = $2 and g.state = 'ended') as "held_before!",
                  (select max(g.ended_at) from access_grant g where g.identity_id = p.id and g.entitlement_id = $2 and g.state = 'ended') as last_ended
           from identity p left join unit u on u.id = p.unit_id
           where p.id = $1"#,
        subject.0,
        entitlement.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|r| {
        Ok(Background {
            unit: r.unit,
            mfa: r.mfa.parse()?,
            peers: r.peers,
            peers_holding: r.peers_holding,
            held_before: r.held_before,
            last_ended: r.last_ended.map(|t| t.to_jiff()),
        })
    })
    .transpose()
}

/// Requests with a stage at which nobody can decide, longest waiting first, at most fifty.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn held(conn: &mut PgConnection, zone: &TimeZone) -> Result<Vec<HeldLine>, StoreError> {
    let rows = sqlx::query!(
        r#"select r.number, s.hold_reason as "reason!", r.state_since
           from approval_stage s join request r on r.id = s.request_id
           where s.state = 'held' order by r.state_since, r.id limit 50"#
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| HeldLine { number: r.number, reason: r.reason, since: When::new(r.state_since.to_jiff(), zone) }).collect())
}
