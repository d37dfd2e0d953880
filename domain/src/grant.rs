//! A grant: access that somebody has, is about to lose, or had.

use crate::error::InvalidTransition;
use crate::id::ReleaseId;
use crate::words::words;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

words! {
    /// Why a grant ends.
    pub enum EndReason: "end reason" {
        /// Its end was reached.
        Expired = "expired", "Reached its end",
        /// The person left or was suspended.
        IdentityStopped = "identity_stopped", "The person is no longer active",
        /// Given back by the holder, or by who answers for them.
        GivenBack = "given_back", "Given back",
        /// Other access took its place.
        Replaced = "replaced", "Replaced by other access",
    }
}

/// Where a grant stands, with the facts of that state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum GrantState {
    /// The access is there.
    Active,
    /// Its end was reached; the removal waits in the operators' queue.
    Ending {
        /// Since when.
        since: Timestamp,
        /// Why.
        reason: EndReason,
        /// The release that removes it.
        removal: ReleaseId,
    },
    /// Gone, and the removal is proven.
    Ended {
        /// When.
        at: Timestamp,
        /// Why.
        reason: EndReason,
        /// The release that removed it.
        removal: ReleaseId,
    },
}

impl GrantState {
    /// The word stored in the database.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Ending { .. } => "ending",
            Self::Ended { .. } => "ended",
        }
    }

    /// The end is reached: the removal is planned.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless active.
    pub fn start_ending(self, since: Timestamp, reason: EndReason, removal: ReleaseId) -> Result<Self, InvalidTransition> {
        match self {
            Self::Active => Ok(Self::Ending { since, reason, removal }),
            other => Err(InvalidTransition { noun: "grant", from: other.word(), action: "start to end" }),
        }
    }

    /// The removal was carried out.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless ending.
    pub fn end(self, at: Timestamp) -> Result<Self, InvalidTransition> {
        match self {
            Self::Ending { reason, removal, .. } => Ok(Self::Ended { at, reason, removal }),
            other => Err(InvalidTransition { noun: "grant", from: other.word(), action: "be ended" }),
        }
    }
}

/// Why an extension cannot be carried out now. The sentences are for the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotExtended {
    /// The access is on its way out or gone: what ends does not come back (law 7).
    #[error("The access has ended or is being removed, so there is nothing to extend: it has to be asked for anew.")]
    Ended,
    /// The end that was approved has passed.
    #[error("The approved period has ended.")]
    Past,
}

/// The end that approval leaves: the earliest of what was asked for and of what each approver
/// allowed. `None` is no end.
#[must_use]
pub fn approved_end(asked: Option<Timestamp>, allowed: impl IntoIterator<Item = Timestamp>) -> Option<Timestamp> {
    asked.into_iter().chain(allowed).min()
}

/// The new end of a grant whose extension is carried out at `now`: what was approved, never the
/// past, and only while the access is there (law 9).
///
/// # Errors
/// [`NotExtended`], for which the release is held.
pub fn extend(state: &GrantState, approved: Option<Timestamp>, now: Timestamp) -> Result<Option<Timestamp>, NotExtended> {
    if *state != GrantState::Active {
        return Err(NotExtended::Ended);
    }
    match approved {
        Some(end) if end <= now => Err(NotExtended::Past),
        end => Ok(end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_grant_ends_only_through_a_planned_removal(moves in proptest::collection::vec(any::<bool>(), 0..12)) {
            let removal = ReleaseId::new(Timestamp::UNIX_EPOCH, [1; 10]);
            let mut state = GrantState::Active;
            for ending in moves {
                let before = state.clone();
                let next = if ending {
                    state.clone().start_ending(Timestamp::UNIX_EPOCH, EndReason::Expired, removal)
                } else {
                    state.clone().end(Timestamp::UNIX_EPOCH)
                };
                if let Ok(next) = next {
                    match &next {
                        GrantState::Active => prop_assert!(false, "nothing becomes active again"),
                        GrantState::Ending { .. } => prop_assert_eq!(before, GrantState::Active),
                        GrantState::Ended { .. } => prop_assert!(matches!(before, GrantState::Ending { .. }), "ended from {}", before.word()),
                    }
                    state = next;
                }
            }
        }
    }

    fn second(n: i64) -> Timestamp {
        Timestamp::from_second(n).unwrap_or_default()
    }

    #[test]
    fn the_approved_end_is_the_earliest_anybody_named() {
        for (asked, allowed, end) in [
            (Some(90), vec![], Some(90)),
            (Some(90), vec![60], Some(60)),
            (Some(90), vec![60, 30], Some(30)),
            (Some(90), vec![120], Some(90)),
            (None, vec![60], Some(60)),
            (None, vec![], None),
        ] {
            let found = approved_end(asked.map(second), allowed.iter().copied().map(second));
            assert_eq!(found, end.map(second), "{asked:?} {allowed:?}");
        }
    }

    #[test]
    fn only_access_that_is_there_is_extended_and_never_into_the_past() {
        let removal = ReleaseId::new(Timestamp::UNIX_EPOCH, [1; 10]);
        let ending = GrantState::Ending { since: second(1), reason: EndReason::Expired, removal };
        let ended = GrantState::Ended { at: second(1), reason: EndReason::GivenBack, removal };
        for (state, approved, outcome) in [
            (&GrantState::Active, Some(101), Ok(Some(101))),
            (&GrantState::Active, None, Ok(None)),
            (&GrantState::Active, Some(100), Err(NotExtended::Past)),
            (&GrantState::Active, Some(99), Err(NotExtended::Past)),
            (&ending, Some(101), Err(NotExtended::Ended)),
            (&ended, None, Err(NotExtended::Ended)),
        ] {
            assert_eq!(
                extend(state, approved.map(second), second(100)),
                outcome.map(|end| end.map(second)),
                "{} {approved:?}",
                state.word()
            );
        }
    }
}
