//! Where the browser goes after the request form was sent. On success to the request. A refusal
//! without JavaScript goes back to the form with everything that was typed, because the framework
//! itself keeps only the error.

use crate::error::AppError;
use crate::paths;
use domain::id::RequestId;
use domain::request::RequestForm;
use http::header::ACCEPT;
use http::request::Parts;
use leptos::prelude::use_context;
use leptos::server_fn::ServerFn;
use leptos::server_fn::error::ServerFnUrlError;

/// Proxies refuse addresses much longer than this; then the framework's own way back is taken.
const LONGEST_ADDRESS: usize = 7_000;

/// Redirects, and hands the result on to callers with JavaScript.
pub(super) fn finish<F: ServerFn<Error = AppError>>(
    made: Result<(RequestId, &str), AppError>,
    form: &RequestForm,
    answering: Option<RequestId>,
) -> Result<(), AppError> {
    let (id, done) = match made {
        Ok(made) => made,
        Err(error) => {
            if is_plain_form()
                && let Some(back) = way_back(F::PATH, error.clone(), form, answering)
            {
                leptos_axum::redirect(&back);
            }
            return Err(error);
        }
    };
    leptos_axum::redirect(&paths::request_after(id, done));
    Ok(())
}

fn is_plain_form() -> bool {
    use_context::<Parts>().is_some_and(|parts| {
        parts.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
    })
}

fn way_back(path: &str, error: AppError, form: &RequestForm, answering: Option<RequestId>) -> Option<String> {
    let form = super::asked::address(form, answering);
    let url = ServerFnUrlError::new(path, error).to_url(&format!("http://localhost{form}")).ok()?;
    let back = format!("{}?{}", url.path(), url.query().unwrap_or_default());
    (back.len() <= LONGEST_ADDRESS).then_some(back)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_comes_back_with_the_error() {
        let form = RequestForm { justification: "R&D + 100%".into(), ends_on: "2027-02-21".into(), ..RequestForm::default() };
        let back = way_back("/api/requests/submit", AppError::field("ends_on", "CS-EXP-01"), &form, None).unwrap();
        assert!(back.starts_with("/request?") && back.contains("__err="), "{back}");
        let asked = super::super::asked::Asked::from_search(back.split_once('?').unwrap().1);
        assert_eq!(asked.form, form);
        assert!(asked.typed);
        let error = paths::parameter(&back, "__err");
        assert_eq!(ServerFnUrlError::<AppError>::decode_err(&error), AppError::field("ends_on", "CS-EXP-01"));
    }

    #[test]
    fn an_address_that_proxies_refuse_is_not_made() {
        let form = RequestForm { justification: "ü".repeat(2_000), ..RequestForm::default() };
        assert_eq!(way_back("/api/requests/submit", AppError::Internal, &form, None), None);
    }
}
