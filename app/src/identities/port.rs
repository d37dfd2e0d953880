//! What the identity page asks of the server.

use crate::error::AppError;
use crate::record::{GrantLine, PersonRef, RequestLine, TimelineEvent};
use crate::when::When;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::id::IdentityId;
use domain::identity::{IdentityState, Mfa, Population};
use domain::permission::Role;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One attribute against the specification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conformity {
    /// Which attribute.
    pub attribute: String,
    /// What the record says.
    pub seen: String,
    /// It is as the specification wants it.
    pub met: bool,
    /// What would cure it; empty when met.
    pub cure: String,
}

/// An identity as a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityView {
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
    /// Version of the specification of the population, and its highest tier in words.
    pub specification: Option<(i32, String)>,
    /// Conformity to it.
    pub conformity: Vec<Conformity>,
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
