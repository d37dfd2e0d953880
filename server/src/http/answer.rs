//! Answers that are not pages: errors of server functions, small error pages, redirects.

use super::guard;
use app::error::AppError;
use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use leptos::server_fn::error::SERVER_FN_ERROR_HEADER;

/// Where server functions live.
pub const API: &str = "/api/";
const LARGEST_ERROR: usize = 64 * 1024;

/// Whether this is a form or a page load, and not a call made by our own script.
pub fn wants_html(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

fn status(error: &AppError) -> StatusCode {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The answer when a request was refused before a page or function saw it.
pub fn refuse(error: &AppError, path: &str, headers: &HeaderMap) -> Response {
    if path.starts_with(API) && !wants_html(headers) {
        return (status(error), Json(error)).into_response();
    }
    // The sentence is one of ours and holds nothing that came with the request.
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Countersign</title></head>\
         <body><h1>This was not done</h1><p>{}</p><p><a href=\"/\">Start page</a></p></body></html>",
        error.sentence()
    );
    (status(error), Html(page)).into_response()
}

/// 303 to one of our own addresses.
pub fn see_other(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// 405, the same for every route.
pub async fn method_not_allowed() -> StatusCode {
    StatusCode::METHOD_NOT_ALLOWED
}

/// Finishes what server functions answer: their errors get the status that belongs to them (all
/// come as 500), and the redirect after a plain form, which goes to whatever `Referer` said, stays
/// on this site.
pub async fn tidy(request: Request, next: Next) -> Response {
    let function = request.uri().path().starts_with(API);
    let referer = request.headers().get(header::REFERER).cloned();
    let response = next.run(request).await;
    if !function {
        return response;
    }
    if response.status() == StatusCode::INTERNAL_SERVER_ERROR && response.headers().contains_key(SERVER_FN_ERROR_HEADER) {
        return with_own_status(response).await;
    }
    stay_here(response, referer.as_ref())
}

async fn with_own_status(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, LARGEST_ERROR).await.unwrap_or_default();
    if let Ok(error) = serde_json::from_slice::<AppError>(&body) {
        parts.status = status(&error);
    }
    Response::from_parts(parts, Body::from(body))
}

fn stay_here(mut response: Response, referer: Option<&HeaderValue>) -> Response {
    let Some(location) = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok()) else { return response };
    if !location.starts_with('/') || location.starts_with("//") {
        // The guard let the request in because it came from here, so its Referer names a page of ours.
        let from = referer.and_then(|value| value.to_str().ok()).and_then(guard::origin_of);
        let local = if from.is_some() && guard::origin_of(location) == from { path_of(location) } else { None };
        let local = local.and_then(|path| HeaderValue::from_str(&path).ok()).unwrap_or(HeaderValue::from_static("/"));
        response.headers_mut().insert(header::LOCATION, local);
    }
    response
}

/// Path and query of an address.
pub fn path_of(address: &str) -> Option<String> {
    let uri: Uri = address.parse().ok()?;
    uri.path_and_query().map(ToString::to_string).filter(|path| path.starts_with('/') && !path.starts_with("//"))
}
