//! Small views of records that several pages show: a person, a line of the catalogue, a grant, an
//! event on a timeline. Each feature's own views stand beside its port.

use crate::when::When;
use domain::catalogue::{Classification, Logging, RiskTier};
use domain::event::Trail;
use domain::grant::{EndReason, GrantPhase};
use domain::id::{EntitlementId, GrantId, IdentityId, ReleaseId, RequestId};
use domain::release::{ReleaseKind, ReleaseState};
use domain::request::{RequestKind, RequestState};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A person by name, linked to their page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRef {
    /// Who.
    pub id: IdentityId,
    /// Name.
    pub name: String,
}

/// An entitlement as it stands on lists and cards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntitlementCard {
    /// Which.
    pub id: EntitlementId,
    /// Version shown.
    pub version: i32,
    /// Name.
    pub name: String,
    /// What it allows, in words.
    pub description: String,
    /// Name of its application.
    pub application: String,
    /// Risk tier.
    pub tier: RiskTier,
    /// How sensitive the data behind it is.
    pub classification: Classification,
    /// Whether its use is logged.
    pub logging: Logging,
    /// Owner of the application, if recorded.
    pub owner: Option<PersonRef>,
    /// Longest time it may be held at a time, in days.
    pub longest_days: Option<i32>,
}

/// One request on a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestLine {
    /// Which.
    pub id: RequestId,
    /// Human number.
    pub number: String,
    /// Who would get the access.
    pub subject: PersonRef,
    /// Who asked.
    pub requester: PersonRef,
    /// What kind of change it asks for.
    pub kind: RequestKind,
    /// What.
    pub entitlement: String,
    /// Of which application.
    pub application: String,
    /// Risk tier.
    pub tier: RiskTier,
    /// Where it stands.
    pub state: RequestState,
    /// Who has it now, in words ("Leon DasSarma", "operators", "you", "held: nobody can decide").
    pub holder: String,
    /// When it was submitted.
    pub submitted: When,
    /// How long it has been in its present state, in words.
    pub age: String,
    /// Last day asked for.
    pub ends_on: Option<Date>,
}

/// One grant on a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantLine {
    /// Which.
    pub id: GrantId,
    /// The request that led to it.
    pub request: RequestId,
    /// Number of that request.
    pub request_number: String,
    /// What.
    pub entitlement: EntitlementId,
    /// Its name.
    pub name: String,
    /// Of which application.
    pub application: String,
    /// Risk tier.
    pub tier: RiskTier,
    /// Where it stands.
    pub state: GrantPhase,
    /// Since when.
    pub since: When,
    /// When it ends by itself.
    pub ends: Option<When>,
    /// When it was gone.
    pub ended: Option<When>,
    /// Why it ends or ended.
    pub end_reason: Option<EndReason>,
    /// The end before the last extension moved it.
    pub moved_from: Option<When>,
    /// The request of the last extension.
    pub moved_by: Option<RequestId>,
    /// An open request that would extend or replace it.
    pub about: Option<AboutGrant>,
}

/// An open request about a grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AboutGrant {
    /// Which.
    pub request: RequestId,
    /// Its number.
    pub number: String,
    /// Whether it extends or replaces.
    pub kind: RequestKind,
}

/// One release on a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseLine {
    /// Which.
    pub id: ReleaseId,
    /// Human number.
    pub number: String,
    /// Give or remove.
    pub kind: ReleaseKind,
    /// Where it stands.
    pub state: ReleaseState,
    /// Whose access changes.
    pub subject: PersonRef,
    /// What.
    pub entitlement: String,
    /// Of which application.
    pub application: String,
    /// Risk tier.
    pub tier: RiskTier,
    /// The request behind it.
    pub request: RequestId,
    /// Its number.
    pub request_number: String,
    /// Earliest moment it may be carried out.
    pub not_before: When,
    /// Who carried it out, if somebody did.
    pub executed_by: Option<PersonRef>,
    /// Who has taken it on, where people carry it out.
    pub claimed_by: Option<PersonRef>,
    /// By when it should be done.
    pub due: Option<When>,
    /// How late it is, in words; nothing while it is not.
    pub late: Option<String>,
    /// When the state began.
    pub since: When,
    /// How long it has waited, in words.
    pub age: String,
}

/// One event on a timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEvent {
    /// When.
    pub at: When,
    /// On which trail.
    pub trail: Trail,
    /// What, in words.
    pub what: String,
    /// Who: a person's name, or the job or command.
    pub who: String,
    /// The sentence that goes with it: a question, a reason, evidence.
    pub detail: Option<String>,
}
