//! Identity specifications: what a population's identities must be, and how far one record conforms.

use crate::words::words;
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

/// One attribute against the specification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeConformity {
    /// Which.
    pub attribute: Attribute,
    /// What the record says.
    pub seen: Option<String>,
    /// The specification asks for it.
    pub required: bool,
}

impl AttributeConformity {
    /// The record is as the specification wants it.
    #[must_use]
    pub fn met(&self) -> bool {
        !self.required || self.seen.is_some()
    }
}

/// Every attribute of a record against the words a specification requires. A required word that is
/// no attribute can never be met, and is reported as such rather than passed over (law 1).
///
/// # Errors
/// The unknown word.
pub fn conformity(values: &[AttributeValue], required: &[String]) -> Result<Vec<AttributeConformity>, crate::words::UnknownWord> {
    let required = required.iter().map(|word| word.parse()).collect::<Result<Vec<Attribute>, _>>()?;
    Ok(Attribute::ALL
        .iter()
        .map(|attribute| AttributeConformity {
            attribute: *attribute,
            seen: values.iter().find(|(a, _)| a == attribute).and_then(|(_, value)| value.clone()).filter(|text| !text.trim().is_empty()),
            required: required.contains(attribute),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_required_attribute_that_is_blank_or_absent_is_a_gap() {
        let values = [(Attribute::Email, Some(" ".to_owned())), (Attribute::Unit, Some("Sales".to_owned()))];
        let required = ["email".to_owned(), "unit".to_owned(), "manager".to_owned()];
        let gaps: Vec<_> = conformity(&values, &required).unwrap().into_iter().filter(|c| !c.met()).map(|c| c.attribute).collect();
        assert_eq!(gaps, [Attribute::Email, Attribute::Manager]);
    }

    #[test]
    fn an_unknown_required_word_is_an_error_and_not_a_pass() {
        assert!(conformity(&[], &["shoe_size".to_owned()]).is_err());
    }
}
