//! Many approvals with one press: standard tier only, at most fifty. Every one is checked by itself
//! and can be undone by itself; what could not be approved is named with its reason.

use super::checking::{self, Act, Standing};
use super::making::{Made, pend};
use crate::store;
use crate::store::pending_decisions::BulkRow;
use crate::store::requests::RequestRow;
use crate::usecase::Base;
use crate::usecase::authorise::require_or_hide;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use app::error::AppError;
use app::inbox::port::{BulkForm, BulkItem, BulkLine, BulkOutcome};
use app::paths;
use app::when::When;
use domain::actor::Caller;
use domain::approval::Verdict;
use domain::decision::{BULK_MOST, bulk_allowed, seconds_between};
use domain::id::{BulkDecisionId, IdempotencyKey, RequestId, StageId};
use domain::permission::Action;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What came of one line, as it is stored.
#[derive(Serialize, Deserialize)]
struct Outcome {
    stage: StageId,
    request: Option<RequestId>,
    number: String,
    refusal: Option<String>,
}

/// Approves everything that was selected and may be. Gives the id of the press, under which the page
/// finds what came of each; the same key gives the same.
///
/// # Errors
/// [`AppError::Invalid`] at `selected` when nothing or more than fifty are selected.
pub async fn approve_selected(base: &Base, caller: &Caller, form: &BulkForm) -> Result<BulkDecisionId, UseCaseError> {
    let mut seen = BTreeSet::new();
    let items: Vec<&BulkItem> = form.items.iter().filter(|item| seen.insert(item.stage)).collect();
    if items.is_empty() {
        return Err(AppError::field("selected", "required").into());
    }
    if items.len() > BULK_MOST {
        return Err(AppError::field("selected", "too_many").into());
    }
    let mut work = Work::begin(base, caller.actor()).await?;
    // One press at a time for one person, so that the same press sent twice finds the first.
    store::facts::lock_person(work.conn(), caller.identity).await?;
    if let Some(before) = store::pending_decisions::bulk(work.conn(), caller.identity, form.key.0).await? {
        return Ok(before.id);
    }
    let now = work.now();
    let seconds = seconds_between(form.shown_at, now);
    let id = work.id(BulkDecisionId::new);
    let mut results = Vec::new();
    let mut approved = Vec::new();
    for (item, request) in in_order_of_locks(&mut work, &items).await? {
        let (number, refusal) = match look_at(&mut work, base, caller, item, request, &approved).await {
            Ok((row, standing)) => {
                let number = row.number.clone();
                approved.push((item, row, standing));
                (number, None)
            }
            Err(UseCaseError::Answer(answer)) => {
                let hidden = answer == AppError::NotFound;
                let row = match request.filter(|_| !hidden) {
                    Some(request) => store::requests::find(work.conn(), request, false).await?,
                    None => None,
                };
                (row.map(|row| row.number).unwrap_or_default(), Some(code(&answer)))
            }
            Err(fault) => return Err(fault),
        };
        results.push(Outcome { stage: item.stage, request: request.filter(|_| !number.is_empty()), number, refusal });
    }
    let press = BulkRow {
        id,
        by: caller.identity,
        at: now,
        seconds_spent: seconds,
        results: serde_json::to_value(&results).map_err(|e| store::error::StoreError::inconsistent("bulk_decision", e.to_string()))?,
        key: form.key,
    };
    store::pending_decisions::insert_bulk(work.conn(), &press).await?;
    for (item, row, standing) in approved {
        let made = Made {
            by: caller.identity,
            verdict: Verdict::Approve,
            comment: None,
            ends_on: None,
            bulk: Some((id, seconds)),
            signed: None,
            shown_version: item.shown_version,
            key: work.id(IdempotencyKey::new),
        };
        pend(&mut work, &row, &standing, made).await?;
    }
    work.commit().await?;
    Ok(id)
}

/// The items with their requests, in the order in which everybody locks requests.
async fn in_order_of_locks<'a>(
    work: &mut Work<'_>,
    items: &[&'a BulkItem],
) -> Result<Vec<(&'a BulkItem, Option<RequestId>)>, UseCaseError> {
    let mut found = Vec::with_capacity(items.len());
    for item in items {
        found.push((*item, store::approvals::request_of_stage(work.conn(), item.stage).await?));
    }
    found.sort_by_key(|(_, request)| *request);
    Ok(found)
}

/// The same looks as at a single decision, and that it is one of those that may be decided in bulk.
async fn look_at(
    work: &mut Work<'_>,
    base: &Base,
    caller: &Caller,
    item: &BulkItem,
    request: Option<RequestId>,
    approved: &[(&BulkItem, RequestRow, Standing)],
) -> Result<(RequestRow, Standing), UseCaseError> {
    let id = request.ok_or(AppError::NotFound)?;
    let row = store::requests::find(work.conn(), id, true).await?.ok_or(AppError::NotFound)?;
    let relations = store::requests::relations(work.conn(), id, caller.identity).await?;
    require_or_hide(caller, Action::Decide, Action::ReadRequest, &relations)?;
    let act = Act { stage: item.stage, by: caller.identity, shown_version: item.shown_version, shown_hash: &item.shown_hash };
    let standing = checking::check(work, base, &row, &act).await?;
    if !bulk_allowed(standing.at_stake.tier) {
        return Err(AppError::field("selected", "not_standard").into());
    }
    let twice = approved.iter().any(|(_, other, _)| other.id == id);
    if twice || store::pending_decisions::is_open_on(work.conn(), id, caller.identity).await? {
        return Err(AppError::NotPossible.into());
    }
    Ok((row, standing))
}

fn code(answer: &AppError) -> String {
    answer.problems().first().map_or_else(|| answer.code().to_owned(), |problem| problem.code.clone())
}

/// What came of a press of the caller.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn outcome_of(
    work: &mut Work<'_>,
    base: &Base,
    caller: &Caller,
    id: BulkDecisionId,
) -> Result<Option<BulkOutcome>, UseCaseError> {
    let Some(press) = store::pending_decisions::bulk(work.conn(), caller.identity, id.0).await? else { return Ok(None) };
    let results: Vec<Outcome> =
        serde_json::from_value(press.results).map_err(|e| store::error::StoreError::inconsistent("bulk_decision", e.to_string()))?;
    let lines = results
        .into_iter()
        .map(|line| BulkLine { number: line.number, href: line.request.map(paths::request), refusal: line.refusal })
        .collect();
    Ok(Some(BulkOutcome { id: press.id, at: When::new(press.at, &base.zone), seconds_spent: press.seconds_spent, lines }))
}
