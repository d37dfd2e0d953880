//! Reads typed text field by field and collects everything that cannot be accepted. Where one line
//! of many is wrong, the code says which: `unknown_source@3`.

use super::field::{FieldSpec, Shape, Typed};
use crate::error::FieldError;
use crate::text::{NAME_MAX, Name, clean};
use std::str::FromStr;

/// A form that is being read. Reading goes on after a problem, so that all of them are told at once.
pub struct Form<'a> {
    typed: &'a Typed,
    fields: &'static [FieldSpec],
    new: bool,
    errors: Vec<FieldError>,
}

impl<'a> Form<'a> {
    /// A form with these fields; `new` when it makes a record.
    #[must_use]
    pub fn new(typed: &'a Typed, fields: &'static [FieldSpec], new: bool) -> Self {
        Self { typed, fields, new, errors: Vec::new() }
    }

    /// The value, if nothing was wrong.
    ///
    /// # Errors
    /// Everything that was.
    pub fn finish<T>(self, value: T) -> Result<T, Vec<FieldError>> {
        if self.errors.is_empty() { Ok(value) } else { Err(self.errors) }
    }

    /// Notes a problem.
    pub fn refuse(&mut self, field: &str, code: &str, message: impl Into<String>) {
        self.errors.push(FieldError::new(field, code, message));
    }

    /// Notes a problem in one line (counted from 1).
    pub fn refuse_line(&mut self, field: &str, code: &str, line: usize, message: impl Into<String>) {
        self.errors.push(FieldError::new(field, &format!("{code}@{line}"), message));
    }

    /// The text of a field, within the limits of its shape.
    pub fn text(&mut self, name: &str) -> String {
        let typed = self.typed.get(name).map(String::as_str).unwrap_or_default();
        let Some(field) = self.fields.iter().find(|field| field.name == name) else { return String::new() };
        let (longest, one_line) = match field.shape {
            Shape::Line(most) => (most, true),
            Shape::Lines(most, _) => (most, false),
            Shape::Number(..) | Shape::One(_) | Shape::CalendarCode | Shape::ConnectionCode => (60, true),
            Shape::Any(_) => (500, true),
        };
        let text = match clean(name, typed, longest) {
            Ok(text) => text,
            Err(error) => {
                self.errors.push(error);
                return String::new();
            }
        };
        if one_line && text.contains(['\n', '\t']) {
            self.refuse(name, "forbidden_character", "This is one line: remove the line breaks.");
            return String::new();
        }
        if text.is_empty() && field.required {
            self.refuse(name, "required", "This is needed.");
        }
        text
    }

    /// Whether a word is among those that a field offers.
    #[must_use]
    pub fn offers(&self, name: &str, word: &str) -> bool {
        self.fields.iter().any(|field| field.name == name && field.options().iter().any(|(offered, _)| offered == word))
    }

    /// A name that others choose by: on one line, and not one that only looks like another.
    pub fn name(&mut self, name: &str) -> String {
        let typed = self.typed.get(name).map(String::as_str).unwrap_or_default();
        let Some(field) = self.fields.iter().find(|field| field.name == name) else { return String::new() };
        let longest = if let Shape::Line(most) = field.shape { most } else { NAME_MAX };
        match Name::parse(name, typed, longest) {
            Ok(name) => name.into_string(),
            Err(error) => {
                self.errors.push(error);
                String::new()
            }
        }
    }

    /// A whole number, if one was typed.
    pub fn number(&mut self, name: &str) -> Option<i32> {
        let text = self.text(name);
        if text.is_empty() {
            return None;
        }
        let (least, most) = self
            .fields
            .iter()
            .find_map(|field| match field.shape {
                Shape::Number(least, most) if field.name == name => Some((least, most)),
                _ => None,
            })
            .unwrap_or((0, i64::from(i32::MAX)));
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse::<i64>().ok().filter(|_| digits) {
            Some(number) if (least..=most).contains(&number) => i32::try_from(number).ok(),
            Some(_) => {
                self.refuse(name, "out_of_range", format!("Enter a whole number from {least} to {most}."));
                None
            }
            None => {
                self.refuse(name, "not_a_number", "Enter a whole number in digits.");
                None
            }
        }
    }

    /// A word of a vocabulary; `otherwise` only stands in while the problem is told.
    pub fn word<T: FromStr>(&mut self, name: &str, otherwise: T) -> T {
        let text = self.text(name);
        match text.parse() {
            Ok(word) => word,
            Err(_) => {
                if !text.is_empty() || !self.errors.iter().any(|error| error.field == name) {
                    self.refuse(name, "not_an_option", "Choose from the list.");
                }
                otherwise
            }
        }
    }

    /// A word of a vocabulary, or none.
    pub fn optional_word<T: FromStr>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name);
        if text.is_empty() {
            return None;
        }
        let word = text.parse().ok();
        if word.is_none() {
            self.refuse(name, "not_an_option", "Choose from the list.");
        }
        word
    }

    /// Words of a vocabulary, in its order, each once.
    pub fn words<T: FromStr + Ord>(&mut self, name: &str) -> Vec<T> {
        let text = self.text(name);
        let mut words = Vec::new();
        for word in text.split_whitespace() {
            match word.parse() {
                Ok(word) => words.push(word),
                Err(_) => self.refuse(name, "not_an_option", "Choose from the list."),
            }
        }
        words.sort();
        words.dedup();
        words
    }

    /// Yes or no.
    pub fn yes(&mut self, name: &str) -> bool {
        match self.text(name).as_str() {
            "yes" => true,
            "no" => false,
            _ => {
                self.refuse(name, "not_an_option", "Choose yes or no.");
                false
            }
        }
    }

    /// In use, or retired.
    pub fn active(&mut self, name: &str) -> bool {
        match self.text(name).as_str() {
            "active" => true,
            "retired" => false,
            _ => {
                self.refuse(name, "not_an_option", "Choose from the list.");
                true
            }
        }
    }

    /// Lines that say something, with their numbers as typed.
    pub fn lines(&mut self, name: &str) -> Vec<(usize, String)> {
        let text = self.text(name);
        text.lines().enumerate().map(|(at, line)| (at + 1, line.trim().to_owned())).filter(|(_, line)| !line.is_empty()).collect()
    }

    /// Names of other records, one a line, each once, at most `most`.
    pub fn list(&mut self, name: &str, most: usize) -> Vec<String> {
        let mut list: Vec<String> = Vec::new();
        for (at, line) in self.lines(name) {
            if list.contains(&line) {
                self.refuse_line(name, "twice", at, "This stands there twice.");
            } else {
                list.push(line);
            }
        }
        if list.len() > most {
            self.refuse(name, "too_many", format!("At most {most} fit."));
        }
        list
    }

    /// A code of lower-case letters, digits, `_` and `-`, as the schema has it.
    pub fn code(&mut self, name: &str) -> String {
        let text = self.text(name);
        let mut bytes = text.bytes();
        let shaped = bytes.next().is_some_and(|first| first.is_ascii_lowercase())
            && (2..=41).contains(&text.len())
            && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-');
        if !text.is_empty() && !shaped {
            self.refuse(name, "not_a_code", "Use 2 to 41 lower-case letters, digits, _ and -, beginning with a letter.");
        }
        text
    }

    /// An identifier of printable ASCII without spaces. One that a record has had from elsewhere is
    /// taken as it is.
    pub fn identifier(&mut self, name: &str) -> String {
        let text = self.text(name);
        if self.new && !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-:".contains(&byte)) {
            self.refuse(name, "not_a_code", "Use letters, digits, and any of . _ - :");
        }
        text
    }
}
