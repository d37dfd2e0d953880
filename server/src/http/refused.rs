//! What was typed into a form that was refused, for the page that its browser was led back to: the
//! address names it, and the page finds it in its context.

use crate::state::AppState;
use crate::usecase::accounts::Handover;
use app::caller::MaybeCaller;
use app::paths;
use app::refused::{RefusedForm, TYPED};
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use domain::actor::Caller;
use domain::id::RefusedFormId;

/// Puts what the address names into the request, if it belongs to the caller's sign-in.
pub async fn bring_back(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    if let Some((caller, id)) = named(&request)
        && let Some(refused) = find(&state, &caller, id).await
    {
        request.extensions_mut().insert(refused);
    }
    next.run(request).await
}

fn named(request: &Request) -> Option<(Caller, RefusedFormId)> {
    if request.method() != Method::GET {
        return None;
    }
    let id = paths::parameter(request.uri().query()?, TYPED).parse().ok()?;
    let caller = request.extensions().get::<MaybeCaller>()?.0.clone()?;
    Some((caller, id))
}

async fn find(state: &AppState, caller: &Caller, id: RefusedFormId) -> Option<RefusedForm> {
    // A fault is logged behind the port; the page says itself that it cannot be shown.
    state.backend(Handover::default()).refused.find(caller, id).await.ok().flatten()
}
