//! Connections to other machines: their port, their server functions and their pages.

pub mod api;
pub mod detail;
mod form;
pub mod list;
pub mod port;
pub mod refused;
mod steps;
