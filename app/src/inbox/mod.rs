//! The inbox feature: its port, its server functions and its pages.

pub mod api;
pub mod bar;
pub mod decision;
pub mod detail;
pub mod list;
pub mod page;
pub mod port;
pub mod recent;
pub mod saved;
pub mod since;
pub mod weigh;
