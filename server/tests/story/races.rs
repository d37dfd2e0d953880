//! Two at once: the signature bug of this product class is the double grant.

use super::cast::{Story, uuid};
use crate::support::*;

#[sqlx::test(migrations = "../migrations")]
async fn two_operators_at_once_make_one_grant(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.read).await;
    s.approve(s.mona, &request).await;
    let release = s.open_release(&request).await;
    let (pia, pol) = (s.app.sign_in_as(s.pia).await, s.app.sign_in_as(s.pol).await);
    let (a, b) = (uuid(), uuid());
    let fields = |key| [("release", release.as_str()), ("version", "1"), ("evidence", "Seen."), ("key", key)];
    let (left, right) = (fields(a.as_str()), fields(b.as_str()));
    let (one, two) = tokio::join!(pia.server_fn("releases/execute", &left), pol.server_fn("releases/execute", &right));
    let mut statuses = [one.status < 400, two.status < 400];
    statuses.sort_unstable();
    assert_eq!(statuses, [false, true], "{} {}", one.text(), two.text());
    assert_eq!(s.app.count("select count(*) from access_grant").await, 1);
    assert_eq!(s.app.count("select count(*) from release_attempt").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_same_decision_sent_twice_at_once_is_recorded_once(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.write).await;
    let shown = s.shown(s.mona, &request).await;
    let (one, two) = tokio::join!(s.decide_on(s.mona, &shown, "approve", ""), s.decide_on(s.mona, &shown, "approve", ""));
    assert!(one.status < 400 && two.status < 400, "{} {}", one.text(), two.text());
    assert_eq!(s.app.count("select count(*) from pending_decision").await, 1);
    s.app.advance(SignedDuration::from_secs(11));
    // Two servers at once.
    let base = &s.app.base;
    let (one, two) = tokio::join!(server::job::finalise_decisions::run(base), server::job::finalise_decisions::run(base));
    assert_eq!(one.unwrap().changed + two.unwrap().changed, 1);
    assert_eq!(s.app.count("select count(*) from decision").await, 1);
    assert_eq!(s.app.count("select count(*) from audit_event where kind = 'decision.approved'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn taken_back_at_the_last_moment_it_is_never_recorded(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.read).await;
    let mona = s.app.sign_in_as(s.mona).await;
    let shown = s.shown(s.mona, &request).await;
    s.decide_on(s.mona, &shown, "approve", "").await;
    let pending = s.pending().await;
    // The undo arrives within its time, the job looks a moment after it.
    s.app.advance(SignedDuration::from_millis(9_999));
    let undone = mona.server_fn("inbox/undo", &[("decision", &pending)]).await;
    s.app.advance(SignedDuration::from_millis(1));
    let run = server::job::finalise_decisions::run(&s.app.base).await.unwrap();
    assert_eq!((undone.status < 400, run.changed), (true, 0), "{}", undone.text());
    assert_eq!(s.app.count("select count(*) from decision").await, 0);
    assert_eq!(s.state(&request).await, "in_approval");
}

#[sqlx::test(migrations = "../migrations")]
async fn two_requests_at_once_for_the_two_sides_of_a_conflict_do_not_both_pass(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let pay = s.app.entitlement(s.ledger, "Pay", "standard").await;
    s.app.conflict("Read and pay", s.read, pay).await;
    let (one, two) = tokio::join!(s.try_submit(s.ana, s.read, &[]), s.try_submit(s.ana, pay, &[]));
    let passed = [one.status, two.status].iter().filter(|status| **status < 400).count();
    assert_eq!(passed, 1, "{} {}", one.text(), two.text());
    assert_eq!(s.app.count("select count(*) from request").await, 1);
}
