//! The catalogue feature: its port, its server functions and its pages.

pub mod api;
pub mod detail;
pub mod page;
pub mod port;
pub mod told;
