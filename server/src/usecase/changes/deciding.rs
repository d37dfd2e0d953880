//! The second person: confirming and refusing; and the proposer, who can take a change back.

use super::force::{has_moved_on, lock, overtake_as_stale, put_in_force};
use super::scope;
use super::telling;
use crate::store;
use crate::store::changes::ChangeRow;
use crate::usecase::Base;
use crate::usecase::authorise::require;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use app::error::AppError;
use app::when::When;
use domain::actor::Caller;
use domain::change::{ChangeLife, Decided, may_be_second};
use domain::event::EventKind;
use domain::id::ChangeId;
use domain::permission::{Action, Relation, permitted};
use domain::text::Remark;
use serde_json::json;

/// How the caller stands to a change, worked out afresh.
pub struct Standing {
    /// They may read it.
    pub reads: bool,
    /// Their relations for confirming it.
    pub confirming: Vec<Relation>,
    /// They are another person than the proposer and are not made an approver by it.
    pub may_be_second: bool,
    /// They proposed it, with this very account.
    pub proposer: bool,
}

impl Standing {
    /// Works it out.
    #[must_use]
    pub fn of(caller: &Caller, scope: &scope::Scope, change: &ChangeRow) -> Self {
        let proposed = change.proposed_by.id.is_some_and(|person| scope.accounts.contains(&person));
        let mut confirming = scope.changing(change.kind, &change.applications);
        if proposed {
            confirming.push(Relation::Requester);
        }
        Self {
            reads: proposed || permitted(&caller.roles, Action::ReadChanges, &scope.reading(change.kind, &change.applications)),
            may_be_second: may_be_second(&scope.accounts, change.proposed_by.id, &change.named),
            proposer: Some(caller.identity) == change.proposed_by.id,
            confirming,
        }
    }

    /// Whether the caller may confirm or refuse it as it stands.
    #[must_use]
    pub fn may_confirm(&self, caller: &Caller, change: &ChangeRow) -> bool {
        self.may_be_second
            && matches!(change.life, ChangeLife::Proposed)
            && permitted(&caller.roles, Action::ConfirmChange, &self.confirming)
    }
}

/// Confirms or refuses a change as the second person. A confirmed change whose time has come is in
/// force with this very step.
///
/// # Errors
/// [`AppError::NotFound`] for those who may not see it; [`AppError::SeparationOfDuties`] for the
/// proposer, any other account of theirs, and whoever it makes an approver; [`AppError::Forbidden`];
/// [`AppError::NotPossible`] when it was decided already; [`AppError::Changed`] when the record has
/// moved on, and the change is then marked as overtaken.
pub async fn decide(base: &Base, caller: &Caller, id: ChangeId, confirm: bool, reason: &str) -> Result<(), UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    let change = lock(&mut work, id).await?.ok_or(AppError::NotFound)?;
    let scope = scope::of(&mut work, caller).await?;
    let standing = Standing::of(caller, &scope, &change);
    if !standing.reads {
        return Err(AppError::NotFound.into());
    }
    require(caller, Action::ConfirmChange, &standing.confirming)?;
    if !standing.may_be_second {
        return Err(AppError::SeparationOfDuties.into());
    }
    let reason = if confirm {
        Remark::parse_optional("reason", reason)?.map(|reason| reason.to_string()).unwrap_or_default()
    } else {
        Remark::parse("reason", reason, "Say why.")?.to_string()
    };
    let now = work.now();
    let by = Decided { by: caller.identity, at: now, reason: reason.clone() };
    let decided = if confirm { change.life.clone().confirm(by)? } else { change.life.clone().turn_down(by)? };
    if has_moved_on(&mut work, &change).await? {
        overtake_as_stale(&mut work, change).await?;
        work.commit().await?;
        return Err(AppError::Changed.into());
    }
    store::changes::set_life(work.conn(), id, &decided).await?;
    let kind = if confirm { EventKind::ChangeConfirmed } else { EventKind::ChangeRefused };
    let detail = if reason.is_empty() { change.number.clone() } else { reason };
    work.event(kind, "change", id.0, None, json!({ "number": change.number, "detail": detail })).await?;
    let change = ChangeRow { life: decided, ..change };
    if !confirm {
        telling::proposer(&mut work, &change, "was refused", "A second person said no, with a reason.").await?;
    } else if change.effective_at <= now {
        put_in_force(&mut work, base, change).await?;
    } else {
        let from = When::new(change.effective_at, &base.zone).text;
        telling::proposer(&mut work, &change, "was confirmed", &format!("It will be in force from {from}.")).await?;
    }
    work.commit().await
}

/// Takes a change back that is not in force yet.
///
/// # Errors
/// [`AppError::NotFound`] for those who may not see it; [`AppError::Forbidden`] for everybody but its
/// proposer; [`AppError::NotPossible`] once it is in force or given up.
pub async fn withdraw(base: &Base, caller: &Caller, id: ChangeId) -> Result<(), UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    let change = lock(&mut work, id).await?.ok_or(AppError::NotFound)?;
    let scope = scope::of(&mut work, caller).await?;
    let standing = Standing::of(caller, &scope, &change);
    if !standing.reads {
        return Err(AppError::NotFound.into());
    }
    if !standing.proposer {
        return Err(AppError::Forbidden.into());
    }
    let now = work.now();
    let withdrawn = change.life.clone().withdraw(Decided { by: caller.identity, at: now, reason: String::new() })?;
    store::changes::set_life(work.conn(), id, &withdrawn).await?;
    work.event(EventKind::ChangeWithdrawn, "change", id.0, None, json!({ "number": change.number, "detail": change.number })).await?;
    work.commit().await
}
