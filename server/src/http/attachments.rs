//! Files in and out: a multipart form that adds one to a draft, and downloads. What is taken and who
//! may have it is decided behind the port; here are the forms, the headers and the way back.

use super::{answer, headers};
use crate::state::AppState;
use crate::usecase::accounts::Handover;
use app::attachments::files::{CARD, REFUSED};
use app::attachments::port::{Download, Upload};
use app::caller::MaybeCaller;
use app::error::{AppError, Problem};
use app::paths;
use axum::Extension;
use axum::extract::multipart::{MultipartError, MultipartRejection};
use axum::extract::{DefaultBodyLimit, Multipart, Path, Query, State};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};
use domain::attachment::{FIELD, LARGEST_FILE};
use domain::id::{AttachmentId, DraftId};
use serde::Deserialize;

/// Where the form that adds a file goes.
pub const PATH: &str = paths::ATTACHMENTS;
/// Where a file is given out.
pub const ONE: &str = "/attachments/{id}";
/// Largest body of an upload: one file, and what a form wraps around it.
pub const LARGEST_UPLOAD: usize = LARGEST_FILE + 64 * 1024;

/// The route that takes files. The limit of its body stands in [`super::detach`].
pub fn upload_route() -> MethodRouter<AppState> {
    post(upload).layer(DefaultBodyLimit::disable())
}

/// The route that gives files out.
pub fn download_route() -> MethodRouter<AppState> {
    get(download)
}

/// What the address of the form says.
#[derive(Deserialize)]
struct Target {
    #[serde(default)]
    draft: String,
}

/// Adds a file to a draft and leads back to it, also when it is refused: then with the code.
async fn upload(
    State(state): State<AppState>,
    Extension(MaybeCaller(caller)): Extension<MaybeCaller>,
    Query(target): Query<Target>,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let Some(caller) = caller else { return answer::refuse(&AppError::NotSignedIn, PATH, &headers) };
    let Ok(draft) = target.draft.parse::<DraftId>() else { return answer::refuse(&AppError::NotFound, PATH, &headers) };
    let attachments = state.backend(Handover::default()).attachments;
    let add = |file| async move { attachments.add(&caller, draft, file).await };
    take_in(form, add, |code| back(draft, code), (PATH, &headers)).await
}

/// The page of a draft, after a refusal with its code.
fn back(draft: DraftId, code: Option<&str>) -> String {
    way_back(&paths::draft(draft), REFUSED, code, CARD)
}

/// Where a file was to stand on a page; after a refusal with its code, as a parameter.
pub(super) fn way_back(page: &str, parameter: &str, code: Option<&str>, card: &str) -> String {
    format!("{}#{card}", paths::with(page, &[(parameter, code.unwrap_or_default())]))
}

/// Adds the file of a form and leads back to where it stands, also when it is refused for what it is.
pub(super) async fn take_in<F: Future<Output = Result<(), AppError>>>(
    form: Result<Multipart, MultipartRejection>,
    add: impl FnOnce(Upload) -> F,
    back: impl Fn(Option<&str>) -> String,
    (path, headers): (&str, &HeaderMap),
) -> Response {
    let outcome = match file_of(form).await {
        Ok(file) => add(file).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => answer::see_other(&back(None)),
        Err(error) => match error.problems().first() {
            Some(problem) => answer::see_other(&back(Some(&problem.code))),
            None => answer::refuse(&error, path, headers),
        },
    }
}

/// The page that says that a file is too large, with the way back to where it was to stand. Nothing of
/// the body was kept, so nobody knows yet who sent it.
pub fn too_large(form: &Uri) -> Response {
    let draft = Query::<Target>::try_from_uri(form).ok().and_then(|Query(target)| target.draft.parse::<DraftId>().ok());
    let (address, word) = match (draft, super::evidence::release_of(form)) {
        (Some(draft), _) => (back(draft, Some("too_large")), "Back to the request"),
        (None, Some(release)) => (super::evidence::back(release, Some("too_large")), "Back to the release"),
        (None, None) => (paths::HOME.to_owned(), "Start page"),
    };
    let sentence = Problem { field: FIELD.to_owned(), code: "too_large".to_owned() }.sentence();
    // Everything in it is ours: an id was read as one, and a sentence is from the list.
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Countersign</title></head>\
         <body><h1>The file was not added</h1><p>{sentence}</p><p><a href=\"{address}\">{word}</a></p></body></html>"
    );
    (StatusCode::PAYLOAD_TOO_LARGE, Html(page)).into_response()
}

/// The one file of the form; a form without one has one without a name.
async fn file_of(form: Result<Multipart, MultipartRejection>) -> Result<Upload, AppError> {
    let mut form = form.map_err(|_| AppError::field(FIELD, "required"))?;
    let mut found = None;
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        if field.name() != Some(FIELD) {
            continue;
        }
        if found.is_some() {
            return Err(AppError::field(FIELD, "too_many"));
        }
        let name = field.file_name().unwrap_or_default().to_owned();
        let declared = field.content_type().unwrap_or_default().to_owned();
        let content = field.bytes().await.map_err(unreadable)?.to_vec();
        found = Some(Upload { name, declared, content });
    }
    found.ok_or_else(|| AppError::field(FIELD, "required"))
}

fn unreadable(error: MultipartError) -> AppError {
    tracing::info!(%error, "an upload could not be read");
    AppError::field(FIELD, "not_whole")
}

/// Gives a file out, as a download and never as a page of ours.
async fn download(
    State(state): State<AppState>,
    Extension(MaybeCaller(caller)): Extension<MaybeCaller>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(caller) = caller else { return answer::refuse(&AppError::NotSignedIn, PATH, &headers) };
    let Ok(id) = id.parse::<AttachmentId>() else { return answer::refuse(&AppError::NotFound, PATH, &headers) };
    match state.backend(Handover::default()).attachments.download(&caller, id).await {
        Ok(file) => as_download(file),
        Err(error) => answer::refuse(&error, PATH, &headers),
    }
}

pub(super) fn as_download(file: Download) -> Response {
    let disposition = HeaderValue::from_str(&content_disposition(&file.name)).unwrap_or(HeaderValue::from_static("attachment"));
    let mut response = file.content.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.kind.served_as()));
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    response.extensions_mut().insert(headers::Download);
    response
}

/// `attachment` with the name in both spellings (RFC 6266, RFC 8187): plain for old browsers, and
/// with its own letters for all others.
fn content_disposition(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || " ._-()".contains(c) { c } else { '_' }).collect();
    let letters: String = name
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{letters}")
}

#[cfg(test)]
mod tests {
    use super::content_disposition;

    #[test]
    fn a_name_stands_in_both_spellings_and_cannot_end_the_header() {
        assert_eq!(content_disposition("plan 1.pdf"), "attachment; filename=\"plan 1.pdf\"; filename*=UTF-8''plan%201.pdf");
        assert_eq!(
            content_disposition("Prüfung \"x\";.pdf"),
            "attachment; filename=\"Pr_fung _x__.pdf\"; filename*=UTF-8''Pr%C3%BCfung%20%22x%22%3B.pdf"
        );
        assert!(content_disposition("a\r\nb").chars().all(|c| !c.is_control()));
    }
}
