//! What monitoring reads about the work queue and the recurring jobs: figures only, nobody's data.

use super::Base;
use super::error::UseCaseError;
use super::lateness;
use super::work::Work;
use crate::job::JOBS;
use crate::measures::Durations;
use crate::queue::kinds;
use crate::store;
use crate::store::queue::Counts;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// A worker that was silent for longer than this is not counted, in seconds: three heartbeats.
pub const SILENT_SECONDS: i64 = 30;

/// A recurring job.
#[derive(Clone, Debug)]
pub struct JobFigures {
    /// Its name.
    pub name: String,
    /// How often it ran, and failed.
    pub runs: (i64, i64),
    /// Its last run failed.
    pub failed: bool,
    /// How long it has been due, in seconds; zero when it is not.
    pub overdue_seconds: i64,
}

/// All of it.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Tasks by kind.
    pub tasks: Vec<Counts>,
    /// Workers that live.
    pub workers: usize,
    /// Recurring jobs.
    pub jobs: Vec<JobFigures>,
    /// Things that are late.
    pub late: usize,
    /// How long tasks took on this server, by kind and whether they were carried out.
    pub durations: BTreeMap<(&'static str, bool), Durations>,
}

/// Reads them.
///
/// # Errors
/// [`UseCaseError`] when the database cannot be read.
pub async fn read(base: &Base) -> Result<Figures, UseCaseError> {
    let mut work = Work::read(base).await?;
    let tasks = store::queue::counts(work.conn()).await?;
    let workers = store::queue::workers(work.conn()).await?.iter().filter(|worker| worker.silent_seconds <= SILENT_SECONDS).count();
    let jobs = store::jobs::all(work.conn()).await?;
    let late = lateness::find(&mut work, &kinds()).await?.len();
    let now = work.now();
    work.commit().await?;
    let jobs = jobs
        .into_iter()
        .filter(|row| JOBS.iter().any(|job| job.name == row.name))
        .map(|row| JobFigures {
            failed: row.outcome.as_deref() == Some("failed"),
            overdue_seconds: overdue(row.next_run_at, now),
            name: row.name,
            runs: row.runs,
        })
        .collect();
    Ok(Figures { tasks, workers, jobs, late, durations: base.measures.all() })
}

fn overdue(next: Timestamp, now: Timestamp) -> i64 {
    now.duration_since(next).as_secs().max(0)
}
