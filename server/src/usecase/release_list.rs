//! The operators' queue: what waits to be carried out, and what was.

use super::Base;
use super::authorise::require;
use super::cursor;
use super::error::UseCaseError;
use super::work::Work;
use crate::store;
use crate::store::release_lists::Narrow;
use app::record::ReleaseLine;
use app::releases::port::{ReleasesPage, ReleasesQuery};
use app::when::When;
use domain::actor::Caller;
use domain::page::Page;
use domain::permission::Action;
use domain::release::ReleaseState;

/// The filters, each with the word that `release_filters` in the database gives to what stands under it.
const FILTERS: [(&str, &str); 13] = [
    ("open", "Waiting"),
    ("ready", "Can be done now"),
    ("mine", "Taken on by me"),
    ("needs_person", "Needs a person"),
    ("failed", "Failed"),
    ("second_look", "Waits for a second look"),
    ("late", "Late"),
    ("by_machine", "By machine"),
    ("held", "Held"),
    ("activate", "Give access"),
    ("remove", "Remove access"),
    ("extend", "Move the end"),
    ("closed", "Carried out"),
];

/// One page of the queue, with the filters and their counts in the same snapshot.
///
/// # Errors
/// [`app::error::AppError::Forbidden`] for those who may not see it.
pub async fn list(base: &Base, caller: &Caller, query: ReleasesQuery) -> Result<ReleasesPage, UseCaseError> {
    let mut work = Work::read(base).await?;
    require(caller, Action::ReadRelease, &[])?;
    let now = work.now();
    let to = Narrow { connection: query.connection.trim(), application: query.application.trim() };
    let counts = store::release_lists::counts(work.conn(), caller.identity, to, now).await?;
    let count = |word: &str| counts.get(word).copied().unwrap_or(0);
    // A filter that does not exist filters nothing.
    let (filter, _) = FILTERS.iter().find(|(word, _)| *word == query.filter).unwrap_or(&FILTERS[0]);
    let after = cursor::read_time(&query.after);
    let rows = store::release_lists::lines(work.conn(), caller.identity, filter, to, after, now, &base.zone).await?;
    let narrowed = store::release_lists::narrowed(work.conn(), to).await?;
    work.commit().await?;
    Ok(ReleasesPage {
        page: Page::from_rows(rows, count(filter), start_after),
        filters: FILTERS.iter().map(|(word, label)| ((*word).to_owned(), (*label).to_owned(), count(word))).collect(),
        narrowed,
        as_of: When::new(now, &base.zone),
    })
}

fn start_after(line: &ReleaseLine) -> String {
    let at = match &line.state {
        ReleaseState::Closed { at, .. } => *at,
        // Everything else stands in the queue by its earliest moment.
        _ => line.not_before.at,
    };
    cursor::write_time(at, line.id.0)
}
