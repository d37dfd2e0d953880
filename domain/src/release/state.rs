//! Where a release stands, and every way from one state to the next.

use super::{Failure, ReleaseKind};
use crate::error::InvalidTransition;
use crate::id::IdentityId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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
        /// What proves it; none where nothing had to be undone.
        evidence: Option<String>,
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
            Self::Held { .. } => "Held",
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

    /// Whether a machine is at it, on the way forward: what comes of a step can be taken.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        matches!(self, Self::Gated | Self::AccountReady | Self::Activated { by: None, .. })
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

    /// Undoing goes on at once, where it got stuck or waits for its next try.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless it is being undone or stuck.
    pub fn undo_now(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Undoing { failure, .. } | Self::Stuck { failure } => Ok(Self::Undoing { failure, next_try: None }),
            other => other.refuse("be undone"),
        }
    }

    /// Everything is undone, and that was read or is said by two people; without `evidence`, nothing had
    /// to be undone.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless it is being undone.
    pub fn rolled_back(self, evidence: Option<String>) -> Result<Self, InvalidTransition> {
        match self {
            Self::Undoing { failure, .. } => Ok(Self::RolledBack { failure, evidence }),
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

    /// Nothing was begun for it and people serve the application by now: it waits for them.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless it failed and would be tried again by itself.
    pub fn leave_to_people(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Failed { next_try: Some(_), .. } => Ok(Self::Planned),
            other => other.refuse("be left to people"),
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

    /// Not needed any more, because the request was withdrawn or lapsed. `kept`: somebody has it in hand and
    /// may be doing it, or something may be there that it brought about. That is given back, rolled back or
    /// taken back first.
    ///
    /// # Errors
    /// [`InvalidTransition`] while it is under way, when it is kept, or when it is over.
    pub fn cancel(self, kept: bool) -> Result<Self, InvalidTransition> {
        match self {
            Self::Planned | Self::Held { .. } | Self::RolledBack { .. } | Self::Failed { .. } if !kept => Ok(Self::Cancelled),
            other => other.refuse("be cancelled"),
        }
    }
}
