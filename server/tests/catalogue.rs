//! The catalogue: what a search finds, how it is paged, and changing a tier.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers as well")]

mod support;

use app::catalogue::port::{Catalogue, CatalogueQuery, CatalogueResults};
use app::error::AppError;
use domain::actor::Caller;
use domain::catalogue::RiskTier;
use domain::permission::Role;
use server::usecase::catalogue::CatalogueService;
use support::*;

fn caller(app: &TestApp, identity: IdentityId, roles: &[Role]) -> Caller {
    Caller {
        session: SessionId::new(app.now(), app.system.random()),
        identity,
        name: "Ana Example".into(),
        roles: roles.to_vec(),
        applications: vec![],
    }
}

async fn search(app: &TestApp, who: &Caller, q: &str) -> CatalogueResults {
    CatalogueService::new(app.base.clone()).search(who, CatalogueQuery { q: q.into(), ..CatalogueQuery::default() }).await.unwrap()
}

fn names(results: &CatalogueResults) -> Vec<&str> {
    results.page.rows.iter().map(|hit| hit.card.name.as_str()).collect()
}

/// Two applications with a few entitlements, and somebody who looks.
async fn shop(app: &TestApp) -> (Caller, ApplicationId) {
    let unit = app.unit("Payments").await;
    let ana = app.person("Ana", unit, None).await;
    let vault = app.application("VAULT", ana, None).await;
    let ledger = app.application("LEDGER", ana, None).await;
    for (application, name, tier) in [
        (vault, "Key Vault Reader", "standard"),
        (vault, "Key Vault", "elevated"),
        (vault, "Key Vault Secrets Officer", "privileged"),
        (ledger, "Reader", "standard"),
        (ledger, "Ledger Reader", "standard"),
        (ledger, "Payroll Clerk", "elevated"),
    ] {
        app.entitlement(application, name, tier).await;
    }
    (caller(app, ana, &[]), ledger)
}

#[sqlx::test(migrations = "../migrations")]
async fn the_exact_name_comes_first_then_names_that_begin_so(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let (ana, _) = shop(&app).await;
    let found = search(&app, &ana, "key vault").await;
    assert_eq!(names(&found), ["Key Vault", "Key Vault Reader", "Key Vault Secrets Officer"]);
    assert_eq!(found.page.total, 3);
    assert_eq!(names(&search(&app, &ana, "reader").await)[0], "Reader");
    assert_eq!(names(&search(&app, &ana, "KeyVault offi").await), ["Key Vault Secrets Officer"]);
    assert_eq!(search(&app, &ana, "").await.page.total, 6);
    assert_eq!(search(&app, &ana, "nothing like it").await.page.total, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_typo_still_finds_what_was_meant(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let (ana, _) = shop(&app).await;
    for (typed, meant) in [
        ("vualt", "Key Vault"),             // neighbours swapped
        ("vawlt", "Key Vault"),             // a wrong letter
        ("paiyroll", "Payroll Clerk"),      // one too many
        ("payrol clrk", "Payroll Clerk"),   // one missing in each word
        ("reeder ledger", "Ledger Reader"), // another order
        ("kye vualt oficer", "Key Vault Secrets Officer"),
    ] {
        let found = search(&app, &ana, typed).await;
        assert!(names(&found).contains(&meant), "{typed} found {:?}", names(&found));
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn facets_respect_the_other_filter_and_the_total_respects_both(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let (ana, _) = shop(&app).await;
    let query = CatalogueQuery { application: "LEDGER".into(), tier: "standard".into(), ..CatalogueQuery::default() };
    let found = CatalogueService::new(app.base.clone()).search(&ana, query).await.unwrap();
    let facets = |facets: &[app::catalogue::port::Facet]| facets.iter().map(|f| (f.value.clone(), f.count)).collect::<Vec<_>>();
    assert_eq!(names(&found), ["Ledger Reader", "Reader"]);
    assert_eq!(found.page.total, 2);
    assert_eq!(facets(&found.applications), [("LEDGER".to_owned(), 2), ("VAULT".to_owned(), 1)]);
    assert_eq!(facets(&found.tiers), [("standard".to_owned(), 2), ("elevated".to_owned(), 1)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn every_hit_stands_on_exactly_one_page(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let (ana, ledger) = shop(&app).await;
    for n in 0..120 {
        app.entitlement(ledger, &format!("Report {}", n % 60), "standard").await;
    }
    let service = CatalogueService::new(app.base.clone());
    for q in ["", "report", "reprot"] {
        let (mut seen, mut after, mut total) = (Vec::new(), String::new(), 0);
        for _ in 0..4 {
            let found =
                service.search(&ana, CatalogueQuery { q: q.into(), after: after.clone(), ..CatalogueQuery::default() }).await.unwrap();
            total = found.page.total;
            seen.extend(found.page.rows.iter().map(|hit| hit.card.id));
            let Some(next) = found.page.next else { break };
            after = next;
        }
        let all = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!((seen.len(), i64::try_from(all).unwrap()), (all, total), "{q}");
    }
    let junk = service.search(&ana, CatalogueQuery { after: "junk~".into(), ..CatalogueQuery::default() }).await.unwrap();
    assert_eq!(junk, search(&app, &ana, "").await);
}

#[sqlx::test(migrations = "../migrations")]
async fn whatever_is_typed_is_only_looked_for(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let (ana, _) = shop(&app).await;
    let service = CatalogueService::new(app.base.clone());
    for q in ["'; drop table entitlement; --", "a & | ! ( :*", "\\", "\0", "%_", "İ ß ﬁ ²", "' or 1=1", "🦀🦀🦀🦀", &"x".repeat(10_000)]
    {
        let query = CatalogueQuery { q: q.into(), application: q.into(), tier: q.into(), after: q.into() };
        assert!(service.search(&ana, query).await.is_ok(), "{q:?}");
    }
    assert_eq!(search(&app, &ana, "").await.page.total, 6);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_tier_is_changed_with_a_reason_as_the_next_version(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let (ana, ledger) = shop(&app).await;
    let id = app.entitlement(ledger, "Write", "standard").await;
    let service = CatalogueService::new(app.base.clone());
    let change =
        async |who: &Caller, version, tier: &str, reason: &str| service.change_tier(who, id, version, tier.into(), reason.into()).await;

    assert_eq!(change(&ana, 1, "privileged", "It pays out.").await, Err(AppError::Forbidden));
    let carl = caller(&app, app.person_with("Carl", Role::Compliance).await, &[Role::Compliance]);
    assert_eq!(change(&carl, 1, "huge", "It pays out.").await, Err(AppError::field("tier", "required")));
    assert_eq!(change(&carl, 1, "privileged", " ").await, Err(AppError::field("reason", "required")));
    assert_eq!(change(&carl, 1, "privileged", "It pays out.").await, Ok(()));
    assert_eq!(change(&carl, 1, "standard", "Sent twice.").await, Err(AppError::Changed));

    let view = service.entitlement(&carl, id).await.unwrap();
    assert_eq!((view.card.version, view.card.tier, view.card.longest_days), (2, RiskTier::Privileged, Some(30)));
    assert_eq!((view.tier_reason.as_str(), view.tier_guessed, view.may_change_tier), ("It pays out.", false, true));
    assert_eq!(
        view.versions.iter().map(|(version, _, tier, reason)| (*version, *tier, reason.as_str())).collect::<Vec<_>>(),
        [(1, RiskTier::Standard, "it only reads")]
    );
    assert!(!service.entitlement(&ana, id).await.unwrap().may_change_tier);
    assert_eq!(app.count("select count(*) from audit_event where kind = 'entitlement.tier_changed' and actor_kind = 'person'").await, 1);
    assert_eq!(app.count("select count(*) from entitlement_version v join entitlement e on e.id = v.entitlement_id and e.version = v.version where e.name = 'Write' and v.tier = e.tier").await, 1);

    let missing = EntitlementId::new(app.now(), [7; 10]);
    assert_eq!(service.entitlement(&ana, missing).await.map(|_| ()), Err(AppError::NotFound));
}
