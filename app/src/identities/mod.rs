//! The identities feature: its port, its server functions and its pages.

pub mod api;
pub mod cure;
pub mod page;
pub mod port;
pub mod stop;
