//! Taking access away by hand: no gate stands before it.

use super::Attempt;
use crate::store;
use crate::usecase::error::UseCaseError;
use crate::usecase::proven;
use crate::usecase::work::Work;
use app::error::AppError;
use app::releases::port::Execution;

/// Carries a removal out.
pub(super) async fn remove(mut work: Work<'_>, attempt: &Attempt<'_>) -> Result<Execution, UseCaseError> {
    let Attempt { request, release, .. } = attempt;
    // Other access keeps it: it closes by itself within a minute, and nobody carries it out.
    if store::kept_access::by(work.conn(), release).await?.is_some() {
        return Err(AppError::NotPossible.into());
    }
    if attempt.second_look {
        return attempt.done(work, None).await;
    }
    let grant = proven::end_grant(&mut work, release).await?;
    attempt.executed(&mut work, grant, None).await?;
    proven::access_ended(&mut work, request, release, grant).await?;
    work.commit().await?;
    Ok(Execution::Executed)
}
