//! What the inbox asks of the server.

mod bulk;

pub use bulk::{BulkForm, BulkItem, BulkLine, BulkOutcome};

use crate::error::AppError;
use crate::record::{GrantLine, PersonRef, TimelineEvent};
use crate::requests::draft_port::Difference;
use crate::requests::port::RequestView;
use crate::when::When;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::approval::Verdict;
use domain::catalogue::RiskTier;
use domain::conflict::Severity;
use domain::id::{BulkDecisionId, EntitlementId, IdempotencyKey, IdentityId, PendingDecisionId, RequestId, SavedFilterId, StageId};
use domain::lead_time::UsualTime;
use domain::page::Page;
use domain::request::{ReasonCode, RequestKind, RequestState};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Which decisions the inbox shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxQuery {
    /// `all` (default), `late`, `today`, `standard`, `elevated` or `privileged`.
    #[serde(default)]
    pub filter: String,
    /// Empty (all that nobody else has taken on), `mine`, `team`, `claimed` or `delegated`.
    #[serde(default)]
    pub whose: String,
    /// Start of the page, opaque.
    #[serde(default)]
    pub after: String,
    /// A press that decided many, whose outcome is shown.
    #[serde(default)]
    pub bulk: String,
}

/// One decision that waits: the facts on the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxLine {
    /// The stage to decide at.
    pub stage: StageId,
    /// The request.
    pub request: RequestId,
    /// Its number.
    pub number: String,
    /// New access, an extension or a change.
    pub kind: RequestKind,
    /// Why it is asked for.
    pub reason: ReasonCode,
    /// Who would get the access.
    pub subject: String,
    /// What.
    pub entitlement: String,
    /// Of which application.
    pub application: String,
    /// Risk tier.
    pub tier: RiskTier,
    /// Last day, as approvers before left it.
    pub ends_on: Option<Date>,
    /// An approver before made it earlier than what was asked for.
    pub shortened: bool,
    /// Days from the first to the last.
    pub duration_days: Option<i32>,
    /// What an extension adds; nothing for new access and changes.
    pub extension: Option<Extension>,
    /// Active people of the subject's unit, the subject not counted.
    pub peers: i64,
    /// Of these, holding the entitlement now.
    pub peers_holding: i64,
    /// Rules against combinations that it touches, with what the person has or has asked for.
    pub conflicts: u32,
    /// As what the caller decides: the name of the stage.
    pub asked_as: String,
    /// "Due in 3 h 10 min" or "Overdue 2 h".
    pub due: String,
    /// Past its due time.
    pub late: bool,
    /// Compensating gates that are not met.
    pub gates_unmet: i32,
    /// It is not what the caller last had on the screen.
    pub changed: bool,
    /// Several people may decide.
    pub team: bool,
    /// The caller has taken it on.
    pub claimed_by_me: bool,
    /// Somebody else has.
    pub claimed_by: Option<String>,
    /// Whom the caller stands in for.
    pub stands_in_for: Option<String>,
    /// How many requests were submitted together with it, itself included.
    pub asked_together: u32,
    /// Version that goes back with a decision in bulk.
    pub shown_version: i32,
    /// Hash that goes back with a decision in bulk.
    pub shown_hash: String,
}

/// What an extension adds to access that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// Days from the present last day to the new one; nothing where one of them is missing.
    pub days: Option<i32>,
    /// The how manyth extension of this access it would be, from 1.
    pub number: u32,
}

/// A choice of a filter: value, label, count.
pub type Choice = (String, String, i64);

/// The list beside the detail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxPage {
    /// Soonest due first.
    pub page: Page<InboxLine>,
    /// Filters by time and tier with their counts.
    pub filters: Vec<Choice>,
    /// Whose decisions, with their counts.
    pub whose: Vec<Choice>,
    /// What the caller decided a moment ago.
    pub recent: Vec<RecentLine>,
    /// What came of the press that the address names.
    pub bulk: Option<BulkOutcome>,
    /// Filters that the caller keeps.
    pub saved: Vec<SavedFilter>,
    /// Key for one press that decides many.
    pub key: IdempotencyKey,
    /// As of when.
    pub as_of: When,
}

/// A decision that was made a moment ago.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentLine {
    /// Which.
    pub id: PendingDecisionId,
    /// On which request.
    pub request: RequestId,
    /// Its number.
    pub number: String,
    /// "Key Vault Administrator for Georgi Facello".
    pub what: String,
    /// What was decided.
    pub verdict: Verdict,
    /// Seconds in which it can be undone; nothing when it is past that.
    pub seconds_left: Option<u32>,
    /// Code of the reason why it was not recorded.
    pub refusal: Option<String>,
    /// The press that decided many, if it is one of them.
    pub bulk: Option<BulkDecisionId>,
}

/// A filter that the caller keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedFilter {
    /// Which.
    pub id: SavedFilterId,
    /// Its name.
    pub name: String,
    /// `filter` and `whose` as they stand in the address.
    pub filter: String,
    /// Whose decisions.
    pub whose: String,
}

/// What to weigh beside the gates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weigh {
    /// The subject's unit.
    pub unit: String,
    /// Active people of that unit, the subject not counted.
    pub peers: i64,
    /// Of these, holding the entitlement now.
    pub peers_holding: i64,
    /// People who hold the entitlement now, in whatever unit.
    pub holders: i64,
    /// How long it usually takes from asking for the entitlement to having it.
    pub usual: UsualTime,
    /// What the subject holds now (at most fifty).
    pub holds: Vec<GrantLine>,
    /// How often the subject has held this entitlement before.
    pub held_before: i64,
    /// When that last ended.
    pub last_ended: Option<When>,
    /// Second factor, in words.
    pub mfa: String,
    /// It is in force.
    pub mfa_in_force: bool,
    /// Earlier requests of this person for this entitlement, newest first.
    pub earlier: Vec<EarlierLine>,
    /// What the request gives beside what the person holds in the same application.
    pub comparison: Vec<ComparisonLine>,
    /// Rules against combining it with something.
    pub conflicts: Vec<ConflictLine>,
}

/// An earlier request of the person for the entitlement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierLine {
    /// Which.
    pub request: RequestId,
    /// Its number.
    pub number: String,
    /// When it was asked for.
    pub submitted: When,
    /// Where it stands.
    pub state: RequestState,
    /// By whom it was last decided, and what.
    pub decided: Option<(String, Verdict)>,
    /// From when to when it was held; without an end when it still is.
    pub held: Option<(When, Option<When>)>,
}

/// An entitlement that the request gives, or that the person holds in the same application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparisonLine {
    /// Which.
    pub entitlement: EntitlementId,
    /// Its name.
    pub name: String,
    /// Its tier.
    pub tier: RiskTier,
    /// The request gives it.
    pub gives: bool,
    /// Inside of what it comes.
    pub through: Option<String>,
    /// The person holds it.
    pub holds: bool,
    /// Until when.
    pub until: Option<When>,
}

/// A rule against combining what is asked for with something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictLine {
    /// Its code.
    pub code: String,
    /// Its title.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// What may make the combination bearable; empty where nothing is named.
    pub mitigation: String,
    /// Names of what it clashes with: what the person has or has asked for, also inside of it. Empty
    /// where the rule is kept.
    pub has: Vec<String>,
}

/// What changed since the caller last had the request on the screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SinceLook {
    /// When they last looked.
    pub looked: When,
    /// The revision then.
    pub revision: i32,
    /// Fields that differ.
    pub fields: Vec<Difference>,
    /// What happened since, by others.
    pub events: Vec<TimelineEvent>,
}

/// How it stands with signing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signing {
    /// Until when no password is asked for.
    pub proven_until: Option<When>,
    /// What to type in the demonstration.
    pub hint: Option<String>,
}

/// Between which days an earlier end may lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierEnd {
    /// The earliest day.
    pub first: Date,
    /// The latest day; none when the request has no end.
    pub last: Option<Date>,
}

/// One decision with everything to weigh.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxDetail {
    /// The stage to decide at.
    pub stage: StageId,
    /// The caller.
    pub me: IdentityId,
    /// As what the caller decides: the name of the stage.
    pub asked_as: String,
    /// Whom the caller stands in for.
    pub stands_in_for: Option<PersonRef>,
    /// The request as shown: its version and hash go back with the decision.
    pub request: RequestView,
    /// What to weigh.
    pub weigh: Weigh,
    /// What changed since the caller last looked; nothing at the first look.
    pub since_look: Option<SinceLook>,
    /// How it stands with signing; nothing where decisions are not signed.
    pub signing: Option<Signing>,
    /// Between which days an earlier end may lie; nothing where there is no room for one.
    pub earlier_end: Option<EarlierEnd>,
    /// Key for one decision made from this page.
    pub key: IdempotencyKey,
}

/// A decision as typed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typed {
    /// Word of a verdict.
    pub verdict: String,
    /// Needed unless approving.
    pub comment: String,
    /// An earlier end, or empty.
    pub ends_on: String,
}

/// A decision as it is sent. No `Debug`: a password is in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionForm {
    /// At which stage.
    pub stage: StageId,
    /// Word of a verdict.
    pub verdict: String,
    /// Needed unless approving.
    pub comment: String,
    /// An earlier end, or empty.
    pub ends_on: String,
    /// The caller's password, where the decision is signed and none was proven in the last minutes.
    pub password: String,
    /// Version that was shown.
    pub shown_version: i32,
    /// Hash that was shown, hexadecimal.
    pub shown_hash: String,
    /// Deciding twice with one key decides once.
    pub key: IdempotencyKey,
}

/// Deciding.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// What waits for the caller.
    async fn list(&self, caller: &Caller, query: InboxQuery) -> Result<InboxPage, AppError>;
    /// One decision; [`AppError::NotPossible`] for those who were asked and may not decide any more,
    /// [`AppError::NotFound`] for everybody else who may not. Notes that it
    /// was looked at.
    async fn detail(&self, caller: &Caller, stage: StageId) -> Result<InboxDetail, AppError>;
    /// Makes a decision on what was shown, which becomes final in ten seconds. [`AppError::Changed`]
    /// when the request moved on.
    async fn decide(&self, caller: &Caller, decision: DecisionForm) -> Result<RequestId, AppError>;
    /// Takes a decision back before it is final.
    async fn undo(&self, caller: &Caller, decision: PendingDecisionId) -> Result<(), AppError>;
    /// Approves what was selected; gives the id under which the outcome is shown.
    async fn approve_selected(&self, caller: &Caller, selected: BulkForm) -> Result<BulkDecisionId, AppError>;
    /// Takes back what of a press is not final yet.
    async fn undo_selected(&self, caller: &Caller, press: BulkDecisionId) -> Result<(), AppError>;
    /// Keeps the present filter under a name.
    async fn save_filter(&self, caller: &Caller, name: String, query: InboxQuery) -> Result<(), AppError>;
    /// Forgets a kept filter.
    async fn forget_filter(&self, caller: &Caller, filter: SavedFilterId) -> Result<(), AppError>;
    /// Answers the question on a returned request in words.
    async fn answer_question(&self, caller: &Caller, request: RequestId, version: i32, answer: String) -> Result<(), AppError>;
}
