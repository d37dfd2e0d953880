//! Recurring jobs by the clock: which are due, one run, what is written down about it. The work queue
//! carries them, so several servers share them and the job of a dead server runs on another one.

use super::{JOBS, JobReport, JobSpec};
use crate::queue::{Claim, Crew, TaskKind, chain, in_words};
use crate::store::error::StoreError;
use crate::store::jobs::{self, Run};
use crate::store::queue;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use app::error::AppError;
use domain::actor::Actor;
use futures::FutureExt;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use std::panic::AssertUnwindSafe;

/// A job that keeps failing waits no longer than this (or its own period).
const LONGEST_WAIT_SECONDS: i64 = 3_600;

/// One run of a recurring job, as a task. It never fails as a task: what came of it, and when it is
/// due again, is in the job table.
#[derive(Serialize, Deserialize)]
pub struct Recurring {
    /// Name of the job.
    job: String,
}

impl TaskKind for Recurring {
    const NAME: &'static str = "recurring-job";
    const WHAT: &'static str = "Recurring jobs";
    const CREW: Crew = Crew::House;

    fn key(&self) -> String {
        format!("{}:{}", Self::NAME, self.job)
    }

    async fn run(self, base: Base, _claim: Claim) -> Result<(), UseCaseError> {
        // A job of another version of the program is that one's.
        if let Some(job) = JOBS.iter().find(|job| job.name == self.job) {
            perform(&base, job).await?;
        }
        Ok(())
    }
}

/// Puts every job on record.
///
/// # Errors
/// [`UseCaseError`] when the database refuses.
pub async fn register(base: &Base) -> Result<(), UseCaseError> {
    let mut work = Work::begin(base, Actor::System { job: "jobs".to_owned() }).await?;
    let now = work.now();
    for job in JOBS {
        jobs::register(work.conn(), job.name, job.every_seconds, now).await?;
    }
    work.commit().await
}

/// Queues the jobs that are due; one that waits or runs already stays as it is.
///
/// # Errors
/// [`UseCaseError`] when the database refuses.
pub async fn queue_due(base: &Base) -> Result<(), UseCaseError> {
    for job in due(base).await? {
        let task = Recurring { job: job.name.to_owned() };
        let ids = serde_json::json!({ "job": task.job });
        let mut conn = base.pool.acquire().await.map_err(StoreError::from)?;
        queue::add_unless_there(&mut conn, Recurring::NAME, &ids, &task.key()).await?;
    }
    Ok(())
}

/// Runs every job that is due now, once, one after the other, without the queue: for tests, which
/// bring their own time.
///
/// # Errors
/// [`UseCaseError`] when the job table cannot be read; what a job came to is in the list.
pub async fn run_due(base: &Base) -> Result<Vec<(&'static str, Result<JobReport, UseCaseError>)>, UseCaseError> {
    register(base).await?;
    let mut outcomes = Vec::new();
    for job in due(base).await? {
        if let Some(outcome) = perform(base, job).await? {
            outcomes.push((job.name, outcome));
        }
    }
    Ok(outcomes)
}

/// Due jobs that this program knows; others belong to another version of it.
async fn due(base: &Base) -> Result<Vec<&'static JobSpec>, UseCaseError> {
    let mut conn = base.pool.acquire().await.map_err(StoreError::from)?;
    let names = jobs::due(&mut conn, base.system.now()).await?;
    Ok(names.iter().filter_map(|name| JOBS.iter().find(|job| job.name == name)).collect())
}

/// Runs a job and records what came of it; `None` when it is not due any more.
async fn perform(base: &Base, job: &JobSpec) -> Result<Option<Result<JobReport, UseCaseError>>, UseCaseError> {
    let Some(run) = begin(base, job).await? else { return Ok(None) };
    let outcome = match AssertUnwindSafe((job.run)(base)).catch_unwind().await {
        Ok(outcome) => outcome,
        Err(_) => {
            tracing::error!(job = job.name, "a job panicked");
            Err(AppError::Internal.into())
        }
    };
    match &outcome {
        Ok(report) if report.changed > 0 => tracing::info!(job = job.name, changed = report.changed, "{}", report.what),
        Ok(_) => {}
        Err(error) => tracing::error!(job = job.name, fault = %chain(error), "a job failed"),
    }
    let recorded = finish(base, job, run, &outcome).await;
    if let Err(error) = &recorded {
        tracing::error!(job = job.name, fault = %chain(error), "what came of a job could not be recorded");
    }
    recorded.map(|()| Some(outcome))
}

async fn begin(base: &Base, job: &JobSpec) -> Result<Option<Run>, UseCaseError> {
    let mut conn = base.pool.acquire().await.map_err(StoreError::from)?;
    Ok(jobs::begin(&mut conn, job.name, base.system.now()).await?)
}

async fn finish(base: &Base, job: &JobSpec, run: Run, outcome: &Result<JobReport, UseCaseError>) -> Result<(), UseCaseError> {
    let mut conn = base.pool.acquire().await.map_err(StoreError::from)?;
    let now = base.system.now();
    let every = i64::from(job.every_seconds);
    let (error, wait) = match outcome {
        Ok(report) if report.failed == 0 => (None, every),
        // The other records must not wait for those that fail.
        Ok(report) => (Some(format!("Failed at {} of its records; the log has each of them.", report.failed)), every),
        Err(error) => (Some(in_words(error)), wait_after_failure(every, run.backed_off)),
    };
    let next = now.saturating_add(SignedDuration::from_secs(wait)).unwrap_or(now);
    if !jobs::finish(&mut conn, job.name, run, error.as_deref(), now, next).await? {
        tracing::warn!(job = job.name, "this server was taken for dead while it ran a job; another one ran it as well");
    }
    Ok(())
}

/// Twice as long as after the failure before, up to an hour; `backed_off` is `None` after a success.
fn wait_after_failure(every: i64, backed_off: Option<i64>) -> i64 {
    backed_off.map_or(every, |before| before.saturating_mul(2)).clamp(every, every.max(LONGEST_WAIT_SECONDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_keeps_failing_waits_twice_as_long_each_time_up_to_an_hour() {
        let mut waits = vec![wait_after_failure(60, None)];
        for _ in 0..7 {
            waits.push(wait_after_failure(60, waits.last().copied()));
        }
        assert_eq!(waits, [60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
        assert_eq!(wait_after_failure(3_600, Some(3_600)), 3_600);
        assert_eq!(wait_after_failure(60, Some(-5)), 60);
    }

    #[test]
    fn names_of_jobs_are_unique_and_each_says_what_it_does() {
        let mut names: Vec<_> = JOBS.iter().map(|job| job.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), JOBS.len());
        assert!(JOBS.iter().all(|job| job.what.ends_with('.') && job.every_seconds > 0));
    }
}
