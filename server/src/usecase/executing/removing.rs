//! Taking access away: no gate stands before it, and with it the request that led to the access is
//! complete.

use super::Attempt;
use crate::store;
use crate::store::error::StoreError;
use crate::usecase::error::UseCaseError;
use crate::usecase::shown;
use crate::usecase::work::Work;
use app::releases::port::Execution;
use domain::event::EventKind;
use serde_json::json;

/// Carries a removal out.
pub(super) async fn remove(mut work: Work<'_>, attempt: &Attempt<'_>) -> Result<Execution, UseCaseError> {
    let Attempt { request, release, .. } = attempt;
    let now = work.now();
    let id = release.grant.ok_or_else(|| StoreError::inconsistent("release", format!("{} removes no grant", release.number)))?;
    let grant =
        store::grants::lock(work.conn(), id).await?.ok_or_else(|| StoreError::inconsistent("access_grant", "a removal points nowhere"))?;
    let ended = grant.state.end(now)?;
    store::grants::set_state(work.conn(), id, &ended).await?;
    attempt.executed(&mut work, id, None).await?;
    let body = json!({ "identity": release.subject.to_string(), "entitlement": release.entitlement.to_string() });
    work.event(EventKind::GrantEnded, "grant", id.0, Some(release.request), body).await?;
    let closed = request.state.clone().close()?;
    store::requests::set_state(work.conn(), request.id, request.version, request.revision, &closed, now).await?;
    work.event(EventKind::RequestClosed, "request", request.id.0, Some(request.id), json!({ "number": request.number })).await?;
    shown::refresh(&mut work, request.id).await?;
    work.commit().await?;
    Ok(Execution::Executed)
}
