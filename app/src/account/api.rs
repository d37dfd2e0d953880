//! Server functions of the account page. Signing in and out are plain form posts of the HTTP room.

use super::port::{AccountView, DemoPerson};
use crate::error::AppError;
use domain::id::SessionId;
use leptos::prelude::*;

/// The account page.
#[server(endpoint = "account/view")]
pub async fn read_account() -> Result<AccountView, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.accounts.account(&caller()?).await
}

/// Ends one of the caller's own sessions.
#[server(endpoint = "account/end_session")]
pub async fn end_session(session: SessionId) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.accounts.end_session(&caller()?, session).await
}

/// Ends all of the caller's sessions but this one.
#[server(endpoint = "account/end_other_sessions")]
pub async fn end_other_sessions() -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.accounts.end_other_sessions(&caller()?).await
}

/// Changes the caller's password; every other session ends.
#[server(endpoint = "account/change_password")]
pub async fn change_password(current_password: String, password: String, password_again: String) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, paths};
    backend()?.accounts.change_password(&caller()?, current_password, password, password_again).await?;
    leptos_axum::redirect(&format!("{}?changed", paths::ACCOUNT));
    Ok(())
}

/// The demonstration's people; empty outside demonstration mode. Needs no session.
#[server(endpoint = "account/demonstration_people")]
pub async fn demonstration_people() -> Result<Vec<DemoPerson>, AppError> {
    crate::backend::backend()?.accounts.demonstration_people().await
}

/// Whether there is an administrator, so that nobody is set up as the first one. Needs no session.
#[server(endpoint = "account/is_set_up")]
pub async fn is_set_up() -> Result<bool, AppError> {
    crate::backend::backend()?.accounts.is_set_up().await
}
