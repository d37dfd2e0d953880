//! What the inbox asks of the server.

use crate::error::AppError;
use crate::record::GrantLine;
use crate::requests::port::RequestView;
use crate::when::When;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::approval::Authority;
use domain::catalogue::RiskTier;
use domain::id::{IdempotencyKey, RequestId, StageId};
use domain::page::Page;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Which decisions the inbox shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxQuery {
    /// `all` (default), `late`, `standard`, `elevated` or `privileged`.
    #[serde(default)]
    pub filter: String,
    /// Start of the page, opaque.
    #[serde(default)]
    pub after: String,
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
    /// Who would get the access.
    pub subject: String,
    /// What.
    pub entitlement: String,
    /// Of which application.
    pub application: String,
    /// Risk tier.
    pub tier: RiskTier,
    /// Last day asked for.
    pub ends_on: Option<Date>,
    /// Days asked for.
    pub duration_days: Option<i32>,
    /// As what the caller decides.
    pub authority: Authority,
    /// "Due in 3 h 10 min" or "Overdue 2 h".
    pub due: String,
    /// Past its due time.
    pub late: bool,
    /// Compensating gates that are not met.
    pub gates_unmet: i32,
}

/// The list beside the detail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxPage {
    /// Soonest due first.
    pub page: Page<InboxLine>,
    /// Filters with their counts: value, label, count.
    pub filters: Vec<(String, String, i64)>,
    /// As of when.
    pub as_of: When,
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
}

/// One decision with everything to weigh.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxDetail {
    /// The stage to decide at.
    pub stage: StageId,
    /// As what the caller decides.
    pub authority: Authority,
    /// The request as shown: its version and hash go back with the decision.
    pub request: RequestView,
    /// What to weigh.
    pub weigh: Weigh,
    /// Key for one decision made from this page.
    pub key: IdempotencyKey,
}

/// A decision as typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionForm {
    /// At which stage.
    pub stage: StageId,
    /// Word of a verdict.
    pub verdict: String,
    /// Needed unless approving.
    pub comment: String,
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
    /// One decision; [`AppError::NotFound`] unless the caller may decide there now.
    async fn detail(&self, caller: &Caller, stage: StageId) -> Result<InboxDetail, AppError>;
    /// Records a decision on what was shown. [`AppError::Changed`] when the request moved on.
    async fn decide(&self, caller: &Caller, decision: DecisionForm) -> Result<RequestId, AppError>;
}
