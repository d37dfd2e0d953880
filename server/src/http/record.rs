//! One request as a file: everything its page shows, with decisions, signatures and both trails, for
//! whoever keeps evidence elsewhere. Who may have it is decided behind the port.
//!
//! The file is JSON: `{"format", "exported_at", "sha256", "record"}`. The hash is SHA-256 over
//! `record` in canonical form (RFC 8785), in lower-case hexadecimal, so that a copy can be checked.

use super::{answer, headers};
use crate::state::AppState;
use crate::usecase::accounts::Handover;
use crate::usecase::shown::hex;
use app::caller::MaybeCaller;
use app::error::AppError;
use app::paths;
use app::requests::port::RequestView;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get};
use domain::id::RequestId;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Where a request is given out as a file.
pub const PATH: &str = "/requests/{id}/record";

/// Name of the format, with its version.
const FORMAT: &str = "countersign request record 1";
/// What belongs to the person at the screen and the moment, and not to the record.
const OF_THE_SCREEN: [&str; 8] = ["key", "as_of", "may_withdraw", "may_answer", "may_decide", "may_edit", "under_way", "sponsor"];

/// The route.
pub fn route() -> MethodRouter<AppState> {
    get(download)
}

async fn download(
    State(state): State<AppState>,
    Extension(MaybeCaller(caller)): Extension<MaybeCaller>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(caller) = caller else { return answer::refuse(&AppError::NotSignedIn, PATH, &headers) };
    let Ok(id) = id.parse::<RequestId>() else { return answer::refuse(&AppError::NotFound, PATH, &headers) };
    let shown = state.backend(Handover::default()).requests.show(&caller, id).await;
    match shown.and_then(|view| file(&view, &state.system.now().to_string()).map(|file| (view.number, file))) {
        Ok((number, file)) => as_download(&number, file),
        Err(error) => answer::refuse(&error, &paths::request(id), &headers),
    }
}

fn file(view: &RequestView, exported_at: &str) -> Result<String, AppError> {
    let mut record = serde_json::to_value(view).map_err(|_| AppError::Internal)?;
    if let Value::Object(fields) = &mut record {
        fields.retain(|name, _| !OF_THE_SCREEN.contains(&name.as_str()));
    }
    let canonical = serde_json_canonicalizer::to_string(&record).map_err(|_| AppError::Internal)?;
    let whole =
        json!({ "format": FORMAT, "exported_at": exported_at, "sha256": hex(&Sha256::digest(canonical.as_bytes())), "record": record });
    serde_json::to_string_pretty(&whole).map_err(|_| AppError::Internal)
}

fn as_download(number: &str, file: String) -> Response {
    let mut response = file.into_response();
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // A number is letters, digits and hyphens; anything else would only lose the name.
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{number}.json\""));
    fields.insert(header::CONTENT_DISPOSITION, disposition.unwrap_or(HeaderValue::from_static("attachment")));
    response.extensions_mut().insert(headers::Download);
    response
}
