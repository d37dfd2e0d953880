//! What the catalogue pages ask of the server.

use crate::error::AppError;
use crate::record::EntitlementCard;
use crate::when::When;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::catalogue::RiskTier;
use domain::conflict::Severity;
use domain::id::{ApplicationId, EntitlementId, RequestId};
use domain::lead_time::UsualTime;
use domain::page::Page;
use serde::{Deserialize, Serialize};

/// How many of the caller's colleagues hold something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peers {
    /// Active people of the caller's unit who hold it, without the caller.
    pub hold: i64,
    /// Active people of the caller's unit, without the caller.
    pub of: i64,
}

/// For whom the caller may ask for something, by its audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// It is meant for the caller.
    Caller,
    /// Not for the caller, but for somebody who reports to them, or whom they answer for.
    Theirs,
    /// For others only; the caller sees it because of a role, an application of theirs, or because
    /// they hold it.
    Others,
}

impl Reach {
    /// From the two facts.
    #[must_use]
    pub fn of(caller: bool, theirs: bool) -> Self {
        match (caller, theirs) {
            (true, _) => Self::Caller,
            (false, true) => Self::Theirs,
            (false, false) => Self::Others,
        }
    }
}

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
    /// The grant that what is chosen would take the place of; empty otherwise.
    #[serde(default)]
    pub replaces: String,
}

/// One hit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueHit {
    /// The entitlement.
    pub card: EntitlementCard,
    /// The caller holds it now.
    pub held: bool,
    /// Name of something the caller holds that includes it, unless they hold it itself.
    pub held_inside: Option<String>,
    /// The caller's open request for it.
    pub pending: Option<RequestId>,
    /// It can be asked for.
    pub requestable: bool,
    /// Colleagues who hold it; `None` for a caller without a unit.
    pub peers: Option<Peers>,
    /// Whom it is meant for.
    pub reach: Reach,
    /// From asking to having it, in its own history.
    pub usual: UsualTime,
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

impl Facet {
    /// As the filters of a page take it: value, label, hits.
    #[must_use]
    pub fn parts(self) -> (String, String, i64) {
        (self.value, self.label, self.count)
    }
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
    /// What is to be replaced; only its application was searched.
    pub replaced: Option<Replaced>,
}

/// Access that something of the same application shall take the place of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    /// Name of the entitlement.
    pub name: String,
    /// Name of its application.
    pub application: String,
}

/// An entitlement that another one includes, or that includes another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Which, for those who may open its page.
    pub id: Option<EntitlementId>,
    /// Its name.
    pub name: String,
    /// Of which application.
    pub application: String,
    /// Risk tier.
    pub tier: RiskTier,
}

/// A separation-of-duties rule as one entitlement sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictLine {
    /// Human code.
    pub code: String,
    /// What it keeps apart.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// What may make the combination bearable; empty where nothing is named.
    pub mitigation: String,
    /// For a rule about a set: how many of it one person may have.
    pub at_most: Option<i32>,
    /// Names on the other side, or of the others of the set; at most ten.
    pub others: Vec<String>,
    /// Names of what it includes that the rule is about, unless it is named itself.
    pub through: Vec<String>,
}

/// Why nobody can ask for an entitlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closed {
    /// It has been retired.
    Retired,
    /// Its application has been retired.
    ApplicationRetired,
    /// It is in use, and was not opened for requests.
    NotOpened,
}

impl Closed {
    /// Why, and what to do.
    #[must_use]
    pub fn said(self) -> &'static str {
        match self {
            Self::Retired => "It has been retired; the catalogue may have something that replaced it.",
            Self::ApplicationRetired => "Its application has been retired; the catalogue may have something that replaced it.",
            Self::NotOpened => "It is in use and cannot be asked for: whoever answers for its application may open it.",
        }
    }
}

/// One version of an entitlement, as it stood then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntitlementVersion {
    /// Which.
    pub version: i32,
    /// Since when in force.
    pub since: When,
    /// What was asked for with it, in words: label, value.
    pub fields: Vec<(String, String)>,
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
    /// Its application, for those who may see who has access to it.
    pub access_to: Option<ApplicationId>,
    /// Days between reviews of a grant.
    pub review_every_days: i32,
    /// Why nobody can ask for it, where nobody can.
    pub closed: Option<Closed>,
    /// A page of its versions, newest first.
    pub versions: Vec<EntitlementVersion>,
    /// The next page of them begins below this version, where there is one.
    pub versions_below: Option<i32>,
    /// Separation-of-duties rules it is part of, or what it includes.
    pub conflicts: Vec<ConflictLine>,
    /// What it gives besides itself.
    pub gives: Vec<Part>,
    /// What gives it besides itself.
    pub part_of: Vec<Part>,
    /// Whom it is meant for, in words; `None` for everyone.
    pub audience: Option<String>,
    /// Whom of the caller and theirs it is meant for.
    pub reach: Reach,
    /// Since when the caller holds it.
    pub held_since: Option<When>,
    /// Name of something the caller holds that includes it, unless they hold it itself.
    pub held_inside: Option<String>,
    /// The caller's open request for it.
    pub pending: Option<RequestId>,
    /// Colleagues who hold it; `None` for a caller without a unit.
    pub peers: Option<Peers>,
    /// From asking to having it, in its own history.
    pub usual: UsualTime,
    /// The caller may propose a change to it.
    pub may_edit: bool,
    /// The caller may read its versions in full and the changes to it.
    pub may_read_changes: bool,
}

/// The catalogue.
#[async_trait]
pub trait Catalogue: Send + Sync {
    /// Searches; under 100 ms with 20,000 entitlements.
    async fn search(&self, caller: &Caller, query: CatalogueQuery) -> Result<CatalogueResults, AppError>;
    /// One entitlement with its versions below `before`; [`AppError::NotFound`] when it is meant for
    /// others.
    async fn entitlement(&self, caller: &Caller, id: EntitlementId, before: Option<i32>) -> Result<EntitlementView, AppError>;
}
