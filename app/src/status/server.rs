//! On the server a failed page answers with a status, and a page that needs a session leads to the
//! sign-in page. Pages render with `SsrMode::Async`, so nothing has been sent by then.

use crate::error::AppError;
use http::StatusCode;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

pub(crate) fn answer_with(error: &AppError, sign_in: &str) {
    if *error == AppError::NotSignedIn {
        leptos_axum::redirect(sign_in);
    } else if let (Some(response), Ok(status)) = (use_context::<ResponseOptions>(), StatusCode::from_u16(error.status())) {
        response.set_status(status);
    }
}
