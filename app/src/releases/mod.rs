//! The releases feature: its port, its server functions and its pages.

pub mod port;
