//! The work queue: its port, its server functions and its page.

pub mod api;
pub mod page;
pub mod port;
mod servers;
mod settle;
mod tasks;
