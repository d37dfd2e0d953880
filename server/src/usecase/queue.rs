//! The port of the work queue's page: figures, tasks, recurring jobs, servers, and what becomes of a
//! task that failed.

use super::Base;
use super::authorise::require;
use super::error::UseCaseError;
use super::figures::SILENT_SECONDS;
use super::lateness;
use super::work::Work;
use crate::job::{JOBS, JobSpec};
use crate::queue::{Kind, kinds, reason};
use crate::store;
use crate::store::jobs::JobRow;
use crate::store::queue::{Counts, TaskRow, WorkerRow};
use app::admin::port::JobLine;
use app::admin::queue::port::{About, KindLine, QueueQuery, QueueView, Settlement, TaskLine, WorkQueue, WorkerLine};
use app::error::AppError;
use app::paths;
use app::when::{When, interval, span};
use async_trait::async_trait;
use domain::actor::Caller;
use domain::event::EventKind;
use domain::id::ReleaseId;
use domain::page::PAGE_SIZE;
use domain::permission::{Action, permitted};
use domain::task::TaskState;
use domain::text::Remark;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

/// Seeing the queue, and settling what failed in it.
#[derive(Clone)]
pub struct QueueService {
    base: Base,
}

impl QueueService {
    /// The service on its base.
    #[must_use]
    pub fn new(base: Base) -> Self {
        Self { base }
    }

    async fn view(&self, caller: &Caller, query: QueueQuery) -> Result<QueueView, UseCaseError> {
        let mut work = Work::read(&self.base).await?;
        require(caller, Action::ReadJobs, &[])?;
        let (zone, kinds) = (&self.base.zone, kinds());
        let moments = Moments { now: work.now(), zone, kinds: &kinds };
        let state = query.state.parse().unwrap_or(TaskState::Failed);
        // A name is shorter; what is longer or cannot be stored is no kind.
        let kind = if query.kind.contains('\0') { "-" } else { query.kind.as_str() };
        let counts = store::queue::counts(work.conn()).await?;
        let total = counts.iter().filter(|c| kind.is_empty() || c.name == kind).map(|c| count(c, state)).sum();
        let after = query.after.parse().unwrap_or(0);
        let mut tasks = store::queue::tasks(work.conn(), state.word(), kind, after, None, PAGE_SIZE + 1).await?;
        let next = next_page(&mut tasks);
        let chosen = match query.task.parse().ok() {
            Some(task) => store::queue::tasks(work.conn(), "", "", 0, Some(task), 1).await?.pop(),
            None => None,
        };
        let workers = store::queue::workers(work.conn()).await?;
        let jobs = store::jobs::all(work.conn()).await?;
        let late = lateness::find(&mut work, &kinds).await?;
        work.commit().await?;
        Ok(QueueView {
            late,
            kinds: counts.into_iter().map(|c| moments.kind(c)).collect(),
            state,
            tasks: tasks.into_iter().map(|row| moments.task(row)).collect(),
            total,
            next,
            chosen: chosen.map(|row| moments.task(row)),
            jobs: jobs
                .into_iter()
                .filter_map(|row| JOBS.iter().find(|job| job.name == row.name).map(|job| job_line(job, row, zone)))
                .collect(),
            workers: workers.into_iter().map(|row| moments.worker(row)).collect(),
            may_change: permitted(&caller.roles, Action::SettleTask, &[]),
            as_of: When::new(moments.now, zone),
        })
    }

    async fn put_right(&self, caller: &Caller, id: i64, how: Settlement, why: &str) -> Result<(), UseCaseError> {
        let mut work = Work::begin(&self.base, caller.actor()).await?;
        require(caller, Action::SettleTask, &[])?;
        let why = Remark::parse("reason", why, "Say why.")?;
        // Locked first: read afterwards it is what it stays until the commit.
        let there = store::queue::lock(work.conn(), id).await?;
        let task = if there { store::queue::tasks(work.conn(), "", "", 0, Some(id), 1).await?.pop() } else { None };
        let task = task.ok_or(AppError::NotFound)?;
        if !may_settle(&task) {
            return Err(AppError::NotPossible.into());
        }
        let kind = match how {
            Settlement::Retry => {
                store::queue::retry(work.conn(), id).await?;
                EventKind::TaskRetried
            }
            Settlement::Discard => {
                store::queue::discard(work.conn(), id).await?;
                EventKind::TaskDiscarded
            }
        };
        let subject = Uuid::from_u64_pair(0, u64::try_from(id).unwrap_or_default());
        let body = json!({ "task": task.name, "number": id, "ids": task.ids, "reason": why.as_str(), "detail": why.as_str() });
        work.event(kind, "task", subject, None, body).await?;
        work.commit().await
    }
}

/// A task that failed and is in nobody's hands, whether it was given up or waits for its next attempt.
fn may_settle(task: &TaskRow) -> bool {
    task.state != "running" && (task.state == "failed" || task.error.is_some())
}

fn next_page(tasks: &mut Vec<TaskRow>) -> Option<String> {
    let size = usize::try_from(PAGE_SIZE).unwrap_or(usize::MAX);
    if tasks.len() <= size {
        return None;
    }
    tasks.truncate(size);
    tasks.last().map(|row| row.id.to_string())
}

fn count(counts: &Counts, state: TaskState) -> i64 {
    match state {
        TaskState::Failed => counts.failed,
        TaskState::Due => counts.due,
        TaskState::Running => counts.running,
        TaskState::Waiting => counts.waiting,
    }
}

/// From distances on the database's clock to moments on ours.
struct Moments<'a> {
    now: Timestamp,
    zone: &'a TimeZone,
    kinds: &'a [Kind],
}

impl Moments<'_> {
    fn at(&self, seconds: i64) -> When {
        When::new(self.now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(self.now), self.zone)
    }

    fn what(&self, name: &str) -> String {
        self.kinds.iter().find(|kind| kind.name == name).map_or_else(|| name.to_owned(), |kind| kind.what.to_owned())
    }

    fn kind(&self, counts: Counts) -> KindLine {
        KindLine {
            what: self.what(&counts.name),
            counts: TaskState::ALL.iter().map(|state| count(&counts, *state)).collect(),
            oldest: counts.oldest_due_seconds.map(|seconds| span(self.now, self.at(seconds).at)),
            name: counts.name,
        }
    }

    fn task(&self, row: TaskRow) -> TaskLine {
        TaskLine {
            id: row.id,
            what: self.what(&row.name),
            about: about(&row.ids),
            state: row.state.parse().unwrap_or(TaskState::Waiting),
            since: self.at(-row.age_seconds),
            due: self.at(row.due_in_seconds),
            attempts: (row.attempts, row.max_attempts),
            reason: row.error.as_deref().map(reason),
            may_settle: may_settle(&row),
        }
    }

    fn worker(&self, row: WorkerRow) -> WorkerLine {
        WorkerLine {
            id: row.id,
            process: row.process.unwrap_or_default(),
            since: self.at(-row.age_seconds),
            silent_seconds: row.silent_seconds,
            alive: row.silent_seconds <= SILENT_SECONDS,
            running: row.running,
        }
    }
}

fn about(ids: &Value) -> Vec<About> {
    let pairs = ids.as_object().into_iter().flatten();
    pairs
        .map(|(noun, id)| {
            let id = id.as_str().unwrap_or_default().to_owned();
            let href = if noun == "release" { id.parse::<ReleaseId>().ok().map(paths::release) } else { None };
            About { noun: noun.replace('_', " "), id, href }
        })
        .collect()
}

fn job_line(job: &JobSpec, row: JobRow, zone: &TimeZone) -> JobLine {
    JobLine {
        name: row.name,
        what: job.what.to_owned(),
        every: interval(job.every_seconds.unsigned_abs()),
        last: row.last_finished_at.map(|at| When::new(at, zone)),
        outcome: row.outcome,
        error: row.error,
        next: When::new(row.next_run_at, zone),
        runs: row.runs,
    }
}

#[async_trait]
impl WorkQueue for QueueService {
    async fn overview(&self, caller: &Caller, query: QueueQuery) -> Result<QueueView, AppError> {
        Ok(self.view(caller, query).await?)
    }

    async fn settle(&self, caller: &Caller, task: i64, how: Settlement, reason: String) -> Result<(), AppError> {
        Ok(self.put_right(caller, task, how, &reason).await?)
    }
}
