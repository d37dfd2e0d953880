//! Server functions of the administration page. Nobody changes their own roles; that is checked
//! behind the port.

use super::port::AdminView;
use crate::error::AppError;
use leptos::prelude::*;

/// The page; `q` searches people.
#[server(endpoint = "admin/overview")]
pub async fn admin_overview(#[server(default)] q: String) -> Result<AdminView, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.administration.overview(&caller()?, q).await
}

/// Gives a role to somebody else.
#[server(endpoint = "admin/assign_role")]
pub async fn assign_role(identity: String, role: String) -> Result<(), AppError> {
    use crate::{admin::done, backend::backend, caller::caller};
    backend()?.administration.assign_role(&caller()?, identity.parse().map_err(|_| AppError::NotFound)?, role).await?;
    leptos_axum::redirect(&done::after("role_given"));
    Ok(())
}

/// Ends a role of somebody else.
#[server(endpoint = "admin/end_role")]
pub async fn end_role(assignment: String) -> Result<(), AppError> {
    use crate::{admin::done, backend::backend, caller::caller};
    backend()?.administration.end_role(&caller()?, assignment.parse().map_err(|_| AppError::NotFound)?).await?;
    leptos_axum::redirect(&done::after("role_ended"));
    Ok(())
}

/// Puts mails that were given up back into the line.
#[server(endpoint = "admin/send_mail_again")]
pub async fn send_mail_again() -> Result<(), AppError> {
    use crate::{admin::done, backend::backend, caller::caller};
    backend()?.administration.send_mail_again(&caller()?).await?;
    leptos_axum::redirect(&done::after("mail_again"));
    Ok(())
}

/// Makes a job due now.
#[server(endpoint = "admin/run_job")]
pub async fn run_job(name: String) -> Result<(), AppError> {
    use crate::{admin::done, backend::backend, caller::caller, paths};
    backend()?.administration.run_job(&caller()?, name).await?;
    leptos_axum::redirect(&paths::with(paths::ADMIN_JOBS, &[(done::DONE, "job_due")]));
    Ok(())
}
