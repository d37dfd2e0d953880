//! Requests run in tasks of their own. A browser that hangs up cannot stop one half-way: what was
//! begun is committed or rolled back, and no connection goes back to the pool inside a transaction
//! (see `store::pool`). The body is read before the task begins, within a limit of size and time.

use super::{LARGEST_BODY, LARGEST_FORM, answer, attachments, completions, evidence, file_transfer, session};
use crate::state::AppState;
use app::error::AppError;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::TryStreamExt as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tracing::Instrument as _;

/// How long a client may take to send a body.
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// The same for a file.
const FILE_WITHIN: Duration = Duration::from_secs(25);
/// Files on their way in at once: they are kept in memory until they are whole.
const MOST_FILES: usize = 16;
/// Pages and answers are made whole before they are sent, up to this size.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;
/// Requests at work at once; beyond that the answer is 503.
const MOST: u32 = 512;

/// The requests at work, and the files that come in.
#[derive(Clone)]
pub struct Tasks {
    at_work: Arc<Semaphore>,
    files: Arc<Semaphore>,
}

impl Default for Tasks {
    fn default() -> Self {
        Self { at_work: Arc::new(Semaphore::new(MOST as usize)), files: Arc::new(Semaphore::new(MOST_FILES)) }
    }
}

impl Tasks {
    /// Waits until none is at work, also those whose client has gone.
    pub async fn finished(&self) {
        // Fails only for a closed semaphore, and nobody closes this one.
        drop(self.at_work.acquire_many(MOST).await);
    }
}

/// Reads the body, then runs the rest in a task that outlives the connection.
pub async fn run(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let (path, headers) = (parts.uri.path().to_owned(), parts.headers.clone());
    let file = parts.method == Method::POST && (path == attachments::PATH || path == evidence::PATH);
    // Held until the request is done: its content stays in memory as long.
    let incoming = if file { state.tasks.files.clone().try_acquire_owned().map(Some) } else { Ok(None) };
    let Ok(incoming) = incoming else {
        tracing::warn!("refused: too many files come in at once");
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let body = match if file { file_body(&parts, body).await } else { form_body(&parts, body).await } {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    let Ok(at_work) = state.tasks.at_work.clone().try_acquire_owned() else {
        tracing::error!("refused: too many requests are at work");
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let work = async move {
        let response = next.run(Request::from_parts(parts, body)).await;
        let (parts, body) = response.into_parts();
        // The body too is made here: rendering reads the database.
        let whole = to_bytes(body, LARGEST_ANSWER).await;
        drop((at_work, incoming));
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

/// A body without a file.
async fn form_body(parts: &Parts, body: Body) -> Result<Body, Response> {
    let path = parts.uri.path();
    let most = if session::is_open(path) || completions::is_here(path) { LARGEST_BODY } else { LARGEST_FORM };
    match tokio::time::timeout(BODY_WITHIN, read(body, most)).await {
        Ok(Ok(Some(whole))) => Ok(Body::from(whole)),
        // The outer limit of what is read at all ends the body with an error.
        Ok(Ok(None) | Err(_)) => Err(answer::refuse(&AppError::TooLarge, path, &parts.headers)),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT.into_response()),
    }
}

/// A body with a file.
async fn file_body(parts: &Parts, body: Body) -> Result<Body, Response> {
    match tokio::time::timeout(FILE_WITHIN, read(body, file_transfer::LARGEST_UPLOAD)).await {
        Ok(Ok(Some(whole))) => Ok(Body::from(whole)),
        // As above.
        Ok(Ok(None) | Err(_)) => Err(file_transfer::too_large(&parts.uri)),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT.into_response()),
    }
}

/// The whole body, if it has at most so many bytes. One that is too large is read to its end and
/// thrown away, so that the browser comes to the sentence that says so.
async fn read(body: Body, most: usize) -> Result<Option<Vec<u8>>, axum::Error> {
    let mut stream = body.into_data_stream();
    let mut whole = Vec::new();
    let mut fits = true;
    while let Some(piece) = stream.try_next().await? {
        fits = fits && whole.len() + piece.len() <= most;
        if fits {
            whole.extend_from_slice(&piece);
        } else {
            whole = Vec::new();
        }
    }
    Ok(fits.then_some(whole))
}
