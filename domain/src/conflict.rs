//! Separation of duties: which combinations of access one person must not have.
//!
//! What counts is what access gives, not what it is called: an entitlement that includes others
//! brings them along, on the side of what is asked for as on the side of what is held. And people
//! count, not accounts: what somebody has on one account is looked at when they ask on another.
//!
//! Here are the rules and the ways in which a person comes to have something. The comparison is
//! [`conflicts_of`]; what it gives, and how that reads, is [`ConflictFound`].

mod compare;
mod found;
#[cfg(test)]
mod tests;

pub use compare::conflicts_of;
pub use found::ConflictFound;

use crate::id::{ConflictId, EntitlementId};
use crate::words::words;
use serde::{Deserialize, Serialize};

words! {
    /// How bad a combination is.
    pub enum Severity: "severity" {
        /// Worth a look.
        Low = "low", "Low",
        /// To be avoided.
        Medium = "medium", "Medium",
        /// Never without an exception.
        High = "high", "High",
    }
}

impl Severity {
    /// What a mitigation on record does to a rule of this severity; what it is follows after a colon.
    /// None lifts a rule of high severity: that stops a request until there is an exception.
    #[must_use]
    pub fn mitigation_means(self) -> &'static str {
        match self {
            Self::Low | Self::Medium => "Bearable with",
            Self::High => "Of high severity, so not lifted by",
        }
    }
}

/// What a rule keeps apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Something of one side together with something of the other breaks the rule.
    Sides {
        /// One side.
        left: Vec<EntitlementId>,
        /// The other side.
        right: Vec<EntitlementId>,
    },
    /// More than so many of the members break it.
    Set {
        /// The members.
        members: Vec<EntitlementId>,
        /// How many one person may have.
        at_most: usize,
    },
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// Its id.
    pub id: ConflictId,
    /// Human code, for example `SOD-003`.
    pub code: String,
    /// What the rule keeps apart.
    pub title: String,
    /// Its version.
    pub version: i32,
    /// How bad.
    pub severity: Severity,
    /// What may make the combination bearable, in words; empty where nothing is named.
    pub mitigation: String,
    /// What it keeps apart.
    pub shape: Shape,
}

words! {
    /// How a person comes to have an entitlement that a conflict looks at.
    pub enum Standing: "standing" {
        /// They hold it now.
        Held = "held", "already held",
        /// It is on its way in another request.
        Pending = "pending", "pending in another request",
        /// They are asking for it here: in the same basket, or inside the same entitlement.
        Requested = "requested", "asked for here",
    }
}

/// Something that is asked for, by name or because it is included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Which.
    pub entitlement: EntitlementId,
    /// Its name.
    pub name: String,
    /// Name of what includes it, unless it is asked for itself.
    pub through: Option<String>,
}

/// Something the person has or will have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standings {
    /// Which.
    pub entitlement: EntitlementId,
    /// Its name.
    pub name: String,
    /// How they come to have it.
    pub standing: Standing,
    /// Name of what includes it, unless they have it itself.
    pub through: Option<String>,
    /// The account that has it, unless it is the one that is asked for.
    pub account: Option<String>,
}
