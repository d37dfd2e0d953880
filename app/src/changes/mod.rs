//! Change control: editing the catalogue and the rules, with versions and a second person.

pub mod api;
pub mod change;
pub mod detail;
pub(crate) mod form;
pub mod port;
pub mod problem;
pub mod queue;
pub mod records;
pub mod refused;
pub mod rules;
mod steps;
pub(crate) mod versions;
mod words;
