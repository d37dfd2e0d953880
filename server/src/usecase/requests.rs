//! The port for requests: the doors to submitting, withdrawing, listing and reading.

use super::Base;
use super::error::UseCaseError;
use super::work::Work;
use super::{reading, request_list, submitting, withdrawing};
use app::error::AppError;
use app::requests::port::{RequestView, Requests, RequestsPage, RequestsQuery};
use async_trait::async_trait;
use domain::actor::Caller;
use domain::basket::BasketForm;
use domain::id::{IdempotencyKey, RequestId};
use std::collections::BTreeMap;

/// Asking for access.
#[derive(Clone)]
pub struct RequestService {
    base: Base,
}

impl RequestService {
    /// The service on its base.
    #[must_use]
    pub fn new(base: Base) -> Self {
        Self { base }
    }

    async fn send(&self, caller: &Caller, form: &BasketForm, key: IdempotencyKey) -> Result<Vec<RequestId>, UseCaseError> {
        let work = Work::begin(&self.base, caller.actor()).await?;
        let asked = submitting::Asked { form, seen: &BTreeMap::new(), template: None, key, draft: None };
        submitting::submit(work, &self.base, caller, asked).await
    }
}

#[async_trait]
impl Requests for RequestService {
    async fn submit(&self, caller: &Caller, form: BasketForm, key: IdempotencyKey) -> Result<Vec<RequestId>, AppError> {
        Ok(self.send(caller, &form, key).await?)
    }

    async fn withdraw(&self, caller: &Caller, request: RequestId, version: i32, reason: String) -> Result<(), AppError> {
        Ok(withdrawing::withdraw(&self.base, caller, request, version, &reason).await?)
    }

    async fn list(&self, caller: &Caller, query: RequestsQuery) -> Result<RequestsPage, AppError> {
        Ok(request_list::list(&self.base, caller, query).await?)
    }

    async fn show(&self, caller: &Caller, request: RequestId) -> Result<RequestView, AppError> {
        let read = async {
            let mut work = Work::read(&self.base).await?;
            let view = reading::request(&mut work, &self.base, caller, request).await?;
            work.commit().await?;
            Ok::<_, UseCaseError>(view)
        };
        Ok(read.await?)
    }
}
