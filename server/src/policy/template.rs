//! Sentences with placeholders, parsed when a policy is loaded so that none can be wrong later.

use super::placeholder::{self, Placeholder, Value};
use domain::gate::GateFacts;

/// A sentence of a policy.
#[derive(Clone, Debug)]
pub(super) struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Fact(&'static Placeholder),
    /// `{latest_end:30}`: the latest end with one more limit, which stands in the policy.
    LatestEndWithin(i32),
}

impl Part {
    fn value(&self, facts: &GateFacts) -> Value {
        match self {
            Self::Text(text) => Value::Text(text.clone()),
            Self::Fact(placeholder) => placeholder.value(facts),
            Self::LatestEndWithin(days) => placeholder::latest_end(facts, Some(*days)).into(),
        }
    }
}

impl Template {
    /// Parses a sentence; the error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(open);
            let Some((inside, after)) = from.strip_prefix('{').and_then(|f| f.split_once('}')) else {
                return Err(format!("a brace in “{text}” has no partner"));
            };
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(parse_placeholder(inside)?);
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        if parts.is_empty() {
            return Err("the text is empty".to_owned());
        }
        Ok(Self { parts })
    }

    /// The sentence about no case in particular, for lists of controls.
    pub(super) fn in_general(&self) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Fact(placeholder) => placeholder.in_general.to_owned(),
                Part::LatestEndWithin(days) => format!("the latest day that every limit allows, within {days} days,"),
            })
            .collect()
    }

    /// Whether it is one placeholder and nothing else, as a value for a form field has to be.
    pub(super) fn is_single_placeholder(&self) -> bool {
        matches!(self.parts.as_slice(), [Part::Fact(_) | Part::LatestEndWithin(_)])
    }

    /// The sentence with these facts.
    pub(super) fn sentence(&self, facts: &GateFacts) -> String {
        self.parts.iter().map(|part| part.value(facts).in_a_sentence()).collect()
    }

    /// The value for a form field with these facts, if there is one.
    pub(super) fn field_value(&self, facts: &GateFacts) -> Option<String> {
        self.parts.iter().map(|part| part.value(facts).in_a_field()).collect()
    }
}

fn parse_placeholder(inside: &str) -> Result<Part, String> {
    if let Some(days) = inside.strip_prefix("latest_end:") {
        return match days.parse::<i32>() {
            Ok(days) if days >= 0 => Ok(Part::LatestEndWithin(days)),
            _ => Err(format!("{{{inside}}} needs a number of days after the colon")),
        };
    }
    Placeholder::find(inside).map(Part::Fact).ok_or_else(|| {
        let known: Vec<&str> = placeholder::PLACEHOLDERS.iter().map(|p| p.name).collect();
        format!("{{{inside}}} is not a placeholder; there are: {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_with_an_unknown_word_or_a_lone_brace_is_refused() {
        for (text, said) in [
            ("Ends after {durration}.", "{durration} is not a placeholder"),
            ("Ends after {duration_days.", "has no partner"),
            ("Ends after duration_days}.", "has no partner"),
            ("Ends by {latest_end:soon}.", "number of days"),
            ("Ends by {latest_end:-1}.", "number of days"),
            ("", "empty"),
        ] {
            let refused = Template::parse(text).map(|t| t.in_general());
            assert!(refused.as_ref().is_err_and(|message| message.contains(said)), "{text}: {refused:?}");
        }
        assert!(Template::parse("{latest_end:30}").is_ok_and(|t| t.is_single_placeholder()));
        assert!(Template::parse("by {latest_end}").is_ok_and(|t| !t.is_single_placeholder()));
    }

    #[test]
    fn a_sentence_about_no_case_shows_words_and_no_braces() {
        for (text, general) in [
            ("Choose an end date of {latest_end} or earlier.", "Choose an end date of the latest day that every limit allows, or earlier."),
            (
                "Choose an end date of {latest_end:30} or earlier.",
                "Choose an end date of the latest day that every limit allows, within 30 days, or earlier.",
            ),
            ("Set up a second factor for {subject}.", "Set up a second factor for the person."),
        ] {
            assert_eq!(Template::parse(text).map(|t| t.in_general()).as_deref(), Ok(general));
        }
    }
}
