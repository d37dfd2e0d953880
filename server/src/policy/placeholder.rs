//! The words that a sentence in a policy may use in braces: a fixed table from word to fact. A
//! policy cannot reach facts that are not in it, so no sentence shows more than was meant to be
//! shown.

use domain::catalogue::Logging;
use domain::conflict::{ConflictFound, Severity};
use domain::gate::GateFacts;
use domain::identity::Population;
use jiff::ToSpan;
use jiff::civil::Date;

/// What stands for a fact that has no value; a case whose sentence shows it is a load problem.
pub(super) const NOT_KNOWN: &str = "(not known)";

/// One word that templates may use.
#[derive(Clone, Copy)]
pub struct Placeholder {
    /// The word, as it stands between the braces.
    pub name: &'static str,
    /// What stands in its place where a sentence is about no case in particular.
    pub in_general: &'static str,
    /// What is put in its place.
    pub meaning: &'static str,
    value: fn(&GateFacts) -> Value,
}

impl std::fmt::Debug for Placeholder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{{{}}}", self.name)
    }
}

impl Placeholder {
    /// The placeholder of this name.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        PLACEHOLDERS.iter().find(|placeholder| placeholder.name == name)
    }

    /// Its value among these facts.
    pub(super) fn value(&self, facts: &GateFacts) -> Value {
        (self.value)(facts)
    }
}

/// A value to be shown.
pub(super) enum Value {
    /// As it stands.
    Text(String),
    /// A day: "23 Dec 2026" in a sentence, `2026-12-23` in a suggestion.
    Day(Date),
    /// There is none.
    Absent,
}

impl Value {
    /// As shown in a sentence.
    pub(super) fn in_a_sentence(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Day(date) => date.strftime("%-d %b %Y").to_string(),
            Self::Absent => NOT_KNOWN.to_owned(),
        }
    }

    /// As put into a form field.
    pub(super) fn in_a_field(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Day(date) => Some(date.to_string()),
            Self::Absent => None,
        }
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Text(number.to_string())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Into::into)
    }
}

impl From<Date> for Value {
    fn from(date: Date) -> Self {
        Self::Day(date)
    }
}

const fn word(name: &'static str, in_general: &'static str, meaning: &'static str, value: fn(&GateFacts) -> Value) -> Placeholder {
    Placeholder { name, in_general, meaning, value }
}

/// Every word there is.
pub(super) const PLACEHOLDERS: &[Placeholder] = &[
    word("subject", "the person", "Name of the identity that would get the access.", |f| f.subject.name.clone().into()),
    word("a_population", "the person’s population", "Its population with an article: “an employee”.", |f| {
        a_population(f.subject.population).to_owned().into()
    }),
    word("answers_for", "manager, sponsor or owner", "Who answers for it: “manager”, “sponsor” or “owner”.", |f| {
        answers_for(f.subject.population).to_owned().into()
    }),
    word("missing", "every required one that is empty", "Required attributes that are empty, with commas.", |f| {
        f.subject.missing_attributes.iter().map(|name| name.replace('_', " ")).collect::<Vec<_>>().join(", ").into()
    }),
    word("subject_ends_on", "the last day on record", "Last day of employment or contract.", |f| f.subject.ends_on.into()),
    word("entitlement", "the entitlement", "Name of the entitlement.", |f| f.entitlement.name.clone().into()),
    word("application", "the application", "Code of its application.", |f| f.entitlement.application.clone().into()),
    word("audience", "its audience", "Whom the entitlement is meant for: “employees of Finance”.", |f| {
        f.entitlement.audience.clone().into()
    }),
    word("tier", "its tier", "Its risk tier.", |f| f.entitlement.tier.label().to_lowercase().into()),
    word("ceiling", "the highest permitted", "Highest tier of the population.", |f| {
        f.specification.highest_tier.label().to_lowercase().into()
    }),
    word("mfa_from", "the tier that needs one", "Tier from which a second factor is needed.", |f| {
        f.specification.mfa_from.label().to_lowercase().into()
    }),
    word("classification", "its classification", "How sensitive the data behind it is.", |f| {
        f.entitlement.classification.label().to_lowercase().into()
    }),
    word("classification_ceiling", "the most sensitive permitted", "Most sensitive data the population may reach.", |f| {
        f.specification.highest_classification.label().to_lowercase().into()
    }),
    word("logging", "its logging", "How its use is logged: “covered”, “partly covered”, “not covered”.", |f| {
        logging(f.entitlement.logging).into()
    }),
    word("justification_length", "its length", "Characters of the justification.", |f| f.wish.justification_length.into()),
    word("starts_on", "the first day", "First day asked for.", |f| f.wish.starts_on.into()),
    word("ends_on", "the last day", "Last day asked for.", |f| f.wish.ends_on.into()),
    word("duration_days", "the number of", "Days from first to last day.", |f| f.wish.duration_days.into()),
    word("when_it_ends", "at its end", "“after 90 days”, “after 1 day” or “on the day it starts”.", |f| {
        f.wish.duration_days.map(when_it_ends).into()
    }),
    word("limit_days", "the limit in", "Shortest limit of specification and entitlement, in days.", |f| limit_days(f).into()),
    word("limit", "a limit is set", "The same as a clause: “at most 30 are allowed” or “no limit is set”.", |f| limit(f).into()),
    word(
        "latest_end",
        "the latest day that every limit allows,",
        "Latest last day that every limit allows; {latest_end:30} also allows no more than 30 days.",
        |f| latest_end(f, None).into(),
    ),
    word("conflicts", "the rules that are named", "Rules of high severity that would be broken, and with what.", |f| {
        conflicts(f, |severity| severity == Severity::High).into()
    }),
    word("lesser_conflicts", "the rules that are named", "The same for medium and low severity.", |f| {
        conflicts(f, |severity| severity != Severity::High).into()
    }),
    word("held", "those", "Entitlements held now.", |f| f.standing.held.into()),
    word("pending", "those", "Entitlements in other open requests.", |f| f.standing.pending.into()),
    word("requested", "those", "Entitlements in this request.", |f| f.standing.requested.into()),
    word("stages", "all", "Approval stages in the plan.", |f| f.approval.stages.into()),
    word("approved", "those", "Approval stages approved.", |f| f.approval.approved.into()),
    word("approvers", "those", "Different people who approved.", |f| f.approval.approvers.into()),
    word("unauthorised", "those who are named", "Names of people who approved and may not have.", |f| {
        f.approval.unauthorised.join(", ").into()
    }),
];

fn a_population(population: Population) -> &'static str {
    match population {
        Population::Employee => "an employee",
        Population::Contractor => "a contractor",
        Population::Vendor => "a vendor",
        Population::ServiceAccount => "a service account",
        Population::PrivilegedAdmin => "a privileged administrator",
    }
}

fn answers_for(population: Population) -> &'static str {
    match population {
        Population::Employee => "manager",
        Population::Contractor | Population::Vendor => "sponsor",
        Population::ServiceAccount | Population::PrivilegedAdmin => "owner",
    }
}

fn logging(logging: Logging) -> String {
    logging.label().to_lowercase()
}

fn when_it_ends(days: i32) -> String {
    match days {
        0 => "on the day it starts".to_owned(),
        1 => "after 1 day".to_owned(),
        days => format!("after {days} days"),
    }
}

fn limit_days(facts: &GateFacts) -> Option<i32> {
    facts.specification.longest_days.into_iter().chain(facts.entitlement.longest_days).min()
}

/// The unit is left out where the sentence has just named it.
fn limit(facts: &GateFacts) -> String {
    let unit_was_named = facts.wish.duration_days.is_some_and(|days| days != 0);
    match (limit_days(facts), unit_was_named) {
        (None, _) => "no limit is set".to_owned(),
        (Some(1), true) => "at most 1 is allowed".to_owned(),
        (Some(1), false) => "at most 1 day is allowed".to_owned(),
        (Some(days), true) => format!("at most {days} are allowed"),
        (Some(days), false) => format!("at most {days} days are allowed"),
    }
}

/// The latest last day that clears every limit known, and `within` days if given. Counted from
/// today while no start is chosen. A contract that is over before the start is a problem of the
/// start, not of the end, and is left out.
pub(super) fn latest_end(facts: &GateFacts, within: Option<i32>) -> Option<Date> {
    let start = facts.wish.starts_on.unwrap_or(facts.today);
    [facts.specification.longest_days, facts.entitlement.longest_days, within]
        .into_iter()
        .flatten()
        .filter_map(|days| start.checked_add(days.days()).ok())
        .chain(facts.subject.ends_on)
        .filter(|end| *end >= start)
        .min()
}

fn conflicts(facts: &GateFacts, of: fn(Severity) -> bool) -> String {
    let mut shown: Vec<String> = facts.conflicts.iter().filter(|found| of(found.severity)).map(ConflictFound::describe).collect();
    shown.sort();
    shown.dedup();
    shown.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_listed_once_and_explained() {
        for placeholder in PLACEHOLDERS {
            assert!(placeholder.meaning.ends_with('.'), "{placeholder:?}");
            assert_eq!(PLACEHOLDERS.iter().filter(|other| other.name == placeholder.name).count(), 1, "{placeholder:?}");
        }
    }

    #[test]
    fn a_day_reads_as_people_write_it_and_is_filled_in_as_the_form_wants_it() {
        let day = jiff::civil::date(2026, 12, 3);
        assert_eq!(Value::Day(day).in_a_sentence(), "3 Dec 2026");
        assert_eq!(Value::Day(day).in_a_field().as_deref(), Some("2026-12-03"));
    }
}
