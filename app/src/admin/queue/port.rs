//! What the page of the work queue asks of the server.

use crate::admin::port::JobLine;
use crate::error::AppError;
use crate::when::When;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::task::TaskState;
use serde::{Deserialize, Serialize};

/// What the page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueueQuery {
    /// Word of a state; anything else is the first one.
    pub state: String,
    /// Name of a kind; empty for all.
    pub kind: String,
    /// Where the page starts.
    pub after: String,
    /// Number of the task that somebody chose; empty for none.
    pub task: String,
}

/// Tasks of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindLine {
    /// Its name.
    pub name: String,
    /// What it does.
    pub what: String,
    /// How many there are in each state, in the order of [`TaskState::ALL`].
    pub counts: Vec<i64>,
    /// How long the oldest one that is due has been due.
    pub oldest: Option<String>,
}

/// What a task is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The noun.
    pub noun: String,
    /// Its id or name.
    pub id: String,
    /// Its page, if it has one.
    pub href: Option<String>,
}

/// One task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskLine {
    /// Its number in the queue.
    pub id: i64,
    /// What it does.
    pub what: String,
    /// What it is about.
    pub about: Vec<About>,
    /// Where it stands.
    pub state: TaskState,
    /// Since when it is in the queue.
    pub since: When,
    /// When it is or was due.
    pub due: When,
    /// How often it was tried, and is at most.
    pub attempts: (i16, i16),
    /// What went wrong last.
    pub reason: Option<String>,
    /// It failed, so that it may be tried again or discarded.
    pub may_settle: bool,
}

/// A worker of a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerLine {
    /// Its name.
    pub id: String,
    /// Number of the process on its machine.
    pub process: String,
    /// Since when it works.
    pub since: When,
    /// Seconds since its last heartbeat.
    pub silent_seconds: i64,
    /// It lives: it was heard within three heartbeats.
    pub alive: bool,
    /// Tasks in its hands.
    pub running: i64,
}

/// The page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueView {
    /// What is late, a sentence each.
    pub late: Vec<String>,
    /// Kinds of task.
    pub kinds: Vec<KindLine>,
    /// The state that is shown.
    pub state: TaskState,
    /// Its tasks.
    pub tasks: Vec<TaskLine>,
    /// How many there are of them.
    pub total: i64,
    /// Where the next page starts.
    pub next: Option<String>,
    /// The task that somebody chose.
    pub chosen: Option<TaskLine>,
    /// Recurring jobs.
    pub jobs: Vec<JobLine>,
    /// Workers.
    pub workers: Vec<WorkerLine>,
    /// The caller may run jobs and settle tasks.
    pub may_change: bool,
    /// As of when.
    pub as_of: When,
}

/// What becomes of a task that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// It runs again, with all its attempts.
    Retry,
    /// It leaves the queue.
    Discard,
}

/// The work queue.
#[async_trait]
pub trait WorkQueue: Send + Sync {
    /// The page.
    async fn overview(&self, caller: &Caller, query: QueueQuery) -> Result<QueueView, AppError>;
    /// Settles a task that failed.
    async fn settle(&self, caller: &Caller, task: i64, how: Settlement, reason: String) -> Result<(), AppError>;
}
