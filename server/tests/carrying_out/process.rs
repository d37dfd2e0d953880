//! What is apart from a test: servers in processes of their own, and the machine that all of them call.

use crate::cast::Story;
use crate::support::*;
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use server::queue::{Kind, Server};
use server::system::{SeededEntropy, Stopwatch, System};
use server::usecase::Base;
use server::usecase::carrying_out::by_hand::CarryOut;
use sqlx::postgres::PgListener;
use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

/// Names the database of a process.
const DATABASE: &str = "COUNTERSIGN_TEST_PROCESS_DATABASE";
/// Says where the clock of a process stands.
const CLOCK: &str = "COUNTERSIGN_TEST_PROCESS_CLOCK";
/// Tells the processes of a test apart.
const NUMBER: &str = "COUNTERSIGN_TEST_PROCESS_NUMBER";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// Longest wait for anything that is to happen.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// The other machine.
pub struct FarSide {
    inside: Mutex<Inside>,
    /// A permit for each call that was stopped.
    pub stopped: Semaphore,
    /// Calls so far.
    calls: watch::Sender<usize>,
}

#[derive(Default)]
pub struct Inside {
    /// By employee number: whether the account is active, and what it has.
    pub accounts: BTreeMap<String, (bool, BTreeSet<String>)>,
    /// Which call of a release never gets an answer, and whether it takes effect.
    pub stops: BTreeMap<String, (usize, bool)>,
    /// Calls of each release so far.
    pub calls: BTreeMap<String, usize>,
    /// Nothing that was given is shown.
    pub hides: bool,
    /// No call takes effect or gets an answer before there were so many.
    pub answers_from: usize,
    /// How often each step was asked for, by its key.
    pub asked: BTreeMap<String, u32>,
    /// How often each step of each release really changed something.
    pub effects: BTreeMap<(String, String), u32>,
}

impl FarSide {
    async fn start() -> (Arc<Self>, String) {
        let far = Arc::new(Self { inside: Mutex::default(), stopped: Semaphore::new(0), calls: watch::Sender::new(0) });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/access", listener.local_addr().unwrap());
        let router = Router::new().route("/access", post(take)).with_state(far.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (far, url)
    }

    pub fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }
}

async fn take(State(far): State<Arc<FarSide>>, Json(message): Json<Value>) -> Json<Value> {
    let release = message["release"]["id"].as_str().unwrap().to_owned();
    let (stop, answers_from) = {
        let mut inside = far.inside();
        let call = inside.calls.entry(release.clone()).or_default();
        *call += 1;
        let call = *call - 1;
        (inside.stops.get(&release).copied().filter(|(at, _)| *at == call), inside.answers_from)
    };
    far.calls.send_modify(|calls| *calls += 1);
    far.calls.subscribe().wait_for(|calls| *calls >= answers_from).await.unwrap();
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
        *self.asked.entry(message["id"].as_str().unwrap().to_owned()).or_default() += 1;
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

/// The story with its ledger served by the far side. What becomes of releases and of what is queued can
/// be waited for with [`until`].
pub async fn served(pool: PgPoolOptions, connect: &PgConnectOptions) -> (Story, Arc<FarSide>) {
    let s = Story::begin(pool, connect.clone()).await;
    let (far, url) = FarSide::start().await;
    let settings = json!({ "url": url, "accounts": true, "reads_back": true, "undoes": true, "timeout_seconds": 50, "calls_at_once": 32, "calls_per_second": 100 });
    s.app.connect(s.ledger, "receiver", "webhook", &settings, Some(SECRET)).await;
    sqlx::raw_sql(
        "create function something_moved() returns trigger language plpgsql as $$ begin perform pg_notify('something_moved', ''); return null; end $$;
         create trigger release_moved after update on release for each statement execute function something_moved();
         create trigger task_is_done after delete on graphile_worker._private_jobs for each statement execute function something_moved();",
    )
    .execute(&s.app.owner)
    .await
    .unwrap();
    (s, far)
}

/// So many people of Ana's unit who report to Mona.
pub async fn readers(s: &Story, people: usize) -> Vec<IdentityId> {
    let unit: uuid::Uuid =
        sqlx::query_scalar("select unit_id from identity where id = $1").bind(s.ana.0).fetch_one(&s.app.owner).await.unwrap();
    let mut readers = Vec::new();
    for place in 0..people {
        readers.push(s.app.person(&format!("Reader{place}"), UnitId(unit), Some(s.mona)).await);
    }
    readers
}

/// Waits until `sql` comes to `wanted`; gives whether it did.
pub async fn until(app: &TestApp, sql: &'static str, wanted: i64) -> bool {
    let mut ears = PgListener::connect_with(&app.owner).await.unwrap();
    ears.listen("something_moved").await.unwrap();
    let comes = async {
        while app.count(sql).await != wanted {
            ears.recv().await.unwrap();
        }
    };
    timeout(PATIENCE, comes).await.is_ok()
}

/// A server that works on nothing but releases.
pub async fn server(base: Base, connect: &PgConnectOptions) -> Server {
    let connections = PgPoolOptions::new().max_connections(Server::CONNECTIONS);
    let pool = server::store::pool::guarded(connections).connect_with(connect.clone()).await.unwrap();
    Server::new(base, pool, vec![Kind::of::<CarryOut>()])
}

/// A server in a process of its own, until this is dropped.
pub struct Process(Child);

impl Process {
    /// Starts one on the database and at the moment of a test. Its connections say that they are of
    /// "server 1" where `number` is 1.
    pub fn start(app: &TestApp, connect: &PgConnectOptions, number: u64) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "carrying_out::process::a_server_in_a_process_of_its_own", "--ignored"])
            .env(DATABASE, connect.get_database().unwrap())
            .env(CLOCK, app.now().to_string())
            .env(NUMBER, number.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(child.unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // SIGKILL: nobody is told, and everything stays in its hands.
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// A stopwatch that runs: by one that stands still, a server with much to do comes to no turn for its calls.
struct Running(System);

impl Stopwatch for Running {
    fn micros(&self) -> u64 {
        self.0.micros()
    }
}

#[tokio::test]
#[ignore = "the process that tests of this program start"]
async fn a_server_in_a_process_of_its_own() {
    let told = |name: &str| std::env::var(name).unwrap();
    let number: u64 = told(NUMBER).parse().unwrap();
    let connect: PgConnectOptions = told("DATABASE_URL").parse().unwrap();
    let connect = connect.database(&told(DATABASE)).application_name(&format!("server {number}"));
    let mut app = TestApp::new(PgPoolOptions::new(), connect.clone()).await;
    app.clock.set(told(CLOCK).parse().unwrap());
    // Every app under test has the same seed: this one has another, so that its ids are its own.
    let entropy = SeededEntropy::new(number);
    app.system = System::new(Arc::new(app.clock.clone()), Arc::new(entropy), Arc::new(Running(System::real())));
    let _running = server(app.beside().await, &connect).await.start();
    pending::<()>().await;
}
