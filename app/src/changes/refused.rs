//! What was typed into a form that was refused. The server puts it into the context of the render
//! that answers the form, so that everything stands as typed, with a sentence at each field, with
//! or without JavaScript and however long it is.

use super::port::ProposalForm;
use crate::error::AppError;

/// A proposal that was not recorded.
#[derive(Clone, Debug)]
pub struct RefusedProposal {
    /// As typed.
    pub form: ProposalForm,
    /// Why.
    pub error: AppError,
}

/// A step on a change that was not recorded.
#[derive(Clone, Debug)]
pub struct RefusedStep {
    /// `confirm`, `refuse` or `withdraw`.
    pub step: String,
    /// As typed.
    pub reason: String,
    /// Why.
    pub error: AppError,
}

/// In a form, the name of the field of a record: apart from the names of the proposal itself.
#[must_use]
pub fn input_name(field: &str) -> String {
    format!("{FIELD}{field}")
}

/// What the names of a record's fields begin with in a form.
pub const FIELD: &str = "field.";
