//! What the pages about who decides ask of the server.

use crate::error::AppError;
use crate::record::PersonRef;
use crate::when::When;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::delegation::DelegationForm;
use domain::id::{DelegationId, RequestId, StageId};
use domain::page::Page;
use serde::{Deserialize, Serialize};

/// The delegations a person has a part in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DelegationsView {
    /// Who decides for the caller, newest first.
    pub given: Vec<DelegationLine>,
    /// For whom the caller decides.
    pub received: Vec<DelegationLine>,
    /// Applications a delegation can be limited to: id and name.
    pub applications: Vec<(String, String)>,
    /// Today, as a date field takes it.
    pub today: String,
}

/// One delegation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DelegationLine {
    /// Which.
    pub id: DelegationId,
    /// The other person.
    pub person: PersonRef,
    /// From when.
    pub starts: When,
    /// Until when.
    pub ends: When,
    /// What it covers, in words: "everything", "elevated tier; Ledger".
    pub scope: String,
    /// Why.
    pub reason: String,
    /// `coming`, `running`, `over` or `revoked`.
    pub state: String,
    /// It can be ended now.
    pub may_revoke: bool,
}

/// A request at which nobody can decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldLine {
    /// The stage.
    pub stage: StageId,
    /// The request.
    pub request: RequestId,
    /// Its number.
    pub number: String,
    /// Whether the caller may read it.
    pub readable: bool,
    /// What the stage is called.
    pub name: String,
    /// Why nobody can decide.
    pub reason: String,
    /// Since when.
    pub since: When,
    /// How long, in words.
    pub age: String,
}

/// The queue of what nobody can decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldsPage {
    /// Longest held first.
    pub page: Page<HoldLine>,
    /// The caller may give a decision to somebody.
    pub may_reassign: bool,
    /// As of when.
    pub as_of: When,
}

/// Giving a decision to somebody else, before it is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReassignView {
    /// The stage.
    pub stage: StageId,
    /// What it is called.
    pub name: String,
    /// The request.
    pub request: RequestId,
    /// Its number.
    pub number: String,
    /// Version of the request, which goes back with the form.
    pub version: i32,
    /// Why nobody can decide, if that is so.
    pub hold_reason: Option<String>,
    /// Who is asked now; the caller is named first when they are among them.
    pub candidates: Vec<PersonRef>,
    /// Whose place can be taken: everybody for compliance, otherwise the caller alone.
    pub replaceable: Vec<PersonRef>,
}

/// A reassignment as typed. Field names are the form's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReassignForm {
    /// Version of the request that was shown.
    pub version: i32,
    /// Id of the person whose place is taken; empty where nobody could be asked, or to add somebody.
    pub from: String,
    /// Who shall decide: mail address, number or full name.
    pub to: String,
    /// Why.
    pub reason: String,
}

/// Who decides instead.
#[async_trait]
pub trait Approvals: Send + Sync {
    /// The caller's delegations.
    async fn delegations(&self, caller: &Caller) -> Result<DelegationsView, AppError>;
    /// Lets somebody decide for the caller.
    async fn delegate(&self, caller: &Caller, form: DelegationForm) -> Result<(), AppError>;
    /// Ends a delegation of the caller's early. Twice is once.
    async fn revoke(&self, caller: &Caller, delegation: DelegationId) -> Result<(), AppError>;
    /// What nobody can decide; `after` is the start of the page, opaque.
    async fn holds(&self, caller: &Caller, after: String) -> Result<HoldsPage, AppError>;
    /// Takes a decision of a team on. [`AppError::Claimed`] when somebody else has.
    async fn claim(&self, caller: &Caller, stage: StageId) -> Result<(), AppError>;
    /// Gives it back to the team.
    async fn give_back(&self, caller: &Caller, stage: StageId) -> Result<(), AppError>;
    /// What a reassignment starts from; [`AppError::NotFound`] for anyone not involved.
    async fn reassignable(&self, caller: &Caller, stage: StageId) -> Result<ReassignView, AppError>;
    /// Gives a decision to somebody else.
    async fn reassign(&self, caller: &Caller, stage: StageId, form: ReassignForm) -> Result<(), AppError>;
}
