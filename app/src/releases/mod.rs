//! The releases feature: its port, its server functions and its pages.

pub mod api;
pub mod confirm;
pub mod detail;
pub mod list;
pub mod port;
