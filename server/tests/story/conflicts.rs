//! What the inbox says of combinations, on the line and beside the decision, is what the gate says.

use super::cast::Story;
use crate::support::*;
use serde_json::{Value, json};

/// A rule of medium severity, which a request may go against.
async fn rule(s: &Story, shape: &str, at_most: i32, members: &[(EntitlementId, &str)]) {
    let id: uuid::Uuid = sqlx::query_scalar(
        "insert into conflict (id, code, title, severity, shape, at_most) values (gen_random_uuid(), 'SOD-009', 'Pay and approve', 'medium', $1, $2) returning id",
    )
    .bind(shape)
    .bind(at_most)
    .fetch_one(&s.app.owner)
    .await
    .unwrap();
    for (member, side) in members {
        sqlx::query("insert into conflict_member (conflict_id, entitlement_id, side) values ($1, $2, $3)")
            .bind(id)
            .bind(member.0)
            .bind(*side)
            .execute(&s.app.owner)
            .await
            .unwrap();
    }
}

/// How the item of a request takes the place of what Ana holds, or makes it last longer.
async fn about_what_is_held(s: &Story, word: &str) -> String {
    let request = s.granted().await;
    let grant: uuid::Uuid =
        sqlx::query_scalar("select id from access_grant where request_id = $1::uuid").bind(&request).fetch_one(&s.app.owner).await.unwrap();
    format!("{word}:{grant}")
}

async fn submit(s: &Story, what: EntitlementId, changes: &[(&str, &str)]) -> String {
    let reply = s.try_submit(s.ana, what, changes).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    s.newest().await
}

/// How many rules the line of a request counts, what the rule clashes with beside the decision, what
/// the gate found, and the page.
async fn said(s: &Story, request: &str) -> (Value, Value, Value, Browser) {
    let list = s.call(s.mona, "inbox/list", &[]).await.json();
    let line = list["page"]["rows"].as_array().unwrap().iter().find(|line| line["request"] == request).unwrap();
    let stage = line["stage"].as_str().unwrap();
    let detail = s.call(s.mona, "inbox/detail", &[("stage", stage)]).await.json();
    let gates = detail["request"]["gates"]["results"].as_array().unwrap();
    let gate = gates.iter().find(|gate| gate["control"] == "CS-SOD-02").unwrap();
    let mut browser = Browser::of(s.app.sign_in_as(s.mona).await);
    browser.open(&format!("/inbox/{stage}")).await;
    (line["conflicts"].clone(), detail["weigh"]["conflicts"][0]["has"].clone(), gate["outcome"].clone(), browser)
}

async fn assert_touched(s: &Story, request: &str, with: &[&str]) {
    let (counted, has, gate, browser) = said(s, request).await;
    assert_eq!((counted, has, gate), (json!(1), json!(with), json!("fail")));
    let sentence = format!("They have or have asked for {}.", with.join(", "));
    assert!(browser.says(&sentence) && !browser.says("Not touched"), "{}", browser.text());
}

async fn assert_not_touched(s: &Story, request: &str) {
    let (counted, has, gate, browser) = said(s, request).await;
    assert_eq!((counted, has, gate), (json!(0), json!([]), json!("pass")));
    let sentence = "With what they keep and have asked for, this does not break it.";
    assert!(browser.says("Not touched") && browser.says(sentence), "{}", browser.text());
}

#[sqlx::test(migrations = "../migrations")]
async fn what_includes_both_sides_of_a_rule_touches_it_by_itself(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let pay = s.app.entitlement(s.ledger, "Ledger Payer", "standard").await;
    let approve = s.app.entitlement(s.ledger, "Ledger Approver", "standard").await;
    let clerk = s.app.entitlement(s.ledger, "Ledger Clerk", "standard").await;
    sqlx::query("update entitlement set includes = $2 where id = $1")
        .bind(clerk.0)
        .bind(vec![pay.0, approve.0])
        .execute(&s.app.owner)
        .await
        .unwrap();
    rule(&s, "sides", 1, &[(pay, "left"), (approve, "right")]).await;
    let request = s.submit(s.ana, clerk).await;
    assert_touched(&s, &request, &["Ledger Approver"]).await;
    let mut browser = Browser::of(s.app.sign_in_as(s.mona).await);
    browser.open("/inbox").await;
    assert!(browser.says("touches 1 conflict"), "{}", browser.text());
}

#[sqlx::test(migrations = "../migrations")]
async fn of_a_set_only_one_more_than_it_allows_touches_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let pay = s.app.entitlement(s.ledger, "Ledger Payer", "standard").await;
    let approve = s.app.entitlement(s.ledger, "Ledger Approver", "standard").await;
    s.granted().await;
    rule(&s, "set", 2, &[(s.read, "any"), (pay, "any"), (approve, "any")]).await;
    let second = s.submit(s.ana, pay).await;
    assert_not_touched(&s, &second).await;
    let third = s.submit(s.ana, approve).await;
    assert_touched(&s, &third, &["Ledger Reader", "Ledger Payer"]).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_request_takes_the_place_of_is_nothing_that_it_touches(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let instead = about_what_is_held(&s, "change").await;
    rule(&s, "sides", 1, &[(s.read, "left"), (s.write, "right")]).await;
    let request = submit(&s, s.write, &[("kind", &instead)]).await;
    assert_not_touched(&s, &request).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_kept_beside_a_replacement_is_touched_all_the_same(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let pay = s.app.entitlement(s.ledger, "Ledger Payer", "standard").await;
    let instead = about_what_is_held(&s, "change").await;
    s.submit(s.ana, pay).await;
    rule(&s, "sides", 1, &[(s.read, "left"), (pay, "left"), (s.write, "right")]).await;
    let request = submit(&s, s.write, &[("kind", &instead)]).await;
    assert_touched(&s, &request, &["Ledger Payer"]).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_later_end_touches_nothing_by_what_it_makes_last_longer(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let longer = about_what_is_held(&s, "extend").await;
    rule(&s, "set", 1, &[(s.read, "any"), (s.write, "any")]).await;
    let request = submit(&s, s.read, &[("kind", &longer), ("ends_on", "2027-01-31")]).await;
    assert_not_touched(&s, &request).await;
}
