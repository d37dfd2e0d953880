//! What a draft keeps, and how what was typed goes into it.

use crate::store::error::StoreError;
use app::requests::draft_port::Step;
use domain::basket::{BasketForm, ItemForm, MOST_ITEMS};
use domain::id::{EntitlementId, IdentityId, TemplateId};
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
    /// draft that changes a request, neither is for whom and how. What was typed for an item goes to
    /// that item, wherever it stands by now; without a word about which one, to the one in its place.
    #[must_use]
    pub fn typed_over(&self, mut typed: BasketForm) -> BasketForm {
        let fixed = self.revision.is_some();
        let kept = |stays: &str, typed: String| if fixed || typed.is_empty() { stays.to_owned() } else { typed };
        let mut typed_items: Vec<_> = std::mem::take(&mut typed.items).into_iter().map(Some).collect();
        let items = self.form.items.iter().enumerate().map(|(place, item)| {
            let same = |typed: &Option<ItemForm>| typed.as_ref().is_some_and(|typed| is_same(typed, item));
            let unnamed = |typed: &&mut Option<ItemForm>| typed.as_ref().is_some_and(|typed| typed.entitlement.is_empty());
            let found = match typed_items.iter().position(same) {
                Some(at) => typed_items.get_mut(at),
                None => typed_items.get_mut(place).filter(unnamed),
            };
            match found.and_then(Option::take) {
                Some(typed) => ItemForm { entitlement: item.entitlement.clone(), kind: kept(&item.kind, typed.kind), ..typed },
                None => item.clone(),
            }
        });
        BasketForm { items: items.collect(), subject: kept(&self.form.subject, typed.subject), ..typed }
    }

    /// The answers that were typed for items that are not in the draft any more.
    #[must_use]
    pub fn typed_for_gone(&self, typed: &BasketForm) -> Vec<ItemForm> {
        let gone = |item: &&ItemForm| {
            item.entitlement.parse::<EntitlementId>().is_ok()
                && !self.form.items.iter().any(|here| is_same(here, item))
                && item.answers.values().any(|answer| !answer.trim().is_empty())
        };
        typed.items.iter().filter(gone).take(MOST_ITEMS).cloned().collect()
    }

    /// Puts what lies aside in place of what the draft has, item by item. What is in the draft is the
    /// draft's: an item that is gone does not come back, and one that came since stays.
    pub fn take_aside(&mut self) {
        let Some(aside) = self.aside.take() else { return };
        let items = self.form.items.iter().map(|item| aside.items.iter().find(|other| is_same(other, item)).unwrap_or(item).clone());
        self.form = BasketForm { items: items.collect(), ..aside };
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

/// Whether both are about the same entitlement.
pub(super) fn is_same(one: &ItemForm, other: &ItemForm) -> bool {
    one.entitlement.trim() == other.entitlement.trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn entitlement(n: u8) -> EntitlementId {
        EntitlementId::new(Timestamp::UNIX_EPOCH, [n; 10])
    }

    fn answers(region: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("region".to_owned(), region.to_owned())])
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
            items: vec![ItemForm { kind: "extend:1".into(), answers: answers("North"), ..ItemForm::default() }],
            ..BasketForm::default()
        };
        let form = body().typed_over(typed);
        assert_eq!(form.justification, "x");
        assert_eq!(form.items.len(), 2);
        assert_eq!(form.items[0].entitlement, entitlement(1).to_string());
        assert_eq!((form.items[0].kind.as_str(), form.items[0].answers["region"].as_str()), ("extend:1", "North"));
    }

    #[test]
    fn what_was_typed_for_an_item_goes_to_that_item_and_to_no_other() {
        let typed =
            |n: u8, answer: &str| ItemForm { entitlement: entitlement(n).to_string(), answers: answers(answer), ..ItemForm::default() };
        // What the draft has by now, what an older tab still shows, and where it goes.
        for (has, shows, kept, gone) in [
            (vec![1, 2], vec![(1, "a"), (2, "b")], vec!["a", "b"], vec![]),
            (vec![2, 1], vec![(1, "a"), (2, "b")], vec!["b", "a"], vec![]),
            (vec![2], vec![(1, "a"), (2, "b")], vec!["b"], vec!["a"]),
            (vec![1, 2, 3], vec![(3, "c"), (1, "a")], vec!["a", "", "c"], vec![]),
            (vec![3], vec![(1, "a"), (2, " ")], vec![""], vec!["a"]),
        ] {
            let mut body = Body::default();
            for n in &has {
                assert!(body.add(entitlement(*n), "", String::new()));
            }
            let shown = BasketForm { items: shows.iter().map(|(n, answer)| typed(*n, answer)).collect(), ..BasketForm::default() };
            let of = |item: &ItemForm| item.answers.get("region").cloned().unwrap_or_default();
            assert_eq!(body.typed_for_gone(&shown).iter().map(of).collect::<Vec<_>>(), gone, "{has:?} {shows:?}");
            let form = body.typed_over(shown);
            assert_eq!(form.items.iter().map(of).collect::<Vec<_>>(), kept, "{has:?} {shows:?}");
            assert!(form.items.iter().zip(&body.form.items).all(|(item, stays)| item.entitlement == stays.entitlement));
        }
    }

    #[test]
    fn taking_what_lies_aside_brings_no_item_back_and_takes_none_away() {
        let mut body = body();
        let mut aside = body.form.clone();
        aside.justification = "typed in the older tab".into();
        aside.subject = "somebody".into();
        (aside.items[0].answers, aside.items[1].kind) = (answers("North"), "grant".into());
        body.aside = Some(aside);
        body.form.items[1].kind = "extend:1".into();
        body.step(Step::Remove(0));
        assert!(body.add(entitlement(3), "", String::new()));
        body.take_aside();
        let ids: Vec<&str> = body.form.items.iter().map(|item| item.entitlement.as_str()).collect();
        assert_eq!(ids, [entitlement(2).to_string(), entitlement(3).to_string()]);
        assert_eq!((body.form.items[0].kind.as_str(), body.form.subject.as_str()), ("grant", "somebody"));
        assert_eq!((body.form.justification.as_str(), body.aside), ("typed in the older tab", None));
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
}
