//! One entry of the catalogue with everything recorded of it.

use super::cards;
use super::error::StoreError;
use app::catalogue::port::{Closed, ConflictLine, Part};
use app::record::EntitlementCard;
use domain::audience::Audience;
use domain::id::{ApplicationId, EntitlementId, IdentityId, RequestId};
use jiff::Timestamp;
use sqlx::PgConnection;

/// An entitlement with everything recorded of it, apart from its lists.
#[derive(Clone, Debug)]
pub struct EntitlementRow {
    /// The card.
    pub card: EntitlementCard,
    /// Its application.
    pub application: ApplicationId,
    /// Code of its application.
    pub application_code: String,
    /// Why it has its tier.
    pub tier_reason: String,
    /// Nobody has looked at the tier.
    pub tier_guessed: bool,
    /// What it allows on configuration.
    pub actions: Vec<String>,
    /// What it allows on data.
    pub data_actions: Vec<String>,
    /// People who hold it now.
    pub holders: i64,
    /// Days between reviews.
    pub review_every_days: i32,
    /// Why nobody can ask for it, where nobody can.
    pub closed: Option<Closed>,
    /// Whom it is meant for.
    pub audience: Audience,
    /// Names of the units among them.
    pub unit_names: Vec<String>,
}

/// One entitlement, retired or not.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn entitlement(conn: &mut PgConnection, id: EntitlementId) -> Result<Option<EntitlementRow>, StoreError> {
    let Some(card) = cards::card(&mut *conn, id).await? else { return Ok(None) };
    let row = sqlx::query!(
        r#"select e.actions, e.data_actions, e.tier_reason, e.tier_origin, e.review_every_days, e.requestable, e.state, a.state as application_state, e.audience_populations, e.audience_units,
                  array(select u.name from unit u where u.id = any (e.audience_units) order by u.name) as "unit_names!", a.id as application_id, a.code,
                  (select count(distinct g.identity_id) from access_grant g where g.entitlement_id = e.id and g.state in ('active', 'ending')) as "holders!"
           from entitlement e join application a on a.id = e.application_id
           where e.id = $1"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|r| {
        let closed = match (r.state.as_str(), r.application_state.as_str(), r.requestable) {
            ("active", "active", true) => None,
            ("active", "active", false) => Some(Closed::NotOpened),
            ("active", _, _) => Some(Closed::ApplicationRetired),
            (_, _, _) => Some(Closed::Retired),
        };
        Ok(EntitlementRow {
            card,
            application: ApplicationId(r.application_id),
            application_code: r.code,
            tier_reason: r.tier_reason,
            tier_guessed: r.tier_origin == "guessed",
            actions: r.actions,
            data_actions: r.data_actions,
            holders: r.holders,
            review_every_days: r.review_every_days,
            closed,
            audience: super::facts::audience(&r.audience_populations, r.audience_units)?,
            unit_names: r.unit_names,
        })
    })
    .transpose()
}

/// How somebody stands to an entitlement.
#[derive(Clone, Debug)]
pub struct ReaderRow {
    /// It is meant for them.
    pub for_reader: bool,
    /// It is meant for somebody who reports to them.
    pub for_reports: bool,
    /// It is meant for something they answer for.
    pub for_owned: bool,
    /// Since when they hold it.
    pub held_since: Option<Timestamp>,
    /// Name of something they hold that includes it, unless they hold it itself.
    pub held_inside: Option<String>,
    /// Their open request for it.
    pub pending: Option<RequestId>,
    /// They are asked to decide about it.
    pub decides: bool,
    /// Active people of their unit without them, and how many of those hold it; `None` without a unit.
    pub peers: Option<(i64, i64)>,
}

/// How `reader` stands to the entitlement.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn reader(conn: &mut PgConnection, id: EntitlementId, reader: IdentityId) -> Result<ReaderRow, StoreError> {
    let r = sqlx::query!(
        r#"with e as (select id, audience_populations, audience_units from entitlement where id = $1),
                me as (select id, population, unit_id from identity where id = $2),
                theirs as (select i.population, i.unit_id, i.manager_id, i.owner_id from identity i where i.state = 'active' and (i.manager_id = $2 or i.owner_id = $2)),
                peer as (select i.id from identity i where i.state = 'active' and i.id <> $2 and i.unit_id = (select unit_id from me))
           select in_audience(me.population, me.unit_id, e.audience_populations, e.audience_units) as "for_reader!",
                  exists (select from theirs t where t.manager_id = $2 and in_audience(t.population, t.unit_id, e.audience_populations, e.audience_units)) as "for_reports!",
                  exists (select from theirs t where t.owner_id = $2 and in_audience(t.population, t.unit_id, e.audience_populations, e.audience_units)) as "for_owned!",
                  (select min(g.active_since) from access_grant g where g.identity_id = $2 and g.entitlement_id = $1 and g.state in ('active', 'ending')) as held_since,
                  (select min(w.name) from access_grant g join entitlement w on w.id = g.entitlement_id cross join lateral entitlement_contents(array[g.entitlement_id]) c
                   where g.identity_id = $2 and g.state in ('active', 'ending') and c.entitlement_id = $1) as held_inside,
                  (select q.id from request q join request_item i on i.request_id = q.id and i.revision = q.revision
                   where q.subject_id = $2 and i.entitlement_id = $1 and q.state in ('in_approval', 'returned', 'approved') order by q.id desc limit 1) as pending,
                  exists (select from stage_candidate c join approval_stage t on t.id = c.stage_id and t.state = 'open'
                          join request_item i on i.request_id = t.request_id and i.revision = t.revision
                          where c.identity_id = $2 and i.entitlement_id = $1) as "decides!",
                  me.unit_id is not null as "has_unit!", (select count(*) from peer) as "peers!",
                  (select count(distinct g.identity_id) from access_grant g join peer on peer.id = g.identity_id where g.entitlement_id = $1 and g.state in ('active', 'ending')) as "peers_hold!"
           from e, me"#,
        id.0,
        reader.0
    )
    .fetch_one(conn)
    .await?;
    Ok(ReaderRow {
        for_reader: r.for_reader,
        for_reports: r.for_reports,
        for_owned: r.for_owned,
        held_inside: r.held_inside.filter(|_| r.held_since.is_none()),
        held_since: r.held_since.map(|t| t.to_jiff()),
        pending: r.pending.map(RequestId),
        decides: r.decides,
        peers: r.has_unit.then_some((r.peers_hold, r.peers)),
    })
}

/// What the entitlement gives besides itself, and what gives it besides itself. Whatever is meant
/// for others than `reader` stands there without its id, unless `whole`.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn containment(
    conn: &mut PgConnection,
    id: EntitlementId,
    reader: IdentityId,
    whole: bool,
) -> Result<(Vec<Part>, Vec<Part>), StoreError> {
    let rows = sqlx::query!(
        r#"with recursive above as (
             select e.id from entitlement e where e.includes <> '{}' and e.includes @> array[$1::uuid]
             union
             select e.id from above b join entitlement e on e.includes <> '{}' and e.includes @> array[b.id]
           ), part as (
             select distinct c.entitlement_id as id, true as inside from entitlement_contents(array[$1::uuid]) c where c.entitlement_id <> $1
             union all
             select b.id, false from above b where b.id <> $1
           )
           select e.id as "id!", e.name as "name!", a.name as "application!", e.tier as "tier!", p.inside as "inside!",
                  $3::bool or coalesce((select in_audience(i.population, i.unit_id, e.audience_populations, e.audience_units) from identity i where i.id = $2), false) as "open!"
           from part p join entitlement e on e.id = p.id join application a on a.id = e.application_id
           order by p.inside desc, e.name, e.id"#,
        id.0,
        reader.0,
        whole
    )
    .fetch_all(conn)
    .await?;
    let (mut gives, mut part_of) = (Vec::new(), Vec::new());
    for r in rows {
        let part = Part { id: r.open.then_some(EntitlementId(r.id)), name: r.name, application: r.application, tier: r.tier.parse()? };
        if r.inside { gives.push(part) } else { part_of.push(part) }
    }
    Ok((gives, part_of))
}

/// Those of some entitlements that the catalogue shows to somebody, with their names, in the same
/// order. The rule is the one by which it is searched: meant for them or for somebody they answer for,
/// of an application of theirs, held or asked for by them or by `subject`, for whom they ask. With
/// `whole` all of them.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn open_to(
    conn: &mut PgConnection,
    of: &[EntitlementId],
    caller: IdentityId,
    subject: Option<IdentityId>,
    whole: bool,
) -> Result<Vec<(EntitlementId, String)>, StoreError> {
    let of: Vec<_> = of.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select e.id as "id!", e.name as "name!"
           from unnest($1::uuid[]) with ordinality chosen (id, place)
           join entitlement e on e.id = chosen.id join application a on a.id = e.application_id
           where $3::bool
              or exists (select from identity i where (i.id = $2 or (i.state = 'active' and (i.manager_id = $2 or i.owner_id = $2)))
                                                  and in_audience(i.population, i.unit_id, e.audience_populations, e.audience_units))
              or (a.owner_id = $2 or a.deputy_id = $2) is true
              or exists (select from access_grant g where g.identity_id in ($2, $4) and g.entitlement_id = e.id and g.state in ('active', 'ending'))
              or exists (select from request r join request_item i on i.request_id = r.id and i.revision = r.revision
                         where r.subject_id in ($2, $4) and i.entitlement_id = e.id and r.state in ('in_approval', 'returned', 'approved'))
           order by chosen.place"#,
        &of,
        caller.0,
        whole,
        subject.map(|subject| subject.0)
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (EntitlementId(r.id), r.name)).collect())
}

/// The first ten separation-of-duties rules in force that name the entitlement or something it
/// includes, with at most ten of the names it is kept apart from. What is meant for others than
/// `reader` has no name here, unless `whole`, and a rule about nothing else does not stand here.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn conflicts(
    conn: &mut PgConnection,
    id: EntitlementId,
    reader: IdentityId,
    whole: bool,
) -> Result<Vec<ConflictLine>, StoreError> {
    let sides = sqlx::query_scalar!(
        r#"with mine as (select $1::uuid as id union select c.entitlement_id from entitlement_contents(array[$1::uuid]) c)
           select distinct other.entitlement_id
           from mine m
           join conflict_member side on side.entitlement_id = m.id
           join conflict c on c.id = side.conflict_id and c.state = 'active'
           join conflict_member other on other.conflict_id = c.id and other.entitlement_id <> m.id and (c.shape = 'set' or other.side <> side.side)"#,
        id.0
    )
    .fetch_all(&mut *conn)
    .await?;
    let sides: Vec<EntitlementId> = sides.into_iter().map(EntitlementId).collect();
    let named: Vec<_> = open_to(conn, &sides, reader, None, whole).await?.into_iter().map(|(id, _)| id.0).collect();
    let rows = sqlx::query!(
        r#"with mine as (select $1::uuid as id union select c.entitlement_id from entitlement_contents(array[$1::uuid]) c)
           select c.code, c.title, c.severity, c.mitigation, c.shape, c.at_most, bool_or(m.id = $1) as "direct!",
                  (array_agg(distinct inside.name) filter (where m.id <> $1))[1:10] as through, (array_agg(distinct e.name))[1:10] as "others!"
           from mine m
           join conflict_member side on side.entitlement_id = m.id
           join conflict c on c.id = side.conflict_id and c.state = 'active'
           join conflict_member other on other.conflict_id = c.id and other.entitlement_id <> m.id and (c.shape = 'set' or other.side <> side.side)
           join entitlement e on e.id = other.entitlement_id and e.id = any ($2)
           join entitlement inside on inside.id = m.id
           group by c.id order by c.code limit 10"#,
        id.0,
        &named
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(ConflictLine {
                code: r.code,
                title: r.title,
                severity: r.severity.parse()?,
                mitigation: r.mitigation,
                at_most: (r.shape == "set").then_some(r.at_most),
                others: r.others,
                through: if r.direct { vec![] } else { r.through.unwrap_or_default() },
            })
        })
        .collect()
}
