//! What has to be clear before a machine is asked: nobody keeps what is to be taken, nothing opposite is
//! under way, and, for what gives access, the gates are met on facts of this moment (law 6).

use super::taking_on::{Sight, TakenOn, rest_until};
use super::{OPPOSITE_AGAIN, Progress, let_go};
use crate::store;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::executing::{checking, hold};
use crate::usecase::kept_access;
use crate::usecase::proven;
use crate::usecase::work::Work;
use domain::id::EvaluationId;
use domain::release::ReleaseKind;
use domain::saga::{Next, Stand};

/// Whether the next move may be made.
pub(super) enum Cleared<'a> {
    /// It may; the run of the gates, where there was one.
    Go(Work<'a>, Option<EvaluationId>),
    /// It may not, and that is on record.
    Not(TakenOn),
}

/// Looks whether the next move of a release that is begun or goes on may be made.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub(super) async fn clear<'a>(mut work: Work<'a>, base: &Base, sight: &Sight, stand: Stand) -> Result<Cleared<'a>, UseCaseError> {
    let (begins, forward) = match stand {
        Stand::Begins(next) => (true, next),
        Stand::GoesOn(next) => (false, next),
        Stand::Rests | Stand::Waits(_) | Stand::Undoes(_) => return Ok(Cleared::Go(work, None)),
    };
    let release = &sight.release;
    if begins {
        // Also after a try that failed: by now another request may give the same.
        if kept_access::close_if_kept(&mut work, &sight.request, release).await? {
            work.commit().await?;
            return Ok(Cleared::Not(TakenOn::Rest(Progress::Rests)));
        }
        // Giving and taking the same at once, in whatever order they arrive over there, is neither.
        let now = work.now();
        if store::kept_access::opposite_under_way(work.conn(), release, now).await?.is_some() {
            let at = now.saturating_add(OPPOSITE_AGAIN).unwrap_or(now);
            return rest_until(work, release.id, at).await.map(Cleared::Not);
        }
    }
    let gives = release.kind != ReleaseKind::Remove && sight.mine.is_none() && (begins || forward != Next::ReadBack);
    if !gives {
        return Ok(Cleared::Go(work, None));
    }
    let mut checked = checking::check(&mut work, base, release).await?;
    if release.kind == ReleaseKind::Activate {
        checked.obstacles.extend(proven::replaced(&mut work, release).await?.obstacle);
    }
    if checked.obstacles.is_empty() {
        return Ok(Cleared::Go(work, Some(checked.evaluation.id)));
    }
    store::release_steps::set_carrying(work.conn(), release.id, &let_go(sight.carrying, &sight.records())).await?;
    hold(work, &sight.request, release, &checked.evaluation, checked.obstacles).await?;
    Ok(Cleared::Not(TakenOn::Rest(Progress::Rests)))
}
