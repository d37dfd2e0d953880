//! What to weigh beside a request: peers, what the person holds and held.

use super::error::StoreError;
use domain::approval::Verdict;
use domain::catalogue::RiskTier;
use domain::id::{EntitlementId, IdentityId, RequestId};
use domain::identity::Mfa;
use domain::request::RequestState;
use jiff::Timestamp;
use sqlx::PgConnection;

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
    /// How many people hold the entitlement, in whatever unit.
    pub holders: i64,
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
                  (select count(distinct g.identity_id) from access_grant g join identity o on o.id = g.identity_id
                   where g.entitlement_id = $2 and g.state in ('active', 'ending') and o.unit_id = p.unit_id and o.state = 'active' and o.id <> p.id) as "peers_holding!",
                  (select count(*) from access_grant g where g.identity_id = p.id and g.entitlement_id = $2 and g.state = 'ended') as "held_before!",
                  (select max(g.ended_at) from access_grant g where g.identity_id = p.id and g.entitlement_id = $2 and g.state = 'ended') as last_ended,
                  (select count(distinct g.identity_id) from access_grant g where g.entitlement_id = $2 and g.state in ('active', 'ending')) as "holders!"
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
            holders: r.holders,
        })
    })
    .transpose()
}

/// An entitlement that a request gives, or that the person holds in the same application.
#[derive(Clone, Debug)]
pub struct ComparisonRow {
    /// Which.
    pub entitlement: EntitlementId,
    /// Its name.
    pub name: String,
    /// Its tier.
    pub tier: RiskTier,
    /// The request gives it.
    pub gives: bool,
    /// It comes inside of something else.
    pub through: Option<String>,
    /// The person holds it.
    pub holds: bool,
    /// Until when.
    pub until: Option<Timestamp>,
}

/// What a request gives, with everything inside of it, beside what the person holds in the same
/// application; at most sixty.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn comparison(
    conn: &mut PgConnection,
    subject: IdentityId,
    entitlement: EntitlementId,
) -> Result<Vec<ComparisonRow>, StoreError> {
    let rows = sqlx::query!(
        r#"with given as (
               select $2::uuid as id, null::text as through
               union all
               select c.entitlement_id, min(t.name) from entitlement_contents(array[$2::uuid]) c join entitlement t on t.id = c.through
               where c.entitlement_id <> $2 group by c.entitlement_id
           )
           select e.id, e.name, e.tier, given.id is not null as "gives!", given.through, g.holds is not null as "holds!", g.ends_at as "ends_at?"
           from entitlement e
           left join given on given.id = e.id
           -- One line for what several grants give: until the last of them ends.
           left join lateral (select true as holds, case when bool_or(h.ends_at is null) then null else max(h.ends_at) end as ends_at
                              from access_grant h where h.entitlement_id = e.id and h.identity_id = $1 and h.state in ('active', 'ending') having count(*) > 0) g on true
           where given.id is not null or (g.holds and e.application_id = (select application_id from entitlement where id = $2))
           order by (given.id is not null) desc, given.through is not null, e.name limit 60"#,
        subject.0,
        entitlement.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(ComparisonRow {
                entitlement: EntitlementId(r.id),
                name: r.name,
                tier: r.tier.parse()?,
                gives: r.gives,
                through: r.through,
                holds: r.holds,
                until: r.ends_at.map(|t| t.to_jiff()),
            })
        })
        .collect()
}

/// An earlier request of a person for an entitlement.
#[derive(Clone, Debug)]
pub struct EarlierRow {
    /// Which.
    pub request: RequestId,
    /// Its number.
    pub number: String,
    /// When it was asked for.
    pub submitted_at: Timestamp,
    /// Where it stands.
    pub state: RequestState,
    /// The last decision on it: by whom and what.
    pub decided: Option<(String, Verdict)>,
    /// From when to when it was held.
    pub held: Option<(Timestamp, Option<Timestamp>)>,
}

/// Earlier requests of a person for an entitlement, through whatever account, newest first, at most
/// ten.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn earlier(
    conn: &mut PgConnection,
    subject: IdentityId,
    entitlement: EntitlementId,
    except: RequestId,
) -> Result<Vec<EarlierRow>, StoreError> {
    let rows = sqlx::query!(
        r#"select r.id, r.number, r.submitted_at, r.state, r.state_reason, last.name as "by?", last.verdict as "verdict?",
                  g.active_since as "active_since?", g.ended_at as "ended_at?"
           from request r
           join request_item i on i.request_id = r.id and i.revision = r.revision
           left join lateral (
               select p.display_name as name, d.verdict from decision d join identity p on p.id = d.decided_by
               where d.request_id = r.id and d.verdict <> 'return' order by d.decided_at desc limit 1
           ) last on true
           left join access_grant g on g.request_id = r.id
           where r.subject_id in (select p.identity_id from same_people(array[$1::uuid]) p) and i.entitlement_id = $2 and r.id <> $3
           order by r.submitted_at desc, r.id desc limit 10"#,
        subject.0,
        entitlement.0,
        except.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let verdict: Option<Verdict> = r.verdict.map(|word| word.parse()).transpose()?;
            Ok(EarlierRow {
                request: RequestId(r.id),
                submitted_at: r.submitted_at.to_jiff(),
                state: RequestState::from_stored(&r.state, r.state_reason)
                    .ok_or_else(|| StoreError::inconsistent("request", format!("{} is {}", r.number, r.state)))?,
                number: r.number,
                decided: r.by.zip(verdict),
                held: r.active_since.map(|since| (since.to_jiff(), r.ended_at.map(|at| at.to_jiff()))),
            })
        })
        .collect()
}
