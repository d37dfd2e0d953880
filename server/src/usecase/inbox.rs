//! The port for deciding: the list, one decision with everything to weigh, and recording it.

use super::Base;
use super::error::UseCaseError;
use super::work::Work;
use super::{deciding, inbox_list, reading};
use crate::store;
use app::error::AppError;
use app::inbox::port::{DecisionForm, Inbox, InboxDetail, InboxPage, InboxQuery};
use async_trait::async_trait;
use domain::actor::Caller;
use domain::id::{RequestId, StageId};

/// Deciding.
#[derive(Clone)]
pub struct InboxService {
    base: Base,
}

impl InboxService {
    /// The service on its base.
    #[must_use]
    pub fn new(base: Base) -> Self {
        Self { base }
    }

    async fn detail(&self, caller: &Caller, stage: StageId) -> Result<InboxDetail, UseCaseError> {
        let mut work = Work::read(&self.base).await?;
        let id = store::approvals::request_of_stage(work.conn(), stage).await?.ok_or(AppError::NotFound)?;
        let request = reading::request(&mut work, &self.base, caller, id).await?;
        if request.may_decide != Some(stage) {
            return Err(AppError::NotFound.into());
        }
        let authority = store::approvals::stages(work.conn(), id, request.revision)
            .await?
            .into_iter()
            .find(|s| s.id == stage)
            .map(|s| s.authority)
            .ok_or(AppError::NotFound)?;
        let entitlement = request.items.first().map(|card| card.id).ok_or(AppError::NotFound)?;
        let weigh = inbox_list::weigh(&mut work, &self.base, request.subject.id, entitlement).await?;
        let key = work.id(domain::id::IdempotencyKey::new);
        work.commit().await?;
        Ok(InboxDetail { stage, authority, request, weigh, key })
    }
}

#[async_trait]
impl Inbox for InboxService {
    async fn list(&self, caller: &Caller, query: InboxQuery) -> Result<InboxPage, AppError> {
        Ok(inbox_list::list(&self.base, caller, query).await?)
    }

    async fn detail(&self, caller: &Caller, stage: StageId) -> Result<InboxDetail, AppError> {
        Ok(self.detail(caller, stage).await?)
    }

    async fn decide(&self, caller: &Caller, decision: DecisionForm) -> Result<RequestId, AppError> {
        Ok(deciding::decide(&self.base, caller, &decision).await?)
    }
}
