//! A draft as its page shows it: what was typed, what is wrong at which field, the gates and the
//! plan of each item. Never refuses because of something typed.

use super::adding::open;
use super::body::{Body, differences};
use super::items::{Doubled, Judged, Surroundings, judge};
use super::people::{self, ForWhom};
use crate::store;
use crate::store::asking::OpenRow;
use crate::store::drafts::DraftRow;
use crate::store::request_lists;
use crate::usecase::Base;
use crate::usecase::authorise::require;
use crate::usecase::error::UseCaseError;
use crate::usecase::facts::{self, Question, wish_of_form};
use crate::usecase::planning;
use crate::usecase::replacing;
use crate::usecase::work::Work;
use app::error::AppError;
use app::record::{EntitlementCard, PersonRef};
use app::requests::draft_port::{DraftLine, DraftView, ItemView, Revises, Standing};
use app::when::When;
use domain::actor::Caller;
use domain::basket::{BasketForm, Way, item_field};
use domain::error::FieldError;
use domain::gate::{ApprovalFacts, Evaluation, Phase};
use domain::id::{EntitlementId, IdentityId, RequestId};
use domain::permission::{Action, Relation, permitted};
use domain::question::QuestionKind;
use domain::request::RequestState;
use domain::time::today;
use std::collections::BTreeMap;

/// Instead of the reason why a plan applies, where none does (law 1).
const NO_PLAN: &str = "No approval plan fits this, so nobody could decide and it cannot be asked for at present. What you typed is kept. Whoever keeps the rules has to put a plan for it on record.";

/// For whom a draft asks, as far as its owner may ask for them.
pub struct Subject {
    /// Who.
    pub person: PersonRef,
    /// The caller asks for somebody else.
    pub on_behalf: bool,
}

/// Who is meant by the subject of a form, when the caller may ask for them; otherwise what is wrong
/// at the field, the same for a stranger and for nobody.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn subject(work: &mut Work<'_>, caller: &Caller, form: &BasketForm) -> Result<Result<Subject, FieldError>, UseCaseError> {
    let refused = || {
        FieldError::new(
            "subject",
            "not_yours",
            "You can ask for yourself, for who reports to you, and for accounts that you answer for: choose one of them.",
        )
    };
    let typed = form.subject.trim();
    let id = if typed.is_empty() { Ok(caller.identity) } else { typed.parse::<IdentityId>() };
    let Ok(id) = id else { return Ok(Err(refused())) };
    let relations = store::subjects::relations(work.conn(), id, caller.identity).await?;
    if require(caller, Action::SubmitRequest, &relations).is_err() {
        return Ok(Err(refused()));
    }
    let name = store::subjects::name(work.conn(), id).await?.unwrap_or_default();
    Ok(Ok(Subject { person: PersonRef { id, name }, on_behalf: id != caller.identity }))
}

/// Reads a draft with everything that can be said about it.
///
/// # Errors
/// [`AppError::PoliciesUnavailable`] when the gates cannot be asked; faults of ours.
pub async fn view(work: &mut Work<'_>, base: &Base, caller: &Caller, row: DraftRow) -> Result<DraftView, UseCaseError> {
    let body = Body::read(row.body)?;
    let today = today(work.now(), &base.zone);
    let form = &body.form;
    let subject = match row.request {
        // Whoever asked may go on with it, also when they no longer manage the subject.
        Some(request) => {
            let found = store::requests::find(work.conn(), request, false).await?.ok_or(AppError::NotFound)?;
            Ok(Subject { on_behalf: found.subject.id != caller.identity, person: found.subject })
        }
        None => self::subject(work, caller, form).await?,
    };
    let mut errors: Vec<FieldError> = subject.as_ref().err().cloned().into_iter().collect();
    errors.extend(form.common(today).err().unwrap_or_default());
    errors.extend(form.wrong_items());
    let mut items = Vec::new();
    let mut needs_end = false;
    if let Ok(subject) = &subject {
        let held = store::asking::held(work.conn(), subject.person.id).await?;
        let around = Surroundings {
            caller,
            form,
            seen: &body.seen,
            subject: subject.person.id,
            except: row.request,
            today,
            zone: &base.zone,
            held: &held,
        };
        for place in 0..form.items.len() {
            let judged = judge(work, &around, place).await?;
            errors.extend(judged.errors.iter().cloned());
            let (item, wants_end) = item(work, base, caller, &around, place, judged, &mut errors).await?;
            needs_end |= wants_end;
            items.push(item);
        }
    } else {
        for item in &form.items {
            items.push(unjudged(work, caller, &item.entitlement).await?);
        }
    }
    let revises = match row.request {
        Some(request) => Some(revises(work, request).await?),
        None => None,
    };
    let template = match body.came_from() {
        Some((id, _)) => store::templates::name(work.conn(), id).await?,
        None => None,
    };
    let label = |place: usize, id: &str| {
        let question = items.get(place).and_then(|item| item.questions.iter().find(|question| question.id == id));
        question.map_or_else(|| id.to_owned(), |question| question.label.clone())
    };
    let aside = body.aside.as_ref().map(|aside| differences(form, aside, label)).unwrap_or_default();
    let (subject, on_behalf) = match subject {
        Ok(Subject { person, on_behalf }) => (Some(person), on_behalf),
        Err(_) => (None, false),
    };
    let ForWhom { subjects, total: subjects_total, found: subjects_found } = people::for_whom(work, caller, &form.find).await?;
    Ok(DraftView {
        id: row.id,
        version: row.version,
        saved: When::new(row.updated_at, &base.zone),
        problems: shown(form, errors, body.tried),
        subjects,
        subjects_total,
        subjects_found,
        subject,
        on_behalf,
        items,
        tried: body.tried,
        needs_end,
        revises,
        aside,
        overtaken: body.overtaken,
        template,
        files: store::attachments::of_draft(work.conn(), row.id).await?,
        today,
        others: others(work, base, caller, Some(row.id)).await?,
        form: body.form,
    })
}

/// Everything that is wrong once a submission was refused; before that only what is wrong with
/// something that was typed, and what went wrong without anybody typing.
fn shown(form: &BasketForm, errors: Vec<FieldError>, tried: bool) -> Vec<(String, String)> {
    let mut shown: Vec<(String, String)> = Vec::new();
    for FieldError { field, code, message } in errors {
        let untouched = match field.as_str() {
            "reason_code" => form.reason_code.is_empty(),
            "justification" => form.justification.trim().is_empty(),
            "starts_on" => form.starts_on.is_empty(),
            "ends_on" => form.ends_on.is_empty(),
            "items" => form.items.is_empty(),
            other => other.contains(".answers.") && code == "required",
        };
        if (tried || !untouched) && !shown.iter().any(|(known, _)| *known == field) {
            shown.push((field, message));
        }
    }
    shown
}

/// An item whose subject the caller may not ask for: only what the catalogue says to them.
async fn unjudged(work: &mut Work<'_>, caller: &Caller, entitlement: &str) -> Result<ItemView, UseCaseError> {
    let card = match entitlement.parse::<EntitlementId>() {
        Ok(id) if !open(work, caller, None, &[id]).await?.is_empty() => store::cards::card(work.conn(), id).await?,
        _ => None,
    };
    Ok(ItemView {
        card,
        ways: vec![],
        questions: vec![],
        evaluation: None,
        plan: vec![],
        why_plan: String::new(),
        standing: Standing::New,
        goes_first: None,
        meant: BTreeMap::new(),
        changed: None,
    })
}

/// One item with its gates and its plan; gives whether the gates want an end.
async fn item(
    work: &mut Work<'_>,
    base: &Base,
    caller: &Caller,
    around: &Surroundings<'_>,
    place: usize,
    judged: Judged,
    errors: &mut Vec<FieldError>,
) -> Result<(ItemView, bool), UseCaseError> {
    let Some(id) = judged.entitlement else {
        return Ok((unjudged(work, caller, "").await?, false));
    };
    let together = around.form.items.iter().filter_map(|item| item.entitlement.trim().parse().ok()).filter(|other| *other != id).collect();
    let question = Question {
        subject: around.subject,
        entitlement: id,
        together,
        replaces: judged.way.grant(),
        wish: wish_of_form(around.form, around.today),
        phase: Phase::Preview,
        request: around.except,
        approval: ApprovalFacts::default(),
    };
    let gathered = facts::gather(work, base, question).await?;
    let evaluation = facts::evaluate_and_store(work, base, &gathered.facts, None).await?;
    let mut endless = gathered.facts.clone();
    (endless.wish.ends_on, endless.wish.duration_days) = (None, None);
    let wants_end = facts::evaluate(work, base, &endless).blockers().any(|gate| gate.field.as_deref() == Some("ends_on"));
    errors.extend(gate_errors(&evaluation, place, &gathered.facts.entitlement.name, around.form.items.len()));
    let requester = requester(work, caller, around.except).await?;
    let plan = planning::preview(work, around.subject, requester, &gathered.entitlement, around.except).await?;
    let (plan, why_plan) = plan.map_or_else(|| (vec![], NO_PLAN.to_owned()), |plan| (plan.stages, plan.why));
    let standing = standing(work, base, caller, judged.doubled).await?;
    let goes_first = match judged.way {
        Way::Change(old) => replacing::why_old_goes_first(work, around.subject, id, old, around.except).await?,
        Way::Grant | Way::Extend(_) => None,
    };
    let mut meant = BTreeMap::new();
    for question in judged.questions.iter().filter(|question| question.kind == QuestionKind::Person) {
        let typed = around.form.items.get(place).and_then(|item| item.answers.get(&question.id)).map_or("", String::as_str);
        meant.insert(question.id.clone(), people::meant(work, typed).await?);
    }
    let view = ItemView {
        // What somebody reads who asks is what is at stake, with what comes inside.
        card: store::cards::card(work.conn(), id).await?.map(|card| {
            let facts = &gathered.facts.entitlement;
            EntitlementCard { tier: facts.tier, classification: facts.classification, ..card }
        }),
        ways: judged.ways,
        questions: judged.questions,
        evaluation: Some(evaluation),
        plan,
        why_plan,
        standing,
        goes_first,
        meant,
        changed: judged.changed,
    };
    Ok((view, wants_end))
}

/// Who counts as asking, and so does not decide: for the next revision of a request whoever asked for
/// it, also when somebody else writes the revision.
async fn requester(work: &mut Work<'_>, caller: &Caller, revised: Option<RequestId>) -> Result<IdentityId, UseCaseError> {
    Ok(match revised {
        Some(request) => store::requests::find(work.conn(), request, false).await?.ok_or(AppError::NotFound)?.requester.id,
        None => caller.identity,
    })
}

/// What stops an item, at the field that would clear it. With several items it says which.
#[must_use]
pub fn gate_errors(evaluation: &Evaluation, place: usize, name: &str, items: usize) -> Vec<FieldError> {
    evaluation
        .blockers()
        .map(|gate| {
            let words = format!("{} {}", gate.reason, gate.remedy).trim().to_owned();
            let words = if items > 1 { format!("{name}: {words}") } else { words };
            FieldError::new(&gate_field(gate.field.as_deref(), place), &gate.control, words)
        })
        .collect()
}

/// Fields that all items share keep their name; the rest belongs to the item.
fn gate_field(field: Option<&str>, place: usize) -> String {
    match field {
        Some(common @ ("reason_code" | "justification" | "starts_on" | "ends_on")) => common.to_owned(),
        Some(own) => item_field(place, own),
        None => item_field(place, "gates"),
    }
}

async fn standing(work: &mut Work<'_>, base: &Base, caller: &Caller, doubled: Doubled) -> Result<Standing, UseCaseError> {
    Ok(match doubled {
        Doubled::No => Standing::New,
        Doubled::Held(held) => Standing::Held {
            grant: held.active.then_some(held.grant),
            since: When::new(held.since, &base.zone),
            ends: held.ends_at.map(|end| When::new(end, &base.zone)),
        },
        Doubled::Asked(open) => asked(work, base, caller, open).await?,
    })
}

/// Who asked, when and where it stands: for those who may read that request, and all who may ask
/// for its subject may.
async fn asked(work: &mut Work<'_>, base: &Base, caller: &Caller, open: OpenRow) -> Result<Standing, UseCaseError> {
    let relations = store::requests::relations(work.conn(), open.id, caller.identity).await?;
    let concerned = relations.iter().any(|relation| matches!(relation, Relation::Subject | Relation::Requester | Relation::Watcher));
    let readable = permitted(&caller.roles, Action::ReadRequest, &relations);
    let requester = if open.requester.id == caller.identity { "you" } else { &open.requester.name };
    Ok(Standing::Asked {
        request: open.id,
        holder: if readable { request_lists::holder(&open.state, &open.asked, requester) } else { String::new() },
        number: open.number,
        submitted: When::new(open.submitted_at, &base.zone),
        state: open.state.label().to_owned(),
        readable,
        joinable: readable && !concerned && permitted(&caller.roles, Action::JoinRequest, &relations),
        requester: open.requester,
    })
}

async fn revises(work: &mut Work<'_>, request: RequestId) -> Result<Revises, UseCaseError> {
    let row = store::requests::find(work.conn(), request, false).await?.ok_or(AppError::NotFound)?;
    let decisions = store::asking::decisions(work.conn(), request, row.revision).await?;
    let question = match row.state {
        RequestState::Returned { reason } => Some(reason),
        _ => None,
    };
    Ok(Revises { request, number: row.number, next: row.revision + 1, question, decisions })
}

/// The caller's drafts apart from one, newest first.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn others(
    work: &mut Work<'_>,
    base: &Base,
    caller: &Caller,
    except: Option<domain::id::DraftId>,
) -> Result<Vec<DraftLine>, UseCaseError> {
    let mut lines = Vec::new();
    for row in store::drafts::of(work.conn(), caller.identity).await? {
        if Some(row.id) == except {
            continue;
        }
        let body = Body::read(row.body)?;
        let what = match row.request {
            Some(request) => {
                let number = store::requests::find(work.conn(), request, false).await?.map(|row| row.number).unwrap_or_default();
                format!("Change of {number}")
            }
            None => names(work, &body.form).await?,
        };
        let subject = match body.form.subject.parse::<IdentityId>() {
            Ok(id) if id != caller.identity && !store::subjects::relations(work.conn(), id, caller.identity).await?.is_empty() => {
                store::subjects::name(work.conn(), id).await?
            }
            _ => None,
        };
        lines.push(DraftLine { id: row.id, what, subject, saved: When::new(row.updated_at, &base.zone) });
    }
    Ok(lines)
}

/// Names of the first items: "Reader, Writer and 3 more".
async fn names(work: &mut Work<'_>, form: &BasketForm) -> Result<String, UseCaseError> {
    let mut names = Vec::new();
    for item in form.items.iter().take(2) {
        if let Ok(id) = item.entitlement.parse::<EntitlementId>()
            && let Some(card) = store::cards::card(work.conn(), id).await?
        {
            names.push(card.name);
        }
    }
    let more = form.items.len().saturating_sub(names.len());
    Ok(match (names.is_empty(), more) {
        (true, _) => "Nothing chosen yet".to_owned(),
        (false, 0) => names.join(", "),
        (false, more) => format!("{} and {more} more", names.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_a_submission_only_what_was_typed_is_called_wrong() {
        let form = BasketForm { justification: "short".into(), ..BasketForm::default() };
        let errors = || {
            vec![
                FieldError::new("reason_code", "required", "Choose."),
                FieldError::new("justification", "too_short", "Say more."),
                FieldError::new("items.0.entitlement", "held", "Held."),
                FieldError::new("items.0.entitlement", "CS-SOD-01", "Conflict."),
                FieldError::new("items.0.answers.region", "required", "Answer."),
            ]
        };
        let fields = |tried| shown(&form, errors(), tried).into_iter().map(|(field, _)| field).collect::<Vec<_>>();
        assert_eq!(fields(false), ["justification", "items.0.entitlement"]);
        assert_eq!(fields(true), ["reason_code", "justification", "items.0.entitlement", "items.0.answers.region"]);
    }

    #[test]
    fn a_gate_names_the_field_of_the_form_or_of_the_item() {
        assert_eq!(gate_field(Some("ends_on"), 3), "ends_on");
        assert_eq!(gate_field(Some("entitlement"), 3), "items.3.entitlement");
        assert_eq!(gate_field(None, 0), "items.0.gates");
    }
}
