//! From what the store and the rules answer to what the browser is told.

use crate::store::error::StoreError;
use app::error::AppError;
use domain::error::{FieldError, InvalidTransition, RuleBroken};

/// Why a use-case stopped. Turned into [`AppError`] at the port; what must not be shown is logged
/// there, once.
#[derive(Debug, thiserror::Error)]
pub enum UseCaseError {
    /// An answer for the caller.
    #[error("{0}")]
    Answer(AppError),
    /// A fault of ours.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<AppError> for UseCaseError {
    fn from(error: AppError) -> Self {
        Self::Answer(error)
    }
}

impl From<InvalidTransition> for UseCaseError {
    fn from(_: InvalidTransition) -> Self {
        Self::Answer(AppError::NotPossible)
    }
}

impl From<RuleBroken> for UseCaseError {
    fn from(rule: RuleBroken) -> Self {
        Self::Answer(match rule {
            RuleBroken::Transition(_) => AppError::NotPossible,
            RuleBroken::SelfApproval | RuleBroken::ApproverExecutes | RuleBroken::SubjectExecutes | RuleBroken::AlreadyDecided => {
                AppError::SeparationOfDuties
            }
            RuleBroken::NotACandidate => AppError::NotFound,
            RuleBroken::ClaimedByAnother => AppError::Claimed,
            RuleBroken::HandsOn => AppError::StandsIn,
            RuleBroken::TooEarly => AppError::TooEarly,
        })
    }
}

impl From<Vec<FieldError>> for UseCaseError {
    fn from(errors: Vec<FieldError>) -> Self {
        Self::Answer(AppError::invalid(&errors))
    }
}

impl From<FieldError> for UseCaseError {
    fn from(error: FieldError) -> Self {
        Self::from(vec![error])
    }
}

impl From<UseCaseError> for AppError {
    fn from(error: UseCaseError) -> Self {
        match error {
            UseCaseError::Answer(answer) => answer,
            UseCaseError::Store(fault) => from_store(&fault),
        }
    }
}

/// Named constraints are the last line of the rules; where one refused a write that a race let
/// through, the caller gets the rule's own answer.
fn from_store(fault: &StoreError) -> AppError {
    match fault.constraint() {
        Some(
            "decision_not_by_those_concerned"
            | "release_not_by_approver"
            | "release_not_by_subject"
            | "release_hand_not_by_approver"
            | "release_hand_not_by_subject"
            | "release_second_look_by_another"
            | "release_second_look_not_by_subject"
            | "decision_distinct_people"
            | "candidate_not_of_those_concerned"
            | "reassignment_not_to_those_concerned"
            | "reassignment_not_to_oneself"
            | "role_assignment_not_to_oneself"
            | "catalogue_change_not_confirmed_by_proposer"
            | "change_not_confirmed_by_those_concerned",
        ) => AppError::SeparationOfDuties,
        Some("delegation_is_no_chain") => AppError::field("to", "delegates"),
        Some("delegation_not_to_oneself") => AppError::field("to", "oneself"),
        Some(
            "decision_once_per_stage"
            | "release_once_per_item"
            | "identity_belongs_to_a_unit_in_use"
            | "unit_in_use_stays"
            | "audience_names_a_unit_in_use",
        ) => AppError::Changed,
        Some("grant_once_per_item" | "role_assignment_active_unique" | "delegation_stands_once") => AppError::AlreadyThere,
        _ => {
            let mut chain = fault.to_string();
            let mut source = std::error::Error::source(fault);
            while let Some(cause) = source {
                chain.push_str(": ");
                chain.push_str(&cause.to_string());
                source = cause.source();
            }
            tracing::error!(fault = %chain, "a use-case failed");
            AppError::Internal
        }
    }
}
