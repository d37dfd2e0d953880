//! Why a recipe stopped, as one text for the person at the terminal.

use std::fmt::Display;

/// What happened and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub String);

/// What a recipe or a part of one ends with.
pub type Outcome<T> = Result<T, Failure>;

/// Refuses with a text.
pub fn fail<T>(what: impl Into<String>) -> Outcome<T> {
    Err(Failure(what.into()))
}

/// Puts what was being done before the error of a library.
pub trait Context<T> {
    /// `what` completes the sentence "cannot …".
    fn context(self, what: impl Display) -> Outcome<T>;
}

impl<T, E: Display> Context<T> for Result<T, E> {
    fn context(self, what: impl Display) -> Outcome<T> {
        self.map_err(|error| Failure(format!("cannot {what}: {error}")))
    }
}
