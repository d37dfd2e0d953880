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

/// Where a release stands, with the facts of that state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ReleaseState {
    /// Waits for its time, for an operator or for the worker.
    Planned,
    /// Somebody or something tried, and gates were not met on fresh facts.
    Held {
        /// One sentence for each gate that was not met.
        reasons: Vec<String>,
    },
    /// The gates are met; a machine is being asked.
    Gated,
    /// The account is there and active; the entitlement is not given yet.
    AccountReady,
    /// Done, and not proven yet.
    Activated {
        /// By whom; none when a machine was asked.
        by: Option<IdentityId>,
        /// When.
        at: Timestamp,
        /// What the operator says shows it; none when a machine was asked.
        evidence: Option<String>,
    },
    /// A step came to nothing.
    Failed {
        /// What went wrong.
        failure: Failure,
        /// When it is tried again by itself; none when a person has to look.
        next_try: Option<Timestamp>,
    },
    /// What was done is being undone.
    Undoing {
        /// Why, or what went wrong with it last.
        failure: Failure,
        /// When it is tried again; none at once.
        next_try: Option<Timestamp>,
    },
    /// Undoing failed: somebody has to put it right over there.
    Stuck {
        /// What could not be undone.
        failure: Failure,
    },
    /// Everything that was done is undone.
    RolledBack {
        /// Why.
        failure: Failure,
    },
    /// Carried out and proven.
    Closed {
        /// By whom; none when a machine was asked.
        by: Option<IdentityId>,
        /// Since when the change is there.
        at: Timestamp,
        /// What proves it.
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
            Self::Gated => "gated",
            Self::AccountReady => "account_ready",
            Self::Activated { .. } => "activated",
            Self::Failed { .. } => "failed",
            Self::Undoing { .. } => "undoing",
            Self::Stuck { .. } => "stuck",
            Self::RolledBack { .. } => "rolled_back",
            Self::Closed { .. } => "closed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The label shown on screen.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Planned => "Waits to be carried out",
            Self::Held { .. } => "Held by a gate",
            Self::Gated => "Being carried out",
            Self::AccountReady => "Account ready",
            Self::Activated { by: None, .. } => "Done, being proven",
            Self::Activated { by: Some(_), .. } => "Done, waits for a second look",
            Self::Failed { next_try: Some(_), .. } => "Failed, tries again",
            Self::Failed { next_try: None, .. } => "Failed, needs a person",
            Self::Undoing { .. } => "Being rolled back",
            Self::Stuck { .. } => "Stuck: rolling back failed",
            Self::RolledBack { .. } => "Rolled back",
            Self::Closed { .. } => "Carried out",
            Self::Cancelled => "Cancelled",
        }
    }

    /// Whether nothing happens to it any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Closed { .. } | Self::Cancelled)
    }

    /// Whether nothing was done for it yet, so that it can be cancelled and people may carry it out.
    #[must_use]
    pub fn is_untouched(&self) -> bool {
        matches!(self, Self::Planned | Self::Held { .. } | Self::RolledBack { .. })
    }

    /// Whether a person has to do something about it.
    #[must_use]
    pub fn needs_a_person(&self) -> bool {
        matches!(self, Self::Failed { next_try: None, .. } | Self::Stuck { .. } | Self::RolledBack { .. } | Self::Held { .. })
    }

    fn refuse<T>(&self, action: &'static str) -> Result<T, InvalidTransition> {
        Err(InvalidTransition { noun: "release", from: self.word(), action })
    }

    /// The gates are met; from here a machine is asked. Gates are what decides, each time: what was
    /// held or failed may be tried again without anybody approving again.
    ///
    /// # Errors
    /// [`InvalidTransition`] while it is under way, being undone, or over.
    pub fn gate(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Planned | Self::Held { .. } | Self::Failed { .. } | Self::RolledBack { .. } => Ok(Self::Gated),
            other => other.refuse("pass its gates"),
        }
    }

    /// The account is there.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless gated.
    pub fn ready_account(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Gated => Ok(Self::AccountReady),
            other => other.refuse("have its account ready"),
        }
    }

    /// A machine did what was asked.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless gated or with its account ready.
    pub fn activate(self, at: Timestamp) -> Result<Self, InvalidTransition> {
        match self {
            Self::Gated | Self::AccountReady => Ok(Self::Activated { by: None, at, evidence: None }),
            other => other.refuse("be done"),
        }
    }

    /// A person did it, with the gates met in the same move.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless nothing was done for it yet.
    pub fn activate_by_hand(self, by: IdentityId, at: Timestamp, evidence: String) -> Result<Self, InvalidTransition> {
        match self {
            Self::Planned | Self::Held { .. } => Ok(Self::Activated { by: Some(by), at, evidence: Some(evidence) }),
            other => other.refuse("be carried out"),
        }
    }

    /// Proven: by a reading of what is there, by the evidence of whoever did it, or by a second look.
    /// `evidence` is what the reading or the second look says; without it the operator's stands.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless done.
    pub fn close(self, proof: Option<String>) -> Result<Self, InvalidTransition> {
        match self {
            Self::Activated { by, at, evidence } => {
                let evidence = match (evidence, proof) {
                    (Some(said), Some(proof)) => format!("{said}\n{proof}"),
                    (Some(one), None) | (None, Some(one)) => one,
                    (None, None) => return Self::Activated { by, at, evidence: None }.refuse("be closed without proof"),
                };
                Ok(Self::Closed { by, at, evidence })
            }
            other => other.refuse("be closed"),
        }
    }

    /// A removal with nothing left to take away: other access keeps what it would remove. `why` says
    /// which, in place of a proof.
    ///
    /// # Errors
    /// [`InvalidTransition`] while it is under way, and when it is over.
    pub fn not_needed(self, at: Timestamp, why: String) -> Result<Self, InvalidTransition> {
        match self {
            Self::Planned | Self::Failed { .. } => Ok(Self::Closed { by: None, at, evidence: why }),
            other => other.refuse("be closed as not needed"),
        }
    }

    /// A step came to nothing.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless it is under way.
    pub fn fail(self, failure: Failure, next_try: Option<Timestamp>) -> Result<Self, InvalidTransition> {
        match self {
            Self::Gated | Self::AccountReady | Self::Activated { .. } | Self::Failed { .. } => Ok(Self::Failed { failure, next_try }),
            other => other.refuse("fail"),
        }
    }

    /// Gates were not met.
    ///
    /// # Errors
    /// [`InvalidTransition`] while it is under way, being undone, or over.
    pub fn hold(self, reasons: Vec<String>) -> Result<Self, InvalidTransition> {
        match self {
            Self::Planned | Self::Held { .. } | Self::Failed { .. } | Self::RolledBack { .. } => Ok(Self::Held { reasons }),
            other => other.refuse("be held"),
        }
    }

    /// What was done begins to be undone. Only giving is rolled back: access that is on its way out
    /// does not come back (law 7).
    ///
    /// # Errors
    /// [`InvalidTransition`] for removals, and unless it failed or is held or under way.
    pub fn roll_back(self, kind: ReleaseKind, failure: Failure) -> Result<Self, InvalidTransition> {
        match (kind, self) {
            (
                ReleaseKind::Activate,
                Self::Gated
                | Self::AccountReady
                | Self::Failed { .. }
                | Self::Held { .. }
                | Self::Stuck { .. }
                | Self::Activated { by: None, .. },
            ) => Ok(Self::Undoing { failure, next_try: None }),
            (_, other) => other.refuse("be rolled back"),
        }
    }

    /// Everything is undone.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless it is being undone.
    pub fn rolled_back(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Undoing { failure, .. } => Ok(Self::RolledBack { failure }),
            other => other.refuse("be rolled back"),
        }
    }

    /// Undoing came to nothing and is tried again.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless it is being undone.
    pub fn undo_again(self, failure: Failure, next_try: Timestamp) -> Result<Self, InvalidTransition> {
        match self {
            Self::Undoing { .. } => Ok(Self::Undoing { failure, next_try: Some(next_try) }),
            other => other.refuse("be undone"),
        }
    }

    /// Undoing failed for good.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless it is being undone.
    pub fn stick(self, failure: Failure) -> Result<Self, InvalidTransition> {
        match self {
            Self::Undoing { .. } => Ok(Self::Stuck { failure }),
            other => other.refuse("get stuck"),
        }
    }

    /// Back into the queue, without anybody approving again.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless it failed, was held or rolled back, or waits for a second look that says no.
    pub fn retry(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Held { .. } | Self::Failed { .. } | Self::RolledBack { .. } | Self::Activated { by: Some(_), .. } => Ok(Self::Planned),
            other => other.refuse("be tried again"),
        }
    }

    /// Not needed any more, because the request was withdrawn or lapsed. `touched`: something may be
    /// there that this release brought about; then it is rolled back first.
    ///
    /// # Errors
    /// [`InvalidTransition`] while it is under way, when touched, or when it is over.
    pub fn cancel(self, touched: bool) -> Result<Self, InvalidTransition> {
        match self {
            Self::Planned | Self::Held { .. } | Self::RolledBack { .. } | Self::Failed { .. } if !touched => Ok(Self::Cancelled),
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

    fn failure() -> Failure {
        Failure { step: "give".into(), fault: "refused".into(), said: "No.".into(), at: Timestamp::UNIX_EPOCH }
    }

    /// Every move, by number.
    fn moved(state: ReleaseState, action: u8, kind: ReleaseKind) -> Result<ReleaseState, InvalidTransition> {
        let at = Timestamp::UNIX_EPOCH;
        match action {
            0 => state.gate(),
            1 => state.ready_account(),
            2 => state.activate(at),
            3 => state.activate_by_hand(person(1), at, "seen".into()),
            4 => state.close(Some("read back".into())),
            5 => state.fail(failure(), Some(at)),
            6 => state.fail(failure(), None),
            7 => state.hold(vec!["a gate".into()]),
            8 => state.roll_back(kind, failure()),
            9 => state.rolled_back(),
            10 => state.stick(failure()),
            11 => state.retry(),
            12 => state.undo_again(failure(), at),
            13 => state.not_needed(at, "kept".into()),
            _ => state.cancel(false),
        }
    }

    fn every_state() -> Vec<ReleaseState> {
        let at = Timestamp::UNIX_EPOCH;
        vec![
            ReleaseState::Planned,
            ReleaseState::Held { reasons: vec!["a gate".into()] },
            ReleaseState::Gated,
            ReleaseState::AccountReady,
            ReleaseState::Activated { by: None, at, evidence: None },
            ReleaseState::Activated { by: Some(person(1)), at, evidence: Some("seen".into()) },
            ReleaseState::Failed { failure: failure(), next_try: Some(at) },
            ReleaseState::Failed { failure: failure(), next_try: None },
            ReleaseState::Undoing { failure: failure(), next_try: None },
            ReleaseState::Stuck { failure: failure() },
            ReleaseState::RolledBack { failure: failure() },
            ReleaseState::Closed { by: None, at, evidence: "read back".into() },
            ReleaseState::Cancelled,
        ]
    }

    #[test]
    fn every_state_can_be_left_in_exactly_these_ways() {
        let table: Vec<String> = every_state()
            .into_iter()
            .map(|state| {
                let ways: Vec<String> = (0..=14)
                    .filter_map(|action| moved(state.clone(), action, ReleaseKind::Activate).ok())
                    .map(|next| next.word().to_owned())
                    .collect();
                format!("{}: {}", state.word(), ways.join(" "))
            })
            .collect();
        assert_eq!(
            table,
            [
                "planned: gated activated held closed cancelled",
                "held: gated activated held undoing planned cancelled",
                "gated: account_ready activated failed failed undoing",
                "account_ready: activated failed failed undoing",
                "activated: closed failed failed undoing",
                "activated: closed failed failed planned",
                "failed: gated failed failed held undoing planned closed cancelled",
                "failed: gated failed failed held undoing planned closed cancelled",
                "undoing: rolled_back stuck undoing",
                "stuck: undoing",
                "rolled_back: gated held planned cancelled",
                "closed: ",
                "cancelled: ",
            ]
        );
    }

    #[test]
    fn what_was_touched_is_never_just_cancelled() {
        for state in every_state() {
            assert!(state.cancel(true).is_err());
        }
    }

    #[test]
    fn nothing_is_closed_without_proof() {
        let done = ReleaseState::Activated { by: None, at: Timestamp::UNIX_EPOCH, evidence: None };
        assert!(done.close(None).is_err());
    }

    proptest! {
        #[test]
        fn a_closed_or_cancelled_release_never_moves_again(moves in proptest::collection::vec(0u8..=14, 0..40)) {
            let mut state = ReleaseState::Planned;
            for action in moves {
                let over = state.is_over();
                let next = moved(state.clone(), action, ReleaseKind::Activate);
                prop_assert!(!(over && next.is_ok()), "{} moved", state.word());
                if let Ok(next) = next { state = next; }
            }
        }

        #[test]
        fn a_removal_is_never_undone(moves in proptest::collection::vec(0u8..=14, 0..40)) {
            let mut state = ReleaseState::Planned;
            for action in moves {
                if let Ok(next) = moved(state.clone(), action, ReleaseKind::Remove) { state = next; }
                let undone = matches!(state, ReleaseState::Undoing { .. } | ReleaseState::RolledBack { .. } | ReleaseState::Stuck { .. });
                prop_assert!(!undone, "{}", state.word());
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
