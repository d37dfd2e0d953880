//! The port for who decides instead: delegations, claims, reassignments, holds.

use super::Base;
use super::{delegations, stage_queue};
use app::approvals::port::{Approvals, DelegationsView, HoldsPage, ReassignForm, ReassignView};
use app::error::AppError;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::delegation::DelegationForm;
use domain::id::{DelegationId, StageId};

/// Who decides instead.
#[derive(Clone)]
pub struct ApprovalService {
    base: Base,
}

impl ApprovalService {
    /// The service on its base.
    #[must_use]
    pub fn new(base: Base) -> Self {
        Self { base }
    }
}

#[async_trait]
impl Approvals for ApprovalService {
    async fn delegations(&self, caller: &Caller) -> Result<DelegationsView, AppError> {
        Ok(delegations::view(&self.base, caller).await?)
    }

    async fn delegate(&self, caller: &Caller, form: DelegationForm) -> Result<(), AppError> {
        Ok(delegations::delegate(&self.base, caller, &form).await?)
    }

    async fn revoke(&self, caller: &Caller, delegation: DelegationId) -> Result<(), AppError> {
        Ok(delegations::revoke(&self.base, caller, delegation).await?)
    }

    async fn holds(&self, caller: &Caller, after: String) -> Result<HoldsPage, AppError> {
        Ok(stage_queue::holds(&self.base, caller, &after).await?)
    }

    async fn claim(&self, caller: &Caller, stage: StageId) -> Result<(), AppError> {
        Ok(stage_queue::claim(&self.base, caller, stage).await?)
    }

    async fn give_back(&self, caller: &Caller, stage: StageId) -> Result<(), AppError> {
        Ok(stage_queue::give_back(&self.base, caller, stage).await?)
    }

    async fn reassignable(&self, caller: &Caller, stage: StageId) -> Result<ReassignView, AppError> {
        Ok(stage_queue::reassignable(&self.base, caller, stage).await?)
    }

    async fn reassign(&self, caller: &Caller, stage: StageId, form: ReassignForm) -> Result<(), AppError> {
        Ok(stage_queue::reassign(&self.base, caller, stage, &form).await?)
    }
}
