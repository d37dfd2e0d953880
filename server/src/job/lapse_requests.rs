//! Lapses requests whose last day has passed before anything was released.

use super::{JobReport, Tally};
use crate::store;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::joining::{Moved, tell_moved};
use crate::usecase::shown;
use crate::usecase::withdrawing::{ByHand, end_without_release, may_end_without_release};
use crate::usecase::work::Work;
use domain::actor::Actor;
use domain::event::EventKind;
use domain::id::RequestId;
use domain::time::today;
use serde_json::json;

/// Name in the job table.
pub const NAME: &str = "lapse-stale-requests";

/// Runs once.
///
/// # Errors
/// [`UseCaseError`] when the database refuses; requests lapsed before that stay lapsed.
pub async fn run(base: &Base) -> Result<JobReport, UseCaseError> {
    let mut work = Work::read(base).await?;
    let today = today(work.now(), &base.zone);
    let stale = store::requests::past_their_last_day(work.conn(), None, today).await?;
    work.commit().await?;
    let mut tally = Tally::new(NAME);
    for request in stale {
        tally.count(request, lapse(base, request).await);
    }
    Ok(tally.report(format!("{} requests lapsed", tally.changed())))
}

async fn lapse(base: &Base, id: RequestId) -> Result<bool, UseCaseError> {
    let mut work = Work::begin(base, Actor::System { job: NAME.to_owned() }).await?;
    let Some(row) = store::requests::find(work.conn(), id, true).await? else { return Ok(false) };
    // Behind the lock: a revision that was made meanwhile may have another last day.
    let today = today(work.now(), &base.zone);
    if !row.state.is_pending() || store::requests::past_their_last_day(work.conn(), Some(id), today).await?.is_empty() {
        return Ok(false);
    }
    // What was done and never proven is undone or removed first (`unproven`), and whoever has it in hand may be
    // doing it: the request lapses after that, or once it is given back.
    if !may_end_without_release(&mut work, id, ByHand::Awaited).await? {
        return Ok(false);
    }
    let reason = "Its last day passed before the access was released.".to_owned();
    let state = row.state.clone().lapse(reason.clone())?;
    end_without_release(&mut work, id).await?;
    let now = work.now();
    store::requests::set_state(work.conn(), id, row.version, row.revision, &state, now).await?;
    work.event(EventKind::RequestLapsed, "request", id.0, Some(id), json!({ "number": row.number, "detail": reason })).await?;
    tell_moved(&mut work, &row, Moved::Lapsed).await?;
    shown::refresh(&mut work, id).await?;
    work.commit().await?;
    Ok(true)
}
