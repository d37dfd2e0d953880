//! The ports: what pages and server functions may ask of the server. One trait a noun, beside the
//! pages that use it; this file only holds them together.
//!
//! Ports are use-cases ("submit a request"), not repositories, and every one of them takes the
//! caller, because the permission is checked behind the port and nowhere in front of it.

use crate::account::port::Accounts;
use crate::admin::port::Administration;
use crate::catalogue::port::Catalogue;
use crate::controls::port::Controls;
use crate::error::AppError;
use crate::home::port::Home;
use crate::identities::port::Identities;
use crate::inbox::port::Inbox;
use crate::releases::port::Releases;
use crate::requests::port::Requests;
use leptos::prelude::use_context;
use std::sync::Arc;

/// Every use-case, as the server provides them in the context of each render and server function.
#[derive(Clone)]
pub struct Backend {
    /// What waits for the caller.
    pub home: Arc<dyn Home>,
    /// The catalogue.
    pub catalogue: Arc<dyn Catalogue>,
    /// Asking.
    pub requests: Arc<dyn Requests>,
    /// Deciding.
    pub inbox: Arc<dyn Inbox>,
    /// Carrying out.
    pub releases: Arc<dyn Releases>,
    /// Identities.
    pub identities: Arc<dyn Identities>,
    /// Controls.
    pub controls: Arc<dyn Controls>,
    /// Running the installation.
    pub administration: Arc<dyn Administration>,
    /// The caller's own sessions and password.
    pub accounts: Arc<dyn Accounts>,
}

/// The backend of this render or call.
///
/// # Errors
/// [`AppError::Internal`] when the server did not provide one, which is a wiring fault.
pub fn backend() -> Result<Backend, AppError> {
    use_context::<Backend>().ok_or(AppError::Internal)
}
