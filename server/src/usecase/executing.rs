//! Carrying out a release: with evidence, by somebody who did not approve it, and, for what gives
//! access or lets it last longer, only after the gates were met again on fresh facts in this very
//! transaction (law 6).

mod activating;
pub mod checking;
mod extending;
mod removing;

use super::Base;
use super::carrying_out::Locked;
use super::error::UseCaseError;
use super::manual::{ByHand, Hands, due_at, evidence, hands, not_taken_by_another, opened, saying};
use super::notifying::{Notice, tell};
use super::withdrawing::{Kept, kept};
use super::work::Work;
use crate::store;
use crate::store::releases::ReleaseRow;
use crate::store::requests::RequestRow;
use app::error::AppError;
use app::releases::port::{Confirmation, Execution};
use checking::Checked;
use domain::actor::Caller;
use domain::event::EventKind;
use domain::gate::Evaluation;
use domain::id::{EventId, GrantId, IdempotencyKey, IdentityId, ReleaseId};
use domain::manual::{Evidence, Given, judge};
use domain::notification::NotificationKind;
use domain::permission::Role;
use domain::release::{Failure, ReleaseKind, ReleaseState, may_execute};
use jiff::Timestamp;
use serde_json::json;

/// One attempt to carry a release out, with everything about it locked.
struct Attempt<'a> {
    base: &'a Base,
    caller: &'a Caller,
    request: RequestRow,
    release: ReleaseRow,
    by_hand: Box<ByHand>,
    evidence: Evidence,
    /// Another person looks before it counts.
    second_look: bool,
    key: IdempotencyKey,
}

/// Carries a release out, or holds it and says why. The same key gives the same answer.
///
/// # Errors
/// [`AppError::NotFound`] for those who may not see it; [`AppError::SeparationOfDuties`];
/// [`AppError::TooEarly`]; [`AppError::ByMachine`]; [`AppError::Claimed`] while another operator has
/// it; [`AppError::Changed`], also when other instructions were shown; [`AppError::NotPossible`], also while
/// its opposite is under way;
/// [`AppError::Invalid`] at each piece of evidence that is missing.
pub async fn execute(
    base: &Base,
    caller: &Caller,
    id: ReleaseId,
    version: i32,
    confirmation: &Confirmation,
    key: IdempotencyKey,
) -> Result<Execution, UseCaseError> {
    let (mut work, Locked { request, release }) = opened(base, caller, id).await?;
    if let Some((attempted, outcome)) = store::releases::attempt_by_key(work.conn(), caller.identity, key).await? {
        // A key belongs to the page that it came with: the answer of another release is none for this one.
        return if attempted == id { Ok(answered(&outcome, &release)) } else { Err(AppError::Changed.into()) };
    }
    let Hands::People(by_hand) = hands(&mut work, &release).await? else { return Err(AppError::ByMachine.into()) };
    let files = store::release_evidence::waiting_files(work.conn(), id, caller.identity).await?;
    let given = Given { text: &confirmation.evidence, link: &confirmation.link, ticked: &confirmation.ticked, files: &files };
    let evidence = judge(&by_hand.settings, &given)?;
    if confirmation.shown_as != by_hand.shown_as() || release.version != version {
        return Err(AppError::Changed.into());
    }
    may_carry_out(&mut work, caller.identity, &release).await?;
    not_taken_by_another(&mut work, caller.identity, id).await?;
    let now = work.now();
    if store::kept_access::opposite_under_way(work.conn(), &release, now).await?.is_some() {
        return Err(AppError::NotPossible.into());
    }
    let tier = store::release_hands::tier(work.conn(), release.id).await?;
    let second_look = by_hand.settings.needs_second_look(tier);
    let attempt = Attempt { base, caller, request, release, by_hand, evidence, second_look, key };
    match attempt.release.kind {
        ReleaseKind::Activate => activating::activate(work, &attempt).await,
        ReleaseKind::Extend => extending::extend(work, &attempt).await,
        ReleaseKind::Remove => removing::remove(work, &attempt).await,
    }
}

/// Checks law 3 and the start of a release: no account of anybody who approved it and none of the
/// subject, of whoever answers for it, or of who joined the request carries it out, and nobody does
/// before its time.
///
/// # Errors
/// [`AppError::SeparationOfDuties`] or [`AppError::TooEarly`].
pub async fn may_carry_out(work: &mut Work<'_>, by: IdentityId, release: &ReleaseRow) -> Result<(), UseCaseError> {
    let now = work.now();
    lends_a_hand(work, by, release, now).await
}

/// The same for whoever lends a hand at another time: tries again, skips, rolls back, takes a second look.
///
/// # Errors
/// [`AppError::SeparationOfDuties`].
pub async fn not_of_those_concerned(work: &mut Work<'_>, by: IdentityId, release: &ReleaseRow) -> Result<(), UseCaseError> {
    lends_a_hand(work, by, release, release.not_before).await
}

async fn lends_a_hand(work: &mut Work<'_>, by: IdentityId, release: &ReleaseRow, at: Timestamp) -> Result<(), UseCaseError> {
    let (subject, approvers) = subject_and_approvers(work, release).await?;
    Ok(may_execute(by, &subject, &approvers, release.not_before, at)?)
}

/// Every account of those it is for and of whoever approved it: none of them lends a hand.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn concerned(work: &mut Work<'_>, release: &ReleaseRow) -> Result<Vec<IdentityId>, UseCaseError> {
    let (mut subject, approvers) = subject_and_approvers(work, release).await?;
    subject.extend(approvers);
    Ok(subject)
}

async fn subject_and_approvers(work: &mut Work<'_>, release: &ReleaseRow) -> Result<(Vec<IdentityId>, Vec<IdentityId>), UseCaseError> {
    let approved: Vec<IdentityId> =
        store::releases::approvals(work.conn(), release.request, release.revision).await?.into_iter().map(|approval| approval.by).collect();
    let approvers = store::identities::accounts_of(work.conn(), &approved).await?;
    let about = store::nominees::about(work.conn(), release.subject).await?.ok_or(AppError::NotFound)?;
    let joined = store::watchers::joined(work.conn(), release.request).await?;
    let subject: Vec<IdentityId> = [release.subject].into_iter().chain(about.answers_for).chain(joined).collect();
    let subject = store::identities::accounts_of(work.conn(), &subject).await?;
    Ok((subject, approvers))
}

/// The gates of a release as they stand now, with everything else that would hold it, for whoever is about
/// to carry it out by hand. Nothing for what takes access away: no gate stands before it.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub async fn gates(work: &mut Work<'_>, base: &Base, release: &ReleaseRow) -> Result<Option<Checked>, UseCaseError> {
    Ok(match release.kind {
        ReleaseKind::Activate => Some(activating::looked_over(work, base, release).await?.0),
        ReleaseKind::Extend => Some(extending::looked_over(work, base, release).await?.checked),
        ReleaseKind::Remove => None,
    })
}

impl Attempt<'_> {
    /// The release is carried out and proven by its evidence.
    async fn executed(&self, work: &mut Work<'_>, grant: GrantId, evaluation: Option<&Evaluation>) -> Result<(), UseCaseError> {
        let done = self.release.state.clone().activate_by_hand(self.caller.identity, work.now(), self.evidence.in_words())?;
        self.recorded(work, &done.close(None)?, Some(grant), evaluation).await
    }

    /// The release is carried out and waits for another person's look: nothing begins or ends yet.
    async fn done(&self, mut work: Work<'_>, evaluation: Option<&Evaluation>) -> Result<Execution, UseCaseError> {
        let release = &self.release;
        let done = release.state.clone().activate_by_hand(self.caller.identity, work.now(), self.evidence.in_words())?;
        self.recorded(&mut work, &done, None, evaluation).await?;
        let now = work.now();
        let due = due_at(&mut work, self.base, release.subject, release.entitlement, now).await?;
        store::release_hands::set_due(work.conn(), release.id, due).await?;
        work.commit().await?;
        Ok(Execution::WaitsForSecondLook)
    }

    /// State, attempt, evidence, the settings that it was done by, and the event; nobody has it any more.
    async fn recorded(
        &self,
        work: &mut Work<'_>,
        state: &ReleaseState,
        grant: Option<GrantId>,
        evaluation: Option<&Evaluation>,
    ) -> Result<(), UseCaseError> {
        let (now, release, by) = (work.now(), &self.release, self.caller.identity);
        let evaluation = evaluation.map(|evaluation| evaluation.id);
        store::releases::set_state(work.conn(), release.id, release.version, state, grant, now).await?;
        let mut carrying = store::release_steps::carrying(work.conn(), release.id).await?;
        carrying.connection = self.by_hand.connection;
        store::release_steps::set_carrying(work.conn(), release.id, &carrying).await?;
        store::release_hands::unclaim(work.conn(), release.id).await?;
        saying::says(work, release, by, true).await?;
        let attempt = work.id(EventId::new).0;
        store::releases::insert_attempt(work.conn(), attempt, release.id, by, now, true, evaluation, self.key).await?;
        evidence::record(work, release.id, by, attempt, &self.evidence).await?;
        let text = self.evidence.text.as_ref().map_or_else(String::new, ToString::to_string);
        let body = json!({ "number": release.number, "kind": release.kind.word(), "evaluation": evaluation.map(|id| id.to_string()), "second_look": self.second_look, "detail": text });
        work.event(EventKind::ReleaseExecuted, "release", release.id.0, Some(release.request), body).await
    }

    /// The attempt came to nothing: the release is held. Whoever confirms has done it already, so what they
    /// show and say stays on record: it may be there.
    async fn held(&self, mut work: Work<'_>, evaluation: &Evaluation, obstacles: Vec<String>) -> Result<Execution, UseCaseError> {
        let (now, release, by) = (work.now(), &self.release, self.caller.identity);
        // What is over is refused before anything is written.
        release.state.clone().hold(obstacles.clone())?;
        let attempt = work.id(EventId::new).0;
        store::releases::insert_attempt(work.conn(), attempt, release.id, by, now, false, Some(evaluation.id), self.key).await?;
        evidence::record(&mut work, release.id, by, attempt, &self.evidence).await?;
        saying::says(&mut work, release, by, true).await?;
        store::release_hands::set_may_be_there(work.conn(), release.id, by, now).await?;
        hold(work, &self.request, release, evaluation, obstacles.clone()).await?;
        Ok(Execution::Held { reasons: obstacles })
    }
}

/// Holds a release with its reasons and says so; nothing else changes. Commits.
///
/// # Errors
/// [`UseCaseError`] when it cannot be held any more or the database refuses.
pub async fn hold(
    mut work: Work<'_>,
    request: &RequestRow,
    release: &ReleaseRow,
    evaluation: &Evaluation,
    obstacles: Vec<String>,
) -> Result<(), UseCaseError> {
    let now = work.now();
    // A machine that was interrupted comes back to gates that are not met: what it did stands on record.
    let before = match release.state.clone() {
        under_way @ (ReleaseState::Gated | ReleaseState::AccountReady | ReleaseState::Activated { .. }) => {
            let said = obstacles.join(" ");
            under_way.fail(Failure { step: "gates".to_owned(), fault: "refused".to_owned(), said, at: now }, None)?
        }
        other => other,
    };
    let held = before.hold(obstacles.clone())?;
    store::releases::set_state(work.conn(), release.id, release.version, &held, None, now).await?;
    let body = json!({ "number": release.number, "evaluation": evaluation.id.to_string(), "detail": obstacles.join(" ") });
    work.event(EventKind::ReleaseHeld, "release", release.id.0, Some(release.request), body).await?;
    // Whoever waits for it, and whoever keeps the rules that hold it.
    let mut people = store::watchers::interested(work.conn(), release.request).await?;
    people.extend(store::roles::holders(work.conn(), Role::Compliance).await?);
    let (title, href) = (format!("{} is held: a rule is not met", request.number), app::paths::request(release.request));
    let body = match kept(&mut work, release.id).await? {
        Some(Kept::MayBeThere(_)) => "Somebody has done it by hand already, so it may be there. The reasons stand on the request.",
        Some(Kept::Touched) => "Something was done for it before, and may be there. The reasons stand on the request.",
        Some(Kept::InHand(_)) | None => "Nothing was carried out. The reasons stand on the request.",
    };
    let notice = Notice { kind: NotificationKind::Held, title: &title, body, href: &href, request: Some(release.request) };
    tell(&mut work, &people, &notice).await?;
    work.commit().await
}

/// The answer that an attempt had, once more.
fn answered(outcome: &str, release: &ReleaseRow) -> Execution {
    match (&release.state, outcome) {
        (ReleaseState::Activated { .. }, "executed") => Execution::WaitsForSecondLook,
        (_, "executed") => Execution::Executed,
        (ReleaseState::Held { reasons }, _) => Execution::Held { reasons: reasons.clone() },
        _ => Execution::Held { reasons: vec![] },
    }
}
