//! The way back to a form that was refused without JavaScript: the framework itself goes back to
//! the page with the error alone, and what was typed would be lost.

use crate::backend::backend;
use crate::caller::caller;
use crate::error::AppError;
use crate::refused::{RefusedForm, TYPED};
use domain::id::RefusedFormId;
use http::header::ACCEPT;
use http::request::Parts;
use leptos::prelude::use_context;
use leptos::server_fn::ServerFn;
use leptos::server_fn::error::ServerFnUrlError;

/// Redirects a browser that sent a plain form to `page`, with the error for the form of `F`. Does
/// nothing for a call by script.
pub(crate) fn lead<F: ServerFn<Error = AppError>>(page: &str, error: &AppError) {
    if is_plain() {
        redirect(F::PATH, page, error, None);
    }
}

/// The same for a form with something `typed`: the page finds it by [`crate::refused::typed`]. Names
/// and values; a password does not belong here.
pub(crate) async fn lead_with<F: ServerFn<Error = AppError>>(page: &str, typed: &[(&str, &str)], error: &AppError) {
    if is_plain() {
        // Without a session, far too long, or where the database fails, the reason comes back alone.
        let kept = keep(F::PATH, typed).await.ok();
        redirect(F::PATH, page, error, kept);
    }
}

fn is_plain() -> bool {
    use_context::<Parts>().is_some_and(|parts| {
        parts.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
    })
}

// No page can show a NUL again: it is what browsers leave out, too.
async fn keep(form: &str, typed: &[(&str, &str)]) -> Result<RefusedFormId, AppError> {
    let typed = typed.iter().map(|(name, value)| ((*name).to_owned(), value.replace('\0', ""))).collect();
    backend()?.refused.keep(&caller()?, RefusedForm { form: form.to_owned(), typed }).await
}

fn redirect(form: &str, page: &str, error: &AppError, kept: Option<RefusedFormId>) {
    if let Some(back) = address(form, page, error.clone(), kept) {
        leptos_axum::redirect(&back);
    }
}

/// The address of `page` with the error for the form that goes to `form`, and with what was kept of it.
#[must_use]
pub fn address(form: &str, page: &str, error: AppError, kept: Option<RefusedFormId>) -> Option<String> {
    let mut url = ServerFnUrlError::new(form, error).to_url(&format!("http://localhost{page}")).ok()?;
    if let Some(id) = kept {
        url.query_pairs_mut().append_pair(TYPED, &id.to_string());
    }
    Some(format!("{}?{}", url.path(), url.query().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths;

    #[test]
    fn the_address_carries_the_error_as_a_code_and_what_was_typed_as_an_id() {
        let id: RefusedFormId = "0190a000-0000-7000-8000-000000000000".parse().unwrap();
        let back = address("/api/inbox/decide", "/inbox/1?filter=late", AppError::field("password", "wrong"), Some(id)).unwrap();
        assert!(back.starts_with("/inbox/1?filter=late&"), "{back}");
        let search = back.split_once('?').unwrap().1;
        assert_eq!(paths::parameter(search, TYPED), id.to_string());
        let error = paths::parameter(search, "__err");
        assert_eq!(ServerFnUrlError::<AppError>::decode_err(&error), AppError::field("password", "wrong"));
    }
}
