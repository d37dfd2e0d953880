//! Carrying out: by an operator who did not approve, with evidence, and only when the gates are met
//! again on fresh facts.

use super::cast::{Story, refusal};
use crate::support::*;
use domain::permission::Role;
use serde_json::json;

#[sqlx::test(migrations = "../migrations")]
async fn who_approved_never_carries_it_out_and_neither_does_the_subject(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    for person in [s.mona, s.ana] {
        s.app.role(person, Role::Operator).await;
    }
    let request = s.submit(s.ana, s.read).await;
    s.approve(s.mona, &request).await;
    let release = s.open_release(&request).await;
    for person in [s.mona, s.ana] {
        let reply = s.execute(person, &release).await;
        assert_eq!((reply.status, refusal(&reply)), (403, json!("separation_of_duties")));
    }
    let by_sql = sqlx::query("update release set state = 'closed', executed_by = $1, executed_at = now(), verified_at = now(), closed_at = now(), evidence = 'x', grant_id = gen_random_uuid() where id = $2::uuid").bind(s.mona.0).bind(&release).execute(&s.app.owner).await.unwrap_err();
    assert_eq!(by_sql.as_database_error().unwrap().constraint(), Some("release_not_by_approver"));
    assert!(s.execute(s.pia, &release).await.status < 400);
}

#[sqlx::test(migrations = "../migrations")]
async fn gates_run_again_at_release_and_a_failure_holds_it_and_says_why(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.write).await;
    s.approve(s.mona, &request).await;
    s.approve(s.olga, &request).await;
    sqlx::query("update identity set mfa = 'absent' where id = $1").bind(s.ana.0).execute(&s.app.owner).await.unwrap();
    let release = s.open_release(&request).await;
    s.execute(s.pia, &release).await;
    let view = s.call(s.pia, "releases/show", &[("release", &release)]).await.json();
    assert_eq!(view["line"]["state"]["state"], "held");
    assert!(view["line"]["state"]["reasons"][0].as_str().unwrap().contains("factor"), "{view}");
    assert_eq!(s.app.count("select count(*) from access_grant").await, 0);
    assert_eq!(s.state(&request).await, "approved");
    sqlx::query("update identity set mfa = 'passkey' where id = $1").bind(s.ana.0).execute(&s.app.owner).await.unwrap();
    s.execute(s.pia, &release).await;
    assert_eq!(s.state(&request).await, "released");
    assert_eq!(s.app.count("select count(*) from release_attempt").await, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_approval_by_somebody_who_has_left_since_does_not_release(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.write).await;
    s.approve(s.mona, &request).await;
    s.approve(s.olga, &request).await;
    s.app.set_state(s.olga, "retired").await;
    let release = s.open_release(&request).await;
    s.execute(s.pia, &release).await;
    let view = s.call(s.pia, "releases/show", &[("release", &release)]).await.json();
    assert_eq!(view["line"]["state"]["state"], "held");
    let held: Vec<_> = view["gates"]["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|g| g["outcome"] == "fail")
        .map(|g| g["control"].as_str().unwrap().to_owned())
        .collect();
    assert!(held.contains(&"CS-APR-01".to_owned()), "{held:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_privileged_approval_without_its_signature_does_not_release(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    s.plan("privileged", json!([{ "step": 1, "name": "Manager", "sources": ["line_manager"], "quorum": 1, "due_hours": 16 }])).await;
    s.app.account(s.mona, "mona", "blue tram to work").await;
    let request = s.submit(s.ana, s.root).await;
    let shown = s.shown(s.mona, &request).await;
    let reply = s.decide_with(s.mona, &shown, "approve", &[("password", "blue tram to work")]).await;
    assert!(reply.status < 400, "{}", reply.text());
    s.become_final().await;
    sqlx::query("delete from signature").execute(&s.app.owner).await.unwrap();
    let release = s.open_release(&request).await;
    s.execute(s.pia, &release).await;
    let view = s.call(s.pia, "releases/show", &[("release", &release)]).await.json();
    let state = &view["line"]["state"];
    let reasons = state["reasons"].to_string();
    assert!(state["state"] == "held" && reasons.contains("Approved without authority on this day: Mona Example."), "{view}");
    assert_eq!(s.app.count("select count(*) from access_grant").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_is_released_before_its_start_and_without_evidence(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let reply = s.try_submit(s.ana, s.read, &[("starts_on", "2026-11-25")]).await;
    assert!(reply.status < 400);
    let request = s.newest().await;
    s.approve(s.mona, &request).await;
    let release = s.open_release(&request).await;
    let early = s.execute(s.pia, &release).await;
    assert_eq!((early.status, refusal(&early)), (409, json!("too_early")));
    s.app.clock.set("2026-11-25T00:00:00Z".parse().unwrap());
    let key = super::cast::uuid();
    let bare = s.call(s.pia, "releases/execute", &[("release", &release), ("version", "1"), ("evidence", " "), ("key", &key)]).await;
    assert_eq!((bare.status, refusal(&bare)), (422, json!(["evidence:required"])));
    let stale = s.call(s.pia, "releases/execute", &[("release", &release), ("version", "7"), ("evidence", "Seen."), ("key", &key)]).await;
    assert_eq!(refusal(&stale), json!("changed"));
    s.execute(s.pia, &release).await;
    assert_eq!(s.state(&request).await, "released");
}

#[sqlx::test(migrations = "../migrations")]
async fn those_who_are_not_operators_do_not_learn_of_releases(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.read).await;
    s.approve(s.mona, &request).await;
    let release = s.open_release(&request).await;
    for who in [s.ana, s.mona, s.stan] {
        let reply = s.call(who, "releases/show", &[("release", &release)]).await;
        assert_eq!((reply.status, refusal(&reply)), (404, json!("not_found")));
    }
}
