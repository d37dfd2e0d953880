//! The work queue: what a use-case leaves to be done after its commit, and the recurring jobs.
//!
//! A task is queued in the transaction of the use-case ([`Work::enqueue`](crate::usecase::work::Work))
//! under a key, so that the same thing waits once, and holds ids only. Any server of the installation
//! takes it; `graphile_worker` claims, retries and, with a heartbeat every ten seconds, gives the tasks
//! of a dead server to another one within a minute. Tasks therefore run **at least once**: a handler
//! locks its record, looks again, and may find that there is nothing left to do.
//!
//! To add a kind of task: a struct of ids that implements [`TaskKind`], and a line in [`kinds`].

mod claim;
mod crew;
mod kind;
mod ticker;

pub use claim::Claim;
pub use crew::{QueueHandle, Server, worker};
pub use kind::{Crew, Kind, TaskKind};

use crate::job::Recurring;
use crate::usecase::carrying_out::by_hand::CarryOut;
use crate::usecase::error::UseCaseError;

/// Every kind of task that a server carries out.
#[must_use]
pub fn kinds() -> Vec<Kind> {
    vec![Kind::of::<Recurring>(), Kind::of::<CarryOut>()]
}

/// What went wrong, for the page of the queue: nothing internal.
#[must_use]
pub fn in_words(error: &UseCaseError) -> String {
    match error {
        UseCaseError::Answer(answer) => format!("Refused: {}.", answer.code().replace('_', " ")),
        UseCaseError::Store(_) => "The database refused or could not be reached; the log has the details.".to_owned(),
    }
}

/// The reason of a failed task as people may read it. The library keeps what a handler said in
/// quotes; anything else (a panic, a payload that cannot be read) is in the log alone.
#[must_use]
pub fn reason(kept: &str) -> String {
    match kept.strip_prefix("TaskError(\"").and_then(|rest| rest.strip_suffix("\")")) {
        Some(sentence) if sentence.ends_with('.') && !sentence.contains('\\') => sentence.to_owned(),
        _ if kept.starts_with("Job recovered") => "The server that had it stopped; it runs again.".to_owned(),
        _ => "It could not be carried out because of a fault of ours; the log has the details.".to_owned(),
    }
}

/// An error with its causes, for the log.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
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
    fn only_what_a_handler_said_is_shown() {
        assert_eq!(reason("TaskError(\"Refused: not possible.\")"), "Refused: not possible.");
        assert_eq!(reason("Job recovered after worker interruption"), "The server that had it stopped; it runs again.");
        for internal in
            ["TaskPanic(\"index out of bounds\")", "TaskError(\"Error(\\\"missing field\\\")\")", "TaskError(\"relation x\")", ""]
        {
            assert!(reason(internal).starts_with("It could not be carried out"), "{internal}");
        }
    }

    #[test]
    fn names_of_kinds_are_unique_and_each_says_what_it_is() {
        let mut names: Vec<_> = kinds().iter().map(|kind| kind.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), kinds().len());
        assert!(kinds().iter().all(|kind| !kind.what.is_empty()));
    }
}
