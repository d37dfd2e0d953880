//! How requests and access end: by time, by leaving, by withdrawal, by lapse.

use super::cast::{Story, refusal};
use crate::support::*;
use serde_json::json;

#[sqlx::test(migrations = "../migrations")]
async fn access_ends_at_its_end_and_not_a_moment_before(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.granted().await;
    s.app.clock.set("2026-12-21T23:59:59Z".parse().unwrap());
    s.jobs().await;
    assert_eq!(s.show(s.ana, &request).await["grants"][0]["state"], "expiring");
    s.app.clock.set("2026-12-22T00:00:00Z".parse().unwrap());
    for _ in 0..2 {
        s.jobs().await;
    }
    assert_eq!(s.show(s.ana, &request).await["grants"][0]["state"], "ending");
    assert_eq!(s.app.count("select count(*) from release where kind = 'remove'").await, 1, "running the job twice plans one removal");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_access_of_somebody_who_is_suspended_starts_to_end(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.granted().await;
    s.app.set_state(s.ana, "suspended").await;
    s.jobs().await;
    let (state, reason): (String, Option<String>) =
        sqlx::query_as("select state, end_reason from access_grant").fetch_one(&s.app.owner).await.unwrap();
    assert_eq!((state.as_str(), reason.as_deref()), ("ending", Some("identity_stopped")));
    let removal = s.open_release(&request).await;
    assert!(s.execute(s.pol, &removal).await.status < 400, "a removal needs no gate");
    assert_eq!(s.state(&request).await, "closed");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_request_can_be_withdrawn_until_it_is_released(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.read).await;
    s.approve(s.mona, &request).await;
    let version = s.show(s.ana, &request).await["version"].to_string();
    let by_manager = s.call(s.mona, "requests/withdraw", &[("request", &request), ("version", &version), ("reason", "")]).await;
    assert_eq!((by_manager.status, refusal(&by_manager)), (403, json!("forbidden")));
    let reply =
        s.call(s.ana, "requests/withdraw", &[("request", &request), ("version", &version), ("reason", "Settled another way.")]).await;
    assert!(reply.status < 400, "{}", reply.text());
    assert_eq!(s.state(&request).await, "withdrawn");
    assert_eq!(s.app.count("select count(*) from release where state = 'cancelled'").await, 1);

    let granted = s.granted().await;
    let version = s.show(s.ana, &granted).await["version"].to_string();
    let late = s.call(s.ana, "requests/withdraw", &[("request", &granted), ("version", &version), ("reason", "")]).await;
    assert_eq!((late.status, refusal(&late)), (409, json!("not_possible")));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_request_whose_last_day_passed_lapses_with_its_release(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let waiting = s.submit(s.ana, s.write).await;
    let approved = s.submit(s.ana, s.read).await;
    s.approve(s.mona, &approved).await;
    s.app.clock.set("2026-12-21T12:00:00Z".parse().unwrap());
    s.jobs().await;
    assert_eq!(s.state(&waiting).await, "in_approval", "the last day counts");
    s.app.clock.set("2026-12-22T00:00:00Z".parse().unwrap());
    s.jobs().await;
    for request in [&waiting, &approved] {
        assert_eq!(s.state(request).await, "lapsed");
    }
    assert_eq!(s.app.count("select count(*) from approval_stage where state in ('open', 'waiting', 'held')").await, 0);
    assert_eq!(s.app.count("select count(*) from release where state = 'cancelled'").await, 1);
}
