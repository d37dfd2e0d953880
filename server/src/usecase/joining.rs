//! Who hears about a request: its subject, its requester, and everybody who asked for the same and
//! joined it. Joining needs the right to have asked for it, and gives nothing but reading: who joined is
//! concerned like whoever asked, and neither decides on it nor carries it out.

use super::Base;
use super::authorise::require_or_hide;
use super::error::UseCaseError;
use super::notifying::{self, Notice};
use super::planning;
use super::work::Work;
use crate::store;
use crate::store::requests::RequestRow;
use app::error::AppError;
use app::joining::port::Joining;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::event::EventKind;
use domain::id::{IdentityId, RequestId};
use domain::notification::NotificationKind;
use domain::permission::{Action, Relation};
use domain::request::RequestState;
use serde_json::json;

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// Every stage approved.
    Approved,
    /// Somebody said no.
    Rejected,
    /// The change was carried out.
    Released,
    /// It was taken back.
    Withdrawn,
    /// Its period ran out.
    Lapsed,
}

impl Moved {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Approved => ("was approved", "It waits for an operator to carry it out."),
            Self::Rejected => ("was rejected", "The reason stands on the request."),
            Self::Released => ("was carried out", "What was asked for is in place."),
            Self::Withdrawn => ("was withdrawn", "The reason stands on the request."),
            Self::Lapsed => ("lapsed", "Its last day passed before it was carried out."),
        }
    }
}

/// Everybody who wants to hear about a request: subject, requester, whoever answers for an account that
/// it is about, and who joined it.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn interested(work: &mut Work<'_>, request: RequestId) -> Result<Vec<IdentityId>, UseCaseError> {
    Ok(store::watchers::interested(work.conn(), request).await?)
}

/// Tells everybody who wants to hear about a request that it moved.
///
/// # Errors
/// [`UseCaseError`] when the database refuses.
pub async fn tell_moved(work: &mut Work<'_>, request: &RequestRow, moved: Moved) -> Result<(), UseCaseError> {
    let people = interested(work, request.id).await?;
    let (what, body) = moved.words();
    let (title, href) = (format!("{} {what}", request.number), app::paths::request(request.id));
    let notice = Notice { kind: NotificationKind::RequestMoved, title: &title, body, href: &href, request: Some(request.id) };
    notifying::tell(work, &people, &notice).await
}

/// Hearing about requests for the same thing.
#[derive(Clone)]
pub struct JoiningService {
    base: Base,
}

impl JoiningService {
    /// The service on its base.
    #[must_use]
    pub fn new(base: Base) -> Self {
        Self { base }
    }

    async fn add(&self, caller: &Caller, id: RequestId) -> Result<(), UseCaseError> {
        let mut work = Work::begin(&self.base, caller.actor()).await?;
        // Behind the lock: the same may have been pressed twice.
        let row = store::requests::find(work.conn(), id, true).await?.ok_or(AppError::NotFound)?;
        let relations = store::requests::relations(work.conn(), id, caller.identity).await?;
        require_or_hide(caller, Action::JoinRequest, Action::ReadRequest, &relations)?;
        // Whoever answers for an account hears of it for as long as they do, and joins to go on after that.
        if relations.iter().any(|relation| matches!(relation, Relation::Subject | Relation::Requester | Relation::Watcher)) {
            return Ok(());
        }
        if !(row.state.is_pending() || row.state == RequestState::Released) {
            return Err(AppError::NotPossible.into());
        }
        let now = work.now();
        store::watchers::insert(work.conn(), id, caller.identity, now).await?;
        work.event(EventKind::RequestJoined, "request", id.0, Some(id), json!({ "number": row.number })).await?;
        // They may have been asked to decide on it.
        planning::ask_again(&mut work, &self.base, id).await?;
        work.commit().await
    }
}

#[async_trait]
impl Joining for JoiningService {
    async fn join(&self, caller: &Caller, request: RequestId) -> Result<(), AppError> {
        Ok(self.add(caller, request).await?)
    }
}
