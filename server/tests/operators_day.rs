//! The operator's day: taking work on, evidence, the second look, what fails and what is done about it,
//! the list with its counts, releases whose facts changed since the approval, and what is in somebody's hands.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "story/cast.rs"]
#[expect(dead_code, reason = "this program tells its own part of the story")]
mod cast;
mod support;
mod operators_day {
    mod changed_facts;
    mod claims;
    mod evidence;
    mod hands;
    mod in_hand;
    mod lists;
    mod scene;
    mod second_look;
}
