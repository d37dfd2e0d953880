//! Recurring jobs by the clock: what is due runs once, a failure is on record and waits longer. How
//! servers share them is in `work_queue.rs`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers as well")]

mod support;

use server::job::{self, JOBS};
use server::usecase::Base;
use sqlx::query;
use support::*;

/// Names of the jobs that are due again after so long, in order, as [`ran`] gives them.
fn due_every(longest: i32) -> Vec<(&'static str, bool)> {
    let mut due: Vec<_> = JOBS.iter().filter(|job| job.every_seconds <= longest).map(|job| (job.name, true)).collect();
    due.sort_unstable();
    due
}

async fn ran(base: &Base) -> Vec<(&'static str, bool)> {
    let mut outcomes: Vec<_> = job::run_due(base).await.unwrap().into_iter().map(|(name, outcome)| (name, outcome.is_ok())).collect();
    outcomes.sort_unstable();
    outcomes
}

#[sqlx::test(migrations = "../migrations")]
async fn a_job_runs_when_it_is_due_and_not_again_before(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    assert_eq!(ran(&app.base).await.len(), JOBS.len());
    assert_eq!(ran(&app.base).await, []);
    app.advance(SignedDuration::from_secs(60));
    let each_minute = due_every(60);
    assert!(each_minute.contains(&("end-due-grants", true)) && !each_minute.contains(&("lapse-stale-requests", true)));
    assert_eq!(ran(&app.base).await, each_minute);
    app.advance(SignedDuration::from_hours(1));
    assert_eq!(ran(&app.base).await.len(), JOBS.len());
    let runs = 2 * JOBS.len() + each_minute.len();
    assert_eq!(app.count("select sum(runs)::bigint from job").await, i64::try_from(runs).unwrap());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_failure_is_on_record_in_plain_words_and_waits_longer_each_time(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    query("alter table access_grant rename to away").execute(&app.owner).await.unwrap();
    let mut waits = Vec::new();
    for _ in 0..8 {
        let outcomes = ran(&app.base).await;
        assert!(outcomes.contains(&("end-due-grants", false)), "{outcomes:?}");
        let seconds =
            app.count("select extract(epoch from next_run_at - last_finished_at)::bigint from job where name = 'end-due-grants'").await;
        waits.push(seconds);
        app.advance(SignedDuration::from_secs(seconds));
    }
    assert_eq!(waits, [60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
    let error: String = sqlx::query_scalar("select last_error from job where name = 'end-due-grants'").fetch_one(&app.owner).await.unwrap();
    assert!(!error.contains("access_grant") && error.ends_with('.'), "{error}");

    query("alter table away rename to access_grant").execute(&app.owner).await.unwrap();
    assert!(ran(&app.base).await.contains(&("end-due-grants", true)));
    assert_eq!(app.count("select failures from job where name = 'end-due-grants' and last_error is null and last_outcome = 'ok'").await, 8);
}

#[sqlx::test(migrations = "../migrations")]
async fn sessions_past_their_end_are_ended_on_record(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let unit = app.unit("Payments").await;
    let (ana, ben) = (app.person("Ana", unit, None).await, app.person("Ben", unit, None).await);
    app.insert_session(ana).await;
    app.insert_session(ben).await;
    app.set_state(ben, "suspended").await;
    ran(&app.base).await;
    assert_eq!(app.count("select count(*) from session where end_reason = 'identity_stopped'").await, 1);
    app.advance(app.state.config.session_absolute);
    ran(&app.base).await;
    assert_eq!(app.count("select count(*) from session where end_reason = 'expired'").await, 1);
    assert_eq!(app.count("select count(*) from audit_event where kind = 'session.ended' and actor_process = 'end-idle-sessions'").await, 2);
}
