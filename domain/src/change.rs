//! Change control over the catalogue and the rules: what can be changed, which changes need a second
//! person, and the states a change passes through.

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
