//! The server of Countersign: use-cases, SQL, policies, jobs, connectors, HTTP and command line.
//!
//! Rules come from `domain`, pages from `app`; this crate orders the steps, keeps the records and
//! talks to the machine. `ARCHITECTURE.md` has the map of its rooms.

pub mod cli;
pub mod config;
pub mod demo;
pub mod embedded_postgres;
pub mod http;
pub mod import;
pub mod job;
pub mod machines;
pub mod mail;
pub mod measures;
pub mod password;
pub mod policy;
pub mod queue;
pub mod rate_limit;
pub mod setup;
pub mod state;
pub mod store;
pub mod system;
pub mod usecase;
