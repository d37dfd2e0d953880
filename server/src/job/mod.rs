//! What happens by itself: recurring jobs, one file each, and the runner that starts them.
//!
//! A recurring job takes no input and looks at what is due when it runs, so it may run at any time,
//! twice, or not for a while (law 7). Each change it makes is a unit of work of its own.
//!
//! To add a job: write `pub async fn run(base: &Base) -> Result<JobReport, UseCaseError>` in a file
//! of its own and give it a line in [`JOBS`].

pub mod end_grants;
pub mod end_sessions;
pub mod lapse_requests;
pub mod replan_stages;
mod runner;

pub use runner::{JobsHandle, run_due, start};

use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use futures::future::BoxFuture;

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobReport {
    /// Records that were changed.
    pub changed: i64,
    /// The same as a sentence.
    pub what: String,
}

/// A recurring job.
pub struct JobSpec {
    /// Its name in the job table and on its events.
    pub name: &'static str,
    /// What it does, one sentence.
    pub what: &'static str,
    /// How often.
    pub every_seconds: i32,
    /// Runs it once.
    run: fn(&Base) -> BoxFuture<'_, Result<JobReport, UseCaseError>>,
}

/// Every recurring job.
pub const JOBS: &[JobSpec] = &[
    JobSpec {
        name: end_grants::NAME,
        what: "Plans the removal of access that reached its end or whose holder is no longer active.",
        every_seconds: 60,
        run: |base| Box::pin(end_grants::run(base)),
    },
    JobSpec {
        name: replan_stages::NAME,
        what: "Asks again where nobody could decide.",
        every_seconds: 60,
        run: |base| Box::pin(replan_stages::run(base)),
    },
    JobSpec {
        name: lapse_requests::NAME,
        what: "Ends requests whose period ran out before they were released.",
        every_seconds: 3_600,
        run: |base| Box::pin(lapse_requests::run(base)),
    },
    JobSpec {
        name: end_sessions::NAME,
        what: "Ends sessions that may not be used any more.",
        every_seconds: 300,
        run: |base| Box::pin(end_sessions::run(base)),
    },
];
