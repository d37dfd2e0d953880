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

pub use outcome::{Grants, Releases, grant_state};
