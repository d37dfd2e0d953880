//! Server functions of the operators' queue. Who may carry out what, and whether the gates are met
//! on fresh facts, is decided behind the port.

use super::port::{ReleaseView, ReleasesPage};
use crate::error::AppError;
use leptos::prelude::*;

/// The queue.
#[server(endpoint = "releases/list")]
pub async fn list_releases(#[server(default)] filter: String, #[server(default)] after: String) -> Result<ReleasesPage, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.releases.list(&caller()?, super::port::ReleasesQuery { filter, after }).await
}

/// One release.
#[server(endpoint = "releases/show")]
pub async fn show_release(release: String) -> Result<ReleaseView, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.releases.show(&caller()?, release.parse().map_err(|_| AppError::NotFound)?).await
}

/// Carries a release out with evidence, then leads back to it: executed, or held with the reasons
/// on the record.
#[server(endpoint = "releases/execute")]
pub async fn execute_release(release: String, version: i32, #[server(default)] evidence: String, key: String) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, releases::confirm};
    let (id, key) = confirm::ids(&release, &key)?;
    let outcome = backend()?.releases.execute(&caller()?, id, version, evidence.clone(), key).await;
    match &outcome {
        Ok(outcome) => leptos_axum::redirect(&confirm::back_to_release(id, outcome)),
        Err(error) => crate::way_back::lead::<ExecuteRelease>(&confirm::as_typed(id, &evidence), error),
    }
    outcome.map(drop)
}
