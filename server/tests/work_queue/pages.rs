//! What people and monitoring see: `/admin/jobs`, the alarm, `/metrics`.

use super::scene::*;
use crate::support::*;
use domain::permission::Role;
use server::queue::Kind;
use server::store::jobs;
use server::usecase::lateness;

/// A task that was given up, and its number.
async fn failed(scene: &Scene) -> String {
    scene.queue(&Refuse { thing: thing(1) }).await;
    sqlx::query("update graphile_worker._private_jobs set attempts = max_attempts, last_error = 'TaskError(\"Refused: not possible.\")'")
        .execute(&scene.app.owner)
        .await
        .unwrap();
    scene.app.count("select id from graphile_worker.jobs").await.to_string()
}

/// Looks for what is late, as each server does each minute: how often somebody was told, and events.
async fn look(app: &TestApp) -> (i64, i64) {
    lateness::watch(&app.base).await.unwrap();
    let told = app.count("select count(*) from notification where kind = 'work_late'").await;
    (told, app.count("select count(*) from audit_event where kind in ('work.late', 'work.on_time')").await)
}

/// What was told of late work, in order.
async fn told(app: &TestApp) -> Vec<String> {
    sqlx::query_scalar("select body from notification where kind = 'work_late' order by at, id").fetch_all(&app.owner).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_failed_task_is_seen_with_its_reason_and_settled_with_one(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (adam, cora) = (scene.app.person_with("Adam", Role::Administrator).await, scene.app.person_with("Cora", Role::Compliance).await);
    let (adam, cora) = (scene.app.sign_in_as(adam).await, scene.app.sign_in_as(cora).await);
    let task = failed(&scene).await;
    let settle =
        async |how: &str, reason: &str| adam.server_fn("admin/settle_task", &[("task", &task), ("how", how), ("reason", reason)]).await;

    let page = cora.get("/admin/jobs?state=failed&kind=test-refuse").await.text();
    assert!(page.contains("Refused: not possible.") && page.contains(&format!("/admin/jobs?task={task}#settle")), "{page}");
    let page = cora.get(&format!("/admin/jobs?task={task}")).await.text();
    assert!(page.contains("10 of 10") && !page.contains("settle_task"), "who may not is offered nothing");
    let page = adam.get(&format!("/admin/jobs?task={task}")).await.text();
    assert!(page.contains("settle_task") && page.contains("What is still due comes back within a minute"), "{page}");
    assert_eq!(cora.server_fn("admin/settle_task", &[("task", &task), ("how", "retry"), ("reason", "x")]).await.status, 403);

    let reply = settle("retry", " ").await;
    assert_eq!((reply.status, reply.code().as_str()), (422, "invalid"));
    assert_eq!(settle("forget", "Why not.").await.status, 404);
    assert_eq!(settle("retry", "The database is back.").await.status, 200);
    let again = "select count(*) from graphile_worker.jobs where attempts = 0 and run_at <= now()";
    assert_eq!(scene.app.count(again).await, 1);

    sqlx::query("update graphile_worker._private_jobs set locked_by = 'somebody', locked_at = now()")
        .execute(&scene.app.owner)
        .await
        .unwrap();
    assert_eq!(settle("discard", "It hangs.").await.code(), "not_possible");
    sqlx::query("update graphile_worker._private_jobs set locked_by = null, locked_at = null").execute(&scene.app.owner).await.unwrap();
    assert_eq!(settle("discard", "Nobody needs it.").await.status, 200);
    assert_eq!(settle("discard", "Nobody needs it.").await.status, 404);
    assert_eq!(scene.app.count(QUEUED).await, 0);
    let events: Vec<(String, String)> =
        sqlx::query_as("select kind, body::jsonb ->> 'reason' from audit_event where subject_kind = 'task' order by at, id")
            .fetch_all(&scene.app.owner)
            .await
            .unwrap();
    let expected = [("task.retried", "The database is back."), ("task.discarded", "Nobody needs it.")];
    assert_eq!(events, expected.map(|(kind, reason)| (kind.to_owned(), reason.to_owned())));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reason_that_is_refused_stands_in_the_form_again(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let adam = scene.app.person_with("Adam", Role::Administrator).await;
    let adam = scene.app.sign_in_as(adam).await;
    let task = failed(&scene).await;
    let typed = "x".repeat(2_001);
    let reply = adam.post_form("/api/admin/settle_task", &[("task", &task), ("how", "discard"), ("reason", &typed)]).await;
    assert!(reply.location().starts_with(&format!("/admin/jobs?task={task}")), "{}", reply.location());
    let page = adam.get(reply.location()).await.text();
    assert!(page.contains(&typed) && page.contains("This is too long"), "{page}");
    assert_eq!(scene.app.count(QUEUED).await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn late_work_raises_one_alarm_which_is_over_when_the_work_is_done(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let app = &scene.app;
    server::job::run_due(&app.base).await.unwrap();
    let adam = app.person_with("Adam", Role::Administrator).await;
    let adam = app.sign_in_as(adam).await;
    scene.queue(&Mark { thing: thing(1) }).await;
    assert_eq!(look(app).await, (0, 0));
    sqlx::query("update graphile_worker._private_jobs set run_at = now() - interval '59 seconds'").execute(&app.owner).await.unwrap();
    assert_eq!(look(app).await, (0, 0));
    sqlx::query("update graphile_worker._private_jobs set run_at = now() - interval '75 seconds'").execute(&app.owner).await.unwrap();
    let (one, two) = tokio::join!(lateness::watch(&app.base), lateness::watch(&app.base));
    one.unwrap();
    two.unwrap();
    assert_eq!(look(app).await, (1, 1), "one alarm for one incident, whoever looks");
    for page in ["/admin", "/admin/jobs"] {
        let text = adam.get(page).await.text();
        assert!(text.contains("Work is late.") && text.contains("test-mark: the oldest task that is due has waited for 1 min."), "{text}");
    }
    app.drain_kinds(vec![Kind::of::<Mark>()]).await;
    assert_eq!(look(app).await, (1, 2));
    assert_eq!(look(app).await, (1, 2));
    let page = adam.get("/admin/jobs").await.text();
    assert!(!page.contains("Work is late."));
    assert!(page.contains("<td class=\"whitespace-nowrap\">5 s</td>") && !page.contains(">0 min<"), "{page}");

    // Twice its period and a minute at least: a job of every minute is late after two.
    app.advance(SignedDuration::from_secs(60 + 120));
    assert_eq!(look(app).await, (2, 3), "the jobs of every few seconds are late");
    server::job::run_due(&app.base).await.unwrap();
    assert_eq!(look(app).await, (2, 4));
    let lasted = "select count(*) from work_incident where over_at is not null";
    assert_eq!(app.count(lasted).await, 2);
}

/// Nobody but the server notices: the job runs on time each time.
#[sqlx::test(migrations = "../migrations")]
async fn a_job_that_fails_twice_in_a_row_is_told_once_and_is_over_when_it_goes_well(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let app = &scene.app;
    let adam = app.person_with("Adam", Role::Administrator).await;
    let adam = app.sign_in_as(adam).await;
    let run_broken = async || {
        sqlx::query("alter table access_grant rename to away").execute(&app.owner).await.unwrap();
        server::job::run_due(&app.base).await.unwrap();
        sqlx::query("alter table away rename to access_grant").execute(&app.owner).await.unwrap();
        look(app).await
    };
    assert_eq!(run_broken().await, (0, 0), "once may be chance");
    app.advance(SignedDuration::from_secs(60));
    assert_eq!(run_broken().await, (1, 1));
    let sentence = "The job end-due-grants keeps failing; its last run was 0 s ago.";
    assert!(told(app).await[0].contains(sentence));
    for page in ["/admin", "/admin/jobs"] {
        let text = adam.get(page).await.text();
        assert!(text.contains("Work is late.") && text.contains(sentence), "{text}");
    }
    let failures = "select failures from job where name = 'end-due-grants'";
    for number in [2, 3] {
        app.advance(SignedDuration::from_secs(60));
        assert_eq!(run_broken().await, (1, 1), "told once, whether it waits or fails again");
        assert_eq!(app.count(failures).await, number);
    }
    app.advance(SignedDuration::from_secs(240));
    server::job::run_due(&app.base).await.unwrap();
    assert_eq!(look(app).await, (1, 2));
    assert!(!adam.get("/admin/jobs").await.text().contains("Work is late."));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_job_that_fails_at_some_of_its_records_twice_in_a_row_is_told_as_well(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let app = &scene.app;
    app.person_with("Adam", Role::Administrator).await;
    server::job::run_due(&app.base).await.unwrap();
    let (name, minute) = ("end-due-grants", SignedDuration::from_secs(60));
    let end = async |error: Option<&str>| {
        app.advance(minute);
        let (now, mut conn) = (app.now(), app.pool.acquire().await.unwrap());
        let run = jobs::begin(&mut conn, name, now).await.unwrap().unwrap();
        assert!(jobs::finish(&mut conn, name, run, error, now, now.saturating_add(minute).unwrap()).await.unwrap());
        server::job::run_due(&app.base).await.unwrap();
        look(app).await
    };
    let error = Some("Failed at 1 of its records; the log has each of them.");
    assert_eq!(end(error).await, (0, 0));
    assert_eq!(end(None).await, (0, 0));
    assert_eq!(end(error).await, (0, 0), "not twice in a row");
    assert_eq!(end(error).await, (1, 1));
    assert_eq!(end(error).await, (1, 1));
    assert_eq!(told(app).await, ["The job end-due-grants keeps failing; its last run was 0 s ago."]);
    assert_eq!(end(None).await, (1, 2));
    assert_eq!(end(error).await, (1, 2), "counted anew after a success");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_becomes_late_during_an_incident_is_told_as_well_and_once(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let app = &scene.app;
    server::job::run_due(&app.base).await.unwrap();
    app.person_with("Adam", Role::Administrator).await;
    scene.queue(&Mark { thing: thing(1) }).await;
    sqlx::query("update graphile_worker._private_jobs set run_at = now() - interval '75 seconds'").execute(&app.owner).await.unwrap();
    assert_eq!(look(app).await, (1, 1));

    app.advance(SignedDuration::from_secs(30));
    sqlx::query("update job set next_run_at = next_run_at - interval '1 hour' where name = 'end-due-grants'")
        .execute(&app.owner)
        .await
        .unwrap();
    let (one, two) = tokio::join!(lateness::watch(&app.base), lateness::watch(&app.base));
    one.unwrap();
    two.unwrap();
    assert_eq!(look(app).await, (2, 2), "told by one server");
    let sentences = told(app).await;
    let expected = ["test-mark: the oldest task that is due has waited for 1 min.", "The job end-due-grants should have run 59 min ago."];
    assert_eq!(sentences, expected);
    let what: String = sqlx::query_scalar("select what from work_incident where over_at is null").fetch_one(&app.owner).await.unwrap();
    assert_eq!(what, sentences.join(" "));

    app.advance(SignedDuration::from_secs(30));
    sqlx::query("update graphile_worker._private_jobs set run_at = now() - interval '10 minutes'").execute(&app.owner).await.unwrap();
    assert_eq!(look(app).await, (2, 2), "the same things, late for longer");
    app.drain_kinds(vec![Kind::of::<Mark>()]).await;
    assert_eq!(look(app).await, (2, 2), "the job is still late");
    server::job::run_due(&app.base).await.unwrap();
    assert_eq!(look(app).await, (2, 3));
    assert_eq!(app.count("select count(*) from work_incident where over_at is not null").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_on_time_again_and_late_once_more_during_an_incident_is_told_again(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let app = &scene.app;
    server::job::run_due(&app.base).await.unwrap();
    app.person_with("Adam", Role::Administrator).await;
    let late_task = async |number| {
        scene.queue(&Mark { thing: thing(number) }).await;
        sqlx::query("update graphile_worker._private_jobs set run_at = now() - interval '75 seconds'").execute(&app.owner).await.unwrap();
    };
    late_task(1).await;
    assert_eq!(look(app).await, (1, 1));
    // The job stays late until the end, and with it the incident.
    app.advance(SignedDuration::from_secs(30));
    sqlx::query("update job set next_run_at = next_run_at - interval '1 hour' where name = 'end-due-grants'")
        .execute(&app.owner)
        .await
        .unwrap();
    assert_eq!(look(app).await, (2, 2));
    app.drain_kinds(vec![Kind::of::<Mark>()]).await;
    assert_eq!(look(app).await, (2, 2), "nobody is told that a part of it is on time");
    app.advance(SignedDuration::from_secs(1));
    late_task(2).await;
    let (one, two) = tokio::join!(lateness::watch(&app.base), lateness::watch(&app.base));
    one.unwrap();
    two.unwrap();
    assert_eq!(look(app).await, (3, 3), "told again, and once");
    let task = "test-mark: the oldest task that is due has waited for 1 min.";
    let expected = [task, "The job end-due-grants should have run 59 min ago.", task];
    let sentences = told(app).await;
    assert_eq!(sentences, expected);
    let what: String = sqlx::query_scalar("select what from work_incident where over_at is null").fetch_one(&app.owner).await.unwrap();
    assert_eq!(what, sentences.join(" "));
    app.drain_kinds(vec![Kind::of::<Mark>()]).await;
    server::job::run_due(&app.base).await.unwrap();
    assert_eq!(look(app).await, (3, 4));
}

#[sqlx::test(migrations = "../migrations")]
async fn monitoring_reads_figures_from_this_machine_and_nobody_else_does(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    server::job::run_due(&scene.app.base).await.unwrap();
    for number in 1..=3 {
        scene.queue(&Mark { thing: thing(number) }).await;
    }
    scene.queue(&Refuse { thing: thing(9) }).await;
    scene.app.drain_kinds(vec![Kind::of::<Refuse>()]).await;
    let stranger = scene.app.stranger();
    assert_eq!(stranger.get("/metrics").await.status, 404);
    let reply = stranger.at_address("127.0.0.1").get("/metrics").await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/plain; version=0.0.4; charset=utf-8")));
    let text = reply.text();
    for line in [
        "countersign_queue_tasks{task=\"test-mark\",state=\"due\"} 3",
        "countersign_queue_tasks{task=\"test-refuse\",state=\"waiting\"} 1",
        "countersign_queue_oldest_due_seconds{task=\"test-refuse\"} 0",
        "countersign_queue_workers 0",
        "countersign_work_late 0",
        "countersign_job_runs_total{job=\"end-due-grants\"} 1",
        "countersign_job_failures_total{job=\"end-due-grants\"} 0",
        "countersign_task_duration_seconds_bucket{task=\"test-refuse\",outcome=\"failed\",le=\"0.01\"} 1",
        "countersign_task_duration_seconds_count{task=\"test-refuse\",outcome=\"failed\"} 1",
    ] {
        assert!(text.lines().any(|other| other == line), "{line}\n{text}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn with_a_token_in_the_settings_monitoring_brings_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let setup = Setup { settings: vec![("METRICS_TOKEN", "blue-tram-at-noon")], ..Setup::default() };
    let app = TestApp::with(pool, connect, setup).await;
    let stranger = app.stranger();
    assert_eq!(stranger.at_address("127.0.0.1").get("/metrics").await.status, 404);
    let request = axum::http::Request::get("/metrics").header("authorization", "Bearer blue-tram-at-noon");
    assert_eq!(stranger.send(request, axum::body::Body::empty()).await.status, 200);
}
