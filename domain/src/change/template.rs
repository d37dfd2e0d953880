//! Request templates: what is asked for together. A template gives nothing by itself: each of its
//! entitlements keeps its own rules.

use super::entitlement::{MOST_UNITS, is_wider, words};
use super::field::{FieldSpec, Names, Shape, Typed, options, options_or, states};
use super::form::Form;
use crate::identity::Population;
use crate::request::ReasonCode;

/// Most entitlements of a template.
const MOST_ITEMS: usize = 25;

pub(super) const FIELDS: &[FieldSpec] = &[
    FieldSpec::new("code", "Code", Shape::Line(40), "Letters, digits and . _ - : without spaces; never changed afterwards.")
        .required()
        .fixed(),
    FieldSpec::new("name", "Name", Shape::Line(200), "Up to 200 characters.").required(),
    FieldSpec::new("description", "Description", Shape::Lines(4_000, 3), "Who needs it, and when."),
    FieldSpec::new("items", "Entitlements", Shape::Lines(4_000, 5), "Identifiers, one a line, 1 to 25.")
        .required()
        .naming(Names::Entitlements),
    FieldSpec::new("reason_code", "Reason", Shape::One(options_or!("None", ReasonCode)), "Filled in for whoever uses it."),
    FieldSpec::new("days", "Days", Shape::Number(1, 3_660), "How long it is asked for. Empty: whoever asks says."),
    FieldSpec::new("audience_populations", "Who sees it: populations", Shape::Any(options!(Population)), "None chosen means all.")
        .empty_means("everyone")
        .when_weaker(),
    FieldSpec::new("audience_units", "Who sees it: units", Shape::Lines(20_000, 3), "Names of units, one a line. Empty means all.")
        .empty_means("everyone")
        .when_weaker()
        .naming(Names::Units)
        .a_set(),
    FieldSpec::new("state", "State", Shape::One(states), "A retired template is not offered.").required(),
];

/// A request template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateBody {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Who needs it.
    pub description: String,
    /// Ids of what is asked for, in order.
    pub items: Vec<String>,
    /// Reason that is filled in.
    pub reason_code: Option<ReasonCode>,
    /// Days that are filled in.
    pub days: Option<i32>,
    /// Populations that see it; none means all.
    pub audience_populations: Vec<Population>,
    /// Units whose people see it; none means all.
    pub audience_units: Vec<String>,
    /// It is offered.
    pub active: bool,
}

impl TemplateBody {
    pub(super) fn read(form: &mut Form<'_>) -> Self {
        Self {
            code: form.identifier("code"),
            name: form.name("name"),
            description: form.text("description"),
            items: form.list("items", MOST_ITEMS),
            reason_code: form.optional_word("reason_code"),
            days: form.number("days"),
            audience_populations: form.words("audience_populations"),
            audience_units: form.list("audience_units", MOST_UNITS),
            active: form.active("state"),
        }
    }

    pub(super) fn text(&self) -> Typed {
        [
            ("code", self.code.clone()),
            ("name", self.name.clone()),
            ("description", self.description.clone()),
            ("items", self.items.join("\n")),
            ("reason_code", self.reason_code.map(|reason| reason.word().to_owned()).unwrap_or_default()),
            ("days", self.days.map(|days| days.to_string()).unwrap_or_default()),
            ("audience_populations", words(&self.audience_populations)),
            ("audience_units", self.audience_units.join("\n")),
            ("state", if self.active { "active" } else { "retired" }.to_owned()),
        ]
        .map(|(name, text)| (name.to_owned(), text))
        .into()
    }

    /// Shown to more people than before.
    pub(super) fn weaker(&self, field: &str, before: Option<&Self>) -> bool {
        match (field, before) {
            ("audience_populations", Some(before)) => is_wider(&before.audience_populations, &self.audience_populations),
            ("audience_units", Some(before)) => is_wider(&before.audience_units, &self.audience_units),
            _ => false,
        }
    }
}
