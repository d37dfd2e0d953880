//! Units: their names, where they were made here, and the calendar they work by.

use super::field::{FieldSpec, Shape, Typed};
use super::form::Form;

/// The calendar a unit has unless it is given another.
pub const STANDARD_CALENDAR: &str = "standard";

pub(super) const FIELDS: &[FieldSpec] = &[
    FieldSpec::new("name", "Name", Shape::Line(200), "Up to 200 characters. The name of a unit from the people feed is changed there.")
        .required(),
    FieldSpec::new("calendar", "Business calendar", Shape::CalendarCode, "Due times of decisions about its people are worked out with it.")
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
}

impl UnitBody {
    pub(super) fn read(form: &mut Form<'_>) -> Self {
        Self { name: form.name("name"), calendar: form.code("calendar") }
    }

    pub(super) fn text(&self) -> Typed {
        Typed::from([("name".to_owned(), self.name.clone()), ("calendar".to_owned(), self.calendar.clone())])
    }

    /// Any other calendar moves due times; a new unit with the standard one moves none.
    pub(super) fn weaker(&self, field: &str, before: Option<&Self>) -> bool {
        field == "calendar" && self.calendar != before.map_or(STANDARD_CALENDAR, |before| &before.calendar)
    }
}
