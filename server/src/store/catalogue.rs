//! The catalogue: searching it, reading one entitlement, writing its next version.

use super::error::{StoreError, one_row};
use app::catalogue::port::CatalogueHit;
use app::record::{EntitlementCard, PersonRef};
use app::when::When;
use domain::catalogue::RiskTier;
use domain::id::{EntitlementId, IdentityId};
use domain::page::PAGE_SIZE;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use jiff_sqlx::ToSqlx;
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
/// letters swapped; where these are too few as well, those whose names are spelt alike.
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
        r#"with exact as materialized (
             select e.id, e.name, e.application_id, e.tier,
                    case when lower(e.name) = $2::text then 40000
                         when starts_with(lower(e.name), $2) then 30000
                         else 10000 + (10000 * ts_rank(e.search, $1::text::tsquery))::int end as score
             from entitlement e
             where $1 <> '' and e.state = 'active' and e.search @@ $1::text::tsquery
           ), swapped as materialized (
             select e.id, e.name, e.application_id, e.tier, 8000 + (1000 * ts_rank(e.search, $3::text::tsquery))::int as score
             from entitlement e
             where $1 <> '' and (select count(*) from (select from exact limit 10) few) < 10
               and e.state = 'active' and e.search @@ $3::text::tsquery and e.id not in (select id from exact)
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
               and coalesce(a.two, 1) >= 0.33 and coalesce(a.three, 1) >= 0.33
           ), hit as materialized (
             select id, name, application_id, tier, score from exact
             union all
             select id, name, application_id, tier, score from swapped
             union all
             -- Much worse than the best guess is noise.
             select id, name, application_id, tier, score from alike
             where score >= (select 0.75 * max(score) from alike) and id not in (select id from exact union all select id from swapped)
             union all
             select id, name, application_id, tier, 0 from entitlement where $1 = '' and state = 'active'
           ), page as (
             select h.id, h.name, h.score from hit h
             where ($9::text = '' or h.application_id = (select id from application where code = $9))
               and ($10::text = '' or h.tier = $10)
               and ($12::uuid is null or (-h.score, h.name, h.id) > (-$11::int, (select name from entitlement where id = $12), $12))
             order by h.score desc, h.name, h.id limit $14
           )
           select p.score as "score?", p.id as "id?", e.version as "version?", e.name as "name?", e.description as "description?", a.name as "application?",
                  e.tier as "tier?", a.classification as "classification?", a.logging as "logging?", o.id as "owner_id?", o.display_name as "owner_name?",
                  e.longest_days as "longest_days?", coalesce(e.requestable, false) as "requestable!",
                  exists (select from access_grant g where g.identity_id = $13 and g.entitlement_id = p.id and g.state in ('active', 'ending')) as "held!",
                  exists (select from request r join request_item i on i.request_id = r.id and i.revision = r.revision
                          where r.subject_id = $13 and i.entitlement_id = p.id and r.state in ('in_approval', 'returned', 'approved')) as "pending!",
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
        PAGE_SIZE + 1
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
        hits.push((i64::from(score), CatalogueHit { card, held: r.held, pending: r.pending, requestable: r.requestable }));
    }
    Ok((hits, tallies))
}

/// An entitlement with everything recorded of it, apart from its lists.
#[derive(Clone, Debug)]
pub struct EntitlementRow {
    /// The card.
    pub card: EntitlementCard,
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
    /// It can be asked for.
    pub requestable: bool,
    /// It is in use.
    pub active: bool,
}

/// One entitlement, retired or not.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn entitlement(conn: &mut PgConnection, id: EntitlementId) -> Result<Option<EntitlementRow>, StoreError> {
    let row = sqlx::query!(
        r#"select e.version, e.name, e.description, e.actions, e.data_actions, e.tier, e.tier_reason, e.tier_origin, e.longest_days, e.review_every_days,
                  e.requestable, e.state, a.code, a.name as application, a.classification, a.logging, o.id as "owner_id?", o.display_name as "owner_name?",
                  (select count(*) from access_grant g where g.entitlement_id = e.id and g.state in ('active', 'ending')) as "holders!"
           from entitlement e join application a on a.id = e.application_id left join identity o on o.id = a.owner_id
           where e.id = $1"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|r| {
        let active = r.state == "active";
        Ok(EntitlementRow {
            card: EntitlementCard {
                id,
                version: r.version,
                name: r.name,
                description: r.description,
                application: r.application,
                tier: r.tier.parse()?,
                classification: r.classification.parse()?,
                logging: r.logging.parse()?,
                owner: r.owner_id.zip(r.owner_name).map(|(id, name)| PersonRef { id: IdentityId(id), name }),
                longest_days: r.longest_days,
            },
            application_code: r.code,
            tier_reason: r.tier_reason,
            tier_guessed: r.tier_origin == "guessed",
            actions: r.actions,
            data_actions: r.data_actions,
            holders: r.holders,
            review_every_days: r.review_every_days,
            requestable: r.requestable && active,
            active,
        })
    })
    .transpose()
}

/// Versions before `current`, newest first, at most fifty.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn earlier_versions(
    conn: &mut PgConnection,
    id: EntitlementId,
    current: i32,
    zone: &TimeZone,
) -> Result<Vec<(i32, When, RiskTier, String)>, StoreError> {
    let rows = sqlx::query!(
        "select version, recorded_at, tier, tier_reason from entitlement_version where entitlement_id = $1 and version < $2 order by version desc limit 50",
        id.0,
        current
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|r| Ok((r.version, When::new(r.recorded_at.to_jiff(), zone), r.tier.parse()?, r.tier_reason))).collect()
}

/// The first ten separation-of-duties rules that name the entitlement, with at most ten names on
/// the other side of each.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn conflicts(conn: &mut PgConnection, id: EntitlementId) -> Result<Vec<(String, String, Vec<String>)>, StoreError> {
    let rows = sqlx::query!(
        r#"select c.code, c.title, (array_agg(distinct e.name))[1:10] as "names!"
           from conflict_member mine
           join conflict c on c.id = mine.conflict_id
           join conflict_member other on other.conflict_id = mine.conflict_id and other.side <> mine.side
           join entitlement e on e.id = other.entitlement_id
           where mine.entitlement_id = $1
           group by c.id order by c.code limit 10"#,
        id.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (r.code, r.title, r.names)).collect())
}

/// Keeps an entitlement from being changed by others until this transaction ends.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn lock(conn: &mut PgConnection, id: EntitlementId) -> Result<(), StoreError> {
    sqlx::query_scalar!("select id from entitlement where id = $1 for no key update", id.0).fetch_optional(conn).await?;
    Ok(())
}

/// Writes the next version of an entitlement, with a tier that a person chose.
///
/// # Errors
/// [`StoreError::NotOneRow`] when it is not at `version` any more.
pub async fn set_tier(
    conn: &mut PgConnection,
    id: EntitlementId,
    version: i32,
    tier: RiskTier,
    reason: &str,
    longest_days: Option<i32>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update entitlement set tier = $3, tier_reason = $4, tier_origin = 'edited', longest_days = $5, version = version + 1, updated_at = $6
         where id = $1 and version = $2",
        id.0,
        version,
        tier.word(),
        reason,
        longest_days,
        now.to_sqlx() as _
    )
    .execute(&mut *conn)
    .await?;
    one_row("entitlement", &done)?;
    let done = sqlx::query!(
        "insert into entitlement_version (entitlement_id, version, tier, tier_reason, longest_days, requestable, name, description, recorded_at)
         select id, version, tier, tier_reason, longest_days, requestable, name, description, updated_at from entitlement where id = $1",
        id.0
    )
    .execute(conn)
    .await?;
    one_row("entitlement_version", &done)
}
