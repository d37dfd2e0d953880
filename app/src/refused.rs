//! What was typed into a form that was refused without JavaScript: kept by the server for the sign-in
//! that sent it, and found by the page that the browser is led back to (`way_back`). The address
//! carries its id alone, so it may be as long as a form can be.

use crate::error::AppError;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::id::RefusedFormId;
use leptos::prelude::use_context;
use leptos::server_fn::ServerFn;
use std::collections::BTreeMap;

/// The parameter that names what was typed.
pub const TYPED: &str = "typed";

/// A form that was refused. The server puts it into the context of the render that answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedForm {
    /// The address that it went to.
    pub form: String,
    /// Its fields as typed; never a password.
    pub typed: BTreeMap<String, String>,
}

/// What was refused and waits to be shown again.
#[async_trait]
pub trait RefusedForms: Send + Sync {
    /// Keeps a form for the sign-in of the caller; not one that holds far more than its fields take.
    async fn keep(&self, caller: &Caller, refused: RefusedForm) -> Result<RefusedFormId, AppError>;
    /// A form that was kept for the sign-in of the caller, and for no other; nothing when it is over.
    async fn find(&self, caller: &Caller, id: RefusedFormId) -> Result<Option<RefusedForm>, AppError>;
}

/// What was typed into a field of the form of `F`, on the page that answers its refusal; empty
/// everywhere else.
#[must_use]
pub fn typed<F: ServerFn>(field: &str) -> String {
    let refused = use_context::<RefusedForm>().filter(|refused| refused.form == F::PATH);
    refused.and_then(|mut refused| refused.typed.remove(field)).unwrap_or_default()
}
