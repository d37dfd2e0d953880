//! Text as people type it, parsed once into types that can be trusted afterwards: free text here,
//! names in [`name`].
//!
//! Control characters and bidirectional overrides are refused, because a justification is read by
//! someone else, in a list, beside other people's facts: text must not be able to rewrite its
//! surroundings (Unicode TR 36, section 2.5; CVE-2021-42574). Everything is brought to the composed
//! form (NFC), so that what looks the same is the same.

mod name;

pub use name::{NAME_MAX, Name, latin_look};

use crate::error::FieldError;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Fewest characters of a justification: shorter ones have never explained anything.
pub const JUSTIFICATION_MIN: usize = 20;
/// Most characters of a justification.
pub const JUSTIFICATION_MAX: usize = 2_000;
/// Most characters of a reason, question or piece of evidence.
pub const REMARK_MAX: usize = 2_000;

/// Why access is needed, in the requester's words: 20 to 2,000 characters. For the least of them only
/// what somebody reads counts.
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
        if said(&clean) < JUSTIFICATION_MIN {
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

/// Trims, unifies line ends, composes letters (NFC) and refuses what must not stand in text that
/// others read. Text of which nothing can be seen is empty.
///
/// # Errors
/// A [`FieldError`] with code `too_long` or `forbidden_character`.
pub fn clean(field: &str, text: &str, longest: usize) -> Result<String, FieldError> {
    let unified = composed(&text.trim().replace("\r\n", "\n"));
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
    // Kept, it would be a reason or an answer that is blank to every reader.
    Ok(if is_blank(&unified) { String::new() } else { unified })
}

/// Whether nobody sees anything of a text.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || leaves_no_mark(c))
}

/// How many characters its words have, with one space between them, and without what leaves no mark.
fn said(text: &str) -> usize {
    let seen = |word: &str| word.chars().filter(|c| !leaves_no_mark(*c)).count();
    let words: Vec<usize> = text.split_whitespace().map(seen).filter(|seen| *seen > 0).collect();
    words.iter().sum::<usize>() + words.len().saturating_sub(1)
}

/// What is not drawn by itself (Unicode, `Default_Ignorable_Code_Point`), and the Braille pattern
/// without dots. Some of it joins or parts letters and belongs into words; alone it says nothing.
fn leaves_no_mark(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// The text with each letter in its composed form. The browser leaves that to the server.
#[must_use]
pub fn composed(text: &str) -> String {
    #[cfg(not(target_family = "wasm"))]
    {
        use unicode_normalization::UnicodeNormalization as _;
        text.nfc().collect()
    }
    #[cfg(target_family = "wasm")]
    text.to_owned()
}

/// Control characters except tab and newline, bidirectional controls, separators that break lines
/// unseen, invisible fillers and tags, and code points that are no characters.
#[must_use]
pub fn is_forbidden(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c,
            '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
        || u32::from(c) & 0xFFFE == 0xFFFE
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
        for bad in [
            "\u{0}",
            "\u{202E}",
            "\u{2066}",
            "\u{7F}",
            "\u{FEFF}x",
            "\u{1B}[2J",
            "\u{2028}",
            "\u{61C}",
            "\u{3164}",
            "\u{E0041}",
            "\u{FFFF}",
        ] {
            let text = format!("needed for the release work {bad} today");
            assert_eq!(Justification::parse(&text).map_err(|e| e.code), Err("forbidden_character".to_owned()), "{bad:?}");
        }
        assert!(Justification::parse("first line of the reason\r\nsecond line").is_ok_and(|j| j.as_str().contains('\n')));
    }

    #[test]
    fn what_looks_the_same_is_the_same() {
        let (one, two) = (Remark::parse("reason", "Pru\u{308}fung", "Say why."), Remark::parse("reason", "Pr\u{fc}fung", "Say why."));
        assert_eq!(one, two);
        // The limit counts what is kept.
        assert!(clean("reason", &"u\u{308}".repeat(10), 10).is_ok());
    }

    #[test]
    fn text_that_nobody_can_see_is_no_text() {
        for unseen in ["\u{AD}", "\u{34F}", "\u{200C}", "\u{200D}", "\u{2800}", "\u{FE0F}", "\u{17B4}", "\u{180B}", "\u{E0100}", "\u{A0}"] {
            for text in [unseen.to_owned(), unseen.repeat(20), format!(" {unseen}\n {unseen} ")] {
                assert_eq!(Remark::parse("reason", &text, "Say why.").map_err(|e| e.code), Err("required".to_owned()), "{text:?}");
                assert_eq!(Remark::parse_optional("reason", &text), Ok(None), "{text:?}");
                assert_eq!(Justification::parse(&text).map_err(|e| e.code), Err("too_short".to_owned()), "{text:?}");
            }
            let padded = format!("Release{}week", unseen.repeat(20));
            assert_eq!(Justification::parse(&padded).map_err(|e| e.code), Err("too_short".to_owned()), "{padded:?}");
        }
        assert_eq!(Justification::parse(&format!("a{}b", " ".repeat(30))).map_err(|e| e.code), Err("too_short".to_owned()));
        assert!(Justification::parse("Need it for the job.").is_ok(), "twenty, as people count them");
    }

    #[test]
    fn what_joins_letters_or_signs_is_kept_where_there_are_some() {
        for text in [
            "\u{0645}\u{06CC}\u{200C}\u{062E}\u{0648}\u{0627}\u{0647}\u{0645}",
            "\u{1F469}\u{200D}\u{1F52C}",
            "\u{2714}\u{FE0F}",
            "so\u{AD}far",
            "-",
        ] {
            assert_eq!(Remark::parse("reason", text, "Say why.").map(|remark| remark.to_string()), Ok(text.to_owned()), "{text:?}");
        }
        // At the most, everything that is kept counts.
        assert_eq!(clean("reason", &format!("a{}", "\u{200D}".repeat(10)), 10).map_err(|e| e.code), Err("too_long".to_owned()));
    }

    #[test]
    fn joiners_that_some_languages_need_stay_in_free_text() {
        assert!(clean("reason", "\u{0645}\u{06CC}\u{200C}\u{062E}\u{0648}\u{0627}\u{0647}\u{0645}", 100).is_ok());
    }
}
