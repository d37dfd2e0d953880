//! Files in and out, whatever they belong to: the form with one file, what is typed beside it and the way
//! back from it, and the download. What is taken and who may have it is decided behind the ports; which
//! addresses there are, and what a file belongs to, is said in [`super::attachments`] and [`super::evidence`].

use super::changes::Sent;
use super::{answer, headers};
use app::attachments::port::{Download, Upload};
use app::error::AppError;
use app::paths;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use domain::actor::Caller;
use domain::attachment::{FIELD, LARGEST_FILE};
use std::convert::Infallible;
use std::str::FromStr;

/// Most bytes of what is typed beside a file, names and values: more than any form keeps, and few enough that
/// it is read as a form wherever three characters stand for each of them.
const LARGEST_TEXT: usize = 640 * 1024;
/// Largest body of an upload: one file, what was typed beside it, and what a form wraps around them.
pub const LARGEST_UPLOAD: usize = LARGEST_FILE + LARGEST_TEXT + 128 * 1024;

/// Stands with a request whose body was larger than that: only its beginning is there.
#[derive(Clone)]
pub struct Cut;

/// What a form with a file brought.
pub(super) struct FileForm {
    /// What was typed beside the file; nothing where not all of it could be read.
    pub text: Sent,
    /// The file, or why there is none.
    pub file: Result<Upload, AppError>,
}

impl<S: Send + Sync> FromRequest<S> for FileForm {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Infallible> {
        let cut = request.extensions().get::<Cut>().is_some();
        let form = match Multipart::from_request(request, state).await {
            Ok(form) => Self::read(form).await,
            Err(_) => Self::without_text(AppError::field(FIELD, "required")),
        };
        Ok(if cut { Self { file: Err(AppError::field(FIELD, "too_large")), ..form } } else { form })
    }
}

impl FileForm {
    fn without_text(error: AppError) -> Self {
        Self { text: vec![], file: Err(error) }
    }

    /// Reads a form as far as it can be read.
    async fn read(mut form: Multipart) -> Self {
        let (mut text, mut file, mut room) = (Sent::new(), None, LARGEST_TEXT);
        loop {
            let field = match form.next_field().await {
                Ok(Some(field)) => field,
                Ok(None) => break,
                Err(error) => return Self::without_text(unreadable(&error)),
            };
            if field.name() == Some(FIELD) {
                file = match (upload(field).await, file) {
                    (Ok(upload), None) => Some(Ok(upload)),
                    (Ok(_), Some(_)) => Some(Err(AppError::field(FIELD, "too_many"))),
                    // On our pages what is typed stands before the file, so all of it was read.
                    (Err(error), _) => return Self { text, file: Err(unreadable(&error)) },
                };
                continue;
            }
            let name = field.name().unwrap_or_default().to_owned();
            let value = match field.text().await {
                Ok(value) => value,
                Err(error) => return Self::without_text(unreadable(&error)),
            };
            let Some(left) = room.checked_sub(name.len() + value.len()) else { return Self::without_text(AppError::TooLarge) };
            room = left;
            text.push((name, value));
        }
        // A form without one has one without a name.
        Self { text, file: file.unwrap_or_else(|| Err(AppError::field(FIELD, "required"))) }
    }
}

async fn upload(field: Field<'_>) -> Result<Upload, MultipartError> {
    let name = field.file_name().unwrap_or_default().to_owned();
    let declared = field.content_type().unwrap_or_default().to_owned();
    let content = field.bytes().await?.to_vec();
    Ok(Upload { name, declared, content })
}

fn unreadable(error: &MultipartError) -> AppError {
    tracing::info!(%error, "an upload could not be read");
    AppError::field(FIELD, "not_whole")
}

/// Where a file was to stand on a page, with those parameters that have a value.
pub(super) fn way_back(page: &str, parameters: &[(&str, &str)], card: &str) -> String {
    format!("{}#{card}", paths::with(page, parameters))
}

/// Leads back to where a file was to stand, also when it was refused for what it is: then with the code, and
/// with an empty one otherwise.
pub(super) fn lead_back(added: Result<(), AppError>, back: impl Fn(&str) -> String, (path, headers): (&str, &HeaderMap)) -> Response {
    match added {
        Ok(()) => answer::see_other(&back("")),
        Err(error) => match error.problems().first() {
            Some(problem) => answer::see_other(&back(&problem.code)),
            None => answer::refuse(&error, path, headers),
        },
    }
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
