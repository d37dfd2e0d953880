//! The workers of one server: how fast a dead one is noticed, how they are kept running, how they stop.

use super::kind::Hands;
use super::{Crew, Kind, chain, ticker};
use crate::usecase::Base;
use graphile_worker::{Worker, WorkerBuildError, WorkerOptions, WorkerRecoveryConfig, WorkerShutdownConfig};
use sqlx::PgPool;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How often a worker says that it lives.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// A worker that said nothing for so long is dead: three heartbeats. With a sweep and a poll after it,
/// its tasks run again after 41 seconds at most.
const DEAD_AFTER: Duration = Duration::from_secs(30);
/// How often somebody looks for dead workers.
const SWEEP: Duration = Duration::from_secs(10);
/// How often the queue is looked at for tasks whose moment has come; new ones announce themselves.
const POLL: Duration = Duration::from_secs(1);
/// What is in hand when the server is to stop may take so long; then it is given back.
const FINISH_WITHIN: Duration = Duration::from_secs(10);
/// A worker that could not work is started again after this long, and then after twice as long each
/// time up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What the workers of a server are made of.
#[derive(Clone)]
pub struct Server {
    /// What the handlers work with.
    pub base: Base,
    /// Connections of the workers' own, so that no rush of requests keeps a heartbeat waiting. Two of
    /// them listen all the time.
    pub pool: PgPool,
    /// What is carried out.
    pub kinds: Vec<Kind>,
    /// What is in hand may take so long when the server is to stop.
    pub finish_within: Duration,
}

impl Server {
    /// Connections that the workers need.
    pub const CONNECTIONS: u32 = 8;

    /// A server that carries out `kinds`.
    #[must_use]
    pub fn new(base: Base, pool: PgPool, kinds: Vec<Kind>) -> Self {
        Self { base, pool, kinds, finish_within: FINISH_WITHIN }
    }

    /// Starts the workers, and what queues the recurring jobs.
    #[must_use]
    pub fn start(self) -> QueueHandle {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = vec![tokio::spawn(ticker::run(self.base.clone(), stopped.clone()))];
        for crew in Crew::ALL {
            if self.kinds.iter().any(|kind| kind.crew == crew) {
                tasks.push(tokio::spawn(keep_working(self.clone(), crew, stopped.clone())));
            }
        }
        QueueHandle { stop, tasks }
    }
}

/// The workers of this server.
pub struct QueueHandle {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl QueueHandle {
    /// Nothing more is taken from the queue.
    pub fn stop_taking(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until what is in hand has ended or was given back.
    pub async fn stop(self) {
        self.stop_taking();
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a worker did not end by itself");
            }
        }
    }
}

/// Builds a worker of `crew`.
///
/// # Errors
/// [`WorkerBuildError`] when the database cannot be used or has another schema of the queue.
pub async fn worker(server: &Server, crew: Crew, mut stopped: watch::Receiver<bool>) -> Result<Worker, WorkerBuildError> {
    let recovery = WorkerRecoveryConfig::default()
        .heartbeat_interval(HEARTBEAT)
        .sweep_interval(SWEEP)
        .sweep_threshold(DEAD_AFTER)
        .recovery_delay(Duration::ZERO)
        .resilient_job_flags(vec![]);
    let shutdown = WorkerShutdownConfig::default()
        .listen_os_shutdown_signals(false)
        .grace_period(server.finish_within)
        .interrupted_job_retry_delay(Duration::ZERO)
        .shutdown_signal(async move {
            // Also when the handle was dropped.
            let _ = stopped.wait_for(|stopped| *stopped).await;
        });
    WorkerOptions::default()
        .pg_pool(server.pool.clone())
        .concurrency(crew.slots())
        .poll_interval(POLL)
        .define_jobs(server.kinds.iter().filter(|kind| kind.crew == crew).map(|kind| kind.definition.clone()))
        .add_extension(Hands(server.base.clone()))
        .worker_recovery(recovery)
        .worker_shutdown(shutdown)
        .init()
        .await
}

/// Starts a worker again when the database failed it: the library ends a worker at the first statement
/// that is refused.
async fn keep_working(server: Server, crew: Crew, mut stopped: watch::Receiver<bool>) {
    let mut wait = FIRST_WAIT;
    while !*stopped.borrow() {
        let ended = match worker(&server, crew, stopped.clone()).await {
            Ok(worker) => {
                wait = FIRST_WAIT;
                worker.run().await.map_err(|error| chain(&error))
            }
            Err(error) => Err(chain(&error)),
        };
        if let Err(fault) = ended {
            tracing::error!(?crew, %fault, "a worker ended; it is started again");
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => wait = LONGEST_WAIT.min(wait * 2),
            _ = stopped.wait_for(|stopped| *stopped) => return,
        }
    }
}
