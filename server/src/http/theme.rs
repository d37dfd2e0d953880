//! The choice of colours, for browsers without JavaScript.

use super::{answer, cookie, return_to};
use crate::state::AppState;
use app::ui::Theme;
use axum::extract::{Form, State};
use axum::http::header::{self, HeaderValue};
use axum::response::Response;
use serde::Deserialize;

/// What the switch sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ThemeForm {
    theme: String,
    return_to: String,
}

/// Keeps the choice and goes back to the page.
pub async fn choose(State(state): State<AppState>, Form(form): Form<ThemeForm>) -> Response {
    let mut response = answer::see_other(return_to::page(&form.return_to).unwrap_or("/"));
    if let Ok(value) = HeaderValue::from_str(&cookie::theme(&state.config, Theme::from_word(&form.theme).word())) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}
