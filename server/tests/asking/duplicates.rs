//! What is there or on its way already is recognised: joined or extended, never added twice.

use super::desk::{Desk, refusal};
use crate::support::*;
use serde_json::json;

#[sqlx::test(migrations = "../migrations")]
async fn the_same_request_again_is_recognised_and_offers_to_join_the_first(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let request = s.ask(s.ana, s.read).await;
    let before = s.records().await;
    // Her manager wants the same for her.
    let draft = s.add_with(s.mona, s.read, &[("subject", &s.ana.to_string())]).await;
    let view = s.open(s.mona, &draft).await;
    let asked = &view["items"][0]["standing"]["Asked"];
    assert_eq!(
        (asked["request"].as_str(), asked["requester"]["name"].as_str(), asked["joinable"].as_bool()),
        (Some(request.as_str()), Some("Ana Example"), Some(true))
    );
    assert_eq!(asked["holder"], "Mona Example");
    let reply = s.send(s.mona, "drafts/submit", &draft, &[]).await;
    assert_eq!((reply.status, refusal(&reply)), (422, json!(["items.0.entitlement:already_asked"])));
    assert_eq!(s.records().await, before);
    let mut browser = s.browser(s.mona).await;
    browser.open(&format!("/request/{draft}")).await;
    let join = browser.form("/api/requests/join", &request);
    browser.send(&join).await;
    assert_eq!(s.app.count("select count(*) from request_watcher").await, 1);
    assert_eq!(s.records().await, before);
}

#[sqlx::test(migrations = "../migrations")]
async fn who_asked_already_sees_their_own_request_and_is_not_offered_to_join_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    s.ask(s.ana, s.read).await;
    let draft = s.add(s.ana, s.read).await;
    let asked = s.open(s.ana, &draft).await["items"][0]["standing"]["Asked"].clone();
    assert_eq!((asked["joinable"].as_bool(), asked["readable"].as_bool()), (Some(false), Some(true)));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_held_is_offered_as_an_extension(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let (_, grant) = s.held().await;
    let draft = s.add(s.ana, s.read).await;
    let reply = s.send(s.ana, "drafts/submit", &draft, &[]).await;
    assert_eq!(refusal(&reply), json!(["items.0.entitlement:held"]));
    let mut browser = s.browser(s.ana).await;
    browser.open(&format!("/request/{draft}")).await;
    assert!(browser.says("Ask for a later end instead"));
    let form = browser.form("/api/drafts/save", "justification").with("cure", &format!("items.0.kind extend:{grant}"));
    browser.send(&form).await;
    // An extension has to end later.
    let kind = format!("extend:{grant}");
    let reply = s.send(s.ana, "drafts/submit", &draft, &[("items[0][kind]", &kind)]).await;
    assert_eq!(refusal(&reply), json!(["ends_on:not_later"]));
    let request = s.submit(s.ana, &draft, &[("items[0][kind]", &kind), ("ends_on", "2027-02-20")]).await.remove(0);
    let view = s.show(s.ana, &request).await;
    assert_eq!((view["kind"].as_str(), view["changes"][0].as_str()), (Some("extend"), Some("Ledger Reader")));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_change_replaces_what_is_held_in_the_same_application_and_one_change_at_a_time(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let (_, grant) = s.held().await;
    let draft = s.add_with(s.ana, s.write, &[("kind", "change"), ("grant", &grant)]).await;
    let request = s.submit(s.ana, &draft, &[]).await.remove(0);
    let view = s.show(s.ana, &request).await;
    assert_eq!((view["kind"].as_str(), view["changes"][0].as_str()), (Some("change"), Some("Ledger Reader")));
    // Somebody wants to change the same access in another way at the same time.
    let draft = s.add_with(s.ana, s.root, &[("kind", "change"), ("grant", &grant)]).await;
    let reply = s.send(s.ana, "drafts/submit", &draft, &[]).await;
    assert_eq!(refusal(&reply), json!(["items.0.kind:already_changing"]));
    // What belongs to another application cannot take its place.
    let other = s.app.application("OTHER", s.olga, None).await;
    let foreign = s.app.entitlement(other, "Other Reader", "standard").await;
    s.call(s.ana, "drafts/discard", &[("draft", &draft)]).await;
    let draft = s.add_with(s.ana, foreign, &[("kind", "change"), ("grant", &grant)]).await;
    let reply = s.send(s.ana, "drafts/submit", &draft, &[]).await;
    assert_eq!(refusal(&reply), json!(["items.0.kind:not_the_same"]));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_change_is_not_in_conflict_with_what_it_replaces(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let (_, grant) = s.held().await;
    s.app.conflict("Read and write", s.read, s.write).await;
    let draft = s.add(s.ana, s.write).await;
    let reply = s.send(s.ana, "drafts/submit", &draft, &[]).await;
    assert_eq!(refusal(&reply), json!(["items.0.entitlement:CS-SOD-01"]));
    let kind = format!("change:{grant}");
    assert_eq!(s.submit(s.ana, &draft, &[("items[0][kind]", &kind)]).await.len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_grant_that_is_not_the_subjects_is_neither_extended_nor_replaced(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let (_, grant) = s.held().await;
    let draft = s.add(s.ben, s.read).await;
    for kind in [format!("extend:{grant}"), format!("change:{grant}")] {
        let reply = s.send(s.ben, "drafts/submit", &draft, &[("items[0][kind]", &kind)]).await;
        assert_eq!(refusal(&reply), json!(["items.0.kind:not_held"]), "{kind}");
    }
    let reply = s.send(s.ben, "drafts/submit", &draft, &[("items[0][kind]", "extend:x")]).await;
    assert_eq!(refusal(&reply), json!(["items.0.kind:required"]));
}
