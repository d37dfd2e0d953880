//! The story of a request, told through HTTP on a real database: the line through everything, and
//! every side exit built so far.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

mod story {
    mod bulk;
    pub mod cast;
    mod conflicts;
    mod conversation;
    mod deciding;
    mod earlier_end;
    mod ending;
    mod evidence;
    mod kept_filters;
    mod line;
    mod looks;
    mod parallel;
    mod races;
    mod releasing;
    mod signatures;
    mod told;
    mod undo;
}
mod support;
