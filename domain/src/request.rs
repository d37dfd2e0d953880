//! An access request: what is asked, and the states it may pass through.
//!
//! A request is an immutable revision once submitted; answering a question makes the next revision
//! and voids what was decided on the one before.

use crate::error::{FieldError, InvalidTransition};
use crate::id::EntitlementId;
use crate::text::Justification;
use crate::time::Period;
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;
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

/// A request as typed, before anything is checked. Field names are the form's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestForm {
    /// Entitlement id.
    #[serde(default)]
    pub entitlement: String,
    /// Word of a [`ReasonCode`].
    #[serde(default)]
    pub reason_code: String,
    /// Why, in the requester's words.
    #[serde(default)]
    pub justification: String,
    /// First day, `YYYY-MM-DD`.
    #[serde(default)]
    pub starts_on: String,
    /// Last day, `YYYY-MM-DD`; empty means no end.
    #[serde(default)]
    pub ends_on: String,
}

/// What a well-formed request asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Which entitlement.
    pub entitlement: EntitlementId,
    /// Why, from the list.
    pub reason: ReasonCode,
    /// Why, in words.
    pub justification: Justification,
    /// From when to when.
    pub period: Period,
}

impl RequestForm {
    /// Parses the whole form, the same way in the browser and on the server.
    ///
    /// # Errors
    /// Every field that cannot be accepted, in the order of the form.
    pub fn parse(&self, today: Date) -> Result<Wish, Vec<FieldError>> {
        let mut errors = Vec::new();
        let entitlement = self
            .entitlement
            .trim()
            .parse::<EntitlementId>()
            .map_err(|_| FieldError::new("entitlement", "required", "Choose what you need from the catalogue."));
        let reason = self
            .reason_code
            .parse::<ReasonCode>()
            .map_err(|_| FieldError::new("reason_code", "required", "Choose a reason from the list."));
        let justification = Justification::parse(&self.justification);
        let period = Period::parse(&self.starts_on, &self.ends_on, today);
        if let Err(error) = &entitlement {
            errors.push(error.clone());
        }
        if let Err(error) = &reason {
            errors.push(error.clone());
        }
        if let Err(error) = &justification {
            errors.push(error.clone());
        }
        if let Err(more) = &period {
            errors.extend(more.iter().cloned());
        }
        match (entitlement, reason, justification, period) {
            (Ok(entitlement), Ok(reason), Ok(justification), Ok(period)) => Ok(Wish { entitlement, reason, justification, period }),
            _ => Err(errors),
        }
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
    /// The access has ended and the removal is proven.
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

    /// The requester answers with the next revision.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless returned.
    pub fn resubmit(self) -> Result<Self, InvalidTransition> {
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
