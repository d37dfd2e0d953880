//! Many decisions with one press: what was selected, and what came of each.

use crate::when::When;
use domain::id::{BulkDecisionId, IdempotencyKey, StageId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What came of one press that decided many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkOutcome {
    /// Which.
    pub id: BulkDecisionId,
    /// When.
    pub at: When,
    /// Seconds between showing the list and the press.
    pub seconds_spent: i32,
    /// What came of each.
    pub lines: Vec<BulkLine>,
}

/// What came of one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkLine {
    /// Number of the request; empty for one that the caller may not know of.
    pub number: String,
    /// Its page.
    pub href: Option<String>,
    /// Code of the reason why it was not approved.
    pub refusal: Option<String>,
}

/// One line that was selected, as it was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkItem {
    /// At which stage.
    pub stage: StageId,
    /// Version that was shown.
    pub shown_version: i32,
    /// Hash that was shown, hexadecimal.
    pub shown_hash: String,
}

/// Everything that was selected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkForm {
    /// What.
    pub items: Vec<BulkItem>,
    /// When the list was shown.
    pub shown_at: Timestamp,
    /// Pressing twice with one key decides once.
    pub key: IdempotencyKey,
}
