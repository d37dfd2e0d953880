//! Free text as people type it, parsed once into types that can be trusted afterwards.
//!
//! Control characters and bidirectional overrides are refused, because a justification is read by
//! someone else, in a list, beside other people's facts: text must not be able to rewrite its
//! surroundings (Unicode TR 36, section 2.5; CVE-2021-42574).

use crate::error::FieldError;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Fewest characters of a justification: shorter ones have never explained anything.
pub const JUSTIFICATION_MIN: usize = 20;
/// Most characters of a justification.
pub const JUSTIFICATION_MAX: usize = 2_000;
/// Most characters of a reason, question or piece of evidence.
pub const REMARK_MAX: usize = 2_000;

/// Why access is needed, in the requester's words: 20 to 2,000 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Justification(String);

impl Justification {
    /// Parses the text typed into `justification`.
    ///
    /// # Errors
    /// A [`FieldError`] when it is too short, too long or contains characters that are refused.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let clean = clean("justification", text, JUSTIFICATION_MAX)?;
        if clean.chars().count() < JUSTIFICATION_MIN {
            return Err(FieldError::new(
                "justification",
                "too_short",
                format!(
                    "Say in at least {JUSTIFICATION_MIN} characters what the access is for: someone who does not know you should understand it in a year."
                ),
            ));
        }
        Ok(Self(clean))
    }

    /// A justification read back from the store.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A reason, a question or evidence: 1 to 2,000 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Remark(String);

impl Remark {
    /// Parses the text typed into `field`; `missing` is the sentence shown when it is empty.
    ///
    /// # Errors
    /// A [`FieldError`] when it is empty, too long or contains characters that are refused.
    pub fn parse(field: &str, text: &str, missing: &str) -> Result<Self, FieldError> {
        let clean = clean(field, text, REMARK_MAX)?;
        if clean.is_empty() {
            return Err(FieldError::new(field, "required", missing));
        }
        Ok(Self(clean))
    }

    /// Parses text that may be left empty.
    ///
    /// # Errors
    /// A [`FieldError`] when it is too long or contains characters that are refused.
    pub fn parse_optional(field: &str, text: &str) -> Result<Option<Self>, FieldError> {
        let clean = clean(field, text, REMARK_MAX)?;
        Ok(if clean.is_empty() { None } else { Some(Self(clean)) })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Trims, unifies line ends and refuses what must not stand in text that others read.
///
/// # Errors
/// A [`FieldError`] with code `too_long` or `forbidden_character`.
pub fn clean(field: &str, text: &str, longest: usize) -> Result<String, FieldError> {
    let unified = text.trim().replace("\r\n", "\n");
    if let Some(bad) = unified.chars().find(|c| is_forbidden(*c)) {
        return Err(FieldError::new(
            field,
            "forbidden_character",
            format!("The character U+{:04X} cannot be used here: remove it and type the text again.", u32::from(bad)),
        ));
    }
    let length = unified.chars().count();
    if length > longest {
        return Err(FieldError::new(field, "too_long", format!("This has {length} characters; at most {longest} fit.")));
    }
    Ok(unified)
}

/// Control characters except tab and newline, bidirectional controls, and invisible fillers.
#[must_use]
pub fn is_forbidden(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_justification_is_trimmed_and_counted_in_characters_not_bytes() {
        assert_eq!(Justification::parse(&format!("  {}  ", "ä".repeat(20))).map(|j| j.as_str().chars().count()), Ok(20));
        assert_eq!(Justification::parse(&"ä".repeat(2_000)).map(|j| j.as_str().len()), Ok(4_000));
        assert_eq!(Justification::parse(&"ä".repeat(2_001)).map_err(|e| e.code), Err("too_long".to_owned()));
        assert_eq!(Justification::parse("too short").map_err(|e| e.code), Err("too_short".to_owned()));
    }

    #[test]
    fn text_that_could_rewrite_its_surroundings_is_refused() {
        for bad in ["\u{0}", "\u{202E}", "\u{2066}", "\u{7F}", "\u{FEFF}x", "\u{1B}[2J"] {
            let text = format!("needed for the release work {bad} today");
            assert_eq!(Justification::parse(&text).map_err(|e| e.code), Err("forbidden_character".to_owned()), "{bad:?}");
        }
        assert!(Justification::parse("first line of the reason\r\nsecond line").is_ok_and(|j| j.as_str().contains('\n')));
    }
}
