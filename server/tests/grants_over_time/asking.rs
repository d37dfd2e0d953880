//! What may be asked for beside what is held or on its way.

use super::steps::*;

async fn asks(s: &Story, starts_on: &str, ends_on: &str) -> Value {
    let reply = s.try_submit(s.ana, s.read, &[("starts_on", starts_on), ("ends_on", ends_on)]).await;
    if reply.status < 400 { json!("asked") } else { refusal(&reply) }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_held_is_extended_and_only_a_period_after_its_end_is_asked_for_anew(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    s.granted().await;
    // Held to the end of 21 December.
    for (starts_on, ends_on) in [("2026-11-22", "2026-12-31"), ("2026-12-21", "2026-12-31"), ("2026-12-21", "2026-12-21")] {
        assert_eq!(asks(&s, starts_on, ends_on).await, json!("already_there"), "{starts_on}");
    }
    assert_eq!(asks(&s, "2026-12-22", "2026-12-31").await, json!("asked"));
    // That one is on its way now, for its own days.
    assert_eq!(asks(&s, "2026-12-31", "2027-01-10").await, json!("already_there"));
    assert_eq!(asks(&s, "2027-01-01", "2027-01-10").await, json!("asked"));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_extension_may_reach_into_the_days_of_a_later_request(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (first, second) = twice(&s, false).await;
    assert_eq!(s.app.count("select count(*) from access_grant where state = 'active'").await, 2);
    assert_ne!(grant_of(&s, &first).await, grant_of(&s, &second).await);
    // Which of the two is extended is chosen by its end.
    let draft = s.call(s.ana, "drafts/add", &[("entitlement", &s.read.to_string())]).await;
    assert!(draft.status < 400, "{}", draft.text());
    let mut browser = Browser::of(s.app.sign_in_as(s.ana).await);
    browser.open("/request").await;
    assert!(
        browser.says("A later end of what is held until 2027-01-05") && browser.says("A later end of what is held until 2027-01-20"),
        "{}",
        browser.page
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn what_somebody_has_twice_counts_once(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    twice(&s, false).await;
    let entry = s.call(s.ana, "catalogue/entitlement", &[("id", &s.read.to_string())]).await.json();
    assert_eq!((entry["holders"].as_i64(), entry["held_since"]["at"].is_string()), (Some(1), true), "{entry}");
    let reply = s.try_submit(s.ana, s.write, &[("starts_on", "2026-12-22"), ("ends_on", "2026-12-31")]).await;
    assert!(reply.status < 400, "{}", reply.text());
    let standing: Value = sqlx::query_scalar("select facts -> 'standing' from gate_evaluation order by at desc, id desc limit 1")
        .fetch_one(&s.app.owner)
        .await
        .unwrap();
    assert_eq!(standing, json!({ "held": 1, "pending": 0, "requested": 1 }));
    let stage: uuid::Uuid = sqlx::query_scalar("select id from approval_stage where state = 'open'").fetch_one(&s.app.owner).await.unwrap();
    let weighed = s.call(s.mona, "inbox/detail", &[("stage", &stage.to_string())]).await;
    assert_eq!(weighed.status, 200, "{}", weighed.text());
    let lines = weighed.text().matches("\"holds\":true").count();
    assert_eq!(lines, 1, "one line for what two grants give: {}", weighed.text());
}

#[sqlx::test(migrations = "../migrations")]
async fn one_item_never_makes_two_grants(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    s.granted().await;
    let again = sqlx::query(
        "insert into access_grant (id, identity_id, entitlement_id, entitlement_version, request_id, item_id, activation_release_id, state, active_since)
         select gen_random_uuid(), identity_id, entitlement_id, entitlement_version, request_id, item_id, activation_release_id, 'active', active_since from access_grant",
    )
    .execute(&s.app.owner)
    .await;
    assert!(again.unwrap_err().to_string().contains("grant_once_per_item"));
}
