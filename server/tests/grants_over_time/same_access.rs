//! What else gives the same is told by the rule that decides whether an end takes anything away.

use super::overlapping::late_removal;
use super::steps::*;
use super::why::{said, why};

const QUESTION: &str = "Does anything else give the same?";

async fn number_of(s: &Story, request: &str) -> String {
    one(s, "select number from request where id = $1::uuid", request).await
}

/// What the page of the grant of a request says, now.
async fn what_else(s: &Story, request: &str) -> String {
    said(&why(s, &grant_of(s, request).await, "").await, QUESTION)
}

#[sqlx::test(migrations = "../migrations")]
async fn one_entitlement_under_two_references_is_not_the_same_and_each_ends_on_its_own(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (first, second) = twice(&s, false).await;
    // The entitlement is called otherwise over there by now, and the second was given under that name.
    sqlx::query(
        "insert into entitlement_version (entitlement_id, version, tier, tier_reason, requestable, name, description, recorded_at, reference)
         select entitlement_id, 2, tier, tier_reason, requestable, name, description, recorded_at, 'Ledger Reader II' from entitlement_version where entitlement_id = $1",
    )
    .bind(s.read.0)
    .execute(&s.app.owner)
    .await
    .unwrap();
    let statement = "update access_grant set entitlement_version = 2 where request_id = $1::uuid";
    sqlx::query(statement).bind(&second).execute(&s.app.owner).await.unwrap();
    assert_eq!((what_else(&s, &first).await.as_str(), what_else(&s, &second).await.as_str()), ("No.", "No."));
    give_back(&s, &first).await;
    assert_eq!(grant_state(&s, &first).await, "ending: given_back", "it is taken away");
}

#[sqlx::test(migrations = "../migrations")]
async fn one_entitlement_on_two_machines_is_not_the_same_and_each_ends_on_its_own(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let s = &scene.s;
    let first = approved(s, "2026-11-22", "2026-12-21").await;
    s.app.drain().await;
    let second = approved(s, "2026-12-22", "2027-01-20").await;
    s.extension(&first, "2026-11-22", "2027-01-05").await;
    s.app.drain().await;
    let settings = json!({ "matching": "number", "accounts": true, "closing": "deactivate" });
    s.app.connect(s.ledger, "elsewhere", "memory", &settings, None).await;
    at(s, END);
    s.app.drain().await;
    assert_eq!((grant_state(s, &first).await.as_str(), grant_state(s, &second).await.as_str()), ("active", "active"));
    assert_eq!((what_else(s, &first).await.as_str(), what_else(s, &second).await.as_str()), ("No.", "No."));
    give_back(s, &first).await;
    s.app.drain().await;
    assert_eq!((grant_state(s, &first).await.as_str(), reads(&scene)), ("ended: given_back", false), "it is taken where it was");
}

#[sqlx::test(migrations = "../migrations")]
async fn two_entitlements_under_one_reference_are_the_same_and_the_other_one_is_named(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let first = s.granted().await;
    assert_eq!(what_else(&s, &first).await, "No.");
    let viewer = s.app.entitlement(s.ledger, "Ledger Viewer", "standard").await;
    let statement = "update entitlement_version set reference = 'Ledger Reader' where entitlement_id = $1";
    sqlx::query(statement).bind(viewer.0).execute(&s.app.owner).await.unwrap();
    let asked = s.app.asked(s.ana, viewer, "approved").await;
    let second = s.app.given(asked, s.pia).await.to_string();
    let (other, mine) = (number_of(&s, &asked.to_string()).await, number_of(&s, &first).await);
    assert_eq!(what_else(&s, &first).await, format!("Yes, Ledger Viewer by {other} gives the same: the access stays while either lasts."));
    let view = why(&s, &second, "").await;
    assert_eq!(said(&view, QUESTION), format!("Yes, Ledger Reader by {mine} gives the same: the access stays while either lasts."));
    // And so it is.
    give_back(&s, &first).await;
    assert_eq!(grant_state(&s, &first).await, "ended: given_back");
    let further = format!("Yes, Ledger Viewer by {other} gave the access further: nothing was taken away when this one ended.");
    assert_eq!(what_else(&s, &first).await, further);
    assert_eq!(said(&why(&s, &second, "").await, QUESTION), "No.");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_being_removed_is_promised_to_nobody(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (first, second) = late_removal(&s).await;
    carry_out(&s, &second).await;
    let other = number_of(&s, &second).await;
    assert_eq!((grant_state(&s, &first).await.as_str(), what_else(&s, &second).await.as_str()), ("ending: expired", "No."));
    assert_eq!(what_else(&s, &first).await, format!("Yes, {other} gives the same: the access is there while that one lasts."));
    // The day before, the first was there, and the second was not.
    let view = why(&s, &grant_of(&s, &first).await, "2026-12-21").await;
    assert_eq!(said(&view, QUESTION), "No.");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_day_after_the_end_is_told_with_what_gave_the_access_further(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (first, second) = twice(&s, false).await;
    let (grant, keeper, other) = (grant_of(&s, &first).await, grant_of(&s, &second).await, number_of(&s, &second).await);
    at(&s, "2026-12-30T09:00:00Z");
    give_back(&s, &first).await;
    assert_eq!(grant_state(&s, &first).await, "ended: given_back");
    let ended = "It ended on 30 Dec 2026 09:00, and nothing was taken away:";
    assert_eq!(why(&s, &grant, "").await["short"], format!("{ended} {other} gives the access further."));
    at(&s, "2027-01-21T00:00:00Z");
    server::job::end_grants::run(&s.app.base).await.unwrap();
    at(&s, "2027-01-22T09:00:00Z");
    let removal = s.open_release(&second).await;
    assert!(s.execute(s.pol, &removal).await.status < 400);
    at(&s, "2027-02-10T09:00:00Z");
    // Before its end the other one gave the same as well.
    let view = why(&s, &grant, "2026-12-29").await;
    assert!(view["short"].as_str().unwrap().starts_with("Held on that day, because Ana Example asked for it"), "{view}");
    assert_eq!(said(&view, QUESTION), format!("Yes, {other} gives the same: the access stays while either lasts."));
    // On the day of its end the access was not gone.
    let view = why(&s, &grant, "2026-12-30").await;
    let short = view["short"].as_str().unwrap();
    assert!(
        short.starts_with("Held on that day, because") && short.ends_with(&format!("{ended} {other} gave the access further.")),
        "{short}"
    );
    let further = format!("Yes, {other} gave the access further: nothing was taken away when this one ended.");
    assert_eq!(said(&view, QUESTION), further);
    // Nor on the days after it, up to the one on which the other one was gone.
    for day in ["2026-12-31", "2027-01-10", "2027-01-22"] {
        let view = why(&s, &grant, day).await;
        assert_eq!(view["short"], format!("{ended} {other} gave the access further, on that day as well."), "{day}");
        assert_eq!((view["phase"].is_null(), view["answers"].as_array().unwrap().len()), (true, 1), "{day}");
        assert_eq!(said(&view, QUESTION), further, "{day}");
    }
    let mut browser = Browser::of(s.app.sign_in_as(s.ana).await);
    browser.open(&format!("/grants/{grant}?on=2027-01-10")).await;
    assert!(browser.says("Whether Ana Example had Ledger Reader") && browser.says(&further), "{}", browser.text());
    assert!(browser.page.contains(&format!("href=\"/grants/{keeper}\"")), "{}", browser.page);
    for (grant, day, sentence) in [
        (&grant, "2027-01-23", "It was not held any more on that day: it ended on 30 Dec 2026 09:00."),
        (&keeper, "2027-01-23", "It was not held any more on that day: it ended on 22 Jan 2027 09:00."),
    ] {
        let view = why(&s, grant, day).await;
        assert_eq!((&view["short"], view["answers"].as_array().unwrap().len()), (&json!(sentence), 0), "{day}");
    }
    assert!(why(&s, &grant, "").await["short"].as_str().unwrap().starts_with("Not held any more"));
}
