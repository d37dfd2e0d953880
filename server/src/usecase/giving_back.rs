//! Giving access back before its end: one press, at once. It needs nobody's approval, because having
//! less needs none, and it cannot be undone: who needs it again asks again.
//!
//! No key goes with it: a grant begins to end once, so the grant itself is the key.

use super::Base;
use super::access;
use super::authorise::require_or_hide;
use super::ending;
use super::error::UseCaseError;
use super::grant_story;
use super::work::Work;
use crate::store;
use app::error::AppError;
use app::grants::port::{AccessPage, AccessQuery, GaveBack, GrantView, Grants};
use async_trait::async_trait;
use domain::actor::Caller;
use domain::grant::{EndReason, GrantState};
use domain::id::GrantId;
use domain::permission::Action;

/// Access over its life as its holder sees it.
#[derive(Clone)]
pub struct GrantService {
    base: Base,
}

impl GrantService {
    /// The service on its base.
    #[must_use]
    pub fn new(base: Base) -> Self {
        Self { base }
    }

    /// Begins to end a grant at once. A second time says the same and changes nothing.
    async fn begin_to_end(&self, caller: &Caller, id: GrantId) -> Result<GaveBack, UseCaseError> {
        let mut work = Work::begin(&self.base, caller.actor()).await?;
        let relations = store::grants::relations(work.conn(), id, caller.identity).await?;
        require_or_hide(caller, Action::GiveBack, Action::ReadIdentity, &relations)?;
        let locked = ending::lock(&mut work, id).await?.ok_or(AppError::NotFound)?;
        let holder = locked.grant.identity;
        match locked.grant.state {
            GrantState::Ending { reason: EndReason::GivenBack, .. } | GrantState::Ended { reason: EndReason::GivenBack, .. } => {
                return Ok(GaveBack { holder });
            }
            GrantState::Active | GrantState::Ending { .. } | GrantState::Ended { .. } => {}
        }
        ending::start(&mut work, &self.base, &locked, EndReason::GivenBack, None).await?;
        work.commit().await?;
        Ok(GaveBack { holder })
    }
}

#[async_trait]
impl Grants for GrantService {
    async fn give_back(&self, caller: &Caller, grant: GrantId) -> Result<GaveBack, AppError> {
        Ok(self.begin_to_end(caller, grant).await?)
    }

    async fn list(&self, caller: &Caller, query: AccessQuery) -> Result<AccessPage, AppError> {
        Ok(access::list(&self.base, caller, query).await?)
    }

    async fn why(&self, caller: &Caller, grant: GrantId, on: String) -> Result<GrantView, AppError> {
        Ok(grant_story::why(&self.base, caller, grant, &on).await?)
    }
}
