//! Moving the end of access that is there by hand (law 9): only by an approved extension, with the old
//! end kept, and only while the access is active.

use super::Attempt;
use super::checking::{Checked, check};
use crate::store;
use crate::store::grants::GrantRow;
use crate::store::releases::ReleaseRow;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::proven;
use crate::usecase::work::Work;
use app::releases::port::Execution;
use domain::grant;
use jiff::Timestamp;

/// An extension about to be carried out.
pub(super) struct LookedOver {
    /// What stands before it.
    pub checked: Checked,
    /// The access, locked.
    held: GrantRow,
    /// The end that it moves to.
    ends_at: Option<Timestamp>,
}

/// What stands before an extension. Person, request and release are locked; the grant comes last.
pub(super) async fn looked_over(work: &mut Work<'_>, base: &Base, release: &ReleaseRow) -> Result<LookedOver, UseCaseError> {
    let now = work.now();
    let mut checked = check(work, base, release).await?;
    let held = proven::extended_grant(work, release).await?;
    let ends_at = match grant::extend(&held.state, checked.ends_at, now) {
        Ok(ends_at) => ends_at,
        Err(reason) => {
            let reason = reason.to_string();
            if !checked.obstacles.contains(&reason) {
                checked.obstacles.push(reason);
            }
            None
        }
    };
    Ok(LookedOver { checked, held, ends_at })
}

/// Carries an extension out, or holds it.
pub(super) async fn extend(mut work: Work<'_>, attempt: &Attempt<'_>) -> Result<Execution, UseCaseError> {
    let Attempt { base, request, release, .. } = attempt;
    let now = work.now();
    let LookedOver { checked, held, ends_at } = looked_over(&mut work, base, release).await?;
    if !checked.obstacles.is_empty() {
        return attempt.held(work, &checked.evaluation, checked.obstacles).await;
    }
    if attempt.second_look {
        return attempt.done(work, Some(&checked.evaluation)).await;
    }
    store::grants::move_end(work.conn(), &held, request.id, ends_at, now).await?;
    attempt.executed(&mut work, held.id, Some(&checked.evaluation)).await?;
    proven::end_moved(&mut work, base, request, release, &held, ends_at).await?;
    work.commit().await?;
    Ok(Execution::Executed)
}
