//! What people are told: the list, the bell in the top bar, and how they want to be told.

pub mod api;
pub mod bell;
pub mod choices;
pub mod page;
pub mod port;
