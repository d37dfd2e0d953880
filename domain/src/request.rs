//! An access request: the states it may pass through.
//!
//! A request is an immutable revision once submitted; an edit makes the next revision and voids what
//! was decided on the one before. Answering a question in words changes nothing that was asked, so
//! the revision stays. What is typed before it is a request: [`crate::basket`].

use crate::error::InvalidTransition;
use crate::words::words;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

words! {
    /// Why access is asked for, chosen from a list so that it can be counted.
    pub enum ReasonCode: "reason" {
        /// Project work.
        Project = "project", "Project work",
        /// Running something.
        Operations = "operations", "Operations and support",
        /// A new role or team.
        NewRole = "new_role", "New role or team",
        /// Dealing with an incident.
        Incident = "incident", "Incident",
        /// Audit or review.
        Audit = "audit", "Audit or review",
        /// Something else, explained in the justification.
        Other = "other", "Something else",
    }
}

words! {
    /// What kind of change a request asks for.
    pub enum RequestKind: "request kind" {
        /// Something new.
        Grant = "grant", "New access",
        /// A later end of a grant.
        Extend = "extend", "Extension",
        /// An entitlement in place of a grant.
        Change = "change", "Change",
    }
}

/// Where a request stands, with the facts of that state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum RequestState {
    /// People are deciding (or the plan is held because nobody can).
    InApproval,
    /// Sent back with a question; the requester answers with the next revision.
    Returned {
        /// The question.
        reason: String,
    },
    /// Everyone approved; the change waits to be carried out.
    Approved,
    /// The access is there.
    Released,
    /// The access has ended and the removal is proven; or the end that was to be moved is moved.
    Closed,
    /// Taken back before release.
    Withdrawn {
        /// Why.
        reason: String,
    },
    /// Somebody said no.
    Rejected {
        /// Why.
        reason: String,
    },
    /// Its period ran out before it was released.
    Lapsed {
        /// What ran out.
        reason: String,
    },
}

impl RequestState {
    /// The word stored in the database.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::InApproval => "in_approval",
            Self::Returned { .. } => "returned",
            Self::Approved => "approved",
            Self::Released => "released",
            Self::Closed => "closed",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Rejected { .. } => "rejected",
            Self::Lapsed { .. } => "lapsed",
        }
    }

    /// The label shown on screen.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::InApproval => "In approval",
            Self::Returned { .. } => "Returned with a question",
            Self::Approved => "Approved, waits for release",
            Self::Released => "Access active",
            Self::Closed => "Closed",
            Self::Withdrawn { .. } => "Withdrawn",
            Self::Rejected { .. } => "Rejected",
            Self::Lapsed { .. } => "Lapsed",
        }
    }

    /// The sentence that explains the state, where one is recorded.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Returned { reason } | Self::Withdrawn { reason } | Self::Rejected { reason } | Self::Lapsed { reason } => Some(reason),
            Self::InApproval | Self::Approved | Self::Released | Self::Closed => None,
        }
    }

    /// Reads a state back from its stored word and reason; `None` for an impossible pair.
    #[must_use]
    pub fn from_stored(word: &str, reason: Option<String>) -> Option<Self> {
        match (word, reason) {
            ("in_approval", None) => Some(Self::InApproval),
            ("returned", Some(reason)) => Some(Self::Returned { reason }),
            ("approved", None) => Some(Self::Approved),
            ("released", None) => Some(Self::Released),
            ("closed", None) => Some(Self::Closed),
            ("withdrawn", Some(reason)) => Some(Self::Withdrawn { reason }),
            ("rejected", Some(reason)) => Some(Self::Rejected { reason }),
            ("lapsed", Some(reason)) => Some(Self::Lapsed { reason }),
            _ => None,
        }
    }

    /// Whether the request still counts as pending access (for separation of duties).
    #[must_use]
    pub fn is_pending(&self) -> bool {
        matches!(self, Self::InApproval | Self::Returned { .. } | Self::Approved)
    }

    fn refuse<T>(&self, action: &'static str) -> Result<T, InvalidTransition> {
        let from = match self {
            Self::InApproval => "in approval",
            other => other.word(),
        };
        Err(InvalidTransition { noun: "request", from, action })
    }

    /// The last stage approved.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless in approval.
    pub fn approve(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::InApproval => Ok(Self::Approved),
            other => other.refuse("be approved"),
        }
    }

    /// An approver asks a question.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless in approval.
    pub fn send_back(self, reason: String) -> Result<Self, InvalidTransition> {
        match self {
            Self::InApproval => Ok(Self::Returned { reason }),
            other => other.refuse("be returned"),
        }
    }

    /// An approver says no.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless in approval.
    pub fn reject(self, reason: String) -> Result<Self, InvalidTransition> {
        match self {
            Self::InApproval => Ok(Self::Rejected { reason }),
            other => other.refuse("be rejected"),
        }
    }

    /// The requester changes it: the next revision goes to everyone again.
    ///
    /// # Errors
    /// [`InvalidTransition`] once released or ended.
    pub fn revise(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::InApproval | Self::Returned { .. } | Self::Approved => Ok(Self::InApproval),
            other => other.refuse("be changed"),
        }
    }

    /// The requester answers the question in words: the same revision goes on.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless returned.
    pub fn answer(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Returned { .. } => Ok(Self::InApproval),
            other => other.refuse("be answered"),
        }
    }

    /// The requester takes it back.
    ///
    /// # Errors
    /// [`InvalidTransition`] once released or ended.
    pub fn withdraw(self, reason: String) -> Result<Self, InvalidTransition> {
        match self {
            Self::InApproval | Self::Returned { .. } | Self::Approved => Ok(Self::Withdrawn { reason }),
            other => other.refuse("be withdrawn"),
        }
    }

    /// The access is there.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless approved.
    pub fn release(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Approved => Ok(Self::Released),
            other => other.refuse("be released"),
        }
    }

    /// The access has ended.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless released.
    pub fn close(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Released => Ok(Self::Closed),
            other => other.refuse("be closed"),
        }
    }

    /// Its period ran out before anything was released.
    ///
    /// # Errors
    /// [`InvalidTransition`] once released or ended.
    pub fn lapse(self, reason: String) -> Result<Self, InvalidTransition> {
        match self {
            Self::InApproval | Self::Returned { .. } | Self::Approved => Ok(Self::Lapsed { reason }),
            other => other.refuse("lapse"),
        }
    }
}

/// What is known of a request when it is read for a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submitted {
    /// When it was first submitted.
    pub at: Timestamp,
    /// Which revision is current.
    pub revision: i32,
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
