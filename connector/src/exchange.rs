//! What was said to another machine and what it answered, with secrets removed: evidence.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One request and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// What it was for, one word: `find_account`, `patch_group`.
    pub purpose: String,
    /// `GET`, `POST`, …; for machines that do not speak HTTP, their own word.
    pub method: String,
    /// The address without user, password and query.
    pub address: String,
    /// The request's body, secrets removed, shortened.
    pub request: Option<Value>,
    /// The answer's status; none when no answer came.
    pub status: Option<u16>,
    /// The answer's body, secrets removed, shortened.
    pub answer: Option<Value>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// The exchanges of one call, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchanges(pub Vec<Exchange>);
