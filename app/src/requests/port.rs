//! What the request pages ask of the server.

use crate::error::AppError;
use crate::record::{EntitlementCard, GrantLine, PersonRef, ReleaseLine, RequestLine, TimelineEvent};
use crate::when::When;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::approval::Verdict;
use domain::gate::Evaluation;
use domain::id::{IdempotencyKey, RequestId, StageId};
use domain::page::Page;
use domain::request::{ReasonCode, RequestForm, RequestState};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Everything beside the form: what is asked for, who would decide, the gates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestDesk {
    /// What is asked for.
    pub card: EntitlementCard,
    /// Gates on the form as typed.
    pub evaluation: Evaluation,
    /// Who would decide, in order.
    pub plan: Vec<PlanLine>,
    /// The form, prefilled: with what was typed, or with sensible first values.
    pub form: RequestForm,
    /// Today in the installation's zone.
    pub today: Date,
    /// Key for one submission of this form.
    pub key: IdempotencyKey,
    /// The caller holds it already.
    pub held: bool,
    /// The open request for it, if there is one.
    pub pending: Option<RequestId>,
    /// The question to answer and the number of the request, when this is the next revision.
    pub question: Option<(String, String)>,
}

/// One planned stage in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanLine {
    /// By what authority ("Line manager").
    pub authority: String,
    /// Who may decide ("Shahaf Famili or Leon DasSarma"), or why it would be held.
    pub who: String,
    /// Nobody may decide at present.
    pub held: bool,
}

/// Which requests a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestsQuery {
    /// `mine` (default), or `all` for those who may list all.
    #[serde(default)]
    pub scope: String,
    /// Word of a state, or empty.
    #[serde(default)]
    pub state: String,
    /// Start of the page, opaque.
    #[serde(default)]
    pub after: String,
}

/// A list of requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestsPage {
    /// The requests, newest first.
    pub page: Page<RequestLine>,
    /// States with their counts in this scope: word, label, count.
    pub states: Vec<(String, String, i64)>,
    /// The caller may list all.
    pub may_list_all: bool,
    /// As of when.
    pub as_of: When,
}

/// One stage of the approval plan, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageView {
    /// Which.
    pub id: StageId,
    /// By what authority ("Line manager").
    pub authority: String,
    /// `waiting`, `open`, `held`, `approved`, `rejected`, `returned` or `void`.
    pub state: String,
    /// Who may decide, with the reason why they were asked.
    pub candidates: Vec<(PersonRef, String)>,
    /// Why it is held.
    pub hold_reason: Option<String>,
    /// Since when it is open.
    pub opened: Option<When>,
    /// When it is due.
    pub due: Option<When>,
    /// It is open and past its due time.
    pub late: bool,
    /// The decision, once there is one.
    pub decision: Option<DecisionView>,
}

/// One recorded decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionView {
    /// Who decided.
    pub by: PersonRef,
    /// What.
    pub verdict: Verdict,
    /// Their words.
    pub comment: Option<String>,
    /// When.
    pub at: When,
    /// Start of the hash of what they had on the screen.
    pub shown_hash: String,
}

/// One request with everything on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestView {
    /// Which.
    pub id: RequestId,
    /// Human number.
    pub number: String,
    /// Where it stands.
    pub state: RequestState,
    /// Since when.
    pub since: When,
    /// Which revision this is.
    pub revision: i32,
    /// Version of the record; goes up with every change.
    pub version: i32,
    /// Hash over what is shown, hexadecimal; a decision carries it back.
    pub content_hash: String,
    /// Who would get the access.
    pub subject: PersonRef,
    /// Who asked.
    pub requester: PersonRef,
    /// When it was submitted.
    pub submitted: When,
    /// Reason from the list.
    pub reason: ReasonCode,
    /// Reason in words.
    pub justification: String,
    /// First day.
    pub starts_on: Date,
    /// Last day.
    pub ends_on: Option<Date>,
    /// What is asked for, in the version that is pinned.
    pub items: Vec<EntitlementCard>,
    /// Specification that was in force: population and version.
    pub specification: (String, i32),
    /// Gates at submission of this revision.
    pub gates: Option<Evaluation>,
    /// Gates of the newest attempt to release.
    pub release_gates: Option<Evaluation>,
    /// The approval plan of this revision.
    pub stages: Vec<StageView>,
    /// Releases that came of it.
    pub releases: Vec<ReleaseLine>,
    /// Grants that came of it.
    pub grants: Vec<GrantLine>,
    /// Everything that happened, oldest first.
    pub timeline: Vec<TimelineEvent>,
    /// The caller may take it back now.
    pub may_withdraw: bool,
    /// The caller may answer the question now.
    pub may_answer: bool,
    /// The caller may decide now, at this stage.
    pub may_decide: Option<StageId>,
    /// As of when.
    pub as_of: When,
    /// Key for one change made from this page.
    pub key: IdempotencyKey,
}

/// Asking for access.
#[async_trait]
pub trait Requests: Send + Sync {
    /// The form with live gates. `answering` is the returned request that the form would answer.
    /// Evaluates and stores the evaluation; never refuses because of a gate.
    async fn desk(&self, caller: &Caller, form: RequestForm, answering: Option<RequestId>) -> Result<RequestDesk, AppError>;
    /// Submits. Refused with the control's id at its field when a mandatory gate is not met.
    async fn submit(&self, caller: &Caller, form: RequestForm, key: IdempotencyKey) -> Result<RequestId, AppError>;
    /// Answers a question with the next revision; decisions on the one before are void.
    async fn answer(&self, caller: &Caller, request: RequestId, version: i32, form: RequestForm) -> Result<(), AppError>;
    /// Takes it back.
    async fn withdraw(&self, caller: &Caller, request: RequestId, version: i32, reason: String) -> Result<(), AppError>;
    /// A list.
    async fn list(&self, caller: &Caller, query: RequestsQuery) -> Result<RequestsPage, AppError>;
    /// One request; [`AppError::NotFound`] for anyone not involved.
    async fn show(&self, caller: &Caller, request: RequestId) -> Result<RequestView, AppError>;
}
