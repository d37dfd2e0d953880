//! Change control over the catalogue and the rules: what can be changed, which changes need a second
//! person, and the states a change passes through.
//!
//! A record under change control is a set of fields, each with a canonical text: the text that the
//! form shows, that versions keep, and that differences compare. [`Body::parse`] turns typed text
//! into a typed body, [`Body::text`] turns it back. One file a kind; to add a field, add it to the
//! kind's `FIELDS`, its `read` and its `text`.

mod application;
mod body;
mod calendar;
mod conflict;
mod entitlement;
mod field;
mod form;
mod group;
mod life;
mod plan;
mod second;
mod specification;
mod template;
mod unit;
mod when;

pub use application::ApplicationBody;
pub use body::{Body, Difference, References, differences, say};
pub use calendar::CalendarBody;
pub use conflict::{ConflictBody, Shape as ConflictShape};
pub use entitlement::{EntitlementBody, LONGEST_PRIVILEGED_DAYS, question_lines, read_questions};
pub use field::{FieldSpec, Names, Shape, Typed, Weight};
pub use form::Form;
pub use group::GroupBody;
pub use life::{ChangeLife, Decided};
pub use plan::{PlanBody, read_stages, stage_lines};
pub use second::{may_be_second, needs_second, newly_named};
pub use specification::SpecificationBody;
pub use template::TemplateBody;
pub use unit::{STANDARD_CALENDAR, UnitBody, UnitNeeds};
pub use when::effective_from;

use crate::words::words;

words! {
    /// Records under change control.
    pub enum RecordKind: "record kind" {
        /// An organisational unit.
        Unit = "unit", "Unit",
        /// An application.
        Application = "application", "Application",
        /// An entitlement.
        Entitlement = "entitlement", "Entitlement",
        /// A separation-of-duties rule.
        Conflict = "conflict", "Conflict",
        /// A request template.
        Template = "template", "Request template",
        /// An identity specification.
        Specification = "specification", "Identity specification",
        /// An approval plan.
        Plan = "plan", "Approval plan",
        /// A business calendar.
        Calendar = "calendar", "Business calendar",
        /// A group of approvers.
        Group = "group", "Approver group",
    }
}

impl RecordKind {
    /// Whether records of it belong to applications, so that their owners have a say in them.
    #[must_use]
    pub fn belongs_to_applications(self) -> bool {
        match self {
            Self::Application | Self::Entitlement | Self::Conflict | Self::Template => true,
            Self::Unit | Self::Specification | Self::Plan | Self::Calendar | Self::Group => false,
        }
    }

    /// Whether a request keeps the version of it that it was made with.
    #[must_use]
    pub fn is_pinned_by_requests(self) -> bool {
        match self {
            Self::Entitlement | Self::Specification | Self::Plan => true,
            Self::Unit | Self::Application | Self::Conflict | Self::Template | Self::Calendar | Self::Group => false,
        }
    }

    /// Its fields, in the order of the form.
    #[must_use]
    pub fn fields(self) -> &'static [FieldSpec] {
        match self {
            Self::Unit => unit::FIELDS,
            Self::Application => application::FIELDS,
            Self::Entitlement => entitlement::FIELDS,
            Self::Conflict => conflict::FIELDS,
            Self::Template => template::FIELDS,
            Self::Specification => specification::FIELDS,
            Self::Plan => plan::FIELDS,
            Self::Calendar => calendar::FIELDS,
            Self::Group => group::FIELDS,
        }
    }
}

impl RecordKind {
    /// The label of many.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Self::Unit => "Units",
            Self::Application => "Applications",
            Self::Entitlement => "Entitlements",
            Self::Conflict => "Conflicts",
            Self::Template => "Request templates",
            Self::Specification => "Identity specifications",
            Self::Plan => "Approval plans",
            Self::Calendar => "Business calendars",
            Self::Group => "Approver groups",
        }
    }
}

words! {
    /// Where a change stands.
    pub enum ChangeState: "change state" {
        /// Waits for a second person.
        Proposed = "proposed", "Waits for a second person",
        /// Waits for its time.
        Confirmed = "confirmed", "Waits for its time",
        /// In force.
        InForce = "in_force", "In force",
        /// A second person said no.
        Refused = "refused", "Refused",
        /// Its proposer took it back.
        Withdrawn = "withdrawn", "Taken back",
        /// The record had changed meanwhile.
        Overtaken = "overtaken", "Overtaken by another change",
    }
}

#[cfg(test)]
#[path = "second_person_tests.rs"]
mod second_person_tests;
#[cfg(test)]
#[path = "typed_tests.rs"]
mod typed_tests;
