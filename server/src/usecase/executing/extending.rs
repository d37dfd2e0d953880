//! Moving the end of access that is there by hand (law 9): only by an approved extension, with the old
//! end kept, and only while the access is active.

use super::Attempt;
use super::checking::check;
use crate::store;
use crate::usecase::error::UseCaseError;
use crate::usecase::proven;
use crate::usecase::work::Work;
use app::releases::port::Execution;
use domain::grant;

/// Carries an extension out, or holds it.
pub(super) async fn extend(mut work: Work<'_>, attempt: &Attempt<'_>) -> Result<Execution, UseCaseError> {
    let Attempt { base, request, release, .. } = attempt;
    let now = work.now();
    let mut checked = check(&mut work, base, release).await?;
    // Person, request and release are locked; the grant comes last.
    let held = proven::extended_grant(&mut work, release).await?;
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
