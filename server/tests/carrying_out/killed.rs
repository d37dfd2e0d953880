//! A server process that is killed (`kill -9`) while its calls to another machine are under way: another
//! server takes over within a minute, everything ends well, and nothing happens twice.

use crate::cast::Story;
use crate::support::*;
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use server::queue::{Kind, Server};
use server::usecase::carrying_out::by_hand::CarryOut;
use sqlx::PgPool;
use sqlx::postgres::PgListener;
use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Names the database of the process that is killed.
const DATABASE: &str = "COUNTERSIGN_TEST_KILLED_RELEASES";
/// Says where the clock of that process stands.
const CLOCK: &str = "COUNTERSIGN_TEST_KILLED_AT";
/// Says how many random numbers that process leaves to the others.
const SKIPPED: &str = "COUNTERSIGN_TEST_KILLED_SKIPPED";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// Longest wait for anything that is to happen.
const PATIENCE: Duration = Duration::from_secs(120);
/// Calls of a release: it is looked, two steps are done, and it is looked again.
const CALLS: usize = 4;
/// Calls of rolling back: two steps are undone, and it is looked.
const CALLS_BACK: usize = 3;

/// The other machine.
struct FarSide {
    inside: Mutex<Inside>,
    /// A permit for each call that was stopped.
    stopped: Semaphore,
}

#[derive(Default)]
struct Inside {
    /// By employee number: whether the account is active, and what it has.
    accounts: BTreeMap<String, (bool, BTreeSet<String>)>,
    /// Which call of a release never gets an answer, and whether it takes effect.
    stops: BTreeMap<String, (usize, bool)>,
    calls: BTreeMap<String, usize>,
    /// Nothing that was given is shown.
    hides: bool,
    /// How often each step of each release really changed something.
    effects: BTreeMap<(String, String), u32>,
}

impl FarSide {
    async fn start() -> (Arc<Self>, String) {
        let far = Arc::new(Self { inside: Mutex::default(), stopped: Semaphore::new(0) });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/access", listener.local_addr().unwrap());
        let router = Router::new().route("/access", post(take)).with_state(far.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (far, url)
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }
}

async fn take(State(far): State<Arc<FarSide>>, Json(message): Json<Value>) -> Json<Value> {
    let release = message["release"]["id"].as_str().unwrap().to_owned();
    let stop = {
        let mut inside = far.inside();
        let call = inside.calls.entry(release.clone()).or_default();
        *call += 1;
        let call = *call - 1;
        inside.stops.get(&release).copied().filter(|(at, _)| *at == call)
    };
    if stop.is_none_or(|(_, takes_effect)| takes_effect) {
        far.inside().act(&release, &message);
    }
    if stop.is_some() {
        far.stopped.add_permits(1);
        return pending().await;
    }
    Json(far.inside().answer(&message))
}

impl Inside {
    fn act(&mut self, release: &str, message: &Value) {
        let undoes = match message["message"].as_str().unwrap() {
            "apply" => "",
            "undo" => "undo_",
            _ => return,
        };
        let account = self.accounts.entry(number(message)).or_default();
        let before = account.clone();
        let reference = message["entitlement"]["reference"].as_str().unwrap().to_owned();
        let step = format!("{undoes}{}", message["operation"].as_str().unwrap());
        match step.as_str() {
            "ready_account" => account.0 = true,
            "give" => _ = account.1.insert(reference),
            "take" | "undo_give" => _ = account.1.remove(&reference),
            _ => account.0 = false,
        }
        if before != *account {
            *self.effects.entry((release.to_owned(), step)).or_default() += 1;
        }
    }

    fn answer(&self, message: &Value) -> Value {
        let account = self.accounts.get(&number(message)).filter(|_| !self.hides);
        match message["message"].as_str().unwrap() {
            "read" => {
                let state = account.map_or("absent", |(active, _)| if *active { "active" } else { "inactive" });
                json!({ "account": state, "entitlements": account.map(|(_, held)| held.clone()).unwrap_or_default() })
            }
            _ => json!({ "account": number(message) }),
        }
    }
}

fn number(message: &Value) -> String {
    message["subject"]["attributes"]["number"].as_str().unwrap().to_owned()
}

/// A server that works on nothing but releases.
async fn server(app: &TestApp, connect: &PgConnectOptions) -> Server {
    let connections = PgPoolOptions::new().max_connections(Server::CONNECTIONS);
    let pool = server::store::pool::guarded(connections).connect_with(connect.clone()).await.unwrap();
    Server::new(app.base.clone(), pool, vec![Kind::of::<CarryOut>()])
}

#[tokio::test]
#[ignore = "the process that the test beneath starts and kills"]
async fn a_server_that_is_killed() {
    let connect: PgConnectOptions = std::env::var("DATABASE_URL").unwrap().parse().unwrap();
    let connect = connect.database(&std::env::var(DATABASE).unwrap());
    let app = TestApp::new(PgPoolOptions::new(), connect.clone()).await;
    app.clock.set(std::env::var(CLOCK).unwrap().parse().unwrap());
    // Every server under test has the same seed: this one draws its ids from further on.
    let skipped: u32 = std::env::var(SKIPPED).unwrap().parse().unwrap();
    for _ in 0..skipped {
        let _: [u8; 16] = app.system.random();
    }
    let _running = server(&app, &connect).await.start();
    pending::<()>().await;
}

/// Lets a server of its own begin with all of these releases, stops each at another call, kills the
/// server in the middle of them, and lets another one finish. Waits until `sql` counts all of them.
async fn killed_in_the_middle(s: &Story, connect: &PgConnectOptions, far: &FarSide, releases: &[String], sql: &'static str, skipped: u32) {
    far.inside().calls.clear();
    for (place, release) in releases.iter().enumerate() {
        far.inside().stops.insert(release.clone(), (place / 2, place % 2 == 1));
    }
    let mut killed = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "carrying_out::killed::a_server_that_is_killed", "--ignored"])
        .env(DATABASE, connect.get_database().unwrap())
        .env(CLOCK, s.app.now().to_string())
        .env(SKIPPED, skipped.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let all = u32::try_from(releases.len()).unwrap();
    let stopped = timeout(PATIENCE, far.stopped.acquire_many(all)).await;
    // SIGKILL: nobody is told, and everything stays in its hands.
    killed.kill().unwrap();
    killed.wait().unwrap();
    stopped.expect("not every release came to its call").unwrap().forget();

    // Its leases, by the clock of the servers.
    s.app.advance(SignedDuration::from_mins(1));
    let mut ears = PgListener::connect_with(&PgPool::connect_with(connect.clone()).await.unwrap()).await.unwrap();
    ears.listen("release_moved").await.unwrap();
    let next = server(&s.app, connect).await.start();
    let done = async {
        while s.app.count(sql).await != i64::from(all) {
            ears.recv().await.unwrap();
        }
    };
    let done = timeout(PATIENCE, done).await.is_ok();
    next.stop().await;
    assert!(done, "{} of {all}", s.app.count(sql).await);
}

/// The story with its ledger served by the far side, and approved access of so many people.
async fn approved(pool: PgPoolOptions, connect: &PgConnectOptions, people: usize) -> (Story, Arc<FarSide>, Vec<(IdentityId, String)>) {
    let s = Story::begin(pool, connect.clone()).await;
    let (far, url) = FarSide::start().await;
    let settings = json!({ "url": url, "accounts": true, "reads_back": true, "undoes": true, "timeout_seconds": 50, "calls_at_once": 32, "calls_per_second": 100 });
    s.app.connect(s.ledger, "receiver", "webhook", &settings, Some(SECRET)).await;
    sqlx::raw_sql(
        "create function release_moved() returns trigger language plpgsql as $$ begin perform pg_notify('release_moved', ''); return null; end $$;
         create trigger release_moved after update on release for each statement execute function release_moved();",
    )
    .execute(&s.app.owner)
    .await
    .unwrap();

    let unit: uuid::Uuid =
        sqlx::query_scalar("select unit_id from identity where id = $1").bind(s.ana.0).fetch_one(&s.app.owner).await.unwrap();
    let mut given = Vec::new();
    for place in 0..people {
        let person = s.app.person(&format!("Reader{place}"), UnitId(unit), Some(s.mona)).await;
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
    killed_in_the_middle(&s, &connect, &far, &releases, "select count(*) from release where state = 'closed'", 100_000).await;
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
    killed_in_the_middle(&s, &connect, &far, &taken, "select count(*) from access_grant where state = 'ended'", 200_000).await;
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
    killed_in_the_middle(&s, &connect, &far, &releases, "select count(*) from release where state = 'rolled_back'", 100_000).await;
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
