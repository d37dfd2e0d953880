//! The ports: what pages and server functions may ask of the server. One trait a noun, beside the
//! pages that use it; this file only holds them together.
//!
//! Ports are use-cases ("submit a request"), not repositories, and every one of them takes the
//! caller, because the permission is checked behind the port and nowhere in front of it.

use crate::account::port::Accounts;
use crate::admin::port::Administration;
use crate::admin::queue::port::WorkQueue;
use crate::approvals::port::Approvals;
use crate::attachments::port::Attachments;
use crate::catalogue::port::Catalogue;
use crate::changes::port::Changes;
use crate::connections::port::Connections;
use crate::controls::port::Controls;
use crate::error::AppError;
use crate::grants::port::Grants;
use crate::home::port::Home;
use crate::identities::port::Identities;
use crate::inbox::port::Inbox;
use crate::joining::port::Joining;
use crate::notifications::port::Notifications;
use crate::palette::port::Finding;
use crate::refused::RefusedForms;
use crate::releases::port::Releases;
use crate::requests::draft_port::Drafts;
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
    /// Editing the catalogue and the rules.
    pub changes: Arc<dyn Changes>,
    /// What people are writing.
    pub drafts: Arc<dyn Drafts>,
    /// Asking.
    pub requests: Arc<dyn Requests>,
    /// Who decides instead.
    pub approvals: Arc<dyn Approvals>,
    /// Deciding.
    pub inbox: Arc<dyn Inbox>,
    /// Carrying out.
    pub releases: Arc<dyn Releases>,
    /// Access that somebody holds.
    pub grants: Arc<dyn Grants>,
    /// Files on drafts and requests.
    pub attachments: Arc<dyn Attachments>,
    /// Hearing about requests for the same thing.
    pub joining: Arc<dyn Joining>,
    /// Identities.
    pub identities: Arc<dyn Identities>,
    /// Connections to other machines.
    pub connections: Arc<dyn Connections>,
    /// Controls.
    pub controls: Arc<dyn Controls>,
    /// What the caller was told.
    pub notifications: Arc<dyn Notifications>,
    /// Finding anything.
    pub finding: Arc<dyn Finding>,
    /// Running the installation.
    pub administration: Arc<dyn Administration>,
    /// What the server does by itself.
    pub queue: Arc<dyn WorkQueue>,
    /// Forms that were refused, as typed.
    pub refused: Arc<dyn RefusedForms>,
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
