//! Connections in the browser, without JavaScript: made, changed with a second person, tested, ended
//! rests; secrets that nobody sees again; and receivers that answer later.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers as well")]

#[path = "story/cast.rs"]
#[expect(dead_code, reason = "this program tells its own part of the story")]
mod cast;
mod support;
mod connections {
    mod at_once;
    mod completions;
    mod editing;
    mod far_side;
    mod machines;
    mod scene;
    mod seconds;
    mod secrets;
    mod trying;
}
