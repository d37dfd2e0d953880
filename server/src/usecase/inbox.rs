//! The port for deciding: the list, one decision with everything to weigh, and the doors to
//! deciding, undoing, asking back and kept filters.

use super::Base;
use super::deciding::{self, Proofs};
use super::error::UseCaseError;
use super::work::Work;
use super::{inbox_detail, inbox_list};
use crate::store;
use crate::store::saved_filters::SavedFilterRow;
use app::error::AppError;
use app::inbox::port::{BulkForm, DecisionForm, Inbox, InboxDetail, InboxPage, InboxQuery};
use async_trait::async_trait;
use domain::actor::Caller;
use domain::id::{BulkDecisionId, PendingDecisionId, RequestId, SavedFilterId, StageId};
use domain::text::Name;

/// The page that kept filters belong to.
pub const FILTER_PAGE: &str = "inbox";
/// Longest name of a kept filter.
const LONGEST_NAME: usize = 60;

/// Deciding.
#[derive(Clone)]
pub struct InboxService {
    base: Base,
    proofs: Proofs,
}

impl InboxService {
    /// The service on its base; `proofs` say how signatures are proven.
    #[must_use]
    pub fn new(base: Base, proofs: Proofs) -> Self {
        Self { base, proofs }
    }

    async fn save(&self, caller: &Caller, name: &str, query: &InboxQuery) -> Result<(), UseCaseError> {
        inbox_list::must_be_known(query)?;
        let name = Name::parse("name", name, LONGEST_NAME)?.into_string();
        let mut work = Work::begin(&self.base, caller.actor()).await?;
        let kept = SavedFilterRow { id: work.id(SavedFilterId::new), name, query: inbox_list::address_of(query) };
        let now = work.now();
        if !store::saved_filters::keep(work.conn(), caller.identity, FILTER_PAGE, &kept, now).await? {
            return Err(AppError::field("name", "too_many").into());
        }
        work.commit().await
    }

    async fn forget(&self, caller: &Caller, filter: SavedFilterId) -> Result<(), UseCaseError> {
        let mut work = Work::begin(&self.base, caller.actor()).await?;
        if !store::saved_filters::forget(work.conn(), caller.identity, filter).await? {
            return Err(AppError::NotFound.into());
        }
        work.commit().await
    }
}

#[async_trait]
impl Inbox for InboxService {
    async fn list(&self, caller: &Caller, query: InboxQuery) -> Result<InboxPage, AppError> {
        Ok(inbox_list::list(&self.base, caller, query).await?)
    }

    async fn detail(&self, caller: &Caller, stage: StageId) -> Result<InboxDetail, AppError> {
        Ok(inbox_detail::detail(&self.base, &self.proofs, caller, stage).await?)
    }

    async fn decide(&self, caller: &Caller, decision: DecisionForm) -> Result<RequestId, AppError> {
        Ok(deciding::decide(&self.base, &self.proofs, caller, &decision).await?)
    }

    async fn undo(&self, caller: &Caller, decision: PendingDecisionId) -> Result<(), AppError> {
        Ok(deciding::undo(&self.base, caller, decision).await?)
    }

    async fn approve_selected(&self, caller: &Caller, selected: BulkForm) -> Result<BulkDecisionId, AppError> {
        Ok(deciding::approve_selected(&self.base, caller, &selected).await?)
    }

    async fn undo_selected(&self, caller: &Caller, press: BulkDecisionId) -> Result<(), AppError> {
        deciding::undo_bulk(&self.base, caller, press).await?;
        Ok(())
    }

    async fn save_filter(&self, caller: &Caller, name: String, query: InboxQuery) -> Result<(), AppError> {
        Ok(self.save(caller, &name, &query).await?)
    }

    async fn forget_filter(&self, caller: &Caller, filter: SavedFilterId) -> Result<(), AppError> {
        Ok(self.forget(caller, filter).await?)
    }

    async fn answer_question(&self, caller: &Caller, request: RequestId, version: i32, answer: String) -> Result<(), AppError> {
        Ok(deciding::answer(&self.base, caller, request, version, &answer).await?)
    }
}
