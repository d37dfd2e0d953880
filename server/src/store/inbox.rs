//! Decisions that wait for somebody: how many, which, and where nobody can decide. What to weigh
//! beside them is in `inbox_background`.

use super::error::StoreError;
use app::admin::port::HeldLine;
use app::inbox::port::{Extension, InboxLine};
use app::when::{When, span};
use domain::id::{IdentityId, RequestId, StageId};
use domain::page::PAGE_SIZE;
use domain::request::RequestKind;
use domain::time::{days_between, last_day};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

/// Which decisions of somebody are counted or listed.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Who.
    pub me: IdentityId,
    /// Empty, `mine`, `team`, `claimed` or `delegated`.
    pub whose: &'a str,
    /// `all`, `late`, `today`, or the word of a tier.
    pub filter: &'a str,
    /// The present.
    pub now: Timestamp,
    /// The midnight that ends today.
    pub midnight: Timestamp,
}

/// How many decisions there are under each choice of one filter, with the other as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facets {
    /// Under the present choice of whose: all, late, due today.
    pub all: i64,
    /// Past their due time.
    pub late: i64,
    /// Due before midnight.
    pub today: i64,
    /// By tier: standard, elevated, privileged.
    pub tiers: [i64; 3],
    /// Under the present filter: everything not taken on by somebody else.
    pub anyone: i64,
    /// For me alone, or taken on by me.
    pub mine: i64,
    /// For a team, or taken on by somebody else.
    pub team: i64,
    /// Taken on by me.
    pub claimed: i64,
    /// In somebody's place.
    pub delegated: i64,
}

/// Counts. The tier is the one that is at stake: what an entitlement includes may have risen. Few
/// include others, and the rest is not looked into.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn facets(conn: &mut PgConnection, wanted: Wanted<'_>) -> Result<Facets, StoreError> {
    let r = sqlx::query!(
        r#"select count(*) filter (where in_whose) as "all!",
                  count(*) filter (where in_whose and late) as "late!",
                  count(*) filter (where in_whose and today) as "today!",
                  count(*) filter (where in_whose and tier = 'standard') as "standard!",
                  count(*) filter (where in_whose and tier = 'elevated') as "elevated!",
                  count(*) filter (where in_whose and tier = 'privileged') as "privileged!",
                  count(*) filter (where in_filter and not claimed_by_other) as "anyone!",
                  count(*) filter (where in_filter and own) as "mine!",
                  count(*) filter (where in_filter and team) as "team!",
                  count(*) filter (where in_filter and claimed_by_me) as "claimed!",
                  count(*) filter (where in_filter and delegated) as "delegated!"
           from (
               select w.*, case $3::text when 'mine' then own when 'team' then team when 'claimed' then claimed_by_me when 'delegated' then delegated
                                         else not claimed_by_other end as in_whose,
                      case $4::text when 'all' then true when 'late' then late when 'today' then today else tier = $4 end as in_filter
               from (select case when e.includes = '{}' and e.tier = d.tier then d.tier else tier_at_stake(i.entitlement_id, i.entitlement_version) end as tier,
                            team or claimed_by_other as team, claimed_by_me, claimed_by_other, due_at < $2 as late, due_at < $5 as today,
                            claimed_by_me or (not team and delegated_by is null and not claimed_by_other) as own,
                            delegated_by is not null and not claimed_by_other as delegated
                     from decisions_waiting($1, $2) d
                     join request_item i on i.request_id = d.request_id and i.revision = d.revision and i.position = 1
                     join entitlement e on e.id = i.entitlement_id) w
           ) f"#,
        wanted.me.0,
        wanted.now.to_sqlx() as _,
        wanted.whose,
        wanted.filter,
        wanted.midnight.to_sqlx() as _
    )
    .fetch_one(conn)
    .await?;
    Ok(Facets {
        all: r.all,
        late: r.late,
        today: r.today,
        tiers: [r.standard, r.elevated, r.privileged],
        anyone: r.anyone,
        mine: r.mine,
        team: r.team,
        claimed: r.claimed,
        delegated: r.delegated,
    })
}

/// Counts what somebody may decide now, apart from what somebody else has taken on.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn waiting(conn: &mut PgConnection, me: IdentityId, now: Timestamp) -> Result<Facets, StoreError> {
    facets(conn, Wanted { me, whose: "", filter: "all", now, midnight: now }).await
}

/// The decisions that wait, soonest due first, one more than a page holds, with their due times. All
/// that stands on a line comes with this one statement; `zone` says on which day access ends now.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn lines(
    conn: &mut PgConnection,
    wanted: Wanted<'_>,
    after: Option<(Timestamp, Uuid)>,
    zone: &TimeZone,
) -> Result<Vec<(Timestamp, InboxLine)>, StoreError> {
    let rows = sqlx::query!(
        r#"select w.stage_id as "stage_id!", w.request_id as "request_id!", r.number, r.version, r.content_hash, r.kind, p.display_name as "subject!",
                  v.name as entitlement, a.name as application, k.tier as "tier!", n.reason_code, n.starts_on, n.ends_on, w.due_at as "due_at!", s.name as asked_as,
                  w.team as "team!", w.claimed_by_me as "claimed_by_me!", w.claimed_by_other as "claimed_by_other!", o.display_name as "claimant?",
                  f.display_name as "stands_in_for?",
                  (select min(d.ends_on) from decision d where d.request_id = w.request_id and d.revision = w.revision and d.verdict = 'approve') as allowed,
                  coalesce(l.content_hash <> r.content_hash, false) as "changed!",
                  (select count(*) from request t where t.submission_id = r.submission_id) as "together!",
                  (select count(*) from identity c where c.unit_id = p.unit_id and c.state = 'active' and c.id <> p.id) as "peers!",
                  (select count(distinct g.identity_id) from access_grant g join identity c on c.id = g.identity_id
                   where g.entitlement_id = i.entitlement_id and g.state in ('active', 'ending') and c.unit_id = p.unit_id and c.state = 'active' and c.id <> p.id) as "peers_holding!",
                  (select count(*) from conflicts_of(r.subject_id, i.entitlement_id, r.id) t where t.has <> '{}') as "conflicts!",
                  h.ends_at as "held_until?", (select count(*) from grant_extension x where x.grant_id = r.grant_id) as "extended!",
                  (select count(*) from (select results from gate_evaluation g
                                         where g.request_id = w.request_id and g.revision = w.revision and g.phase = 'submission' order by g.at desc limit 1) newest
                   cross join lateral jsonb_array_elements(newest.results) result where result ->> 'outcome' in ('fail', 'error')) as "unmet!"
           from decisions_waiting($1, $2) w
           join approval_stage s on s.id = w.stage_id
           join request r on r.id = w.request_id
           join request_revision n on n.request_id = w.request_id and n.revision = w.revision
           join request_item i on i.request_id = w.request_id and i.revision = w.revision and i.position = 1
           join entitlement_version v on v.entitlement_id = i.entitlement_id and v.version = i.entitlement_version
           join entitlement e on e.id = i.entitlement_id
           cross join lateral (select case when e.includes = '{}' and e.tier = w.tier then w.tier else tier_at_stake(i.entitlement_id, i.entitlement_version) end as tier) k
           join application a on a.id = e.application_id
           join identity p on p.id = r.subject_id
           left join access_grant h on h.id = r.grant_id
           left join identity o on o.id = w.claimed_by
           left join identity f on f.id = w.delegated_by
           left join request_look l on l.identity_id = $1 and l.request_id = w.request_id
           where case $3::text when 'mine' then w.claimed_by_me or (not w.team and w.delegated_by is null and not w.claimed_by_other)
                               when 'team' then w.team or w.claimed_by_other when 'claimed' then w.claimed_by_me
                               when 'delegated' then w.delegated_by is not null and not w.claimed_by_other else not w.claimed_by_other end
             and case $4::text when 'all' then true when 'late' then w.due_at < $2 when 'today' then w.due_at < $5 else k.tier = $4 end
             and (w.due_at, w.stage_id) > (coalesce($6::timestamptz, '-infinity'), coalesce($7::uuid, '00000000-0000-0000-0000-000000000000'))
           order by w.due_at, w.stage_id limit $8"#,
        wanted.me.0,
        wanted.now.to_sqlx() as _,
        wanted.whose,
        wanted.filter,
        wanted.midnight.to_sqlx() as _,
        after.map(|(at, _)| at.to_sqlx()) as _,
        after.map(|(_, id)| id),
        PAGE_SIZE + 1
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let due_at = r.due_at.to_jiff();
            let late = due_at < wanted.now;
            let asked = r.ends_on.map(|d| d.to_jiff());
            let ends_on = asked.into_iter().chain(r.allowed.map(|d| d.to_jiff())).min();
            let kind: RequestKind = r.kind.parse()?;
            let held_until = r.held_until.map(|at| last_day(at.to_jiff(), zone));
            let extension = (kind == RequestKind::Extend).then(|| Extension {
                days: held_until.zip(ends_on).map(|(from, to)| days_between(from, to)),
                number: u32::try_from(r.extended + 1).unwrap_or(u32::MAX),
            });
            Ok((
                due_at,
                InboxLine {
                    stage: StageId(r.stage_id),
                    request: RequestId(r.request_id),
                    number: r.number,
                    kind,
                    reason: r.reason_code.parse()?,
                    subject: r.subject,
                    entitlement: r.entitlement,
                    application: r.application,
                    tier: r.tier.parse()?,
                    ends_on,
                    shortened: ends_on != asked,
                    duration_days: ends_on.map(|end| days_between(r.starts_on.to_jiff(), end)),
                    extension,
                    peers: r.peers,
                    peers_holding: r.peers_holding,
                    conflicts: u32::try_from(r.conflicts).unwrap_or(u32::MAX),
                    asked_as: r.asked_as,
                    due: if late {
                        format!("Overdue {}", span(due_at, wanted.now))
                    } else {
                        format!("Due in {}", span(wanted.now, due_at))
                    },
                    late,
                    gates_unmet: i32::try_from(r.unmet).unwrap_or(i32::MAX),
                    changed: r.changed,
                    team: r.team,
                    claimed_by_me: r.claimed_by_me,
                    claimed_by: r.claimant.filter(|_| r.claimed_by_other),
                    stands_in_for: r.stands_in_for,
                    asked_together: u32::try_from(r.together).unwrap_or(1),
                    shown_version: r.version,
                    shown_hash: crate::usecase::shown::hex(&r.content_hash),
                },
            ))
        })
        .collect()
}

/// Whether somebody may decide at a stage now, going by who was asked.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn may_open(conn: &mut PgConnection, me: IdentityId, stage: StageId, now: Timestamp) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from decisions_waiting($1, $2) w where w.stage_id = $3) as "may!""#,
        me.0,
        now.to_sqlx() as _,
        stage.0
    )
    .fetch_one(conn)
    .await?)
}

/// Requests with a stage at which nobody can decide, longest held first, at most fifty.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn held(conn: &mut PgConnection, zone: &TimeZone) -> Result<Vec<HeldLine>, StoreError> {
    let rows = sqlx::query!(
        r#"select r.number, s.hold_reason as "reason!", s.held_at as "held_at!"
           from approval_stage s join request r on r.id = s.request_id
           where s.state = 'held' order by s.held_at, s.id limit 50"#
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| HeldLine { number: r.number, reason: r.reason, since: When::new(r.held_at.to_jiff(), zone) }).collect())
}
