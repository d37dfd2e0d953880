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

/// Most characters of a field that come back to the page.
const LONGEST_KEPT: usize = 254;

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
    let typed = [("given_name", form.given_name.clone()), ("family_name", form.family_name.clone()), ("login", form.login.clone())];
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
        Err(error) => answer::see_other(&back(&token, &typed, &error)),
    }
}

/// The page again, with what was wrong and with the names as typed; never a password.
fn back(token: &str, typed: &[(&str, String)], error: &AppError) -> String {
    let token = return_to::encoded(token);
    // Nobody's name is longer, and an address has no room for more.
    let kept = |value: &str| return_to::encoded(&value.chars().take(LONGEST_KEPT).collect::<String>());
    let typed: String = typed.iter().map(|(name, value)| format!("&{name}={}", kept(value))).collect();
    match error.problems().first() {
        Some(problem) => {
            format!("{PATH}?token={token}&error={}&field={}{typed}", return_to::encoded(&problem.code), return_to::encoded(&problem.field))
        }
        None => format!("{PATH}?token={token}&error={}{typed}", error.code()),
    }
}
