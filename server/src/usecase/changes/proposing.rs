//! Proposing a change: everything is checked before it is kept, and what needs nobody else is in
//! force at once when its time is now.

use super::force::put_in_force;
use super::resolving::resolve;
use super::scope::{self, edit_action};
use super::telling;
use crate::store;
use crate::store::changes::records::Record;
use crate::store::changes::{By, NewChange};
use crate::usecase::Base;
use crate::usecase::authorise::{require, require_or_hide};
use crate::usecase::error::UseCaseError;
use crate::usecase::search_words::without_nul;
use crate::usecase::work::Work;
use app::changes::port::ProposalForm;
use app::error::AppError;
use domain::actor::Caller;
use domain::change::{Body, ChangeLife, RecordKind, Typed, effective_from, needs_second, newly_named};
use domain::error::FieldError;
use domain::event::EventKind;
use domain::id::{ApplicationId, ChangeId, IdentityId};
use domain::permission::Action;
use domain::text::Remark;
use serde_json::json;

/// Proposes a change. The same key gives the same change.
///
/// # Errors
/// [`AppError::NotFound`] for those who may not see the record; [`AppError::Forbidden`];
/// [`AppError::Changed`] when the record has moved on; [`AppError::Invalid`] with every field.
pub async fn propose(base: &Base, caller: &Caller, form: ProposalForm) -> Result<ChangeId, UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    let scope = scope::of(&mut work, caller).await?;
    let new = form.key.is_empty();
    let record = if new {
        if !scope.may_add(caller, form.kind) {
            // Who may see the kind may know that this is for others; specifications come with the product.
            return Err(if scope.reads(caller, form.kind) { AppError::Forbidden } else { AppError::NotFound }.into());
        }
        None
    } else {
        let key = without_nul(&form.key);
        store::changes::lock_record(work.conn(), form.kind, &key).await?;
        let record = store::changes::records::find(work.conn(), form.kind, &key).await?.ok_or(AppError::NotFound)?;
        let (read, change) = (scope.reading(form.kind, &record.applications), scope.changing(form.kind, &record.applications));
        require_or_hide(caller, Action::ReadChanges, Action::ReadChanges, &read)?;
        require(caller, edit_action(form.kind), &change)?;
        Some(record)
    };
    if let Some(id) = store::changes::by_key(work.conn(), caller.identity, form.key_of_proposal).await? {
        return Ok(id);
    }
    if record.as_ref().map_or(0, |record| record.version) != form.base_version {
        return Err(AppError::Changed.into());
    }
    let now = work.now();
    let typed = merged(form.kind, record.as_ref(), &form.fields);
    let mut errors: Vec<FieldError> = Vec::new();
    let reason = Remark::parse("reason", &form.reason, "Say why.").map_err(|error| errors.push(error)).ok();
    let effective_at = effective_from(&form.effective_on, now, &base.zone).map_err(|error| errors.push(error)).ok();
    let key = match (&record, form.kind) {
        (Some(record), _) => record.key.clone(),
        (None, RecordKind::Calendar) => String::new(),
        (None, _) => work.id(ChangeId::new).to_string(),
    };
    let resolved = match Body::parse(form.kind, &typed, new) {
        Ok(body) => resolve(&mut work, body, &typed, record.as_ref(), &key).await?,
        Err(errors) => Err(errors),
    };
    let (resolved, reason, effective_at) = match (resolved, reason, effective_at) {
        (Ok(resolved), Some(reason), Some(effective_at)) => (resolved, reason, effective_at),
        (resolved, _, _) => {
            let mut all = resolved.err().unwrap_or_default();
            all.append(&mut errors);
            return Err(all.into());
        }
    };
    let before = record.as_ref().map(|record| &record.body);
    let (was, after) = (before.map(Body::text), resolved.body.text());
    if was.as_ref() == Some(&after) {
        return Err(AppError::field("", "nothing_changed").into());
    }
    let applications = both(record.as_ref(), &resolved.applications, new && form.kind == RecordKind::Application);
    // An owner stays inside of what is theirs with what the record becomes, too.
    require(caller, edit_action(form.kind), &scope.changing(form.kind, &applications))?;
    // The second person answers for everything that it reaches.
    let applications =
        both(record.as_ref(), &[applications, resolved.reached.clone()].concat(), new && form.kind == RecordKind::Application);
    let needs = needs_second(before, &resolved.body);
    let named: Vec<IdentityId> =
        newly_named(before, &resolved.body).iter().filter_map(|number| resolved.ids.people.get(number)).copied().collect();
    let key = match &resolved.body {
        Body::Calendar(calendar) => calendar.code.clone(),
        _ => key,
    };
    let (id, life) = (work.id(ChangeId::new), ChangeLife::begin(!needs.is_empty()));
    let number = store::changes::next_number(work.conn(), now.to_zoned(base.zone.clone()).year()).await?;
    let name = record.as_ref().map_or_else(|| resolved.body.name(), |record| record.body.name());
    let change = NewChange {
        id,
        number: &number,
        kind: form.kind,
        key: &key,
        name: &name,
        applications: &applications,
        named: &named,
        before: was.as_ref(),
        after: &after,
        base_version: form.base_version,
        needs_second: &needs,
        reason: reason.as_str(),
        by: By::Person(caller.identity),
        at: now,
        effective_at,
        state: life.state(),
        idempotency: form.key_of_proposal,
    };
    store::changes::insert(work.conn(), &change).await?;
    let body = json!({ "number": number, "kind": form.kind.word(), "record": key, "needs_second": needs, "effective_at": effective_at.to_string(), "detail": number });
    work.event(EventKind::ChangeProposed, "change", id.0, None, body).await?;
    let row = store::changes::find(work.conn(), id, true).await?.ok_or(AppError::Internal)?;
    if needs.is_empty() {
        if effective_at <= now {
            put_in_force(&mut work, base, row).await?;
        }
    } else {
        telling::second_people(&mut work, &row).await?;
    }
    work.commit().await?;
    Ok(id)
}

/// What was typed over what stands. A field that was not sent stays as it is, and what is never
/// changed cannot be.
fn merged(kind: RecordKind, record: Option<&Record>, sent: &Typed) -> Typed {
    let mut typed = record.map(|record| record.body.text()).unwrap_or_default();
    for field in kind.fields() {
        if let Some(text) = sent.get(field.name)
            && !record.is_some_and(|record| is_fixed(kind, record, field.name))
        {
            typed.insert(field.name.to_owned(), text.clone());
        }
    }
    typed
}

/// Whether a field of a record is never changed here: identifiers, and names that a feed owns.
#[must_use]
pub fn is_fixed(kind: RecordKind, record: &Record, field: &str) -> bool {
    let fixed = kind.fields().iter().any(|spec| spec.name == field && spec.fixed);
    fixed || (kind == RecordKind::Unit && field == "name" && !record.local)
}

/// Applications before and after. An application that is new belongs to nobody yet.
fn both(record: Option<&Record>, after: &[ApplicationId], new_application: bool) -> Vec<ApplicationId> {
    if new_application {
        return vec![];
    }
    let mut all: Vec<ApplicationId> = record.map(|record| record.applications.clone()).unwrap_or_default();
    all.extend_from_slice(after);
    all.sort_unstable();
    all.dedup();
    all
}
