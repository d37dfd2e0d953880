//! A server process that is killed (`kill -9`) while its calls to another machine are under way: another
//! server takes over within a minute, everything ends well, and nothing happens twice.

use super::process::{FarSide, PATIENCE, Process, readers, served, server, until};
use crate::cast::Story;
use crate::support::*;
use std::sync::Arc;
use tokio::time::timeout;

/// Calls of a release: it is looked, two steps are done, and it is looked again.
const CALLS: usize = 4;
/// Calls of rolling back: two steps are undone, and it is looked.
const CALLS_BACK: usize = 3;

/// Lets a server of its own begin with all of these releases, stops each at another call, kills the
/// server in the middle of them, and lets another one finish. Waits until `sql` counts all of them.
/// `number` tells the servers of a test apart.
async fn killed_in_the_middle(s: &Story, connect: &PgConnectOptions, far: &FarSide, releases: &[String], sql: &'static str, number: u64) {
    far.inside().calls.clear();
    for (place, release) in releases.iter().enumerate() {
        far.inside().stops.insert(release.clone(), (place / 2, place % 2 == 1));
    }
    let killed = Process::start(&s.app, connect, number);
    let all = u32::try_from(releases.len()).unwrap();
    let stopped = timeout(PATIENCE, far.stopped.acquire_many(all)).await;
    drop(killed);
    stopped.expect("not every release came to its call").unwrap().forget();

    // Its leases, by the clock of the servers.
    s.app.advance(SignedDuration::from_mins(1));
    let next = server(s.app.base.clone(), connect).await.start();
    let done = until(&s.app, sql, i64::from(all)).await;
    next.stop().await;
    assert!(done, "{} of {all}", s.app.count(sql).await);
}

/// The story with its ledger served by the far side, and approved access of so many people.
async fn approved(pool: PgPoolOptions, connect: &PgConnectOptions, people: usize) -> (Story, Arc<FarSide>, Vec<(IdentityId, String)>) {
    let (s, far) = served(pool, connect).await;
    let mut given = Vec::new();
    for person in readers(&s, people).await {
        let request = s.submit(person, s.read).await;
        s.approve(s.mona, &request).await;
        given.push((person, s.open_release(&request).await));
    }
    (s, far, given)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_server_killed_before_and_after_each_call_leaves_one_effect_each_and_nothing_stuck(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let (s, far, given) = approved(pool, &connect, 2 * CALLS).await;
    let releases: Vec<String> = given.iter().map(|(_, release)| release.clone()).collect();
    killed_in_the_middle(&s, &connect, &far, &releases, "select count(*) from release where state = 'closed'", 1).await;
    once_each(&s, &far, &releases, &["ready_account", "give"]).await;
    assert_eq!(s.app.count("select count(*) from access_grant where state = 'active'").await, i64::try_from(2 * CALLS).unwrap());

    let mut taken = Vec::new();
    for (person, release) in &given {
        let grant: uuid::Uuid =
            sqlx::query_scalar("select g.id from access_grant g join release l on l.request_id = g.request_id where l.id = $1::uuid")
                .bind(release)
                .fetch_one(&s.app.owner)
                .await
                .unwrap();
        let reply = s.call(*person, "grants/give_back", &[("grant", &grant.to_string())]).await;
        assert!(reply.status < 400, "{} {}", reply.status, reply.text());
        let removal: uuid::Uuid = sqlx::query_scalar("select id from release where kind = 'remove' and subject_id = $1")
            .bind(person.0)
            .fetch_one(&s.app.owner)
            .await
            .unwrap();
        taken.push(removal.to_string());
    }
    killed_in_the_middle(&s, &connect, &far, &taken, "select count(*) from access_grant where state = 'ended'", 2).await;
    once_each(&s, &far, &taken, &["take", "close_account"]).await;
    assert!(far.inside().accounts.values().all(|(active, held)| !active && held.is_empty()));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_server_killed_before_and_after_each_call_of_rolling_back_leaves_nothing_behind(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (s, far, given) = approved(pool, &connect, 2 * CALLS_BACK).await;
    let releases: Vec<String> = given.into_iter().map(|(_, release)| release).collect();
    // Everything is given, and nothing of it can be seen: people roll it back.
    far.inside().hides = true;
    s.app.drain().await;
    far.inside().hides = false;
    for release in &releases {
        let version: i32 = sqlx::query_scalar("select version from release where id = $1::uuid and state = 'failed'")
            .bind(release)
            .fetch_one(&s.app.owner)
            .await
            .unwrap();
        let version = version.to_string();
        let fields = [("release", release.as_str()), ("version", &version), ("reason", "It cannot be seen over there.")];
        let reply = s.call(s.pia, "releases/roll_back", &fields).await;
        assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    }
    killed_in_the_middle(&s, &connect, &far, &releases, "select count(*) from release where state = 'rolled_back'", 1).await;
    once_each(&s, &far, &releases, &["undo_give", "undo_ready_account"]).await;
    assert!(far.inside().accounts.values().all(|(active, held)| !active && held.is_empty()));
    assert_eq!(s.app.count("select count(*) from release where state = 'rolled_back' and evidence like 'Read back%'").await, 6);
}

/// Each step of each release had one effect, and the call that nobody heard the end of is on record.
async fn once_each(s: &Story, far: &FarSide, releases: &[String], operations: &[&str]) {
    for release in releases {
        for operation in operations {
            let effects = far.inside().effects.get(&(release.clone(), (*operation).to_owned())).copied();
            assert_eq!(effects, Some(1), "{operation} of {release}, stopped at {:?}", far.inside().stops.get(release));
        }
        let lost: i64 = sqlx::query_scalar("select count(*) from release_call where release_id = $1::uuid and outcome = 'lost'")
            .bind(release)
            .fetch_one(&s.app.owner)
            .await
            .unwrap();
        assert_eq!(lost, 1, "stopped at {:?}", far.inside().stops.get(release));
    }
}
