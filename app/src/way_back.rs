//! The way back to a form that was refused without JavaScript: the framework itself goes back to
//! the page with the error alone, and what was typed would be lost.

use crate::error::AppError;
use http::header::ACCEPT;
use http::request::Parts;
use leptos::prelude::use_context;
use leptos::server_fn::ServerFn;
use leptos::server_fn::error::ServerFnUrlError;

/// Proxies refuse addresses much longer than this; then the framework's own way back is taken.
const LONGEST_ADDRESS: usize = 7_000;

/// Redirects a browser that sent a plain form to `address`, which carries what was typed, with the
/// error for the form of `F`. Does nothing for a call by script.
pub(crate) fn lead<F: ServerFn<Error = AppError>>(address: &str, error: &AppError) {
    let plain = use_context::<Parts>().is_some_and(|parts| {
        parts.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
    });
    if plain && let Some(back) = with_error(F::PATH, error.clone(), address) {
        leptos_axum::redirect(&back);
    }
}

fn with_error(path: &str, error: AppError, address: &str) -> Option<String> {
    let url = ServerFnUrlError::new(path, error).to_url(&format!("http://localhost{address}")).ok()?;
    let back = format!("{}?{}", url.path(), url.query().unwrap_or_default());
    (back.len() <= LONGEST_ADDRESS).then_some(back)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths;

    #[test]
    fn what_was_typed_comes_back_with_the_error() {
        let address = paths::with("/inbox/1", &[("comment", "R&D + 100%"), ("filter", "late")]);
        let back = with_error("/api/inbox/decide", AppError::field("password", "wrong"), &address).unwrap();
        assert_eq!(paths::parameter(back.split_once('?').unwrap().1, "comment"), "R&D + 100%");
        let error = paths::parameter(&back, "__err");
        assert_eq!(ServerFnUrlError::<AppError>::decode_err(&error), AppError::field("password", "wrong"));
    }

    #[test]
    fn an_address_that_proxies_refuse_is_not_made() {
        let address = paths::with("/inbox/1", &[("comment", &"ü".repeat(2_000))]);
        assert_eq!(with_error("/api/inbox/decide", AppError::Internal, &address), None);
    }
}
