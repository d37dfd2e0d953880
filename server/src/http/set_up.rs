//! The form that makes the first administrator: a plain post to the page that it stands on. What was
//! refused is answered with the same page, the names as they were typed and a sentence at each field.

use super::answer;
use super::changes::{again, last, read};
use crate::state::AppState;
use crate::usecase::accounts::{Client, Handover, NewAdministrator};
use app::sign_in::RefusedSetUp;
use axum::Extension;
use axum::extract::{Request, State};
use axum::response::Response;

/// The page and the form's target.
pub const PATH: &str = "/setup";

/// Makes the first administrator and signs them in, or answers with the page.
pub async fn set_up(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    Extension(handover): Extension<Handover>,
    request: Request,
) -> Response {
    let (request, sent) = match read(request, &state).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let new = NewAdministrator {
        token: last(&sent, "token"),
        given_name: last(&sent, "given_name"),
        family_name: last(&sent, "family_name"),
        login: last(&sent, "login"),
        password: last(&sent, "password"),
        password_again: last(&sent, "password_again"),
    };
    let NewAdministrator { token, given_name, family_name, login, .. } = new.clone();
    match state.accounts.set_up(new, &client).await {
        Ok(issued) => {
            handover.put(issued);
            answer::see_other("/")
        }
        Err(error) => again(state, request, error.clone(), RefusedSetUp { token, given_name, family_name, login, error }).await,
    }
}
