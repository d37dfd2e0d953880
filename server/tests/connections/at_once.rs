//! A connection is led elsewhere at the moment at which a release begins through it: one waits for the other,
//! and neither fails.

use super::scene::*;
use domain::id::{ConnectionId, ReleaseId};
use server::store::release_steps::{self, Carrying};
use server::store::{facts, releases};
use std::time::Duration;

/// Longest time until somebody waits for a lock.
const PATIENCE: Duration = Duration::from_secs(60);

/// The form that leads a connection to another address.
fn elsewhere() -> Fields<'static> {
    scim(&[("base_version", "1"), ("field.base_url", "http://127.0.0.2:9/scim"), ("secret", "another-8412")])
}

/// A release of Ana's that nothing was begun for.
async fn planned(scene: &Scene) -> String {
    let request = scene.s.submit(scene.s.ana, scene.s.read).await;
    scene.s.approve(scene.s.mona, &request).await;
    scene.s.open_release(&request).await
}

/// An account of whom a release is for becomes known through a connection.
async fn becomes_known(scene: &Scene, release: &str, id: &str) {
    let known =
        "update release set account_connection_id = $2::uuid, account_reference = 'account-1', account_seen_at = now() where id = $1::uuid";
    sqlx::query(known).bind(release).bind(id).execute(&scene.s.app.owner).await.unwrap();
}

async fn somebody_waits(scene: &Scene) {
    let waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    let until = async { while scene.s.app.count(waiting).await == 0 {} };
    tokio::time::timeout(PATIENCE, until).await.unwrap();
}

/// A release locks what carrying out locks; `other` goes as far as it comes; then the release begins through the
/// connection, and `other` ends.
async fn while_it_begins(scene: &Scene, release: &str, id: &str, other: impl Future<Output = Reply>) -> Reply {
    let (release, connection): (ReleaseId, ConnectionId) = (release.parse().unwrap(), id.parse().unwrap());
    let mut begins = scene.s.app.pool.begin().await.unwrap();
    facts::lock_person(&mut begins, scene.s.ana).await.unwrap();
    releases::find(&mut begins, release, true).await.unwrap();
    let rest = async move {
        somebody_waits(scene).await;
        let carrying = release_steps::carrying(&mut begins, release).await.unwrap();
        let begun = Carrying { connection: Some((connection, 1)), ..carrying };
        release_steps::set_carrying(&mut begins, release, &begun).await.unwrap();
        begins.commit().await.unwrap();
    };
    tokio::join!(other, rest).0
}

/// Somebody has the connection in hand; `other` goes as far as it comes; then an account becomes known through
/// the connection, it is out of hand, and `other` ends.
async fn while_it_becomes_known(scene: &Scene, release: &str, id: &str, other: impl Future<Output = Reply>) -> Reply {
    let mut in_hand = scene.s.app.pool.begin().await.unwrap();
    let hold = "select id from connection where id = $1::uuid for no key update";
    sqlx::query(hold).bind(id).execute(&mut *in_hand).await.unwrap();
    let rest = async move {
        somebody_waits(scene).await;
        becomes_known(scene, release, id).await;
        in_hand.commit().await.unwrap();
    };
    tokio::join!(other, rest).0
}

/// The version that a release was begun with, and what it knows of an account.
async fn begun(scene: &Scene, release: &str) -> (Option<i32>, Option<String>) {
    sqlx::query_as("select connection_version, account_reference from release where id = $1::uuid")
        .bind(release)
        .fetch_one(&scene.s.app.owner)
        .await
        .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_confirms_another_address_waits_for_a_release_that_begins(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let id = scene.make(&scim(&[])).await;
    scene.use_it(&id).await;
    let release = planned(&scene).await;
    becomes_known(&scene, &release, &id).await;
    assert!(scene.post(scene.ada, &id, &elsewhere()).await.location().ends_with("?done=proposed"));
    let reply = Box::pin(while_it_begins(&scene, &release, &id, scene.step(scene.cora, &id, "confirm", ""))).await;
    assert_eq!(reply.status, 303, "{}", reply.text());
    assert_eq!((scene.version(&id).await, begun(&scene, &release).await), (2, (Some(1), None)));
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_changes_a_connection_alone_waits_for_a_release_that_begins(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let id = scene.make(&scim(&[])).await;
    let release = planned(&scene).await;
    becomes_known(&scene, &release, &id).await;
    let reply = Box::pin(while_it_begins(&scene, &release, &id, scene.post(scene.ada, &id, &elsewhere()))).await;
    // It is in use by then.
    assert!(reply.location().ends_with("?done=proposed"), "{} {}", reply.status, reply.text());
    assert_eq!((scene.version(&id).await, begun(&scene, &release).await), (1, (Some(1), Some("account-1".to_owned()))));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_release_that_comes_to_know_an_account_meanwhile_is_not_waited_for(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let id = scene.make(&scim(&[])).await;
    scene.use_it(&id).await;
    let release = planned(&scene).await;
    assert!(scene.post(scene.ada, &id, &elsewhere()).await.location().ends_with("?done=proposed"));
    let reply = Box::pin(while_it_becomes_known(&scene, &release, &id, scene.step(scene.cora, &id, "confirm", ""))).await;
    assert_eq!(reply.status, 409, "{}", reply.text());
    assert!(reply.text().contains("Changed since you looked."), "{}", reply.text());
    assert_eq!((scene.version(&id).await, begun(&scene, &release).await), (1, (None, Some("account-1".to_owned()))));
    assert_eq!(scene.step(scene.cora, &id, "confirm", "").await.status, 303);
    assert_eq!((scene.version(&id).await, begun(&scene, &release).await), (2, (None, None)));
}
