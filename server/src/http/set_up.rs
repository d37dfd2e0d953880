//! The form that makes the first administrator.

use super::{answer, return_to};
use crate::state::AppState;
use crate::usecase::accounts::{Client, Handover, NewAdministrator};
use app::error::AppError;
use axum::Extension;
use axum::extract::{Form, State};
use axum::response::Response;
use serde::Deserialize;

/// The page and the form's target.
pub const PATH: &str = "/setup";

/// What the set-up page sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct SetUpForm {
    token: String,
    given_name: String,
    family_name: String,
    login: String,
    password: String,
    password_again: String,
}

/// Makes the first administrator and signs them in, or goes back to the page with a code.
pub async fn set_up(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    Extension(handover): Extension<Handover>,
    Form(form): Form<SetUpForm>,
) -> Response {
    let token = form.token.clone();
    let new = NewAdministrator {
        token: form.token,
        given_name: form.given_name,
        family_name: form.family_name,
        login: form.login,
        password: form.password,
        password_again: form.password_again,
    };
    match state.accounts.set_up(new, &client).await {
        Ok(issued) => {
            handover.put(issued);
            answer::see_other("/")
        }
        Err(error) => answer::see_other(&back(&token, &error)),
    }
}

/// The page again, with what was wrong. Codes only: the address is kept by browsers and logs.
fn back(token: &str, error: &AppError) -> String {
    let token = return_to::encoded(token);
    match error.problems().first() {
        Some(problem) => {
            format!("{PATH}?token={token}&error={}&field={}", return_to::encoded(&problem.code), return_to::encoded(&problem.field))
        }
        None => format!("{PATH}?token={token}&error={}", error.code()),
    }
}
