//! Who decides: plans as data, quorum and steps, every route to one's own request, delegation,
//! reassignment, claims, reminders and escalation, through HTTP on a real database.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers as well")]

mod support;

mod approvals {
    mod delegations;
    mod plans;
    mod queue;
    mod reassigning;
    mod self_approval;
    mod standing_in;
    mod waiting;
    pub mod world;
}
