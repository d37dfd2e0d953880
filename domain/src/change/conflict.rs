//! Separation-of-duties rules: what one person must not have together, how bad it is, and what may
//! make it bearable.

use super::field::{FieldSpec, Names, Shape as FieldShape, Typed, options, states};
use super::form::Form;
use crate::conflict::Severity;
use crate::words::words;

words! {
    /// How a rule names what it keeps apart.
    pub enum Shape: "shape of a conflict" {
        /// Something of the left with something of the right.
        Sides = "sides", "Two sides",
        /// More than so many of one set.
        Set = "set", "At most so many of a set",
    }
}

/// Most members of a rule.
const MOST_MEMBERS: usize = 200;

pub(super) const FIELDS: &[FieldSpec] = &[
    FieldSpec::new("code", "Code", FieldShape::Line(40), "For example SOD-012; never changed afterwards.").required().fixed().always(),
    FieldSpec::new("title", "What it keeps apart", FieldShape::Line(200), "Up to 200 characters, for example: Pay and approve.")
        .required()
        .always(),
    FieldSpec::new("description", "Description", FieldShape::Lines(4_000, 3), "Up to 4,000 characters.").always(),
    FieldSpec::new("severity", "Severity", FieldShape::One(options!(Severity)), "How bad the combination is.").required().always(),
    FieldSpec::new("shape", "Shape", FieldShape::One(options!(Shape)), "Two sides, or at most so many of one set.").required().always(),
    FieldSpec::new("at_most", "At most", FieldShape::Number(1, 100), "For a set: how many of it one person may have. 1 to 100.").always(),
    FieldSpec::new("left", "Left side", FieldShape::Lines(20_000, 4), "Identifiers of entitlements, one a line.")
        .always()
        .naming(Names::Entitlements)
        .a_set(),
    FieldSpec::new("right", "Right side", FieldShape::Lines(20_000, 4), "Identifiers of entitlements, one a line.")
        .always()
        .naming(Names::Entitlements)
        .a_set(),
    FieldSpec::new("members", "Set", FieldShape::Lines(20_000, 4), "For a set: identifiers of entitlements, one a line.")
        .always()
        .naming(Names::Entitlements)
        .a_set(),
    FieldSpec::new(
        "mitigation",
        "Permitted mitigation",
        FieldShape::Lines(2_000, 2),
        "What may make the combination bearable, for those who decide. It never lifts a rule of high severity, and one of low or medium severity only advises without it, too.",
    )
    .always(),
    FieldSpec::new("state", "State", FieldShape::One(states), "A retired rule keeps nothing apart.").required().always(),
];

/// A separation-of-duties rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictBody {
    /// Its code.
    pub code: String,
    /// What it keeps apart.
    pub title: String,
    /// More about it.
    pub description: String,
    /// How bad.
    pub severity: Severity,
    /// How it names its members.
    pub shape: Shape,
    /// How many of a set one person may have.
    pub at_most: i32,
    /// One side.
    pub left: Vec<String>,
    /// The other side.
    pub right: Vec<String>,
    /// The set.
    pub members: Vec<String>,
    /// What may make it bearable; empty where nothing is named.
    pub mitigation: String,
    /// It is in use.
    pub active: bool,
}

impl ConflictBody {
    pub(super) fn read(form: &mut Form<'_>) -> Self {
        let body = Self {
            code: form.identifier("code"),
            title: form.name("title"),
            description: form.text("description"),
            severity: form.word("severity", Severity::High),
            shape: form.word("shape", Shape::Sides),
            at_most: form.number("at_most").unwrap_or(1),
            left: form.list("left", MOST_MEMBERS),
            right: form.list("right", MOST_MEMBERS),
            members: form.list("members", MOST_MEMBERS),
            mitigation: form.text("mitigation"),
            active: form.active("state"),
        };
        match body.shape {
            Shape::Sides => {
                for (field, side) in [("left", &body.left), ("right", &body.right)] {
                    if side.is_empty() {
                        form.refuse(field, "required", "Name at least one entitlement on each side.");
                    }
                }
                if let Some(at) = body.right.iter().position(|id| body.left.contains(id)) {
                    form.refuse_line("right", "on_both_sides", at + 1, "On both sides it would keep nothing apart.");
                }
                if !body.members.is_empty() {
                    form.refuse("members", "not_of_this_shape", "A rule with two sides has no set.");
                }
            }
            Shape::Set => {
                if usize::try_from(body.at_most).is_ok_and(|most| body.members.len() <= most) {
                    form.refuse("members", "too_few", "Name more entitlements than one person may have.");
                }
                for (field, side) in [("left", &body.left), ("right", &body.right)] {
                    if !side.is_empty() {
                        form.refuse(field, "not_of_this_shape", "A set has no sides.");
                    }
                }
            }
        }
        body
    }

    pub(super) fn text(&self) -> Typed {
        [
            ("code", self.code.clone()),
            ("title", self.title.clone()),
            ("description", self.description.clone()),
            ("severity", self.severity.word().to_owned()),
            ("shape", self.shape.word().to_owned()),
            ("at_most", self.at_most.to_string()),
            ("left", self.left.join("\n")),
            ("right", self.right.join("\n")),
            ("members", self.members.join("\n")),
            ("mitigation", self.mitigation.clone()),
            ("state", if self.active { "active" } else { "retired" }.to_owned()),
        ]
        .map(|(name, text)| (name.to_owned(), text))
        .into()
    }
}
