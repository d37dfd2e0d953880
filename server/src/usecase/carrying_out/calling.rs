//! The call itself: outside of any transaction, never longer than allowed.

use super::taking_on::{Purpose, Task};
use crate::usecase::Base;
use connector::{Actual, Applied, Exchanges, Fault, Plan, Undone};

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
    let lost = || Fault::Garbled { why: "the step is not on record.".to_owned() };
    match task.purpose {
        Purpose::Plan => machine.plan(&task.order, log).await.map(Gave::Plan),
        Purpose::ReadBack | Purpose::ReadUndone => machine.read_back(&task.order, log).await.map(Gave::Actual),
        Purpose::Apply(position) => {
            let (step, row) = task.step(position).zip(task.steps.get(position)).ok_or_else(lost)?;
            machine.apply(&task.order, &step, row.key, log).await.map(Gave::Applied)
        }
        Purpose::Undo(position) => {
            let (step, row) = task.step(position).zip(task.steps.get(position)).ok_or_else(lost)?;
            machine.undo(&task.order, &step, row.undo_key, log).await.map(Gave::Undone)
        }
    }
}
