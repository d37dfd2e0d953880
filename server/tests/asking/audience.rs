//! What is meant for others is not read through a basket, whoever it is for.

use super::desk::{Desk, refusal};
use crate::support::*;
use serde_json::json;

async fn only_for(s: &Desk, what: EntitlementId, populations: &[&str]) {
    sqlx::query("update entitlement set audience_populations = $2 where id = $1")
        .bind(what.0)
        .bind(populations)
        .execute(&s.app.owner)
        .await
        .unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_meant_for_others_is_not_there_for_a_basket(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    only_for(&s, s.write, &["vendor"]).await;
    let vic = s.app.identity("Vic", "vendor", s.unit, Some(s.mona)).await;
    let what = s.write.to_string();
    let (ana, vics) = (s.ana.to_string(), vic.to_string());
    // (who adds it, for whom, whether it is there for them)
    for (who, subject, there) in [
        (s.ana, "", false),
        (s.stan, "", false),
        (s.ana, vics.as_str(), false),
        (vic, "", true),
        // She answers for somebody it is meant for; that the others cannot get it is said at the item.
        (s.mona, &vics, true),
        (s.mona, &ana, true),
        (s.olga, "", true),
    ] {
        let reply = s.call(who, "drafts/add", &[("entitlement", what.as_str()), ("subject", subject)]).await;
        assert_eq!(reply.status, if there { 200 } else { 404 }, "{who} for {subject}: {}", reply.text());
    }
    assert_eq!(
        s.app.count("select count(*) from draft d, identity i where i.id = d.owner_id and i.given_name in ('Ana', 'Stan')").await,
        0
    );
    // Nor by the form itself, which names what it asks for.
    let fields = [
        ("items[0][entitlement]", what.as_str()),
        ("reason_code", "incident"),
        ("justification", super::desk::WHY),
        ("starts_on", "2026-11-22"),
        ("ends_on", "2026-12-21"),
    ];
    let reply = s.call(s.ana, "requests/submit", &fields).await;
    assert!(reply.status != 200 && !reply.text().contains("Ledger Writer") && !reply.text().contains("vendors"), "{}", reply.text());
    assert_eq!(s.records().await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_became_meant_for_others_while_it_lay_in_a_basket_says_so_and_nothing_else(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let draft = s.add(s.ana, s.write).await;
    s.add(s.ana, s.read).await;
    only_for(&s, s.write, &["vendor"]).await;
    let view = s.open(s.ana, &draft).await;
    assert_eq!(
        (&view["items"][0]["card"], &view["items"][0]["evaluation"], &view["items"][0]["plan"]),
        (&json!(null), &json!(null), &json!([]))
    );
    assert_eq!(view["items"][1]["card"]["name"], "Ledger Reader");
    let mut browser = s.browser(s.ana).await;
    browser.open(&format!("/request/{draft}")).await;
    assert!(browser.says("This is meant for others by now and cannot be asked for any more: remove it."), "{}", browser.page);
    assert!(!browser.page.contains("Ledger Writer"), "{}", browser.page);
    let reply = s.send(s.ana, "drafts/submit", &draft, &[]).await;
    assert_eq!(refusal(&reply), json!(["items.0.entitlement:meant_for_others"]));
    assert_eq!(s.records().await, 0);
    // Somebody for whom she may not ask changes nothing about what she may read.
    s.send(s.ana, "drafts/save", &draft, &[("subject", &s.stan.to_string())]).await;
    assert_eq!(s.open(s.ana, &draft).await["items"][0]["card"], json!(null));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_somebody_holds_that_is_meant_for_others_by_now_can_be_extended_by_who_answers_for_them(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let s = Desk::set(pool, connect).await;
    let grant = s.app.given(s.app.asked(s.ana, s.write, "in_approval").await, s.pia).await.to_string();
    only_for(&s, s.write, &["vendor"]).await;
    let what = s.write.to_string();
    for (who, there) in [(s.ana, true), (s.mona, true), (s.ben, false)] {
        let reply = s.call(who, "drafts/add", &[("entitlement", what.as_str()), ("kind", "extend"), ("grant", &grant)]).await;
        assert_eq!(reply.status, if there { 200 } else { 404 }, "{who}: {}", reply.text());
    }
}
