//! What the controls page asks of the server.

use crate::error::AppError;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::gate::{ControlKind, Outcome};
use serde::{Deserialize, Serialize};

/// One case of a control: facts in, outcome expected. It ran when the policies were loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlCase {
    /// A sentence.
    pub name: String,
    /// `pass`, `fail` or `edge`.
    pub kind: String,
    /// What the control says.
    pub outcome: Outcome,
}

/// One control as it is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlView {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its objective, one testable sentence.
    pub objective: String,
    /// What the requester is told to do.
    pub remedy: String,
    /// Mandatory or compensating.
    pub kind: ControlKind,
    /// Frameworks it serves.
    pub frameworks: Vec<String>,
    /// Who owns it.
    pub owner: String,
    /// The policy text.
    pub source: String,
    /// Its cases.
    pub cases: Vec<ControlCase>,
    /// Evaluations in the last thirty days at submission and release.
    pub evaluations: i64,
    /// Of these, not met.
    pub failures: i64,
}

/// The policy set in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlsView {
    /// Hash of the set, hexadecimal.
    pub policy_hash: String,
    /// The controls, in order.
    pub controls: Vec<ControlView>,
}

/// Controls.
#[async_trait]
pub trait Controls: Send + Sync {
    /// The policy set in force with its figures.
    async fn list(&self, caller: &Caller) -> Result<ControlsView, AppError>;
}
