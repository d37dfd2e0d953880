//! The releases feature: its port, its server functions and its pages.

pub mod api;
pub mod calls;
pub mod claim;
pub mod confirm;
pub mod detail;
pub mod evidence;
pub mod hands;
pub mod ladder;
pub mod list;
pub mod look;
pub mod port;
