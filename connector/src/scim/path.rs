//! The place of one attribute in a SCIM record: `userName`, `name.givenName`,
//! `emails[type eq "work"].value`, `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department`
//! (RFC 7643 section 2, RFC 7644 section 3.5.2).

use scim_v2::filter::{AttrExp, AttrPath, CompValue, CompareOp, Filter, PatchPath, PatchValuePath, ValFilter, ValuePath};
use scim_v2::models::others::{OperationTarget, PatchOperation};
use scim_v2::schema_urns;
use serde_json::{Map, Value, json};
use std::fmt;
use std::str::FromStr;

/// The attributes of RFC 7643 (section 4.1.2) that hold several values.
const SEVERAL: [&str; 9] = ["emails", "phoneNumbers", "ims", "photos", "addresses", "groups", "entitlements", "roles", "x509Certificates"];

/// Why a text is no usable path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathProblem {
    /// Not what the grammar of RFC 7644 allows.
    #[error("“{0}” is no path of a SCIM attribute, as RFC 7644 writes them.")]
    Syntax(String),
    /// A condition from which no record can be made.
    #[error("The condition in brackets may only say what sub-attributes are equal to, such as [type eq \"work\"].")]
    Condition,
    /// `emails[type eq "work"]` without the attribute in it.
    #[error("After the brackets the sub-attribute is missing, usually “.value”.")]
    NoSubAttribute,
    /// `emails` alone.
    #[error("“{0}” holds several values: say which, such as {0}[type eq \"work\"].value.")]
    Several(String),
}

/// A record has one value where several were expected, so that another one would take its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "The account over there holds one value in {0} and no list of values, so nothing can be added or removed there. Nothing was changed."
)]
pub struct OneValue(String);

/// The place of one text in a record.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributePath {
    attribute: AttrPath,
    /// For an attribute with several values: what tells the right one, as sub-attribute and value.
    which: Vec<(String, String)>,
    sub_attribute: Option<String>,
}

impl AttributePath {
    /// The attribute's own name, without schema and sub-attribute.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.attribute.name
    }

    /// Whether it is this attribute of the record itself. Names are the same in any case
    /// (RFC 7643 section 2.1).
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.extension().is_none()
            && self.which.is_empty()
            && self.sub_attribute.is_none()
            && self.attribute.name.eq_ignore_ascii_case(name)
    }

    /// The schema of an extension, whose attributes stand in an object of its name.
    #[must_use]
    pub fn extension(&self) -> Option<&str> {
        self.attribute.uri.as_deref().filter(|uri| !uri.eq_ignore_ascii_case(schema_urns::USER))
    }

    /// Whether two values there mean the same. `externalId` and `id` are case-exact
    /// (RFC 7643 section 3.1); about others the settings do not say, and names are rarely.
    #[must_use]
    pub fn same(&self, one: &str, other: &str) -> bool {
        if self.is("externalId") || self.is("id") { one == other } else { same_in_any_case(one, other) }
    }

    /// Whether the attribute may hold several values: of the core attributes those that RFC 7643 says
    /// do (section 4.1.2), none of its enterprise extension (4.3), any other of an extension.
    #[must_use]
    pub fn may_hold_several(&self) -> bool {
        match self.extension() {
            None => holds_several(&self.attribute.name),
            Some(uri) => !uri.eq_ignore_ascii_case(schema_urns::ENTERPRISE_USER),
        }
    }

    /// A filter for the records that have this value there. The value is a literal whatever it
    /// contains.
    #[must_use]
    pub fn filter(&self, value: &str) -> Filter {
        if self.which.is_empty() {
            let path = AttrPath { sub_attr: self.sub_attribute.clone(), ..self.attribute.clone() };
            return equals(path, value);
        }
        let filter = self.condition(value);
        Filter::ValuePath(ValuePath { attr: self.attribute.clone(), filter: Box::new(filter) })
    }

    /// The values there, as texts.
    #[must_use]
    pub fn read(&self, record: &Map<String, Value>) -> Vec<String> {
        let home = match self.extension() {
            None => Some(record),
            Some(uri) => field(record, uri).and_then(Value::as_object),
        };
        let Some(found) = home.and_then(|home| field(home, &self.attribute.name)) else {
            return Vec::new();
        };
        let values = match found {
            Value::Array(values) => values.iter().collect(),
            one => vec![one],
        };
        let of_value = |value: &Value| match (&self.sub_attribute, value) {
            (Some(sub), Value::Object(object)) => field(object, sub).and_then(text),
            (None, Value::Object(_)) | (Some(_), _) => None,
            (None, simple) => text(simple),
        };
        values.into_iter().filter(|value| self.is_meant(value)).filter_map(of_value).collect()
    }

    /// Puts a value there.
    pub fn write(&self, record: &mut Map<String, Value>, value: &str) {
        let home = match self.extension() {
            None => Some(record),
            Some(uri) => object_in(record, uri),
        };
        let (Some(home), name) = (home, &self.attribute.name) else {
            return;
        };
        let Some(sub) = &self.sub_attribute else {
            home.insert(name.clone(), json!(value));
            return;
        };
        if self.which.is_empty() && !holds_several(name) {
            if let Some(object) = object_in(home, name) {
                object.insert(sub.clone(), json!(value));
            }
            return;
        }
        let entry = home.entry(name.clone()).or_insert_with(|| json!([]));
        let Value::Array(values) = entry else {
            return;
        };
        // `emails[type eq "work"].value` and `emails[type eq "work"].display` are one mail address.
        if let Some(Value::Object(there)) = values.iter_mut().find(|value| self.is_meant(value)) {
            there.insert(sub.clone(), json!(value));
            return;
        }
        let mut fresh: Map<String, Value> = self.which.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        fresh.insert(sub.clone(), json!(value));
        values.push(Value::Object(fresh));
    }

    /// Adds a value to an attribute with several, unless it is there.
    ///
    /// # Errors
    /// [`OneValue`] where the record has anything but a list; it stays as it was.
    pub fn add(&self, record: &mut Map<String, Value>, value: &str) -> Result<(), OneValue> {
        if self.read(record).iter().any(|there| there == value) {
            return Ok(());
        }
        let fresh = self.element(value);
        let home = match self.extension() {
            None => Some(record),
            Some(uri) => {
                let name = field_name(record, uri);
                object_in(record, &name)
            }
        };
        let Some(home) = home else {
            return Err(self.one_value());
        };
        let name = field_name(home, &self.attribute.name);
        match home.entry(name).or_insert(Value::Null) {
            Value::Array(values) => values.push(fresh),
            // Null is the same as no value (RFC 7643 section 2.5).
            nothing @ Value::Null => *nothing = json!([fresh]),
            _ => return Err(self.one_value()),
        }
        Ok(())
    }

    /// Removes a value from an attribute with several.
    ///
    /// # Errors
    /// [`OneValue`] where the record has anything but a list; it stays as it was.
    pub fn remove(&self, record: &mut Map<String, Value>, value: &str) -> Result<(), OneValue> {
        let home = match self.extension() {
            None => Some(record),
            Some(uri) => {
                let name = field_name(record, uri);
                record.get_mut(&name).and_then(Value::as_object_mut)
            }
        };
        let Some(home) = home else {
            return Ok(());
        };
        let name = field_name(home, &self.attribute.name);
        match home.get_mut(&name) {
            None | Some(Value::Null) => Ok(()),
            Some(Value::Array(values)) => {
                let sub = self.sub_attribute.as_deref().unwrap_or("value");
                let is = |entry: &Value| entry.as_object().and_then(|entry| field(entry, sub)).and_then(text).as_deref() == Some(value);
                values.retain(|entry| !(self.is_meant(entry) && is(entry)));
                Ok(())
            }
            Some(_) => Err(self.one_value()),
        }
    }

    fn one_value(&self) -> OneValue {
        OneValue(self.attribute.to_string())
    }

    /// PATCH's way to add a value to an attribute with several (RFC 7644 section 3.5.2.1).
    #[must_use]
    pub fn addition(&self, value: &str) -> PatchOperation {
        let path = PatchPath::Attr(self.attribute.clone());
        PatchOperation::Add(OperationTarget::WithPath { path, value: Some(json!([self.element(value)])) })
    }

    /// PATCH's way to remove a value from an attribute with several (RFC 7644 section 3.5.2.2).
    #[must_use]
    pub fn removal(&self, value: &str) -> PatchOperation {
        let path = PatchPath::Value(PatchValuePath { attr: self.attribute.clone(), filter: self.condition(value), sub_attr: None });
        PatchOperation::Remove { path, value: None }
    }

    /// One value of an attribute with several.
    fn element(&self, value: &str) -> Value {
        let sub = self.sub_attribute.clone().unwrap_or_else(|| "value".to_owned());
        let own = [(sub, json!(value))];
        Value::Object(self.which.iter().map(|(name, value)| (name.clone(), json!(value))).chain(own).collect())
    }

    /// What holds for one value of an attribute with several and for no other.
    fn condition(&self, value: &str) -> ValFilter {
        let own = val_equals(self.sub_attribute.as_deref().unwrap_or("value"), value);
        let which = self.which.iter().map(|(name, value)| val_equals(name, value)).reduce(ValFilter::and);
        which.map_or(own.clone(), |which| ValFilter::and(which, own))
    }

    fn is_meant(&self, value: &Value) -> bool {
        self.which.iter().all(|(name, wanted)| {
            let there = value.as_object().and_then(|object| field(object, name)).and_then(text);
            there.is_some_and(|there| same_in_any_case(&there, wanted))
        })
    }
}

impl FromStr for AttributePath {
    type Err = PathProblem;

    fn from_str(written: &str) -> Result<Self, PathProblem> {
        let syntax = || PathProblem::Syntax(written.chars().take(120).collect());
        let path = match written.trim().parse::<PatchPath>().map_err(|_| syntax())? {
            PatchPath::Attr(AttrPath { uri, name, sub_attr }) => {
                Self { attribute: AttrPath { uri, name, sub_attr: None }, which: Vec::new(), sub_attribute: sub_attr }
            }
            PatchPath::Value(PatchValuePath { attr, filter, sub_attr }) => {
                if attr.sub_attr.is_some() {
                    return Err(syntax());
                }
                let which = conditions(&filter).ok_or(PathProblem::Condition)?;
                let sub_attribute = Some(sub_attr.ok_or(PathProblem::NoSubAttribute)?);
                Self { attribute: attr, which, sub_attribute }
            }
        };
        if path.extension().is_none() && path.sub_attribute.is_none() && holds_several(&path.attribute.name) {
            return Err(PathProblem::Several(path.attribute.name));
        }
        Ok(path)
    }
}

impl fmt::Display for AttributePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.attribute)?;
        let conditions = self.which.iter().map(|(name, value)| val_equals(name, value));
        if let Some(condition) = conditions.reduce(ValFilter::and) {
            write!(formatter, "[{condition}]")?;
        }
        match &self.sub_attribute {
            Some(sub) => write!(formatter, ".{sub}"),
            None => Ok(()),
        }
    }
}

/// `path eq "value"`.
#[must_use]
pub fn equals(path: AttrPath, value: &str) -> Filter {
    Filter::Attr(AttrExp::Comparison(path, CompareOp::Eq, CompValue::Str(value.to_owned())))
}

/// `name eq "value"`, for the inside of brackets.
#[must_use]
pub fn val_equals(name: &str, value: &str) -> ValFilter {
    ValFilter::Attr(AttrExp::Comparison(AttrPath::with_name(name), CompareOp::Eq, CompValue::Str(value.to_owned())))
}

/// Whether a value has to be escaped in a filter. Some servers get that wrong, so what they say about
/// such a value is not the last word.
#[must_use]
pub fn needs_escaping(value: &str) -> bool {
    value.contains(['"', '\\'])
}

/// An attribute of a record, in any case.
#[must_use]
pub fn field<'a>(record: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    record.get(name).or_else(|| record.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// The name that an attribute has in a record, or the one it should have.
#[must_use]
pub fn field_name(record: &Map<String, Value>, name: &str) -> String {
    record.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned().unwrap_or_else(|| name.to_owned())
}

/// Whether two texts differ at most in upper and lower case.
#[must_use]
pub fn same_in_any_case(one: &str, other: &str) -> bool {
    one == other || one.to_lowercase() == other.to_lowercase()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The object at a name; whatever else stood there gives way to a new one.
fn object_in<'a>(map: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Map<String, Value>> {
    let entry = map.entry(name).or_insert_with(|| json!({}));
    if !entry.is_object() {
        *entry = json!({});
    }
    entry.as_object_mut()
}

fn holds_several(name: &str) -> bool {
    SEVERAL.iter().any(|several| several.eq_ignore_ascii_case(name))
}

/// What a condition says sub-attributes are equal to; none when it says anything else.
fn conditions(filter: &ValFilter) -> Option<Vec<(String, String)>> {
    match filter {
        ValFilter::Attr(AttrExp::Comparison(AttrPath { uri: None, name, sub_attr: None }, CompareOp::Eq, CompValue::Str(value))) => {
            Some(vec![(name.clone(), value.clone())])
        }
        ValFilter::And(parts) => {
            let parts: Option<Vec<_>> = parts.iter().map(conditions).collect();
            parts.map(|parts| parts.into_iter().flatten().collect())
        }
        _ => None,
    }
}
