//! Who is asking: the session of each request, and what is open to people without one.

use super::{answer, client, cookie, guard, metrics, return_to};
use crate::state::AppState;
use crate::usecase::accounts::{Client, Handover};
use app::caller::MaybeCaller;
use app::error::AppError;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::{self, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

/// Pages and posts for people who are not signed in. Everything else needs a session.
const OPEN: [&str; 7] = ["/sign-in", "/sign-out", "/setup", "/theme", "/csp-report", "/healthz", "/favicon.ico"];
/// Server functions that those pages need.
const OPEN_FUNCTIONS: [&str; 2] = ["/api/account/demonstration_people", "/api/account/is_set_up"];

/// Whether people who are not signed in are let in at this path.
pub fn is_open(path: &str) -> bool {
    OPEN.contains(&path) || OPEN_FUNCTIONS.contains(&path)
}

/// Finds the caller, refuses strangers where nothing is open to them, and hands out new tokens.
pub async fn attach(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    if path == "/healthz" || path == "/favicon.ico" || path == metrics::PATH {
        return next.run(request).await;
    }
    let resolved = match cookie::session_token(request.headers(), &state.config) {
        Some(token) => match state.accounts.resolve(&token).await {
            Ok(resolved) => resolved,
            Err(error) => return answer::refuse(&error, &path, request.headers()),
        },
        None => None,
    };
    let (caller, renewed) = resolved.map_or((None, None), |resolved| (Some(resolved.caller), resolved.renewed));
    let address = state.forwarding.client(request.extensions(), request.headers());

    let handover = Handover::default();
    if let Some(token) = renewed {
        handover.put(token);
    }
    let response = if !guard::is_safe(request.method()) && !state.limits.change(caller.as_ref().map(|caller| caller.session), address) {
        tracing::warn!(%address, "refused: too many changes");
        answer::refuse(&AppError::TooMany, &path, request.headers())
    } else if caller.is_none() && !is_open(&path) {
        to_sign_in(&request)
    } else {
        let client = Client { address, user_agent: client::user_agent(request.headers()), caller: caller.clone() };
        let extensions = request.extensions_mut();
        extensions.insert(MaybeCaller(caller));
        extensions.insert(client);
        extensions.insert(handover.clone());
        next.run(request).await
    };
    with_token(response, &state, &handover)
}

/// Strangers are shown the way in, and brought back afterwards.
fn to_sign_in(request: &Request) -> Response {
    let (path, headers) = (request.uri().path(), request.headers());
    if path.starts_with(answer::API) && !answer::wants_html(headers) {
        return answer::refuse(&AppError::NotSignedIn, path, headers);
    }
    let wanted = if guard::is_safe(request.method()) { request.uri().path_and_query().map(ToString::to_string) } else { page_of(headers) };
    match wanted.as_deref().and_then(return_to::local) {
        Some("/") | None => answer::see_other("/sign-in"),
        Some(page) => answer::see_other(&format!("/sign-in?return_to={}", return_to::encoded(page))),
    }
}

/// The page that a form stood on.
fn page_of(headers: &HeaderMap) -> Option<String> {
    headers.get(header::REFERER).and_then(|value| value.to_str().ok()).and_then(answer::path_of)
}

fn with_token(mut response: Response, state: &AppState, handover: &Handover) -> Response {
    let name = cookie::session_name(&state.config);
    let settled = response.headers().get_all(header::SET_COOKIE).iter().any(|value| value.as_bytes().starts_with(name.as_bytes()));
    if let Some(issued) = handover.take()
        && !settled
        && let Ok(value) = HeaderValue::from_str(&cookie::session(&state.config, issued.token))
    {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}
