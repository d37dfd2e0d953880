//! The whole way, and what stands on the record.

use super::scene::*;

#[sqlx::test(migrations = "../migrations")]
async fn what_was_approved_is_given_read_back_and_shown(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (request, release) = scene.approved().await;
    assert_eq!(scene.state(&release).await, "planned");
    scene.s.app.drain().await;
    assert_eq!(scene.state(&release).await, "closed");
    assert!(scene.ana_reads());
    for operation in [Operation::ReadyAccount, Operation::Give] {
        assert_eq!(scene.effects(&release, Moment::Apply(operation)), 1, "{operation:?}");
    }
    assert_eq!(scene.one::<String>("select state from request where id = $1::uuid", &request).await, "released");
    let kinds: std::collections::BTreeSet<String> =
        sqlx::query_scalar("select kind from audit_event where request_id = $1::uuid and kind ~ '^(release|grant)[.]'")
            .bind(&request)
            .fetch_all(&scene.s.app.owner)
            .await
            .unwrap()
            .into_iter()
            .collect();
    let expected =
        ["grant.activated", "release.account_ready", "release.activated", "release.gated", "release.planned", "release.verified"];
    assert_eq!(kinds, expected.map(str::to_owned).into());
    let variance: serde_json::Value = scene.one("select variance from release where id = $1::uuid", &release).await;
    assert_eq!(variance, json!({ "missing": [], "unexpected": [] }));
    // Nobody executed: the machine did, through the connection that is pinned.
    let by: Option<uuid::Uuid> = scene.one("select executed_by from release where id = $1::uuid", &release).await;
    assert_eq!(by, None);
}

#[sqlx::test(migrations = "../migrations")]
async fn access_ends_by_itself_over_there(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (request, _) = scene.approved().await;
    scene.s.app.drain().await;
    assert!(scene.ana_reads());
    scene.s.app.clock.set("2026-12-22T00:00:01Z".parse().unwrap());
    server::job::run_due(&scene.s.app.base).await.unwrap();
    scene.s.app.drain().await;
    assert!(!scene.ana_reads());
    assert_eq!(scene.one::<String>("select state from access_grant where request_id = $1::uuid", &request).await, "ended");
    assert_eq!(scene.one::<String>("select state from request where id = $1::uuid", &request).await, "closed");
    let account = scene.directory.people().into_values().next().unwrap();
    assert_eq!(account.state, connector::Account::Inactive, "the last access takes the account with it");
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_happens_before_the_start_that_was_asked_for(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let reply = scene.s.try_submit(scene.s.ana, scene.s.read, &[("starts_on", "2026-11-25"), ("ends_on", "2026-12-21")]).await;
    assert!(reply.status < 400, "{}", reply.text());
    let request = scene.s.newest().await;
    scene.s.approve(scene.s.mona, &request).await;
    let release = scene.s.open_release(&request).await;
    scene.s.app.drain().await;
    assert_eq!((scene.state(&release).await.as_str(), scene.directory.calls().len()), ("planned", 0));
    scene.s.app.clock.set("2026-11-25T00:00:01Z".parse().unwrap());
    scene.s.app.drain().await;
    assert_eq!(scene.state(&release).await, "closed");
    let since: String = scene
        .one("select to_char(active_since at time zone 'UTC', 'YYYY-MM-DD') from access_grant where request_id = $1::uuid", &request)
        .await;
    assert_eq!(since, "2026-11-25", "the clock of access starts when it is given");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_given_late_begins_then_and_ends_on_the_day_that_was_approved(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (request, release) = scene.approved().await;
    scene.directory.script(Moment::Plan, Trouble::Fail, 1);
    scene.s.app.drain().await;
    scene.s.app.clock.set("2026-12-10T09:00:00Z".parse().unwrap());
    scene.s.app.drain().await;
    assert_eq!(scene.state(&release).await, "closed");
    let days = "select to_char(active_since at time zone 'UTC', 'YYYY-MM-DD') || ' ' || to_char(ends_at at time zone 'UTC', 'YYYY-MM-DD')
                from access_grant where request_id = $1::uuid";
    assert_eq!(scene.one::<String>(days, &request).await, "2026-12-10 2026-12-22", "nobody approved a day after the 21st");
}

#[sqlx::test(migrations = "../migrations")]
async fn gates_run_again_before_anybody_is_asked_and_hold_what_does_not_meet_them(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, release) = scene.approved().await;
    sqlx::query("update identity set mfa = 'absent' where id = $1").bind(scene.s.ana.0).execute(&scene.s.app.owner).await.unwrap();
    sqlx::query("update identity set state = 'suspended', state_reason = 'Left.' where id = $1")
        .bind(scene.s.ana.0)
        .execute(&scene.s.app.owner)
        .await
        .unwrap();
    scene.s.app.drain().await;
    assert_eq!((scene.state(&release).await.as_str(), scene.directory.calls().len()), ("held", 0));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_release_that_is_closed_is_not_carried_out_again(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, release) = scene.approved().await;
    scene.s.app.drain().await;
    let calls = scene.directory.all_effects();
    // The same once more by hand of the worker: nothing is left to do.
    let id: domain::id::ReleaseId = release.parse().unwrap();
    let progress = server::usecase::carrying_out::advance(&scene.s.app.base, id).await.unwrap();
    assert_eq!(progress, server::usecase::carrying_out::Progress::Rests);
    assert_eq!(scene.directory.all_effects(), calls);
}

#[sqlx::test(migrations = "../migrations")]
async fn switching_the_connection_changes_nothing_that_is_under_way(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, release) = scene.approved().await;
    scene.directory.script(Moment::Apply(Operation::Give), Trouble::Fail, 1);
    scene.s.app.drain().await;
    assert_eq!(scene.state(&release).await, "failed");
    let elsewhere = moves(&scene).await;
    scene.wait_and_drain().await;
    assert_eq!(scene.state(&release).await, "closed");
    assert!(scene.ana_reads(), "it went on where it had begun");
    assert_eq!(elsewhere.all_effects(), 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn access_is_taken_where_it_was_given_and_by_people_once_that_connection_is_retired(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let viewer = scene.viewer().await;
    let mut requests = Vec::new();
    for what in [scene.s.read, viewer] {
        let (request, release) = scene.approved_for(what).await;
        scene.s.app.drain().await;
        assert_eq!(scene.state(&release).await, "closed");
        requests.push(request);
    }
    let elsewhere = moves(&scene).await;

    let removal = taken(&scene, &requests[0]).await;
    assert_eq!((scene.state(&removal).await.as_str(), scene.ana_reads()), ("closed", false), "it is gone where it was");
    assert!(elsewhere.calls().is_empty(), "who never had it proves nothing");

    sqlx::query("update connection set state = 'retired' where code = 'directory'").execute(&scene.s.app.owner).await.unwrap();
    let before = scene.directory.calls().len();
    let removal = taken(&scene, &requests[1]).await;
    assert_eq!((scene.state(&removal).await.as_str(), scene.directory.calls().len(), elsewhere.calls().len()), ("planned", before, 0));
    assert!(scene.page(&removal).await.says("By hand: Directory gave it, which is retired, and no other machine has it"));
    assert!(scene.s.execute(scene.s.pia, &removal).await.status < 400);
    assert_eq!(scene.state(&removal).await, "closed");
}

/// The application goes to another machine.
pub async fn moves(scene: &Scene) -> Directory {
    let settings = json!({ "matching": "number", "accounts": true, "closing": "deactivate" });
    scene.s.app.connect(scene.s.ledger, "elsewhere", "memory", &settings, None).await;
    scene.s.app.base.machines.directory("elsewhere")
}

#[sqlx::test(migrations = "../migrations")]
async fn access_that_lasts_longer_is_read_where_it_was_given(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (request, _) = scene.approved().await;
    scene.s.app.drain().await;
    let elsewhere = moves(&scene).await;
    let longer = scene.s.extension(&request, "2026-11-22", "2027-01-31").await;
    let release = scene.s.open_release(&longer).await;
    scene.s.app.drain().await;
    assert_eq!((scene.state(&release).await.as_str(), elsewhere.calls().len()), ("closed", 0));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_another_machine_gives_keeps_nothing_and_rests_on_nothing_here(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (first, _) = scene.approved().await;
    scene.s.app.drain().await;
    // Its end comes, and the machine does not answer.
    scene.s.app.clock.set("2026-12-22T00:00:00Z".parse().unwrap());
    scene.directory.script(Moment::Plan, Trouble::Fail, 1);
    server::job::end_grants::run(&scene.s.app.base).await.unwrap();
    scene.s.app.drain().await;
    let removal: uuid::Uuid = scene.one("select id from release where request_id = $1::uuid and kind = 'remove'", &first).await;
    let removal = removal.to_string();
    assert_eq!(scene.state(&removal).await, "failed");
    // The same once more, from another machine.
    let elsewhere = moves(&scene).await;
    let reply = scene.s.try_submit(scene.s.ana, scene.s.read, &[("starts_on", "2026-12-22"), ("ends_on", "2027-01-10")]).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    let request = scene.s.newest().await;
    scene.s.approve(scene.s.mona, &request).await;
    let second = scene.s.open_release(&request).await;
    scene.s.app.drain().await;
    assert_eq!(scene.state(&second).await, "closed");
    scene.wait_and_drain().await;
    assert_eq!((scene.state(&removal).await.as_str(), scene.ana_reads()), ("closed", false), "taken where it was");
    assert_eq!(scene.effects(&removal, Moment::Apply(Operation::CloseAccount)), 1, "nothing is left there, so its account is closed");
    assert!(elsewhere.people().values().any(|person| person.holds("Ledger Reader")), "and kept where it is");
}

/// Gives back what a request gave; gives the removal.
pub async fn taken(scene: &Scene, request: &str) -> String {
    let grant: uuid::Uuid = scene.one("select id from access_grant where request_id = $1::uuid", request).await;
    let reply = scene.s.call(scene.s.ana, "grants/give_back", &[("grant", &grant.to_string())]).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    scene.s.app.drain().await;
    let removal: uuid::Uuid = scene.one("select id from release where request_id = $1::uuid and kind = 'remove'", request).await;
    removal.to_string()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_machine_that_asks_for_time_again_and_again_is_waited_for_and_nobody_is_called(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, release) = scene.approved().await;
    let busy = domain::saga::MOST_TRIES + 2;
    scene.directory.script(Moment::Apply(Operation::Give), Trouble::Throttle(Some(std::time::Duration::from_secs(7))), busy);
    scene.s.app.drain().await;
    for _ in 1..busy {
        assert!(scene.stands(&release).await.again);
        scene.wait_and_drain().await;
    }
    scene.wait_and_drain().await;
    assert_eq!(scene.state(&release).await, "closed");
    let called: i64 =
        scene.one("select count(*) from notification where title like '% failed' and href = '/releases/' || $1", &release).await;
    assert_eq!(called, 0);
}
