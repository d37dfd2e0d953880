//! The operators' queue: what waits to be carried out, and what was.

use super::Base;
use super::authorise::require;
use super::cursor;
use super::error::UseCaseError;
use super::work::Work;
use crate::store;
use app::record::ReleaseLine;
use app::releases::port::{ReleasesPage, ReleasesQuery};
use app::when::When;
use domain::actor::Caller;
use domain::page::Page;
use domain::permission::Action;
use domain::release::{ReleaseKind, ReleaseState};

/// One page of the queue, with the filters and their counts in the same snapshot.
///
/// # Errors
/// [`app::error::AppError::Forbidden`] for those who may not see it.
pub async fn list(base: &Base, caller: &Caller, query: ReleasesQuery) -> Result<ReleasesPage, UseCaseError> {
    let mut work = Work::read(base).await?;
    require(caller, Action::ReadRelease, &[])?;
    let now = work.now();
    let counts = store::release_lists::counts(work.conn()).await?;
    let filters = [
        ("open", "Waiting", counts.open),
        ("held", "Held by a gate", counts.held),
        (ReleaseKind::Activate.word(), ReleaseKind::Activate.label(), counts.activate),
        (ReleaseKind::Remove.word(), ReleaseKind::Remove.label(), counts.remove),
        (ReleaseKind::Extend.word(), ReleaseKind::Extend.label(), counts.extend),
        ("executed", "Carried out", counts.executed),
    ];
    // A filter that does not exist filters nothing.
    let (filter, total) =
        filters.iter().find(|(word, _, _)| *word == query.filter).map_or(("open", counts.open), |(word, _, count)| (word, *count));
    let rows = store::release_lists::lines(work.conn(), filter, cursor::read_time(&query.after), now, &base.zone).await?;
    work.commit().await?;
    Ok(ReleasesPage {
        page: Page::from_rows(rows, total, start_after),
        filters: filters.into_iter().map(|(word, label, count)| (word.to_owned(), label.to_owned(), count)).collect(),
        as_of: When::new(now, &base.zone),
    })
}

fn start_after(line: &ReleaseLine) -> String {
    let at = match &line.state {
        ReleaseState::Executed { at, .. } => *at,
        ReleaseState::Planned | ReleaseState::Held { .. } | ReleaseState::Cancelled => line.not_before.at,
    };
    cursor::write_time(at, line.id.0)
}
