//! Requests run in tasks of their own. A browser that hangs up cannot stop one half-way: what was
//! begun is committed or rolled back, and no connection goes back to the pool inside a transaction
//! (see `store::pool`). The body is read before the task begins, within a limit of size and time.

use super::{LARGEST_BODY, answer};
use crate::state::AppState;
use app::error::AppError;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tracing::Instrument as _;

/// How long a client may take to send a body.
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// Pages and answers are made whole before they are sent, up to this size.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;
/// Requests at work at once; beyond that the answer is 503.
const MOST: u32 = 512;

/// The requests at work.
#[derive(Clone)]
pub struct Tasks(Arc<Semaphore>);

impl Default for Tasks {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST as usize)))
    }
}

impl Tasks {
    /// Waits until none is at work, also those whose client has gone.
    pub async fn finished(&self) {
        // Fails only for a closed semaphore, and nobody closes this one.
        drop(self.0.acquire_many(MOST).await);
    }
}

/// Reads the body, then runs the rest in a task that outlives the connection.
pub async fn run(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let (path, headers) = (parts.uri.path().to_owned(), parts.headers.clone());
    let body = match tokio::time::timeout(BODY_WITHIN, to_bytes(body, LARGEST_BODY)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(_) => return StatusCode::REQUEST_TIMEOUT.into_response(),
    };
    let Ok(at_work) = state.tasks.0.clone().try_acquire_owned() else {
        tracing::error!("refused: too many requests are at work");
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let work = async move {
        let response = next.run(Request::from_parts(parts, Body::from(body))).await;
        let (parts, body) = response.into_parts();
        // The body too is made here: rendering reads the database.
        let whole = to_bytes(body, LARGEST_ANSWER).await;
        drop(at_work);
        whole.map(|body| Response::from_parts(parts, Body::from(body)))
    };
    match tokio::spawn(work.in_current_span()).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => {
            tracing::error!(%error, "an answer was not finished");
            answer::refuse(&AppError::Internal, &path, &headers)
        }
        Err(stopped) => {
            tracing::error!(%stopped, "a request panicked");
            answer::refuse(&AppError::Internal, &path, &headers)
        }
    }
}
