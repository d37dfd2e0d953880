//! The trait that every connector implements.

use crate::exchange::Exchanges;
use crate::fault::Fault;
use crate::order::{Account, Actual, Operation, Order, Plan, Step};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a connector says that it can do. Nothing else is asked of it, and nothing else is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// It makes accounts and closes them; otherwise accounts are there already.
    pub accounts: bool,
    /// It says what is there. Without it nothing is proven, and a person looks.
    pub reads_back: bool,
    /// It can undo.
    pub undoes: bool,
    /// It may answer later ([`Applied::Awaited`]).
    pub answers_later: bool,
}

impl Capabilities {
    /// Leave to ask what is there.
    ///
    /// # Errors
    /// [`Fault::Refused`] where it does not say.
    pub fn leave_to_read(self) -> Result<(), Fault> {
        if self.reads_back {
            return Ok(());
        }
        Err(Fault::Refused { said: "This connection does not say what is there; somebody has to look.".to_owned() })
    }

    /// Leave to have a step undone.
    ///
    /// # Errors
    /// [`Fault::Refused`] where it does not undo.
    pub fn leave_to_undo(self) -> Result<(), Fault> {
        if self.undoes {
            return Ok(());
        }
        Err(Fault::Refused { said: "This connection does not undo; somebody has to do it by hand.".to_owned() })
    }

    /// A plan of its making, where it can carry that out.
    ///
    /// # Errors
    /// [`Fault::Garbled`] for a step on an account where it makes none.
    pub fn believe_plan(self, plan: Plan) -> Result<Plan, Fault> {
        let on_account = |step: &Step| matches!(step.operation, Operation::ReadyAccount | Operation::CloseAccount);
        if self.accounts || !plan.steps.iter().any(on_account) {
            return Ok(plan);
        }
        Err(Fault::Garbled { why: "it plans to make or close an account, but this connection is not set to do that.".to_owned() })
    }

    /// What it says came of a step, where it may say that.
    ///
    /// # Errors
    /// [`Fault::Garbled`] when it announces an answer and may not answer later.
    pub fn believe_answer(self, applied: Applied) -> Result<Applied, Fault> {
        if self.answers_later || !matches!(applied, Applied::Awaited { .. }) {
            return Ok(applied);
        }
        Err(Fault::Garbled { why: "it says that the outcome follows, but this connection is not set to answer later.".to_owned() })
    }
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "applied", rename_all = "snake_case")]
pub enum Applied {
    /// It is done, says the other side.
    Done {
        /// The account's id over there, when it is known.
        account: Option<String>,
        /// The state of an account that was to be made ready and is not of our making: it was found.
        /// Where the plan found none, undoing leaves it in this state.
        found: Option<Account>,
    },
    /// The other side took it on and will say later what came of it.
    Awaited {
        /// How it names the matter.
        reference: String,
    },
}

/// What came of undoing a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Undone {
    /// The state of an account that was to be removed and is not of our making: it was left as it is.
    pub left: Option<Account>,
}

/// What a test of the settings found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tested {
    /// One sentence for each thing that was looked at, with whether it is well.
    pub findings: Vec<(bool, String)>,
}

/// Time for measuring, and nothing else from the machine: rules get times as parameters.
pub trait Surroundings: Send + Sync {
    /// Microseconds of a clock that never goes back.
    fn micros(&self) -> u64;
    /// The time of day, in seconds since 1970, for signed messages.
    fn unix_seconds(&self) -> i64;
}

/// A way to reach one machine, with settings and secret.
#[async_trait]
pub trait Connector: Send + Sync {
    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// Whether the settings work; changes nothing over there.
    ///
    /// # Errors
    /// [`Fault`] when nothing at all could be found out.
    async fn test(&self, log: &mut Exchanges) -> Result<Tested, Fault>;

    /// Reads what is there and says what has to be done.
    ///
    /// # Errors
    /// [`Fault`]; nothing was changed.
    async fn plan(&self, order: &Order, log: &mut Exchanges) -> Result<Plan, Fault>;

    /// Does one step. Calling it again with the same `key` has no further effect.
    ///
    /// # Errors
    /// [`Fault`]; only [`Fault::Unclear`], [`Fault::Broken`] and [`Fault::Garbled`] leave it open
    /// whether the step was done.
    async fn apply(&self, order: &Order, step: &Step, key: Uuid, log: &mut Exchanges) -> Result<Applied, Fault>;

    /// Says what is there, asking the other side anew.
    ///
    /// # Errors
    /// [`Fault`]; nothing was changed.
    async fn read_back(&self, order: &Order, log: &mut Exchanges) -> Result<Actual, Fault>;

    /// Brings a step back to what was found before it. Calling it again has no further effect.
    ///
    /// # Errors
    /// [`Fault`], as [`Connector::apply`].
    async fn undo(&self, order: &Order, step: &Step, key: Uuid, log: &mut Exchanges) -> Result<Undone, Fault>;
}
