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

/// A mail that was not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailLine {
    /// Why it is sent, in words.
    pub kind: String,
    /// Who was to get it.
    pub recipient: String,
    /// When it was made.
    pub made: When,
    /// How often it was tried.
    pub attempts: i32,
    /// When it is tried again; nothing when it was given up.
    pub next: Option<When>,
    /// What went wrong.
    pub error: String,
}

/// Mail as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailView {
    /// Whom mails come from; nothing when mail is not set up.
    pub from: Option<String>,
    /// Mails that wait, were sent in the last 24 hours, and were given up.
    pub figures: [i64; 3],
    /// Mails that failed (at most twenty).
    pub failed: Vec<MailLine>,
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
    /// What the server does by itself and has not done in time, a sentence each.
    pub late: Vec<String>,
    /// The last ten imports.
    pub imports: Vec<ImportLine>,
    /// Requests that wait because nobody can decide (at most fifty).
    pub held: Vec<HeldLine>,
    /// Mail.
    pub mail: MailView,
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
    /// Puts mails that were given up back into the line.
    async fn send_mail_again(&self, caller: &Caller) -> Result<(), AppError>;
    /// Makes a job due now.
    async fn run_job(&self, caller: &Caller, name: String) -> Result<(), AppError>;
}
