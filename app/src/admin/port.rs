//! What the administration page asks of the server.

use crate::error::AppError;
use crate::identities::port::PersonHit;
use crate::record::PersonRef;
use crate::when::When;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::id::{AssignmentId, IdentityId};
use domain::permission::Role;
use serde::{Deserialize, Serialize};

/// One role that somebody has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignmentLine {
    /// Which.
    pub id: AssignmentId,
    /// Who has it.
    pub person: PersonRef,
    /// The role.
    pub role: Role,
    /// Since when.
    pub since: When,
    /// Who gave it; set-up when nobody did.
    pub granted_by: Option<PersonRef>,
}

/// One recurring job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobLine {
    /// Its name.
    pub name: String,
    /// What it does, one sentence.
    pub what: String,
    /// How often, in words.
    pub every: String,
    /// When it last ended.
    pub last: Option<When>,
    /// `ok` or `failed`.
    pub outcome: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
    /// When it is due next.
    pub next: When,
    /// How often it ran, and failed.
    pub runs: (i64, i64),
}

/// One applied import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportLine {
    /// `people` or `catalogue`.
    pub kind: String,
    /// Name of the file.
    pub file: String,
    /// When it was applied.
    pub applied: When,
    /// Added, changed, removed, unchanged, skipped.
    pub counts: [i64; 5],
}

/// A stage at which nobody can decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldLine {
    /// Number of the request.
    pub number: String,
    /// Why.
    pub reason: String,
    /// Since when the request waits.
    pub since: When,
}

/// The administration page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminView {
    /// Roles that people have.
    pub assignments: Vec<AssignmentLine>,
    /// People found by the search, or none without one.
    pub people: Vec<PersonHit>,
    /// Active identities, all identities.
    pub identities: (i64, i64),
    /// Recurring jobs.
    pub jobs: Vec<JobLine>,
    /// The last ten imports.
    pub imports: Vec<ImportLine>,
    /// Requests that wait because nobody can decide (at most fifty).
    pub held: Vec<HeldLine>,
    /// The caller may change something here.
    pub may_change: bool,
    /// As of when.
    pub as_of: When,
}

/// Running the installation.
#[async_trait]
pub trait Administration: Send + Sync {
    /// The page; `q` searches people by name, number or mail address.
    async fn overview(&self, caller: &Caller, q: String) -> Result<AdminView, AppError>;
    /// Gives a role to somebody else.
    async fn assign_role(&self, caller: &Caller, identity: IdentityId, role: String) -> Result<(), AppError>;
    /// Ends a role of somebody else.
    async fn end_role(&self, caller: &Caller, assignment: AssignmentId) -> Result<(), AppError>;
    /// Makes a job due now.
    async fn run_job(&self, caller: &Caller, name: String) -> Result<(), AppError>;
}
