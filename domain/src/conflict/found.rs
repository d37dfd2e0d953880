//! What a broken rule looks like to whoever asks, decides or answers for it: the rule, what clashes
//! with what, and the words that say so.
//!
//! It is stored with the facts of a gate, so that what was known then can be read later.

use super::{Severity, Standing};
use crate::id::EntitlementId;
use serde::{Deserialize, Serialize};

/// One rule that the wished-for access would break.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictFound {
    /// Code of the rule.
    pub code: String,
    /// Version of the rule; `None` in facts that were stored before versions were kept with them.
    #[serde(default)]
    pub version: Option<i32>,
    /// What the rule keeps apart.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// What it clashes with.
    pub with: EntitlementId,
    /// Its name.
    pub with_name: String,
    /// How the person has it.
    pub standing: Standing,
    /// Name of what gives them that, unless they have it itself.
    #[serde(default)]
    pub with_through: Option<String>,
    /// The account of the same person that has it, unless it is the one that is asked for.
    #[serde(default)]
    pub with_account: Option<String>,
    /// Name of the included entitlement that clashes, unless it is the one asked for.
    #[serde(default)]
    pub because_of: Option<String>,
    /// What may make the combination bearable, in words; empty where nothing is named.
    #[serde(default)]
    pub mitigation: String,
    /// For a rule about a set: how many one person may have.
    #[serde(default)]
    pub at_most: Option<usize>,
}

impl ConflictFound {
    /// What clashes with what, as part of a sentence: "“Pay and approve” (SOD-001) with Payment
    /// Approver, already held through Finance Lead".
    #[must_use]
    pub fn describe(&self) -> String {
        let because = self.because_of.as_ref().map(|name| format!(": {name}, which it includes,")).unwrap_or_default();
        let through = match (&self.with_through, self.standing) {
            (None, _) => String::new(),
            // What is inside of what is asked for needs no more than its name.
            (Some(name), Standing::Requested) => format!(" as part of {name}"),
            (Some(name), Standing::Held | Standing::Pending) => format!(" through {name}"),
        };
        let account = match (&self.with_account, self.standing) {
            (None, _) => String::new(),
            (Some(account), Standing::Held) => format!(" by another account of the same person, {account}"),
            (Some(account), Standing::Pending | Standing::Requested) => format!(" for another account of the same person, {account}"),
        };
        let at_most = self.at_most.map(|most| format!(" (at most {most} of the set)")).unwrap_or_default();
        let mitigation = if self.mitigation.is_empty() {
            String::new()
        } else {
            format!("; {}: {}", self.severity.mitigation_means().to_lowercase(), self.mitigation)
        };
        format!(
            "“{}” ({}){because} with {}, {}{through}{account}{at_most}{mitigation}",
            self.title,
            self.code,
            self.with_name,
            self.standing.label()
        )
    }
}
