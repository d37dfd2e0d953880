//! The admin feature: its port, its server functions and its pages.

pub mod api;
pub mod done;
pub mod jobs;
mod mail;
pub mod page;
pub mod people;
pub mod port;
pub mod queue;
