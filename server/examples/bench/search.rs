//! How long a search of a catalogue with 20,000 entitlements takes, with everything the page asks
//! for: hits, facets, total. The entitlements are made up in a database of their own, which is
//! removed afterwards.

use app::catalogue::port::{Catalogue, CatalogueQuery};
use domain::actor::Caller;
use domain::id::{IdentityId, SessionId};
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
    insert into entitlement (id, application_id, source_id, name, description, actions, tier, tier_reason, tier_origin, longest_days, review_every_days, updated_at, search)
    select ('00000000-0000-7000-8001-' || lpad(to_hex(n), 12, '0'))::uuid, a_id, 'made-up-' || n, name, description, actions,
           (array['standard','standard','standard','elevated','privileged'])[1 + n % 5], 'made up', 'guessed', 90, 180, '2026-01-01Z',
           entitlement_search(name, description, code, app, actions, '{}')
    from (select row_number() over (order by a.code, kind, object) as n, a.id as a_id, a.code, a.name as app, a.name || ' ' || object || ' ' || kind as name,
                 'Lets its holder work with the ' || lower(object) || ' of ' || a.name || ' as ' || lower(kind) || ', within the limits of the service and its logging.' as description,
                 array['Microsoft.' || replace(a.name, ' ', '') || '/' || lower(object) || '/read', 'Microsoft.' || replace(a.name, ' ', '') || '/' || lower(object) || '/write', 'Microsoft.Insights/alertRules/*', 'Microsoft.Resources/deployments/*'] as actions
          from application a,
               unnest(array['Reader','Contributor','Owner','Operator','Administrator','Auditor','Data Steward','Officer','Developer','Approver']) as kind,
               unnest(array['Accounts','Secrets','Certificates','Snapshots','Queues','Tables','Alerts','Reports','Settings','Keys']) as object) s;
";

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
    // Not inside of a transaction, as several statements at once would be.
    raw_sql("vacuum analyze application").execute(&owner).await?;
    raw_sql("vacuum analyze entitlement").execute(&owner).await?;
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
        identity: IdentityId::new(system.now(), system.random()),
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
