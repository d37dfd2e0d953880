//! Who carries a release out when the application changes hands.

use super::scene::*;

/// From now on people serve the ledger.
async fn by_people(scene: &Scene) {
    sqlx::query("update application set connection_id = null where id = $1")
        .bind(scene.s.ledger.0)
        .execute(&scene.s.app.owner)
        .await
        .unwrap();
}

async fn filters(scene: &Scene, release: &str) -> Vec<String> {
    sqlx::query_scalar("select unnest(release_filters(l, null, $2)) from release l where l.id = $1::uuid")
        .bind(release)
        .bind(jiff_sqlx::ToSqlx::to_sqlx(scene.s.app.now()))
        .fetch_all(&scene.s.app.owner)
        .await
        .unwrap()
}

/// A release that failed before anything was begun, of an application that people serve since then.
async fn left(pool: PgPoolOptions, connect: PgConnectOptions, trouble: Trouble) -> (Scene, String, String) {
    let scene = Scene::set(pool, connect).await;
    let (request, release) = scene.approved().await;
    scene.directory.script(Moment::Plan, trouble, 1);
    scene.s.app.drain().await;
    assert_eq!(scene.state(&release).await, "failed");
    assert!(filters(&scene, &release).await.contains(&"by_machine".to_owned()));
    by_people(&scene).await;
    assert!(!filters(&scene, &release).await.contains(&"by_machine".to_owned()));
    (scene, request, release)
}

/// It waits for people, who may take it on and carry it out.
async fn is_theirs(scene: &Scene, request: &str, release: &str) {
    assert_eq!(scene.state(release).await, "planned");
    let due: bool = scene.one("select due_at > state_since and reminded_at is null from release where id = $1::uuid", release).await;
    assert!(due, "it has a due time of its own");
    let claimed = scene.s.call(scene.s.pia, "releases/claim", &[("release", release)]).await;
    assert!(claimed.status < 400, "{} {}", claimed.status, claimed.text());
    assert!(scene.s.execute(scene.s.pia, release).await.status < 400);
    assert_eq!(scene.s.state(request).await, "released");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_machine_had_not_begun_goes_to_the_people_who_serve_the_application_now(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (scene, request, release) = left(pool, connect, Trouble::Fail).await;
    assert!(scene.stands(&release).await.again);
    // At once, however long it would have waited for its next try.
    assert_eq!(server::job::resume_releases::run(&scene.s.app.base).await.unwrap().changed, 1);
    scene.s.app.drain().await;
    assert_eq!(scene.s.app.count("select count(*) from audit_event where kind = 'release.left_to_people'").await, 1);
    is_theirs(&scene, &request, &release).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_person_has_tried_again_goes_to_the_people_who_serve_the_application_now(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (scene, request, release) = left(pool, connect, Trouble::Refuse).await;
    assert!(filters(&scene, &release).await.contains(&"needs_person".to_owned()));
    assert!(scene.act(scene.s.pia, "releases/retry", &release, &[]).await.status < 400);
    scene.s.app.drain().await;
    is_theirs(&scene, &request, &release).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_machine_has_begun_stays_with_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, release) = scene.approved().await;
    scene.directory.script(Moment::Apply(Operation::Give), Trouble::Fail, 1);
    scene.s.app.drain().await;
    by_people(&scene).await;
    assert!(filters(&scene, &release).await.contains(&"by_machine".to_owned()));
    let claimed = scene.s.call(scene.s.pia, "releases/claim", &[("release", &release)]).await;
    assert_eq!(claimed.status, 409, "{}", claimed.text());
    scene.wait_and_drain().await;
    assert_eq!((scene.state(&release).await.as_str(), scene.ana_reads()), ("closed", true));
}

#[sqlx::test(migrations = "../migrations")]
async fn many_releases_of_one_connection_keep_none_of_another_waiting(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let app = &scene.s.app;
    let mut of_the_ledger = Vec::new();
    for what in [scene.s.read, scene.viewer().await, app.entitlement(scene.s.ledger, "Ledger Clerk", "standard").await] {
        of_the_ledger.push(scene.approved_for(what).await.1.parse::<domain::id::ReleaseId>().unwrap());
        app.advance(SignedDuration::from_secs(1));
    }
    let payroll = app.application("PAYROLL", scene.s.olga, None).await;
    let settings = json!({ "matching": "number", "accounts": true, "closing": "deactivate" });
    app.connect(payroll, "elsewhere", "memory", &settings, None).await;
    let reader = app.entitlement(payroll, "Payroll Reader", "standard").await;
    let of_payroll: domain::id::ReleaseId = scene.approved_for(reader).await.1.parse().unwrap();
    let due = async |limit| {
        let mut conn = app.pool.acquire().await.unwrap();
        let now = app.now();
        // Under another name: each of them has its task.
        server::store::release_steps::due(&mut conn, "lost", now, now, limit).await.unwrap()
    };
    assert_eq!(due(2).await, [of_the_ledger[0], of_payroll], "the connections take turns");
    // A connection that rests is left alone until then.
    let until = app.now().saturating_add(SignedDuration::from_mins(10)).unwrap();
    let open = json!(connector::Breaker::Open { since: app.now(), until, rests: 4 });
    sqlx::query(
        "insert into connection_health (connection_id, breaker, changed_at) select id, $1, $2 from connection where code = 'directory'",
    )
    .bind(open)
    .bind(jiff_sqlx::ToSqlx::to_sqlx(app.now()))
    .execute(&app.owner)
    .await
    .unwrap();
    assert_eq!(due(500).await, [of_payroll]);
    app.clock.set(until);
    assert_eq!(due(500).await, [of_the_ledger[0], of_payroll, of_the_ledger[1], of_the_ledger[2]]);
}

#[sqlx::test(migrations = "../migrations")]
async fn looking_for_lost_tasks_leaves_those_alone_that_are_there(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let viewer = scene.viewer().await;
    let (_, release) = scene.approved_for(viewer).await;
    let key = format!("carry-out:{release}");
    let change = async |set: &'static str| {
        let sql = format!("update graphile_worker._private_jobs set {set} where key = $1");
        assert_eq!(sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&key).execute(&scene.s.app.owner).await.unwrap().rows_affected(), 1);
    };
    let task = async || {
        server::job::resume_releases::run(&scene.s.app.base).await.unwrap();
        let of_it = "select attempts::int, last_error, run_at <= now() from graphile_worker._private_jobs where key = $1";
        sqlx::query_as::<_, (i32, Option<String>, bool)>(of_it).bind(&key).fetch_all(&scene.s.app.owner).await.unwrap()
    };
    for (set, expected) in [
        // It waits after a fault of ours; it was given up; it is due, and nobody has taken it yet.
        ("attempts = 3, last_error = 'No.', run_at = now() + interval '1 hour'", (3, Some("No."), false)),
        ("attempts = 10, run_at = now() - interval '1 hour'", (10, Some("No."), true)),
        ("attempts = 0, last_error = null", (0, None, true)),
        // It waits for a moment that is not it any more: the rest of a connection was ended.
        ("run_at = now() + interval '1 hour'", (0, None, true)),
    ] {
        change(set).await;
        let expected = (expected.0, expected.1.map(str::to_owned), expected.2);
        assert_eq!(task().await, [expected], "{set}");
    }
    let due = "select now() - run_at > interval '59 minutes' from graphile_worker._private_jobs where key = $1";
    change("run_at = now() - interval '1 hour'").await;
    task().await;
    assert!(scene.one::<bool>(due, &key).await, "how long it has been due stays known");
    sqlx::query("delete from graphile_worker._private_jobs where key = $1").bind(&key).execute(&scene.s.app.owner).await.unwrap();
    assert_eq!(task().await, [(0, None, true)], "a lost one is there again");
    // What has to go is tried for as long as it takes.
    let (_, removal) = scene.ending().await;
    let of_removal = "update graphile_worker._private_jobs set attempts = 10, updated_at = now() - $2::text::interval where key = $1";
    for (ago, attempts) in [("59 minutes", 10), ("61 minutes", 0)] {
        let key = format!("carry-out:{removal}");
        sqlx::query(of_removal).bind(&key).bind(ago).execute(&scene.s.app.owner).await.unwrap();
        server::job::resume_releases::run(&scene.s.app.base).await.unwrap();
        let tried = "select attempts::int from graphile_worker._private_jobs where key = $1";
        assert_eq!(scene.one::<i32>(tried, &key).await, attempts, "{ago}");
    }
}
