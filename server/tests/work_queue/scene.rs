//! Kinds of task for tests, the table in which they write what they did, and ears for it.

use crate::support::*;
use domain::actor::Actor;
use serde::{Deserialize, Serialize};
use server::queue::{Claim, Crew, Kind, QueueHandle, Server, TaskKind};
use server::usecase::Base;
use server::usecase::error::UseCaseError;
use server::usecase::work::Work;
use sqlx::PgPool;
use sqlx::postgres::PgListener;
use std::future::pending;
use std::time::Duration;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Longest wait for anything that is to happen.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// What tasks did, in order.
const TABLE: &str = "
    create table done (id bigint generated always as identity, what text not null, thing uuid not null, at timestamptz not null default clock_timestamp());
    create function done_is_told() returns trigger language plpgsql as $$ begin perform pg_notify('done', ''); return null; end $$;
    create trigger done_is_told after insert on done for each statement execute function done_is_told();
    grant select, insert on done to countersign_app";

async fn write(base: &Base, what: &str, thing: Uuid) {
    sqlx::query("insert into done (what, thing) values ($1, $2)").bind(what).bind(thing).execute(&base.pool).await.unwrap();
}

/// Writes that it was done.
#[derive(Serialize, Deserialize)]
pub struct Mark {
    pub thing: Uuid,
}

impl TaskKind for Mark {
    const NAME: &'static str = "test-mark";
    const WHAT: &'static str = "Marks a thing";
    const CREW: Crew = Crew::Outside;

    fn key(&self) -> String {
        format!("mark:{}", self.thing)
    }

    async fn run(self, base: Base, claim: Claim) -> Result<(), UseCaseError> {
        assert!(claim.is_ours(&mut base.pool.acquire().await.unwrap()).await?);
        write(&base, "marked", self.thing).await;
        Ok(())
    }
}

/// The same task in the hands of a server that never gets to its end.
#[derive(Serialize, Deserialize)]
pub struct Hang {
    pub thing: Uuid,
}

impl TaskKind for Hang {
    const NAME: &'static str = Mark::NAME;
    const WHAT: &'static str = Mark::WHAT;
    const CREW: Crew = Mark::CREW;

    fn key(&self) -> String {
        format!("mark:{}", self.thing)
    }

    async fn run(self, base: Base, _claim: Claim) -> Result<(), UseCaseError> {
        write(&base, "begun", self.thing).await;
        pending().await
    }
}

/// What [`Wait`] waits for: one for things of an even number and one for the others, because tests of a
/// program run side by side.
pub static GO_ON: [Semaphore; 2] = [Semaphore::const_new(0), Semaphore::const_new(0)];

/// A task that goes on when it is told to.
#[derive(Serialize, Deserialize)]
pub struct Wait {
    pub thing: Uuid,
}

impl TaskKind for Wait {
    const NAME: &'static str = "test-wait";
    const WHAT: &'static str = "Waits";
    const CREW: Crew = Crew::Outside;

    fn key(&self) -> String {
        format!("wait:{}", self.thing)
    }

    async fn run(self, base: Base, _claim: Claim) -> Result<(), UseCaseError> {
        write(&base, "begun", self.thing).await;
        GO_ON[usize::from(self.thing.as_u128() % 2 == 1)].acquire().await.unwrap().forget();
        write(&base, "marked", self.thing).await;
        Ok(())
    }
}

/// A task that is refused.
#[derive(Serialize, Deserialize)]
pub struct Refuse {
    pub thing: Uuid,
}

impl TaskKind for Refuse {
    const NAME: &'static str = "test-refuse";
    const WHAT: &'static str = "Is refused";
    const CREW: Crew = Crew::House;

    fn key(&self) -> String {
        format!("refuse:{}", self.thing)
    }

    async fn run(self, _base: Base, _claim: Claim) -> Result<(), UseCaseError> {
        Err(app::error::AppError::NotPossible.into())
    }
}

/// A task that carries more than ids.
#[derive(Serialize, Deserialize)]
pub struct Gossip {
    pub about: String,
}

impl TaskKind for Gossip {
    const NAME: &'static str = "test-gossip";
    const WHAT: &'static str = "Tells too much";
    const CREW: Crew = Crew::House;

    fn key(&self) -> String {
        "gossip".to_owned()
    }

    async fn run(self, _base: Base, _claim: Claim) -> Result<(), UseCaseError> {
        Ok(())
    }
}

/// The server under test with the table, and somebody who listens.
pub struct Scene {
    pub app: TestApp,
    pub connect: PgConnectOptions,
    ears: PgListener,
}

impl Scene {
    pub async fn set(pool: PgPoolOptions, connect: PgConnectOptions) -> Self {
        let app = TestApp::new(pool, connect.clone()).await;
        sqlx::raw_sql(TABLE).execute(&app.owner).await.unwrap();
        let mut ears = PgListener::connect_with(&PgPool::connect_with(connect.clone()).await.unwrap()).await.unwrap();
        ears.listen("done").await.unwrap();
        Self { app, connect, ears }
    }

    /// A unit of work of the server's.
    pub async fn work(&self) -> Work<'_> {
        Work::begin(&self.app.base, Actor::System { job: "test".to_owned() }).await.unwrap()
    }

    /// Queues a task in a unit of its own.
    pub async fn queue<T: TaskKind>(&self, task: &T) {
        let mut work = self.work().await;
        work.enqueue(task).await.unwrap();
        work.commit().await.unwrap();
    }

    /// A server of its own on the same database, with measures of its own.
    pub async fn start(&self, kinds: Vec<Kind>, finish_within: Duration) -> (QueueHandle, Base) {
        let base = Base { measures: std::sync::Arc::default(), ..self.app.base.clone() };
        let pool = server::store::pool::guarded(PgPoolOptions::new().max_connections(Server::CONNECTIONS))
            .connect_with(self.connect.clone())
            .await
            .unwrap();
        let server = Server { finish_within, ..Server::new(base.clone(), pool, kinds) };
        (server.start(), base)
    }

    /// Waits until `sql` counts `number`, looking each time a task says that it did something.
    pub async fn until(&mut self, sql: &'static str, number: i64) {
        let reached = async {
            while self.app.count(sql).await != number {
                self.ears.recv().await.unwrap();
            }
        };
        if tokio::time::timeout(PATIENCE, reached).await.is_err() {
            panic!("{sql} counts {} instead of {number}", self.app.count(sql).await);
        }
    }
}

/// Tasks that were marked as done.
pub const MARKED: &str = "select count(*) from done where what = 'marked'";
/// Tasks that have begun.
pub const BEGUN: &str = "select count(*) from done where what = 'begun'";
/// Tasks in the queue that are no recurring jobs.
pub const QUEUED: &str = "select count(*) from graphile_worker.jobs where task_identifier like 'test-%'";

pub fn thing(number: u128) -> Uuid {
    Uuid::from_u128(number)
}
