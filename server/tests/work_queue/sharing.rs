//! Servers that share the queue, stop, die and come back.

use super::scene::*;
use crate::support::*;
use server::job::{JOBS, Recurring};
use server::queue::{Kind, TaskKind};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Names the database of the process that is killed.
const DATABASE: &str = "COUNTERSIGN_TEST_KILLED";
const LONG: Duration = Duration::from_secs(10);

#[sqlx::test(migrations = "../migrations")]
async fn two_servers_share_five_hundred_tasks_and_each_is_done_once(pool: PgPoolOptions, connect: PgConnectOptions) {
    let mut scene = Scene::set(pool, connect).await;
    let mut work = scene.work().await;
    for number in 0..500 {
        work.enqueue(&Mark { thing: thing(number) }).await.unwrap();
    }
    work.commit().await.unwrap();
    let kinds = || vec![Kind::of::<Mark>()];
    let ((one, at_one), (two, at_two)) = tokio::join!(scene.start(kinds(), LONG), scene.start(kinds(), LONG));
    scene.until(MARKED, 500).await;
    tokio::join!(one.stop(), two.stop());
    assert_eq!(scene.app.count("select count(distinct thing) from done").await, 500);
    assert_eq!((scene.app.count(MARKED).await, scene.app.count(QUEUED).await), (500, 0));
    let shares = [at_one, at_two].map(|base| base.measures.all().get(&(Mark::NAME, true)).map_or(0, |durations| durations.count));
    assert!(shares.iter().sum::<u64>() == 500 && shares.iter().all(|share| *share > 0), "{shares:?}");
    assert_eq!(scene.app.count("select count(*) from graphile_worker._private_workers").await, 0, "both said good-bye");
}

#[sqlx::test(migrations = "../migrations")]
async fn recurring_jobs_run_through_the_queue_once_whatever_the_number_of_servers(pool: PgPoolOptions, connect: PgConnectOptions) {
    let mut scene = Scene::set(pool, connect).await;
    sqlx::raw_sql("create trigger job_is_told after update on job for each statement execute function done_is_told()")
        .execute(&scene.app.owner)
        .await
        .unwrap();
    // The clock under test stands still, so each job is due once.
    let kinds = || vec![Kind::of::<Recurring>()];
    let ((one, _), (two, _)) = tokio::join!(scene.start(kinds(), LONG), scene.start(kinds(), LONG));
    let jobs = i64::try_from(JOBS.len()).unwrap();
    scene.until("select count(*) from job where last_outcome = 'ok'", jobs).await;
    tokio::join!(one.stop(), two.stop());
    // A server that saw a job due before another one ran it may have queued it once more: it finds it done.
    scene.app.drain_kinds(kinds()).await;
    assert_eq!(scene.app.count("select sum(runs)::bigint from job").await, jobs);
    assert_eq!(scene.app.count("select count(*) from graphile_worker.jobs").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_killed_server_had_in_hand_runs_again_within_a_minute(pool: PgPoolOptions, connect: PgConnectOptions) {
    let mut scene = Scene::set(pool, connect).await;
    scene.queue(&Hang { thing: thing(1) }).await;
    let mut killed = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "work_queue::sharing::a_server_that_is_killed", "--ignored"])
        .env(DATABASE, scene.connect.get_database().unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    scene.until(BEGUN, 1).await;
    // SIGKILL: no heartbeat, no good-bye, the task stays in its hands.
    killed.kill().unwrap();
    killed.wait().unwrap();
    sqlx::query("insert into done (what, thing) values ('killed', $1)").bind(thing(1)).execute(&scene.app.owner).await.unwrap();
    let (next, _) = scene.start(vec![Kind::of::<Mark>()], LONG).await;
    scene.until(MARKED, 1).await;
    next.stop().await;
    let seconds =
        "select extract(epoch from (select at from done where what = 'marked') - (select at from done where what = 'killed'))::bigint";
    let seconds = scene.app.count(seconds).await;
    println!("taken over after {seconds} s");
    assert!(seconds < 60, "{seconds} s");
    assert_eq!((scene.app.count(MARKED).await, scene.app.count(QUEUED).await), (1, 0));
}

#[tokio::test]
#[ignore = "the process that `what_a_killed_server_had_in_hand_runs_again_within_a_minute` starts and kills"]
async fn a_server_that_is_killed() {
    let connect: PgConnectOptions = std::env::var("DATABASE_URL").unwrap().parse().unwrap();
    let connect = connect.database(&std::env::var(DATABASE).unwrap());
    let app = TestApp::new(PgPoolOptions::new(), connect.clone()).await;
    let server = server::queue::Server::new(app.base.clone(), app.pool.clone(), vec![Kind::of::<Hang>()]);
    let _running = server.start();
    std::future::pending::<()>().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_server_that_stops_gives_back_what_it_cannot_finish(pool: PgPoolOptions, connect: PgConnectOptions) {
    let mut scene = Scene::set(pool, connect).await;
    scene.queue(&Hang { thing: thing(1) }).await;
    let (first, _) = scene.start(vec![Kind::of::<Hang>()], Duration::from_millis(100)).await;
    scene.until(BEGUN, 1).await;
    first.stop().await;
    let given_back = "select count(*) from graphile_worker.jobs where task_identifier = 'test-mark' and locked_by is null and attempts = 0 and run_at <= now()";
    assert_eq!(scene.app.count(given_back).await, 1);
    let (second, _) = scene.start(vec![Kind::of::<Mark>()], LONG).await;
    scene.until(MARKED, 1).await;
    second.stop().await;
    assert_eq!(scene.app.count(QUEUED).await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_server_that_stops_takes_nothing_more_and_finishes_what_ends_in_time(pool: PgPoolOptions, connect: PgConnectOptions) {
    let mut scene = Scene::set(pool, connect).await;
    // Every slot is taken, so that no worker is just about to look when the server is told to stop.
    let slots = Wait::CREW.slots();
    for slot in 0..slots {
        scene.queue(&Wait { thing: thing(2 * u128::try_from(slot).unwrap()) }).await;
    }
    let (server, _) = scene.start(vec![Kind::of::<Wait>(), Kind::of::<Mark>()], PATIENCE).await;
    scene.until(BEGUN, i64::try_from(slots).unwrap()).await;
    scene.queue(&Mark { thing: thing(1) }).await;
    server.stop_taking();
    GO_ON[0].add_permits(slots);
    server.stop().await;
    assert_eq!(scene.app.count(MARKED).await, i64::try_from(slots).unwrap());
    assert_eq!(scene.app.count("select count(*) from graphile_worker.jobs where task_identifier = 'test-mark' and attempts = 0").await, 1);
    assert_eq!(scene.app.count(QUEUED).await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_server_that_was_taken_for_dead_and_comes_back_crosses_nothing_off(pool: PgPoolOptions, connect: PgConnectOptions) {
    let mut scene = Scene::set(pool, connect).await;
    scene.queue(&Wait { thing: thing(1) }).await;
    let (server, base) = scene.start(vec![Kind::of::<Wait>()], PATIENCE).await;
    scene.until(BEGUN, 1).await;
    sqlx::query("update graphile_worker._private_jobs set locked_by = 'another-server', locked_at = now() where locked_by is not null")
        .execute(&scene.app.owner)
        .await
        .unwrap();
    GO_ON[1].add_permits(1);
    server.stop().await;
    assert_eq!(scene.app.count(MARKED).await, 1);
    assert_eq!(
        scene.app.count("select count(*) from graphile_worker.jobs where locked_by = 'another-server' and last_error is null").await,
        1
    );
    assert_eq!(base.measures.all()[&(Wait::NAME, false)].count, 1);
}
