//! Whether this server can serve.

use crate::state::AppState;
use crate::store;
use axum::extract::State;
use axum::http::StatusCode;

/// 200 while the database answers, 503 otherwise.
pub async fn health(State(state): State<AppState>) -> (StatusCode, &'static str) {
    if store::pool::answers(&state.pool).await {
        (StatusCode::OK, "ok\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
    }
}
