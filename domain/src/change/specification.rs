//! Identity specifications: what the identities of a population must be and may have.

use super::field::{FieldSpec, Names, Shape, Typed, options};
use super::form::Form;
use crate::catalogue::{Classification, RiskTier};
use crate::identity::Population;
use crate::specification::Attribute;

pub(super) const FIELDS: &[FieldSpec] = &[
    FieldSpec::new("population", "Population", Shape::One(options!(Population)), "Each population has one specification.")
        .required()
        .fixed()
        .always(),
    FieldSpec::new(
        "required_attributes",
        "Required attributes",
        Shape::Any(options!(Attribute)),
        "What the source of truth has to say about each identity.",
    )
    .always(),
    FieldSpec::new("highest_tier", "Highest tier", Shape::One(options!(RiskTier)), "The riskiest access its people may have.")
        .required()
        .always(),
    FieldSpec::new("longest_days", "Longest time in days", Shape::Number(1, 3_660), "Longest time of any access. Empty means no limit.")
        .empty_means("no limit")
        .always(),
    FieldSpec::new("mfa_from", "Second factor from tier", Shape::One(options!(RiskTier)), "From this tier on a second factor is needed.")
        .required()
        .always(),
    FieldSpec::new("highest_classification", "Most sensitive data", Shape::One(options!(Classification)), "What its people may reach.")
        .required()
        .always(),
    FieldSpec::new(
        "applications",
        "Applications",
        Shape::Lines(8_000, 3),
        "Codes of the applications its people may ask for, one a line. Empty means all.",
    )
    .empty_means("all")
    .always()
    .naming(Names::Applications),
    FieldSpec::new("review_every_days", "Days between reviews", Shape::Number(1, 730), "1 to 730.").required().always(),
    FieldSpec::new(
        "termination_within_hours",
        "Access ends within hours",
        Shape::Number(1, 720),
        "By the clock, from the moment somebody leaves or is suspended: their removals are due by then. 1 to 720.",
    )
    .required()
    .always(),
    FieldSpec::new(
        "control_owner",
        "Control owner",
        Shape::Line(200),
        "Who answers for the specification; the page of each identity says so.",
    )
    .required()
    .always(),
    FieldSpec::new("evidence_source", "Evidence", Shape::Line(200), "Where conformity shows.").required().always(),
];

/// An identity specification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecificationBody {
    /// Of which population.
    pub population: Population,
    /// Attributes the source of truth has to give.
    pub required_attributes: Vec<Attribute>,
    /// Riskiest access.
    pub highest_tier: RiskTier,
    /// Longest time, in days.
    pub longest_days: Option<i32>,
    /// Tier from which on a second factor is needed.
    pub mfa_from: RiskTier,
    /// Most sensitive data.
    pub highest_classification: Classification,
    /// Codes of applications; none means all.
    pub applications: Vec<String>,
    /// Days between reviews.
    pub review_every_days: i32,
    /// Hours after which access is gone when somebody leaves.
    pub termination_within_hours: i32,
    /// Who answers for it.
    pub control_owner: String,
    /// Where conformity shows.
    pub evidence_source: String,
}

impl SpecificationBody {
    pub(super) fn read(form: &mut Form<'_>) -> Self {
        Self {
            population: form.word("population", Population::Vendor),
            required_attributes: form.words("required_attributes"),
            highest_tier: form.word("highest_tier", RiskTier::Standard),
            longest_days: form.number("longest_days"),
            mfa_from: form.word("mfa_from", RiskTier::Standard),
            highest_classification: form.word("highest_classification", Classification::Public),
            applications: form.list("applications", 500),
            review_every_days: form.number("review_every_days").unwrap_or(1),
            termination_within_hours: form.number("termination_within_hours").unwrap_or(1),
            control_owner: form.text("control_owner"),
            evidence_source: form.text("evidence_source"),
        }
    }

    pub(super) fn text(&self) -> Typed {
        let attributes = self.required_attributes.iter().map(|attribute| attribute.word()).collect::<Vec<_>>().join(" ");
        [
            ("population", self.population.word().to_owned()),
            ("required_attributes", attributes),
            ("highest_tier", self.highest_tier.word().to_owned()),
            ("longest_days", self.longest_days.map(|days| days.to_string()).unwrap_or_default()),
            ("mfa_from", self.mfa_from.word().to_owned()),
            ("highest_classification", self.highest_classification.word().to_owned()),
            ("applications", self.applications.join("\n")),
            ("review_every_days", self.review_every_days.to_string()),
            ("termination_within_hours", self.termination_within_hours.to_string()),
            ("control_owner", self.control_owner.clone()),
            ("evidence_source", self.evidence_source.clone()),
        ]
        .map(|(name, text)| (name.to_owned(), text))
        .into()
    }
}
