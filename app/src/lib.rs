//! What people see: Leptos pages and components, the server functions behind them, and the ports
//! those call. Words and elements live here; rules live in `domain`, and nothing here knows SQL or
//! makes an HTTP answer.

pub mod account;
pub mod admin;
pub mod backend;
pub mod caller;
pub mod catalogue;
pub mod controls;
pub mod error;
pub mod frame;
pub mod home;
pub mod identities;
pub mod inbox;
pub mod not_found;
pub mod paths;
pub mod record;
pub mod releases;
pub mod requests;
pub mod routes;
pub mod shell;
pub mod sign_in;
pub mod status;
pub mod ui;
pub mod when;
