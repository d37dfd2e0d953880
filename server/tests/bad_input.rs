//! What people type wrong, and what others try: every field of text or date, with what it refuses.
//! Each refusal names the field with a sentence of its own, changes nothing, and without JavaScript
//! brings back what was typed. Change control has a table of its own for the fields of its records
//! (`change_control/bad_input.rs`).
//!
//! To add a field: a [`Field`](bad_input::fields::Field) in `bad_input/fields.rs`, and where its form
//! is a page's a row in `bad_input/kept.rs`. A text that is only looked for stands in
//! `bad_input/searches.rs`.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "story/cast.rs"]
#[expect(dead_code, reason = "this program tells its own part of the story")]
mod cast;
#[path = "asking/desk.rs"]
#[expect(dead_code, reason = "this program asks in its own way")]
mod desk;
mod support;

mod bad_input {
    mod accounts;
    mod cases;
    mod drafts;
    mod fields;
    mod kept;
    mod scene;
    mod searches;
}
