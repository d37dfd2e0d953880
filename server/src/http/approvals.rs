//! The forms about who decides instead: plain posts to the page that they stand on. What was
//! recorded leads on by a redirect; what was refused is answered with the same page, everything as
//! it was typed and a sentence at each field.

use super::answer;
use super::changes::{Sent, again, caller, handover, last, read};
use crate::state::AppState;
use app::approvals::port::ReassignForm;
use app::approvals::refused::{RefusedDelegation, RefusedReassignment};
use app::error::AppError;
use app::paths;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use domain::delegation::DelegationForm;
use domain::id::StageId;
use domain::permission::Role;

/// The account page, which the form of a delegation stands on.
pub const DELEGATE: &str = paths::ACCOUNT;
/// The page that gives a decision to somebody else.
pub const REASSIGN: &str = "/reassign/{stage}";

/// Lets somebody decide for the caller.
pub async fn delegate(State(state): State<AppState>, request: Request) -> Response {
    let (request, sent) = match read(request, &state).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let form = DelegationForm {
        to: last(&sent, "to"),
        starts_on: last(&sent, "starts_on"),
        ends_on: last(&sent, "ends_on"),
        tiers: every(&sent, "tiers"),
        applications: every(&sent, "applications"),
        reason: lines(&last(&sent, "reason")),
    };
    let approvals = state.backend(handover(&request)).approvals;
    let made = match caller(&request) {
        Ok(caller) => approvals.delegate(&caller, form.clone()).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(()) => answer::see_other(&paths::account_after("delegated")),
        Err(error) => again(state, request, error.clone(), RefusedDelegation { form, error }).await,
    }
}

/// Gives a decision to somebody else.
pub async fn reassign(State(state): State<AppState>, Path(stage): Path<String>, request: Request) -> Response {
    let (request, sent) = match read(request, &state).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let form = ReassignForm {
        version: last(&sent, "version").parse().unwrap_or_default(),
        from: last(&sent, "from"),
        to: last(&sent, "to"),
        reason: lines(&last(&sent, "reason")),
    };
    let approvals = state.backend(handover(&request)).approvals;
    let caller = caller(&request);
    let done = async {
        let caller = caller?;
        let stage: StageId = stage.parse().map_err(|_| AppError::NotFound)?;
        approvals.reassign(&caller, stage, form.clone()).await?;
        // Whoever keeps the rules comes from the queue; whoever was asked has one decision less.
        let from = if caller.roles.contains(&Role::Compliance) { paths::HOLDS } else { paths::INBOX };
        Ok::<_, AppError>(format!("{from}?reassigned"))
    };
    match done.await {
        Ok(path) => answer::see_other(&path),
        Err(error) => again(state, request, error.clone(), RefusedReassignment { form, error }).await,
    }
}

/// Every value of a name that is not empty.
fn every(sent: &Sent, name: &str) -> Vec<String> {
    sent.iter().filter(|(sent, value)| sent == name && !value.is_empty()).map(|(_, value)| value.clone()).collect()
}

/// Browsers send lines with two characters at their end.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}
