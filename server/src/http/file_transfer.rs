//! Files in and out, whatever they belong to: the form with one file and the way back from it, and the
//! download. What is taken and who may have it is decided behind the ports; which addresses there are,
//! and what a file belongs to, is said in [`super::attachments`] and [`super::evidence`].

use super::{answer, attachments, evidence, headers};
use app::attachments::port::{Download, Upload};
use app::error::{AppError, Problem};
use app::paths;
use axum::extract::Multipart;
use axum::extract::multipart::{MultipartError, MultipartRejection};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::response::{Html, IntoResponse as _, Response};
use domain::actor::Caller;
use domain::attachment::{FIELD, LARGEST_FILE};
use std::str::FromStr;

/// Largest body of an upload: one file, and what a form wraps around it.
pub const LARGEST_UPLOAD: usize = LARGEST_FILE + 64 * 1024;
/// Code of the refusal of a file that is too large.
const TOO_LARGE: &str = "too_large";

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
    let (address, word) = if let Some(draft) = attachments::draft_of(form) {
        (attachments::back(draft, Some(TOO_LARGE)), "Back to the request")
    } else if let Some(release) = evidence::release_of(form) {
        (evidence::back(release, Some(TOO_LARGE)), "Back to the release")
    } else {
        (paths::HOME.to_owned(), "Start page")
    };
    let sentence = Problem { field: FIELD.to_owned(), code: TOO_LARGE.to_owned() }.sentence();
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

/// Gives the file with this id to a caller who may have it, as a download and never as a page of ours.
pub(super) async fn give_out<Id: FromStr, F: Future<Output = Result<Download, AppError>>>(
    caller: Option<Caller>,
    id: &str,
    read: impl FnOnce(Caller, Id) -> F,
    (path, headers): (&str, &HeaderMap),
) -> Response {
    let Some(caller) = caller else { return answer::refuse(&AppError::NotSignedIn, path, headers) };
    let Ok(id) = id.parse() else { return answer::refuse(&AppError::NotFound, path, headers) };
    match read(caller, id).await {
        Ok(file) => as_download(file),
        Err(error) => answer::refuse(&error, path, headers),
    }
}

fn as_download(file: Download) -> Response {
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
