//! The one way out: where it leads, whom it trusts, how long it waits, what it writes down.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers as well")]

mod addresses;
mod answers;
mod bench;
mod certificates;
mod gate;
#[path = "../machine/mod.rs"]
mod machine;
mod record;
#[path = "../support/mod.rs"]
mod support;
