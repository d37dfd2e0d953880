//! Approval: who has to decide, who may, and what a decision does.
//!
//! Who decides is data: an [`ApprovalPlan`] with stages in order, each with the sources its
//! approvers come from and the number of people who have to approve. One person decides once on a
//! request, whatever accounts they have; nobody decides for themselves by any route; where too few
//! people may decide, the stage is held with a reason, never passed (laws 1 and 4).

mod plan;
mod source;
mod stage;

pub use plan::{ApprovalPlan, Case, LONGEST_STAGE_HOURS, MOST_STAGES, PlanScope, PlanStage, check_stages, fitting};
pub use source::ApproverSource;
pub use stage::{
    Candidate, Nominee, Nominees, PersonId, Reassigned, StageFacts, StageRule, StandIn, asked_already, may_decide, next_level, who_decides,
};

use crate::words::words;

words! {
    /// What was decided.
    pub enum Verdict: "verdict" {
        /// Yes.
        Approve = "approve", "Approved",
        /// Not yet: a question.
        Return = "return", "Returned",
        /// No.
        Reject = "reject", "Rejected",
    }
}
