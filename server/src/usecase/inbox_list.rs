//! What waits for the caller to decide, and what to weigh beside a request.

use super::Base;
use super::cursor;
use super::error::UseCaseError;
use super::work::Work;
use crate::store;
use crate::store::grants::Of;
use app::error::AppError;
use app::inbox::port::{InboxPage, InboxQuery, Weigh};
use app::when::When;
use domain::actor::Caller;
use domain::catalogue::RiskTier;
use domain::id::{EntitlementId, IdentityId};
use domain::page::Page;

/// One page of what waits for the caller. No permission is asked for: who is not among those who
/// may decide has an empty list.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn list(base: &Base, caller: &Caller, query: InboxQuery) -> Result<InboxPage, UseCaseError> {
    let mut work = Work::read(base).await?;
    let now = work.now();
    let waiting = store::inbox::waiting(work.conn(), caller.identity, now).await?;
    let mut filters = vec![("all", "All", waiting.all), ("late", "Late", waiting.late)];
    filters.extend(RiskTier::ALL.iter().zip(waiting.tiers).map(|(tier, count)| (tier.word(), tier.label(), count)));
    // A filter that does not exist filters nothing.
    let (filter, total) =
        filters.iter().find(|(word, _, _)| *word == query.filter).map_or(("all", waiting.all), |(word, _, count)| (word, *count));
    let rows = store::inbox::lines(work.conn(), caller.identity, filter, cursor::read_time(&query.after), now).await?;
    work.commit().await?;
    let page = Page::from_rows(rows, total, |(due, line)| cursor::write_time(*due, line.stage.0));
    Ok(InboxPage {
        page: Page { rows: page.rows.into_iter().map(|(_, line)| line).collect(), total: page.total, next: page.next },
        filters: filters.into_iter().map(|(word, label, count)| (word.to_owned(), label.to_owned(), count)).collect(),
        as_of: When::new(now, &base.zone),
    })
}

/// What to weigh beside a request of `subject` for `entitlement`. The caller of this has checked
/// that the person at the screen may decide on it.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such person.
pub async fn weigh(work: &mut Work<'_>, base: &Base, subject: IdentityId, entitlement: EntitlementId) -> Result<Weigh, UseCaseError> {
    let known = store::inbox::background(work.conn(), subject, entitlement).await?.ok_or(AppError::NotFound)?;
    Ok(Weigh {
        unit: known.unit.unwrap_or_default(),
        peers: known.peers,
        peers_holding: known.peers_holding,
        holds: store::grants::lines(work.conn(), Of::Living(subject), &base.zone).await?,
        held_before: known.held_before,
        last_ended: known.last_ended.map(|at| When::new(at, &base.zone)),
        mfa: known.mfa.label().to_owned(),
        mfa_in_force: known.mfa.in_force(),
    })
}
