//! Whose account an order is about: what is known of it on record, and what becomes known.

use super::settling::Settling;
use crate::store;
use crate::store::release_steps::StepRow;
use crate::store::releases::ReleaseRow;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use connector::{Account, Actual, Before, Subject};
use domain::id::ConnectionId;
use domain::release::ReleaseKind;
use domain::saga::{AccountRead, StepOperation};
use serde_json::json;
use std::collections::BTreeMap;

/// Longest id of an account that is kept, in characters; accounts with longer ones are found by what they
/// are matched by.
const LONGEST_REFERENCE: usize = 500;

/// The person of a release as the machine behind a connection is told of them.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub(super) async fn subject(
    work: &mut Work<'_>,
    release: &ReleaseRow,
    connection: ConnectionId,
    steps: &[StepRow],
    attributes: &BTreeMap<String, String>,
) -> Result<Subject, UseCaseError> {
    let known = store::account_references::known(work.conn(), release.id, connection).await?;
    let was_absent = |step: &StepRow| {
        step.record.operation == StepOperation::ReadyAccount && before(step) == (Before::Account { state: Account::Absent })
    };
    // The release knows an account of its own where it planned to make one: it has made it.
    let made_for_release = known.as_ref().is_some_and(|account| account.own) && steps.iter().any(was_absent);
    let asked_as = steps.iter().find_map(|step| step.asked_as.clone());
    Ok(Subject {
        account: known.map(|account| account.reference),
        made_for_release,
        asked_as: asked_as.and_then(|asked| serde_json::from_value(asked).ok()).unwrap_or_default(),
        ..Subject::new(release.subject.0, attributes.clone())
    })
}

/// What a step found before it.
fn before(step: &StepRow) -> Before {
    serde_json::from_value(step.before.clone()).unwrap_or(Before::Unknown)
}

impl Settling<'_> {
    /// Keeps what the machine calls the account.
    pub(super) async fn keep_account(&self, work: &mut Work<'_>, account: Option<&str>) -> Result<(), UseCaseError> {
        let can_be_kept = |id: &&str| !id.is_empty() && id.chars().count() <= LONGEST_REFERENCE && !id.chars().any(char::is_control);
        let Some(id) = account.filter(can_be_kept) else { return Ok(()) };
        let now = work.now();
        Ok(store::account_references::set(work.conn(), self.release.id, Some((self.task.connection.id, id)), now).await?)
    }

    /// Keeps the account that a plan found. Where access is given and it found none, what the release knew
    /// of one is over; what is taken was in that one.
    pub(super) async fn keep_planned_account(&self, work: &mut Work<'_>, account: Option<&str>) -> Result<(), UseCaseError> {
        if account.is_none() && self.task.kind != ReleaseKind::Remove {
            let now = work.now();
            return Ok(store::account_references::set(work.conn(), self.release.id, None, now).await?);
        }
        self.keep_account(work, account).await
    }

    /// The account that a step was to make was there, made by others: it is on record as found in that
    /// state, and undoing leaves it so. Gives whether it could be used.
    pub(super) async fn keep_found(&self, work: &mut Work<'_>, position: usize, found: Option<Account>) -> Result<bool, UseCaseError> {
        let (Some(state), Some(step)) = (found.filter(|state| *state != Account::Absent), self.task.steps.get(position)) else {
            return Ok(false);
        };
        if step.record.operation != StepOperation::ReadyAccount || before(step) != (Before::Account { state: Account::Absent }) {
            return Ok(false);
        }
        let was_there = state == Account::Active;
        let found = json!(Before::Account { state });
        store::release_steps::correct_before(work.conn(), self.release.id, self.task.round, step.position, &found, was_there).await?;
        Ok(was_there)
    }

    /// The account, as a reading has it. That there is none says something only of one that is known to
    /// have been there: by its id, or because the plan found it, or something in it.
    pub(super) fn account_read(&self, actual: &Actual) -> AccountRead {
        let is_there =
            |before| matches!(before, Before::Account { state: Account::Active | Account::Inactive } | Before::Entitlement { held: true });
        match actual.account {
            Account::Active => AccountRead::Active,
            Account::Inactive => AccountRead::Closed,
            Account::Absent if self.task.order.subject.account.is_some() => AccountRead::Closed,
            Account::Absent if self.task.steps.iter().any(|step| is_there(before(step))) => AccountRead::Closed,
            Account::Absent => AccountRead::NeverKnown,
        }
    }
}
