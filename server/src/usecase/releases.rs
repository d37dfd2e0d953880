//! The port for carrying out: the queue, one release with both trails, and executing it.

use super::Base;
use super::authorise::require_or_hide;
use super::error::UseCaseError;
use super::work::Work;
use super::{executing, reading, release_list, stage_views};
use crate::store;
use app::error::AppError;
use app::releases::port::{Execution, ReleaseView, Releases, ReleasesPage, ReleasesQuery};
use app::when::When;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::gate::Phase;
use domain::id::{IdempotencyKey, IdentityId, ReleaseId};
use domain::permission::{Action, permitted};
use domain::release::{ReleaseState, may_execute};

/// Carrying out.
#[derive(Clone)]
pub struct ReleaseService {
    base: Base,
}

impl ReleaseService {
    /// The service on its base.
    #[must_use]
    pub fn new(base: Base) -> Self {
        Self { base }
    }

    async fn show(&self, caller: &Caller, id: ReleaseId) -> Result<ReleaseView, UseCaseError> {
        let base = &self.base;
        let mut work = Work::read(base).await?;
        let row = store::releases::find(work.conn(), id, false).await?.ok_or(AppError::NotFound)?;
        let relations = store::requests::relations(work.conn(), row.request, caller.identity).await?;
        require_or_hide(caller, Action::ReadRelease, Action::ReadRelease, &relations)?;
        let now = work.now();
        let line = store::releases::line(work.conn(), id, now, &base.zone).await?.ok_or(AppError::NotFound)?;
        let items = store::revisions::items(work.conn(), row.request, row.revision).await?;
        let planned = items.into_iter().find(|i| i.id == row.item).map(|i| i.card).ok_or(AppError::NotFound)?;
        let stages = stage_views::of_revision(&mut work, base, row.request, row.revision).await?;
        let approved: Vec<IdentityId> =
            store::releases::approvals(work.conn(), row.request, row.revision).await?.into_iter().map(|approval| approval.by).collect();
        let approvers = store::releases::accounts_of(work.conn(), &approved).await?;
        let subject = store::releases::accounts_of(work.conn(), &[row.subject]).await?;
        let actual = store::grants::lines(work.conn(), store::grants::Of::Request(row.request), &base.zone)
            .await?
            .into_iter()
            .find(|g| row.grant.is_some_and(|id| id == g.id))
            .map_or_else(
                || "Not there yet.".to_owned(),
                |g| match (&g.ended, &g.ends) {
                    (Some(ended), _) => format!("Removed {}.", ended.text),
                    (None, Some(ends)) => format!("There since {}, until {}.", g.since.text, ends.text),
                    (None, None) => format!("There since {}, without an end.", g.since.text),
                },
            );
        let open = matches!(row.state, ReleaseState::Planned | ReleaseState::Held { .. });
        let obstacle = if !open {
            None
        } else if permitted(&caller.roles, Action::ExecuteRelease, &relations) {
            may_execute(caller.identity, &subject, &approvers, row.not_before, now).err().map(|rule| rule.to_string())
        } else if !permitted(&caller.roles, Action::ExecuteRelease, &[]) {
            Some("you are not an operator".to_owned())
        } else {
            Some("you are concerned by this request: nobody carries out their own access, and who approved never does".to_owned())
        };
        let view = ReleaseView {
            version: row.version,
            planned,
            actual,
            stages,
            gates: store::evaluations::newest(work.conn(), row.request, row.revision, Phase::Release).await?,
            timeline: reading::timeline(store::events::of_request(work.conn(), row.request).await?, &base.zone),
            obstacle,
            key: work.id(IdempotencyKey::new),
            as_of: When::new(now, &base.zone),
            line,
        };
        work.commit().await?;
        Ok(view)
    }
}

#[async_trait]
impl Releases for ReleaseService {
    async fn list(&self, caller: &Caller, query: ReleasesQuery) -> Result<ReleasesPage, AppError> {
        Ok(release_list::list(&self.base, caller, query).await?)
    }

    async fn show(&self, caller: &Caller, release: ReleaseId) -> Result<ReleaseView, AppError> {
        Ok(self.show(caller, release).await?)
    }

    async fn execute(
        &self,
        caller: &Caller,
        release: ReleaseId,
        version: i32,
        evidence: String,
        key: IdempotencyKey,
    ) -> Result<Execution, AppError> {
        Ok(executing::execute(&self.base, caller, release, version, &evidence, key).await?)
    }
}
