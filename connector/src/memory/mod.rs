//! The in-memory connector: a directory inside this process that can be told to fail.
//!
//! The test suite and the demonstration use it. It behaves like a real machine in what matters: each
//! step has two parts between which it can stop, reading can be stale, and it counts what really
//! happened apart from how often it was called.

mod directory;
mod held;
mod trouble;

pub use directory::{Call, Directory, Person, Standing};
pub use held::{Held, Point};
pub use trouble::{Moment, Trouble};

use crate::connector::{Applied, Capabilities, Connector, Surroundings, Tested, Undone};
use crate::exchange::{Exchange, Exchanges};
use crate::fault::Fault;
use crate::order::{Account, Actual, Before, Change, Operation, Order, Plan, Step};
use async_trait::async_trait;
use directory::{How, Target, Whereabouts};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// What becomes of an account without access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// It stays as it is.
    Keep,
    /// It is made inactive.
    Deactivate,
    /// It is removed.
    Remove,
}

/// Whether giving goes wrong, so that somebody can watch what happens then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stumbles {
    /// Only what a script says.
    #[default]
    Never,
    /// Each release is refused when it gives for the first time.
    AtFirst,
}

/// Settings of the connector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemorySettings {
    /// The attribute that an account is found by.
    pub matching: String,
    /// Whether accounts are made and closed; otherwise they are there already.
    pub accounts: bool,
    /// What becomes of an account whose last access was taken.
    pub closing: Closing,
    /// Whether it refuses by itself.
    #[serde(default)]
    pub stumbles: Stumbles,
}

impl Default for MemorySettings {
    /// Accounts found by `login`, made, and deactivated in the end.
    fn default() -> Self {
        Self { matching: "login".to_owned(), accounts: true, closing: Closing::Deactivate, stumbles: Stumbles::Never }
    }
}

impl MemorySettings {
    /// What the directory can do.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        Capabilities { accounts: self.accounts, reads_back: true, undoes: true, answers_later: false }
    }
}

/// A connector to a [`Directory`].
pub struct MemoryConnector {
    directory: Directory,
    settings: MemorySettings,
    surroundings: Arc<dyn Surroundings>,
}

impl MemoryConnector {
    /// A way to a directory that others may use at the same time.
    #[must_use]
    pub fn new(directory: Directory, settings: MemorySettings, surroundings: Arc<dyn Surroundings>) -> Self {
        Self { directory, settings, surroundings }
    }

    fn whereabouts<'a>(&self, order: &'a Order) -> Result<Whereabouts<'a>, Fault> {
        let subject = &order.subject;
        let before = subject.asked_as.get(&self.settings.matching).map(String::as_str);
        let [before, today] = [before, subject.attribute(&self.settings.matching)].map(|value| value.filter(|value| !value.is_empty()));
        // What the person was called before may be what somebody else is called by now.
        let ours =
            |login: &&str| self.directory.person(login).is_some_and(|person| Self::of_others(&self.directory, order, &person).is_none());
        let before = before.filter(ours);
        let at = Whereabouts { id: subject.account.as_deref(), before, today };
        if at.id.or(before).or(today).is_some() { Ok(at) } else { Err(self.unmatched()) }
    }

    fn unmatched(&self) -> Fault {
        Fault::Misconfigured {
            field: "matching",
            why: format!("this person has no “{}”, by which accounts are found.", self.settings.matching),
        }
    }

    /// The state of an account that others made.
    fn of_others(directory: &Directory, order: &Order, person: &Person) -> Option<Account> {
        let ours = directory.is_made_for(&person.id, order.subject.identity) || order.subject.is_made_for_release(&person.id);
        (!ours).then_some(person.state)
    }

    fn closed(&self) -> Option<Account> {
        match self.settings.closing {
            Closing::Keep => None,
            Closing::Deactivate => Some(Account::Inactive),
            Closing::Remove => Some(Account::Absent),
        }
    }

    /// What a step aims at; none when there is nothing to do.
    fn aim(&self, operation: Operation) -> Option<Target> {
        match operation {
            Operation::ReadyAccount => Some(Target::Account(Account::Active)),
            Operation::Give => Some(Target::Entitlement(true)),
            Operation::Take => Some(Target::Entitlement(false)),
            Operation::CloseAccount => self.closed().map(Target::Account),
        }
    }

    /// Makes one call: notes it down, stumbles where it was told to, and lets `act` do the work.
    async fn call<T>(
        &self,
        moment: Moment,
        about: Option<(&Order, Option<Uuid>)>,
        log: &mut Exchanges,
        act: impl FnOnce(&Directory, How) -> Result<(T, Value), Fault> + Send,
    ) -> Result<T, Fault> {
        let release = about.map(|(order, _)| order.release);
        let start = self.surroundings.micros();
        let place = log.0.len();
        log.0.push(Exchange {
            purpose: moment.word().to_owned(),
            method: "memory".to_owned(),
            address: "memory:directory".to_owned(),
            request: about.map(|(order, key)| {
                json!({
                    "release": order.number,
                    "account": order.subject.attribute(&self.settings.matching),
                    "entitlement": order.entitlement.reference,
                    "key": key,
                })
            }),
            status: None,
            answer: None,
            took_ms: 0,
        });
        let scripted = self.directory.begin(Call { release, moment, key: about.and_then(|(_, key)| key) });
        let trouble = scripted.or_else(|| self.own_trouble(release, moment));
        let came = self.stumble(moment, release, trouble, act).await;
        if let Some(exchange) = log.0.get_mut(place) {
            let took = Duration::from_micros(self.surroundings.micros().saturating_sub(start));
            exchange.took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            (exchange.status, exchange.answer) = match &came {
                Ok((_, answer)) => (Some(200), Some(answer.clone())),
                Err(Fault::Refused { said }) => (Some(403), Some(json!({ "detail": said }))),
                Err(Fault::Throttled { .. }) => (Some(429), None),
                Err(Fault::Broken { status }) => (Some(*status), None),
                Err(_) => (Some(200), Some(json!("{\"id\":"))),
            };
        }
        came.map(|(result, _)| result)
    }

    /// What the settings let go wrong with the call that has just begun.
    fn own_trouble(&self, release: Option<Uuid>, moment: Moment) -> Option<Trouble> {
        let first = release.is_some_and(|release| self.directory.calls_of(release, moment) == 1);
        (self.settings.stumbles == Stumbles::AtFirst && moment == Moment::Apply(Operation::Give) && first).then_some(Trouble::Refuse)
    }

    async fn stumble<T>(
        &self,
        moment: Moment,
        release: Option<Uuid>,
        trouble: Option<Trouble>,
        act: impl FnOnce(&Directory, How) -> Result<(T, Value), Fault> + Send,
    ) -> Result<(T, Value), Fault> {
        self.directory.wait_if_held(moment, release, Point::BeforeEffect).await;
        let how = match trouble {
            Some(Trouble::Refuse) => return Err(Fault::Refused { said: "403: the directory does not allow this.".to_owned() }),
            Some(Trouble::Hang) => std::future::pending().await,
            Some(Trouble::Fail) => return Err(Fault::Broken { status: 500 }),
            Some(Trouble::Throttle(retry_after)) => return Err(Fault::Throttled { retry_after }),
            Some(Trouble::Slow(time)) => {
                tokio::time::sleep(time).await;
                How::Whole
            }
            Some(Trouble::HalfDone) => How::FirstPart,
            Some(Trouble::SaysDoneButNot) => How::Nothing,
            Some(Trouble::DoneButSaysFailed | Trouble::DoneThenHangs) | None => How::Whole,
        };
        let came = act(&self.directory, how);
        self.directory.wait_if_held(moment, release, Point::AfterEffect).await;
        match trouble {
            Some(Trouble::DoneThenHangs) => std::future::pending().await,
            Some(Trouble::DoneButSaysFailed) => Err(Fault::Broken { status: 500 }),
            Some(Trouble::HalfDone) if moment.changes() => Err(Fault::Broken { status: 500 }),
            Some(Trouble::HalfDone) => Err(Fault::Garbled { why: "it breaks off in the middle.".to_owned() }),
            _ => came,
        }
    }

    /// Reads an account; after [`Trouble::SaysDoneButNot`] as it was before its last change.
    async fn look(&self, moment: Moment, order: &Order, log: &mut Exchanges) -> Result<Option<Person>, Fault> {
        let at = self.whereabouts(order)?;
        self.call(moment, Some((order, None)), log, |directory, how| {
            let login = directory.place(at).ok_or_else(|| self.unmatched())?;
            let person = if how == How::Nothing { directory.earlier(&login) } else { directory.person(&login) };
            let shown = json!(person);
            Ok((person, shown))
        })
        .await
    }
}

#[async_trait]
impl Connector for MemoryConnector {
    fn capabilities(&self) -> Capabilities {
        self.settings.capabilities()
    }

    async fn test(&self, log: &mut Exchanges) -> Result<Tested, Fault> {
        let people = self
            .call(Moment::Test, None, log, |directory, _| {
                let people = directory.people().len();
                Ok((people, json!({ "accounts": people })))
            })
            .await?;
        Ok(Tested { findings: vec![(true, format!("The directory answers and holds {people} accounts."))] })
    }

    async fn plan(&self, order: &Order, log: &mut Exchanges) -> Result<Plan, Fault> {
        let person = self.look(Moment::Plan, order, log).await?;
        let state = person.as_ref().map_or(Account::Absent, |person| person.state);
        let held = person.as_ref().is_some_and(|person| person.holds(&order.entitlement.reference));
        let account = |operation, needed| Step { operation, before: Before::Account { state }, needed };
        let entitlement = |operation, needed| Step { operation, before: Before::Entitlement { held }, needed };
        let mut steps = Vec::new();
        match order.change {
            Change::Give => {
                if self.settings.accounts {
                    steps.push(account(Operation::ReadyAccount, state != Account::Active));
                }
                steps.push(entitlement(Operation::Give, !held));
            }
            Change::Take => {
                steps.push(entitlement(Operation::Take, held));
                if let Some(closed) = self.closed().filter(|_| self.settings.accounts && order.last) {
                    steps.push(account(Operation::CloseAccount, state != Account::Absent && state != closed));
                }
            }
        }
        Ok(Plan { steps, account: person.map(|person| person.id) })
    }

    async fn apply(&self, order: &Order, step: &Step, key: Uuid, log: &mut Exchanges) -> Result<Applied, Fault> {
        let at = self.whereabouts(order)?;
        let moment = Moment::Apply(step.operation);
        let aim = self.aim(step.operation);
        self.call(moment, Some((order, Some(key))), log, |directory, how| {
            let login = directory.place(at).ok_or_else(|| self.unmatched())?;
            let before = directory.person(&login).filter(|_| step.operation == Operation::ReadyAccount);
            let found = before.and_then(|person| Self::of_others(directory, order, &person));
            if let Some(aim) = aim
                // An account that is gone is closed.
                && !(step.operation == Operation::CloseAccount && directory.person(&login).is_none())
            {
                directory.change(order, &login, moment, aim, how)?;
            }
            let account = directory.person(&login).map(|person| person.id);
            Ok((Applied::Done { account: account.clone(), found }, json!({ "done": true, "account": account, "found": found })))
        })
        .await
    }

    async fn read_back(&self, order: &Order, log: &mut Exchanges) -> Result<Actual, Fault> {
        let person = self.look(Moment::ReadBack, order, log).await?;
        Ok(Actual {
            account: person.as_ref().map_or(Account::Absent, |person| person.state),
            account_id: person.as_ref().map(|person| person.id.clone()),
            entitlements: person.map(|person| person.held()).unwrap_or_default(),
        })
    }

    async fn undo(&self, order: &Order, step: &Step, key: Uuid, log: &mut Exchanges) -> Result<Undone, Fault> {
        let at = self.whereabouts(order)?;
        let moment = Moment::Undo(step.operation);
        let aim = match &step.before {
            Before::Account { state } => Target::Account(*state),
            Before::Entitlement { held } => Target::Entitlement(*held),
            Before::Unknown => match step.operation {
                Operation::ReadyAccount => Target::Account(Account::Inactive),
                Operation::Give => Target::Entitlement(false),
                Operation::Take => Target::Entitlement(true),
                Operation::CloseAccount => Target::Account(Account::Active),
            },
        };
        self.call(moment, Some((order, Some(key))), log, |directory, how| {
            let login = directory.place(at).ok_or_else(|| self.unmatched())?;
            let removes = step.operation == Operation::ReadyAccount && aim == Target::Account(Account::Absent);
            let left = directory.person(&login).filter(|_| removes).and_then(|person| Self::of_others(directory, order, &person));
            if left.is_none() {
                directory.change(order, &login, moment, aim, how)?;
            }
            Ok((Undone { left }, json!({ "undone": true, "left": left })))
        })
        .await
    }
}
