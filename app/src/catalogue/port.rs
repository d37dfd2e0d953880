//! What the catalogue pages ask of the server.

use crate::error::AppError;
use crate::record::EntitlementCard;
use crate::when::When;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::catalogue::RiskTier;
use domain::id::EntitlementId;
use domain::page::Page;
use serde::{Deserialize, Serialize};

/// A search as it stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueQuery {
    /// Words: name, description, application or action; typos are tolerated.
    #[serde(default)]
    pub q: String,
    /// Code of an application.
    #[serde(default)]
    pub application: String,
    /// Word of a tier.
    #[serde(default)]
    pub tier: String,
    /// Start of the page, opaque.
    #[serde(default)]
    pub after: String,
}

/// One hit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueHit {
    /// The entitlement.
    pub card: EntitlementCard,
    /// The caller holds it now.
    pub held: bool,
    /// The caller has an open request for it.
    pub pending: bool,
    /// It can be asked for.
    pub requestable: bool,
}

/// How many hits a filter value has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facet {
    /// Value for the address.
    pub value: String,
    /// Label.
    pub label: String,
    /// Hits with it, under the other filters.
    pub count: i64,
}

/// A page of hits with what could narrow it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueResults {
    /// The hits.
    pub page: Page<CatalogueHit>,
    /// Applications among the hits, most hits first, at most twenty.
    pub applications: Vec<Facet>,
    /// Tiers among the hits.
    pub tiers: Vec<Facet>,
}

/// One entitlement with everything known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntitlementView {
    /// The entitlement.
    pub card: EntitlementCard,
    /// Code of its application, for links.
    pub application_code: String,
    /// Why it has its tier.
    pub tier_reason: String,
    /// The tier was guessed at import and nobody has looked at it.
    pub tier_guessed: bool,
    /// What it allows on configuration.
    pub actions: Vec<String>,
    /// What it allows on data.
    pub data_actions: Vec<String>,
    /// People who hold it now.
    pub holders: i64,
    /// Days between reviews of a grant.
    pub review_every_days: i32,
    /// It can be asked for.
    pub requestable: bool,
    /// Earlier versions, newest first: version, when, tier, reason.
    pub versions: Vec<(i32, When, RiskTier, String)>,
    /// Separation-of-duties rules it is part of: code, title, names on the other side (at most ten).
    pub conflicts: Vec<(String, String, Vec<String>)>,
    /// The caller may change the tier.
    pub may_change_tier: bool,
}

/// The catalogue.
#[async_trait]
pub trait Catalogue: Send + Sync {
    /// Searches; under 100 ms with 20,000 entitlements.
    async fn search(&self, caller: &Caller, query: CatalogueQuery) -> Result<CatalogueResults, AppError>;
    /// One entitlement.
    async fn entitlement(&self, caller: &Caller, id: EntitlementId) -> Result<EntitlementView, AppError>;
    /// Changes the tier with a reason, as the next version; refused when `version` is not current.
    async fn change_tier(&self, caller: &Caller, id: EntitlementId, version: i32, tier: String, reason: String) -> Result<(), AppError>;
}
