//! The forms of connections: plain posts to the page that they stand on. What was recorded leads on by a
//! redirect; what was refused is answered with the same page as it was typed, but for the secret.

use super::answer;
use super::changes::{again, caller, fields, handover, last, read};
use crate::state::AppState;
use app::connections::port::{ConnectionForm, Saved, Step};
use app::connections::refused::{RefusedAct, RefusedConnection};
use app::error::AppError;
use app::paths;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use domain::id::{ConnectionChangeId, ConnectionId};

/// A connection: its page, and where its forms go.
pub const CONNECTION: &str = "/admin/connections/{id}";

/// Saves the form of a connection, or takes a step.
pub async fn act(State(state): State<AppState>, Path(id): Path<String>, request: Request) -> Response {
    let (request, sent) = match read(request, &state).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let caller = match caller(&request) {
        Ok(caller) => caller,
        Err(error) => return answer::refuse(&error, request.uri().path(), request.headers()),
    };
    let connections = state.backend(handover(&request)).connections;
    let connection = if id == paths::NEW { None } else { id.parse::<ConnectionId>().ok() };
    let version = last(&sent, "base_version").parse().ok();
    let (step, reason) = (last(&sent, "step"), last(&sent, "reason").replace("\r\n", "\n"));
    let (Some(version), true) = (version, connection.is_some() || (id == paths::NEW && step == "save")) else {
        let error = if version.is_none() { AppError::Invalid { problems: vec![] } } else { AppError::NotFound };
        return again(state, request, error.clone(), RefusedAct { step, reason, error }).await;
    };
    if step == "save" {
        let form = ConnectionForm { connection, kind: last(&sent, "kind"), base_version: version, fields: fields(&sent), reason };
        return match connections.save(&caller, form.clone(), last(&sent, "secret")).await {
            Ok(saved) => answer::see_other(&saved_at(saved)),
            Err(refused) => again(state, request, refused.error.clone(), RefusedConnection { form, refused }).await,
        };
    }
    let done = match connection {
        Some(id) => match step_of(&step, &reason, &last(&sent, "change")) {
            Ok((step, done)) => {
                connections.act(&caller, id, version, step).await.map(|()| paths::with(&paths::connection(id), &[("done", done)]))
            }
            Err(error) => Err(error),
        },
        None => Err(AppError::NotFound),
    };
    match done {
        Ok(path) => answer::see_other(&path),
        Err(error) => again(state, request, error.clone(), RefusedAct { step, reason, error }).await,
    }
}

fn saved_at(saved: Saved) -> String {
    let (id, done) = match saved {
        Saved::Made(id) => (id, "made"),
        Saved::Changed(id) => (id, "changed"),
        Saved::Proposed(id) => (id, "proposed"),
    };
    paths::with(&paths::connection(id), &[("done", done)])
}

/// What a form asks for, and the word for its having been done.
fn step_of(step: &str, reason: &str, change: &str) -> Result<(Step, &'static str), AppError> {
    let change = || change.parse::<ConnectionChangeId>().ok();
    Ok(match step {
        "test" => (Step::Test, "tested"),
        "close_breaker" => (Step::CloseBreaker(reason.to_owned()), "closed_breaker"),
        "retire" => (Step::Retire(reason.to_owned()), "retired"),
        "confirm" => (Step::Confirm(change()), "confirmed"),
        "refuse" => (Step::Refuse(change()), "refused"),
        _ => return Err(AppError::Invalid { problems: vec![] }),
    })
}
