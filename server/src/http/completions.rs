//! Where receivers of signed messages say later what came of a step. No browser comes here: there is no
//! session and no cookie, and the signature over the body says who sent it. So the cross-site guard,
//! which judges by where a page comes from, does not stand before this address.

use crate::state::AppState;
use crate::usecase::carrying_out::completing::{Completed, complete};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, post};
use connector::webhook::completion::LARGEST_COMPLETION;
use domain::connection::can_be_code;

/// Completions of the steps that a connection awaits.
pub const PATH: &str = "/connectors/{connection}/completions";

/// Whether a path belongs to a machine and not to a page.
pub fn is_here(path: &str) -> bool {
    PATH.split_once('{').is_some_and(|(begins, _)| path.starts_with(begins))
}

/// The route, with the limit of its body.
pub fn route() -> MethodRouter<AppState> {
    // One byte more is read, so that a body that is too large is told from one that broke off.
    post(receive).layer(DefaultBodyLimit::max(LARGEST_COMPLETION + 1))
}

/// Counts completions before anything is read, so that a flood of them costs next to nothing.
pub async fn limit(State(state): State<AppState>, Path(connection): Path<String>, request: Request, next: Next) -> Response {
    let address = state.forwarding.client(request.extensions(), request.headers());
    // A code that no connection can have is refused below, and not kept for counting.
    let counted = if can_be_code(&connection) { state.limits.completion(&connection, address) } else { Ok(()) };
    match counted {
        Ok(()) => next.run(request).await,
        Err(wait) => {
            tracing::warn!(%address, connection, "refused: too many completions");
            let seconds = wait.as_secs().saturating_add(1).to_string();
            (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds)], "Too many at once; send it again.").into_response()
        }
    }
}

async fn receive(State(state): State<AppState>, Path(connection): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    // A request with a cookie comes from a browser, and none of ours sends anything here.
    if headers.contains_key(header::COOKIE) {
        return (StatusCode::FORBIDDEN, "No cookie belongs here.").into_response();
    }
    let said =
        |status: u16, text: String| (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), text).into_response();
    match complete(&state.base(), &connection, &headers, &body).await {
        Ok(Completed::Taken) => said(200, "Taken.".to_owned()),
        Ok(Completed::TakenBefore) => said(200, "Taken before.".to_owned()),
        Ok(Completed::NotTaken(why)) => said(why.status(), why.to_string()),
        Ok(Completed::NoSuchConnection) => said(404, "There is no such connection.".to_owned()),
        Ok(Completed::NotAwaited) => {
            said(409, "No step of this connection is awaited under this release, operation and reference.".to_owned())
        }
        Ok(Completed::Overtaken(why)) => said(409, why),
        Ok(Completed::NotNow) => {
            let text = "The step is being worked on; send it again.";
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")], text).into_response()
        }
        Err(error) => {
            tracing::error!(fault = %crate::queue::chain(&error), "a completion was not taken");
            said(500, "Something failed here; send it again.".to_owned())
        }
    }
}
