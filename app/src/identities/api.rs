//! Server functions of the identity page.

use super::port::IdentityView;
use crate::error::AppError;
use leptos::prelude::*;

/// One identity.
#[server(endpoint = "identities/show")]
pub async fn show_identity(identity: String) -> Result<IdentityView, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.identities.show(&caller()?, identity.parse().map_err(|_| AppError::NotFound)?).await
}

/// Suspends: sessions end, access starts to end.
#[server(endpoint = "identities/suspend")]
pub async fn suspend_identity(identity: String, #[server(default)] reason: String) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, identities::stop, paths};
    let id = identity.parse().map_err(|_| AppError::NotFound)?;
    let done = backend()?.identities.suspend(&caller()?, id, reason.clone()).await;
    match &done {
        Ok(()) => leptos_axum::redirect(&stop::after(id, "suspended")),
        Err(error) => crate::way_back::lead_with::<SuspendIdentity>(&paths::identity(id), &[("reason", &reason)], error).await,
    }
    done
}

/// Resumes a suspended identity.
#[server(endpoint = "identities/resume")]
pub async fn resume_identity(identity: String) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, identities::stop};
    let id = identity.parse().map_err(|_| AppError::NotFound)?;
    backend()?.identities.resume(&caller()?, id).await?;
    leptos_axum::redirect(&stop::after(id, "resumed"));
    Ok(())
}
