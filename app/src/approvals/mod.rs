//! Who decides instead: delegations while somebody is away, a decision of a team that one of it
//! takes on, reassignment, and the queue of what nobody can decide.

pub mod api;
pub mod delegations;
pub mod holds;
pub mod port;
pub mod reassign;
pub mod refused;
pub mod team;
