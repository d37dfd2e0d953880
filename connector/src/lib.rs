//! Talks to the machines in which access really is: accounts, groups, memberships.
//!
//! Belongs here: what to say to such a machine and what its answer means. Does not belong here: the
//! database, who may do what, the order of steps, when something is tried again (`server`'s
//! `usecase::carrying_out`). A connector keeps nothing between two calls: whatever has to be known
//! later is in what it returns.
//!
//! One order (give or take one entitlement) is carried out in four moves:
//!
//! 1. [`Connector::plan`] reads what is there and says which steps are needed, each with what it
//!    found ([`Before`]). The caller writes that down.
//! 2. [`Connector::apply`] does one step. It may be called again with the same key after a crash or
//!    an unclear answer and then changes nothing more: it reads before it writes.
//! 3. [`Connector::read_back`] says what is there now. Only this proves anything.
//! 4. [`Connector::undo`] brings one step back to its [`Before`]; it, too, may be called twice.
//!
//! To add a connector: a file (or folder) with `settings.rs`-like typed settings and an implementation
//! of the trait; then `conformance::every_rule!` in `tests/`, the
//! tests that every connector has to pass.

mod backoff;
mod breaker;
mod connector;
mod exchange;
mod fault;
pub mod http;
pub mod memory;
mod order;
pub mod scim;
mod sealing;
mod secret;
pub mod webhook;

pub use backoff::Backoff;
pub use breaker::{Breaker, BreakerRules};
pub use connector::{Applied, Capabilities, Connector, Surroundings, Tested, Undone};
pub use exchange::{Exchange, Exchanges};
pub use fault::{Fault, Retry};
pub use order::{Account, Actual, Before, Change, Entitlement, Operation, Order, Plan, Step, Subject};
pub use sealing::{KeyRing, Sealed, SealingFault};
pub use secret::Secret;
