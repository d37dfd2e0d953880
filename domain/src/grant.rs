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
        /// Given back by the holder.
        GivenBack = "given_back", "Given back",
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
}
