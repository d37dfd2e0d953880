//! In the browser there is no status to answer with; a session that ended leads to the sign-in
//! page, which the server renders.

use crate::error::AppError;
use leptos::prelude::window;

pub(crate) fn answer_with(error: &AppError, sign_in: &str) {
    if *error == AppError::NotSignedIn {
        // Refused only while the page is already going elsewhere.
        drop(window().location().set_href(sign_in));
    }
}
