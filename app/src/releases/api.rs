//! Server functions of the operators' queue. Who may carry out what, and whether the gates are met
//! on fresh facts, is decided behind the port.

use super::port::{ReleaseView, ReleasesPage};
use crate::error::AppError;
use leptos::prelude::*;

/// The queue.
#[server(endpoint = "releases/list")]
pub async fn list_releases(
    #[server(default)] filter: String,
    #[server(default)] connection: String,
    #[server(default)] application: String,
    #[server(default)] after: String,
) -> Result<ReleasesPage, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.releases.list(&caller()?, super::port::ReleasesQuery { filter, connection, application, after }).await
}

/// One release, with the page of its calls that starts at `calls`.
#[server(endpoint = "releases/show")]
pub async fn show_release(release: String, #[server(default)] calls: String) -> Result<ReleaseView, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.releases.show(&caller()?, release.parse().map_err(|_| AppError::NotFound)?, &calls).await
}

/// Carries a release out with evidence, then leads back to it: executed, done and waiting for a second
/// look, or held with the reasons on the record.
#[server(endpoint = "releases/execute")]
pub async fn execute_release(
    release: String,
    version: i32,
    #[server(default)] evidence: String,
    #[server(default)] link: String,
    #[server(default)] ticked: Vec<usize>,
    #[server(default)] shown_as: String,
    key: String,
) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, paths, releases::confirm};
    let (id, key) = confirm::ids(&release, &key)?;
    let typed = [("evidence", evidence.clone()), ("link", link.clone()), (confirm::TICKED, confirm::joined(&ticked))];
    let confirmation = super::port::Confirmation { evidence, link, ticked, shown_as };
    let outcome = backend()?.releases.execute(&caller()?, id, version, confirmation, key).await;
    match &outcome {
        Ok(outcome) => leptos_axum::redirect(&confirm::back_to_release(id, outcome)),
        Err(error) => {
            let typed: Vec<(&str, &str)> = typed.iter().map(|(name, value)| (*name, value.as_str())).collect();
            crate::way_back::lead_with::<ExecuteRelease>(&paths::release(id), &typed, error).await;
        }
    }
    outcome.map(drop)
}

/// Takes work by hand on, then leads back to it: theirs, or held with the reasons on the record.
#[server(endpoint = "releases/claim")]
pub async fn claim_release(release: String) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, paths, releases::confirm};
    let id: domain::id::ReleaseId = release.parse().map_err(|_| AppError::NotFound)?;
    let outcome = backend()?.releases.claim(&caller()?, id).await;
    match &outcome {
        Ok(outcome) => leptos_axum::redirect(&confirm::back_to_claimed(id, outcome)),
        Err(error) => crate::way_back::lead::<ClaimRelease>(&paths::release(id), error),
    }
    outcome.map(drop)
}

/// Gives work by hand back to the other operators, then leads back to it.
#[server(endpoint = "releases/give_back")]
pub async fn give_back_release(release: String) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, paths};
    let id: domain::id::ReleaseId = release.parse().map_err(|_| AppError::NotFound)?;
    let outcome = backend()?.releases.give_back(&caller()?, id).await;
    match &outcome {
        Ok(()) => leptos_axum::redirect(&paths::release(id)),
        Err(error) => crate::way_back::lead::<GiveBackRelease>(&paths::release(id), error),
    }
    outcome
}

/// The second look at what was done by hand, in own words; `there` is `true` or `false`, and `false` where
/// somebody says that it was taken back. Leads back to the release.
#[server(endpoint = "releases/look")]
pub async fn look_at_release(
    release: String,
    version: i32,
    #[server(default)] there: String,
    #[server(default)] said: String,
) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, paths};
    let id: domain::id::ReleaseId = release.parse().map_err(|_| AppError::NotFound)?;
    let outcome = match there.parse() {
        Ok(there) => backend()?.releases.look(&caller()?, id, version, there, said.clone()).await,
        Err(_) => Err(AppError::field("there", "required")),
    };
    match &outcome {
        Ok(()) => leptos_axum::redirect(&paths::release(id)),
        Err(error) => crate::way_back::lead_with::<LookAtRelease>(&paths::release(id), &[("said", &said)], error).await,
    }
    outcome
}

/// Has a release that a machine carries out tried again, then leads back to it.
#[server(endpoint = "releases/retry")]
pub async fn retry_release(release: String, version: i32) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, paths};
    let id: domain::id::ReleaseId = release.parse().map_err(|_| AppError::NotFound)?;
    let outcome = backend()?.releases.retry(&caller()?, id, version).await;
    match &outcome {
        Ok(()) => leptos_axum::redirect(&paths::release(id)),
        Err(error) => crate::way_back::lead::<RetryRelease>(&paths::release(id), error),
    }
    outcome
}

/// Begins to undo what a machine did for a release, then leads back to it.
#[server(endpoint = "releases/roll_back")]
pub async fn roll_back_release(release: String, version: i32, #[server(default)] reason: String) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, paths};
    let id: domain::id::ReleaseId = release.parse().map_err(|_| AppError::NotFound)?;
    let outcome = backend()?.releases.roll_back(&caller()?, id, version, reason.clone()).await;
    match &outcome {
        Ok(()) => leptos_axum::redirect(&paths::release(id)),
        Err(error) => crate::way_back::lead_with::<RollBackRelease>(&paths::release(id), &[("reason", &reason)], error).await,
    }
    outcome
}

/// Proposes to take what failed as done by a person, then leads back to the release.
#[server(endpoint = "releases/propose_skip")]
pub async fn propose_skip(release: String, version: i32, #[server(default)] reason: String) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, paths};
    let id: domain::id::ReleaseId = release.parse().map_err(|_| AppError::NotFound)?;
    let outcome = backend()?.releases.propose_skip(&caller()?, id, version, reason.clone()).await;
    match &outcome {
        Ok(()) => leptos_axum::redirect(&paths::release(id)),
        Err(error) => crate::way_back::lead_with::<ProposeSkip>(&paths::release(id), &[("reason", &reason)], error).await,
    }
    outcome
}

/// Answers such a proposal as a second person, then leads back to the release.
#[server(endpoint = "releases/answer_skip")]
pub async fn answer_skip(release: String, version: i32, #[server(default)] confirm: bool) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, paths};
    let id: domain::id::ReleaseId = release.parse().map_err(|_| AppError::NotFound)?;
    let outcome = backend()?.releases.answer_skip(&caller()?, id, version, confirm).await;
    match &outcome {
        Ok(()) => leptos_axum::redirect(&paths::release(id)),
        Err(error) => crate::way_back::lead::<AnswerSkip>(&paths::release(id), error),
    }
    outcome
}
