//! The shared harness: the real router on a database of the test's own, with a clock that stands
//! still at 2026-11-22T09:00:00Z and entropy from a seed.
//!
//! ```ignore
//! mod support;
//! use support::*;
//!
//! #[sqlx::test(migrations = "../migrations")]
//! async fn a_request_is_submitted(pool: PgPoolOptions, connect: PgConnectOptions) {
//!     let app = TestApp::new(pool, connect).await;
//!     let unit = app.unit("Payments").await;
//!     let boss = app.person("Bea", unit, None).await;
//!     let ana = app.person("Ana", unit, Some(boss)).await;      // bea manages ana
//!     let ledger = app.application("LEDGER", boss, None).await; // bea owns it
//!     let read = app.entitlement(ledger, "Read", "standard").await;
//!     app.specifications().await;                               // generous rules for everyone
//!
//!     let client = app.sign_in_as(ana).await;                   // no password, a real session
//!     let reply = client.server_fn("requests/submit", &[("entitlement", &read.to_string()), …]).await;
//!     assert_eq!(reply.status, 200, "{}", reply.text());
//!     app.advance(SignedDuration::from_hours(1));               // clock and stopwatch
//! }
//! ```
//!
//! * [`Client::get`] asks for a page, [`Client::post_form`] sends a plain form, as browsers without
//!   JavaScript do (answers are redirects), [`Client::server_fn`] calls as our own script does
//!   (answers are JSON with a status). [`Client::send`] sends anything.
//! * A client keeps its cookies and has an address of its own; [`Client::at_address`] moves it.
//! * `app.pool` works as the server's role `countersign_app`; `app.owner` owns the tables, for
//!   looking and for breaking things.
//! * [`TestApp::drain`] carries out what is queued and due, by the handlers of the server and without
//!   its workers: after a use-case that queues something, and after the clock was moved.
//! * What is not seeded by a function here is inserted with `sqlx::query` in the test itself.

#![allow(dead_code, unused_imports, clippy::allow_attributes, reason = "each test program uses its own part of the harness")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a harness that cannot go on fails its test")]

mod browser;
mod client;
mod fields;
mod ledger;
mod machines;
mod queue;
mod records;
mod seed;
mod sink;

pub use browser::{Browser, Form};
pub use client::{Client, Reply};
pub use domain::id::{ApplicationId, EntitlementId, IdentityId, SessionId, UnitId};
pub use fields::{refusal, uuid, with};
pub use jiff::{SignedDuration, Timestamp};
pub use ledger::Ledger;
pub use machines::{KEY, OTHER_KEY};
pub use records::{contents, rows};
pub use sink::{Manner, Sink, Taken};
pub use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use app::account::port::DemoPerson;
use app::shell::Assets;
use axum::Router;
use server::config::{Config, Smtp};
use server::http::{self, Site};
use server::mail::Mail;
use server::policy::PolicySet;
use server::state::AppState;
use server::store;
use server::system::{SeededEntropy, SetClock, Stopwatch, System};
use server::usecase::Base;
use sqlx::PgPool;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

/// Where the clock stands when a test begins.
pub const START: &str = "2026-11-22T09:00:00Z";

static POLICIES: LazyLock<Arc<PolicySet>> = LazyLock::new(|| Arc::new(PolicySet::builtin().unwrap()));

/// A stopwatch that moves by a microsecond a reading, and when it is told to.
#[derive(Default)]
pub struct Hand(AtomicU64);

impl Stopwatch for Hand {
    fn micros(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// The server under test.
#[derive(Clone)]
pub struct TestApp {
    /// Connections as the server's role.
    pub pool: PgPool,
    /// Connections as the owner of the tables.
    pub owner: PgPool,
    /// The clock.
    pub clock: SetClock,
    /// Time and entropy.
    pub system: System,
    /// What the use-cases stand on, for tests that call them directly.
    pub base: Base,
    /// The server's parts.
    pub state: AppState,
    /// The server as a service.
    pub router: Router,
    hand: Arc<Hand>,
    addresses: Arc<AtomicU8>,
    /// Up to where the queue followed the clock: see `queue`.
    queue_at: Arc<Mutex<Timestamp>>,
}

/// How a server under test differs from the usual one.
#[derive(Default)]
pub struct Setup {
    /// Settings as environment variables without their prefix: `("PUBLIC_URL", "https://…")`.
    pub settings: Vec<(&'static str, &'static str)>,
    /// Demonstration mode with these people, by sign-in name.
    pub demonstration: Option<Vec<&'static str>>,
    /// Serve pages with script and style.
    pub site: bool,
    /// Mail by these settings; without them there is none.
    pub mail: Option<Smtp>,
    /// How long another machine may take to answer; the usual time without it.
    pub call_within: Option<std::time::Duration>,
}

impl TestApp {
    /// The usual server.
    pub async fn new(pool: PgPoolOptions, connect: PgConnectOptions) -> Self {
        Self::with(pool, connect, Setup::default()).await
    }

    /// A server set up in another way.
    pub async fn with(pool: PgPoolOptions, connect: PgConnectOptions, setup: Setup) -> Self {
        // The options that sqlx hands over share twenty connections among all tests of a program. A
        // page that reads several things at once would wait there for those of another test.
        drop(pool);
        let owner = PgPoolOptions::new().max_connections(2).connect_with(connect.clone()).await.unwrap();
        let pool = store::pool::guarded(PgPoolOptions::new().max_connections(8)).connect_with(connect).await.unwrap();
        let clock = SetClock::at(START.parse().unwrap());
        let hand = Arc::new(Hand::default());
        let queue_at = Arc::new(Mutex::new(START.parse().unwrap()));
        let system = System::new(Arc::new(clock.clone()), Arc::new(SeededEntropy::new(42)), hand.clone());
        // Cheap hashes, and limits that only their own tests meet.
        let usual = [
            ("ARGON2_MEMORY_KIB", "64"),
            ("ARGON2_PASSES", "1"),
            ("CHANGES_PER_MINUTE", "100000"),
            ("SIGN_INS_PER_ADDRESS", "1000"),
            ("SIGN_INS_PER_LOGIN", "1000"),
        ];
        let environment: HashMap<String, String> =
            usual.into_iter().chain(setup.settings).map(|(name, value)| (format!("COUNTERSIGN_{name}"), value.to_owned())).collect();
        let mut config = Config::read(None, environment, &[]).unwrap();
        config.demonstration = setup.demonstration.is_some();
        let people = setup
            .demonstration
            .unwrap_or_default()
            .into_iter()
            .map(|login| DemoPerson { login: login.to_owned(), name: login.to_owned(), part: "Part".to_owned() })
            .collect();
        let address = |name: &str| Some(format!("/pkg/countersign.0123456789abcdef.{name}"));
        let site = if setup.site {
            Site { assets: Assets { js: address("js"), wasm: address("wasm"), css: address("css") } }
        } else {
            Site::default()
        };
        let base = Base::new(pool.clone(), system.clone(), POLICIES.clone(), config.zone.clone()).await.unwrap();
        let mail = setup.mail.map(|smtp| Arc::new(Mail::from_settings(&smtp, &config.public_url).unwrap()));
        let within = setup.call_within.unwrap_or(server::machines::CALL_WITHIN);
        let base = base.with_mail(mail).with_machines(Arc::new(machines::on_this_machine(within, &system)));
        let state = AppState::new(base.clone(), config, site, people).unwrap();
        let router = http::router(state.clone());
        Self { pool, owner, clock, system, base, state, router, hand, addresses: Arc::new(AtomicU8::new(1)), queue_at }
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        self.system.now()
    }

    /// Moves clock and stopwatch forward.
    pub fn advance(&self, by: SignedDuration) {
        self.clock.advance(by);
        self.hand.0.fetch_add(u64::try_from(by.as_micros()).unwrap(), Ordering::Relaxed);
    }

    /// Somebody who is not signed in, from an address of their own.
    pub fn stranger(&self) -> Client {
        let last = self.addresses.fetch_add(1, Ordering::Relaxed);
        Client::new(self.clone(), format!("192.0.2.{last}").parse().unwrap())
    }

    /// `identity` with a live session, as somebody has it who signed in with a password just now.
    pub async fn sign_in_as(&self, identity: IdentityId) -> Client {
        let client = self.stranger();
        let session = self.insert_session(identity).await;
        client.set_cookie(self.cookie_name(), &session.0);
        client
    }

    /// A session made in the database: its token and its id.
    pub async fn insert_session(&self, identity: IdentityId) -> (String, SessionId) {
        use base64::Engine as _;
        use sha2::Digest as _;
        let bytes: [u8; 32] = self.system.random();
        let (now, id) = (self.now(), SessionId::new(self.now(), self.system.random()));
        let new = store::sessions::New {
            id,
            token_hash: sha2::Sha256::digest(bytes).into(),
            sign_in: id,
            identity,
            created_at: now,
            authenticated_at: now,
            password_proven_at: Some(now),
            expires_at: now.saturating_add(self.state.config.session_absolute).unwrap(),
            address: None,
            user_agent: None,
        };
        store::sessions::insert(&mut self.pool.acquire().await.unwrap(), &new).await.unwrap();
        (base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes), id)
    }

    /// Name of the session cookie.
    pub fn cookie_name(&self) -> &'static str {
        if self.state.config.is_https() { "__Host-countersign" } else { "countersign" }
    }

    /// One number from the database, for example `select count(*) from session`.
    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.owner).await.unwrap()
    }
}
