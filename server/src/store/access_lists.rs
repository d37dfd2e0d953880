//! Lists of access: of an identity, to an application, to an entitlement; now, or of one identity as it
//! was on a past day. What is told of a past day comes from what was recorded up to then.

use super::error::StoreError;
use app::grants::port::AccessLine;
use app::record::PersonRef;
use app::when::When;
use domain::grant::{Course, End, GrantPhase};
use domain::id::{ApplicationId, EntitlementId, GrantId, IdentityId, RequestId};
use domain::page::PAGE_SIZE;
use domain::time::Period;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

/// What a list is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Everything of one identity.
    Identity(IdentityId),
    /// Everybody's to one application.
    Application(ApplicationId),
    /// Everybody's to one entitlement.
    Entitlement(EntitlementId),
}

impl About {
    fn ids(self) -> [Option<Uuid>; 3] {
        match self {
            Self::Identity(id) => [Some(id.0), None, None],
            Self::Application(id) => [None, Some(id.0), None],
            Self::Entitlement(id) => [None, None, Some(id.0)],
        }
    }
}

/// What of it somebody may see.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Everything.
    pub whole: bool,
    /// Otherwise what is this person's, that of who reports to them, and of the accounts they answer for …
    pub reader: IdentityId,
    /// … and everybody's to these applications.
    pub applications: Vec<Uuid>,
}

/// What a list is narrowed to; what is empty narrows nothing.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Where it stands.
    pub state: Option<GrantPhase>,
    /// Ends within so many days.
    pub within: Option<i32>,
    /// Word of a tier.
    pub tier: String,
    /// The holder's unit.
    pub unit: Option<Uuid>,
    /// Code of a connection, or `-` for by hand.
    pub connection: String,
}

/// Days that "ends within" counts, shortest first.
pub const WITHIN: [i32; 3] = [7, 30, 90];

/// Access as lines, newest first, each with its id in the order; one more than a page holds.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn lines(
    conn: &mut PgConnection,
    about: About,
    scope: &Scope,
    filter: &Filter,
    after: Option<(Timestamp, Uuid)>,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Vec<(Uuid, AccessLine)>, StoreError> {
    let [identity, application, entitlement] = about.ids();
    let rows = sqlx::query_as!(
        Row,
        r#"select s.id as "id!", s.grant_id, s.identity_id as "identity_id!", i.display_name as "holder!", coalesce(u.name, '') as "unit!",
                  s.entitlement_id as "entitlement_id!", v.name, a.name as application, v.tier, s.since as "since!", s.expiring_from, s.ends_at,
                  s.starts_on, s.ends_on, s.ending_since, s.ended_at, s.end_reason, s.request_id as "request_id!", r.number, q.display_name as "requester!",
                  c.name as "connection?",
                  array(select p.display_name from decision d join identity p on p.id = d.decided_by
                        where d.request_id = s.request_id and d.revision = s.revision and d.verdict = 'approve' order by d.decided_at, d.id) as "approvers!"
           from access_seen s
           join identity i on i.id = s.identity_id
           left join unit u on u.id = i.unit_id
           join entitlement e on e.id = s.entitlement_id
           join entitlement_version v on v.entitlement_id = s.entitlement_id and v.version = s.entitlement_version
           join application a on a.id = e.application_id
           join request r on r.id = s.request_id
           join identity q on q.id = r.requester_id
           left join connection c on c.id = s.connection_id and c.connector <> 'manual'
           where ($1::uuid is null or s.identity_id = $1) and ($2::uuid is null or e.application_id = $2) and ($3::uuid is null or s.entitlement_id = $3)
             -- What is approved and may be carried out already is not scheduled: it stands in the queue.
             and (s.grant_id is not null or s.since > $4)
             and access_in_scope(i, e.application_id, $5, $6, $7)
             and ($8::text is null or access_phase(s.since, s.expiring_from, s.ending_since, s.ended_at, $4) = $8)
             and ($9::int is null or (s.ending_since is null and s.ends_at <= $4 + make_interval(hours => 24 * $9)))
             and ($10::text = '' or v.tier = $10)
             and ($11::uuid is null or i.unit_id = $11)
             and ($12::text = '' or coalesce(c.code, '-') = $12)
             and (s.since, s.id) < (coalesce($13::timestamptz, 'infinity'), coalesce($14::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
           order by s.since desc, s.id desc limit $15"#,
        identity,
        application,
        entitlement,
        now.to_sqlx() as _,
        scope.whole,
        scope.reader.0,
        &scope.applications,
        filter.state.map(GrantPhase::word),
        filter.within,
        filter.tier,
        filter.unit,
        filter.connection,
        after.map(|(at, _)| at.to_sqlx()) as _,
        after.map(|(_, id)| id),
        PAGE_SIZE + 1
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|row| row.line(now, zone)).collect()
}

/// How much access there is of each sort: what facets are counted from.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Where it stands.
    pub phase: GrantPhase,
    /// The shortest of [`WITHIN`] that it ends in, unless it ends later or is ending already.
    pub within: Option<i32>,
    /// Word of the tier.
    pub tier: String,
    /// The holders' unit with its name.
    pub unit: Option<(Uuid, String)>,
    /// Code and name of the connection.
    pub connection: Option<(String, String)>,
    /// How many.
    pub count: i64,
}

/// Counts what a list holds without any filter.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn tallies(conn: &mut PgConnection, about: About, scope: &Scope, now: Timestamp) -> Result<Vec<Tally>, StoreError> {
    let [identity, application, entitlement] = about.ids();
    let rows = sqlx::query!(
        r#"select access_phase(s.since, s.expiring_from, s.ending_since, s.ended_at, $4) as "phase!",
                  (select min(w.days) from unnest($8::int[]) w (days) where s.ending_since is null and s.ends_at <= $4 + make_interval(hours => 24 * w.days)) as within,
                  v.tier, u.id as "unit?", u.name as "unit_name?", c.code as "code?", c.name as "connection?", count(*) as "count!"
           from access_seen s
           join identity i on i.id = s.identity_id
           left join unit u on u.id = i.unit_id
           join entitlement e on e.id = s.entitlement_id
           join entitlement_version v on v.entitlement_id = s.entitlement_id and v.version = s.entitlement_version
           left join connection c on c.id = s.connection_id and c.connector <> 'manual'
           where ($1::uuid is null or s.identity_id = $1) and ($2::uuid is null or e.application_id = $2) and ($3::uuid is null or s.entitlement_id = $3)
             and (s.grant_id is not null or s.since > $4)
             and access_in_scope(i, e.application_id, $5, $6, $7)
           group by 1, 2, 3, 4, 5, 6, 7"#,
        identity,
        application,
        entitlement,
        now.to_sqlx() as _,
        scope.whole,
        scope.reader.0,
        &scope.applications,
        &WITHIN
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(Tally {
                phase: r.phase.parse()?,
                within: r.within,
                tier: r.tier,
                unit: r.unit.zip(r.unit_name),
                connection: r.code.zip(r.connection),
                count: r.count,
            })
        })
        .collect()
}

/// What an identity held at any time between `from` and `at`, as it stood at `at`; newest first, one
/// more than a page holds, and how many in all.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn held_then(
    conn: &mut PgConnection,
    identity: IdentityId,
    scope: &Scope,
    (from, at): (Timestamp, Timestamp),
    after: Option<(Timestamp, Uuid)>,
    zone: &TimeZone,
) -> Result<(Vec<(Uuid, AccessLine)>, i64), StoreError> {
    let rows = sqlx::query!(
        r#"with held as (
             select g.id, g.active_since, count(*) over () as total from access_grant g
             join identity i on i.id = g.identity_id join entitlement e on e.id = g.entitlement_id
             where g.identity_id = $1 and g.active_since <= $3 and (g.ended_at is null or g.ended_at > $2)
               and access_in_scope(i, e.application_id, $4, $5, $6)
           )
           select h.total as "total!", g.id, g.identity_id, i.display_name as "holder!", g.entitlement_id, v.name, a.name as application, v.tier,
                  g.active_since, g.ending_since, g.ended_at, g.end_reason, g.request_id, r.number, q.display_name as "requester!", c.name as "connection?",
                  -- The end as it was then: the next extension says where it moved from.
                  case when x.grant_id is null then g.ends_at else x.old_ends_at end as ends_at,
                  (select max(y.extended_at) from grant_extension y where y.grant_id = g.id and y.extended_at <= $3) as extended_at,
                  array(select p.display_name from decision d join identity p on p.id = d.decided_by
                        where d.request_id = g.request_id and d.revision = l.revision and d.verdict = 'approve' and d.decided_at <= $3
                        order by d.decided_at, d.id) as "approvers!"
           from held h
           join access_grant g on g.id = h.id
           join identity i on i.id = g.identity_id
           join entitlement e on e.id = g.entitlement_id
           join entitlement_version v on v.entitlement_id = g.entitlement_id and v.version = g.entitlement_version
           join application a on a.id = e.application_id
           join request r on r.id = g.request_id
           join identity q on q.id = r.requester_id
           join release l on l.id = g.activation_release_id
           left join connection c on c.id = l.connection_id and c.connector <> 'manual'
           left join lateral (select x.grant_id, x.old_ends_at from grant_extension x where x.grant_id = g.id and x.extended_at > $3 order by x.extended_at limit 1) x on true
           where (h.active_since, h.id) < (coalesce($7::timestamptz, 'infinity'), coalesce($8::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
           order by h.active_since desc, h.id desc limit $9"#,
        identity.0,
        from.to_sqlx() as _,
        at.to_sqlx() as _,
        scope.whole,
        scope.reader.0,
        &scope.applications,
        after.map(|(at, _)| at.to_sqlx()) as _,
        after.map(|(_, id)| id),
        PAGE_SIZE + 1
    )
    .fetch_all(conn)
    .await?;
    let total = rows.first().map_or(0, |row| row.total);
    let lines = rows.into_iter().map(|r| {
        let since = r.active_since.to_jiff();
        let set_at = r.extended_at.map_or(since, |extended| extended.to_jiff().max(since));
        let end = r.ends_at.map(|end| End { set_at, at: end.to_jiff() });
        let known = |moment: Option<jiff_sqlx::Timestamp>| moment.map(|moment| moment.to_jiff()).filter(|moment| *moment <= at);
        let course = Course {
            since,
            expiring_from: end.and_then(End::expiring_from),
            ending_since: known(r.ending_since),
            ended_at: known(r.ended_at),
        };
        let line = AccessLine {
            grant: Some(GrantId(r.id)),
            holder: PersonRef { id: IdentityId(r.identity_id), name: r.holder },
            unit: String::new(),
            entitlement: EntitlementId(r.entitlement_id),
            name: r.name,
            application: r.application,
            tier: r.tier.parse()?,
            phase: course.phase(at),
            since: When::new(since, zone),
            ends: end.map(|end| When::new(end.at, zone)),
            ended: course.ended_at.map(|at| When::new(at, zone)),
            end_reason: r.end_reason.filter(|_| course.ending_since.is_some()).map(|word| word.parse()).transpose()?,
            request: RequestId(r.request_id),
            request_number: r.number,
            why: because(&r.requester, &r.approvers),
            through: r.connection.unwrap_or_else(|| BY_HAND.to_owned()),
        };
        Ok((r.id, line))
    });
    Ok((lines.collect::<Result<_, StoreError>>()?, total))
}

/// What stands in place of a connection.
pub const BY_HAND: &str = "By hand";

struct Row {
    id: Uuid,
    grant_id: Option<Uuid>,
    identity_id: Uuid,
    holder: String,
    unit: String,
    entitlement_id: Uuid,
    name: String,
    application: String,
    tier: String,
    since: jiff_sqlx::Timestamp,
    expiring_from: Option<jiff_sqlx::Timestamp>,
    ends_at: Option<jiff_sqlx::Timestamp>,
    starts_on: Option<jiff_sqlx::Date>,
    ends_on: Option<jiff_sqlx::Date>,
    ending_since: Option<jiff_sqlx::Timestamp>,
    ended_at: Option<jiff_sqlx::Timestamp>,
    end_reason: Option<String>,
    request_id: Uuid,
    number: String,
    requester: String,
    connection: Option<String>,
    approvers: Vec<String>,
}

impl Row {
    fn line(self, now: Timestamp, zone: &TimeZone) -> Result<(Uuid, AccessLine), StoreError> {
        let course = Course {
            since: self.since.to_jiff(),
            expiring_from: self.expiring_from.map(|t| t.to_jiff()),
            ending_since: self.ending_since.map(|t| t.to_jiff()),
            ended_at: self.ended_at.map(|t| t.to_jiff()),
        };
        // What has not begun has days and no moments yet.
        let days: Option<(Date, Option<Date>)> = self.starts_on.map(|start| (start.to_jiff(), self.ends_on.map(|end| end.to_jiff())));
        let planned = days.and_then(|(start, end)| Period::from_stored(start, end).ends_at(zone));
        let ends = self.ends_at.map(|t| t.to_jiff()).or(planned);
        let line = AccessLine {
            grant: self.grant_id.map(GrantId),
            holder: PersonRef { id: IdentityId(self.identity_id), name: self.holder },
            unit: self.unit,
            entitlement: EntitlementId(self.entitlement_id),
            name: self.name,
            application: self.application,
            tier: self.tier.parse()?,
            phase: course.phase(now),
            since: When::new(course.since, zone),
            ends: ends.map(|at| When::new(at, zone)),
            ended: course.ended_at.map(|at| When::new(at, zone)),
            end_reason: self.end_reason.map(|word| word.parse()).transpose()?,
            request: RequestId(self.request_id),
            request_number: self.number,
            why: because(&self.requester, &self.approvers),
            through: self.connection.unwrap_or_else(|| BY_HAND.to_owned()),
        };
        Ok((self.id, line))
    }
}

fn because(requester: &str, approvers: &[String]) -> String {
    match approvers {
        [] => format!("Asked for by {requester}"),
        approvers => format!("Asked for by {requester}, approved by {}", approvers.join(" and ")),
    }
}

/// Name of what a list is about; nothing for what does not exist.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn name(conn: &mut PgConnection, about: About) -> Result<Option<String>, StoreError> {
    let [identity, application, entitlement] = about.ids();
    Ok(sqlx::query_scalar!(
        r#"select display_name as "name!" from identity where id = $1
           union all select name from application where id = $2
           union all select name from entitlement where id = $3"#,
        identity,
        application,
        entitlement
    )
    .fetch_optional(conn)
    .await?)
}

/// The application of an entitlement.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn application_of(conn: &mut PgConnection, id: EntitlementId) -> Result<Option<ApplicationId>, StoreError> {
    Ok(sqlx::query_scalar!("select application_id from entitlement where id = $1", id.0).fetch_optional(conn).await?.map(ApplicationId))
}

/// When the first event was recorded: of what was before that nothing is known.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn first_record(conn: &mut PgConnection) -> Result<Option<Timestamp>, StoreError> {
    // Ids of events begin with their time.
    let at = sqlx::query_scalar!("select at from audit_event order by id limit 1").fetch_optional(conn).await?;
    Ok(at.map(|at| at.to_jiff()))
}
