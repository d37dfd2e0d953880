//! Server functions of access that somebody holds.

use super::port::{AccessPage, AccessQuery, GrantView};
use crate::error::AppError;
use leptos::prelude::*;

/// Gives access back, then leads to where its holder's access is listed.
#[server(endpoint = "grants/give_back")]
pub async fn give_back(grant: String) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, grants::table};
    let caller = caller()?;
    let done = backend()?.grants.give_back(&caller, grant.parse().map_err(|_| AppError::NotFound)?).await?;
    leptos_axum::redirect(&table::after_giving_back(done.holder == caller.identity, done.holder));
    Ok(())
}

/// Access under filters.
#[server(endpoint = "grants/list")]
pub async fn list(#[server(default)] query: AccessQuery) -> Result<AccessPage, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.grants.list(&caller()?, query).await
}

/// Why somebody has access, or had it on a day.
#[server(endpoint = "grants/why")]
pub async fn why(grant: String, #[server(default)] on: String) -> Result<GrantView, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.grants.why(&caller()?, grant.parse().map_err(|_| AppError::NotFound)?, on).await
}
