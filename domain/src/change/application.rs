//! Applications: who answers for them, and how sensitive what is behind them is.

use super::field::{FieldSpec, Names, Shape, Typed, options, states};
use super::form::Form;
use crate::catalogue::{Classification, Logging};

pub(super) const FIELDS: &[FieldSpec] = &[
    FieldSpec::new("code", "Code", Shape::Line(60), "Letters, digits and . _ - : without spaces; never changed afterwards.")
        .required()
        .fixed(),
    FieldSpec::new("name", "Name", Shape::Line(200), "Up to 200 characters.").required(),
    FieldSpec::new("description", "Description", Shape::Lines(4_000, 3), "Up to 4,000 characters."),
    FieldSpec::new("owner", "Owner", Shape::Line(200), "Employee number, or the exact name where only one person has it.")
        .always()
        .naming(Names::People),
    FieldSpec::new("deputy", "Deputy", Shape::Line(200), "Employee number, or the exact name. Somebody else than the owner.")
        .always()
        .naming(Names::People),
    FieldSpec::new("classification", "Classification", Shape::One(options!(Classification)), "The most sensitive data behind it.")
        .required()
        .when_weaker(),
    FieldSpec::new("logging", "Logging", Shape::One(options!(Logging)), "Whether what is done with the access is logged centrally.")
        .required()
        .when_weaker(),
    FieldSpec::new(
        "connection",
        "Connection",
        Shape::ConnectionCode,
        "How access to it is given and taken; without one, by hand. What is under way goes on as it was begun.",
    )
    .empty_means("by hand")
    .always(),
    FieldSpec::new("state", "State", Shape::One(states), "Nothing of a retired application can be asked for.").required().when_weaker(),
];

/// An application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationBody {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Number of its owner.
    pub owner: Option<String>,
    /// Number of the deputy.
    pub deputy: Option<String>,
    /// How sensitive the data behind it is.
    pub classification: Classification,
    /// Whether its use is logged.
    pub logging: Logging,
    /// Code of the connection through which access is given; none: by hand.
    pub connection: Option<String>,
    /// It is in use.
    pub active: bool,
}

impl ApplicationBody {
    pub(super) fn read(form: &mut Form<'_>) -> Self {
        let body = Self {
            code: form.identifier("code"),
            name: form.name("name"),
            description: form.text("description"),
            owner: Some(form.text("owner")).filter(|text| !text.is_empty()),
            deputy: Some(form.text("deputy")).filter(|text| !text.is_empty()),
            classification: form.word("classification", Classification::Restricted),
            logging: form.word("logging", Logging::Missing),
            connection: Some(form.text("connection")).filter(|text| !text.is_empty()),
            active: form.active("state"),
        };
        if body.owner.is_some() && body.owner == body.deputy {
            form.refuse("deputy", "same_person", "Owner and deputy have to be two people.");
        }
        body
    }

    pub(super) fn text(&self) -> Typed {
        let person = |number: &Option<String>| number.clone().unwrap_or_default();
        [
            ("code", self.code.clone()),
            ("name", self.name.clone()),
            ("description", self.description.clone()),
            ("owner", person(&self.owner)),
            ("deputy", person(&self.deputy)),
            ("classification", self.classification.word().to_owned()),
            ("logging", self.logging.word().to_owned()),
            ("connection", self.connection.clone().unwrap_or_default()),
            ("state", if self.active { "active" } else { "retired" }.to_owned()),
        ]
        .map(|(name, text)| (name.to_owned(), text))
        .into()
    }

    /// Less sensitive, less logged, or in use again. A new one is measured against the strictest.
    pub(super) fn weaker(&self, field: &str, before: Option<&Self>) -> bool {
        match field {
            "classification" => self.classification < before.map_or(Classification::Restricted, |before| before.classification),
            "logging" => self.logging > before.map_or(Logging::Covered, |before| before.logging),
            "state" => self.active && before.is_none_or(|before| !before.active),
            _ => false,
        }
    }
}
