//! The requests feature: its port, its server functions and its pages.

#[cfg(feature = "ssr")]
mod after;
pub mod api;
pub mod ask;
pub(crate) mod asked;
pub mod conversation;
pub mod decisions;
pub mod detail;
pub mod differences;
pub mod draft_api;
pub mod draft_port;
pub mod form;
mod form_fields;
mod form_items;
mod form_people;
pub mod gates;
pub mod list;
mod made;
mod outcome;
pub mod port;
pub mod revisions;
pub mod stages;
pub mod trails;
mod withdraw;
pub mod words;

pub use outcome::{Grants, Releases};
