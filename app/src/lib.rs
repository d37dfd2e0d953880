//! What people see: Leptos pages and components, the server functions behind them, and the ports
//! those call. Words and elements live here; rules live in `domain`, and nothing here knows SQL or
//! makes an HTTP answer.

pub mod account;
pub mod admin;
pub mod approvals;
pub mod attachments;
pub mod backend;
pub mod caller;
pub mod catalogue;
pub mod changes;
pub mod connections;
pub mod controls;
pub mod error;
pub mod frame;
pub mod grants;
pub mod home;
pub mod identities;
pub mod inbox;
pub mod joining;
pub mod not_found;
pub mod notifications;
pub mod palette;
pub mod paths;
pub mod record;
pub mod refused;
pub mod releases;
pub mod requests;
pub mod routes;
pub mod shell;
pub mod sign_in;
pub mod status;
pub mod ui;
#[cfg(feature = "ssr")]
pub mod way_back;
pub mod when;

/// In the browser: a server function that answers with a redirect leads to a full load of that
/// page. Called once, before the islands are made live.
#[cfg(feature = "hydrate")]
pub fn follow_redirects() {
    use leptos::server_fn::redirect::set_redirect_hook;
    // Refused only when a hook is set already, which is then this one.
    drop(set_redirect_hook(|address: &str| {
        // Refused only while the page is already going elsewhere.
        drop(leptos::prelude::window().location().set_href(address));
    }));
}
