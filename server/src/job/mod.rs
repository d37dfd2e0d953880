//! What happens by itself: recurring jobs, one file each. The work queue carries them (`crate::queue`).
//!
//! A recurring job takes no input and looks at what is due when it runs, so it may run at any time,
//! twice, or not for a while (law 7). Each change it makes is a unit of work of its own.
//!
//! To add a job: write `pub async fn run(base: &Base) -> Result<JobReport, UseCaseError>` in a file
//! of its own and give it a line in [`JOBS`].

pub mod announce_ends;
pub mod apply_changes;
pub mod clear_queue;
pub mod end_grants;
pub mod end_sessions;
pub mod finalise_decisions;
pub mod gather_digests;
pub mod lapse_requests;
pub mod remind_and_escalate;
pub mod replan_stages;
pub mod resume_releases;
mod runner;
pub mod seal_secrets;
pub mod send_mail;

pub use runner::{Recurring, queue_due, register, run_due};

use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use futures::future::BoxFuture;

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobReport {
    /// Records that were changed.
    pub changed: i64,
    /// Records at which it failed; the log has each of them.
    pub failed: i64,
    /// The same as a sentence.
    pub what: String,
}

/// Counts a job's work record by record. One record that fails keeps no other from its turn, and does
/// not slow the job down: it is logged, counted, and met again in the next run.
#[derive(Debug)]
pub(crate) struct Tally {
    job: &'static str,
    changed: i64,
    failed: i64,
}

impl Tally {
    pub(crate) fn new(job: &'static str) -> Self {
        Self { job, changed: 0, failed: 0 }
    }

    /// Counts one record: whether it was changed, or that it failed.
    pub(crate) fn count(&mut self, record: impl std::fmt::Display, outcome: Result<bool, UseCaseError>) {
        match outcome {
            Ok(changed) => self.changed += i64::from(changed),
            Err(error) => {
                self.failed += 1;
                tracing::error!(job = self.job, %record, fault = %crate::queue::chain(&error), "a job failed at one record");
            }
        }
    }

    /// Records changed so far.
    pub(crate) fn changed(&self) -> i64 {
        self.changed
    }

    /// What the run came to.
    pub(crate) fn report(&self, what: String) -> JobReport {
        JobReport { changed: self.changed, failed: self.failed, what }
    }
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
        name: finalise_decisions::NAME,
        what: "Records decisions that can no longer be undone.",
        every_seconds: 5,
        run: |base| Box::pin(finalise_decisions::run(base)),
    },
    JobSpec {
        name: end_grants::NAME,
        what: "Plans the removal of access that reached its end, whose holder is no longer active, or that has to go before what replaces it.",
        every_seconds: 60,
        run: |base| Box::pin(end_grants::run(base)),
    },
    JobSpec {
        name: resume_releases::NAME,
        what: "Queues releases that a machine should carry out by now and that nobody has in hand.",
        every_seconds: 60,
        run: |base| Box::pin(resume_releases::run(base)),
    },
    JobSpec {
        name: apply_changes::NAME,
        what: "Puts confirmed changes to the catalogue and the rules in force when their time has come.",
        every_seconds: 60,
        run: |base| Box::pin(apply_changes::run(base)),
    },
    JobSpec {
        name: replan_stages::NAME,
        what: "Asks again who can decide, at every decision that waits.",
        every_seconds: 60,
        run: |base| Box::pin(replan_stages::run(base)),
    },
    JobSpec {
        name: remind_and_escalate::NAME,
        what: "Reminds those asked, asks the next level, and gives back what was taken on and not decided.",
        every_seconds: 60,
        run: |base| Box::pin(remind_and_escalate::run(base)),
    },
    JobSpec {
        name: lapse_requests::NAME,
        what: "Ends requests whose period ran out before they were released.",
        every_seconds: 3_600,
        run: |base| Box::pin(lapse_requests::run(base)),
    },
    JobSpec {
        name: end_sessions::NAME,
        what: "Ends sessions that may not be used any more, and forgets what was typed into refused forms.",
        every_seconds: 300,
        run: |base| Box::pin(end_sessions::run(base)),
    },
    JobSpec {
        name: announce_ends::NAME,
        what: "Reminds people that access of theirs ends: when a third of the time, a week and a day are left.",
        every_seconds: 3_600,
        run: |base| Box::pin(announce_ends::run(base)),
    },
    JobSpec {
        name: gather_digests::NAME,
        what: "Makes mails of what people should know, at most one an hour for each kind and person.",
        every_seconds: 60,
        run: |base| Box::pin(gather_digests::run(base)),
    },
    JobSpec {
        name: send_mail::NAME,
        what: "Hands mails to the mail server, and tries again what it did not take.",
        every_seconds: 15,
        run: |base| Box::pin(send_mail::run(base)),
    },
    JobSpec {
        name: seal_secrets::NAME,
        what: "Seals secrets of connections with the present key that were sealed with one before it.",
        every_seconds: 3_600,
        run: |base| Box::pin(seal_secrets::run(base)),
    },
    JobSpec {
        name: clear_queue::NAME,
        what: "Clears away what is left of tasks that were replaced while they ran on a server that died.",
        every_seconds: 3_600,
        run: |base| Box::pin(clear_queue::run(base)),
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use app::error::AppError;

    #[test]
    fn one_record_that_fails_is_counted_and_keeps_no_other_from_its_turn() {
        let mut tally = Tally::new("a-job");
        for outcome in [Ok(true), Err(AppError::Internal.into()), Ok(false), Ok(true)] {
            tally.count("a record", outcome);
        }
        assert_eq!(tally.report("two were changed".to_owned()), JobReport { changed: 2, failed: 1, what: "two were changed".to_owned() });
    }
}
