//! What a reading says: it proves the release, and what it was for begins, or it does not.

use super::{Settling, new_key};
use crate::store;
use crate::store::kept_access::Support;
use crate::store::release_steps::{Carrying, StepRow};
use crate::usecase::carrying_out::taking_on::gone;
use crate::usecase::error::UseCaseError;
use crate::usecase::executing::checking;
use crate::usecase::proven;
use crate::usecase::work::Work;
use connector::{Account, Actual, Before, Retry};
use domain::event::EventKind;
use domain::grant;
use domain::release::{Failure, ReleaseKind, ReleaseState};
use domain::saga::{self, AccountRead, StepOperation, StepState};
use serde_json::json;

/// Access that a machine never showed: that it does not show it says nothing.
const NEVER_SHOWN: &str = "This access was confirmed by two people because the machine did not show it, so that the machine does not show it now says nothing. Two people have to say that it is gone.";

/// A removal of which the machine says nothing.
const NO_ACCOUNT: &str = "The machine knows no account of this person, so it cannot say that the access is gone.";

impl Settling<'_> {
    /// Something was read: it proves the release, or it does not.
    pub(super) async fn read(&mut self, work: &mut Work<'_>, actual: &Actual) -> Result<(), UseCaseError> {
        let reference = self.task.order.entitlement.reference.clone();
        let mut planned = self.task.facts.others.clone();
        if self.task.kind != ReleaseKind::Remove {
            planned.push(reference.clone());
            planned.sort();
        }
        self.compare(work, &planned, actual).await?;
        if !self.task.order.subject.made_for_release {
            self.keep_account(work, actual.account_id.as_deref()).await?;
        }
        let still_open = self.still_open(work, actual).await?;
        let account = self.account_read(actual);
        let proves = !still_open && saga::proves(self.task.kind, &reference, account, &actual.entitlements);
        let never_shown = proves && self.never_shown(work).await?;
        if proves && !never_shown {
            self.activate(work).await?;
            return self.prove(work).await;
        }
        let (fault, said, retry) = match self.task.kind {
            // Nothing that a machine could do about it; a person looks.
            _ if never_shown => ("never_shown", NEVER_SHOWN, Retry::No),
            ReleaseKind::Remove if account == AccountRead::NeverKnown => ("no_account", NO_ACCOUNT, Retry::No),
            kind => ("not_there", differs(kind, actual, still_open), Retry::Later),
        };
        let release = self.release.id;
        for (position, step) in self.task.steps.iter().enumerate() {
            match step.record.state {
                // What a machine said of it is not so: it is asked anew, by a key that it does not know.
                StepState::Done => {
                    self.step(work, position, StepState::Failed, None).await?;
                    let key = new_key(self.base);
                    store::release_steps::renew_key(work.conn(), release, self.task.round, step.position, key).await?;
                }
                StepState::NotNeeded => self.step(work, position, StepState::Waiting, None).await?,
                _ => {}
            }
        }
        let failure = Failure { step: "read_back".to_owned(), fault: fault.to_owned(), said: said.to_owned(), at: work.now() };
        self.setback().fail(work, failure, retry).await
    }

    /// Puts on record what should be there by now, what is, and how they differ.
    pub(super) async fn compare(&self, work: &mut Work<'_>, planned: &[String], actual: &Actual) -> Result<(), UseCaseError> {
        let found: Vec<String> = actual.entitlements.iter().cloned().collect();
        let found = store::connections::as_planned(work.conn(), self.task.connection.id, planned, &found).await?;
        let differs = saga::variance(planned.iter().map(String::as_str), found.iter().map(String::as_str));
        let variance = json!({ "missing": differs.missing, "unexpected": differs.unexpected });
        let (planned, found) = (json!(planned), json!(actual.entitlements));
        Ok(store::release_steps::set_variance(work.conn(), self.release.id, &planned, &found, &variance).await?)
    }

    /// The release is proven: it is closed, and what it was for begins.
    async fn prove(&mut self, work: &mut Work<'_>) -> Result<(), UseCaseError> {
        let now = work.now();
        let ReleaseState::Activated { at, .. } = self.release.state else { return Err(gone().into()) };
        let proof = format!("Read back through {}: {}.", self.task.connection.name, self.read_in_words());
        let closed = self.release.state.clone().close(Some(proof.clone()))?;
        let (base, request, release) = (self.base, &self.request, &self.release);
        match self.task.kind {
            ReleaseKind::Activate => {
                let replaced = proven::replaced(work, release).await?;
                let ends_at = checking::approved_period(work, release).await?.ends_at(&base.zone);
                if ends_at.is_some_and(|end| end <= at) {
                    return self.too_late(work).await;
                }
                let grant = proven::begin_grant(work, base, release, at, ends_at).await?;
                store::releases::set_state(work.conn(), release.id, release.version, &closed, Some(grant), now).await?;
                self.event(work, EventKind::ReleaseVerified, &proof).await?;
                proven::access_began(work, base, request, release, grant, ends_at, &replaced).await?;
            }
            ReleaseKind::Remove => {
                let grant = proven::end_grant(work, release).await?;
                store::releases::set_state(work.conn(), release.id, release.version, &closed, Some(grant), now).await?;
                self.event(work, EventKind::ReleaseVerified, &proof).await?;
                proven::access_ended(work, request, release, grant).await?;
            }
            ReleaseKind::Extend => {
                let held = proven::extended_grant(work, release).await?;
                let approved = checking::approved_period(work, release).await?.ends_at(&base.zone);
                match grant::extend(&held.state, approved, now) {
                    Ok(ends_at) => {
                        store::grants::move_end(work.conn(), &held, request.id, ends_at, now).await?;
                        store::releases::set_state(work.conn(), release.id, release.version, &closed, Some(held.id), now).await?;
                        self.event(work, EventKind::ReleaseVerified, &proof).await?;
                        proven::end_moved(work, base, request, release, &held, ends_at).await?;
                    }
                    Err(reason) => {
                        let failure =
                            Failure { step: "read_back".to_owned(), fault: "refused".to_owned(), said: reason.to_string(), at: now };
                        return self.setback().fail(work, failure, Retry::No).await;
                    }
                }
            }
        }
        let carrying = Carrying { worked_until: None, tries: 0, ..self.carrying };
        Ok(store::release_steps::set_carrying(work.conn(), self.release.id, &carrying).await?)
    }

    fn read_in_words(&self) -> String {
        let reference = &self.task.order.entitlement.reference;
        match self.task.kind {
            ReleaseKind::Remove => format!("{reference} is gone"),
            ReleaseKind::Activate | ReleaseKind::Extend => format!("{reference} is there on an active account"),
        }
    }

    /// Whether an account that was closed can still be used. One on which other access rests by now was
    /// made ready again for that.
    async fn still_open(&self, work: &mut Work<'_>, actual: &Actual) -> Result<bool, UseCaseError> {
        let closed = |step: &StepRow| step.record.operation == StepOperation::CloseAccount && step.record.state == StepState::Done;
        Ok(actual.account == Account::Active
            && self.task.steps.iter().any(closed)
            && store::kept_access::rests_on(work.conn(), self.release.id, Support::Account).await?.is_none())
    }

    /// Whether a machine says that access is gone which it did not show when it was given, nor before it
    /// was taken.
    async fn never_shown(&self, work: &mut Work<'_>) -> Result<bool, UseCaseError> {
        let shown =
            |step: &StepRow| step.record.operation == StepOperation::Take && step.before == json!(Before::Entitlement { held: true });
        Ok(self.task.kind == ReleaseKind::Remove
            && !self.task.steps.iter().any(shown)
            && store::release_skips::proved_what_is_removed(work.conn(), self.release.id).await?)
    }

    /// Given after its approved period was over: it is taken back at once.
    async fn too_late(&mut self, work: &mut Work<'_>) -> Result<(), UseCaseError> {
        let said = "The approved period ended before the access could be proven.".to_owned();
        let failure = Failure { step: "read_back".to_owned(), fault: "too_late".to_owned(), said, at: work.now() };
        self.setback().take_back(work, failure).await
    }
}

/// How what was read is not what the release was for.
fn differs(kind: ReleaseKind, actual: &Actual, still_open: bool) -> &'static str {
    match kind {
        ReleaseKind::Remove if still_open => "The machine says that it is done, but the account can still be used.",
        ReleaseKind::Remove => "The machine says that it is done, but the access is still there.",
        ReleaseKind::Activate if actual.account != Account::Active => "The machine says that it is done, but the account cannot be used.",
        ReleaseKind::Activate => "The machine says that it is done, but the access is not there.",
        ReleaseKind::Extend => "The access that would last longer is not there.",
    }
}
