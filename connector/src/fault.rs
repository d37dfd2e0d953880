//! What can go wrong between two machines, and whether trying again makes sense.

use std::time::Duration;

/// Why a call came to nothing, or to nothing that is known. The sentences are for operators: they
/// hold nothing secret and nothing internal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The other side understood and said no. Trying the same again would not help.
    #[error("{said}")]
    Refused {
        /// What it said, shortened, with its status.
        said: String,
    },
    /// Nothing reached the other side.
    #[error("The machine cannot be reached: {why}")]
    Unreachable {
        /// Why, in plain words.
        why: String,
    },
    /// No complete answer came in time, or it broke off. Whether anything happened is not known.
    #[error("No complete answer came{}, so it is not known what happened.", within(*.after))]
    Unclear {
        /// How long it was waited; said from a second on.
        after: Duration,
    },
    /// Too many calls at once.
    #[error("There are too many calls to this machine at once.")]
    Throttled {
        /// For how long it wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// The other side failed.
    #[error("The machine failed with status {status}.")]
    Broken {
        /// HTTP status, 500 and above.
        status: u16,
    },
    /// An answer that cannot be read.
    #[error("The answer cannot be understood: {why}")]
    Garbled {
        /// What is wrong with it.
        why: String,
    },
    /// The address leads where connectors may not go.
    #[error("The address is not allowed: {why}")]
    NotAllowed {
        /// Why.
        why: String,
    },
    /// The settings cannot work.
    #[error("The settings are wrong at {field}: {why}")]
    Misconfigured {
        /// The field.
        field: &'static str,
        /// What is wrong.
        why: String,
    },
    /// Too many calls failed lately; the connection rests. Set by the caller, never by a connector.
    #[error("The connection rests after several failures.")]
    Resting,
}

/// When to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Not by itself: a person has to look.
    No,
    /// After the usual wait.
    Later,
    /// Not before this much time has passed.
    After(Duration),
}

/// Less than a second is no measure of how long an answer was waited for: it broke off.
fn within(after: Duration) -> String {
    if after < Duration::from_secs(1) { String::new() } else { format!(" within {} s", after.as_secs()) }
}

impl Fault {
    /// Whether trying again by itself makes sense.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            Self::Refused { .. } | Self::NotAllowed { .. } | Self::Misconfigured { .. } => Retry::No,
            Self::Throttled { retry_after: Some(wait) } => Retry::After(*wait),
            Self::Unreachable { .. }
            | Self::Unclear { .. }
            | Self::Throttled { retry_after: None }
            | Self::Broken { .. }
            | Self::Garbled { .. }
            | Self::Resting => Retry::Later,
        }
    }

    /// Whether it counts against the connection: what the machine refuses on good grounds does not.
    #[must_use]
    pub fn counts_against(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Unclear { .. } | Self::Broken { .. } | Self::Garbled { .. })
    }

    /// The word stored in the database.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::Unreachable { .. } => "unreachable",
            Self::Unclear { .. } => "unclear",
            Self::Throttled { .. } => "throttled",
            Self::Broken { .. } => "broken",
            Self::Garbled { .. } => "garbled",
            Self::NotAllowed { .. } => "not_allowed",
            Self::Misconfigured { .. } => "misconfigured",
            Self::Resting => "resting",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_broke_off_at_once_is_not_said_to_have_been_waited_for() {
        for (millis, said) in [(0, ""), (999, ""), (1_000, " within 1 s"), (20_400, " within 20 s")] {
            let fault = Fault::Unclear { after: Duration::from_millis(millis) };
            assert_eq!(fault.to_string(), format!("No complete answer came{said}, so it is not known what happened."));
        }
    }
}
