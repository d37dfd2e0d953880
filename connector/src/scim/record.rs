//! One record of a SCIM server, as it came: whatever is in it that we do not know stays in it.

use super::path::{field, field_name};
use crate::fault::Fault;
use crate::order::Account;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A user or a group.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Record(pub Map<String, Value>);

impl Record {
    /// Its id over there.
    pub fn id(&self) -> Result<&str, Fault> {
        match self.text("id") {
            // As parts of an address these would lead elsewhere.
            Some("" | "." | "..") | None => Err(Fault::Garbled { why: "a record has no id that can be used.".to_owned() }),
            Some(id) => Ok(id),
        }
    }

    /// Its version (RFC 7644 section 3.14), for `If-Match`.
    pub fn version(&self) -> Option<&str> {
        let meta = field(&self.0, "meta")?.as_object()?;
        field(meta, "version")?.as_str().filter(|version| !version.is_empty())
    }

    /// An attribute that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        field(&self.0, name)?.as_str()
    }

    /// Whether the account can be used. Some servers write the truth as a text, `"True"`; one that
    /// does not say has no inactive accounts.
    pub fn account(&self) -> Result<Account, Fault> {
        match field(&self.0, "active") {
            None | Some(Value::Null | Value::Bool(true)) => Ok(Account::Active),
            Some(Value::Bool(false)) => Ok(Account::Inactive),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(Account::Active),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(Account::Inactive),
            Some(_) => Err(Fault::Garbled { why: "active is neither true nor false.".to_owned() }),
        }
    }

    /// The objects of an attribute with several values.
    pub fn objects(&self, name: &str) -> impl Iterator<Item = &Map<String, Value>> {
        field(&self.0, name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
    }

    /// Whether it shows this attribute at all.
    pub fn shows(&self, name: &str) -> bool {
        field(&self.0, name).is_some()
    }

    /// Whether an attribute with several values has one with this `value`, such as a member.
    pub fn has_value(&self, name: &str, value: &str) -> bool {
        self.objects(name).any(|object| field(object, "value").and_then(Value::as_str) == Some(value))
    }

    /// Puts an attribute in the place of what is there.
    pub fn set(&mut self, name: &str, value: Value) {
        self.0.insert(field_name(&self.0, name), value);
    }

    /// Without what is the server's alone and not to be sent back (RFC 7643 sections 3.1 and 4.1.2).
    pub fn without_read_only(mut self) -> Map<String, Value> {
        self.0.retain(|name, _| !["meta", "groups"].iter().any(|read_only| name.eq_ignore_ascii_case(read_only)));
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(value: Value) -> Record {
        serde_json::from_value(value).expect("an object")
    }

    #[test]
    fn the_truth_about_an_account_is_read_in_every_spelling() {
        for (written, meant) in [
            (json!({ "active": true }), Account::Active),
            (json!({ "active": "True" }), Account::Active),
            (json!({ "Active": "FALSE" }), Account::Inactive),
            (json!({ "active": false }), Account::Inactive),
            (json!({ "active": null }), Account::Active),
            (json!({}), Account::Active),
        ] {
            assert_eq!(record(written.clone()).account(), Ok(meant), "{written}");
        }
        assert!(matches!(record(json!({ "active": "perhaps" })).account(), Err(Fault::Garbled { .. })));
    }

    #[test]
    fn an_id_that_would_lead_elsewhere_is_none() {
        for id in [json!("."), json!(".."), json!(""), json!(7), Value::Null] {
            assert!(record(json!({ "id": id })).id().is_err());
        }
        assert_eq!(record(json!({ "id": "a/../b" })).id(), Ok("a/../b"));
    }
}
