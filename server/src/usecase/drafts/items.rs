//! One item of a basket, judged before any gate is asked: whether it is still what was chosen,
//! whether the subject has it or somebody asked for it already, how it is asked for, and what its
//! questions were answered with. The form shows it, the submission acts on it.

use super::adding::open;
use super::body::fingerprint;
use super::people;
use crate::store;
use crate::store::asking::{AskedRow, HeldRow, OpenRow};
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use domain::actor::Caller;
use domain::basket::{BasketForm, ItemForm, Way, item_field};
use domain::catalogue::RiskTier;
use domain::error::FieldError;
use domain::grant::held_beside;
use domain::id::{EntitlementId, GrantId, IdentityId, RequestId};
use domain::question::{Answer, Question, QuestionKind};
use domain::request::RequestKind;
use domain::time::{Period, last_day};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// What an item is judged against.
pub struct Surroundings<'a> {
    /// Who writes it.
    pub caller: &'a Caller,
    /// The whole basket.
    pub form: &'a BasketForm,
    /// What each entitlement was when it was added; without an entry nothing has to be read.
    pub seen: &'a BTreeMap<String, String>,
    /// Who would get the access.
    pub subject: IdentityId,
    /// The request that is being changed, which is no double of itself.
    pub except: Option<RequestId>,
    /// The day of asking.
    pub today: Date,
    /// Where a day ends.
    pub zone: &'a TimeZone,
    /// What the subject holds.
    pub held: &'a [HeldRow],
}

/// How the subject stands to it already.
pub enum Doubled {
    /// Not at all, or in a way that this item is meant for.
    No,
    /// They hold it.
    Held(HeldRow),
    /// An open request asks for it.
    Asked(OpenRow),
}

/// An item with what was found.
pub struct Judged {
    /// What it is, if the catalogue has it.
    pub entitlement: Option<EntitlementId>,
    /// How it is asked for, as far as that can be read.
    pub way: Way,
    /// How it may be asked for: value and words.
    pub ways: Vec<(String, String)>,
    /// What it asks.
    pub questions: Vec<Question>,
    /// The answers that could be read.
    pub answers: Vec<Answer>,
    /// It is there or on its way.
    pub doubled: Doubled,
    /// It changed since it was added: the sentence, and the value that says it was read.
    pub changed: Option<(String, String)>,
    /// What is wrong, in the order of the item's fields.
    pub errors: Vec<FieldError>,
}

/// Judges the item at `place`.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn judge(work: &mut Work<'_>, around: &Surroundings<'_>, place: usize) -> Result<Judged, UseCaseError> {
    let nothing = ItemForm::default();
    let item = around.form.items.get(place).unwrap_or(&nothing);
    let mut judged = Judged {
        entitlement: item.entitlement.trim().parse().ok(),
        way: Way::parse(&item.kind).unwrap_or_default(),
        ways: vec![],
        questions: vec![],
        answers: vec![],
        doubled: Doubled::No,
        changed: None,
        errors: vec![],
    };
    let row = match judged.entitlement {
        Some(id) => store::asking::entitlement(work.conn(), id).await?,
        None => None,
    };
    let (Some(id), Some(row)) = (judged.entitlement, row) else {
        judged.entitlement = None;
        // An id that cannot be read is named by the basket itself.
        if !item.entitlement.trim().is_empty() && item.entitlement.trim().parse::<EntitlementId>().is_ok() {
            judged.wrong(place, "entitlement", "required", "Choose what you need from the catalogue.");
        }
        return Ok(judged);
    };
    if open(work, around.caller, Some(around.subject), &[id]).await?.is_empty() {
        judged.entitlement = None;
        judged.wrong(
            place,
            "entitlement",
            "meant_for_others",
            "This is meant for others by now and cannot be asked for any more: remove it.",
        );
        return Ok(judged);
    }
    if !row.active {
        judged.wrong(place, "entitlement", "retired", "This has been retired and cannot be asked for any more: remove it.");
    }
    changes(&mut judged, around, item, place, &row);
    judged.ways = ways(around, id, &row, judged.way);
    doubles(work, &mut judged, around, place, id).await?;
    way(work, &mut judged, around, place, id, &row).await?;
    judged.questions = row.questions;
    answers(work, &mut judged, item, place, around.today).await?;
    Ok(judged)
}

impl Judged {
    fn wrong(&mut self, place: usize, field: &str, code: &str, message: impl Into<String>) {
        self.errors.push(FieldError::new(&item_field(place, field), code, message));
    }
}

/// A tier or an owner that is another one now has to be read before it is asked for.
fn changes(judged: &mut Judged, around: &Surroundings<'_>, item: &ItemForm, place: usize, row: &AskedRow) {
    let now = fingerprint(row.tier.word(), row.owner.as_ref().map(|owner| owner.id));
    let Some(seen) = around.seen.get(item.entitlement.trim()).filter(|seen| **seen != now) else { return };
    let (tier, _) = seen.split_once(' ').unwrap_or((seen, ""));
    let (code, sentence) = match tier.parse::<RiskTier>() {
        Ok(before) if before != row.tier => (
            "retiered",
            format!("Its risk tier changed from {} to {} since you added it; others decide now.", before.word(), row.tier.word()),
        ),
        _ => match &row.owner {
            Some(owner) => ("reowned", format!("Its owner changed since you added it: {} answers for it now.", owner.name)),
            None => ("reowned", "Its owner left since you added it; nobody answers for it now.".to_owned()),
        },
    };
    if item.accepts != now {
        judged.wrong(place, "accepts", code, format!("{sentence} Tick that you have read it, or remove the item."));
    }
    judged.changed = Some((sentence, now));
}

/// How an item may be asked for.
fn ways(around: &Surroundings<'_>, id: EntitlementId, row: &AskedRow, chosen: Way) -> Vec<(String, String)> {
    let label = |way: Way| way_in_words(way, id, around.held, around.zone);
    if around.except.is_some() {
        return vec![(chosen.to_string(), label(chosen))];
    }
    let mut ways = vec![Way::Grant];
    for held in around.held.iter().filter(|held| held.active) {
        if held.entitlement == id {
            ways.push(Way::Extend(held.grant));
        } else if held.application == row.application {
            ways.push(Way::Change(held.grant));
        }
    }
    ways.into_iter().map(|way| (way.to_string(), label(way))).collect()
}

/// How something is asked for, in words, for somebody who holds `held`.
pub(super) fn way_in_words(way: Way, entitlement: EntitlementId, held: &[HeldRow], zone: &TimeZone) -> String {
    match way {
        Way::Grant => RequestKind::Grant.label().to_owned(),
        // Several grants may give the same: which of them is meant.
        Way::Extend(grant) => match held.iter().find(|held| held.grant == grant).and_then(|held| held.ends_at) {
            Some(end) if held.iter().filter(|held| held.active && held.entitlement == entitlement).count() > 1 => {
                format!("A later end of what is held until {}", last_day(end, zone))
            }
            _ => "A later end of what is held".to_owned(),
        },
        Way::Change(grant) => {
            let name = held.iter().find(|held| held.grant == grant).map_or("what is held", |held| held.name.as_str());
            format!("In place of {name}")
        }
    }
}

/// What is there already, or on its way, for any of the days that are asked for is recognised and not
/// asked for again: it is extended, or joined. Other days are another matter. Without days that can be
/// read, all of them are meant.
async fn doubles(
    work: &mut Work<'_>,
    judged: &mut Judged,
    around: &Surroundings<'_>,
    place: usize,
    id: EntitlementId,
) -> Result<(), UseCaseError> {
    let period = Period::parse(&around.form.starts_on, &around.form.ends_on, around.today).ok();
    let same_days = |other: &Period| period.as_ref().is_none_or(|period| period.overlaps(other));
    let extends = |grant: GrantId| judged.way == Way::Extend(grant);
    let open = store::asking::open_requests(work.conn(), around.subject, id, around.except).await?;
    // A later end of what is held may reach into the days of another request.
    let doubled = |open: &OpenRow| same_days(&open.period) && !(matches!(judged.way, Way::Extend(_)) && open.kind == RequestKind::Grant);
    let begins = period.as_ref().map(|period| period.begins_at(around.zone));
    let beside = |held: &HeldRow| begins.is_none_or(|begins| held_beside(held.ends_at, begins));
    let of_it = || around.held.iter().filter(|held| held.entitlement == id);
    if let Some(open) = open.into_iter().find(doubled) {
        judged.wrong(
            place,
            "entitlement",
            "already_asked",
            "An open request asks for this already. Nothing is added: join it, or remove this item.",
        );
        judged.doubled = Doubled::Asked(open);
    } else if let Some(held) = of_it().find(|held| extends(held.grant)).or_else(|| of_it().find(|held| beside(held))) {
        if !extends(held.grant) {
            let remedy = if held.active {
                "Ask for a later end instead, choose a start after its end, or remove this item."
            } else {
                "It is being removed: wait for that, or remove this item."
            };
            judged.wrong(place, "entitlement", "held", format!("This is held already. {remedy}"));
        }
        judged.doubled = Doubled::Held(held.clone());
    }
    Ok(())
}

/// What is extended or replaced has to be there, and nobody else may be changing it.
async fn way(
    work: &mut Work<'_>,
    judged: &mut Judged,
    around: &Surroundings<'_>,
    place: usize,
    id: EntitlementId,
    row: &AskedRow,
) -> Result<(), UseCaseError> {
    let Some(grant) = judged.way.grant() else { return Ok(()) };
    let Some(held) = around.held.iter().find(|held| held.grant == grant && held.active).cloned() else {
        judged.wrong(place, "kind", "not_held", "What this would extend or replace is not held any more: choose another way.");
        return Ok(());
    };
    let fits = match judged.way {
        Way::Grant => true,
        Way::Extend(_) => held.entitlement == id,
        Way::Change(_) => held.entitlement != id && held.application == row.application,
    };
    if !fits {
        judged.wrong(place, "kind", "not_the_same", "This cannot take the place of what is held: choose another way.");
        return Ok(());
    }
    if let Some(number) = store::asking::changing(work.conn(), grant, around.except).await? {
        judged.wrong(
            place,
            "kind",
            "already_changing",
            format!("{number} asks to change the same access already: wait for it, or choose another way."),
        );
    }
    if judged.way.kind() == RequestKind::Extend {
        judged.errors.extend(not_going_on(around, place, &held));
    }
    Ok(())
}

/// An extension ends later than what it extends, and leaves no day out between the two: access goes on
/// until the new end, so days that nobody asked for would be given.
fn not_going_on(around: &Surroundings<'_>, place: usize, held: &HeldRow) -> Vec<FieldError> {
    let Some(ends_at) = held.ends_at else {
        return vec![FieldError::new(&item_field(place, "kind"), "no_end", "This has no end that could be moved: remove the item.")];
    };
    let last = last_day(ends_at, around.zone);
    let mut errors = Vec::new();
    let start = Period::parse(&around.form.starts_on, "", around.today).ok();
    if start.is_some_and(|start| start.begins_at(around.zone) > ends_at) {
        let next = last.saturating_add(1.day());
        let said = format!("{} is held until {last} and would go on without a break: choose {next} or earlier.", held.name);
        errors.push(FieldError::new("starts_on", "leaves_a_gap", said));
    }
    let new = Period::parse(&around.form.starts_on, &around.form.ends_on, around.today).ok().and_then(|period| period.ends_at(around.zone));
    if new.is_some_and(|new| new <= ends_at) {
        errors.push(FieldError::new("ends_on", "not_later", format!("{} ends on {last} already: choose a later end.", held.name)));
    }
    errors
}

async fn answers(work: &mut Work<'_>, judged: &mut Judged, item: &ItemForm, place: usize, today: Date) -> Result<(), UseCaseError> {
    for question in judged.questions.clone() {
        let typed = item.answers.get(&question.id).map_or("", String::as_str);
        let person = match question.kind {
            QuestionKind::Person => people::answer(work, typed).await?,
            _ => None,
        };
        match question.parse(&item_field(place, &format!("answers.{}", question.id)), typed, today, |_| person) {
            Ok(answer) => judged.answers.extend(answer),
            Err(error) => judged.errors.push(error),
        }
    }
    Ok(())
}

/// The grant that an item extends or replaces does not count as held beside it.
#[must_use]
pub fn replaced(way: Way) -> Option<GrantId> {
    way.grant()
}
