//! Server functions about who decides instead. The forms with text in them (delegating,
//! reassigning) are plain posts of the HTTP room, which answers a refusal with what was typed.

use super::port::{DelegationsView, HoldsPage, ReassignView};
use crate::error::AppError;
use domain::id::{DelegationId, StageId};
use leptos::prelude::*;

/// The caller's delegations.
#[server(endpoint = "approvals/delegations")]
pub async fn delegations() -> Result<DelegationsView, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.approvals.delegations(&caller()?).await
}

/// Ends a delegation of the caller's early.
#[server(endpoint = "approvals/revoke")]
pub async fn revoke(delegation: DelegationId) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, paths};
    backend()?.approvals.revoke(&caller()?, delegation).await?;
    leptos_axum::redirect(&paths::account_after("delegation_ended"));
    Ok(())
}

/// What nobody can decide.
#[server(endpoint = "approvals/holds")]
pub async fn holds(#[server(default)] after: String) -> Result<HoldsPage, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.approvals.holds(&caller()?, after).await
}

/// Takes a decision of a team on.
#[server(endpoint = "approvals/claim")]
pub async fn claim(stage: StageId) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, paths};
    backend()?.approvals.claim(&caller()?, stage).await?;
    leptos_axum::redirect(&paths::stage(stage));
    Ok(())
}

/// Gives a decision back to the team.
#[server(endpoint = "approvals/give_back")]
pub async fn give_back(stage: StageId) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, paths};
    backend()?.approvals.give_back(&caller()?, stage).await?;
    leptos_axum::redirect(&paths::stage(stage));
    Ok(())
}

/// What a reassignment starts from.
#[server(endpoint = "approvals/reassignable")]
pub async fn reassignable(stage: StageId) -> Result<ReassignView, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.approvals.reassignable(&caller()?, stage).await
}
