//! The server function of joining a request.

use crate::error::AppError;
use leptos::prelude::*;

/// Joins a request, then leads to it.
#[server(endpoint = "requests/join")]
pub async fn join_request(request: String) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, paths};
    let request = request.parse().map_err(|_| AppError::NotFound)?;
    backend()?.joining.join(&caller()?, request).await?;
    leptos_axum::redirect(&paths::request_after(request, "joined"));
    Ok(())
}
