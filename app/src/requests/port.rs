//! What the request pages ask of the server.

use super::draft_port::{Difference, MadeLine};
use crate::attachments::port::AttachmentLine;
use crate::error::AppError;
use crate::record::{EntitlementCard, GrantLine, PersonRef, ReleaseLine, RequestLine, TimelineEvent};
use crate::when::When;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::approval::Verdict;
use domain::basket::BasketForm;
use domain::decision::{Overtaken, SignatureMethod};
use domain::gate::Evaluation;
use domain::id::{ChangeId, DelegationId, IdempotencyKey, RequestId, StageId};
use domain::page::Page;
use domain::request::{ReasonCode, RequestKind, RequestState};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One planned stage in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanLine {
    /// What it is called ("Line manager").
    pub name: String,
    /// Stages of one step are asked at the same time.
    pub step: i32,
    /// Others are asked at the same time.
    pub parallel: bool,
    /// How many different people have to approve.
    pub quorum: i32,
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
    /// Id of a change: of all, only open requests that keep the version beside it. Empty: any.
    #[serde(default)]
    pub change: String,
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
    /// The change that the list is about, with its number.
    pub beside: Option<(ChangeId, String)>,
    /// The caller may list all.
    pub may_list_all: bool,
    /// As of when.
    pub as_of: When,
}

/// How long something took, or has taken so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeSpent {
    /// "1 d 3 h elapsed, 9 h 20 min working, 2 h waiting for the requester".
    pub words: String,
    /// The calendar that working time was counted with, and its version.
    pub calendar: String,
}

/// One stage of the approval plan, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageView {
    /// Which.
    pub id: StageId,
    /// What it is called ("Line manager").
    pub name: String,
    /// Stages of one step are asked at the same time.
    pub step: i32,
    /// Others are asked at the same time.
    pub parallel: bool,
    /// How many different people have to approve.
    pub quorum: i32,
    /// How many have.
    pub approvals: i32,
    /// `waiting`, `open`, `held`, `approved`, `rejected`, `returned` or `void`.
    pub state: String,
    /// Who may decide, with the reason why they were asked.
    pub candidates: Vec<CandidateView>,
    /// Why it is held.
    pub hold_reason: Option<String>,
    /// Since when.
    pub held: Option<When>,
    /// Since when it is open.
    pub opened: Option<When>,
    /// When it is due.
    pub due: Option<When>,
    /// It is open and past its due time.
    pub late: bool,
    /// Since when its clock stands still, because the requester is asked, and the working time that
    /// is left.
    pub paused: Option<(When, String)>,
    /// Working time spent waiting for the requester, in words; empty when there was none.
    pub waited: String,
    /// How long it took or has taken, once it was opened.
    pub time: Option<TimeSpent>,
    /// When those asked were reminded.
    pub reminded: Option<When>,
    /// When the next level was asked as well, or could not be.
    pub escalated: Option<When>,
    /// Why nobody of the next level could be asked.
    pub next_level_missing: Option<String>,
    /// Who of the team has taken it on, until when.
    pub claimed: Option<(PersonRef, When)>,
    /// Since when.
    pub claimed_since: Option<When>,
    /// Who was asked instead of whom.
    pub reassignments: Vec<ReassignmentView>,
    /// The decisions at this stage, oldest first; questions are among them.
    pub decisions: Vec<DecisionView>,
}

/// Somebody who may decide at a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateView {
    /// Who.
    pub person: PersonRef,
    /// As what they are asked.
    pub because: String,
    /// They were asked because the stage was escalated.
    pub next_level: bool,
    /// Whom they stand in for.
    pub stands_in_for: Option<PersonRef>,
}

/// One reassignment of a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReassignmentView {
    /// Who is no longer asked; nothing where nobody could be.
    pub from: Option<PersonRef>,
    /// Who is asked.
    pub to: PersonRef,
    /// Who said so.
    pub by: PersonRef,
    /// Why.
    pub reason: String,
    /// When.
    pub at: When,
}

/// One recorded decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionView {
    /// Who decided.
    pub by: PersonRef,
    /// Whom they stood in for.
    pub stood_in_for: Option<PersonRef>,
    /// The delegation that let them.
    pub delegation: Option<DelegationNote>,
    /// What.
    pub verdict: Verdict,
    /// Their words.
    pub comment: Option<String>,
    /// An earlier end than was asked for.
    pub ends_on: Option<Date>,
    /// One of many with one press, and the seconds between showing the list and the press.
    pub bulk: Option<i32>,
    /// When.
    pub at: When,
    /// Start of the hash of what they had on the screen.
    pub shown_hash: String,
    /// Their signature, where one was asked for.
    pub signature: Option<SignatureView>,
}

/// The delegation behind a decision, as it stood when it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DelegationNote {
    /// Which.
    pub id: DelegationId,
    /// What it covers, in words: "everything", "elevated tier; Ledger".
    pub scope: String,
    /// From when.
    pub starts: When,
    /// Until when it was to run.
    pub ends: When,
}

/// A signature as it is printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureView {
    /// Name as printed.
    pub name: String,
    /// When.
    pub at: When,
    /// What it means.
    pub meaning: String,
    /// Hash of what was shown, hexadecimal.
    pub hash: String,
    /// How it was proven.
    pub method: SignatureMethod,
    /// Why it no longer counts, where the record moved on.
    pub overtaken: Option<Overtaken>,
}

/// One message of the conversation on a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageView {
    /// On which revision.
    pub revision: i32,
    /// It is a question; otherwise an answer.
    pub question: bool,
    /// Who.
    pub by: PersonRef,
    /// Whom they stood in for.
    pub stood_in_for: Option<PersonRef>,
    /// What.
    pub body: String,
    /// When.
    pub at: When,
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
    /// What kind of change it asks for.
    pub kind: RequestKind,
    /// Name of what it would extend or replace, and when that ends now.
    pub changes: Option<(String, Option<When>)>,
    /// Why what it replaces has to be removed before the new access is given, where it has to.
    pub goes_first: Option<String>,
    /// Reason in words.
    pub justification: String,
    /// What the entitlement asked, and the answers.
    pub answers: Vec<(String, String)>,
    /// First day.
    pub starts_on: Date,
    /// Last day that was asked for.
    pub ends_on: Option<Date>,
    /// Last day that counts: the earliest of what was asked for and what approvers allowed.
    pub effective_end: Option<Date>,
    /// Questions and answers, oldest first.
    pub messages: Vec<MessageView>,
    /// What is asked for, in the version that is pinned.
    pub items: Vec<EntitlementCard>,
    /// Specification that was in force: population and version.
    pub specification: (String, i32),
    /// Gates at submission of this revision.
    pub gates: Option<Evaluation>,
    /// Gates of the newest attempt to release.
    pub release_gates: Option<Evaluation>,
    /// The approval plan that applies, with its version.
    pub plan: Option<String>,
    /// Name and version of the template that everything asked for together came from.
    pub template: Option<(String, i32)>,
    /// Files of this revision.
    pub files: Vec<AttachmentLine>,
    /// What was asked together with it.
    pub together: Vec<MadeLine>,
    /// Every revision, newest first, with what it changed.
    pub revisions: Vec<RevisionLine>,
    /// The approval plan of this revision.
    pub stages: Vec<StageView>,
    /// How long it took until the access was given, or has taken so far.
    pub time: TimeSpent,
    /// Releases that came of it.
    pub releases: Vec<ReleaseLine>,
    /// Grants that came of it, and the one that it extends or replaces.
    pub grants: Vec<GrantLine>,
    /// What the end was moved to, once an extension was carried out; nothing when that access has no end.
    pub extended_to: Option<When>,
    /// Everything that happened, oldest first.
    pub timeline: Vec<TimelineEvent>,
    /// The caller may take it back now.
    pub may_withdraw: bool,
    /// The caller may answer the question now.
    pub may_answer: bool,
    /// Whoever answers for the account that it is about, and can go on with it for whoever asked.
    pub sponsor: Option<PersonRef>,
    /// A release is held because facts changed since this was asked for: the next revision is the way on.
    pub outdated: bool,
    /// The caller may change it now: decisions on this revision would no longer count.
    pub may_edit: bool,
    /// The release that keeps the caller from taking it back and from changing it.
    pub under_way: Option<UnderWay>,
    /// The caller may decide now, at this stage.
    pub may_decide: Option<StageId>,
    /// As of when.
    pub as_of: When,
    /// Key for one change made from this page.
    pub key: IdempotencyKey,
}

/// A release that keeps its request from being taken back and from being changed, by its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnderWay {
    /// It has been begun, and something of it may be there.
    Begun {
        /// Which.
        release: String,
    },
    /// An operator has taken it on and may be doing it.
    InHand {
        /// Which.
        release: String,
        /// Their name.
        by: String,
        /// When it goes back to everybody by itself.
        until: When,
    },
    /// An operator did it although a rule held it, and nobody says that it was taken back.
    MayBeThere {
        /// Which.
        release: String,
        /// Their name.
        by: String,
    },
}

/// One revision of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisionLine {
    /// Which.
    pub revision: i32,
    /// When it was submitted.
    pub at: When,
    /// By whom.
    pub by: PersonRef,
    /// What differs from the revision before; empty for the first.
    pub differences: Vec<Difference>,
    /// Decisions on it that no longer count, because a later one was made: stage and decision.
    pub void: Vec<(String, DecisionView)>,
}

/// Asking for access.
#[async_trait]
pub trait Requests: Send + Sync {
    /// Submits a basket that was not a draft: one request for each item, all or none. Refused with
    /// the control's id at its field when a mandatory gate is not met.
    async fn submit(&self, caller: &Caller, form: BasketForm, key: IdempotencyKey) -> Result<Vec<RequestId>, AppError>;
    /// Takes it back.
    async fn withdraw(&self, caller: &Caller, request: RequestId, version: i32, reason: String) -> Result<(), AppError>;
    /// A list.
    async fn list(&self, caller: &Caller, query: RequestsQuery) -> Result<RequestsPage, AppError>;
    /// One request; [`AppError::NotFound`] for anyone not involved.
    async fn show(&self, caller: &Caller, request: RequestId) -> Result<RequestView, AppError>;
}
