//! The call itself: outside of any transaction, never longer than allowed, and only for what the machine says
//! that it can.

use super::taking_on::{Purpose, Task};
use crate::usecase::Base;
use connector::{Actual, Applied, Connector, Exchanges, Fault, Plan, Undone};

/// What a call gave.
pub(super) enum Gave {
    Plan(Plan),
    Applied(Applied),
    Actual(Actual),
    Undone(Undone),
}

/// What came of a call.
pub(super) struct Outcome {
    pub gave: Result<Gave, Fault>,
    pub exchanges: Exchanges,
    pub took_ms: i64,
}

/// Makes the call.
pub(super) async fn call(base: &Base, task: &Task) -> Outcome {
    let began = base.system.micros();
    let mut exchanges = Exchanges::default();
    let within = base.machines.call_within();
    let gave = match tokio::time::timeout(within, ask(base, task, &mut exchanges)).await {
        Ok(gave) => gave,
        Err(_) => Err(Fault::Unclear { after: within }),
    };
    let took = base.system.micros().saturating_sub(began) / 1_000;
    Outcome { gave, exchanges, took_ms: i64::try_from(took).unwrap_or(i64::MAX) }
}

async fn ask(base: &Base, task: &Task, log: &mut Exchanges) -> Result<Gave, Fault> {
    let machine = base.machines.connector(&task.connection)?;
    by_its_word(machine.as_ref(), task, log).await
}

/// Asks a machine for nothing but what it says that it can, and believes nothing else of it.
async fn by_its_word(machine: &dyn Connector, task: &Task, log: &mut Exchanges) -> Result<Gave, Fault> {
    let can = machine.capabilities();
    let lost = || Fault::Garbled { why: "the step is not on record.".to_owned() };
    match task.purpose {
        Purpose::Plan => can.believe_plan(machine.plan(&task.order, log).await?).map(Gave::Plan),
        Purpose::ReadBack | Purpose::ReadUndone => {
            can.leave_to_read()?;
            machine.read_back(&task.order, log).await.map(Gave::Actual)
        }
        Purpose::Apply(position) => {
            let (step, row) = task.step(position).zip(task.steps.get(position)).ok_or_else(lost)?;
            can.believe_answer(machine.apply(&task.order, &step, row.key, log).await?).map(Gave::Applied)
        }
        Purpose::Undo(position) => {
            can.leave_to_undo()?;
            let (step, row) = task.step(position).zip(task.steps.get(position)).ok_or_else(lost)?;
            machine.undo(&task.order, &step, row.undo_key, log).await.map(Gave::Undone)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::connections::{ConnectionRow, OrderFacts};
    use crate::store::release_steps::StepRow;
    use async_trait::async_trait;
    use connector::{Account, Before, Capabilities, Change, Entitlement, Operation, Order, Step, Subject, Tested};
    use domain::id::{ConnectionId, ReleaseId};
    use domain::release::ReleaseKind;
    use domain::saga::{StepOperation, StepRecord, StepState};
    use serde_json::json;
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::atomic::{AtomicU32, Ordering};
    use uuid::Uuid;

    /// A machine that does whatever it is asked, whatever it says that it can, and answers later.
    struct Willing {
        says: Capabilities,
        asked: AtomicU32,
    }

    impl Willing {
        fn that_says(can: bool) -> Self {
            let says = Capabilities { accounts: can, reads_back: can, undoes: can, answers_later: can };
            Self { says, asked: AtomicU32::new(0) }
        }

        /// Asks it for something: the word of what went wrong, and how often it was asked.
        async fn comes_to(&self, purpose: Purpose) -> (Option<&'static str>, u32) {
            let gave = by_its_word(self, &task(purpose), &mut Exchanges::default()).await;
            (gave.err().map(|fault| fault.word()), self.asked.load(Ordering::Relaxed))
        }

        fn count(&self) {
            self.asked.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[async_trait]
    impl Connector for Willing {
        fn capabilities(&self) -> Capabilities {
            self.says
        }

        async fn test(&self, _: &mut Exchanges) -> Result<Tested, Fault> {
            Ok(Tested { findings: vec![] })
        }

        async fn plan(&self, _: &Order, _: &mut Exchanges) -> Result<Plan, Fault> {
            self.count();
            let ready = Step { operation: Operation::ReadyAccount, before: Before::Unknown, needed: true };
            Ok(Plan { steps: vec![ready], account: None })
        }

        async fn apply(&self, _: &Order, _: &Step, _: Uuid, _: &mut Exchanges) -> Result<Applied, Fault> {
            self.count();
            Ok(Applied::Awaited { reference: "JOB-1".to_owned() })
        }

        async fn read_back(&self, _: &Order, _: &mut Exchanges) -> Result<Actual, Fault> {
            self.count();
            Ok(Actual { account: Account::Active, account_id: None, entitlements: BTreeSet::new() })
        }

        async fn undo(&self, _: &Order, _: &Step, _: Uuid, _: &mut Exchanges) -> Result<Undone, Fault> {
            self.count();
            Ok(Undone::default())
        }
    }

    fn task(purpose: Purpose) -> Task {
        let (id, word) = (Uuid::nil(), |text: &str| text.to_owned());
        let connection = ConnectionRow {
            id: ConnectionId(id),
            version: 1,
            code: word("hook"),
            name: word("Hook"),
            connector: word("webhook"),
            settings: json!({}),
            secret: None,
            secret_entered_for: None,
        };
        let order = Order {
            release: id,
            number: word("REL-2026-000001"),
            change: Change::Give,
            subject: Subject::new(id, BTreeMap::new()),
            entitlement: Entitlement { id, reference: word("reader"), name: word("Reader") },
            last: false,
        };
        let facts =
            OrderFacts { attributes: BTreeMap::new(), name: word("Reader"), reference: word("reader"), others: vec![], last: false };
        let step = StepRow {
            position: 0,
            record: StepRecord { operation: StepOperation::Give, state: StepState::Begun, was_there: false },
            before: json!(Before::Unknown),
            key: id,
            undo_key: id,
            reference: None,
            asked_as: None,
            began_at: None,
            ended_at: None,
        };
        let (release, kind, steps) = (ReleaseId(id), ReleaseKind::Activate, vec![step]);
        Task { release, kind, fence: 1, round: 1, call: id, purpose, connection, order, facts, steps }
    }

    #[tokio::test]
    async fn a_machine_is_asked_for_what_it_says_that_it_can_and_believed_no_more() {
        for (purpose, otherwise) in [
            (Purpose::Plan, (Some("garbled"), 1)),
            (Purpose::Apply(0), (Some("garbled"), 1)),
            (Purpose::ReadBack, (Some("refused"), 0)),
            (Purpose::ReadUndone, (Some("refused"), 0)),
            (Purpose::Undo(0), (Some("refused"), 0)),
        ] {
            assert_eq!(Willing::that_says(true).comes_to(purpose).await, (None, 1), "{purpose:?}");
            assert_eq!(Willing::that_says(false).comes_to(purpose).await, otherwise, "{purpose:?}");
        }
    }
}
