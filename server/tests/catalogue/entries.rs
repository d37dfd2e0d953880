//! What an entry says of itself: why nobody can ask for it, what it is kept apart from, and inside of
//! what it is held.

use crate::support::*;
use crate::{caller, names, search, shop};
use app::catalogue::port::{Catalogue, Closed};
use domain::actor::Caller;
use domain::permission::Role;
use server::usecase::catalogue::CatalogueService;
use sqlx::query;

#[sqlx::test(migrations = "../migrations")]
async fn what_was_retired_is_not_offered_and_its_page_says_why(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let (ana, ledger) = shop(&app).await;
    let clerk = app.entitlement(ledger, "Ledger Clerk", "standard").await;
    let service = CatalogueService::new(app.base.clone());
    // (what is done, found, why it is closed, a part of the sentence)
    for (change, found, closed, said) in [
        ("select 1", true, None, ""),
        ("update entitlement set requestable = false where name = 'Ledger Clerk'", true, Some(Closed::NotOpened), "may open it"),
        (
            "update application set state = 'retired' where code = 'LEDGER'",
            false,
            Some(Closed::ApplicationRetired),
            "Its application has been retired",
        ),
        (
            "update entitlement set requestable = true where name = 'Ledger Clerk'",
            false,
            Some(Closed::ApplicationRetired),
            "Its application has been retired",
        ),
        ("update entitlement set state = 'retired' where name = 'Ledger Clerk'", false, Some(Closed::Retired), "It has been retired"),
        ("update application set state = 'active' where code = 'LEDGER'", false, Some(Closed::Retired), "It has been retired"),
    ] {
        query(change).execute(&app.owner).await.unwrap();
        // Every way of finding: everything, the exact word, two letters swapped, a name spelt alike.
        for q in ["", "clerk", "lcerk", "ledgr clrk"] {
            let hits = search(&app, &ana, q).await;
            assert_eq!(names(&hits).contains(&"Ledger Clerk"), found, "{q} after {change}");
        }
        assert_eq!(service.entitlement(&ana, clerk, None).await.unwrap().closed, closed, "after {change}");
        let page = app.sign_in_as(ana.identity).await.get(&format!("/catalogue/{clerk}")).await.text();
        assert_eq!(page.contains("Request this"), closed.is_none(), "after {change}");
        assert!(page.contains(said) && !page.contains("has no owner"), "after {change}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_rule_names_nothing_that_is_meant_for_others(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let unit = app.unit("Finance").await;
    let (boss, ana) = (app.person("Boss", unit, None).await, app.person("Ana", unit, None).await);
    let ledger = app.application("LEDGER", boss, None).await;
    let (pay, approve) = (app.entitlement(ledger, "Pay", "standard").await, app.entitlement(ledger, "Approve", "standard").await);
    app.conflict("Pay and approve", pay, approve).await;
    let service = CatalogueService::new(app.base.clone());
    query("update entitlement set audience_populations = '{vendor}' where name = 'Approve'").execute(&app.owner).await.unwrap();
    let named = async |who: &Caller| {
        service.entitlement(who, pay, None).await.unwrap().conflicts.into_iter().map(|line| line.others).collect::<Vec<_>>()
    };
    let nothing: [Vec<String>; 0] = [];
    assert_eq!(named(&caller(&app, ana, &[])).await, nothing);
    assert_eq!(named(&caller(&app, ana, &[Role::Compliance])).await, [["Approve"]]);
    assert_eq!(named(&caller(&app, boss, &[])).await, [["Approve"]], "it is of an application of theirs");
    query("update conflict set mitigation = 'a review'").execute(&app.owner).await.unwrap();
    query("update entitlement set audience_populations = '{}'").execute(&app.owner).await.unwrap();
    assert_eq!(named(&caller(&app, ana, &[])).await, [["Approve"]]);
    for (severity, words) in [("high", "Of high severity, so not lifted by: a review"), ("medium", "Bearable with: a review")] {
        query("update conflict set severity = $1").bind(severity).execute(&app.owner).await.unwrap();
        let page = app.sign_in_as(ana).await.get(&format!("/catalogue/{pay}")).await.text();
        assert!(page.contains(words), "{severity}: {page}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_held_inside_something_else_is_shown_as_held(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    app.specifications().await;
    let unit = app.unit("Finance").await;
    let (boss, ana) = (app.person("Boss", unit, None).await, app.person("Ana", unit, None).await);
    let ledger = app.application("LEDGER", boss, None).await;
    let mut ids = vec![];
    for name in ["Pay", "Lead", "Head", "Audit"] {
        ids.push(app.entitlement(ledger, name, "standard").await);
    }
    for (whole, part) in [(1, 0), (2, 1)] {
        query("update entitlement set includes = array[$2] where id = $1")
            .bind(ids[whole].0)
            .bind(ids[part].0)
            .execute(&app.owner)
            .await
            .unwrap();
    }
    let who = caller(&app, ana, &[]);
    let service = CatalogueService::new(app.base.clone());
    let held = async |n: usize| {
        let hits = search(&app, &who, "").await;
        let hit = hits.page.rows.iter().find(|hit| hit.card.id == ids[n]).unwrap().clone();
        let view = service.entitlement(&who, ids[n], None).await.unwrap();
        assert_eq!((hit.held, &hit.held_inside), (view.held_since.is_some(), &view.held_inside));
        (hit.held, hit.held_inside)
    };
    assert_eq!(held(0).await, (false, None));
    app.given(app.asked(ana, ids[2], "in_approval").await, boss).await;
    let inside = || Some("Head".to_owned());
    for (n, expected) in [(0, (false, inside())), (1, (false, inside())), (2, (true, None)), (3, (false, None))] {
        assert_eq!(held(n).await, expected, "{n}");
    }
    for path in ["/catalogue".to_owned(), format!("/catalogue/{}", ids[0])] {
        assert!(app.sign_in_as(ana).await.get(&path).await.text().contains("You hold it inside Head"), "{path}");
    }
    app.given(app.asked(ana, ids[0], "in_approval").await, boss).await;
    assert_eq!(held(0).await, (true, None), "what is held itself needs no more");
}
