//! Identity specifications: what a population's identities must be, and how far one record and what it
//! holds conform.

pub mod holding;

use crate::words::words;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

words! {
    /// Attributes a specification can require.
    pub enum Attribute: "attribute" {
        /// Mail address.
        Email = "email", "Mail address",
        /// Organisational unit.
        Unit = "unit", "Unit",
        /// Job title.
        Title = "title", "Title",
        /// Line manager or sponsor.
        Manager = "manager", "Line manager or sponsor",
        /// Owner of a non-human identity.
        Owner = "owner", "Owner",
        /// First day.
        StartsOn = "starts_on", "First day",
        /// Last day.
        EndsOn = "ends_on", "Last day",
    }
}

/// What the source of truth says of one attribute; `None` when it says nothing.
pub type AttributeValue = (Attribute, Option<String>);

words! {
    /// What is wrong with an attribute.
    pub enum Fault: "fault" {
        /// It is required and nothing is recorded.
        Missing = "missing", "Missing",
        /// The person who is recorded is no longer active.
        NotActive = "not_active", "Not active",
        /// What is recorded is no mail address.
        NotAnAddress = "not_an_address", "Not an address",
        /// The first day is still to come, and the identity is active.
        StillToCome = "still_to_come", "Still to come",
        /// The last day is over, and the identity is not retired.
        Over = "over", "Over",
        /// The last day lies before the first.
        BeforeFirstDay = "before_first_day", "Before the first day",
    }
}

/// A record as the source of truth has it.
#[derive(Clone, Copy, Debug)]
pub struct Recorded<'a> {
    /// Attribute by attribute.
    pub values: &'a [AttributeValue],
    /// The manager or sponsor who is recorded is active.
    pub manager_active: bool,
    /// The owner who is recorded is active.
    pub owner_active: bool,
    /// First day.
    pub starts_on: Option<Date>,
    /// Last day.
    pub ends_on: Option<Date>,
    /// The identity is active.
    pub active: bool,
    /// The identity is retired.
    pub retired: bool,
}

/// One attribute against the specification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeConformity {
    /// Which.
    pub attribute: Attribute,
    /// What the record says.
    pub seen: Option<String>,
    /// The specification asks for it.
    pub required: bool,
    /// What is wrong with it.
    pub fault: Option<Fault>,
}

impl AttributeConformity {
    /// The record is as the specification wants it.
    #[must_use]
    pub fn met(&self) -> bool {
        self.fault.is_none()
    }
}

/// Every attribute of a record on the day `today` against the words a specification requires. A
/// required word that is no attribute can never be met, and is reported as such rather than passed
/// over (law 1).
///
/// # Errors
/// The unknown word.
pub fn conformity(record: &Recorded<'_>, required: &[String], today: Date) -> Result<Vec<AttributeConformity>, crate::words::UnknownWord> {
    let required = required.iter().map(|word| word.parse()).collect::<Result<Vec<Attribute>, _>>()?;
    Ok(Attribute::ALL
        .iter()
        .map(|attribute| {
            let value = record.values.iter().find(|(a, _)| a == attribute).and_then(|(_, value)| value.clone());
            let seen = value.filter(|text| !text.trim().is_empty());
            let required = required.contains(attribute);
            let fault = match &seen {
                None => required.then_some(Fault::Missing),
                Some(text) => fault(record, *attribute, text, required, today),
            };
            AttributeConformity { attribute: *attribute, seen, required, fault }
        })
        .collect())
}

/// What is wrong with something that is recorded.
fn fault(record: &Recorded<'_>, attribute: Attribute, text: &str, required: bool, today: Date) -> Option<Fault> {
    match attribute {
        Attribute::Manager => (required && !record.manager_active).then_some(Fault::NotActive),
        Attribute::Owner => (required && !record.owner_active).then_some(Fault::NotActive),
        Attribute::Email => {
            let parts = text.split_once('@').filter(|(name, domain)| !name.is_empty() && domain.contains('.') && !text.contains(' '));
            parts.is_none().then_some(Fault::NotAnAddress)
        }
        Attribute::StartsOn => (record.active && record.starts_on.is_some_and(|day| day > today)).then_some(Fault::StillToCome),
        Attribute::EndsOn => match (record.starts_on, record.ends_on) {
            (Some(first), Some(last)) if last < first => Some(Fault::BeforeFirstDay),
            (_, Some(last)) if last < today && !record.retired => Some(Fault::Over),
            _ => None,
        },
        Attribute::Unit | Attribute::Title => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Recorded<'static> =
        Recorded { values: &[], manager_active: true, owner_active: true, starts_on: None, ends_on: None, active: true, retired: false };

    fn today() -> Date {
        "2026-11-22".parse().unwrap()
    }

    #[test]
    fn a_required_attribute_that_is_blank_or_absent_is_a_gap() {
        let values = [(Attribute::Email, Some(" ".to_owned())), (Attribute::Unit, Some("Sales".to_owned()))];
        let required = ["email".to_owned(), "unit".to_owned(), "manager".to_owned()];
        let found = conformity(&Recorded { values: &values, ..NOTHING }, &required, today()).unwrap();
        let gaps: Vec<_> = found.into_iter().filter(|c| !c.met()).map(|c| (c.attribute, c.fault)).collect();
        assert_eq!(gaps, [(Attribute::Email, Some(Fault::Missing)), (Attribute::Manager, Some(Fault::Missing))]);
    }

    #[test]
    fn what_is_recorded_can_be_wrong() {
        use Attribute::{Email, EndsOn, Manager, Owner, StartsOn};
        let day = |text: &str| Some(text.parse::<Date>().unwrap());
        let base = NOTHING;
        for (attribute, text, record, required, expected) in [
            (Manager, "Bea", base, true, None),
            (Manager, "Bea", Recorded { manager_active: false, ..base }, true, Some(Fault::NotActive)),
            (Manager, "Bea", Recorded { manager_active: false, ..base }, false, None),
            (Owner, "Bea", Recorded { owner_active: false, ..base }, true, Some(Fault::NotActive)),
            (Email, "ana@example.org", base, true, None),
            (Email, "ana at example.org", base, true, Some(Fault::NotAnAddress)),
            (Email, "@example.org", base, false, Some(Fault::NotAnAddress)),
            (StartsOn, "2026-11-22", Recorded { starts_on: day("2026-11-22"), ..base }, true, None),
            (StartsOn, "2026-11-23", Recorded { starts_on: day("2026-11-23"), ..base }, true, Some(Fault::StillToCome)),
            (StartsOn, "2026-11-23", Recorded { starts_on: day("2026-11-23"), active: false, ..base }, true, None),
            (EndsOn, "2026-11-22", Recorded { ends_on: day("2026-11-22"), ..base }, true, None),
            (EndsOn, "2026-11-21", Recorded { ends_on: day("2026-11-21"), ..base }, false, Some(Fault::Over)),
            (EndsOn, "2026-11-21", Recorded { ends_on: day("2026-11-21"), retired: true, active: false, ..base }, true, None),
            (
                EndsOn,
                "2027-01-01",
                Recorded { starts_on: day("2027-02-01"), ends_on: day("2027-01-01"), ..base },
                true,
                Some(Fault::BeforeFirstDay),
            ),
        ] {
            let values = [(attribute, Some(text.to_owned()))];
            let words = if required { vec![attribute.word().to_owned()] } else { vec![] };
            let found = conformity(&Recorded { values: &values, ..record }, &words, today()).unwrap();
            let line = found.iter().find(|c| c.attribute == attribute).unwrap();
            assert_eq!(line.fault, expected, "{attribute} {text} {record:?}");
        }
    }

    #[test]
    fn an_unknown_required_word_is_an_error_and_not_a_pass() {
        assert!(conformity(&NOTHING, &["shoe_size".to_owned()], today()).is_err());
    }
}
