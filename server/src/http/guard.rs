//! The cross-site guard: a change is accepted from our own pages only. Server functions check
//! nothing of the kind themselves, so the guard stands before all of them.
//!
//! tower-http has a layer of this name; it lets a change pass that says nothing about where it
//! comes from, and one that was typed into the address bar. Here both are refused: nothing that
//! belongs to this product sends them.

use super::answer;
use crate::state::AppState;
use app::error::AppError;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap};
use axum::http::{Method, Uri};
use axum::middleware::Next;
use axum::response::Response;

/// Refuses changes that do not come from our own pages.
pub async fn refuse_cross_site(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if is_safe(request.method()) || comes_from_here(request.headers(), &state.config.public_url) {
        return next.run(request).await;
    }
    tracing::warn!("refused: the request came from another site");
    answer::refuse(&AppError::Forbidden, request.uri().path(), request.headers())
}

/// Whether the method promises to change nothing.
pub fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn comes_from_here(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if headers.contains_key("sec-fetch-site") {
        return headers.get_all("sec-fetch-site").iter().all(|value| value == "same-origin");
    }
    if headers.contains_key(header::ORIGIN) {
        return text(header::ORIGIN).is_some_and(|origin| is_ours(origin, headers, public_url));
    }
    text(header::REFERER).and_then(origin_of).is_some_and(|origin| is_ours(&origin, headers, public_url))
}

/// Our address as people type it, or the host that the request itself was sent to. A page of
/// another site cannot choose the latter: the browser fills in both headers.
fn is_ours(origin: &str, headers: &HeaderMap, public_url: &str) -> bool {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let scheme = public_url.split_once("://").map_or("https", |(scheme, _)| scheme);
    origin == public_url || host.is_some_and(|host| origin.strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://")) == Some(host))
}

/// Scheme and authority of an address.
pub fn origin_of(address: &str) -> Option<String> {
    let uri: Uri = address.parse().ok()?;
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs.iter().map(|(name, value)| (name.parse::<header::HeaderName>().unwrap(), value.parse().unwrap())).collect();
        comes_from_here(&headers, "https://id.example")
    }

    #[test]
    fn a_browser_that_says_where_from_is_believed() {
        assert!(accepted(&[("sec-fetch-site", "same-origin")]));
        for other in ["cross-site", "same-site", "none", ""] {
            assert!(!accepted(&[("sec-fetch-site", other), ("origin", "https://id.example")]), "{other}");
        }
    }

    #[test]
    fn an_older_browser_is_judged_by_origin_and_then_by_referer() {
        assert!(accepted(&[("origin", "https://id.example")]));
        assert!(accepted(&[("origin", "https://internal:8443"), ("host", "internal:8443")]));
        assert!(accepted(&[("referer", "https://id.example/requests?x=1")]));
        for origin in ["https://evil.example", "http://id.example", "https://id.example.evil", "null", ""] {
            assert!(!accepted(&[("origin", origin), ("host", "id.example"), ("referer", "https://id.example/")]), "{origin}");
        }
    }

    #[test]
    fn a_change_that_says_nothing_is_refused() {
        assert!(!accepted(&[]));
        assert!(!accepted(&[("host", "id.example")]));
        assert!(!accepted(&[("referer", "/requests"), ("host", "id.example")]));
    }
}
