//! The catalogue: searching it. One entry of it is read in `catalogue_entry.rs`.

use super::error::StoreError;
use app::catalogue::port::{CatalogueHit, Peers, Reach};
use app::record::{EntitlementCard, PersonRef};
use domain::catalogue::RiskTier;
use domain::id::{EntitlementId, IdentityId, RequestId};
use domain::lead_time::UsualTime;
use domain::page::PAGE_SIZE;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

/// A search, ready for the index.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// All words, each as a beginning: `'key':*&'vault':*`. Empty: everything.
    pub words: String,
    /// What was typed, in lower case.
    pub typed: String,
    /// The same, where each word may have two neighbouring letters swapped: `('vualt':*|'vault':*)`.
    pub swapped: String,
    /// The longest words, longest first, for finding names that are spelt alike; the rest is empty.
    pub alike: [AlikeWord; 3],
    /// How alike a name must be to the first of them, from 0 to 1.
    pub alike_from: f32,
    /// Code of an application, or empty.
    pub application: String,
    /// Word of a tier, or empty.
    pub tier: &'static str,
    /// What is meant for others is found as well.
    pub whole: bool,
    /// Score and id of the last hit of the page before.
    pub after: Option<(i64, Uuid)>,
}

/// A word that may be mistyped.
#[derive(Clone, Debug, Default)]
pub struct AlikeWord {
    /// As typed.
    pub word: String,
    /// It, or it with two neighbouring letters swapped.
    pub swapped: String,
}

/// How many hits an application has in a tier, under no filter.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Code of the application.
    pub code: String,
    /// Its name.
    pub application: String,
    /// The tier.
    pub tier: RiskTier,
    /// Hits.
    pub count: i64,
}

/// Gets the connection ready for [`search`], for the rest of the transaction.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn tolerate_typos(conn: &mut PgConnection, search: &Search) -> Result<(), StoreError> {
    // With the typed words in sight the planner overrates how many names are alike and reads them
    // all; without, it takes the index.
    sqlx::query!(
        "select set_config('pg_trgm.strict_word_similarity_threshold', $1, true) as alike, set_config('plan_cache_mode', 'force_generic_plan', true) as plan",
        search.alike_from.to_string()
    )
    .fetch_one(conn)
    .await?;
    Ok(())
}

/// Hits with their scores, best first, one more than a page holds; and how the whole of them is
/// spread. Hits contain every word. Where fewer than ten do, those follow that contain them with two
/// letters swapped; where these are too few as well, those whose names are spelt alike. What is
/// meant for others is left out: neither for the caller, nor for somebody they answer for, nor held
/// or asked for by them, nor of an application of theirs. So is what has been retired, by itself or with
/// its application. Usual times are not known here.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn search(
    conn: &mut PgConnection,
    search: &Search,
    caller: IdentityId,
) -> Result<(Vec<(i64, CatalogueHit)>, Vec<Tally>), StoreError> {
    let [one, two, three] = &search.alike;
    // `$1 = ''` and the like do not depend on a row: a branch that is not meant is not entered.
    let rows = sqlx::query!(
        r#"with viewer as materialized (
             -- The caller, and those they answer for.
             select distinct i.id = $13 as self, i.population, i.unit_id from identity i
             where i.id = $13 or (i.state = 'active' and (i.manager_id = $13 or i.owner_id = $13))
           ), closed as materialized (
             select e.id from entitlement e join application a on a.id = e.application_id
             where a.state <> 'active' or (
               not $15::bool and (e.audience_populations <> '{}' or e.audience_units <> '{}')
               and not exists (select from viewer v where in_audience(v.population, v.unit_id, e.audience_populations, e.audience_units))
               and (a.owner_id = $13 or a.deputy_id = $13) is not true
               and not exists (select from access_grant g where g.identity_id = $13 and g.entitlement_id = e.id and g.state in ('active', 'ending'))
               and not exists (select from request r join request_item i on i.request_id = r.id and i.revision = r.revision
                               where r.subject_id = $13 and i.entitlement_id = e.id and r.state in ('in_approval', 'returned', 'approved')))
           ), exact as materialized (
             select e.id, e.name, e.application_id, e.tier,
                    case when lower(e.name) = $2::text then 40000
                         when starts_with(lower(e.name), $2) then 30000
                         else 10000 + (10000 * ts_rank(e.search, $1::text::tsquery))::int end as score
             from entitlement e
             where $1 <> '' and e.state = 'active' and e.search @@ $1::text::tsquery and e.id not in (select id from closed)
           ), swapped as materialized (
             select e.id, e.name, e.application_id, e.tier, 8000 + (1000 * ts_rank(e.search, $3::text::tsquery))::int as score
             from entitlement e
             where $1 <> '' and (select count(*) from (select from exact limit 10) few) < 10
               and e.state = 'active' and e.search @@ $3::text::tsquery and e.id not in (select id from exact union all select id from closed)
           ), alike as materialized (
             -- The first word takes the index; it is measured once more for the score, the others once.
             select e.id, e.name, e.application_id, e.tier, (2000 * (a.one + coalesce(a.two, a.one) + coalesce(a.three, a.one)))::int as score
             from entitlement e
             cross join lateral (
               select strict_word_similarity($4, lower(e.name)) as one,
                      case when $5::text <> '' then greatest(strict_word_similarity($5, lower(e.name)), (e.search @@ $7::text::tsquery)::int * 0.8) end as two,
                      case when $6::text <> '' then greatest(strict_word_similarity($6, lower(e.name)), (e.search @@ $8::text::tsquery)::int * 0.8) end as three
               -- Otherwise the planner writes the measures out wherever they are named.
               offset 0) a
             where $1 <> '' and (select count(*) from (select from exact union all select from swapped limit 10) few) < 10
               and e.state = 'active' and $4::text <<% lower(e.name)
               and coalesce(a.two, 1) >= 0.33 and coalesce(a.three, 1) >= 0.33 and e.id not in (select id from closed)
           ), hit as materialized (
             select id, name, application_id, tier, score from exact
             union all
             select id, name, application_id, tier, score from swapped
             union all
             -- Much worse than the best guess is noise.
             select id, name, application_id, tier, score from alike
             where score >= (select 0.75 * max(score) from alike) and id not in (select id from exact union all select id from swapped)
             union all
             select id, name, application_id, tier, 0 from entitlement where $1 = '' and state = 'active' and id not in (select id from closed)
           ), page as (
             select h.id, h.name, h.score from hit h
             where ($9::text = '' or h.application_id = (select id from application where code = $9))
               and ($10::text = '' or h.tier = $10)
               and ($12::uuid is null or (-h.score, h.name, h.id) > (-$11::int, (select name from entitlement where id = $12), $12))
             order by h.score desc, h.name, h.id limit $14
           ), peer as materialized (
             select i.id from identity i
             where i.state = 'active' and i.id <> $13 and i.unit_id = (select unit_id from viewer where self)
           ), held_by_peers as materialized (
             select g.entitlement_id, count(distinct g.identity_id) as hold from access_grant g join peer on peer.id = g.identity_id
             where g.state in ('active', 'ending') and g.entitlement_id in (select id from page) group by g.entitlement_id
           ), held_inside as materialized (
             select c.entitlement_id, min(w.name) as whole
             from access_grant g join entitlement w on w.id = g.entitlement_id cross join lateral entitlement_contents(array[g.entitlement_id]) c
             where g.identity_id = $13 and g.state in ('active', 'ending') and c.entitlement_id in (select id from page) group by c.entitlement_id
           )
           select p.score as "score?", p.id as "id?", e.version as "version?", e.name as "name?", e.description as "description?", a.name as "application?",
                  e.tier as "tier?", a.classification as "classification?", a.logging as "logging?", o.id as "owner_id?", o.display_name as "owner_name?",
                  e.longest_days as "longest_days?", coalesce(e.requestable, false) as "requestable!",
                  exists (select from access_grant g where g.identity_id = $13 and g.entitlement_id = p.id and g.state in ('active', 'ending')) as "held!", n.whole as held_inside,
                  (select r.id from request r join request_item i on i.request_id = r.id and i.revision = r.revision
                   where r.subject_id = $13 and i.entitlement_id = p.id and r.state in ('in_approval', 'returned', 'approved') order by r.id desc limit 1) as pending,
                  (select v.unit_id is not null from viewer v where v.self) as "has_unit?", (select count(*) from peer) as "peers!", coalesce(b.hold, 0) as "peers_hold!",
                  coalesce((select in_audience(v.population, v.unit_id, e.audience_populations, e.audience_units) from viewer v where v.self), false) as "for_caller!",
                  exists (select from viewer v where not v.self and in_audience(v.population, v.unit_id, e.audience_populations, e.audience_units)) as "for_theirs!",
                  -- The whole is counted from the same hits, once; it rides on the first row, which is there without any hit.
                  case when row_number() over (order by p.score desc, p.name, p.id) = 1 then
                      (select jsonb_agg(jsonb_build_array(c.code, c.name, t.tier, t.hits))
                       from (select application_id, tier, count(*) as hits from hit group by application_id, tier) t join application c on c.id = t.application_id)
                  end as "tallies: Json<Vec<(String, String, String, i64)>>"
           from (values (1)) as at_least_one_row
           left join page p on true
           left join entitlement e on e.id = p.id
           left join application a on a.id = e.application_id
           left join identity o on o.id = a.owner_id
           left join held_by_peers b on b.entitlement_id = p.id
           left join held_inside n on n.entitlement_id = p.id
           order by p.score desc, p.name, p.id"#,
        search.words,
        search.typed,
        search.swapped,
        one.word,
        two.word,
        three.word,
        two.swapped,
        three.swapped,
        search.application,
        search.tier,
        search.after.map(|(score, _)| i32::try_from(score).unwrap_or(0)),
        search.after.map(|(_, id)| id),
        caller.0,
        PAGE_SIZE + 1,
        search.whole
    )
    .fetch_all(conn)
    .await?;
    let mut hits = Vec::with_capacity(rows.len());
    let mut tallies = Vec::new();
    for r in rows {
        for (code, application, tier, count) in r.tallies.map(|Json(t)| t).unwrap_or_default() {
            tallies.push(Tally { code, application, tier: tier.parse()?, count });
        }
        let (Some(id), Some(score), Some(version)) = (r.id, r.score, r.version) else { continue };
        let card = EntitlementCard {
            id: EntitlementId(id),
            version,
            name: r.name.unwrap_or_default(),
            description: r.description.unwrap_or_default(),
            application: r.application.unwrap_or_default(),
            tier: r.tier.unwrap_or_default().parse()?,
            classification: r.classification.unwrap_or_default().parse()?,
            logging: r.logging.unwrap_or_default().parse()?,
            owner: r.owner_id.zip(r.owner_name).map(|(id, name)| PersonRef { id: IdentityId(id), name }),
            longest_days: r.longest_days,
        };
        let hit = CatalogueHit {
            card,
            held: r.held,
            held_inside: r.held_inside.filter(|_| !r.held),
            pending: r.pending.map(RequestId),
            requestable: r.requestable,
            peers: r.has_unit.unwrap_or_default().then_some(Peers { hold: r.peers_hold, of: r.peers }),
            reach: Reach::of(r.for_caller, r.for_theirs),
            usual: UsualTime::NoData { cases: 0 },
        };
        hits.push((i64::from(score), hit));
    }
    Ok((hits, tallies))
}
