//! Questions that an entitlement asks of whoever wants it: typed, with limits that are stated at
//! the field, and parsed once.
//!
//! Stored as JSON on the entitlement and on each of its versions; a revision keeps question and
//! answer together, so that it can be read when the question is long gone.

use crate::error::FieldError;
use crate::id::IdentityId;
use crate::text::{Name, clean};
use crate::time::days_between;
use crate::words::words;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Most questions of one entitlement.
pub const MOST_QUESTIONS: usize = 12;
/// Most alternatives of one choice.
pub const MOST_OPTIONS: usize = 30;
/// Most characters of a question.
const LABEL_MAX: usize = 200;
/// Most characters of one alternative.
const OPTION_MAX: usize = 100;
/// Most characters of an answer in words, where the question sets no other limit.
pub const LONGEST_ANSWER: i64 = 500;
/// Most characters that any question may allow.
pub const LONGEST_ANSWER_EVER: i64 = 2_000;
/// Furthest a number may lie from zero.
pub const LARGEST_NUMBER: i64 = 1_000_000_000_000;
/// Furthest a date may lie from the day of asking, in days.
pub const FURTHEST_DAYS: i64 = 3_660;

words! {
    /// What kind of answer a question wants.
    pub enum QuestionKind: "question kind" {
        /// Words.
        Text = "text", "Text",
        /// One of a list.
        Choice = "choice", "Choice",
        /// A day.
        Date = "date", "Date",
        /// Somebody who works here.
        Person = "person", "Person",
        /// A whole number.
        Number = "number", "Number",
    }
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Name of its field: a lower-case letter, then letters, digits and `_`.
    pub id: String,
    /// The question itself.
    pub label: String,
    /// What kind of answer it wants.
    pub kind: QuestionKind,
    /// Whether it has to be answered.
    #[serde(default)]
    pub required: bool,
    /// The alternatives of a choice.
    #[serde(default)]
    pub options: Vec<String>,
    /// Largest number, most characters, or latest day counted from the day of asking.
    #[serde(default)]
    pub most: Option<i64>,
    /// Smallest number, fewest characters, or earliest day counted from the day of asking.
    #[serde(default)]
    pub least: Option<i64>,
    /// A sentence more.
    #[serde(default)]
    pub help: String,
}

/// A question with what was answered, as a revision keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The question's id.
    pub id: String,
    /// The question as it was.
    pub label: String,
    /// What kind of answer it wanted.
    pub kind: QuestionKind,
    /// The answer: words, one of the options, `YYYY-MM-DD`, an identity's id, or a whole number.
    pub value: String,
}

impl Question {
    /// The limits in words, for the field.
    #[must_use]
    pub fn hint(&self, today: Date) -> String {
        let limits = match self.kind {
            QuestionKind::Text => match (self.least.filter(|n| *n > 0), self.longest()) {
                (Some(least), most) => format!("{least} to {most} characters."),
                (None, most) => format!("At most {most} characters."),
            },
            QuestionKind::Choice => String::new(),
            QuestionKind::Person => {
                "The work e-mail, the number or the full name of somebody who works here, at most 200 characters.".to_owned()
            }
            QuestionKind::Number => match (self.least, self.most) {
                (Some(least), Some(most)) => format!("A whole number from {least} to {most}."),
                (Some(least), None) => format!("A whole number, {least} or more."),
                (None, Some(most)) => format!("A whole number, {most} or less."),
                (None, None) => "A whole number, at most 1,000,000,000,000.".to_owned(),
            },
            QuestionKind::Date => match self.days(today) {
                (Some(first), Some(last)) => format!("A day from {first} to {last}."),
                (Some(first), None) => format!("A day, {first} or later."),
                (None, Some(last)) => format!("A day, {last} or earlier."),
                (None, None) => "A day within ten years of today.".to_owned(),
            },
        };
        format!("{} {limits}", self.help).trim().to_owned()
    }

    /// Whether it has the words of another: on a page neither letter case nor spaces tell two
    /// questions apart.
    #[must_use]
    pub fn is_worded_like(&self, other: &Self) -> bool {
        let words = |label: &str| label.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>();
        words(&self.label) == words(&other.label)
    }

    /// Most characters of an answer in words.
    #[must_use]
    pub fn longest(&self) -> i64 {
        self.most.unwrap_or(LONGEST_ANSWER).clamp(1, LONGEST_ANSWER_EVER)
    }

    /// The smallest and the largest answer that it takes, with what stands for a limit that is not
    /// set: numbers, characters, or days from the day of asking. A choice and a person have none.
    #[must_use]
    pub fn limits(&self) -> (i64, i64) {
        match self.kind {
            QuestionKind::Text => (self.least.unwrap_or(0).max(0), self.longest()),
            QuestionKind::Number => (self.least.unwrap_or(-LARGEST_NUMBER), self.most.unwrap_or(LARGEST_NUMBER)),
            QuestionKind::Date => (self.least.unwrap_or(-FURTHEST_DAYS), self.most.unwrap_or(FURTHEST_DAYS)),
            QuestionKind::Choice | QuestionKind::Person => (0, 0),
        }
    }

    /// The first and the last day that may be answered, where they are limited.
    #[must_use]
    pub fn days(&self, today: Date) -> (Option<Date>, Option<Date>) {
        let day = |days: i64| today.saturating_add(days.clamp(-FURTHEST_DAYS, FURTHEST_DAYS).days());
        (self.least.map(day), self.most.map(day))
    }

    /// Parses what was typed into `field`; `person` finds somebody by what was typed. Nothing typed
    /// at a question that may be left out is no answer.
    ///
    /// # Errors
    /// A [`FieldError`] that says what the question wants.
    pub fn parse(
        &self,
        field: &str,
        typed: &str,
        today: Date,
        person: impl FnOnce(&str) -> Option<IdentityId>,
    ) -> Result<Option<Answer>, FieldError> {
        let longest = usize::try_from(self.longest()).unwrap_or(usize::MAX);
        let text = clean(field, typed, if self.kind == QuestionKind::Text { longest } else { 200 })?;
        if text.is_empty() {
            return if self.required { Err(FieldError::new(field, "required", "This question has to be answered.")) } else { Ok(None) };
        }
        let value = match self.kind {
            QuestionKind::Text => self.words(field, text)?,
            QuestionKind::Choice if self.options.contains(&text) => text,
            QuestionKind::Choice => return Err(FieldError::new(field, "not_an_option", "Choose one of the alternatives.")),
            QuestionKind::Number => self.number(field, &text)?,
            QuestionKind::Date => self.day(field, &text, today)?,
            QuestionKind::Person => person(&text)
                .ok_or_else(|| {
                    FieldError::new(
                        field,
                        "nobody",
                        "Nobody who works here is meant by this alone: enter a work e-mail or a number, or choose one of those found.",
                    )
                })?
                .to_string(),
        };
        Ok(Some(Answer { id: self.id.clone(), label: self.label.clone(), kind: self.kind, value }))
    }

    fn words(&self, field: &str, text: String) -> Result<String, FieldError> {
        let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        match self.least {
            Some(least) if length < least => {
                Err(FieldError::new(field, "too_short", format!("This has {length} characters; at least {least} are needed.")))
            }
            _ => Ok(text),
        }
    }

    fn number(&self, field: &str, text: &str) -> Result<String, FieldError> {
        let shaped = text.strip_prefix('-').unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse::<i64>().ok().filter(|_| shaped);
        let Some(number) = number else {
            return Err(FieldError::new(field, "not_a_number", "Enter a whole number in digits."));
        };
        let (least, most) = self.limits();
        if number < least || number > most {
            return Err(FieldError::new(field, "out_of_range", format!("Enter a whole number from {least} to {most}.")));
        }
        Ok(number.to_string())
    }

    fn day(&self, field: &str, text: &str, today: Date) -> Result<String, FieldError> {
        let shaped =
            text.len() == 10 && text.bytes().enumerate().all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
        let date = text
            .parse::<Date>()
            .ok()
            .filter(|_| shaped)
            .ok_or_else(|| FieldError::new(field, "not_a_date", "This is not a date: enter year-month-day, for example 2026-12-23."))?;
        let away = i64::from(days_between(today, date));
        let (least, most) = self.limits();
        if away < least || away > most {
            let (first, last) = self.days(today);
            let first = first.unwrap_or_else(|| today.saturating_sub(FURTHEST_DAYS.days()));
            let last = last.unwrap_or_else(|| today.saturating_add(FURTHEST_DAYS.days()));
            return Err(FieldError::new(field, "out_of_range", format!("Choose a day from {first} to {last}.")));
        }
        Ok(date.to_string())
    }
}

/// What is wrong with the questions of an entitlement, as somebody who edits them would have to put
/// right; `field` is the field they stand in.
///
/// # Errors
/// One [`FieldError`] for each question that cannot be asked.
pub fn check(field: &str, questions: &[Question]) -> Result<(), Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut wrong = |code: &str, message: String| errors.push(FieldError::new(field, code, message));
    if questions.len() > MOST_QUESTIONS {
        wrong("too_many", format!("At most {MOST_QUESTIONS} questions fit; these are {}.", questions.len()));
    }
    for (at, question) in questions.iter().enumerate() {
        let name = format!("Question {}", at + 1);
        let shaped = question.id.len() <= 40
            && question.id.starts_with(|first: char| first.is_ascii_lowercase())
            && question.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !shaped {
            wrong("id", format!("{name} needs an id of lower-case letters, digits and _ that begins with a letter."));
        }
        if questions.iter().take(at).any(|other| other.id == question.id) {
            wrong("twice", format!("{name} has the id of an earlier one."));
        }
        if questions.iter().take(at).any(|other| other.is_worded_like(question)) {
            wrong("same_words", format!("{name} has the words of an earlier one."));
        }
        // What people read beside each other and choose by is a name: nothing in it only looks like
        // something else.
        if let Err(error) = Name::parse(field, &question.label, LABEL_MAX) {
            match error.code.as_str() {
                "required" | "too_long" => wrong("label", format!("{name} needs a text of 1 to {LABEL_MAX} characters.")),
                code => wrong(code, format!("{name}: {}", error.message)),
            }
        }
        if clean(field, &question.help, 500).is_err() {
            wrong("help", format!("The explanation of {name} has to fit into 500 characters."));
        }
        let options: std::collections::BTreeSet<&str> = question.options.iter().map(String::as_str).collect();
        let choosable = (2..=MOST_OPTIONS).contains(&options.len()) && options.len() == question.options.len();
        let mut shaped = true;
        for option in &question.options {
            match Name::parse(field, option, OPTION_MAX) {
                Ok(parsed) => shaped &= parsed.as_str() == option,
                Err(error) if ["required", "too_long"].contains(&error.code.as_str()) => shaped = false,
                Err(error) => wrong(&error.code, format!("{name}: {}", error.message)),
            }
        }
        if question.kind == QuestionKind::Choice && !(choosable && shaped) {
            wrong("options", format!("{name} needs 2 to {MOST_OPTIONS} different alternatives of at most {OPTION_MAX} characters."));
        }
        if question.least.zip(question.most).is_some_and(|(least, most)| least > most) {
            wrong("range", format!("{name} has a lower limit above its upper one."));
        }
        if question.kind == QuestionKind::Text && question.most.is_some_and(|most| !(1..=LONGEST_ANSWER_EVER).contains(&most)) {
            wrong("range", format!("{name} may allow 1 to {LONGEST_ANSWER_EVER} characters."));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

#[cfg(test)]
#[path = "question_tests.rs"]
mod tests;
