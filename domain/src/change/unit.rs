//! Units: their names, where they were made here, the calendar they work by, and what still needs one.

use super::field::{FieldSpec, Shape, Typed, states};
use super::form::Form;
use crate::error::FieldError;

/// The calendar a unit has unless it is given another.
pub const STANDARD_CALENDAR: &str = "standard";

pub(super) const FIELDS: &[FieldSpec] = &[
    FieldSpec::new("name", "Name", Shape::Line(200), "Up to 200 characters. The name of a unit from the people feed is changed there.")
        .required(),
    FieldSpec::new("calendar", "Business calendar", Shape::CalendarCode, "Due times of decisions about its people are worked out with it.")
        .required()
        .when_weaker(),
    FieldSpec::new(
        "state",
        "State",
        Shape::One(states),
        "Nobody is put into a retired unit, and nothing new is meant for it. It can be retired once nobody belongs to it and no audience has it as its only unit.",
    )
    .required()
    .when_weaker(),
];

/// A unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitBody {
    /// Its name.
    pub name: String,
    /// Code of its business calendar.
    pub calendar: String,
    /// It is in use.
    pub active: bool,
}

impl UnitBody {
    pub(super) fn read(form: &mut Form<'_>) -> Self {
        Self { name: form.name("name"), calendar: form.code("calendar"), active: form.active("state") }
    }

    pub(super) fn text(&self) -> Typed {
        [
            ("name", self.name.clone()),
            ("calendar", self.calendar.clone()),
            ("state", if self.active { "active" } else { "retired" }.to_owned()),
        ]
        .map(|(name, text)| (name.to_owned(), text))
        .into()
    }

    /// Another calendar, which moves due times, or in use again. A new unit with the standard calendar moves
    /// none, and nobody belongs to it yet.
    pub(super) fn weaker(&self, field: &str, before: Option<&Self>) -> bool {
        match field {
            "calendar" => self.calendar != before.map_or(STANDARD_CALENDAR, |before| &before.calendar),
            "state" => self.active && before.is_some_and(|before| !before.active),
            _ => false,
        }
    }
}

/// What still needs a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnitNeeds {
    /// People and accounts of machines that belong to it and have not left.
    pub people: i64,
    /// Entitlements in use whose audience names no other unit in use.
    pub entitlements: i64,
    /// Request templates in use whose audience names no other unit in use.
    pub templates: i64,
}

impl UnitNeeds {
    /// Why it cannot be retired, each reason with its number, which stands in the code as well: `people_belong#3`.
    #[must_use]
    pub fn problems(self) -> Vec<FieldError> {
        let of = |number: i64, one: &str, many: &str| format!("{number} {}", if number == 1 { one } else { many });
        [
            (
                self.people,
                "people_belong",
                of(self.people, "person who has not left belongs to it.", "people who have not left belong to it."),
            ),
            (
                self.entitlements,
                "only_unit_of_entitlements",
                of(self.entitlements, "entitlement is meant for this unit alone.", "entitlements are meant for this unit alone."),
            ),
            (
                self.templates,
                "only_unit_of_templates",
                of(self.templates, "request template is meant for this unit alone.", "request templates are meant for this unit alone."),
            ),
        ]
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, code, message)| FieldError::new("state", &format!("{code}#{number}"), message))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_why_a_unit_is_needed_is_told_with_its_number() {
        let told =
            |needs: UnitNeeds| needs.problems().into_iter().map(|error| (error.field, error.code, error.message)).collect::<Vec<_>>();
        let at = |code: &str, message: &str| ("state".to_owned(), code.to_owned(), message.to_owned());
        assert!(told(UnitNeeds::default()).is_empty());
        assert_eq!(
            told(UnitNeeds { people: 1, entitlements: 2, templates: 1 }),
            [
                at("people_belong#1", "1 person who has not left belongs to it."),
                at("only_unit_of_entitlements#2", "2 entitlements are meant for this unit alone."),
                at("only_unit_of_templates#1", "1 request template is meant for this unit alone."),
            ]
        );
        assert_eq!(
            told(UnitNeeds { people: 12, ..UnitNeeds::default() }),
            [at("people_belong#12", "12 people who have not left belong to it.")]
        );
    }
}
