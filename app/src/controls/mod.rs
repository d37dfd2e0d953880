//! The controls feature: its port, its server functions and its pages.

pub mod api;
pub mod page;
pub mod port;
