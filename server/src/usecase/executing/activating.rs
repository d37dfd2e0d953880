//! Giving access by hand: the grant begins, and what it replaces begins to end in the same transaction,
//! or, where a rule keeps the two apart, was removed before.

use super::Attempt;
use super::checking::{Checked, check};
use crate::store::releases::ReleaseRow;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::proven::{self, Replaced};
use crate::usecase::work::Work;
use app::releases::port::Execution;

/// What stands before an activation, and what it replaces.
pub(super) async fn looked_over(work: &mut Work<'_>, base: &Base, release: &ReleaseRow) -> Result<(Checked, Replaced), UseCaseError> {
    let replaced = proven::replaced(work, release).await?;
    let mut checked = check(work, base, release).await?;
    checked.obstacles.extend(replaced.obstacle.clone());
    Ok((checked, replaced))
}

/// Carries an activation out, or holds it.
pub(super) async fn activate(mut work: Work<'_>, attempt: &Attempt<'_>) -> Result<Execution, UseCaseError> {
    let Attempt { base, request, release, .. } = attempt;
    let now = work.now();
    let (checked, replaced) = looked_over(&mut work, base, release).await?;
    if !checked.obstacles.is_empty() {
        return attempt.held(work, &checked.evaluation, checked.obstacles).await;
    }
    if attempt.second_look {
        return attempt.done(work, Some(&checked.evaluation)).await;
    }
    let grant = proven::begin_grant(&mut work, base, release, now, checked.ends_at).await?;
    attempt.executed(&mut work, grant, Some(&checked.evaluation)).await?;
    proven::access_began(&mut work, base, request, release, grant, checked.ends_at, &replaced).await?;
    work.commit().await?;
    Ok(Execution::Executed)
}
