//! The catalogue: what a search finds, how it is paged, and who is led to the form that changes it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers as well")]

mod catalogue {
    mod entries;
}
mod support;

use app::catalogue::port::{Catalogue, CatalogueQuery, CatalogueResults, Peers, Reach};
use app::error::AppError;
use domain::actor::Caller;
use domain::lead_time::{Reached, UsualTime};
use domain::permission::Role;
use server::usecase::catalogue::CatalogueService;
use sqlx::query;
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
        let query = CatalogueQuery { q: q.into(), application: q.into(), tier: q.into(), after: q.into(), replaces: q.into() };
        assert!(service.search(&ana, query).await.is_ok(), "{q:?}");
    }
    assert_eq!(search(&app, &ana, "").await.page.total, 6);
}

#[sqlx::test(migrations = "../migrations")]
async fn only_those_in_scope_are_led_to_the_form_and_to_the_versions(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let (ana, ledger) = shop(&app).await;
    let id = app.entitlement(ledger, "Write", "standard").await;
    let service = CatalogueService::new(app.base.clone());
    let other = app.application("OTHER", ana.identity, None).await;
    for (roles, applications, edits, reads) in [
        (vec![], vec![], false, false),
        (vec![Role::Operator], vec![other], false, false),
        (vec![], vec![ledger], true, true),
        (vec![Role::Administrator], vec![], true, true),
        (vec![Role::Compliance], vec![], false, true),
        (vec![Role::Auditor], vec![], false, true),
    ] {
        let who = Caller { roles, applications, ..ana.clone() };
        let view = service.entitlement(&who, id, None).await.unwrap();
        assert_eq!((view.may_edit, view.may_read_changes), (edits, reads), "{who:?}");
    }
    let missing = EntitlementId::new(app.now(), [7; 10]);
    assert_eq!(service.entitlement(&ana, missing, None).await.map(|_| ()), Err(AppError::NotFound));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_line_says_what_i_hold_what_is_pending_and_how_many_colleagues_hold_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    app.specifications().await;
    let (ana, ledger) = shop(&app).await;
    let unit =
        UnitId(sqlx::query_scalar("select unit_id from identity where id = $1").bind(ana.identity.0).fetch_one(&app.owner).await.unwrap());
    let elsewhere = app.unit("Sales").await;
    let (ben, cid, sue) =
        (app.person("Ben", unit, None).await, app.person("Cid", unit, None).await, app.person("Sue", elsewhere, None).await);
    let gone = app.person("Gus", unit, None).await;
    let what = app.entitlement(ledger, "Month-end Close", "standard").await;
    for holder in [ben, sue, gone, ana.identity] {
        let request = app.asked(holder, what, "approved").await;
        app.given(request, cid).await;
    }
    app.set_state(gone, "retired").await;
    let other = app.entitlement(ledger, "Month-end Report", "standard").await;
    let pending = app.asked(ana.identity, other, "returned").await;
    app.asked(ben, other, "in_approval").await;

    let found = search(&app, &ana, "month-end").await;
    let line = |id| found.page.rows.iter().find(|hit| hit.card.id == id).unwrap();
    // Ben and Cid are the colleagues: not Sue, who is elsewhere, not Gus, who is gone, not Ana herself.
    let peers = |hold| Some(Peers { hold, of: 2 });
    assert_eq!((line(what).held, line(what).pending, line(what).peers), (true, None, peers(1)));
    assert_eq!((line(other).held, line(other).pending, line(other).peers), (false, Some(pending), peers(0)));

    let view = CatalogueService::new(app.base.clone()).entitlement(&ana, what, None).await.unwrap();
    assert_eq!((view.held_since.is_some(), view.pending, view.peers, view.holders), (true, None, peers(1), 4));
    let view = CatalogueService::new(app.base.clone()).entitlement(&ana, other, None).await.unwrap();
    assert_eq!((view.held_since, view.pending, view.peers), (None, Some(pending), peers(0)));
    // Who has no unit has no colleagues.
    query("update identity set unit_id = null where id = $1").bind(ana.identity.0).execute(&app.owner).await.unwrap();
    assert_eq!(search(&app, &ana, "month-end").await.page.rows[0].peers, None);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_usual_time_is_that_of_the_own_history_with_open_requests_counted(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    app.specifications().await;
    let (ana, ledger) = shop(&app).await;
    let (unit, what) = (app.unit("Sales").await, app.entitlement(ledger, "Month-end Close", "standard").await);
    let operator = app.person("Pia", unit, None).await;
    let usual = async |app: &TestApp| search(app, &ana, "month-end").await.page.rows[0].usual;
    let hours = SignedDuration::from_hours;
    // Nine that took 1, 2 … 9 hours.
    for n in 1..=9 {
        let subject = app.person(&format!("P{n}"), unit, None).await;
        let request = app.asked(subject, what, "approved").await;
        app.advance(hours(n));
        app.given(request, operator).await;
    }
    // What never led to access is no case.
    for (n, state) in ["withdrawn", "rejected", "lapsed"].into_iter().enumerate() {
        let subject = app.person(&format!("Q{n}"), unit, None).await;
        app.asked(subject, what, state).await;
    }
    assert_eq!(usual(&app).await, UsualTime::NoData { cases: 9 });
    // A tenth that is open counts for as long as it has been open: at first it tells nothing, later much.
    let subject = app.person("Zoe", unit, None).await;
    app.asked(subject, what, "in_approval").await;
    let known = |median, ninetieth| UsualTime::Known { cases: 10, open: 1, median: Reached::Within(hours(median)), ninetieth };
    assert_eq!(usual(&app).await, known(5, Reached::Within(hours(9))));
    app.advance(hours(30));
    assert_eq!(usual(&app).await, known(5, Reached::Within(hours(9))));
    // Half of nineteen are open for long: the finished alone would still say five hours.
    for n in 0..9 {
        let subject = app.person(&format!("R{n}"), unit, None).await;
        app.asked(subject, what, "returned").await;
    }
    app.advance(hours(20));
    let slow = UsualTime::Known { cases: 19, open: 10, median: Reached::NotWithin(hours(50)), ninetieth: Reached::NotWithin(hours(50)) };
    assert_eq!(usual(&app).await, slow);
    let view = CatalogueService::new(app.base.clone()).entitlement(&ana, what, None).await.unwrap();
    assert_eq!(view.usual, slow);
    // What is asked for in advance does not wait before its first day.
    query("update request_revision set starts_on = '2027-01-01' where request_id in (select id from request where state = 'returned')")
        .execute(&app.owner)
        .await
        .unwrap();
    assert_eq!(usual(&app).await, known(5, Reached::Within(hours(9))));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_meant_for_others_is_hidden_from_everyone_else(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    app.specifications().await;
    let (finance, sales) = (app.unit("Finance").await, app.unit("Sales").await);
    let boss = app.person("Boss", finance, None).await;
    let owner = app.person("Olga", finance, None).await;
    let deputy = app.person("Dan", finance, None).await;
    let ana = app.person("Ana", finance, Some(boss)).await;
    let seller = app.person("Sara", sales, Some(boss)).await;
    let other = app.person("Stan", sales, None).await;
    let contractor = app.identity("Carl", "contractor", finance, Some(owner)).await;
    let ledger = app.application("LEDGER", owner, Some(deputy)).await;
    let what = app.entitlement(ledger, "Month-end Close", "standard").await;
    let service = CatalogueService::new(app.base.clone());
    let (you, theirs, others) = (Some(Reach::Caller), Some(Reach::Theirs), Some(Reach::Others));
    // (populations, units, who looks with which roles, how far it reaches for them; None: it is hidden)
    for (populations, units, looks) in [
        (vec![], vec![], vec![(ana, vec![], you), (contractor, vec![], you), (other, vec![], you)]),
        (
            vec!["contractor"],
            vec![],
            vec![
                (contractor, vec![], you),
                (ana, vec![], None),
                (other, vec![], None),
                // The application's people, whoever Carl reports to, and those who keep the rules.
                (owner, vec![], theirs),
                (deputy, vec![], others),
                (other, vec![Role::Auditor], others),
                (other, vec![Role::Compliance], others),
                (other, vec![Role::Administrator], others),
                (other, vec![Role::Operator], None),
            ],
        ),
        (
            vec![],
            vec![sales.0],
            vec![(seller, vec![], you), (other, vec![], you), (ana, vec![], None), (boss, vec![], theirs), (contractor, vec![], None)],
        ),
        (
            vec!["contractor"],
            vec![sales.0],
            vec![(contractor, vec![], None), (seller, vec![], None), (boss, vec![], None), (deputy, vec![], others)],
        ),
    ] {
        query("update entitlement set audience_populations = $2, audience_units = $3 where id = $1")
            .bind(what.0)
            .bind(populations.clone())
            .bind(units.clone())
            .execute(&app.owner)
            .await
            .unwrap();
        for (who, roles, reach) in looks {
            let applications = if who == owner || who == deputy { vec![ledger] } else { vec![] };
            let who = Caller { applications, ..caller(&app, who, &roles) };
            for q in ["", "month-end", "mnoth", "clsoe monht-end"] {
                let found = search(&app, &who, q).await;
                let seen = found.page.rows.iter().find(|hit| hit.card.id == what).map(|hit| hit.reach);
                assert_eq!((seen, found.page.total), (reach, i64::from(reach.is_some())), "{q}: {populations:?} {units:?} {who:?}");
            }
            let seen = service.entitlement(&who, what, None).await.map(|view| view.reach);
            assert_eq!(seen, reach.ok_or(AppError::NotFound), "{populations:?} {units:?} {who:?}");
        }
    }
    // Whoever has it still finds it when it is meant for others by now, and so does who asked for it.
    let request = app.asked(ana, what, "approved").await;
    let ana = caller(&app, ana, &[]);
    assert_eq!(service.entitlement(&ana, what, None).await.map(|view| view.reach), Ok(Reach::Others));
    assert_eq!(names(&search(&app, &ana, "month-end").await), ["Month-end Close"]);
    app.given(request, boss).await;
    assert_eq!(names(&search(&app, &ana, "month-end").await), ["Month-end Close"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_something_includes_is_shown_from_both_sides_and_so_are_its_conflicts(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let (ana, ledger) = shop(&app).await;
    let mut ids = Vec::new();
    for name in ["Pay", "Lead", "Head", "Approve"] {
        ids.push(app.entitlement(ledger, name, "elevated").await);
    }
    let [pay, lead, head, approve] = ids[..] else { unreachable!() };
    for (whole, part) in [(lead, pay), (head, lead)] {
        query("update entitlement set includes = array[$2] where id = $1").bind(whole.0).bind(part.0).execute(&app.owner).await.unwrap();
    }
    query("update entitlement set audience_populations = '{vendor}' where id = $1").bind(lead.0).execute(&app.owner).await.unwrap();
    query("insert into conflict (id, code, title, severity, mitigation) values ($1, 'SOD-001', 'Pay and approve', 'high', 'a review')")
        .bind(head.0)
        .execute(&app.owner)
        .await
        .unwrap();
    query("insert into conflict_member (conflict_id, entitlement_id, side) values ($1, $2, 'left'), ($1, $3, 'right')")
        .bind(head.0)
        .bind(pay.0)
        .bind(approve.0)
        .execute(&app.owner)
        .await
        .unwrap();
    let service = CatalogueService::new(app.base.clone());
    let vendor = Caller { roles: vec![Role::Auditor], ..caller(&app, ana.identity, &[]) };
    let list = |parts: &[app::catalogue::port::Part]| parts.iter().map(|part| (part.name.clone(), part.id.is_some())).collect::<Vec<_>>();
    let told = |name: &str, linked| (name.to_owned(), linked);
    // Ana owns the application, but asks without it in scope: what is not for her has no link.
    let view = service.entitlement(&ana, head, None).await.unwrap();
    assert_eq!(list(&view.gives), [told("Lead", false), told("Pay", true)]);
    assert_eq!(view.part_of, []);
    assert_eq!(view.conflicts.len(), 1);
    assert_eq!((view.conflicts[0].others.clone(), view.conflicts[0].through.clone()), (vec!["Approve".to_owned()], vec!["Pay".to_owned()]));
    assert_eq!(view.conflicts[0].mitigation, "a review");
    let view = service.entitlement(&vendor, pay, None).await.unwrap();
    assert_eq!(list(&view.part_of), [told("Head", true), told("Lead", true)]);
    assert_eq!(view.gives, []);
    assert_eq!(view.conflicts[0].through, Vec::<String>::new());
    // A rule that was retired is no longer shown.
    query("update conflict set state = 'retired'").execute(&app.owner).await.unwrap();
    assert_eq!(service.entitlement(&vendor, pay, None).await.unwrap().conflicts, []);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_pages_say_it_in_words(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    app.specifications().await;
    let unit = app.unit("Finance").await;
    let boss = app.person("Boss", unit, None).await;
    let ana = app.person("Ana", unit, Some(boss)).await;
    app.identity("Carl", "contractor", unit, Some(boss)).await;
    let auditor = app.person_with("Aud", Role::Auditor).await;
    let ledger = app.application("LEDGER", boss, None).await;
    let (pay, lead) = (app.entitlement(ledger, "Pay", "standard").await, app.entitlement(ledger, "Lead", "standard").await);
    query("update entitlement set includes = array[$2] where id = $1").bind(lead.0).bind(pay.0).execute(&app.owner).await.unwrap();
    query("update entitlement set audience_populations = '{contractor}' where id = $1").bind(lead.0).execute(&app.owner).await.unwrap();
    let request = app.asked(ana, pay, "approved").await;
    app.given(request, boss).await;
    for (who, path, words, not) in [
        (ana, "/catalogue".to_owned(), vec!["You hold it", "Usual time:", "no data", "0 of 2 in your unit hold it"], vec!["Lead"]),
        (boss, "/catalogue".to_owned(), vec!["Not for you, but for your people", "1 of 2 in your unit hold it"], vec![]),
        (auditor, "/catalogue".to_owned(), vec!["Not for you"], vec!["for your people"]),
        (
            ana,
            format!("/catalogue/{pay}"),
            vec!["You hold it since", "Is part of", "Lead", "1 request; 10 are needed to say"],
            vec!["Gives also"],
        ),
        (auditor, format!("/catalogue/{lead}"), vec!["Gives also", "It is meant for contractors"], vec!["Request this"]),
        (ana, format!("/requests/{request}"), vec!["elapsed", "Calendar: ", "Monday to Friday, 9 to 17, version 1"], vec![]),
        (auditor, "/controls".to_owned(), vec!["the latest day that every limit allows"], vec![]),
        (auditor, format!("/identities/{ana}"), vec!["Conformity", "specification version 2"], vec![]),
    ] {
        let reply = app.sign_in_as(who).await.get(&path).await;
        assert_eq!(reply.status, 200, "{path}");
        // Between two pieces of text the page has comments for the browser.
        let page = reply.text().replace("<!>", "").replace("<!---->", "");
        for word in words {
            assert!(page.contains(word), "{path} does not say “{word}”");
        }
        for word in not {
            assert!(!page.contains(word), "{path} says “{word}”");
        }
    }
    assert_eq!(app.sign_in_as(ana).await.get(&format!("/catalogue/{lead}")).await.status, 404);
}
