//! The forms of change control: plain posts to the page that they stand on. What was recorded leads
//! on by a redirect; what was refused is answered with the same page, everything as it was typed
//! and a sentence at each field. An address would be too short for what these forms hold, and no
//! place for what people write in them.

use super::{answer, pages};
use crate::state::AppState;
use crate::usecase::accounts::Handover;
use app::caller::MaybeCaller;
use app::changes::port::ProposalForm;
use app::changes::refused::{FIELD, RefusedProposal, RefusedStep};
use app::error::AppError;
use app::paths;
use axum::extract::{Form, FromRequest as _, Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use domain::actor::Caller;
use domain::change::RecordKind;
use domain::id::ChangeId;
use leptos::prelude::provide_context;
use leptos_axum::render_app_async_with_context;
use std::collections::BTreeMap;

/// A record: its page, and where its form goes.
pub const RECORD: &str = "/rules/{kind}/{key}";
/// A change: its page, and where the steps on it go.
pub const CHANGE: &str = "/changes/{id}";

/// Fields as they came, in order; a name may come more than once.
pub(super) type Sent = Vec<(String, String)>;

/// Proposes a change to a record, or a new one.
pub async fn propose(State(state): State<AppState>, Path((kind, key)): Path<(String, String)>, request: Request) -> Response {
    let (request, sent) = match read(request, &state).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let form = match proposal(&kind, key, &sent) {
        Ok(form) => form,
        Err(error) => return answer::refuse(&error, request.uri().path(), request.headers()),
    };
    let changes = state.backend(handover(&request)).changes;
    let proposed = match caller(&request) {
        Ok(caller) => changes.propose(&caller, form.clone()).await,
        Err(error) => Err(error),
    };
    match proposed {
        Ok(change) => answer::see_other(&paths::change_after(change, "proposed")),
        Err(error) => again(state, request, error.clone(), RefusedProposal { form, error }).await,
    }
}

/// Confirms, refuses or takes back a change.
pub async fn step(State(state): State<AppState>, Path(id): Path<String>, request: Request) -> Response {
    let (request, sent) = match read(request, &state).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let (step, reason) = (last(&sent, "step"), last(&sent, "reason"));
    let changes = state.backend(handover(&request)).changes;
    let caller = caller(&request);
    let taken = async {
        let caller = caller?;
        let change: ChangeId = id.parse().map_err(|_| AppError::NotFound)?;
        let done = match step.as_str() {
            "confirm" => changes.decide(&caller, change, true, reason.clone()).await.map(|()| "confirmed"),
            "refuse" => changes.decide(&caller, change, false, reason.clone()).await.map(|()| "refused"),
            "withdraw" => changes.withdraw(&caller, change).await.map(|()| "withdrawn"),
            _ => Err(AppError::Invalid { problems: vec![] }),
        }?;
        Ok::<_, AppError>(paths::change_after(change, done))
    };
    match taken.await {
        Ok(path) => answer::see_other(&path),
        Err(error) => again(state, request, error.clone(), RefusedStep { step, reason, error }).await,
    }
}

/// The form of a request, and the request without it.
pub(super) async fn read(request: Request, state: &AppState) -> Result<(Request, Sent), Response> {
    let (parts, body) = request.into_parts();
    let whole = Request::from_parts(parts.clone(), body);
    let Form(sent) = Form::<Sent>::from_request(whole, state).await.map_err(|refused| refused.into_response())?;
    Ok((Request::from_parts(parts, axum::body::Body::empty()), sent))
}

pub(super) fn caller(request: &Request) -> Result<Caller, AppError> {
    request.extensions().get::<MaybeCaller>().and_then(|caller| caller.0.clone()).ok_or(AppError::NotSignedIn)
}

pub(super) fn handover(request: &Request) -> Handover {
    request.extensions().get::<Handover>().cloned().unwrap_or_default()
}

/// The last value of a name.
pub(super) fn last(sent: &Sent, name: &str) -> String {
    sent.iter().rfind(|(sent, _)| sent == name).map(|(_, value)| value.clone()).unwrap_or_default()
}

/// The fields of a record in a form.
pub(super) fn fields(sent: &Sent) -> BTreeMap<String, String> {
    let mut fields: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in sent {
        let Some(name) = name.strip_prefix(FIELD) else { continue };
        let field = fields.entry(name.to_owned()).or_default();
        if !field.is_empty() && !value.is_empty() {
            field.push(' ');
        }
        // Browsers send lines with two characters at their end.
        field.push_str(&value.replace("\r\n", "\n"));
    }
    fields
}

/// The proposal in a form. Values of one field that came more than once stand beside each other.
fn proposal(kind: &str, key: String, sent: &Sent) -> Result<ProposalForm, AppError> {
    let kind: RecordKind = kind.parse().map_err(|_| AppError::NotFound)?;
    let malformed = |_| AppError::Invalid { problems: vec![] };
    Ok(ProposalForm {
        kind,
        key: if key == paths::NEW { String::new() } else { key },
        base_version: last(sent, "base_version").parse().map_err(|_| AppError::Invalid { problems: vec![] })?,
        fields: fields(sent),
        reason: last(sent, "reason").replace("\r\n", "\n"),
        effective_on: last(sent, "effective_on"),
        key_of_proposal: last(sent, "key").parse().map_err(malformed)?,
    })
}

/// The page that the form stood on, with what was typed.
pub(super) async fn again<T: Clone + Send + Sync + 'static>(state: AppState, request: Request, error: AppError, typed: T) -> Response {
    let context = pages::context(state.clone());
    let context = move || {
        context();
        provide_context(typed.clone());
    };
    let mut response = render_app_async_with_context(context, pages::shell(&state))(request).await;
    if response.status() == StatusCode::OK
        && let Ok(status) = StatusCode::from_u16(error.status())
    {
        *response.status_mut() = status;
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(pairs: &[(&str, &str)]) -> Sent {
        let own = [("base_version", "3"), ("key", "0190b0f0-0000-7000-8000-000000000001")];
        own.iter().chain(pairs).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn fields_of_the_record_are_apart_from_those_of_the_proposal() {
        let form = proposal("entitlement", "k-1".into(), &sent(&[("field.reason", "a"), ("reason", "b"), ("other", "c")]));
        let form = form.unwrap_or_else(|error| unreachable!("{error}"));
        assert_eq!((form.fields.get("reason").map(String::as_str), form.reason.as_str()), (Some("a"), "b"));
        assert_eq!((form.fields.len(), form.base_version, form.key.as_str()), (1, 3, "k-1"));
    }

    #[test]
    fn boxes_that_are_ticked_stand_beside_each_other_and_none_is_an_empty_field() {
        let ticked =
            proposal("template", "new".into(), &sent(&[("field.who", ""), ("field.who", "a"), ("field.who", "b"), ("field.x", "")]));
        let ticked = ticked.unwrap_or_else(|error| unreachable!("{error}"));
        assert_eq!(ticked.fields, BTreeMap::from([("who".to_owned(), "a b".to_owned()), ("x".to_owned(), String::new())]));
        assert_eq!(ticked.key, "");
    }

    #[test]
    fn a_kind_that_does_not_exist_is_not_found_and_a_form_without_its_key_is_no_form() {
        assert_eq!(proposal("dragon", "new".into(), &sent(&[])), Err(AppError::NotFound));
        assert_eq!(proposal("unit", "new".into(), &vec![]), Err(AppError::Invalid { problems: vec![] }));
    }
}
