//! How long a search of a catalogue with 20,000 entitlements takes, with everything the page asks
//! for: hits, facets, total, what colleagues hold, usual times, and without what is meant for
//! others. Everything is made up in a database of its own, which is removed afterwards.

use app::catalogue::port::{Catalogue, CatalogueQuery};
use domain::actor::Caller;
use domain::id::SessionId;
use jiff::tz::TimeZone;
use server::policy::PolicySet;
use server::store::pool::{guarded, migrate};
use server::system::System;
use server::usecase::Base;
use server::usecase::catalogue::CatalogueService;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool, raw_sql};
use std::sync::Arc;
use std::time::Duration;

/// Fifty applications in four places, ten objects with ten roles each.
const FILL: &str = "
    insert into application (id, code, name, classification, logging)
    select ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'app-' || n, service || ' ' || place, 'internal', 'covered'
    from (select row_number() over () as n, service, place
          from unnest(array['Key Vault','Storage','Compute','Network','SQL Database','Cosmos','Container Registry','Kubernetes','Event Hub','Service Bus','Monitor','Backup','Billing','Cost Management','Data Factory','Synapse','Search','Cognitive','Machine Learning','Logic Apps','API Management','Front Door','Traffic Manager','DNS','Policy','Blueprint','Sentinel','Defender','Purview','Automation','Batch','Redis','Maps','Media','Notification','Signal','Spring','Web Apps','Functions','Static Sites','Payroll','Ledger','Treasury','Claims','Underwriting','Procurement','Warehouse','Recruiting','Helpdesk','Identity']) as service,
               unnest(array['Europe','Americas','Asia','Lab']) as place) s;
    insert into entitlement (id, application_id, source_id, name, description, actions, tier, tier_reason, tier_origin, longest_days, review_every_days, updated_at, search, reference)
    select ('00000000-0000-7000-8001-' || lpad(to_hex(n), 12, '0'))::uuid, a_id, 'made-up-' || n, name, description, actions,
           (array['standard','standard','standard','elevated','privileged'])[1 + n % 5], 'made up', 'guessed', 90, 180, '2026-01-01Z',
           entitlement_search(name, description, code, app, actions, '{}'), name
    from (select row_number() over (order by a.code, kind, object) as n, a.id as a_id, a.code, a.name as app, a.name || ' ' || object || ' ' || kind as name,
                 'Lets its holder work with the ' || lower(object) || ' of ' || a.name || ' as ' || lower(kind) || ', within the limits of the service and its logging.' as description,
                 array['Microsoft.' || replace(a.name, ' ', '') || '/' || lower(object) || '/read', 'Microsoft.' || replace(a.name, ' ', '') || '/' || lower(object) || '/write', 'Microsoft.Insights/alertRules/*', 'Microsoft.Resources/deployments/*'] as actions
          from application a,
               unnest(array['Reader','Contributor','Owner','Operator','Administrator','Auditor','Data Steward','Officer','Developer','Approver']) as kind,
               unnest(array['Accounts','Secrets','Certificates','Snapshots','Queues','Tables','Alerts','Reports','Settings','Keys']) as object) s;
";

/// Five thousand people in a hundred units with twenty thousand requests, of which nineteen thousand
/// led to access. Much is asked for by many: every third request is for one of fifty entitlements.
/// Every eighth entitlement is meant for contractors or for one unit.
const LIVE: &str = "
    insert into unit (id, name) select ('00000000-0000-7000-8002-' || lpad(to_hex(n), 12, '0'))::uuid, 'Unit ' || n from generate_series(1, 100) n;
    insert into identity (id, source_id, source, population, given_name, family_name, email, unit_id, manager_id, state, state_since, updated_at)
    select ('00000000-0000-7000-8003-' || lpad(to_hex(n), 12, '0'))::uuid, 'made-up-' || n, 'feed', case when n % 9 = 0 then 'contractor' else 'employee' end, 'Person', n::text,
           'person' || n || '@example.org', ('00000000-0000-7000-8002-' || lpad(to_hex(1 + n % 100), 12, '0'))::uuid,
           case when n > 100 then ('00000000-0000-7000-8003-' || lpad(to_hex(1 + n % 100), 12, '0'))::uuid end, 'active', '2026-01-01Z', '2026-01-01Z'
    from generate_series(1, 5000) n;
    update entitlement set audience_populations = '{contractor}' where ('x' || right(id::text, 4))::bit(16)::int % 16 = 0;
    update entitlement set audience_units = array['00000000-0000-7000-8002-000000000007'::uuid] where ('x' || right(id::text, 4))::bit(16)::int % 16 = 8;
    insert into policy_set (hash, sources, first_seen_at) values (repeat('0', 64), '{}', '2026-01-01Z') on conflict do nothing;
    insert into entitlement_version (entitlement_id, version, tier, tier_reason, requestable, name, description, recorded_at, reference)
    select id, version, tier, tier_reason, requestable, name, description, updated_at, reference from entitlement;
    create temporary table asked as
    select n, ('00000000-0000-7000-8004-' || lpad(to_hex(n), 12, '0'))::uuid as id, ('00000000-0000-7000-8005-' || lpad(to_hex(n), 12, '0'))::uuid as item,
           ('00000000-0000-7000-8006-' || lpad(to_hex(n), 12, '0'))::uuid as done, ('00000000-0000-7000-8003-' || lpad(to_hex(1 + n % 5000), 12, '0'))::uuid as who,
           ('00000000-0000-7000-8001-' || lpad(to_hex(case when n % 3 = 0 then 1 + (n / 3) % 50 else 1 + (n * 7) % 20000 end), 12, '0'))::uuid as what,
           timestamptz '2026-01-01Z' + n * interval '10 minutes' as at, case when n % 20 = 0 then 'in_approval' else 'released' end as state
    from generate_series(1, 20000) n;
    delete from asked a using asked b where a.who = b.who and a.what = b.what and a.n > b.n;
    insert into submission (id, subject_id, requester_id, submitted_at, idempotency_key) select id, who, who, at, id from asked;
    insert into request (id, number, subject_id, requester_id, state, state_since, revision, version, content_hash, submitted_at, submission_id)
    select id, 'REQ-' || n, who, who, state, at, 1, 1, sha256(''), at, id from asked;
    insert into request_revision (request_id, revision, reason_code, justification, starts_on, specification_population, specification_version, policy_hash, submitted_by, submitted_at)
    select id, 1, 'other', 'Made up for the measurement.', at::date, 'employee', 1, repeat('0', 64), who, at from asked;
    insert into request_item (id, request_id, revision, position, entitlement_id, entitlement_version) select item, id, 1, 1, what, 1 from asked;
    with given as (
      insert into access_grant (id, identity_id, entitlement_id, entitlement_version, request_id, item_id, activation_release_id, state, active_since)
      select done, who, what, 1, id, item, done, 'active', at from asked where state = 'released'
    )
    insert into release (id, number, kind, request_id, revision, item_id, subject_id, entitlement_id, grant_id, state, not_before, evidence, executed_by, executed_at, verified_at, closed_at, planned_at, state_since)
    select done, 'REL-' || n, 'activate', id, 1, item, who, what, done, 'closed', at, 'Seen.', ('00000000-0000-7000-8003-' || lpad(to_hex(1 + (n + 1) % 5000), 12, '0'))::uuid,
           at + (n % 200) * interval '1 hour', at, at, at, at from asked where state = 'released';
";

/// Who looks: an employee of a unit with fifty people, to whom some report.
const LOOKS: &str = "00000000-0000-7000-8003-000000000005";

/// What people type: names, beginnings, applications, actions, one word that is everywhere, nothing
/// at all, and typos of each kind.
const TYPED: [&str; 50] = [
    "",
    "key vault",
    "key vault reader",
    "KeyVault",
    "secrets officer",
    "payroll",
    "payroll owner europe",
    "ledger reports",
    "sql database contributor",
    "kubernetes",
    "reader",
    "contributor",
    "owner",
    "admin",
    "audit",
    "data steward",
    "app-17",
    "asia",
    "lab settings",
    "treasury asia approver",
    "microsoft",
    "microsoft.keyvault/secrets/read",
    "alertRules",
    "deployments write",
    "logging",
    "a",
    "se",
    "cert",
    "snap",
    "machine learning keys developer",
    "vualt",
    "kye vualt",
    "vawlt reader",
    "reeder",
    "contirbutor",
    "oficer",
    "certifcate oficer",
    "payrol",
    "paiyroll clerk",
    "kubernets",
    "procurment",
    "administator lab",
    "treasry",
    "helpdsek",
    "recruitng owner",
    "sentinal",
    "secrest",
    "kay voult",
    "storege tabels",
    "underwritting claims",
];

/// What was measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Median of all searches.
    pub p50: Duration,
    /// 95th percentile.
    pub p95: Duration,
    /// The slowest search, and what was typed.
    pub worst: (Duration, &'static str),
    /// Searches that found nothing.
    pub without_hits: Vec<&'static str>,
    /// Yardstick: a round trip to the same database.
    pub round_trip: Duration,
    /// Yardstick: reading every row of the catalogue once.
    pub whole_table: Duration,
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = |d: Duration| d.as_secs_f64() * 1_000.0;
        write!(
            f,
            "search of 20,000 entitlements: p50 {:.1} ms, p95 {:.1} ms, worst {:.1} ms ({:?}); a round trip {:.2} ms, reading the table once {:.1} ms; without hits: {:?}",
            ms(self.p50),
            ms(self.p95),
            ms(self.worst.0),
            self.worst.1,
            ms(self.round_trip),
            ms(self.whole_table),
            self.without_hits
        )
    }
}

/// Fills a database of its own on the server of `pool`, searches, and removes it.
///
/// # Errors
/// When the server refuses to make the database, or a search fails.
pub async fn run(pool: &PgPool) -> Result<Measured, Box<dyn std::error::Error>> {
    let name = format!("countersign_bench_search_{}", std::process::id());
    raw_sql(AssertSqlSafe(format!("create database {name}"))).execute(pool).await?;
    let measured = in_database(pool, &name).await;
    raw_sql(AssertSqlSafe(format!("drop database {name} with (force)"))).execute(pool).await?;
    measured
}

async fn in_database(pool: &PgPool, name: &str) -> Result<Measured, Box<dyn std::error::Error>> {
    let options = (*pool.connect_options()).clone().database(name);
    migrate(&options).await?;
    let owner = PgPoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
    raw_sql(FILL).execute(&owner).await?;
    raw_sql(LIVE).execute(&owner).await?;
    // Not inside of a transaction, as several statements at once would be.
    raw_sql("vacuum analyze").execute(&owner).await?;
    owner.close().await;
    let pool = guarded(PgPoolOptions::new().max_connections(2)).connect_with(options).await?;
    let measured = measure(&pool).await;
    pool.close().await;
    measured
}

async fn measure(pool: &PgPool) -> Result<Measured, Box<dyn std::error::Error>> {
    let system = System::real();
    let caller = Caller {
        session: SessionId::new(system.now(), system.random()),
        identity: LOOKS.parse()?,
        name: String::new(),
        roles: vec![],
        applications: vec![],
    };
    let base = Base::new(pool.clone(), system, Arc::new(PolicySet::builtin()?), TimeZone::UTC).await?;
    let service = CatalogueService::new(base);
    let mut times = Vec::new();
    let mut without_hits = Vec::new();
    // The first round warms the caches, as the second visitor of a day finds them.
    for round in 0..4 {
        for typed in TYPED {
            let query = CatalogueQuery { q: typed.to_owned(), ..CatalogueQuery::default() };
            let (time, found) = timed(service.search(&caller, query)).await;
            if round > 0 {
                times.push((time, typed));
            } else if found?.page.total == 0 {
                without_hits.push(typed);
            }
        }
    }
    times.sort_unstable();
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).map(|(time, _)| *time).unwrap_or_default();
    Ok(Measured {
        p50: at(0.5),
        p95: at(0.95),
        worst: times.last().copied().unwrap_or_default(),
        without_hits,
        round_trip: yardstick(pool, "select 1::bigint").await?,
        whole_table: yardstick(pool, "select count(*) from entitlement where description like '%no such words%'").await?,
    })
}

/// Median of twenty runs.
async fn yardstick(pool: &PgPool, sql: &'static str) -> Result<Duration, sqlx::Error> {
    let mut conn = pool.acquire().await?;
    let mut times = Vec::new();
    for _ in 0..20 {
        let (time, answer) = timed(sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut *conn)).await;
        answer?;
        times.push(time);
    }
    times.sort_unstable();
    Ok(times.get(10).copied().unwrap_or_default())
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
async fn timed<T>(what: impl Future<Output = T>) -> (Duration, T) {
    let start = std::time::Instant::now();
    let outcome = what.await;
    (start.elapsed(), outcome)
}
