//! Change control through HTTP: who may propose, who is the second person, when a change is in force,
//! what becomes of requests under way, and that every version stays readable.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers as well")]

#[path = "change_control/bad_input.rs"]
mod bad_input;
#[path = "story/cast.rs"]
#[expect(dead_code, reason = "this program tells its own part of the story")]
mod cast;
#[path = "change_control/containment.rs"]
mod containment;
#[path = "change_control/imported.rs"]
mod imported;
#[path = "change_control/kinds.rs"]
mod kinds;
#[path = "change_control/pinned.rs"]
mod pinned;
#[path = "change_control/scene.rs"]
mod scene;
#[path = "change_control/scope.rs"]
mod scope;
#[path = "change_control/second.rs"]
mod second;
mod support;
#[path = "change_control/time.rs"]
mod time;
#[path = "change_control/units.rs"]
mod units;
#[path = "change_control/versions.rs"]
mod versions;
