//! Access over time: states, reminders, several grants of the same, ends, lists, and why somebody has
//! what they have, now and on a past day.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

#[path = "story/cast.rs"]
#[expect(dead_code, reason = "this program tells its own part of the story")]
mod cast;
#[path = "carrying_out/scene.rs"]
#[expect(dead_code, unused_imports, reason = "this program uses its own part of the scene")]
mod scene;
mod support;
mod grants_over_time {
    mod asking;
    mod ends;
    mod lists;
    mod looked_at_later;
    mod moot;
    mod overlapping;
    mod reminders;
    mod same_access;
    pub mod steps;
    mod unproven;
    mod why;
}
