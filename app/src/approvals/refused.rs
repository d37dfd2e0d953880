//! What was typed into a form that was refused. The server puts it into the context of the render
//! that answers the form, so that everything stands as typed, with a sentence at each field, with
//! or without JavaScript.

use super::port::ReassignForm;
use crate::error::AppError;
use domain::delegation::DelegationForm;

/// A delegation that was not recorded.
#[derive(Clone, Debug)]
pub struct RefusedDelegation {
    /// As typed.
    pub form: DelegationForm,
    /// Why.
    pub error: AppError,
}

/// A reassignment that was not recorded.
#[derive(Clone, Debug)]
pub struct RefusedReassignment {
    /// As typed.
    pub form: ReassignForm,
    /// Why.
    pub error: AppError,
}
