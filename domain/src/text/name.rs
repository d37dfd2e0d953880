//! Names that people give to things which others choose by their name: templates, filters, groups,
//! applications. A name that only looks like another one is how people are led astray, so letters of
//! different scripts do not stand in one word, and a name is not made of look-alikes only (Unicode
//! TS 39, sections 4 and 5).

use super::{clean, is_forbidden};
use crate::error::FieldError;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most characters of a name, where the field does not say less.
pub const NAME_MAX: usize = 120;

/// A name on one line, composed (NFC), with single spaces between its words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(String);

impl Name {
    /// Parses the text typed into `field`; at most `longest` characters fit.
    ///
    /// # Errors
    /// A [`FieldError`] with code `required`, `too_long`, `forbidden_character`, `mixed_scripts` or
    /// `lookalike`.
    pub fn parse(field: &str, text: &str, longest: usize) -> Result<Self, FieldError> {
        let clean = clean(field, text, longest)?;
        // Also where nothing else was typed, which is clean of it by then.
        if let Some(bad) = text.trim().chars().find(|c| invisible_in_name(*c)) {
            let message = format!("The character U+{:04X} cannot be used in a name: remove it and type the text again.", u32::from(bad));
            return Err(FieldError::new(field, "forbidden_character", message));
        }
        let name = clean.split_whitespace().collect::<Vec<_>>().join(" ");
        if name.is_empty() {
            return Err(FieldError::new(field, "required", "Give it a name."));
        }
        if let Some(word) = words(&name).find(|word| !one_script(word)) {
            let message = format!("The word {word:?} mixes letters of different scripts that look alike: type it in one script.");
            return Err(FieldError::new(field, "mixed_scripts", message));
        }
        if !name.is_ascii() && name.chars().any(char::is_alphabetic) && latin_look(&name).is_ascii() && !has_latin(&name) {
            let message = "This looks like a name in Latin letters and is not: type it in Latin letters.";
            return Err(FieldError::new(field, "lookalike", message));
        }
        Ok(Self(name))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, owned.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What nobody sees has no place in a name, even where free text may need it.
fn invisible_in_name(c: char) -> bool {
    is_forbidden(c)
        || matches!(c, '\n' | '\t' | '\u{AD}' | '\u{34F}' | '\u{200C}' | '\u{200D}' | '\u{2800}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// All letters of a word belong to one script, or to scripts that are written together (as Han and
/// Kana are), and none is a letter for formulas that only looks like one.
fn one_script(word: &str) -> bool {
    #[cfg(not(target_family = "wasm"))]
    {
        use unicode_security::{GeneralSecurityProfile as _, MixedScript as _};
        word.is_single_script() && word.chars().all(|c| !c.is_alphabetic() || c.identifier_allowed())
    }
    // The browser leaves it to the server.
    #[cfg(target_family = "wasm")]
    {
        let _ = word;
        true
    }
}

fn has_latin(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_alphabetic() || matches!(c, '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}') && c.is_alphabetic())
}

/// The text with each Cyrillic and Greek letter that looks like a Latin one turned into that one: to
/// find what somebody means who typed a look-alike, and to see that a name is made of them.
#[must_use]
pub fn latin_look(text: &str) -> String {
    text.chars().map(latin_letter).collect()
}

fn latin_letter(c: char) -> char {
    match c {
        'А' | 'Α' => 'A',
        'В' | 'Β' => 'B',
        'С' | 'Ϲ' => 'C',
        'Е' | 'Ε' => 'E',
        'Н' | 'Η' => 'H',
        'І' | 'Ι' | 'Ӏ' => 'I',
        'Ј' | 'Ϳ' => 'J',
        'К' | 'Κ' => 'K',
        'М' | 'Μ' => 'M',
        'Ν' => 'N',
        'О' | 'Ο' => 'O',
        'Р' | 'Ρ' => 'P',
        'Ѕ' => 'S',
        'Т' | 'Τ' => 'T',
        'Х' | 'Χ' => 'X',
        'У' | 'Ү' | 'Υ' => 'Y',
        'Ζ' => 'Z',
        'а' | 'α' => 'a',
        'с' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' => 'e',
        'һ' => 'h',
        'і' | 'ι' => 'i',
        'ј' | 'ϳ' => 'j',
        'к' | 'κ' => 'k',
        'ӏ' => 'l',
        'о' | 'ο' | 'σ' => 'o',
        'р' | 'ρ' => 'p',
        'ԛ' => 'q',
        'ѕ' => 's',
        'υ' => 'u',
        'ν' => 'v',
        'ԝ' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'ү' => 'y',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> Option<String> {
        Name::parse("name", text, NAME_MAX).err().map(|error| error.code)
    }

    #[test]
    fn names_that_only_look_like_others_are_refused() {
        for (text, code) in [
            ("P\u{430}yroll", "mixed_scripts"),                          // Cyrillic а
            ("Ledger \u{39F}wners", "mixed_scripts"),                    // Greek Ο
            ("\u{1D400}dmin", "mixed_scripts"),                          // mathematical A
            ("ad\u{FF4D}in", "mixed_scripts"),                           // full-width m
            ("\u{440}\u{430}\u{443}\u{440}\u{430}\u{443}", "lookalike"), // "раурау" for "paypay"
            ("\u{410}\u{421}\u{415} 1", "lookalike"),                    // "АСЕ 1"
            ("Ad\u{AD}min", "forbidden_character"),
            ("Ad\u{200D}min", "forbidden_character"),
            ("Ad\u{202E}min", "forbidden_character"),
            ("Ad\u{2800}min", "forbidden_character"),
            ("two\nlines", "forbidden_character"),
            ("\u{3164}", "forbidden_character"),
            ("   ", "required"),
            ("", "required"),
            ("\u{2800}", "forbidden_character"),
            ("\u{AD}\u{200D}", "forbidden_character"),
        ] {
            assert_eq!(refusal(text).as_deref(), Some(code), "{text:?}");
        }
        assert_eq!(refusal(&"a".repeat(NAME_MAX + 1)).as_deref(), Some("too_long"));
    }

    #[test]
    fn names_in_any_one_script_are_taken_as_they_are() {
        for text in [
            "Ledger Reader",
            "Grüße & Küsse",
            "Отдел продаж",
            "Ελλάδα",
            "東京タワー",
            "α-team",
            "Team №5 (EU)",
            "C++/C#",
            "R&D 2.0",
            "Złoty",
        ] {
            assert_eq!(Name::parse("name", text, NAME_MAX).map(Name::into_string), Ok(text.to_owned()), "{text}");
        }
    }

    #[test]
    fn names_that_look_equal_are_equal() {
        let name = |text: &str| Name::parse("name", text, NAME_MAX);
        assert_eq!(name("  Pru\u{308}fung   der\u{A0}Bücher "), name("Pr\u{fc}fung der B\u{fc}cher"));
    }

    #[test]
    fn a_look_alike_is_read_as_what_it_looks_like() {
        assert_eq!(latin_look("P\u{430}yr\u{43E}ll"), "Payroll");
    }
}
