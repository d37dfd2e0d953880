//! What somebody is writing before it is a request: a basket of items for one subject, with reason
//! and period for all of them.
//!
//! A basket becomes a submission, which makes one request for each item.

use crate::error::FieldError;
use crate::id::{EntitlementId, GrantId};
use crate::question::Answer;
use crate::request::{ReasonCode, RequestKind};
use crate::text::Justification;
use crate::time::Period;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Most items of one basket.
pub const MOST_ITEMS: usize = 25;

/// A basket as typed, before anything is checked. Field names are the form's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BasketForm {
    /// Identity that gets the access; empty means the person who asks.
    #[serde(default)]
    pub subject: String,
    /// What is looked for among those who could get it, where they are many.
    #[serde(default)]
    pub find: String,
    /// Word of a [`ReasonCode`].
    #[serde(default)]
    pub reason_code: String,
    /// Why, in the requester's words.
    #[serde(default)]
    pub justification: String,
    /// First day, `YYYY-MM-DD`.
    #[serde(default)]
    pub starts_on: String,
    /// Last day, `YYYY-MM-DD`; empty means no end.
    #[serde(default)]
    pub ends_on: String,
    /// What is asked for.
    #[serde(default)]
    pub items: Vec<ItemForm>,
}

/// One item as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemForm {
    /// Entitlement id.
    #[serde(default)]
    pub entitlement: String,
    /// How it is asked for: a [`Way`] as text; empty means a new grant.
    #[serde(default)]
    pub kind: String,
    /// Answers by the id of the question.
    #[serde(default)]
    pub answers: BTreeMap<String, String>,
    /// What the requester has read of a change to the entitlement since it was added.
    #[serde(default)]
    pub accepts: String,
}

/// How an item is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    /// Something new.
    #[default]
    Grant,
    /// A later end of what is held.
    Extend(GrantId),
    /// In place of what is held.
    Change(GrantId),
}

impl Way {
    /// The kind of request it makes.
    #[must_use]
    pub fn kind(self) -> RequestKind {
        match self {
            Self::Grant => RequestKind::Grant,
            Self::Extend(_) => RequestKind::Extend,
            Self::Change(_) => RequestKind::Change,
        }
    }

    /// The grant that it extends or replaces.
    #[must_use]
    pub fn grant(self) -> Option<GrantId> {
        match self {
            Self::Grant => None,
            Self::Extend(grant) | Self::Change(grant) => Some(grant),
        }
    }

    /// From a kind and the grant that goes with it; `None` when one of the two is missing.
    #[must_use]
    pub fn of(kind: RequestKind, grant: Option<GrantId>) -> Option<Self> {
        match (kind, grant) {
            (RequestKind::Grant, None) => Some(Self::Grant),
            (RequestKind::Extend, Some(grant)) => Some(Self::Extend(grant)),
            (RequestKind::Change, Some(grant)) => Some(Self::Change(grant)),
            _ => None,
        }
    }

    /// Reads what [`fmt::Display`] writes; empty text is a new grant.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, grant) = text.trim().split_once(':').unwrap_or((text.trim(), ""));
        match (kind, grant) {
            ("" | "grant", "") => Some(Self::Grant),
            ("extend", grant) => grant.parse().ok().map(Self::Extend),
            ("change", grant) => grant.parse().ok().map(Self::Change),
            _ => None,
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grant => f.write_str("grant"),
            Self::Extend(grant) => write!(f, "extend:{grant}"),
            Self::Change(grant) => write!(f, "change:{grant}"),
        }
    }
}

/// What holds for every item of a basket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Common {
    /// Why, from the list.
    pub reason: ReasonCode,
    /// Why, in words.
    pub justification: Justification,
    /// From when to when.
    pub period: Period,
}

/// What one well-formed request asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Which entitlement.
    pub entitlement: EntitlementId,
    /// How it is asked for.
    pub way: Way,
    /// Why, from the list.
    pub reason: ReasonCode,
    /// Why, in words.
    pub justification: Justification,
    /// From when to when.
    pub period: Period,
    /// Answers to the entitlement's questions, in their order.
    pub answers: Vec<Answer>,
}

/// The name of a field of an item, as errors name it: `items.0.kind`.
#[must_use]
pub fn item_field(place: usize, name: &str) -> String {
    format!("items.{place}.{name}")
}

impl BasketForm {
    /// A basket with one item and nothing else filled in.
    #[must_use]
    pub fn of(entitlement: EntitlementId) -> Self {
        Self { items: vec![ItemForm { entitlement: entitlement.to_string(), ..ItemForm::default() }], ..Self::default() }
    }

    /// Parses what holds for all items.
    ///
    /// # Errors
    /// Every field that cannot be accepted, in the order of the form.
    pub fn common(&self, today: Date) -> Result<Common, Vec<FieldError>> {
        let mut errors = Vec::new();
        let reason = self
            .reason_code
            .trim()
            .parse::<ReasonCode>()
            .map_err(|_| FieldError::new("reason_code", "required", "Choose a reason from the list."));
        let justification = Justification::parse(&self.justification);
        let period = Period::parse(&self.starts_on, &self.ends_on, today);
        errors.extend(reason.as_ref().err().cloned());
        errors.extend(justification.as_ref().err().cloned());
        errors.extend(period.as_ref().err().into_iter().flatten().cloned());
        match (reason, justification, period) {
            (Ok(reason), Ok(justification), Ok(period)) => Ok(Common { reason, justification, period }),
            _ => Err(errors),
        }
    }

    /// What is wrong with the basket as a whole: nothing in it, too much in it, the same twice.
    #[must_use]
    pub fn wrong_items(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if self.items.is_empty() {
            errors.push(FieldError::new("items", "required", "Choose what you need from the catalogue."));
        }
        if self.items.len() > MOST_ITEMS {
            errors.push(FieldError::new(
                "items",
                "too_many",
                format!("At most {MOST_ITEMS} items fit into one request: remove some and ask for them separately."),
            ));
        }
        for (place, item) in self.items.iter().enumerate() {
            if item.entitlement.trim().parse::<EntitlementId>().is_err() {
                errors.push(FieldError::new(&item_field(place, "entitlement"), "required", "Choose what you need from the catalogue."));
            } else if self.items.iter().take(place).any(|other| other.entitlement.trim() == item.entitlement.trim()) {
                errors.push(FieldError::new(
                    &item_field(place, "entitlement"),
                    "twice",
                    "This is in the basket already: remove one of the two.",
                ));
            }
            if Way::parse(&item.kind).is_none() {
                errors.push(FieldError::new(&item_field(place, "kind"), "required", "Choose how you want it from the list."));
            }
        }
        errors
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn fields(errors: &[FieldError]) -> Vec<String> {
        errors.iter().map(|error| format!("{}:{}", error.field, error.code)).collect()
    }

    #[test]
    fn a_basket_names_every_field_that_is_wrong_at_once() {
        let empty = BasketForm::default();
        assert_eq!(
            fields(&empty.common(date(2026, 11, 22)).err().unwrap_or_default()),
            ["reason_code:required", "justification:too_short", "starts_on:required"]
        );
        assert_eq!(fields(&empty.wrong_items()), ["items:required"]);
    }

    #[test]
    fn a_basket_takes_twenty_five_different_items_and_says_which_is_wrong() {
        let id = |n: u8| EntitlementId::new(Timestamp::UNIX_EPOCH, [n; 10]).to_string();
        let item = |n: u8| ItemForm { entitlement: id(n), ..ItemForm::default() };
        let full = BasketForm { items: (0..25).map(item).collect(), ..BasketForm::default() };
        assert_eq!(full.wrong_items(), vec![]);
        let more = BasketForm { items: (0..26).map(item).collect(), ..BasketForm::default() };
        assert_eq!(fields(&more.wrong_items()), ["items:too_many"]);
        let wrong = BasketForm {
            items: vec![item(1), item(1), ItemForm { kind: "extend".into(), ..item(2) }, ItemForm::default()],
            ..BasketForm::default()
        };
        assert_eq!(fields(&wrong.wrong_items()), ["items.1.entitlement:twice", "items.2.kind:required", "items.3.entitlement:required"]);
    }

    #[test]
    fn a_way_reads_back_as_it_was_written() {
        let grant = GrantId::new(Timestamp::UNIX_EPOCH, [1; 10]);
        for way in [Way::Grant, Way::Extend(grant), Way::Change(grant)] {
            assert_eq!(Way::parse(&way.to_string()), Some(way));
            assert_eq!(Way::of(way.kind(), way.grant()), Some(way));
        }
        assert_eq!(Way::parse(""), Some(Way::Grant));
        for bad in ["extend", "extend:", "change:x", "remove", &format!("grant:{grant}")] {
            assert_eq!(Way::parse(bad), None, "{bad}");
        }
        assert_eq!(Way::of(RequestKind::Extend, None), None);
        assert_eq!(Way::of(RequestKind::Grant, Some(grant)), None);
    }

    proptest! {
        #[test]
        fn no_form_input_panics_and_errors_name_a_field(
            reason_code in ".{0,12}", justification in ".{0,80}", starts_on in "[0-9T:-]{0,12}", ends_on in ".{0,12}",
        ) {
            let form = BasketForm { reason_code, justification, starts_on, ends_on, ..BasketForm::default() };
            if let Err(errors) = form.common(date(2026, 11, 22)) {
                prop_assert!(!errors.is_empty());
                for error in errors {
                    prop_assert!(["reason_code", "justification", "starts_on", "ends_on"].contains(&error.field.as_str()));
                }
            }
        }
    }
}
