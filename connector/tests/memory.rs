//! The in-memory connector: each trouble at each moment, holding calls, and drawing by a seed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers as well")]

mod support;

use connector::memory::{Closing, Directory, MemoryConnector, MemorySettings, Moment, Person, Point, Standing, Stumbles, Trouble};
use connector::{Account, Applied, Before, Change, Connector, Entitlement, Exchanges, Fault, Operation, Order, Step, Subject, Undone};
use std::sync::Arc;
use std::time::Duration;
use support::RuntimeTime;
use uuid::Uuid;

const KEY: Uuid = Uuid::from_u128(99);
/// How long a caller waits; the runtime's time jumps there as soon as nothing else is to be done.
const PATIENCE: Duration = Duration::from_secs(20);

fn release(change: Change) -> Order {
    Order {
        release: Uuid::from_u128(1),
        number: "REL-2026-000001".to_owned(),
        change,
        subject: Subject::new(Uuid::from_u128(2), [("login".to_owned(), "ada".to_owned())].into()),
        entitlement: Entitlement { id: Uuid::from_u128(3), reference: "ledger".to_owned(), name: "Ledger".to_owned() },
        last: true,
    }
}

fn person(state: Account, held: Option<Standing>) -> Person {
    Person {
        id: "17".to_owned(),
        state,
        leaving: false,
        attributes: [].into(),
        entitlements: held.map(|standing| ("ledger".to_owned(), standing)).into_iter().collect(),
    }
}

fn connector(directory: &Directory) -> MemoryConnector {
    MemoryConnector::new(directory.clone(), MemorySettings { closing: Closing::Remove, ..MemorySettings::default() }, RuntimeTime::new())
}

#[tokio::test]
async fn what_stumbles_at_first_refuses_each_release_once_when_it_gives() {
    let directory = Directory::default();
    let settings = MemorySettings { stumbles: Stumbles::AtFirst, ..MemorySettings::default() };
    let connector = MemoryConnector::new(directory.clone(), settings, RuntimeTime::new());
    for number in [1, 2] {
        let order = Order { release: Uuid::from_u128(number), ..release(Change::Give) };
        let plan = connector.plan(&order, &mut Exchanges::default()).await.unwrap();
        let mut came = Vec::new();
        for _ in 0..2 {
            for step in &plan.steps {
                came.push(connector.apply(&order, step, KEY, &mut Exchanges::default()).await.is_ok());
            }
        }
        assert_eq!(came, [true, false, true, true], "account, refused, account, given");
    }
}

/// What is there before a step, when it is whole, and between its two parts.
fn course(operation: Operation) -> (Change, Before, [Option<Person>; 3]) {
    use Account::{Absent, Active, Inactive};
    let account = |state| Before::Account { state };
    let given = |held| Before::Entitlement { held };
    let (bare, half_given) = (person(Active, None), person(Active, Some(Standing::Entered)));
    let (full, half_taken) = (person(Active, Some(Standing::Effective)), person(Active, Some(Standing::Leaving)));
    match operation {
        Operation::ReadyAccount => (Change::Give, account(Absent), [None, Some(bare), Some(person(Inactive, None))]),
        Operation::Give => (Change::Give, given(false), [Some(bare), Some(full), Some(half_given)]),
        Operation::Take => (Change::Take, given(true), [Some(full), Some(bare), Some(half_taken)]),
        Operation::CloseAccount => (Change::Take, account(Active), [Some(bare), None, Some(person(Inactive, None))]),
    }
}

/// The part of a person that the course of a step is about.
fn seen(person: Option<Person>) -> Option<(Account, bool, Option<Standing>)> {
    person.map(|person| (person.state, person.leaving, person.entitlements.get("ledger").copied()))
}

async fn call(connector: &MemoryConnector, moment: Moment) -> Result<Result<(), Fault>, tokio::time::error::Elapsed> {
    let mut log = Exchanges::default();
    let came = tokio::time::timeout(PATIENCE, async {
        match moment {
            Moment::Test => connector.test(&mut log).await.map(drop),
            Moment::Plan => connector.plan(&release(Change::Give), &mut log).await.map(drop),
            Moment::ReadBack => connector.read_back(&release(Change::Give), &mut log).await.map(drop),
            Moment::Apply(operation) | Moment::Undo(operation) => {
                let (change, before, _) = course(operation);
                let (mut order, step) = (release(change), Step { operation, before, needed: true });
                // Whose course ends in an account that this release made.
                (order.subject.account, order.subject.made_for_release) = (Some("17".to_owned()), true);
                match moment {
                    Moment::Undo(_) => connector.undo(&order, &step, KEY, &mut log).await.map(drop),
                    _ => connector.apply(&order, &step, KEY, &mut log).await.map(drop),
                }
            }
        }
    })
    .await;
    assert_eq!(log.0.len(), 1, "one call is one exchange, also when it is given up");
    assert_eq!(log.0[0].purpose, moment.word());
    assert_eq!(log.0[0].status.is_none(), came.is_err());
    came
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    Untouched,
    Half,
    Whole,
}

#[tokio::test(start_paused = true)]
async fn each_trouble_at_each_step_leaves_what_it_says_and_trying_again_ends_well_with_one_effect() {
    for trouble in Trouble::EACH {
        let (expected, after) = match trouble {
            Trouble::Refuse => (Some("refused"), After::Untouched),
            Trouble::Hang => (None, After::Untouched),
            Trouble::Slow(_) => (Some("well"), After::Whole),
            Trouble::Fail => (Some("broken"), After::Untouched),
            Trouble::Throttle(_) => (Some("throttled"), After::Untouched),
            Trouble::HalfDone => (Some("broken"), After::Half),
            Trouble::DoneButSaysFailed => (Some("broken"), After::Whole),
            Trouble::SaysDoneButNot => (Some("well"), After::Untouched),
            Trouble::DoneThenHangs => (None, After::Whole),
        };
        for operation in [Operation::ReadyAccount, Operation::Give, Operation::Take, Operation::CloseAccount] {
            for undoing in [false, true] {
                let moment = if undoing { Moment::Undo(operation) } else { Moment::Apply(operation) };
                let (_, _, [mut start, mut end, mut half]) = course(operation);
                if undoing {
                    std::mem::swap(&mut start, &mut end);
                    // The way back passes the other half.
                    half = match operation {
                        Operation::Give => course(Operation::Take).2[2].clone(),
                        Operation::Take => course(Operation::Give).2[2].clone(),
                        Operation::ReadyAccount | Operation::CloseAccount => half,
                    };
                }
                let directory = Directory::default();
                if let Some(start) = start.clone() {
                    directory.put("ada", start);
                }
                let connector = connector(&directory);
                directory.script(moment, trouble, 1);

                let came = call(&connector, moment).await;
                let word = came.as_ref().ok().map(|came| came.as_ref().map_or_else(Fault::word, |()| "well"));
                assert_eq!(word, expected, "{trouble:?} at {moment:?}");
                if let (Trouble::Throttle(wait), Ok(Err(fault))) = (trouble, &came) {
                    assert_eq!(fault, &Fault::Throttled { retry_after: wait });
                }
                let there = match after {
                    After::Untouched => start,
                    After::Half => half,
                    After::Whole => end.clone(),
                };
                assert_eq!(seen(directory.person("ada")), seen(there), "{trouble:?} at {moment:?}");
                assert_eq!(
                    directory.effects(release(Change::Give).release, moment),
                    u32::from(after == After::Whole),
                    "{trouble:?} at {moment:?}"
                );

                for _ in 0..2 {
                    assert!(matches!(call(&connector, moment).await, Ok(Ok(()))), "{trouble:?} at {moment:?}, again");
                    assert_eq!(seen(directory.person("ada")), seen(end.clone()), "{trouble:?} at {moment:?}, again");
                }
                assert_eq!(directory.effects(release(Change::Give).release, moment), 1, "{trouble:?} at {moment:?}");
                assert_eq!(directory.calls_of(release(Change::Give).release, moment), 3);
                assert_eq!(directory.all_effects(), 1);
            }
        }
    }
}

#[tokio::test]
async fn a_step_that_stopped_half_way_is_taken_back_whole() {
    for operation in [Operation::ReadyAccount, Operation::Give, Operation::Take, Operation::CloseAccount] {
        for (there, back) in [(Moment::Apply(operation), Moment::Undo(operation)), (Moment::Undo(operation), Moment::Apply(operation))] {
            let (_, _, [start, end, _]) = course(operation);
            let begin = if there == Moment::Apply(operation) { start } else { end };
            let directory = Directory::of(begin.clone().map(|person| ("ada".to_owned(), person)).into_iter().collect());
            let connector = connector(&directory);
            directory.script(there, Trouble::HalfDone, 1);
            assert_eq!(call(&connector, there).await.unwrap(), Err(Fault::Broken { status: 500 }));
            assert_ne!(seen(directory.person("ada")), seen(begin.clone()), "{there:?}");
            call(&connector, back).await.unwrap().unwrap();
            assert_eq!(seen(directory.person("ada")), seen(begin), "{back:?} after half of {there:?}");
            assert_eq!(directory.all_effects(), 1, "{back:?} after half of {there:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_trouble_while_reading_changes_nothing() {
    for trouble in Trouble::EACH {
        for moment in [Moment::Test, Moment::Plan, Moment::ReadBack] {
            let directory = Directory::default();
            directory.put("ada", person(Account::Active, None));
            directory.script(moment, trouble, 1);
            let connector = connector(&directory);
            let came = call(&connector, moment).await;
            let word = came.ok().map(|came| came.map_or_else(|fault| fault.word(), |()| "well"));
            let expected = match trouble {
                Trouble::Hang | Trouble::DoneThenHangs => None,
                Trouble::Refuse => Some("refused"),
                Trouble::Throttle(_) => Some("throttled"),
                Trouble::Fail | Trouble::DoneButSaysFailed => Some("broken"),
                Trouble::HalfDone => Some("garbled"),
                Trouble::Slow(_) | Trouble::SaysDoneButNot => Some("well"),
            };
            assert_eq!(word, expected, "{trouble:?} at {moment:?}");
            assert_eq!((directory.person("ada"), directory.all_effects()), (Some(person(Account::Active, None)), 0));
            assert!(matches!(call(&connector, moment).await, Ok(Ok(()))), "{trouble:?} at {moment:?}, again");
        }
    }
}

#[tokio::test]
async fn what_is_half_done_is_never_read_as_done() {
    for (operation, held) in [(Operation::Give, false), (Operation::Take, true)] {
        let (change, _, [_, _, half]) = course(operation);
        let directory = Directory::of([("ada".to_owned(), half.unwrap())].into());
        let connector = connector(&directory);
        let order = release(change);
        let actual = connector.read_back(&order, &mut Exchanges::default()).await.unwrap();
        assert_eq!(actual.entitlements.contains("ledger"), held, "{operation:?}");
        let plan = connector.plan(&order, &mut Exchanges::default()).await.unwrap();
        let step = plan.steps.iter().find(|step| step.operation == operation).unwrap();
        assert_eq!((step.needed, &step.before), (true, &Before::Entitlement { held }));
    }
}

#[tokio::test]
async fn a_stale_reading_shows_what_was_there_before_the_last_change() {
    let directory = Directory::default();
    directory.put("ada", person(Account::Active, None));
    let connector = connector(&directory);
    call(&connector, Moment::Apply(Operation::Give)).await.unwrap().unwrap();
    directory.script(Moment::ReadBack, Trouble::SaysDoneButNot, 1);
    let mut held = Vec::new();
    for _ in 0..2 {
        held.push(connector.read_back(&release(Change::Give), &mut Exchanges::default()).await.unwrap().entitlements.len());
    }
    assert_eq!(held, [0, 1]);
}

#[tokio::test]
async fn an_account_that_others_use_by_now_is_not_taken_back() {
    let directory = Directory::default();
    let connector = connector(&directory);
    call(&connector, Moment::Apply(Operation::ReadyAccount)).await.unwrap().unwrap();
    call(&connector, Moment::Apply(Operation::Give)).await.unwrap().unwrap();
    let came = call(&connector, Moment::Undo(Operation::ReadyAccount)).await.unwrap();
    assert!(matches!(came, Err(Fault::Refused { .. })), "{came:?}");
    assert!(directory.person("ada").is_some_and(|person| person.holds("ledger")));
}

#[tokio::test]
async fn a_person_without_the_matching_attribute_is_named_as_that() {
    let directory = Directory::default();
    let connector = connector(&directory);
    let mut order = release(Change::Give);
    for attributes in [[].into(), [("login".to_owned(), String::new())].into()] {
        order.subject.attributes = attributes;
        let fault = connector.plan(&order, &mut Exchanges::default()).await.unwrap_err();
        assert!(matches!(&fault, Fault::Misconfigured { field: "matching", why } if why.contains("login")), "{fault:?}");
    }
    assert!(directory.calls().is_empty());
}

#[tokio::test]
async fn a_call_can_be_held_before_and_after_its_effect() {
    for (point, effects) in [(Point::BeforeEffect, 0), (Point::AfterEffect, 1)] {
        for dies in [false, true] {
            let directory = Directory::default();
            directory.put("ada", person(Account::Active, None));
            let moment = Moment::Apply(Operation::Give);
            let order = release(Change::Give);
            let elsewhere = directory.hold(moment, Some(Uuid::from_u128(77)), point);
            let mut held = directory.hold(moment, Some(order.release), point);
            let connector = Arc::new(connector(&directory));
            let caller = tokio::spawn({
                let connector = Arc::clone(&connector);
                async move { call(&connector, moment).await }
            });
            assert!(held.reached().await);
            assert_eq!(directory.effects(order.release, moment), effects, "{point:?}");
            if dies {
                caller.abort();
                assert!(caller.await.unwrap_err().is_cancelled());
                held.release();
                assert_eq!(directory.effects(order.release, moment), effects, "{point:?}: a call that died went on");
            } else {
                held.release();
                caller.await.unwrap().unwrap().unwrap();
            }
            call(&connector, moment).await.unwrap().unwrap();
            assert_eq!(directory.effects(order.release, moment), 1, "{point:?}");
            drop(elsewhere);
        }
    }
}

#[tokio::test]
async fn two_calls_at_the_same_time_have_one_effect() {
    let directory = Directory::default();
    directory.put("ada", person(Account::Active, None));
    let moment = Moment::Apply(Operation::Give);
    let (mut first, mut second) = (directory.hold(moment, None, Point::BeforeEffect), directory.hold(moment, None, Point::BeforeEffect));
    let connector = connector(&directory);
    let (one, other, ()) = tokio::join!(call(&connector, moment), call(&connector, moment), async {
        assert!(first.reached().await && second.reached().await);
        second.release();
        first.release();
    });
    assert!(matches!((one, other), (Ok(Ok(())), Ok(Ok(())))));
    assert_eq!(directory.effects(release(Change::Give).release, moment), 1);
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_troubles_whoever_comes_first() {
    async fn run(seed: u64, releases: impl Iterator<Item = u128>) -> Vec<(u128, String)> {
        let directory = Directory::default();
        directory.draw(seed, 400, &Trouble::EACH);
        let connector = connector(&directory);
        let mut came = Vec::new();
        for number in releases {
            let mut order = release(Change::Give);
            order.release = Uuid::from_u128(number);
            let step = Step { operation: Operation::ReadyAccount, before: Before::Account { state: Account::Absent }, needed: true };
            for _ in 0..3 {
                let answer = tokio::time::timeout(PATIENCE, connector.apply(&order, &step, KEY, &mut Exchanges::default())).await;
                let word = answer.map(|answer| answer.map_or_else(|fault| fault.word(), |_| "well"));
                came.push((number, word.unwrap_or("nothing").to_owned()));
            }
        }
        // Sorting is stable: the three calls of a release stay in their order.
        came.sort_by_key(|(number, _)| *number);
        came
    }
    let forward = run(7, 0..200).await;
    assert_eq!(forward, run(7, (0..200).rev()).await);
    assert_ne!(forward, run(8, 0..200).await);
    let troubled = forward.iter().filter(|(_, word)| word != "well").count();
    // 400 of 1000, of which two kinds in nine look well: 187 of 600 expected, 11 is one deviation.
    assert!((140..=230).contains(&troubled), "{troubled}");
    let differing = forward.chunks(3).filter(|calls| calls[0] != calls[2]).count();
    assert!(differing > 50, "trying again meets the same trouble: {differing}");
    for word in ["refused", "nothing", "broken", "throttled", "well"] {
        assert!(forward.iter().any(|(_, came)| came == word), "{word} never came");
    }
}

#[tokio::test]
async fn after_recovering_nothing_goes_wrong() {
    let directory = Directory::default();
    let connector = connector(&directory);
    directory.script(Moment::Test, Trouble::Fail, u32::MAX);
    directory.draw(7, 1000, &[Trouble::Refuse]);
    assert_eq!(call(&connector, Moment::Test).await.unwrap(), Err(Fault::Broken { status: 500 }));
    assert!(matches!(call(&connector, Moment::Plan).await.unwrap(), Err(Fault::Refused { .. })));
    directory.recover();
    assert_eq!(call(&connector, Moment::Test).await.unwrap(), Ok(()));
    assert_eq!(call(&connector, Moment::Plan).await.unwrap(), Ok(()));
}

#[tokio::test]
async fn a_script_for_one_release_leaves_the_others_alone() {
    let directory = Directory::default();
    let connector = connector(&directory);
    directory.script_for(Uuid::from_u128(77), Moment::Plan, Trouble::Fail, 1);
    assert_eq!(call(&connector, Moment::Plan).await.unwrap(), Ok(()));
    let order = Order { release: Uuid::from_u128(77), ..release(Change::Give) };
    assert!(connector.plan(&order, &mut Exchanges::default()).await.is_err());
    assert!(connector.plan(&order, &mut Exchanges::default()).await.is_ok());
}

#[tokio::test]
async fn an_account_is_found_by_its_id_then_as_of_today_and_what_others_have_by_an_earlier_name_is_theirs() {
    let directory = Directory::default();
    let connector = connector(&directory);
    for (login, id) in [("first", "1"), ("asked", "2"), ("ada", "3")] {
        directory.put(login, Person { id: id.to_owned(), ..person(Account::Active, None) });
    }
    for (account, asked_as, expected) in [
        (Some("1"), Some("asked"), Some("1")),
        (Some("gone"), Some("asked"), Some("3")),
        (None, Some("asked"), Some("3")),
        (None, Some("nobody"), Some("3")),
        (None, None, Some("3")),
    ] {
        let mut order = release(Change::Take);
        order.subject.account = account.map(str::to_owned);
        order.subject.asked_as = asked_as.map(|login| ("login".to_owned(), login.to_owned())).into_iter().collect();
        let read = connector.read_back(&order, &mut Exchanges::default()).await.unwrap();
        assert_eq!(read.account_id.as_deref(), expected, "{account:?} {asked_as:?}");
    }
}

#[tokio::test]
async fn what_others_made_is_found_and_never_removed_and_what_was_made_for_the_identity_is() {
    for state in [Account::Active, Account::Inactive] {
        let directory = Directory::default();
        let connector = connector(&directory);
        let order = release(Change::Give);
        let (_, before, _) = course(Operation::ReadyAccount);
        let step = Step { operation: Operation::ReadyAccount, before, needed: true };
        directory.put("ada", person(state, None));
        let log = &mut Exchanges::default();
        assert_eq!(connector.undo(&order, &step, KEY, log).await, Ok(Undone { left: Some(state) }));
        assert_eq!(directory.person("ada"), Some(person(state, None)));
        let done = connector.apply(&order, &step, KEY, log).await;
        assert_eq!(done, Ok(Applied::Done { account: Some("17".to_owned()), found: Some(state) }));

        directory.remove("ada");
        for trouble in [Trouble::HalfDone, Trouble::DoneButSaysFailed] {
            directory.script(Moment::Apply(Operation::ReadyAccount), trouble, 1);
            assert!(connector.apply(&order, &step, KEY, log).await.is_err());
            let done = connector.apply(&order, &step, KEY, log).await;
            assert!(matches!(done, Ok(Applied::Done { found: None, .. })), "{trouble:?} {done:?}");
            assert_eq!(connector.undo(&order, &step, KEY, log).await, Ok(Undone { left: None }), "{trouble:?}");
            assert_eq!(directory.person("ada"), None, "{trouble:?}");
        }
    }
}
