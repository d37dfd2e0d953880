//! Headers that every response carries: pages, errors, redirects and files alike.

use crate::state::AppState;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The number that this answer's own scripts carry; see [`crate::http`].
#[derive(Clone)]
pub struct PageNonce(pub String);

/// Marks an answer whose content somebody uploaded: it is kept private, and nothing in it may run or
/// load anything, even if a browser opened it.
#[derive(Clone, Copy)]
pub struct Download;

const DOWNLOAD_POLICY: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'");

const FIXED: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Not `no-referrer`: without JavaScript a refused form goes back to where `Referer` says.
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), screen-wake-lock=(), usb=()",
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// Makes the nonce and adds the headers.
pub async fn add(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let nonce = URL_SAFE_NO_PAD.encode(state.system.random::<16>());
    let caching = caching(request.uri().path());
    request.extensions_mut().insert(PageNonce(nonce.clone()));
    let mut response = next.run(request).await;
    let download = response.extensions().get::<Download>().is_some();
    let caching = if download { "private, no-store" } else { caching };
    let lasting = response.status().is_success() || response.status() == axum::http::StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if download {
        headers.insert(header::CONTENT_SECURITY_POLICY, DOWNLOAD_POLICY);
    } else if let Ok(policy) = HeaderValue::from_str(&content_security_policy(&nonce)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if state.config.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(if lasting { caching } else { "no-store" }));
    if let Some(kind) = headers.get(header::CONTENT_TYPE)
        && let Some(named) = with_charset(kind)
    {
        headers.insert(header::CONTENT_TYPE, named);
    }
    response
}

fn content_security_policy(nonce: &str) -> String {
    format!(
        "default-src 'self'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'; font-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; report-uri /csp-report"
    )
}

/// Files of the site have names that change with their content; everything else is about somebody.
fn caching(path: &str) -> &'static str {
    if path.starts_with("/pkg/snippets/") {
        "no-cache"
    } else if path.starts_with("/pkg/") {
        "public, max-age=31536000, immutable"
    } else if path == "/favicon.ico" {
        "public, max-age=86400"
    } else {
        "no-store"
    }
}

fn with_charset(kind: &HeaderValue) -> Option<HeaderValue> {
    match kind.as_bytes() {
        b"text/javascript" => Some(HeaderValue::from_static("text/javascript; charset=utf-8")),
        b"text/css" => Some(HeaderValue::from_static("text/css; charset=utf-8")),
        _ => None,
    }
}
