//! Server functions of the request pages. The arguments that a form sends are flat and named as its
//! fields, so that the same fields make a readable address when the form is sent with GET.

use super::port::{RequestDesk, RequestView, RequestsPage, RequestsQuery};
use crate::error::AppError;
use domain::id::{IdempotencyKey, RequestId};
use leptos::prelude::*;

/// The form with live gates. `answer` is the id of the returned request that it would answer.
#[server(endpoint = "requests/desk")]
pub async fn desk(
    entitlement: String,
    reason_code: String,
    justification: String,
    starts_on: String,
    ends_on: String,
    answer: String,
) -> Result<RequestDesk, AppError> {
    use crate::{backend::backend, caller::caller};
    let form = domain::request::RequestForm { entitlement, reason_code, justification, starts_on, ends_on };
    backend()?.requests.desk(&caller()?, form, answer.parse().ok()).await
}

/// Submits the form. Refused with the control's id at its field when a mandatory gate is not met.
#[server(endpoint = "requests/submit")]
pub async fn submit(
    entitlement: String,
    reason_code: String,
    justification: String,
    starts_on: String,
    ends_on: String,
    key: IdempotencyKey,
) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, requests::after::finish};
    let form = domain::request::RequestForm { entitlement, reason_code, justification, starts_on, ends_on };
    let made = backend()?.requests.submit(&caller()?, form.clone(), key).await;
    finish::<Submit>(made.map(|id| (id, "submitted")), &form, None)
}

/// Answers the question on a returned request with the next revision.
#[server(endpoint = "requests/answer")]
pub async fn answer(
    request: RequestId,
    version: i32,
    reason_code: String,
    justification: String,
    starts_on: String,
    ends_on: String,
    entitlement: String,
) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, requests::after::finish};
    let form = domain::request::RequestForm { entitlement, reason_code, justification, starts_on, ends_on };
    let made = backend()?.requests.answer(&caller()?, request, version, form.clone()).await;
    finish::<Answer>(made.map(|()| (request, "answered")), &form, Some(request))
}

/// Takes a request back.
#[server(endpoint = "requests/withdraw")]
pub async fn withdraw(request: RequestId, version: i32, reason: String) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, paths};
    backend()?.requests.withdraw(&caller()?, request, version, reason).await?;
    leptos_axum::redirect(&paths::request_after(request, "withdrawn"));
    Ok(())
}

/// A list of requests.
#[server(endpoint = "requests/list")]
pub async fn list(#[server(default)] query: RequestsQuery) -> Result<RequestsPage, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.requests.list(&caller()?, query).await
}

/// One request with everything on it.
#[server(endpoint = "requests/show")]
pub async fn show(request: RequestId) -> Result<RequestView, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.requests.show(&caller()?, request).await
}
