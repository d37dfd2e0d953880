//! Requests run in tasks of their own. A browser that hangs up cannot stop one half-way: what was
//! begun is committed or rolled back, and no connection goes back to the pool inside a transaction
//! (see `store::pool`). The body is read before the task begins, within a limit of size and time.

use super::{LARGEST_BODY, LARGEST_FORM, answer, attachments, completions, cookie, evidence, file_transfer, session};
use crate::state::AppState;
use app::error::AppError;
use axum::body::{Body, BodyDataStream, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::TryStreamExt as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument as _;

/// How long a client may take to send a body.
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// The same for a file.
const FILE_WITHIN: Duration = Duration::from_secs(25);
/// Files on their way in at once: they are kept in memory until they are whole.
const MOST_FILES: usize = 16;
/// Forms larger than most on their way in at once, from browsers that bring a session; whether that is one is
/// not known before the form is whole.
const MOST_LARGE_FORMS: usize = 64;
/// Pages and answers are made whole before they are sent, up to this size.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;
/// Requests at work at once; beyond that the answer is 503.
const MOST: u32 = 512;

/// The requests at work, and the files and large forms that come in.
#[derive(Clone)]
pub struct Tasks {
    at_work: Arc<Semaphore>,
    files: Arc<Semaphore>,
    large_forms: Arc<Semaphore>,
}

impl Default for Tasks {
    fn default() -> Self {
        let of = |most: usize| Arc::new(Semaphore::new(most));
        Self { at_work: of(MOST as usize), files: of(MOST_FILES), large_forms: of(MOST_LARGE_FORMS) }
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
    let (mut parts, body) = request.into_parts();
    let (path, headers) = (parts.uri.path().to_owned(), parts.headers.clone());
    let file = parts.method == Method::POST && (path == attachments::PATH || path == evidence::PATH);
    // Held until the request is done: its content stays in memory as long.
    let incoming = if file { state.tasks.files.clone().try_acquire_owned().map(Some) } else { Ok(None) };
    let Ok(incoming) = incoming else {
        tracing::warn!("refused: too many files come in at once");
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let read = if file { file_body(&mut parts, body).await.map(|body| (body, None)) } else { form_body(&parts, body, &state).await };
    let (body, large) = match read {
        Ok(read) => read,
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
        drop((at_work, incoming, large));
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

/// A body without a file. One that is larger than most takes longer to send, and is one of few.
async fn form_body(
    parts: &Parts,
    body: Body,
    AppState { tasks, config, .. }: &AppState,
) -> Result<(Body, Option<OwnedSemaphorePermit>), Response> {
    let path = parts.uri.path();
    let refusal = |error: AppError| answer::refuse(&error, path, &parts.headers);
    let until = tokio::time::Instant::now() + FILE_WITHIN;
    let mut coming = body.into_data_stream();
    let begun = match tokio::time::timeout(BODY_WITHIN, read(&mut coming, vec![], LARGEST_BODY)).await {
        Ok(Ok(Read::Whole(whole))) => return Ok((Body::from(whole), None)),
        Ok(Ok(Read::More(begun))) => begun,
        Ok(Err(_)) => return Err(refusal(AppError::TooLarge)),
        Err(_) => return Err(StatusCode::REQUEST_TIMEOUT.into_response()),
    };
    let small = session::is_open(path) || completions::is_here(path) || cookie::session_token(&parts.headers, config).is_none();
    let permit = if small { None } else { tasks.large_forms.clone().try_acquire_owned().ok() };
    let rest = async {
        if permit.is_none() {
            discard(&mut coming).await;
            return Ok(None);
        }
        match read(&mut coming, begun, LARGEST_FORM).await? {
            Read::Whole(whole) => Ok::<_, axum::Error>(Some(whole)),
            Read::More(_) => {
                discard(&mut coming).await;
                Ok(None)
            }
        }
    };
    match tokio::time::timeout_at(until, rest).await {
        Ok(Ok(Some(whole))) => Ok((Body::from(whole), permit)),
        Ok(Ok(None)) if !small && permit.is_none() => {
            tracing::warn!("refused: too many large forms come in at once");
            Err(refusal(AppError::TooMany))
        }
        // The outer limit of what is read at all ends the body with an error.
        Ok(Ok(None) | Err(_)) => Err(refusal(AppError::TooLarge)),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT.into_response()),
    }
}

/// A body with a file. The beginning of one that is too large goes on as such: what was typed before the
/// file is in it.
async fn file_body(parts: &mut Parts, body: Body) -> Result<Body, Response> {
    let mut coming = body.into_data_stream();
    let kept = async {
        match read(&mut coming, vec![], file_transfer::LARGEST_UPLOAD).await? {
            Read::Whole(whole) => Ok::<_, axum::Error>((whole, false)),
            Read::More(mut begun) => {
                discard(&mut coming).await;
                begun.truncate(file_transfer::LARGEST_UPLOAD);
                Ok((begun, true))
            }
        }
    };
    match tokio::time::timeout(FILE_WITHIN, kept).await {
        Ok(Ok((kept, cut))) => {
            if cut {
                parts.extensions.insert(file_transfer::Cut);
            }
            Ok(Body::from(kept))
        }
        // The browser broke off.
        Ok(Err(_)) => Err(StatusCode::BAD_REQUEST.into_response()),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT.into_response()),
    }
}

/// What was read of a body.
enum Read {
    /// All of it.
    Whole(Vec<u8>),
    /// More than asked for, and there may be more to come.
    More(Vec<u8>),
}

/// Reads on until the end, or until there are more than so many bytes.
async fn read(coming: &mut BodyDataStream, begun: Vec<u8>, most: usize) -> Result<Read, axum::Error> {
    let mut whole = begun;
    while whole.len() <= most {
        let Some(piece) = coming.try_next().await? else { return Ok(Read::Whole(whole)) };
        whole.extend_from_slice(&piece);
    }
    Ok(Read::More(whole))
}

/// Reads what is too large to its end and throws it away, so that the browser comes to the sentence that
/// says so.
async fn discard(coming: &mut BodyDataStream) {
    while let Ok(Some(_)) = coming.try_next().await {}
}
