//! Workers that die, come back, or meet.

use super::scene::*;
use connector::memory::Point;
use server::usecase::carrying_out::{Progress, advance};

/// A worker that is stopped in the middle of a call and never comes back, as by `kill -9`.
async fn dies_at(scene: &Scene, release: &str, moment: Moment, point: Point) {
    let mut held = scene.directory.hold(moment, None, point);
    let base = scene.s.app.base.clone();
    let id = release.parse().unwrap();
    let worker = tokio::spawn(async move { advance(&base, id).await });
    assert!(held.reached().await);
    worker.abort();
    assert!(worker.await.unwrap_err().is_cancelled());
    held.release();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_worker_that_dies_before_or_after_any_call_leaves_one_effect_and_nothing_stuck(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::patient(pool, connect).await;
    for moment in [Moment::Plan, Moment::Apply(Operation::ReadyAccount), Moment::Apply(Operation::Give), Moment::ReadBack] {
        for point in [Point::BeforeEffect, Point::AfterEffect] {
            let (request, release) = scene.approved().await;
            dies_at(&scene, &release, moment, point).await;
            // Its lease keeps others away for a while, and no longer than a minute.
            let progress = advance(&scene.s.app.base, release.parse().unwrap()).await.unwrap();
            let Progress::At(at) = progress else { panic!("{moment:?} {point:?}: {progress:?}") };
            assert!(at.duration_since(scene.s.app.now()) <= SignedDuration::from_mins(1));
            scene.s.app.advance(SignedDuration::from_mins(1));
            scene.s.app.drain().await;
            assert_eq!(scene.state(&release).await, "closed", "{moment:?} {point:?}");
            for operation in [Operation::ReadyAccount, Operation::Give] {
                assert_eq!(scene.effects(&release, Moment::Apply(operation)), 1, "{moment:?} {point:?} {operation:?}");
            }
            let lost: i64 = scene.one("select count(*) from release_call where release_id = $1::uuid and outcome = 'lost'", &release).await;
            assert_eq!(lost, 1, "the call that nobody heard the end of stands on record");
            let grant: uuid::Uuid = scene.one("select id from access_grant where request_id = $1::uuid", &request).await;
            assert!(scene.s.call(scene.s.ana, "grants/give_back", &[("grant", &grant.to_string())]).await.status < 400);
            scene.s.app.drain().await;
            for login in scene.directory.people().keys() {
                scene.directory.remove(login);
            }
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_worker_that_was_taken_for_dead_writes_nothing_when_it_comes_back(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::patient(pool, connect).await;
    let (_, release) = scene.approved().await;
    let id = release.parse().unwrap();
    let mut held = scene.directory.hold(Moment::Apply(Operation::Give), None, Point::AfterEffect);
    let base = scene.s.app.base.clone();
    let first = tokio::spawn(async move { advance(&base, id).await });
    assert!(held.reached().await);
    scene.s.app.advance(SignedDuration::from_mins(1));
    assert_eq!(advance(&scene.s.app.base, id).await.unwrap(), Progress::Rests);
    assert_eq!(scene.state(&release).await, "closed");
    let version = scene.version(&release).await;
    held.release();
    assert_eq!(first.await.unwrap().unwrap(), Progress::Rests);
    assert_eq!(scene.version(&release).await, version, "the one that came back changed nothing");
    assert_eq!(scene.effects(&release, Moment::Apply(Operation::Give)), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn two_workers_at_once_make_one_effect(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::patient(pool, connect).await;
    let (_, release) = scene.approved().await;
    let id = release.parse().unwrap();
    let base = &scene.s.app.base;
    let (one, two) = tokio::join!(advance(base, id), advance(base, id));
    let rests = [one.unwrap(), two.unwrap()];
    assert!(rests.contains(&Progress::Rests), "{rests:?}");
    assert_eq!(scene.state(&release).await, "closed");
    for operation in [Operation::ReadyAccount, Operation::Give] {
        assert_eq!(scene.effects(&release, Moment::Apply(operation)), 1);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_given_after_its_period_was_over_is_taken_back_and_said_aloud(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::patient(pool, connect).await;
    let (_, release) = scene.approved().await;
    let (base, id) = (scene.s.app.base.clone(), release.parse().unwrap());
    let mut held = scene.directory.hold(Moment::Apply(Operation::Give), None, Point::BeforeEffect);
    let worker = tokio::spawn(async move { advance(&base, id).await });
    assert!(held.reached().await);
    // The period ends while the directory gives it.
    scene.s.app.clock.set("2026-12-22T00:00:01Z".parse().unwrap());
    held.release();
    assert_eq!(worker.await.unwrap().unwrap(), Progress::Rests);
    assert_eq!((scene.state(&release).await.as_str(), scene.ana_reads()), ("rolled_back", false));
    let told: i64 = scene.one("select count(*) from notification where kind = 'held' and href = '/releases/' || $1", &release).await;
    assert!(told >= 2, "operators hear of it");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_next_look_is_queued_by_what_decided_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::patient(pool, connect).await;
    let (_, release) = scene.approved().await;
    dies_at(&scene, &release, Moment::Plan, Point::BeforeEffect).await;
    // The task of the worker that died is gone with it.
    sqlx::query("delete from graphile_worker._private_jobs").execute(&scene.s.app.owner).await.unwrap();
    assert!(matches!(advance(&scene.s.app.base, release.parse().unwrap()).await.unwrap(), Progress::At(_)));
    scene.s.app.advance(SignedDuration::from_mins(1));
    scene.s.app.drain().await;
    assert_eq!(scene.state(&release).await, "closed");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_worker_that_dies_while_it_takes_or_closes_leaves_one_effect(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::patient(pool, connect).await;
    for moment in [Moment::Apply(Operation::Take), Moment::Apply(Operation::CloseAccount)] {
        for point in [Point::BeforeEffect, Point::AfterEffect] {
            let (_, removal) = scene.ending().await;
            dies_at(&scene, &removal, moment, point).await;
            scene.s.app.advance(SignedDuration::from_mins(1));
            scene.s.app.drain().await;
            assert_eq!((scene.state(&removal).await.as_str(), scene.ana_reads()), ("closed", false), "{moment:?} {point:?}");
            for operation in [Operation::Take, Operation::CloseAccount] {
                assert_eq!(scene.effects(&removal, Moment::Apply(operation)), 1, "{moment:?} {point:?} {operation:?}");
            }
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_worker_that_dies_while_it_undoes_leaves_one_effect(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::patient(pool, connect).await;
    for moment in [Moment::Undo(Operation::Give), Moment::Undo(Operation::ReadyAccount)] {
        for point in [Point::BeforeEffect, Point::AfterEffect] {
            let (request, release) = scene.approved().await;
            scene.directory.script(Moment::ReadBack, Trouble::Refuse, 1);
            scene.s.app.drain().await;
            assert!(scene.act(scene.s.pia, "releases/roll_back", &release, &[("reason", "A test.")]).await.status < 400);
            dies_at(&scene, &release, moment, point).await;
            scene.s.app.advance(SignedDuration::from_mins(1));
            scene.s.app.drain().await;
            assert_eq!((scene.state(&release).await.as_str(), scene.ana_reads()), ("rolled_back", false), "{moment:?} {point:?}");
            for operation in [Operation::Give, Operation::ReadyAccount] {
                assert_eq!(scene.effects(&release, Moment::Undo(operation)), 1, "{moment:?} {point:?} {operation:?}");
            }
            let version = scene.s.show(scene.s.ana, &request).await["version"].to_string();
            let withdraw = [("request", request.as_str()), ("version", &version), ("reason", "No longer needed.")];
            assert!(scene.s.call(scene.s.ana, "requests/withdraw", &withdraw).await.status < 400);
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn workers_on_several_threads_make_one_effect(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::patient(pool, connect).await;
    let (_, release) = scene.approved().await;
    let (base, id) = (scene.s.app.base.clone(), release.parse().unwrap());
    let rests = tokio::task::spawn_blocking(move || {
        let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
        threads.block_on(async {
            let workers = (0..4).map(|_| {
                let base = base.clone();
                tokio::spawn(async move { advance(&base, id).await.unwrap() })
            });
            let mut rests = vec![];
            for worker in workers.collect::<Vec<_>>() {
                rests.push(worker.await.unwrap());
            }
            rests
        })
    });
    assert!(rests.await.unwrap().contains(&Progress::Rests));
    assert_eq!(scene.state(&release).await, "closed");
    for operation in [Operation::ReadyAccount, Operation::Give] {
        assert_eq!(scene.effects(&release, Moment::Apply(operation)), 1);
    }
}
