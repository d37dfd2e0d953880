//! Lists of requests: the caller's own, or, for those who may, all of them or those beside a change.

use super::Base;
use super::authorise::require;
use super::cursor;
use super::error::UseCaseError;
use super::work::Work;
use crate::store;
use crate::store::request_lists::{Filter, Reader};
use app::error::AppError;
use app::requests::port::{RequestsPage, RequestsQuery};
use app::when::When;
use domain::actor::Caller;
use domain::id::ChangeId;
use domain::page::{PAGE_SIZE, Page};
use domain::permission::{Action, permitted};
use domain::request::RequestState;

/// One page of a list, with the states and their counts in the same snapshot.
///
/// # Errors
/// [`AppError::Forbidden`] when others' are asked for by somebody who may not list all;
/// [`AppError::NotFound`] for an unknown change.
pub async fn list(base: &Base, caller: &Caller, query: RequestsQuery) -> Result<RequestsPage, UseCaseError> {
    let mut work = Work::read(base).await?;
    let all = query.scope == "all" || !query.change.is_empty();
    if all {
        require(caller, Action::ListAllRequests, &[])?;
    }
    let beside = match query.change.as_str() {
        "" => None,
        id => {
            let id: ChangeId = id.parse().map_err(|_| AppError::NotFound)?;
            Some((id, store::changes::number(work.conn(), id).await?.ok_or(AppError::NotFound)?))
        }
    };
    let change = beside.as_ref().map(|(id, _)| *id);
    let concerned = (!all).then_some(caller.identity);
    let labelled = labelled_states();
    // A state that does not exist filters nothing.
    let chosen: Vec<String> = labelled.iter().filter(|(word, _)| *word == query.state).map(|(word, _)| (*word).to_owned()).collect();
    let filter = Filter {
        concerned,
        with_accounts: true,
        known_to: None,
        beside: change,
        states: &chosen,
        after: cursor::read_time(&query.after),
        limit: PAGE_SIZE + 1,
    };
    let now = work.now();
    let rows = store::request_lists::lines(work.conn(), &filter, Reader { identity: caller.identity, now, zone: &base.zone }).await?;
    let counts = store::request_lists::states(work.conn(), concerned, change).await?;
    work.commit().await?;
    let count = |word: &str| counts.iter().filter(|(state, _)| state == word).map(|(_, n)| *n).sum::<i64>();
    let total = match chosen.first() {
        Some(word) => count(word),
        None => counts.iter().map(|(_, n)| *n).sum(),
    };
    Ok(RequestsPage {
        page: Page::from_rows(rows, total, |line| cursor::write_time(line.submitted.at, line.id.0)),
        states: labelled
            .iter()
            .map(|(word, label)| ((*word).to_owned(), (*label).to_owned(), count(word)))
            .filter(|(word, _, n)| *n > 0 || chosen.contains(word))
            .collect(),
        beside,
        may_list_all: permitted(&caller.roles, Action::ListAllRequests, &[]),
        as_of: When::new(now, &base.zone),
    })
}

/// Every state in the order of a request's life: word and label.
fn labelled_states() -> [(&'static str, &'static str); 8] {
    let reason = String::new;
    [
        RequestState::InApproval,
        RequestState::Returned { reason: reason() },
        RequestState::Approved,
        RequestState::Released,
        RequestState::Closed,
        RequestState::Withdrawn { reason: reason() },
        RequestState::Rejected { reason: reason() },
        RequestState::Lapsed { reason: reason() },
    ]
    .map(|state| (state.word(), state.label()))
}
