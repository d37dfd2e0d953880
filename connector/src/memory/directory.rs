//! The directory: accounts, what they have, and what really happened.

use super::held::{Held, Hold, Point};
use super::trouble::{Drawing, Moment, Trouble};
use crate::fault::Fault;
use crate::order::{Account, Operation, Order};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// How far an entitlement has come on its way in or out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Half given: written down and without effect.
    Entered,
    /// There.
    Effective,
    /// Half taken: marked, and still in effect.
    Leaving,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Its id in the directory.
    pub id: String,
    /// Inactive or active.
    pub state: Account,
    /// Half closed: marked, and still as before.
    pub leaving: bool,
    /// As given when it was last readied.
    pub attributes: BTreeMap<String, String>,
    /// What it has, by reference.
    pub entitlements: BTreeMap<String, Standing>,
}

impl Person {
    /// Whether an entitlement is in effect.
    #[must_use]
    pub fn holds(&self, reference: &str) -> bool {
        self.entitlements.get(reference).is_some_and(|standing| *standing != Standing::Entered)
    }

    /// References of everything in effect.
    #[must_use]
    pub fn held(&self) -> BTreeSet<String> {
        self.entitlements.keys().filter(|reference| self.holds(reference)).cloned().collect()
    }
}

/// One call, whatever came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// For which release; none when the settings were tried.
    pub release: Option<Uuid>,
    /// What was called.
    pub moment: Moment,
    /// With which key.
    pub key: Option<Uuid>,
}

/// A directory that several connectors and a test share; clones are the same directory.
#[derive(Clone, Debug, Default)]
pub struct Directory(Arc<Mutex<Inside>>);

#[derive(Debug, Default)]
struct Inside {
    people: BTreeMap<String, Person>,
    /// As they were before their last change, for readings that are stale.
    earlier: BTreeMap<String, Option<Person>>,
    ids: u64,
    /// For which identity an account was made, by the account's id.
    made_for: BTreeMap<String, Uuid>,
    effects: BTreeMap<(Uuid, Moment), u32>,
    calls: Vec<Call>,
    script: Vec<Line>,
    drawing: Option<Drawing>,
    holds: Vec<Hold>,
}

#[derive(Debug)]
struct Line {
    moment: Moment,
    release: Option<Uuid>,
    trouble: Trouble,
    left: u32,
}

/// By what the account of a person is looked for, in this order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whereabouts<'a> {
    /// Its id, when it is known.
    pub id: Option<&'a str>,
    /// The value with which it was asked for before, where the account is ours.
    pub before: Option<&'a str>,
    /// The value of today, under which it is made.
    pub today: Option<&'a str>,
}

/// What a change aims at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Account(Account),
    Entitlement(bool),
}

/// How much of a change happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Whole,
    FirstPart,
    Nothing,
}

impl Directory {
    /// A directory with these accounts, by the value they are found by.
    #[must_use]
    pub fn of(people: BTreeMap<String, Person>) -> Self {
        let directory = Self::default();
        directory.inside().people = people;
        directory
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next `calls` calls at this moment stumble. Lines that are written first come first.
    pub fn script(&self, moment: Moment, trouble: Trouble, calls: u32) {
        self.inside().script.push(Line { moment, release: None, trouble, left: calls });
    }

    /// As [`Directory::script`], for one release only.
    pub fn script_for(&self, release: Uuid, moment: Moment, trouble: Trouble, calls: u32) {
        self.inside().script.push(Line { moment, release: Some(release), trouble, left: calls });
    }

    /// Of a thousand calls so many stumble, over one of these. The script comes first.
    pub fn draw(&self, seed: u64, per_mille: u16, troubles: &[Trouble]) {
        self.inside().drawing = Some(Drawing { seed, per_mille, troubles: troubles.to_vec() });
    }

    /// From now on nothing goes wrong.
    pub fn recover(&self) {
        let mut inside = self.inside();
        inside.script.clear();
        inside.drawing = None;
    }

    /// Stops the next call at a point, of one release or of any.
    #[must_use = "dropping it lets the call go on"]
    pub fn hold(&self, moment: Moment, release: Option<Uuid>, point: Point) -> Held {
        let (hold, held) = Hold::new(moment, release, point);
        self.inside().holds.push(hold);
        held
    }

    /// Puts an account there, or in place of another, as somebody over there might.
    pub fn put(&self, login: &str, person: Person) {
        self.inside().people.insert(login.to_owned(), person);
    }

    /// Removes an account, as somebody over there might.
    pub fn remove(&self, login: &str) {
        self.inside().people.remove(login);
    }

    /// All accounts, by the value they are found by.
    #[must_use]
    pub fn people(&self) -> BTreeMap<String, Person> {
        self.inside().people.clone()
    }

    /// One account.
    #[must_use]
    pub fn person(&self, login: &str) -> Option<Person> {
        self.inside().people.get(login).cloned()
    }

    /// How often this really changed something for a release, however often it was called.
    #[must_use]
    pub fn effects(&self, release: Uuid, moment: Moment) -> u32 {
        self.inside().effects.get(&(release, moment)).copied().unwrap_or(0)
    }

    /// How often anything was changed.
    #[must_use]
    pub fn all_effects(&self) -> u64 {
        self.inside().effects.values().map(|effects| u64::from(*effects)).sum()
    }

    /// All calls in their order.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.inside().calls.clone()
    }

    /// How often this was called for a release.
    #[must_use]
    pub fn calls_of(&self, release: Uuid, moment: Moment) -> usize {
        self.inside().calls_of(Some(release), moment)
    }

    /// The value under which the account of a person stands, or would be made; none when it is not found
    /// and has none of today.
    pub(super) fn place(&self, at: Whereabouts<'_>) -> Option<String> {
        let inside = self.inside();
        let with_id = |person: &Person| at.id == Some(person.id.as_str());
        let by_id = inside.people.iter().find(|(_, person)| with_id(person)).map(|(value, _)| value.clone());
        let by_value = || [at.before, at.today].into_iter().flatten().find(|value| inside.people.contains_key(*value)).map(str::to_owned);
        // A stale reading finds what is removed by now.
        let removed = || inside.earlier.iter().find(|(_, person)| person.as_ref().is_some_and(with_id)).map(|(value, _)| value.clone());
        by_id.or_else(by_value).or_else(removed).or_else(|| at.today.map(str::to_owned))
    }

    /// Whether an account was made for an identity, and not put there by others.
    pub(super) fn is_made_for(&self, account: &str, identity: Uuid) -> bool {
        self.inside().made_for.get(account) == Some(&identity)
    }

    pub(super) fn earlier(&self, login: &str) -> Option<Person> {
        let inside = self.inside();
        inside.earlier.get(login).cloned().unwrap_or_else(|| inside.people.get(login).cloned())
    }

    /// Notes a call down and says what goes wrong with it.
    pub(super) fn begin(&self, call: Call) -> Option<Trouble> {
        let mut inside = self.inside();
        inside.calls.push(call);
        let place = inside
            .script
            .iter()
            .position(|line| line.left > 0 && line.moment == call.moment && (line.release.is_none() || line.release == call.release));
        if let Some(line) = place.and_then(|place| inside.script.get_mut(place)) {
            line.left -= 1;
            return Some(line.trouble);
        }
        let number = u32::try_from(inside.calls_of(call.release, call.moment)).unwrap_or(u32::MAX);
        inside.drawing.as_ref().and_then(|drawing| drawing.draw(call.release, call.moment, number))
    }

    pub(super) async fn wait_if_held(&self, moment: Moment, release: Option<Uuid>, point: Point) {
        let hold = {
            let mut inside = self.inside();
            let place = inside.holds.iter().position(|hold| hold.is_for(moment, release, point));
            place.map(|place| inside.holds.remove(place))
        };
        if let Some(hold) = hold {
            hold.wait().await;
        }
    }

    /// Brings an account or an entitlement to its target, in two parts. What is there already is left
    /// alone and is no effect.
    pub(super) fn change(&self, order: &Order, login: &str, moment: Moment, target: Target, how: How) -> Result<(), Fault> {
        let mut inside = self.inside();
        let reference = order.entitlement.reference.as_str();
        let before = inside.people.get(login).cloned();
        if is_there(before.as_ref(), target, reference) {
            return Ok(());
        }
        refuse(before.as_ref(), moment, target)?;
        if how == How::Nothing {
            return Ok(());
        }
        inside.first_part(order, login, target);
        if how == How::Whole {
            inside.second_part(login, target, reference);
            *inside.effects.entry((order.release, moment)).or_default() += 1;
        }
        inside.earlier.insert(login.to_owned(), before);
        Ok(())
    }
}

impl Inside {
    fn calls_of(&self, release: Option<Uuid>, moment: Moment) -> usize {
        self.calls.iter().filter(|call| call.release == release && call.moment == moment).count()
    }

    fn first_part(&mut self, order: &Order, login: &str, target: Target) {
        let Self { people, ids, made_for, .. } = self;
        match target {
            Target::Account(state) => {
                let person = people.entry(login.to_owned()).or_insert_with(|| {
                    *ids += 1;
                    // No id is given twice, also when the process starts anew.
                    let id = format!("account-{ids}-{}", order.release);
                    made_for.insert(id.clone(), order.subject.identity);
                    Person { id, state: Account::Inactive, leaving: false, attributes: BTreeMap::new(), entitlements: BTreeMap::new() }
                });
                match state {
                    Account::Active => person.attributes.clone_from(&order.subject.attributes),
                    Account::Inactive => person.leaving = person.state == Account::Active,
                    Account::Absent => person.state = Account::Inactive,
                }
            }
            Target::Entitlement(held) => {
                if let Some(person) = people.get_mut(login) {
                    match (held, person.entitlements.get_mut(&order.entitlement.reference)) {
                        (true, None) => {
                            person.entitlements.insert(order.entitlement.reference.clone(), Standing::Entered);
                        }
                        (false, Some(standing @ Standing::Effective)) => *standing = Standing::Leaving,
                        (true, Some(_)) | (false, _) => {}
                    }
                }
            }
        }
    }

    fn second_part(&mut self, login: &str, target: Target, reference: &str) {
        if target == Target::Account(Account::Absent) {
            self.people.remove(login);
            return;
        }
        let Some(person) = self.people.get_mut(login) else { return };
        match target {
            Target::Account(state) => {
                person.state = state;
                person.leaving = false;
            }
            Target::Entitlement(true) => {
                person.entitlements.insert(reference.to_owned(), Standing::Effective);
            }
            Target::Entitlement(false) => {
                person.entitlements.remove(reference);
            }
        }
    }
}

/// Whether nothing is left to do; what is half done is not there.
fn is_there(person: Option<&Person>, target: Target, reference: &str) -> bool {
    match target {
        Target::Account(Account::Absent) => person.is_none(),
        Target::Account(state) => person.is_some_and(|person| person.state == state && !person.leaving),
        Target::Entitlement(held) => {
            let standing = person.and_then(|person| person.entitlements.get(reference));
            if held { standing == Some(&Standing::Effective) } else { standing.is_none() }
        }
    }
}

/// What even a directory in good health does not do.
fn refuse(person: Option<&Person>, moment: Moment, target: Target) -> Result<(), Fault> {
    let said = match target {
        Target::Entitlement(true) if person.is_none() => "404: there is no such account.",
        // Somebody else relies on the account by now.
        Target::Account(Account::Absent | Account::Inactive)
            if moment == Moment::Undo(Operation::ReadyAccount) && person.is_some_and(|person| !person.held().is_empty()) =>
        {
            "409: the account has other access by now."
        }
        _ => return Ok(()),
    };
    Err(Fault::Refused { said: said.to_owned() })
}
