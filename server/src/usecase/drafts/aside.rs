//! What was typed beside a draft, in another tab or for a revision that is not the newest any more: in
//! which fields it differs from the draft, and both values in words.

use super::adding::open;
use super::body::is_same;
use super::items::way_in_words;
use super::people;
use crate::store;
use crate::store::asking::HeldRow;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use app::requests::draft_port::{Difference, ItemView};
use domain::actor::Caller;
use domain::basket::{BasketForm, ItemForm, Way};
use domain::id::{EntitlementId, IdentityId};
use domain::question::Question;
use domain::request::ReasonCode;
use std::collections::BTreeSet;

/// A field of the form; those of an item by the id of what it asks for, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// For whom.
    Subject,
    /// The reason from the list.
    Reason,
    /// The reason in words.
    Justification,
    /// The first day.
    From,
    /// The last day.
    Until,
    /// How an item is asked for.
    Way(String),
    /// That a change of an item was read.
    Read(String),
    /// The answer to a question of an item.
    Answer(String, String),
    /// The answer to a question of an item that is in the other form only.
    Gone(String, String),
}

/// A field at which two forms say different things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differing {
    /// Which.
    pub field: Field,
    /// What the one says.
    pub before: String,
    /// What the other says.
    pub after: String,
}

/// The fields at which `after` says something else than `before`, in the order of the form, as typed. An
/// empty subject means `own`. What is looked for is no part of what is asked, and an item that `after`
/// knows nothing of stays as it is.
#[must_use]
pub fn differences(before: &BasketForm, after: &BasketForm, own: IdentityId) -> Vec<Differing> {
    let mut found = Vec::new();
    let mut compare = |field: Field, before: &str, after: &str| {
        if before.trim() != after.trim() {
            found.push(Differing { field, before: before.trim().to_owned(), after: after.trim().to_owned() });
        }
    };
    for item in &before.items {
        let Some(other) = after.items.iter().find(|other| is_same(other, item)) else { continue };
        let id = item.entitlement.trim();
        let ticked = |item: &ItemForm| if item.accepts.is_empty() { "" } else { "ticked" };
        compare(Field::Read(id.to_owned()), ticked(item), ticked(other));
        compare(Field::Way(id.to_owned()), &way(item), &way(other));
        let questions: BTreeSet<&String> = item.answers.keys().chain(other.answers.keys()).collect();
        for question in questions {
            let of = |item: &ItemForm| item.answers.get(question).cloned().unwrap_or_default();
            compare(Field::Answer(id.to_owned(), question.clone()), &of(item), &of(other));
        }
    }
    for item in after.items.iter().filter(|item| !before.items.iter().any(|here| is_same(here, item))) {
        for (question, answer) in &item.answers {
            compare(Field::Gone(item.entitlement.trim().to_owned(), question.clone()), "", answer);
        }
    }
    let subject = |form: &BasketForm| {
        let typed = form.subject.trim();
        if typed.is_empty() { own.to_string() } else { typed.to_owned() }
    };
    compare(Field::Subject, &subject(before), &subject(after));
    compare(Field::Reason, &before.reason_code, &after.reason_code);
    compare(Field::Justification, &before.justification, &after.justification);
    compare(Field::From, &before.starts_on, &after.starts_on);
    compare(Field::Until, &before.ends_on, &after.ends_on);
    found
}

/// How an item is asked for, written in one way where it can be read.
fn way(item: &ItemForm) -> String {
    Way::parse(&item.kind).map_or_else(|| item.kind.clone(), |way| way.to_string())
}

/// What lies aside, in words.
#[derive(Debug, Default)]
pub(super) struct Aside {
    /// What can be taken in place of what the draft has.
    pub differs: Vec<Difference>,
    /// What was typed for items that are not in the draft any more.
    pub gone: Vec<Difference>,
}

/// Reads how `aside` differs from a draft with `form` and `items`.
pub(super) async fn read(
    work: &mut Work<'_>,
    base: &Base,
    caller: &Caller,
    form: &BasketForm,
    aside: &BasketForm,
    items: &[ItemView],
) -> Result<Aside, UseCaseError> {
    let (here, there) = (Side::read(work, caller, form).await?, Side::read(work, caller, aside).await?);
    let several = items.len() > 1;
    let mut read = Aside::default();
    for Differing { field, before, after } in differences(form, aside, caller.identity) {
        let item = |id: &str| form.items.iter().position(|item| item.entitlement.trim() == id).and_then(|place| items.get(place));
        let of_item = |label: &str, id: &str| match item(id).and_then(|item| item.card.as_ref()) {
            Some(card) if several => format!("{label} ({})", card.name),
            _ => label.to_owned(),
        };
        let line = |field: String, before: String, after: String| Difference { field, before, after };
        let said = match field {
            Field::Gone(id, question) => {
                let (name, label) = gone(work, caller, &id, question).await?;
                read.gone.push(line(format!("{label} ({name})"), "Not in the draft any more".to_owned(), after));
                continue;
            }
            Field::Subject => line("For whom".to_owned(), here.who(caller), there.who(caller)),
            Field::Reason => line("Reason".to_owned(), reason(&before), reason(&after)),
            Field::Justification => line("Why is it needed".to_owned(), before, after),
            Field::From => line("From".to_owned(), before, after),
            Field::Until => line("Until".to_owned(), before, after),
            Field::Read(id) => line(of_item("I have read what changed", &id), before, after),
            Field::Way(id) => line(of_item("How", &id), here.how(base, &id, &before), there.how(base, &id, &after)),
            Field::Answer(id, question) => {
                let label = item(&id).map_or_else(|| question.clone(), |item| labelled(&item.questions, &question));
                line(of_item(&label, &id), before, after)
            }
        };
        read.differs.push(said);
    }
    Ok(read)
}

fn reason(word: &str) -> String {
    word.parse::<ReasonCode>().map_or_else(|_| word.to_owned(), |reason| reason.label().to_owned())
}

fn labelled(questions: &[Question], id: &str) -> String {
    questions.iter().find(|question| question.id == id).map_or_else(|| id.to_owned(), |question| question.label.clone())
}

/// Name of an item and label of its question, as far as the catalogue shows it to the caller.
async fn gone(work: &mut Work<'_>, caller: &Caller, id: &str, question: String) -> Result<(String, String), UseCaseError> {
    let nameless = || "something meant for others".to_owned();
    let Ok(entitlement) = id.parse::<EntitlementId>() else { return Ok((nameless(), question)) };
    let Some((_, name)) = open(work, caller, None, &[entitlement]).await?.into_iter().next() else { return Ok((nameless(), question)) };
    let row = store::asking::entitlement(work.conn(), entitlement).await?;
    let label = row.map_or_else(|| question.clone(), |row| labelled(&row.questions, &question));
    Ok((name, label))
}

/// For whom one of the two forms asks, and what they hold.
struct Side {
    /// Nobody where the caller may not ask for them.
    subject: Option<(IdentityId, String)>,
    held: Vec<HeldRow>,
}

impl Side {
    async fn read(work: &mut Work<'_>, caller: &Caller, form: &BasketForm) -> Result<Self, UseCaseError> {
        let Ok(subject) = people::subject(work, caller, form).await? else { return Ok(Self { subject: None, held: vec![] }) };
        let held = store::asking::held(work.conn(), subject.person.id).await?;
        Ok(Self { subject: Some((subject.person.id, subject.person.name)), held })
    }

    fn who(&self, caller: &Caller) -> String {
        match &self.subject {
            Some((id, name)) if *id == caller.identity => format!("{name} (yourself)"),
            Some((_, name)) => name.clone(),
            None => "Nobody you can ask for".to_owned(),
        }
    }

    fn how(&self, base: &Base, entitlement: &str, typed: &str) -> String {
        match (Way::parse(typed), entitlement.parse()) {
            (Some(way), Ok(entitlement)) => way_in_words(way, entitlement, &self.held, &base.zone),
            _ => typed.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::GrantId;
    use jiff::Timestamp;
    use std::collections::BTreeMap;

    type Change = Box<dyn Fn(&mut BasketForm)>;

    fn id(n: u8) -> String {
        EntitlementId::new(Timestamp::UNIX_EPOCH, [n; 10]).to_string()
    }

    fn own() -> IdentityId {
        IdentityId::new(Timestamp::UNIX_EPOCH, [9; 10])
    }

    fn form() -> BasketForm {
        let item = |n: u8| ItemForm { entitlement: id(n), ..ItemForm::default() };
        BasketForm { items: vec![item(1), item(2)], ..BasketForm::default() }
    }

    #[test]
    fn every_field_that_can_be_filled_in_is_told_apart() {
        let extend = Way::Extend(GrantId::new(Timestamp::UNIX_EPOCH, [3; 10])).to_string();
        let differing = |field, before: &str, after: &str| vec![Differing { field, before: before.into(), after: after.into() }];
        let to_extend = extend.clone();
        let cases: Vec<(Change, Vec<Differing>)> = vec![
            (Box::new(|form| form.subject = "x".into()), differing(Field::Subject, &own().to_string(), "x")),
            (Box::new(|form| form.reason_code = "audit".into()), differing(Field::Reason, "", "audit")),
            (Box::new(|form| form.justification = " x ".into()), differing(Field::Justification, "", "x")),
            (Box::new(|form| form.starts_on = "2026-12-01".into()), differing(Field::From, "", "2026-12-01")),
            (Box::new(|form| form.ends_on = "2026-12-31".into()), differing(Field::Until, "", "2026-12-31")),
            (Box::new(move |form| form.items[1].kind.clone_from(&to_extend)), differing(Field::Way(id(2)), "grant", &extend)),
            (Box::new(|form| form.items[1].accepts = "elevated".into()), differing(Field::Read(id(2)), "", "ticked")),
            (
                Box::new(|form| form.items[1].answers = BTreeMap::from([("region".into(), "North".into())])),
                differing(Field::Answer(id(2), "region".into()), "", "North"),
            ),
            (
                Box::new(|form| {
                    let answers = BTreeMap::from([("region".into(), "North".into())]);
                    form.items.insert(0, ItemForm { entitlement: id(3), answers, ..ItemForm::default() });
                }),
                differing(Field::Gone(id(3), "region".into()), "", "North"),
            ),
            // The same said in another way, or nothing that is asked.
            (Box::new(|form| form.subject = own().to_string()), vec![]),
            (Box::new(|form| form.items[0].kind = "grant".into()), vec![]),
            (Box::new(|form| form.items.reverse()), vec![]),
            (Box::new(|form| drop(form.items.remove(0))), vec![]),
            (Box::new(|form| form.find = "ana".into()), vec![]),
        ];
        for (change, expected) in cases {
            let mut after = form();
            change(&mut after);
            assert_eq!(differences(&form(), &after, own()), expected, "{after:?}");
        }
    }
}
