//! What was typed on the page of a connection and refused. The server puts it into the context of the
//! render that answers the form; the secret is never among it.

use super::port::{ConnectionForm, NotSaved};
use crate::error::AppError;

/// A form that was not taken.
#[derive(Clone, Debug)]
pub struct RefusedConnection {
    /// As typed.
    pub form: ConnectionForm,
    /// Why.
    pub refused: NotSaved,
}

/// A step that was not taken.
#[derive(Clone, Debug)]
pub struct RefusedAct {
    /// The word of the step.
    pub step: String,
    /// The reason as typed.
    pub reason: String,
    /// Why.
    pub error: AppError,
}
