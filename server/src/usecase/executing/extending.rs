//! Moving the end of access that is there (law 9): only by an approved extension, with the old end
//! kept, and only while the access is active.

use super::Attempt;
use super::checking::check;
use crate::store;
use crate::store::error::StoreError;
use crate::usecase::error::UseCaseError;
use crate::usecase::joining::{Moved, tell_moved};
use crate::usecase::shown;
use crate::usecase::work::Work;
use app::releases::port::Execution;
use app::when::When;
use domain::event::EventKind;
use domain::grant;
use jiff::Timestamp;
use serde_json::json;

/// Carries an extension out, or holds it. The request is complete with it: the access itself belongs
/// to the request that led to it.
pub(super) async fn extend(mut work: Work<'_>, attempt: &Attempt<'_>) -> Result<Execution, UseCaseError> {
    let Attempt { base, request, release, .. } = attempt;
    let now = work.now();
    let next = request.state.clone().release()?.close()?;
    let id = release.grant.ok_or_else(|| StoreError::inconsistent("release", format!("{} extends no grant", release.number)))?;
    let mut checked = check(&mut work, attempt).await?;
    // Person, request and release are locked; the grant comes last.
    let held = store::grants::lock(work.conn(), id)
        .await?
        .ok_or_else(|| StoreError::inconsistent("access_grant", "an extension points nowhere"))?;
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
    store::grants::move_end(work.conn(), &held, request.id, ends_at, now).await?;
    attempt.executed(&mut work, id, Some(&checked.evaluation)).await?;
    let words = |end: Option<Timestamp>| end.map_or_else(|| "no end".to_owned(), |end| When::new(end, &base.zone).text);
    let body = json!({
        "identity": release.subject.to_string(),
        "entitlement": release.entitlement.to_string(),
        "old_ends_at": held.ends_at.map(|t| t.to_string()),
        "ends_at": ends_at.map(|t| t.to_string()),
        "detail": format!("{} instead of {}", words(ends_at), words(held.ends_at)),
    });
    work.event(EventKind::GrantExtended, "grant", id.0, Some(request.id), body).await?;
    store::requests::set_state(work.conn(), request.id, request.version, request.revision, &next, now).await?;
    work.event(EventKind::RequestClosed, "request", request.id.0, Some(request.id), json!({ "number": request.number })).await?;
    tell_moved(&mut work, request, Moved::Released).await?;
    shown::refresh(&mut work, request.id).await?;
    work.commit().await?;
    Ok(Execution::Executed)
}
