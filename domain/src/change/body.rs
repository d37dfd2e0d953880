//! A record of any kind as a typed body, its names of other records, and differences in words.

use super::field::{FieldSpec, Names, Shape, Typed, Weight};
use super::form::Form;
use super::{
    ApplicationBody, CalendarBody, ConflictBody, EntitlementBody, GroupBody, PlanBody, RecordKind, SpecificationBody, TemplateBody,
    UnitBody,
};
use crate::error::FieldError;

/// A record under change control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A unit.
    Unit(UnitBody),
    /// An application.
    Application(ApplicationBody),
    /// An entitlement.
    Entitlement(EntitlementBody),
    /// A separation-of-duties rule.
    Conflict(ConflictBody),
    /// A request template.
    Template(TemplateBody),
    /// An identity specification.
    Specification(SpecificationBody),
    /// An approval plan.
    Plan(PlanBody),
    /// A business calendar.
    Calendar(CalendarBody),
    /// A group of approvers.
    Group(GroupBody),
}

/// What a body names, each with the field and, in fields of many lines, the line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// People by number or name.
    pub people: Vec<(&'static str, usize, String)>,
    /// Entitlements by their ids in the source.
    pub entitlements: Vec<(&'static str, usize, String)>,
    /// Units by name.
    pub units: Vec<(&'static str, usize, String)>,
    /// Applications by code.
    pub applications: Vec<(&'static str, usize, String)>,
    /// Groups by code.
    pub groups: Vec<(&'static str, usize, String)>,
    /// Calendars by code.
    pub calendars: Vec<(&'static str, usize, String)>,
    /// Connections by code.
    pub connections: Vec<(&'static str, usize, String)>,
}

impl Body {
    /// Parses typed text; `new` when it makes a record, whose identifiers are then looked at as well.
    ///
    /// # Errors
    /// Every field that cannot be accepted.
    pub fn parse(kind: RecordKind, typed: &Typed, new: bool) -> Result<Self, Vec<FieldError>> {
        let mut form = Form::new(typed, kind.fields(), new);
        let body = match kind {
            RecordKind::Unit => Self::Unit(UnitBody::read(&mut form)),
            RecordKind::Application => Self::Application(ApplicationBody::read(&mut form)),
            RecordKind::Entitlement => Self::Entitlement(EntitlementBody::read(&mut form)),
            RecordKind::Conflict => Self::Conflict(ConflictBody::read(&mut form)),
            RecordKind::Template => Self::Template(TemplateBody::read(&mut form)),
            RecordKind::Specification => Self::Specification(SpecificationBody::read(&mut form)),
            RecordKind::Plan => Self::Plan(PlanBody::read(&mut form)),
            RecordKind::Calendar => Self::Calendar(CalendarBody::read(&mut form)),
            RecordKind::Group => Self::Group(GroupBody::read(&mut form)),
        };
        form.finish(body)
    }

    /// The canonical text of every field.
    #[must_use]
    pub fn text(&self) -> Typed {
        match self {
            Self::Unit(body) => body.text(),
            Self::Application(body) => body.text(),
            Self::Entitlement(body) => body.text(),
            Self::Conflict(body) => body.text(),
            Self::Template(body) => body.text(),
            Self::Specification(body) => body.text(),
            Self::Plan(body) => body.text(),
            Self::Calendar(body) => body.text(),
            Self::Group(body) => body.text(),
        }
    }

    /// The same with every set in its order.
    ///
    /// # Errors
    /// What became wrong, which is nothing where the body was right.
    pub fn sorted(&self) -> Result<Self, Vec<FieldError>> {
        let mut typed = self.text();
        for field in self.kind().fields().iter().filter(|field| field.set) {
            if let Some(text) = typed.get_mut(field.name) {
                let mut lines: Vec<&str> = text.lines().collect();
                lines.sort_unstable();
                *text = lines.join("\n");
            }
        }
        Self::parse(self.kind(), &typed, false)
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> RecordKind {
        match self {
            Self::Unit(_) => RecordKind::Unit,
            Self::Application(_) => RecordKind::Application,
            Self::Entitlement(_) => RecordKind::Entitlement,
            Self::Conflict(_) => RecordKind::Conflict,
            Self::Template(_) => RecordKind::Template,
            Self::Specification(_) => RecordKind::Specification,
            Self::Plan(_) => RecordKind::Plan,
            Self::Calendar(_) => RecordKind::Calendar,
            Self::Group(_) => RecordKind::Group,
        }
    }

    /// Its name on lists.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Unit(body) => body.name.clone(),
            Self::Application(body) => body.name.clone(),
            Self::Entitlement(body) => body.name.clone(),
            Self::Conflict(body) => format!("{} {}", body.code, body.title),
            Self::Template(body) => body.name.clone(),
            Self::Specification(body) => body.population.label().to_owned(),
            Self::Plan(body) => body.name.clone(),
            Self::Calendar(body) => body.name.clone(),
            Self::Group(body) => body.name.clone(),
        }
    }

    /// Whether the rule of its kind says that a field has become weaker.
    pub(super) fn weaker(&self, field: &str, before: Option<&Self>) -> bool {
        match (self, before) {
            (Self::Unit(after), None) => after.weaker(field, None),
            (Self::Unit(after), Some(Self::Unit(before))) => after.weaker(field, Some(before)),
            (Self::Application(after), None) => after.weaker(field, None),
            (Self::Application(after), Some(Self::Application(before))) => after.weaker(field, Some(before)),
            (Self::Entitlement(after), None) => after.weaker(field, None),
            (Self::Entitlement(after), Some(Self::Entitlement(before))) => after.weaker(field, Some(before)),
            (Self::Template(after), None) => after.weaker(field, None),
            (Self::Template(after), Some(Self::Template(before))) => after.weaker(field, Some(before)),
            // The other kinds have no such field, and a record never changes its kind: what cannot
            // be compared is taken for weaker.
            _ => true,
        }
    }

    /// Everything it names.
    #[must_use]
    pub fn references(&self) -> References {
        let mut found = References::default();
        let typed = self.text();
        for field in self.kind().fields() {
            let text = typed.get(field.name).map(String::as_str).unwrap_or_default();
            let lines =
                || text.lines().enumerate().filter(|(_, line)| !line.is_empty()).map(|(at, line)| (field.name, at + 1, line.to_owned()));
            match (field.names, field.shape) {
                (Names::People, _) => found.people.extend(lines()),
                (Names::Entitlements, _) => found.entitlements.extend(lines()),
                (Names::Units, _) => found.units.extend(lines()),
                (Names::Applications, _) => found.applications.extend(lines()),
                (Names::Nothing, Shape::CalendarCode) => found.calendars.extend(lines()),
                (Names::Nothing, Shape::ConnectionCode) => found.connections.extend(lines()),
                (Names::Nothing, _) => {}
            }
        }
        if let Self::Plan(plan) = self {
            found.groups.extend(plan.groups().into_iter().map(|(at, code)| ("stages", at, code)));
        }
        found
    }
}

/// One changed field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its name.
    pub field: &'static str,
    /// Its label.
    pub label: &'static str,
    /// Before, in words; nothing for a new record.
    pub before: String,
    /// After, in words.
    pub after: String,
    /// It needs a second person.
    pub needs_second: bool,
}

/// What changed, field by field, in the order of the form. `person` gives the name to a number.
#[must_use]
pub fn differences(
    kind: RecordKind,
    before: Option<&Typed>,
    after: &Typed,
    needs_second: &[String],
    person: &dyn Fn(&str) -> String,
) -> Vec<Difference> {
    kind.fields()
        .iter()
        .filter_map(|field| {
            let now = after.get(field.name).map(String::as_str).unwrap_or_default();
            let was = before.and_then(|before| before.get(field.name)).map(String::as_str).unwrap_or_default();
            (now != was).then(|| Difference {
                field: field.name,
                label: field.label,
                before: if before.is_none() { String::new() } else { say(field, was, person) },
                after: say(field, now, person),
                needs_second: needs_second.iter().any(|name| name == field.name),
            })
        })
        .collect()
}

/// The text of a field in words: labels instead of stored words, names beside numbers, and what it
/// means that nothing stands there. `name` says a number of a person or an identifier of an entitlement with
/// its name.
#[must_use]
pub fn say(field: &FieldSpec, text: &str, name: &dyn Fn(&str) -> String) -> String {
    let label = |word: &str| {
        let options = field.options();
        options.iter().find(|(value, _)| value == word).map_or_else(|| word.to_owned(), |(_, label)| label.clone())
    };
    match (field.shape, field.names) {
        (Shape::One(_), _) => label(text),
        (_, _) if text.is_empty() => field.empty.to_owned(),
        (Shape::Any(_), _) => text.split_whitespace().map(label).collect::<Vec<_>>().join(", "),
        (_, Names::People | Names::Entitlements) => text.lines().map(name).collect::<Vec<_>>().join("\n"),
        _ => text.to_owned(),
    }
}

impl FieldSpec {
    /// Whether a change of it can need a second person.
    #[must_use]
    pub fn may_need_second(&self) -> bool {
        self.weight != Weight::Never
    }
}
