//! What a draft keeps, and how what was typed goes into it.

use crate::store::error::StoreError;
use app::requests::draft_port::{Difference, Step};
use domain::basket::{BasketForm, ItemForm, MOST_ITEMS};
use domain::id::{EntitlementId, IdentityId, TemplateId};
use domain::request::ReasonCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The body of a draft.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// As typed.
    #[serde(default)]
    pub form: BasketForm,
    /// What each entitlement was when it was added, as far as a later change has to be read before
    /// submitting: by its id, the text of [`fingerprint`].
    #[serde(default)]
    pub seen: BTreeMap<String, String>,
    /// It was refused once, so everything that is wrong is worth saying.
    #[serde(default)]
    pub tried: bool,
    /// The template that was used, with its version.
    #[serde(default)]
    pub template: Option<(TemplateId, i32)>,
    /// Ids of what that template put in.
    #[serde(default)]
    pub of_template: BTreeSet<String>,
    /// The last day as it was proposed: what nobody typed gives way to the period of a template.
    #[serde(default)]
    pub proposed_end: String,
    /// What was typed in another tab, or for a revision that somebody else made meanwhile.
    #[serde(default)]
    pub aside: Option<BasketForm>,
    /// Somebody else made a revision after what lies aside was typed.
    #[serde(default)]
    pub overtaken: bool,
    /// The revision of the request that it would change.
    #[serde(default)]
    pub revision: Option<i32>,
    /// The version that the form had which was submitted last: the same form sent twice is known by
    /// it.
    #[serde(default)]
    pub sent_from: Option<i32>,
}

/// Tier and owner of an entitlement, as one text.
#[must_use]
pub fn fingerprint(tier: &str, owner: Option<IdentityId>) -> String {
    format!("{tier} {}", owner.map(|id| id.to_string()).unwrap_or_default())
}

impl Body {
    /// Reads a stored body.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when it has no such shape.
    pub fn read(value: Value) -> Result<Self, StoreError> {
        serde_json::from_value(value).map_err(|e| StoreError::inconsistent("draft", e.to_string()))
    }

    /// As it is stored.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when it cannot be written, which no body should do.
    pub fn write(&self) -> Result<Value, StoreError> {
        serde_json::to_value(self).map(without_nul).map_err(|e| StoreError::inconsistent("draft", e.to_string()))
    }

    /// The template that everything in it came from, whatever else was put in and taken out since.
    #[must_use]
    pub fn came_from(&self) -> Option<(TemplateId, i32)> {
        self.template.filter(|_| self.form.items.iter().all(|item| self.of_template.contains(&item.entitlement)))
    }

    /// Whether a form of `version` that says `form` is the one that made the draft what it is, now
    /// at version `now`: the same form sent twice at one moment.
    #[must_use]
    pub fn was_sent_as(&self, form: &BasketForm, version: i32, now: i32) -> bool {
        self.sent_from == Some(version) && now == version + 1 && self.form == *form
    }

    /// The form with what was typed in place of what it had. What an item is, is not typed; in a
    /// draft that changes a request, neither is for whom and how.
    #[must_use]
    pub fn typed_over(&self, typed: BasketForm) -> BasketForm {
        let fixed = self.revision.is_some();
        let kept = |stays: &str, typed: String| if fixed || typed.is_empty() { stays.to_owned() } else { typed };
        let mut typed_items = typed.items.into_iter();
        let items = self.form.items.iter().map(|item| match typed_items.next() {
            Some(typed) => ItemForm { entitlement: item.entitlement.clone(), kind: kept(&item.kind, typed.kind), ..typed },
            None => item.clone(),
        });
        BasketForm { items: items.collect(), subject: kept(&self.form.subject, typed.subject), ..typed }
    }

    /// Takes a step besides keeping what was typed.
    pub fn step(&mut self, step: Step) {
        match step {
            Step::Keep => {}
            Step::Remove(place) => {
                if self.revision.is_none() && place < self.form.items.len() {
                    let item = self.form.items.remove(place);
                    self.seen.remove(&item.entitlement);
                }
            }
            Step::Fill(field, value) => self.fill(&field, value),
        }
    }

    /// Fills a field with what cures it. A field that cannot be filled stays as it is.
    fn fill(&mut self, field: &str, value: String) {
        match field {
            "reason_code" => self.form.reason_code = value,
            "justification" => self.form.justification = value,
            "starts_on" => self.form.starts_on = value,
            "ends_on" => self.form.ends_on = value,
            "subject" => {
                if self.revision.is_none() {
                    self.form.subject = value;
                    self.form.find = String::new();
                }
            }
            _ => {
                let Some((place, field)) = field.strip_prefix("items.").and_then(|rest| rest.split_once('.')) else { return };
                let Some(item) = place.parse::<usize>().ok().and_then(|place| self.form.items.get_mut(place)) else { return };
                if let Some(question) = field.strip_prefix("answers.") {
                    if let Some(answer) = item.answers.get_mut(question) {
                        *answer = value;
                    }
                } else if field == "kind" && self.revision.is_none() {
                    item.kind = value;
                }
            }
        }
    }

    /// Puts an item in; what is in already only changes how it is asked for. Gives whether there
    /// was room.
    pub fn add(&mut self, entitlement: EntitlementId, kind: &str, seen: String) -> bool {
        let id = entitlement.to_string();
        if let Some(item) = self.form.items.iter_mut().find(|item| item.entitlement == id) {
            if !kind.is_empty() {
                kind.clone_into(&mut item.kind);
            }
            return true;
        }
        if self.form.items.len() >= MOST_ITEMS {
            return false;
        }
        self.form.items.push(ItemForm { entitlement: id.clone(), kind: kind.to_owned(), ..ItemForm::default() });
        self.seen.insert(id, seen);
        true
    }
}

/// What stands in a draft for the one character that the database cannot keep. It is refused like
/// that one wherever text is read, so nothing passes that was not typed.
const IN_PLACE_OF_NUL: &str = "\u{FFFF}";

fn without_nul(value: Value) -> Value {
    let text = |text: String| text.replace('\0', IN_PLACE_OF_NUL);
    match value {
        Value::String(typed) => Value::String(text(typed)),
        Value::Array(values) => Value::Array(values.into_iter().map(without_nul).collect()),
        Value::Object(fields) => Value::Object(fields.into_iter().map(|(name, value)| (text(name), without_nul(value))).collect()),
        other => other,
    }
}

/// The differences between two forms, field by field, in words. `label` names the question of an
/// item by its place and id.
#[must_use]
pub fn differences(before: &BasketForm, after: &BasketForm, label: impl Fn(usize, &str) -> String) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut compare = |field: String, before: &str, after: &str| {
        if before.trim() != after.trim() {
            found.push(Difference { field, before: before.trim().to_owned(), after: after.trim().to_owned() });
        }
    };
    let reason = |word: &str| word.parse::<ReasonCode>().map_or_else(|_| word.to_owned(), |reason| reason.label().to_owned());
    compare("Reason".to_owned(), &reason(&before.reason_code), &reason(&after.reason_code));
    compare("Why is it needed".to_owned(), &before.justification, &after.justification);
    compare("From".to_owned(), &before.starts_on, &after.starts_on);
    compare("Until".to_owned(), &before.ends_on, &after.ends_on);
    for (place, (old, new)) in before.items.iter().zip(&after.items).enumerate() {
        let ids: BTreeSet<&String> = old.answers.keys().chain(new.answers.keys()).collect();
        for id in ids {
            let of = |item: &ItemForm| item.answers.get(id).cloned().unwrap_or_default();
            compare(label(place, id), &of(old), &of(new));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn entitlement(n: u8) -> EntitlementId {
        EntitlementId::new(Timestamp::UNIX_EPOCH, [n; 10])
    }

    fn body() -> Body {
        let mut body = Body::default();
        assert!(body.add(entitlement(1), "", "standard ".into()) && body.add(entitlement(2), "", "standard ".into()));
        body
    }

    #[test]
    fn what_was_typed_goes_over_the_draft_and_an_item_stays_what_it_is() {
        let typed = BasketForm {
            justification: "x".into(),
            items: vec![ItemForm {
                entitlement: entitlement(3).to_string(),
                kind: "extend:1".into(),
                answers: BTreeMap::from([("region".into(), "North".into())]),
                accepts: String::new(),
            }],
            ..BasketForm::default()
        };
        let form = body().typed_over(typed);
        assert_eq!(form.justification, "x");
        assert_eq!(form.items.len(), 2);
        assert_eq!(form.items[0].entitlement, entitlement(1).to_string());
        assert_eq!((form.items[0].kind.as_str(), form.items[0].answers["region"].as_str()), ("extend:1", "North"));
    }

    #[test]
    fn a_draft_that_changes_a_request_keeps_for_whom_and_how() {
        let mut body = Body { revision: Some(1), ..body() };
        body.form.subject = "somebody".into();
        let typed = BasketForm {
            subject: "somebody else".into(),
            items: vec![ItemForm { kind: "change:x".into(), ..ItemForm::default() }],
            ..BasketForm::default()
        };
        let form = body.typed_over(typed);
        assert_eq!((form.subject.as_str(), form.items[0].kind.as_str()), ("somebody", ""));
        body.step(Step::Remove(0));
        body.step(Step::Fill("items.0.kind".into(), "extend:1".into()));
        body.step(Step::Fill("subject".into(), "somebody else".into()));
        assert_eq!((body.form.items.len(), body.form.items[0].kind.as_str(), body.form.subject.as_str()), (2, "", "somebody"));
    }

    #[test]
    fn whoever_is_chosen_fills_the_field_they_were_found_for_and_nothing_else() {
        let mut body = body();
        body.form.find = "ana".into();
        body.form.items[0].answers.insert("deputy".into(), "ben".into());
        for (field, value) in [
            ("subject", "1"),
            ("items.0.answers.deputy", "E7"),
            ("items.0.answers.other", "E8"),
            ("items.9.answers.deputy", "E9"),
            ("items.0", "E9"),
        ] {
            body.step(Step::Fill(field.into(), value.into()));
        }
        assert_eq!((body.form.subject.as_str(), body.form.find.as_str()), ("1", ""));
        assert_eq!(body.form.items[0].answers, BTreeMap::from([("deputy".to_owned(), "E7".to_owned())]));
        assert!(body.form.items[1].answers.is_empty());
    }

    #[test]
    fn a_basket_takes_an_item_once_and_twenty_five_at_most() {
        let mut body = body();
        assert!(body.add(entitlement(1), "extend:1", String::new()));
        assert_eq!((body.form.items.len(), body.form.items[0].kind.as_str()), (2, "extend:1"));
        for n in 3..=25 {
            assert!(body.add(entitlement(n), "", String::new()));
        }
        assert!(!body.add(entitlement(26), "", String::new()));
        body.step(Step::Remove(0));
        assert!(body.add(entitlement(26), "", String::new()));
        body.step(Step::Remove(99));
        assert_eq!(body.form.items.len(), 25);
    }

    #[test]
    fn what_the_database_cannot_keep_is_kept_as_something_that_is_refused() {
        let mut body = body();
        body.form.justification = "Needed \0 for the night run of the ledger.".into();
        body.form.items[0].answers.insert("a\0".into(), "b\0".into());
        let read = Body::read(body.write().unwrap()).unwrap();
        assert!(domain::text::Justification::parse(&read.form.justification).is_err_and(|error| error.code == "forbidden_character"));
        assert_eq!(read.form.items[0].answers["a\u{FFFF}"], "b\u{FFFF}");
    }

    #[test]
    fn a_form_is_known_again_only_as_it_was_sent_and_only_while_nothing_else_was_saved() {
        let sent = Body { sent_from: Some(3), ..body() };
        let mut other = sent.form.clone();
        other.justification = "x".into();
        assert!(sent.was_sent_as(&sent.form, 3, 4));
        assert!(!sent.was_sent_as(&other, 3, 4));
        assert!(!sent.was_sent_as(&sent.form, 3, 5));
        assert!(!sent.was_sent_as(&sent.form, 4, 5));
        assert!(!body().was_sent_as(&body().form, 3, 4));
    }

    #[test]
    fn differences_name_the_field_and_both_values() {
        let mut after = body().form;
        after.reason_code = "audit".into();
        after.items[1].answers.insert("region".into(), "North".into());
        let found = differences(&body().form, &after, |place, id| format!("{place} {id}"));
        let lines: Vec<_> = found.iter().map(|d| (d.field.as_str(), d.before.as_str(), d.after.as_str())).collect();
        assert_eq!(lines, [("Reason", "", "Audit or review"), ("1 region", "", "North")]);
    }
}
