//! Runs the jobs that are due. Several servers may run at once: a job is leased in the database
//! before it runs, and the lease of a server that died runs out.

use super::{BESIDE, JOBS, JobReport, JobSpec};
use crate::store::error::StoreError;
use crate::store::jobs::{self, Lease};
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use app::error::AppError;
use domain::actor::Actor;
use futures::FutureExt;
use jiff::SignedDuration;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

/// How often the table is looked at. Only the wake-up comes from the machine; what is due follows
/// from the clock in `System`.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A server that has not finished a job after this time is taken for dead.
const LEASE: SignedDuration = SignedDuration::from_mins(5);
/// A job that keeps failing waits no longer than this (or its own period).
const LONGEST_WAIT_SECONDS: i64 = 3_600;

/// The running jobs of this server.
pub struct JobsHandle {
    stop: watch::Sender<bool>,
    tasks: [JoinHandle<()>; 2],
}

impl JobsHandle {
    /// Starts nothing more and waits for the jobs that are running.
    pub async fn stop(self) {
        // Fails only when the loop is gone already.
        let _ = self.stop.send(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a loop of the jobs did not end by itself");
            }
        }
    }
}

/// Looks for due jobs until it is stopped.
#[must_use]
pub fn start(base: Base) -> JobsHandle {
    let (stop, stopped) = watch::channel(false);
    // One loop for what works on records, one for what waits for other machines.
    let tasks = [false, true].map(|beside| tokio::spawn(look_for_due_jobs(base.clone(), beside, stopped.clone())));
    JobsHandle { stop, tasks }
}

async fn look_for_due_jobs(base: Base, beside: bool, mut stopped: watch::Receiver<bool>) {
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut registered = false;
    loop {
        tokio::select! {
            _ = look.tick() => {}
            // Also when the handle was dropped.
            _ = stopped.changed() => return,
        }
        let looked = async {
            if !registered {
                register(&base).await?;
                registered = true;
            }
            due(&base).await
        };
        let due = match looked.await {
            Ok(due) => due,
            Err(error) => {
                tracing::error!(fault = %chain(&error), "the job table could not be read");
                continue;
            }
        };
        for job in due.into_iter().filter(|job| BESIDE.contains(&job.name) == beside) {
            if *stopped.borrow() {
                return;
            }
            // What came of it is on record and in the log.
            let _ = run_leased(&base, job).await;
        }
    }
}

/// Runs every job that is due now, once, one after the other: what the loop does, for tests, which
/// bring their own time.
///
/// # Errors
/// [`UseCaseError`] when the job table cannot be read; what a job came to is in the list.
pub async fn run_due(base: &Base) -> Result<Vec<(&'static str, Result<JobReport, UseCaseError>)>, UseCaseError> {
    register(base).await?;
    let mut outcomes = Vec::new();
    for job in due(base).await? {
        if let Some(outcome) = run_leased(base, job).await? {
            outcomes.push((job.name, outcome));
        }
    }
    Ok(outcomes)
}

async fn register(base: &Base) -> Result<(), UseCaseError> {
    let mut work = Work::begin(base, Actor::System { job: "jobs".to_owned() }).await?;
    let now = work.now();
    for job in JOBS {
        jobs::register(work.conn(), job.name, job.every_seconds, now).await?;
    }
    work.commit().await
}

/// Due jobs that this program knows; others belong to another version of it.
async fn due(base: &Base) -> Result<Vec<&'static JobSpec>, UseCaseError> {
    let mut conn = base.pool.acquire().await.map_err(StoreError::from)?;
    let names = jobs::due(&mut conn, base.system.now()).await?;
    Ok(names.iter().filter_map(|name| JOBS.iter().find(|job| job.name == name)).collect())
}

/// Leases a job, runs it and records what came of it; `None` when another server was quicker.
async fn run_leased(base: &Base, job: &JobSpec) -> Result<Option<Result<JobReport, UseCaseError>>, UseCaseError> {
    let Some(lease) = lease(base, job).await? else { return Ok(None) };
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
    let recorded = finish(base, job, lease, &outcome).await;
    if let Err(error) = &recorded {
        tracing::error!(job = job.name, fault = %chain(error), "what came of a job could not be recorded");
    }
    recorded.map(|()| Some(outcome))
}

async fn lease(base: &Base, job: &JobSpec) -> Result<Option<Lease>, UseCaseError> {
    let mut conn = base.pool.acquire().await.map_err(StoreError::from)?;
    let now = base.system.now();
    Ok(jobs::lease(&mut conn, job.name, now, now.saturating_add(LEASE).unwrap_or(now)).await?)
}

async fn finish(base: &Base, job: &JobSpec, lease: Lease, outcome: &Result<JobReport, UseCaseError>) -> Result<(), UseCaseError> {
    let mut conn = base.pool.acquire().await.map_err(StoreError::from)?;
    let now = base.system.now();
    let every = i64::from(job.every_seconds);
    let (error, wait) = match outcome {
        Ok(report) if report.failed == 0 => (None, every),
        // The other records must not wait for those that fail.
        Ok(report) => (Some(format!("Failed at {} of its records; the log has each of them.", report.failed)), every),
        Err(error) => (Some(in_words(error)), wait_after_failure(every, lease.backed_off)),
    };
    let next = now.saturating_add(SignedDuration::from_secs(wait)).unwrap_or(now);
    if !jobs::finish(&mut conn, job.name, lease, error.as_deref(), now, next).await? {
        tracing::warn!(job = job.name, "a job took longer than its lease; another server may have run it as well");
    }
    Ok(())
}

/// Twice as long as after the failure before, up to an hour; `backed_off` is `None` after a success.
fn wait_after_failure(every: i64, backed_off: Option<i64>) -> i64 {
    backed_off.map_or(every, |before| before.saturating_mul(2)).clamp(every, every.max(LONGEST_WAIT_SECONDS))
}

/// For the administration page: what happened, without anything internal.
fn in_words(error: &UseCaseError) -> String {
    match error {
        UseCaseError::Answer(answer) => format!("Refused: {}.", answer.code().replace('_', " ")),
        UseCaseError::Store(_) => "The database refused or could not be reached; the log has the details.".to_owned(),
    }
}

/// An error with its causes, for the log.
pub(super) fn chain(error: &UseCaseError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
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
