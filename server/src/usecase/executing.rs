//! Carrying out a release: with evidence, by somebody who did not approve it, and, for what gives
//! access or lets it last longer, only after the gates were met again on fresh facts in this very
//! transaction (law 6).

mod activating;
mod checking;
mod extending;
mod removing;

use super::Base;
use super::authorise::require_or_hide;
use super::error::UseCaseError;
use super::notifying::{Notice, tell};
use super::work::Work;
use crate::store;
use crate::store::releases::ReleaseRow;
use crate::store::requests::RequestRow;
use app::error::AppError;
use app::releases::port::Execution;
use domain::actor::Caller;
use domain::event::EventKind;
use domain::gate::Evaluation;
use domain::id::{EventId, GrantId, IdempotencyKey, IdentityId, ReleaseId};
use domain::notification::NotificationKind;
use domain::permission::{Action, Role};
use domain::release::{ReleaseKind, ReleaseState, may_execute};
use domain::text::Remark;
use serde_json::json;

/// One attempt to carry a release out, with everything about it locked.
struct Attempt<'a> {
    base: &'a Base,
    caller: &'a Caller,
    request: RequestRow,
    release: ReleaseRow,
    evidence: Remark,
    key: IdempotencyKey,
}

/// Carries a release out, or holds it and says why. The same key gives the same answer.
///
/// # Errors
/// [`AppError::NotFound`] for those who may not see it; [`AppError::SeparationOfDuties`];
/// [`AppError::TooEarly`]; [`AppError::Changed`]; [`AppError::Invalid`] without evidence.
pub async fn execute(
    base: &Base,
    caller: &Caller,
    id: ReleaseId,
    version: i32,
    evidence: &str,
    key: IdempotencyKey,
) -> Result<Execution, UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    let seen = store::releases::find(work.conn(), id, false).await?.ok_or(AppError::NotFound)?;
    let relations = store::requests::relations(work.conn(), seen.request, caller.identity).await?;
    require_or_hide(caller, Action::ExecuteRelease, Action::ReadRelease, &relations)?;
    // Lock order everywhere: person, request, release.
    store::facts::lock_person(work.conn(), seen.subject).await?;
    let request = store::requests::find(work.conn(), seen.request, true).await?.ok_or(AppError::NotFound)?;
    let release = store::releases::find(work.conn(), id, true).await?.ok_or(AppError::NotFound)?;
    if let Some((_, outcome)) = store::releases::attempt_by_key(work.conn(), caller.identity, key).await? {
        return Ok(if outcome == "executed" { Execution::Executed } else { Execution::Held { reasons: reasons(&release) } });
    }
    let evidence = Remark::parse("evidence", evidence, "Say what shows that the change was made.")?;
    if release.version != version {
        return Err(AppError::Changed.into());
    }
    may_carry_out(&mut work, caller.identity, &release).await?;
    let attempt = Attempt { base, caller, request, release, evidence, key };
    match attempt.release.kind {
        ReleaseKind::Activate => activating::activate(work, &attempt).await,
        ReleaseKind::Extend => extending::extend(work, &attempt).await,
        ReleaseKind::Remove => removing::remove(work, &attempt).await,
    }
}

/// Checks law 3 and the start of a release: no account of anybody who approved it and none of the
/// subject carries it out, and nobody does before its time.
///
/// # Errors
/// [`AppError::SeparationOfDuties`] or [`AppError::TooEarly`].
pub async fn may_carry_out(work: &mut Work<'_>, by: IdentityId, release: &ReleaseRow) -> Result<(), UseCaseError> {
    let approved: Vec<IdentityId> =
        store::releases::approvals(work.conn(), release.request, release.revision).await?.into_iter().map(|approval| approval.by).collect();
    let approvers = store::releases::accounts_of(work.conn(), &approved).await?;
    let subject = store::releases::accounts_of(work.conn(), &[release.subject]).await?;
    Ok(may_execute(by, &subject, &approvers, release.not_before, work.now())?)
}

impl Attempt<'_> {
    /// The release is carried out: its state, the attempt, its event.
    async fn executed(&self, work: &mut Work<'_>, grant: GrantId, evaluation: Option<&Evaluation>) -> Result<(), UseCaseError> {
        let (now, release) = (work.now(), &self.release);
        let evaluation = evaluation.map(|evaluation| evaluation.id);
        let executed = release.state.clone().execute(self.caller.identity, now, self.evidence.to_string())?;
        store::releases::set_state(work.conn(), release.id, release.version, &executed, Some(grant), now).await?;
        let attempt = work.id(EventId::new).0;
        store::releases::insert_attempt(work.conn(), attempt, release.id, self.caller.identity, now, true, evaluation, self.key).await?;
        let body = json!({ "number": release.number, "kind": release.kind.word(), "evaluation": evaluation.map(|id| id.to_string()), "detail": self.evidence.as_str() });
        work.event(EventKind::ReleaseExecuted, "release", release.id.0, Some(release.request), body).await
    }

    /// The release is held with its reasons; nothing else changes.
    async fn held(&self, mut work: Work<'_>, evaluation: &Evaluation, obstacles: Vec<String>) -> Result<Execution, UseCaseError> {
        let (now, release) = (work.now(), &self.release);
        let held = release.state.clone().hold(obstacles.clone())?;
        store::releases::set_state(work.conn(), release.id, release.version, &held, None, now).await?;
        let attempt = work.id(EventId::new).0;
        store::releases::insert_attempt(work.conn(), attempt, release.id, self.caller.identity, now, false, Some(evaluation.id), self.key)
            .await?;
        let body = json!({ "number": release.number, "evaluation": evaluation.id.to_string(), "detail": obstacles.join(" ") });
        work.event(EventKind::ReleaseHeld, "release", release.id.0, Some(release.request), body).await?;
        // Whoever waits for it, and whoever keeps the rules that hold it.
        let mut people = store::watchers::interested(work.conn(), release.request).await?;
        people.extend(store::roles::holders(work.conn(), Role::Compliance).await?);
        let (title, href) = (format!("{} is held: a rule is not met", self.request.number), app::paths::request(release.request));
        let notice = Notice {
            kind: NotificationKind::Held,
            title: &title,
            body: "Nothing was carried out. The reasons stand on the request.",
            href: &href,
            request: Some(release.request),
        };
        tell(&mut work, &people, &notice).await?;
        work.commit().await?;
        Ok(Execution::Held { reasons: obstacles })
    }
}

fn reasons(release: &ReleaseRow) -> Vec<String> {
    match &release.state {
        ReleaseState::Held { reasons } => reasons.clone(),
        ReleaseState::Planned | ReleaseState::Executed { .. } | ReleaseState::Cancelled => vec![],
    }
}
