//! The rules of import files: which column means what, what a usable row is, who reports to whom
//! in circles, when a file changes too much at once, which application a role belongs to, and what of a
//! file waits for a second person.
//!
//! Nothing here reads a file or a database: the server streams rows past these functions.

pub mod chain;
pub mod columns;
pub mod limit;
pub mod person;
pub mod role;
pub mod wish;

/// The longest value shown in a report; longer ones are cut.
pub const SHOWN_VALUE_MAX: usize = 80;

/// A value of a file made safe to print: control characters, line breaks and invisible characters
/// are written as escapes (a feed must not be able to steer the terminal), and long values are cut.
#[must_use]
pub fn shown(value: &str) -> String {
    let mut out = String::new();
    for (count, c) in value.chars().enumerate() {
        if count == SHOWN_VALUE_MAX {
            out.push('…');
            break;
        }
        if c.is_control() || crate::text::is_forbidden(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// The first character that must not stand in a value of one line.
fn forbidden_in_line(value: &str) -> Option<char> {
    value.chars().find(|c| c.is_control() || crate::text::is_forbidden(*c))
}

/// Why a value of one line cannot be used: too long, or a character that is refused.
fn line_problem(value: &str, longest: usize) -> Option<String> {
    if let Some(c) = forbidden_in_line(value) {
        return Some(if c == '\n' {
            "contains a line break (is a quotation mark not closed?)".to_owned()
        } else {
            format!("contains the character U+{:04X}, which is refused", u32::from(c))
        });
    }
    let length = value.chars().count();
    (length > longest).then(|| format!("has {length} characters; at most {longest} fit"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shown_without_what_could_steer_a_terminal_and_not_longer_than_a_line() {
        assert_eq!(shown("a\u{1b}[31mb\n\u{202e}"), "a\\u{1b}[31mb\\n\\u{202e}");
        assert_eq!(shown(&"ä".repeat(81)).chars().count(), 81);
        assert_eq!(shown("Müller"), "Müller");
    }
}
