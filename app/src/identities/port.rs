//! What the identity page asks of the server.

use crate::error::AppError;
use crate::record::{GrantLine, PersonRef, RequestLine, TimelineEvent};
use crate::when::When;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::catalogue::RiskTier;
use domain::id::{GrantId, IdentityId};
use domain::identity::{IdentityState, Mfa, Population};
use domain::permission::Role;
use domain::specification::holding::{Excess, SecondFactor};
use domain::specification::{Attribute, Fault};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One attribute against the specification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conformity {
    /// Which attribute.
    pub attribute: Attribute,
    /// What the record says.
    pub seen: String,
    /// The specification asks for it.
    pub required: bool,
    /// What is wrong with it; `None` when it is as it should be.
    pub fault: Option<Fault>,
    /// Who can cure it, and how; empty when there is nothing to cure.
    pub cure: String,
}

/// A living grant that is beyond a limit of the specification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessBeyond {
    /// Which.
    pub grant: GrantId,
    /// Name of what is held.
    pub name: String,
    /// The limits.
    pub excesses: Vec<Excess>,
    /// Who can cure it, and how.
    pub cure: String,
}

/// What an identity holds against its specification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessConformity {
    /// The second factor.
    pub second_factor: SecondFactor,
    /// What would cure it; empty when there is nothing to cure.
    pub second_factor_cure: String,
    /// How many living grants there are.
    pub held: usize,
    /// Those beyond a limit, by name.
    pub beyond: Vec<AccessBeyond>,
}

/// The specification that an identity is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecificationRef {
    /// Its version.
    pub version: i32,
    /// The highest tier it allows.
    pub highest_tier: RiskTier,
    /// Who answers for it.
    pub control_owner: String,
    /// The reader may open it.
    pub may_open: bool,
}

/// An identity as a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityView {
    /// It is the reader's own.
    pub own: bool,
    /// The reader may ask for this identity and give back what it holds.
    pub may_act: bool,
    /// The reader may see all access of this identity, and why it is there.
    pub may_read_access: bool,
    /// Other accounts of the same person, with their numbers.
    pub also: Vec<(PersonRef, String)>,
    /// Who.
    pub person: PersonRef,
    /// Number in the source of truth.
    pub source_id: String,
    /// `feed` or `local`.
    pub source: String,
    /// Population.
    pub population: Population,
    /// Where the identity stands.
    pub state: IdentityState,
    /// Since when.
    pub since: When,
    /// Mail address.
    pub email: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Unit.
    pub unit: Option<String>,
    /// Line manager.
    pub manager: Option<PersonRef>,
    /// How many active people report to them.
    pub reports: i64,
    /// Second factor.
    pub mfa: Mfa,
    /// First day.
    pub starts_on: Option<Date>,
    /// Last day.
    pub ends_on: Option<Date>,
    /// Roles in the product.
    pub roles: Vec<Role>,
    /// The specification of the population that is in force.
    pub specification: Option<SpecificationRef>,
    /// Conformity to it.
    pub conformity: Vec<Conformity>,
    /// Conformity of what it holds; `None` without a specification.
    pub access_conformity: Option<AccessConformity>,
    /// Access they have or are about to lose.
    pub grants: Vec<GrantLine>,
    /// Access that ended, newest first, at most fifty.
    pub past_grants: Vec<GrantLine>,
    /// Their requests, newest first, at most twenty.
    pub requests: Vec<RequestLine>,
    /// What happened to the record itself, newest last, at most fifty.
    pub timeline: Vec<TimelineEvent>,
    /// The caller may suspend or resume them.
    pub may_stop: bool,
}

/// One hit of a people search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonHit {
    /// Who.
    pub person: PersonRef,
    /// Number in the source of truth.
    pub source_id: String,
    /// Unit.
    pub unit: String,
    /// Title.
    pub title: String,
    /// Word of the state.
    pub state: String,
    /// Roles in the product.
    pub roles: Vec<Role>,
}

/// Identities.
#[async_trait]
pub trait Identities: Send + Sync {
    /// One identity; [`AppError::NotFound`] for those who may not see it.
    async fn show(&self, caller: &Caller, identity: IdentityId) -> Result<IdentityView, AppError>;
    /// Suspends: all sessions end, all access starts to end.
    async fn suspend(&self, caller: &Caller, identity: IdentityId, reason: String) -> Result<(), AppError>;
    /// Resumes a suspended identity.
    async fn resume(&self, caller: &Caller, identity: IdentityId) -> Result<(), AppError>;
}
