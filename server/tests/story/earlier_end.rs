//! An approver may shorten what was asked for and never lengthen it; the earliest end counts.

use super::cast::{Story, refusal};
use crate::support::*;
use serde_json::json;

#[sqlx::test(migrations = "../migrations")]
async fn the_earliest_end_is_shown_to_later_approvers_and_used_at_the_release(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.write).await;
    let shown = s.shown(s.mona, &request).await;
    let reply = s.decide_with(s.mona, &shown, "approve", &[("ends_on", "2026-12-10"), ("comment", "Ten days are enough.")]).await;
    assert!(reply.status < 400, "{}", reply.text());
    s.become_final().await;
    let view = s.show(s.olga, &request).await;
    assert_eq!((view["ends_on"].as_str(), view["effective_end"].as_str()), (Some("2026-12-21"), Some("2026-12-10")));
    let list = s.call(s.olga, "inbox/list", &[]).await.json();
    assert_eq!(
        (list["page"]["rows"][0]["ends_on"].as_str(), list["page"]["rows"][0]["shortened"].as_bool()),
        (Some("2026-12-10"), Some(true))
    );
    let detail = s.call(s.olga, "inbox/detail", &[("stage", list["page"]["rows"][0]["stage"].as_str().unwrap())]).await.json();
    assert_eq!(detail["earlier_end"], json!({ "first": "2026-11-22", "last": "2026-12-09" }));
    // What the first approver allowed is the most that the second can give.
    let shown = s.shown(s.olga, &request).await;
    assert_eq!(refusal(&s.decide_with(s.olga, &shown, "approve", &[("ends_on", "2026-12-10")]).await), json!(["ends_on:not_earlier"]));
    s.decide_with(s.olga, &shown, "approve", &[("ends_on", "2026-12-05")]).await;
    s.become_final().await;
    let release = s.open_release(&request).await;
    let reply = s.execute(s.pia, &release).await;
    assert!(reply.status < 400, "{}", reply.text());
    assert_eq!(s.show(s.ana, &request).await["grants"][0]["ends"]["at"], "2026-12-06T00:00:00Z");
}

/// Mona approves until 25 November what was asked for until 21 December.
async fn shortened(s: &Story, what: EntitlementId) -> String {
    let request = s.submit(s.ana, what).await;
    let shown = s.shown(s.mona, &request).await;
    let reply = s.decide_with(s.mona, &shown, "approve", &[("ends_on", "2026-11-25")]).await;
    assert!(reply.status < 400, "{}", reply.text());
    s.become_final().await;
    request
}

#[sqlx::test(migrations = "../migrations")]
async fn once_the_earlier_end_has_passed_the_request_lapses_whether_all_have_approved_or_not(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let s = Story::begin(pool, connect).await;
    let (undecided, approved) = (shortened(&s, s.write).await, shortened(&s, s.read).await);
    for (moment, states, waiting) in
        [("2026-11-25T23:59:00Z", ["in_approval", "approved"], 1), ("2026-11-26T00:00:00Z", ["lapsed", "lapsed"], 0)]
    {
        s.app.clock.set(moment.parse().unwrap());
        server::job::lapse_requests::run(&s.app.base).await.unwrap();
        assert_eq!([s.state(&undecided).await, s.state(&approved).await], states, "{moment}");
        let list = s.call(s.olga, "inbox/list", &[]).await.json();
        assert_eq!(list["page"]["rows"].as_array().map(Vec::len), Some(waiting), "{list}");
    }
    assert_eq!(s.app.count("select count(*) from release where state = 'cancelled'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn days_after_the_earlier_end_are_asked_for_anew(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    for what in [s.write, s.read] {
        shortened(&s, what).await;
        let within = s.try_submit(s.ana, what, &[("starts_on", "2026-11-25")]).await;
        assert_eq!(refusal(&within), json!("already_there"));
        let after = s.try_submit(s.ana, what, &[("starts_on", "2026-11-26")]).await;
        assert!(after.status < 400, "{}", after.text());
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_end_that_is_no_shortening_is_refused_at_its_field_and_nothing_is_made(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let reply = s.try_submit(s.ana, s.read, &[("starts_on", "2026-11-25"), ("ends_on", "2026-12-21")]).await;
    assert!(reply.status < 400, "{}", reply.text());
    let request = s.newest().await;
    let shown = s.shown(s.mona, &request).await;
    for (end, code) in [
        ("soon", "not_a_date"),
        ("2027-02-29", "not_a_date"),
        ("0001-01-01", "in_the_past"),
        ("2026-11-21", "in_the_past"),
        ("2026-11-24", "ends_before_start"),
        ("2026-12-21", "not_earlier"),
        ("9999-12-31", "not_earlier"),
    ] {
        let reply = s.decide_with(s.mona, &shown, "approve", &[("ends_on", end)]).await;
        assert_eq!((reply.status, refusal(&reply)), (422, json!([format!("ends_on:{code}")])), "{end}");
    }
    // The form for an earlier end, sent without one, does not approve the whole period.
    let empty = s.decide_with(s.mona, &shown, "approve_until", &[("ends_on", " ")]).await;
    assert_eq!(refusal(&empty), json!(["ends_on:required"]));
    assert_eq!(s.app.count("select count(*) from pending_decision").await, 0);
    // An end that goes with a question or a rejection means nothing.
    assert!(s.decide_with(s.mona, &shown, "reject", &[("ends_on", "2026-12-01"), ("comment", "No.")]).await.status < 400);
    s.become_final().await;
    assert_eq!(s.app.count("select count(*) from decision where ends_on is not null").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_database_refuses_an_end_that_is_not_earlier(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.read).await;
    let insert = |end: &'static str| {
        sqlx::query(
            "insert into decision (id, stage_id, request_id, revision, decided_by, verdict, ends_on, shown_version, shown_hash, decided_at, idempotency_key)
             select gen_random_uuid(), s.id, s.request_id, 1, $1, 'approve', $2::date, 1, sha256(''), now(), gen_random_uuid() from approval_stage s",
        )
        .bind(s.mona.0)
        .bind(end)
    };
    for end in ["2026-12-21", "2027-01-01", "2026-11-21"] {
        let error = insert(end).execute(&s.app.owner).await.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().constraint(), Some("decision_ends_earlier"), "{end}");
    }
    insert("2026-12-20").execute(&s.app.owner).await.unwrap();
    assert_eq!(s.state(&request).await, "in_approval");
}
