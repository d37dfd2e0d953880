//! What pages ask of the server about access that people hold, held, or will hold.

use crate::catalogue::port::Facet;
use crate::error::AppError;
use crate::record::PersonRef;
use crate::when::When;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::catalogue::RiskTier;
use domain::grant::{EndReason, GrantPhase};
use domain::id::{EntitlementId, GrantId, IdentityId, RequestId};
use domain::page::Page;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What was given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GaveBack {
    /// Who held it.
    pub holder: IdentityId,
}

/// What a list of access is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessOf {
    /// Everything of one identity.
    #[default]
    Identity,
    /// Everybody's to one application.
    Application,
    /// Everybody's to one entitlement.
    Entitlement,
}

/// Which access a list shows. Every part of it stands in the address; what is empty filters nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessQuery {
    /// What it is about.
    #[serde(default)]
    pub of: AccessOf,
    /// Id of that record.
    #[serde(default)]
    pub id: String,
    /// Word of a [`GrantPhase`].
    #[serde(default)]
    pub state: String,
    /// Ends within so many days: `7`, `30` or `90`.
    #[serde(default)]
    pub within: String,
    /// Word of a tier.
    #[serde(default)]
    pub tier: String,
    /// Id of a unit.
    #[serde(default)]
    pub unit: String,
    /// Code of the connection through which it was given, or `-` for what people gave by hand.
    #[serde(default)]
    pub connection: String,
    /// A past day, `YYYY-MM-DD`: what was held then, instead of now. Only for one identity.
    #[serde(default)]
    pub on: String,
    /// Start of the page, opaque.
    #[serde(default)]
    pub after: String,
}

/// A day in the past that was asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnDay {
    /// As typed.
    pub typed: String,
    /// The day, if it is one.
    pub day: Option<Date>,
    /// Why nothing can be said about it; nothing when something can.
    pub nothing: Option<String>,
}

/// Access as a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessLine {
    /// The grant; none for what is scheduled.
    pub grant: Option<GrantId>,
    /// Who has it.
    pub holder: PersonRef,
    /// Their unit, or empty.
    pub unit: String,
    /// What.
    pub entitlement: EntitlementId,
    /// Its name, in the version that was given.
    pub name: String,
    /// Of which application.
    pub application: String,
    /// Risk tier, in the version that was given.
    pub tier: RiskTier,
    /// Where it stands, or stood.
    pub phase: GrantPhase,
    /// Since when; for what is scheduled, from when on.
    pub since: When,
    /// When it ends by itself.
    pub ends: Option<When>,
    /// When it was gone.
    pub ended: Option<When>,
    /// Why it ends or ended.
    pub end_reason: Option<EndReason>,
    /// The request behind it.
    pub request: RequestId,
    /// Its number.
    pub request_number: String,
    /// Who asked and who approved, as a sentence.
    pub why: String,
    /// Through which connection it was given, or "By hand".
    pub through: String,
}

/// A list of access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessPage {
    /// Name of the person, application or entitlement.
    pub name: String,
    /// The access, newest first.
    pub page: Page<AccessLine>,
    /// States, in order, with their counts under the other filters.
    pub states: Vec<Facet>,
    /// Ends within so many days.
    pub withins: Vec<Facet>,
    /// Tiers.
    pub tiers: Vec<Facet>,
    /// Units of those who hold it.
    pub units: Vec<Facet>,
    /// Connections.
    pub connections: Vec<Facet>,
    /// The past day that was asked about; then there are no filters.
    pub on: Option<OnDay>,
    /// The list leaves out what the reader may not see.
    pub partial: bool,
    /// When this was true.
    pub as_of: When,
}

/// One thing that is said, with where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// In plain words.
    pub text: String,
    /// When it happened.
    pub at: Option<When>,
    /// Words of a link, and where it leads; nothing without one.
    pub link: Option<(String, String)>,
}

/// One question about access, answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The question.
    pub question: String,
    /// What is known, in order.
    pub said: Vec<Said>,
}

/// Why somebody has access, or had it on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantView {
    /// Which.
    pub id: GrantId,
    /// Who has it.
    pub holder: PersonRef,
    /// What.
    pub entitlement: EntitlementId,
    /// Its name, in the version that was given.
    pub name: String,
    /// Of which application.
    pub application: String,
    /// Risk tier, in the version that was given.
    pub tier: RiskTier,
    /// Where it stands, or stood on that day; none when it was not held then.
    pub phase: Option<GrantPhase>,
    /// In one sentence.
    pub short: String,
    /// The questions, in order.
    pub answers: Vec<Answer>,
    /// The past day that was asked about.
    pub on: Option<OnDay>,
    /// The reader may ask for a later end now.
    pub may_extend: bool,
    /// An open request asks for a later end or for something in its place: its id and number.
    pub about: Option<(RequestId, String)>,
    /// The reader may see everything that the holder has.
    pub may_list: bool,
    /// When this was true.
    pub as_of: When,
}

/// Access that somebody holds.
#[async_trait]
pub trait Grants: Send + Sync {
    /// Gives access back: it begins to end at once, and what was asked for about it is withdrawn.
    /// Doing it twice does it once.
    async fn give_back(&self, caller: &Caller, grant: GrantId) -> Result<GaveBack, AppError>;
    /// A list; [`AppError::NotFound`] for those who may see nothing of it.
    async fn list(&self, caller: &Caller, query: AccessQuery) -> Result<AccessPage, AppError>;
    /// Why somebody has a grant, or had it on the day `on`; [`AppError::NotFound`] for those who may
    /// not know.
    async fn why(&self, caller: &Caller, grant: GrantId, on: String) -> Result<GrantView, AppError>;
}
