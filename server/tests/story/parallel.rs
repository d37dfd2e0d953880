//! Several people at one step: what one of them approves does not undo what the others saw; what
//! stops or changes the request does (ADR 0009).

use super::cast::{Story, refusal};
use crate::support::*;
use serde_json::{Value, json};

/// A standard plan of one stage: two of a group of three, and the application's owner at the same time.
fn two_of_three_and_the_owner() -> Value {
    json!([
        { "step": 1, "name": "Keepers", "sources": ["group:keepers"], "quorum": 2, "fallback": [], "due_hours": 16, "escalate_to": [] },
        { "step": 1, "name": "Application owner", "sources": ["application_owner"], "quorum": 1, "fallback": [], "due_hours": 16, "escalate_to": [] },
        { "step": 2, "name": "Line manager", "sources": ["line_manager"], "quorum": 1, "fallback": [], "due_hours": 16, "escalate_to": [] }
    ])
}

async fn set(pool: PgPoolOptions, connect: PgConnectOptions) -> (Story, String) {
    let s = Story::begin(pool, connect).await;
    s.group("keepers", &[s.stan, s.dan, s.pol]).await;
    s.plan("standard", two_of_three_and_the_owner()).await;
    let request = s.submit(s.ana, s.read).await;
    (s, request)
}

#[sqlx::test(migrations = "../migrations")]
async fn approvals_of_one_step_made_within_the_same_seconds_are_all_recorded(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (s, request) = set(pool, connect).await;
    // All three look before any of them decides.
    let looks =
        [(s.stan, s.shown(s.stan, &request).await), (s.olga, s.shown(s.olga, &request).await), (s.dan, s.shown(s.dan, &request).await)];
    assert!(looks.iter().all(|(_, shown)| shown[2] == looks[0].1[2]), "they see the same");
    for (who, shown) in &looks {
        let reply = s.decide_on(*who, shown, "approve", "").await;
        assert!(reply.status < 400, "{}", reply.text());
    }
    s.become_final().await;
    assert_eq!(s.app.count("select count(*) from pending_decision where state = 'recorded'").await, 3);
    let view = s.show(s.mona, &request).await;
    let states: Vec<&str> = view["stages"].as_array().unwrap().iter().map(|stage| stage["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["approved", "approved", "open"]);
    s.approve(s.mona, &request).await;
    assert_eq!(s.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_decides_at_the_next_step_decides_on_what_the_step_before_decided(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (s, request) = set(pool, connect).await;
    let first = s.show(s.olga, &request).await["content_hash"].clone();
    s.approve(s.stan, &request).await;
    assert_eq!(s.show(s.olga, &request).await["content_hash"], first, "an approval at the same step changes nothing for the others");
    s.approve(s.dan, &request).await;
    s.approve(s.olga, &request).await;
    assert_ne!(s.show(s.mona, &request).await["content_hash"], first, "the decisions of the step before are part of what is shown");
}

/// Stan decides with this verdict; Olga approves on what was there before.
async fn stan_stops_olga(s: &Story, request: &str, verdict: &str) {
    let stan = s.shown(s.stan, request).await;
    let olga = s.shown(s.olga, request).await;
    s.decide_on(s.stan, &stan, verdict, "Which of them?").await;
    s.decide_on(s.olga, &olga, "approve", "").await;
    s.become_final().await;
    assert_eq!(s.app.count("select count(*) from decision where verdict = 'approve'").await, 0);
    assert_eq!(s.app.count("select count(*) from pending_decision where state = 'refused' and refusal = 'changed'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_question_of_one_stops_the_others_at_the_same_step(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (s, request) = set(pool, connect).await;
    stan_stops_olga(&s, &request, "return").await;
    assert_eq!(s.state(&request).await, "returned");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_rejection_of_one_stops_the_others_at_the_same_step(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (s, request) = set(pool, connect).await;
    stan_stops_olga(&s, &request, "reject").await;
    assert_eq!(s.state(&request).await, "rejected");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_third_approval_where_two_were_needed_comes_too_late_and_is_told(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (s, request) = set(pool, connect).await;
    let looks =
        [(s.stan, s.shown(s.stan, &request).await), (s.dan, s.shown(s.dan, &request).await), (s.pol, s.shown(s.pol, &request).await)];
    for (who, shown) in &looks {
        s.decide_on(*who, shown, "approve", "").await;
    }
    s.become_final().await;
    assert_eq!(s.app.count("select count(*) from decision").await, 2);
    let told: Vec<uuid::Uuid> =
        sqlx::query_scalar("select recipient_id from notification where kind = 'not_recorded'").fetch_all(&s.app.owner).await.unwrap();
    assert_eq!(told, [s.pol.0]);
    // Pol did not approve it, so Pol may carry it out.
    s.decide(s.olga, &request, "approve", "").await;
    s.decide(s.mona, &request, "approve", "").await;
    let release = s.open_release(&request).await;
    assert!(s.execute(s.pol, &release).await.status < 400);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_earlier_end_at_the_same_step_takes_nothing_from_what_the_others_signed(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (s, request) = set(pool, connect).await;
    let stan = s.shown(s.stan, &request).await;
    let olga = s.shown(s.olga, &request).await;
    s.decide_with(s.stan, &stan, "approve", &[("ends_on", "2026-12-10")]).await;
    s.decide_with(s.olga, &olga, "approve", &[("ends_on", "2026-12-15")]).await;
    s.become_final().await;
    assert_eq!(s.app.count("select count(*) from decision").await, 2);
    assert_eq!(s.show(s.ana, &request).await["effective_end"], "2026-12-10", "the earliest counts, whoever allowed it");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_edit_refuses_everything_that_was_made_on_the_revision_before(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (s, request) = set(pool, connect).await;
    let olga = s.shown(s.olga, &request).await;
    s.decide_on(s.olga, &olga, "approve", "").await;
    s.edit(s.ana, &request, &[("ends_on", "2026-12-12")]).await;
    s.become_final().await;
    assert_eq!(s.app.count("select count(*) from decision").await, 0);
    let mut again = olga.clone();
    again[3].1 = super::cast::uuid();
    assert_eq!(refusal(&s.decide_on(s.olga, &again, "approve", "").await), json!("changed"));
    assert_eq!(s.show(s.ana, &request).await["revision"], 2);
}
