//! The account feature: its port, its server functions and its pages.

pub mod api;
pub mod page;
mod password;
pub mod port;
mod sessions;
