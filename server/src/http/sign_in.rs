//! Signing in and out: plain form posts, because they set cookies and must work without JavaScript.

use super::{answer, cookie, return_to};
use crate::state::AppState;
use crate::usecase::accounts::{Client, Handover, SignInRefused};
use app::caller::MaybeCaller;
use app::error::AppError;
use axum::Extension;
use axum::extract::{Form, State};
use axum::http::header::{self, HeaderValue};
use axum::response::Response;
use serde::Deserialize;

/// The page and the form's target.
pub const PATH: &str = "/sign-in";

/// Most characters of a sign-in name, as the field says.
const LONGEST_LOGIN: usize = 254;

/// What the sign-in page sends.
#[derive(Deserialize)]
#[serde(default)]
pub struct SignInForm {
    login: String,
    password: String,
    demo_login: Option<String>,
    return_to: String,
}

impl Default for SignInForm {
    fn default() -> Self {
        Self { login: String::new(), password: String::new(), demo_login: None, return_to: "/".to_owned() }
    }
}

/// Signs in, or goes back to the page with a code.
pub async fn sign_in(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    Extension(handover): Extension<Handover>,
    Form(form): Form<SignInForm>,
) -> Response {
    let page = return_to::local(&form.return_to);
    let typed = kept(&form);
    let outcome = match &form.demo_login {
        Some(login) => state.accounts.sign_in_to_demonstration(login, &client).await,
        None => state.accounts.sign_in(&form.login, form.password, &client).await,
    };
    match outcome {
        Ok(token) => {
            handover.put(token);
            answer::see_other(page.unwrap_or("/"))
        }
        Err(refused) => {
            let code = match refused {
                SignInRefused::Credentials => "credentials",
                SignInRefused::TooMany => "too_many",
                SignInRefused::Fault => "internal",
            };
            let back = page.filter(|page| *page != "/").map(|page| format!("&return_to={}", return_to::encoded(page))).unwrap_or_default();
            answer::see_other(&format!("{PATH}?error={code}{back}{typed}"))
        }
    }
}

/// The sign-in name as typed, for the page to show again, whether there is such a name or not; never
/// the password. Longer than any name it is left out: an address has no room for it.
fn kept(form: &SignInForm) -> String {
    let login = form.login.trim();
    if login.is_empty() || form.demo_login.is_some() || login.chars().count() > LONGEST_LOGIN {
        return String::new();
    }
    format!("&login={}", return_to::encoded(login))
}

/// Ends the session here and in the browser.
pub async fn sign_out(State(state): State<AppState>, Extension(caller): Extension<MaybeCaller>) -> Result<Response, Response> {
    if let Some(caller) = &caller.0 {
        let failed = |error: AppError| answer::refuse(&error, "/sign-out", &header::HeaderMap::new());
        state.accounts.sign_out(caller).await.map_err(failed)?;
    }
    let mut response = answer::see_other(PATH);
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&cookie::no_session(&state.config)) {
        headers.append(header::SET_COOKIE, value);
    }
    headers.insert("clear-site-data", HeaderValue::from_static("\"storage\""));
    Ok(response)
}
