//! Groups of approvers: named people whom a plan can ask.

use super::field::{FieldSpec, Names, Shape, Typed};
use super::form::Form;

/// Most members of a group.
const MOST_MEMBERS: usize = 200;

pub(super) const FIELDS: &[FieldSpec] = &[
    FieldSpec::new(
        "code",
        "Code",
        Shape::Line(41),
        "2 to 41 lower-case letters, digits, _ and -; plans name it. Never changed afterwards.",
    )
    .required()
    .fixed(),
    FieldSpec::new("name", "Name", Shape::Line(200), "Up to 200 characters.").required(),
    FieldSpec::new("description", "Description", Shape::Lines(4_000, 2), "What it decides."),
    FieldSpec::new("members", "Members", Shape::Lines(20_000, 5), "Employee numbers, or exact names, one a line.")
        .always()
        .naming(Names::People)
        .a_set(),
];

/// A group of approvers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupBody {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What it decides.
    pub description: String,
    /// Numbers of its members.
    pub members: Vec<String>,
}

impl GroupBody {
    pub(super) fn read(form: &mut Form<'_>) -> Self {
        Self {
            code: form.code("code"),
            name: form.name("name"),
            description: form.text("description"),
            members: form.list("members", MOST_MEMBERS),
        }
    }

    pub(super) fn text(&self) -> Typed {
        [
            ("code", self.code.clone()),
            ("name", self.name.clone()),
            ("description", self.description.clone()),
            ("members", self.members.join("\n")),
        ]
        .map(|(name, text)| (name.to_owned(), text))
        .into()
    }
}
