//! Server functions of requests. What the form does is in `draft_api`.

#![expect(clippy::too_many_arguments, reason = "the fields of a form, flat, so that a plain form can send them")]

use super::port::{RequestView, RequestsPage, RequestsQuery};
use crate::error::AppError;
use domain::id::{IdempotencyKey, RequestId};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// Submits one item without a draft, for callers that have everything at hand. `kind` says how it is
/// asked for as the form does: `grant`, `extend:` or `change:` and the grant.
#[server(endpoint = "requests/submit")]
pub async fn submit(
    entitlement: String,
    #[server(default)] kind: String,
    #[server(default)] answers: BTreeMap<String, String>,
    #[server(default)] subject: String,
    reason_code: String,
    justification: String,
    starts_on: String,
    ends_on: String,
    key: IdempotencyKey,
) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, paths};
    use domain::basket::{BasketForm, ItemForm};
    let item = ItemForm { entitlement, kind, answers, accepts: String::new() };
    let form = BasketForm { subject, reason_code, justification, starts_on, ends_on, items: vec![item], ..BasketForm::default() };
    let made = backend()?.requests.submit(&caller()?, form, key).await.map_err(AppError::of_one_item)?;
    if let Some(first) = made.first() {
        leptos_axum::redirect(&paths::request_after(*first, "submitted"));
    }
    Ok(())
}

/// Takes a request back.
#[server(endpoint = "requests/withdraw")]
pub async fn withdraw(request: RequestId, version: i32, #[server(default)] reason: String) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, paths};
    let done = backend()?.requests.withdraw(&caller()?, request, version, reason.clone()).await;
    match &done {
        Ok(()) => leptos_axum::redirect(&paths::request_after(request, "withdrawn")),
        Err(error) => crate::way_back::lead_with::<Withdraw>(&paths::request(request), &[("reason", &reason)], error).await,
    }
    done
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
