//! The story of a request, told through HTTP on a real database: the line through everything, and
//! every side exit built so far.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod story {
    pub mod cast;
    mod deciding;
    mod ending;
    mod evidence;
    mod line;
    mod races;
    mod releasing;
}
mod support;
