//! Hearing about a request for the same thing instead of asking twice.

pub mod api;
pub mod offer;
pub mod port;
