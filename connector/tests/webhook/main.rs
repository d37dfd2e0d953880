//! The webhook connector against the example receiver, and against receivers that misbehave.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers as well")]

mod answers;
mod completions;
#[path = "../conformance/mod.rs"]
mod conformance;
mod documentation;
mod far_side;
#[path = "../../examples/receiver/receiver.rs"]
mod receiver;
mod repeating;
mod rules;
mod signatures;
mod steps;
#[path = "../support/mod.rs"]
mod support;
