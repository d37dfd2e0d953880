//! Finds installed Postgres binaries and supervises one cluster over a Unix socket.
//!
//! The server keeps its data in such a cluster when it has no `DATABASE_URL`; the recipes in `xtask`
//! start throw-away ones for the tests. Everything here blocks: an async caller wraps it.
//!
//! What it takes care of, each in a file of its own:
//! * [`Binaries`]: which Postgres is installed, and which one a data directory belongs to;
//! * [`Account`]: Postgres refuses to run as root, so root runs it as the user `postgres`;
//! * [`Place`]: a data directory that this user can enter, a socket path that is short enough, and
//!   a lock against a second start;
//! * [`Cluster`]: initialise, start, recover what a killed predecessor left, stop.

#![expect(clippy::disallowed_methods, reason = "a limit on waiting for a process needs a clock; no rule of the product depends on it")]

mod account;
mod binaries;
mod cluster;
mod error;
mod initialise;
mod output;
mod place;
mod postmaster;
mod settings;

pub use account::Account;
pub use binaries::{Binaries, OLDEST_MAJOR};
pub use cluster::Cluster;
pub use error::ClusterError;
pub use place::Place;
pub use settings::Settings;
