//! What a reading says of what was undone: nothing is left of it, or it was not undone.

use super::{Settling, new_key, rolled_back};
use crate::store;
use crate::store::kept_access::Support;
use crate::store::release_steps::StepRow;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use connector::{Account, Actual, Before, Retry};
use domain::release::Failure;
use domain::saga::{self, StepOperation, StepState};

impl Settling<'_> {
    /// Something was read after everything was undone: nothing is left, or what is left is undone again.
    pub(super) async fn read_undone(&mut self, work: &mut Work<'_>, actual: &Actual) -> Result<(), UseCaseError> {
        self.compare(work, &self.task.facts.others, actual).await?;
        let records: Vec<_> = self.task.steps.iter().map(|step| step.record).collect();
        let mut left = Vec::new();
        for (position, _) in saga::undone(&records) {
            let Some(step) = self.task.steps.get(position) else { continue };
            if self.is_left(work, step, actual).await? {
                left.push((position, step.record));
            }
        }
        // Undoing goes backwards, so what comes last was undone first. What a machine undid is undone again before
        // people look once more at what they did.
        let (by_machine, by_hand): (Vec<_>, Vec<_>) = left.into_iter().partition(|(_, step)| step.state == StepState::Undone);
        let Some((_, first)) = by_machine.last().or(by_hand.last()) else {
            return rolled_back(work, &self.release, self.carrying, Some(self.gone_in_words(actual))).await;
        };
        let what = match first.operation {
            StepOperation::ReadyAccount | StepOperation::CloseAccount => "the account can still be used",
            StepOperation::Give | StepOperation::Take => "the access is still there",
        };
        let failure = |who: &str, fault: &str| Failure {
            step: "read_back".to_owned(),
            fault: fault.to_owned(),
            said: format!("{who} that it was taken back, but {what}."),
            at: work.now(),
        };
        if by_machine.is_empty() {
            let failure = failure("Two people say", "by_hand");
            return self.setback().stick(work, failure, 0).await;
        }
        let failure = failure("The machine says", "still_there");
        for (position, _) in by_machine {
            self.step(work, position, StepState::UndoFailed, None).await?;
            let place = i32::try_from(position).unwrap_or(i32::MAX);
            store::release_steps::renew_undo_key(work.conn(), self.release.id, self.task.round, place, new_key(self.base)).await?;
        }
        self.setback().undo_failed(work, failure, Retry::Later).await
    }

    /// Whether what a step did is there although it is said to be undone. What other access rests on by
    /// now is there for that; what was found before is not known of every machine.
    async fn is_left(&self, work: &mut Work<'_>, step: &StepRow, actual: &Actual) -> Result<bool, UseCaseError> {
        let (there, support) = match step.record.operation {
            StepOperation::Give => (actual.entitlements.contains(&self.task.order.entitlement.reference), Support::Entitlement),
            StepOperation::ReadyAccount => {
                let before: Before = serde_json::from_value(step.before.clone()).unwrap_or(Before::Unknown);
                let was_closed = matches!(before, Before::Account { state: Account::Absent | Account::Inactive });
                (was_closed && actual.account == Account::Active, Support::Account)
            }
            // Access that is on its way out does not come back.
            StepOperation::Take | StepOperation::CloseAccount => return Ok(false),
        };
        Ok(there && store::kept_access::rests_on(work.conn(), self.release.id, support).await?.is_none())
    }

    fn gone_in_words(&self, actual: &Actual) -> String {
        let reference = &self.task.order.entitlement.reference;
        let there = if actual.entitlements.contains(reference) { "is there for other access" } else { "is gone" };
        let account = match actual.account {
            Account::Absent => "there is no account",
            Account::Inactive => "the account cannot be used",
            Account::Active => "the account is as it was, or serves other access",
        };
        format!("Read back through {}: {reference} {there}; {account}.", self.task.connection.name)
    }
}
