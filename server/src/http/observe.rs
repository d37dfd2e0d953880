//! One id and one log line a request. Query strings, bodies and cookies are never logged: they can
//! hold what people typed.

use crate::state::AppState;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use domain::id::EventId;
use tracing::Instrument as _;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request an id and logs how it was answered.
pub async fn observe(State(state): State<AppState>, request: Request, next: Next) -> Response {
    // Same shape as every other id, made of time and chance; it names no record.
    let id = EventId::new(state.system.now(), state.system.random()).to_string();
    let span = tracing::info_span!("request", %id, method = %request.method(), path = request.uri().path());
    let started = state.system.micros();
    let mut response = next.run(request).instrument(span.clone()).await;
    let micros = state.system.micros().saturating_sub(started);
    span.in_scope(|| tracing::info!(status = response.status().as_u16(), micros, "answered"));
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}
