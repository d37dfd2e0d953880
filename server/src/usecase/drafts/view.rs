//! A draft as its page shows it: what was typed, what is wrong at which field, the gates and the
//! plan of each item. Never refuses because of something typed.

use super::aside;
use super::body::Body;
use super::item_view::{item, unjudged};
use super::items::{Surroundings, judge};
use super::other_drafts::others;
use super::people::{self, ForWhom, Subject};
use crate::store;
use crate::store::drafts::DraftRow;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use app::error::AppError;
use app::requests::draft_port::{DraftView, Revises};
use app::when::When;
use domain::actor::Caller;
use domain::basket::BasketForm;
use domain::error::FieldError;
use domain::id::RequestId;
use domain::request::RequestState;
use domain::time::today;

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
        None => people::subject(work, caller, form).await?,
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
    let aside = match &body.aside {
        Some(aside) => aside::read(work, base, caller, form, aside, &items).await?,
        None => aside::Aside::default(),
    };
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
        aside: aside.differs,
        gone: aside.gone,
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

async fn revises(work: &mut Work<'_>, request: RequestId) -> Result<Revises, UseCaseError> {
    let row = store::requests::find(work.conn(), request, false).await?.ok_or(AppError::NotFound)?;
    let decisions = store::asking::decisions(work.conn(), request, row.revision).await?;
    let question = match row.state {
        RequestState::Returned { reason } => Some(reason),
        _ => None,
    };
    Ok(Revises { request, number: row.number, next: row.revision + 1, question, decisions })
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
}
