//! A release: one planned change to what an identity can do, who or what carried it out, and what
//! proves it.
//!
//! ```text
//! planned -> gated -> account_ready -> activated -> closed
//!   sides: held (a gate), failed (a step), undoing -> rolled_back | stuck, cancelled
//! ```
//!
//! What people carry out goes from `planned` to `activated` in one move and, unless the tier demands a
//! second look, to `closed` in the same one. What was proven is a moment (`verified`), no resting
//! place: a release is closed by what proves it.

pub mod moves;
mod state;
#[cfg(test)]
mod state_tests;

pub use state::ReleaseState;

use crate::error::RuleBroken;
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

/// What went wrong, or why it was rolled back, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Where: the step's word, `plan`, `read_back`, `second_look` or `by_hand`.
    pub step: String,
    /// What kind of fault, one word.
    pub fault: String,
    /// One sentence without anything secret.
    pub said: String,
    /// When.
    pub at: Timestamp,
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
        fn no_approver_and_no_account_of_the_subject_ever_executes(by in 0u8..10, subject in 0u8..4, approvers in proptest::collection::vec(0u8..4, 0..3), early in any::<bool>()) {
            let approvers: Vec<_> = approvers.into_iter().map(person).collect();
            let now = if early { Timestamp::UNIX_EPOCH } else { Timestamp::MAX };
            let start = Timestamp::from_second(1).unwrap_or_default();
            let allowed = may_execute(person(by), &[person(subject), person(9)], &approvers, start, now).is_ok();
            prop_assert_eq!(allowed, by != subject && by != 9 && !approvers.contains(&person(by)) && !early);
        }
    }
}
