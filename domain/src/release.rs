//! A release: one planned change to what an identity can do, and who carried it out.

use crate::error::{InvalidTransition, RuleBroken};
use crate::id::IdentityId;
use crate::words::words;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

words! {
    /// What a release changes.
    pub enum ReleaseKind: "release kind" {
        /// Gives access.
        Activate = "activate", "Give access",
        /// Takes access away.
        Remove = "remove", "Remove access",
        /// Lets access end at another moment.
        Extend = "extend", "Move the end",
    }
}

/// Where a release stands, with the facts of that state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ReleaseState {
    /// Waits in the operators' queue.
    Planned,
    /// Somebody tried, and gates were not met on fresh facts.
    Held {
        /// One sentence for each gate that was not met.
        reasons: Vec<String>,
    },
    /// Carried out.
    Executed {
        /// By whom.
        by: IdentityId,
        /// When.
        at: Timestamp,
        /// What shows it.
        evidence: String,
    },
    /// Not needed any more.
    Cancelled,
}

impl ReleaseState {
    /// The word stored in the database.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Held { .. } => "held",
            Self::Executed { .. } => "executed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The label shown on screen.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Planned => "Waits for an operator",
            Self::Held { .. } => "Held by a gate",
            Self::Executed { .. } => "Carried out",
            Self::Cancelled => "Cancelled",
        }
    }

    fn refuse<T>(&self, action: &'static str) -> Result<T, InvalidTransition> {
        Err(InvalidTransition { noun: "release", from: self.word(), action })
    }

    /// Carried out. A held release may be tried again: the gates are what decides, each time.
    ///
    /// # Errors
    /// [`InvalidTransition`] when already executed or cancelled.
    pub fn execute(self, by: IdentityId, at: Timestamp, evidence: String) -> Result<Self, InvalidTransition> {
        match self {
            Self::Planned | Self::Held { .. } => Ok(Self::Executed { by, at, evidence }),
            other => other.refuse("be carried out"),
        }
    }

    /// Gates were not met.
    ///
    /// # Errors
    /// [`InvalidTransition`] when already executed or cancelled.
    pub fn hold(self, reasons: Vec<String>) -> Result<Self, InvalidTransition> {
        match self {
            Self::Planned | Self::Held { .. } => Ok(Self::Held { reasons }),
            other => other.refuse("be held"),
        }
    }

    /// Not needed any more, because the request was withdrawn or lapsed.
    ///
    /// # Errors
    /// [`InvalidTransition`] when already executed or cancelled.
    pub fn cancel(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Planned | Self::Held { .. } => Ok(Self::Cancelled),
            other => other.refuse("be cancelled"),
        }
    }
}

/// Checks that `by` may carry out a change at `now` that `approvers` approved for `subject`. Both are
/// all accounts of the people concerned: law 3 counts people.
///
/// # Errors
/// [`RuleBroken::ApproverExecutes`], [`RuleBroken::SubjectExecutes`] or [`RuleBroken::TooEarly`].
pub fn may_execute(
    by: IdentityId,
    subject: &[IdentityId],
    approvers: &[IdentityId],
    not_before: Timestamp,
    now: Timestamp,
) -> Result<(), RuleBroken> {
    if approvers.contains(&by) {
        Err(RuleBroken::ApproverExecutes)
    } else if subject.contains(&by) {
        Err(RuleBroken::SubjectExecutes)
    } else if now < not_before {
        Err(RuleBroken::TooEarly)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn person(n: u8) -> IdentityId {
        IdentityId::new(Timestamp::UNIX_EPOCH, [n; 10])
    }

    proptest! {
        #[test]
        fn an_executed_or_cancelled_release_never_moves_again(moves in proptest::collection::vec(0u8..3, 0..20)) {
            let mut state = ReleaseState::Planned;
            for action in moves {
                let ended = matches!(state, ReleaseState::Executed { .. } | ReleaseState::Cancelled);
                let next = match action {
                    0 => state.clone().execute(person(1), Timestamp::UNIX_EPOCH, "seen".into()),
                    1 => state.clone().hold(vec!["a gate".into()]),
                    _ => state.clone().cancel(),
                };
                prop_assert_eq!(next.is_err(), ended);
                if let Ok(next) = next { state = next; }
            }
        }

        #[test]
        fn no_approver_and_no_account_of_the_subject_ever_executes(by in 0u8..10, subject in 0u8..4, approvers in proptest::collection::vec(0u8..4, 0..3), early in any::<bool>()) {
            let approvers: Vec<_> = approvers.into_iter().map(person).collect();
            let now = if early { Timestamp::UNIX_EPOCH } else { Timestamp::MAX };
            let start = Timestamp::from_second(1).unwrap_or_default();
            let allowed = may_execute(person(by), &[person(subject), person(9)], &approvers, start, now).is_ok();
            prop_assert_eq!(allowed, by != subject && by != 9 && !approvers.contains(&person(by)) && !early);
        }
    }
}
