//! What every connector has to do, whatever machine is at the other end.
//!
//! A test program says `mod conformance;`, implements [`Counterpart`] for its connector with a
//! machine, and writes `conformance::every_rule!(start);` with an async function that starts both
//! anew. Each rule is then a test of its own.

use async_trait::async_trait;
use connector::{Account, Actual, Applied, Before, Change, Connector, Entitlement, Exchanges, Operation, Order, Plan, Step, Subject};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

static RELEASES: AtomicU64 = AtomicU64::new(0x61_0000);

/// A connector and the machine at its other end, fresh for each test.
#[async_trait]
pub trait Counterpart: Send + Sync {
    /// The connector under test.
    fn connector(&self) -> &dyn Connector;

    /// Two entitlements that the machine knows.
    fn entitlements(&self) -> [Entitlement; 2];

    /// A person who is found by this name and may have no account yet.
    fn subject(&self, login: &str) -> Subject {
        let attributes =
            [("number", login), ("login", login), ("display_name", login), ("mail", "person@example.test"), ("unit", "Unit 7")];
        let identity = Uuid::from_u128(login.bytes().fold(7, |sum: u128, byte| sum.wrapping_mul(257).wrapping_add(byte.into())));
        Subject::new(identity, attributes.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
    }

    /// Makes the account of a person, where the connector does not make accounts.
    async fn prepare(&self, _: &Subject) {}

    /// What is there in truth. A connector that does not read back looks into its machine instead.
    async fn actual(&self, order: &Order) -> Actual {
        self.connector().read_back(order, &mut Exchanges::default()).await.unwrap()
    }

    /// How often the machine changed something, or was told to.
    fn changes(&self) -> u64;

    /// Lets the machine finish what it took on.
    async fn finish(&self, _: &Applied) {}

    /// The secret with which the connector proves who it is.
    fn secret(&self) -> Option<&str> {
        None
    }
}

/// Names that mean something to filters, quoting, paths and databases.
pub const STRANGE: [&str; 11] = [
    "o'brien",
    "a\"b",
    "back\\slash",
    "\" or \"1\"=\"1",
    "x\" or userName pr or \"",
    "' or '1'='1",
    "*)(uid=*",
    "%25_%",
    "../../Groups?x=1#y",
    "Zoë 李雷 😀",
    "{{7*7}}${7*7}",
];

/// One person, one entitlement.
pub fn order(counterpart: &dyn Counterpart, change: Change, login: &str, entitlement: usize) -> Order {
    Order {
        // Another release each time, and so other keys: what was done for one says nothing of the next.
        release: Uuid::from_u128(u128::from(RELEASES.fetch_add(1, Ordering::Relaxed))),
        number: "REL-2026-000001".to_owned(),
        change,
        subject: counterpart.subject(login),
        entitlement: counterpart.entitlements()[entitlement].clone(),
        last: false,
    }
}

pub async fn plan(counterpart: &dyn Counterpart, order: &Order) -> Plan {
    let mut log = Exchanges::default();
    let plan = counterpart.connector().plan(order, &mut log).await.unwrap();
    no_secret(counterpart, &log);
    let operations: BTreeSet<Operation> = plan.steps.iter().map(|step| step.operation).collect();
    assert_eq!(operations.len(), plan.steps.len(), "a step is there twice: {plan:?}");
    plan
}

/// The key of a step, as it is when the step is tried again.
fn key(order: &Order, step: &Step) -> Uuid {
    Uuid::from_u128(order.release.as_u128() ^ order.subject.identity.as_u128() ^ ((step.operation as u128 + 1) << 64))
}

pub async fn apply(counterpart: &dyn Counterpart, order: &Order, step: &Step) {
    let mut log = Exchanges::default();
    let applied = counterpart.connector().apply(order, step, key(order, step), &mut log).await.unwrap();
    assert!(!log.0.is_empty(), "nothing was written down about {:?}", step.operation);
    no_secret(counterpart, &log);
    counterpart.finish(&applied).await;
}

pub async fn undo(counterpart: &dyn Counterpart, order: &Order, step: &Step) {
    let mut log = Exchanges::default();
    counterpart.connector().undo(order, step, key(order, step), &mut log).await.unwrap();
    no_secret(counterpart, &log);
}

/// Plans and does all that is needed.
pub async fn carry_out(counterpart: &dyn Counterpart, order: &Order) -> Plan {
    let plan = plan(counterpart, order).await;
    for step in plan.steps.iter().filter(|step| step.needed) {
        apply(counterpart, order, step).await;
    }
    plan
}

fn no_secret(counterpart: &dyn Counterpart, log: &Exchanges) {
    if let Some(secret) = counterpart.secret() {
        let written = serde_json::to_string(&log.0).unwrap();
        assert!(!written.contains(secret), "the record holds the secret: {written}");
    }
}

/// What is there apart from ids, which a machine may give anew to an account that it makes anew.
async fn state(counterpart: &dyn Counterpart, order: &Order) -> (Account, BTreeSet<String>) {
    let actual = counterpart.actual(order).await;
    (actual.account, actual.entitlements)
}

fn references(counterpart: &dyn Counterpart, which: &[usize]) -> BTreeSet<String> {
    which.iter().map(|which| counterpart.entitlements()[*which].reference.clone()).collect()
}

async fn give(counterpart: &dyn Counterpart, login: &str, which: usize) -> Order {
    let order = order(counterpart, Change::Give, login, which);
    counterpart.prepare(&order.subject).await;
    carry_out(counterpart, &order).await;
    order
}

pub async fn what_is_given_is_there(counterpart: &dyn Counterpart) {
    let order = give(counterpart, "ada", 0).await;
    let actual = counterpart.actual(&order).await;
    assert_eq!((actual.account, actual.entitlements), (Account::Active, references(counterpart, &[0])));
    give(counterpart, "ada", 1).await;
    assert_eq!(state(counterpart, &order).await, (Account::Active, references(counterpart, &[0, 1])));
}

pub async fn a_step_that_is_done_twice_has_one_effect(counterpart: &dyn Counterpart) {
    for change in [Change::Give, Change::Take] {
        let order = Order { last: change == Change::Take, ..order(counterpart, change, "ada", 0) };
        counterpart.prepare(&order.subject).await;
        for step in plan(counterpart, &order).await.steps.iter().filter(|step| step.needed) {
            apply(counterpart, &order, step).await;
            let (once, changes) = (state(counterpart, &order).await, counterpart.changes());
            apply(counterpart, &order, step).await;
            assert_eq!(state(counterpart, &order).await, once, "{:?}", step.operation);
            assert_eq!(counterpart.changes(), changes, "{:?} changed something again", step.operation);
        }
    }
}

pub async fn what_is_taken_is_gone_and_the_rest_stays(counterpart: &dyn Counterpart) {
    give(counterpart, "ada", 0).await;
    give(counterpart, "ada", 1).await;
    let take = order(counterpart, Change::Take, "ada", 0);
    carry_out(counterpart, &take).await;
    assert_eq!(state(counterpart, &take).await, (Account::Active, references(counterpart, &[1])));
}

pub async fn taking_what_is_not_there_is_no_fault(counterpart: &dyn Counterpart) {
    let take = Order { last: true, ..order(counterpart, Change::Take, "nobody", 0) };
    let step = |operation, before| Step { operation, before, needed: true };
    let unheld = step(Operation::Take, Before::Entitlement { held: false });
    if counterpart.connector().capabilities().accounts {
        carry_out(counterpart, &take).await;
        apply(counterpart, &take, &unheld).await;
        let close = step(Operation::CloseAccount, Before::Account { state: Account::Absent });
        apply(counterpart, &take, &close).await;
        assert_eq!(counterpart.actual(&take).await.account, Account::Absent);
    }
    give(counterpart, "ada", 1).await;
    let take = order(counterpart, Change::Take, "ada", 0);
    carry_out(counterpart, &take).await;
    apply(counterpart, &take, &unheld).await;
    assert_eq!(state(counterpart, &take).await, (Account::Active, references(counterpart, &[1])));
}

pub async fn what_is_there_already_needs_no_step(counterpart: &dyn Counterpart) {
    if !counterpart.connector().capabilities().reads_back {
        // It cannot know; then every step is needed.
        let order = give(counterpart, "ada", 0).await;
        let plan = plan(counterpart, &order).await;
        assert!(plan.steps.iter().all(|step| step.needed && step.before == Before::Unknown), "{plan:?}");
        return;
    }
    let order = give(counterpart, "ada", 0).await;
    let plan = plan(counterpart, &order).await;
    assert!(!plan.steps.is_empty() && plan.steps.iter().all(|step| !step.needed), "{plan:?}");
    assert_eq!(plan.account, counterpart.actual(&order).await.account_id);
    let take = Order { last: true, ..self::order(counterpart, Change::Take, "ada", 0) };
    carry_out(counterpart, &take).await;
    let plan = self::plan(counterpart, &take).await;
    assert!(plan.steps.iter().all(|step| !step.needed), "{plan:?}");
}

pub async fn accounts_are_planned_only_where_the_connector_makes_them(counterpart: &dyn Counterpart) {
    let makes = counterpart.connector().capabilities().accounts;
    let on_account = |step: &Step| matches!(step.operation, Operation::ReadyAccount | Operation::CloseAccount);
    let give = order(counterpart, Change::Give, "ada", 0);
    counterpart.prepare(&give.subject).await;
    let given = carry_out(counterpart, &give).await;
    assert_eq!(given.steps.iter().any(on_account), makes, "{given:?}");
    // Whether an account without access is closed is for the settings to say.
    let taken = plan(counterpart, &Order { last: true, ..order(counterpart, Change::Take, "ada", 0) }).await;
    assert!(makes || !taken.steps.iter().any(on_account), "{taken:?}");
}

pub async fn reading_changes_nothing(counterpart: &dyn Counterpart) {
    let order = give(counterpart, "ada", 0).await;
    let (before, changes) = (state(counterpart, &order).await, counterpart.changes());
    for change in [Change::Give, Change::Take] {
        for login in ["ada", "nobody"] {
            plan(counterpart, &Order { last: true, ..self::order(counterpart, change, login, 1) }).await;
        }
    }
    if counterpart.connector().capabilities().reads_back {
        let mut log = Exchanges::default();
        counterpart.connector().read_back(&order, &mut log).await.unwrap();
        assert!(!log.0.is_empty(), "reading back did not ask the machine");
        no_secret(counterpart, &log);
    }
    let tested = counterpart.connector().test(&mut Exchanges::default()).await.unwrap();
    assert!(!tested.findings.is_empty() && tested.findings.iter().all(|(well, _)| *well), "{tested:?}");
    assert_eq!(state(counterpart, &order).await, before);
    assert_eq!(counterpart.changes(), changes);
}

pub async fn undoing_brings_back_what_was_there_also_when_done_twice(counterpart: &dyn Counterpart) {
    // From nothing; from an account with other access; from what is about to be taken for good.
    for (login, given, change, last) in [
        ("ada", None, Change::Give, false),
        ("bob", Some(1), Change::Give, false),
        ("cleo", Some(0), Change::Take, false),
        ("dan", Some(0), Change::Take, true),
    ] {
        if let Some(given) = given {
            give(counterpart, login, given).await;
        }
        let order = Order { last, ..order(counterpart, change, login, 0) };
        counterpart.prepare(&order.subject).await;
        let mut history = vec![state(counterpart, &order).await];
        let steps: Vec<Step> = plan(counterpart, &order).await.steps.into_iter().filter(|step| step.needed).collect();
        for step in &steps {
            apply(counterpart, &order, step).await;
            history.push(state(counterpart, &order).await);
        }
        assert_ne!(history.first(), history.last(), "{login}: nothing was done");
        for step in steps.iter().rev() {
            history.pop();
            undo(counterpart, &order, step).await;
            let changes = counterpart.changes();
            assert_eq!(Some(&state(counterpart, &order).await), history.last(), "{login}: {:?} undone", step.operation);
            undo(counterpart, &order, step).await;
            assert_eq!(Some(&state(counterpart, &order).await), history.last(), "{login}: {:?} undone twice", step.operation);
            assert_eq!(counterpart.changes(), changes, "{login}: undoing {:?} again changed something", step.operation);
        }
    }
}

pub async fn undoing_a_step_that_was_never_done_changes_nothing(counterpart: &dyn Counterpart) {
    give(counterpart, "ada", 1).await;
    for (login, change) in [("ada", Change::Give), ("ada", Change::Take), ("nobody", Change::Give)] {
        let order = order(counterpart, change, login, 0);
        let (before, changes) = (state(counterpart, &order).await, counterpart.changes());
        for step in plan(counterpart, &order).await.steps.iter().rev() {
            undo(counterpart, &order, step).await;
        }
        assert_eq!(state(counterpart, &order).await, before, "{login} {change:?}");
        assert_eq!(counterpart.changes(), changes, "{login} {change:?}");
    }
}

pub async fn the_accounts_of_others_are_untouched(counterpart: &dyn Counterpart) {
    // The names begin alike and differ in what sloppy comparing overlooks.
    let others = ["ada", "ada1", "ada.lovelace", "xada"];
    let mut orders = Vec::new();
    for login in others {
        orders.push(give(counterpart, login, 0).await);
        give(counterpart, login, 1).await;
    }
    for change in [Change::Take, Change::Give] {
        for which in [0, 1] {
            let order = Order { last: which == 1 && change == Change::Take, ..order(counterpart, change, "ada", which) };
            carry_out(counterpart, &order).await;
            for other in &orders[1..] {
                let expected = (Account::Active, references(counterpart, &[0, 1]));
                assert_eq!(state(counterpart, other).await, expected, "{:?} while {change:?} {which}", other.subject.attribute("login"));
            }
        }
    }
}

pub async fn strange_names_are_only_names(counterpart: &dyn Counterpart) {
    let neighbour = give(counterpart, "ada", 1).await;
    let expected = (Account::Active, references(counterpart, &[1]));
    for login in STRANGE {
        let give = order(counterpart, Change::Give, login, 0);
        if counterpart.connector().capabilities().accounts {
            let found = counterpart.actual(&give).await;
            assert_eq!((found.account, found.account_id), (Account::Absent, None), "{login} was found before it was made");
        }
        counterpart.prepare(&give.subject).await;
        carry_out(counterpart, &give).await;
        assert_eq!(state(counterpart, &give).await, (Account::Active, references(counterpart, &[0])), "{login}");
        assert_eq!(state(counterpart, &neighbour).await, expected, "the neighbour of {login}");
    }
    for login in STRANGE {
        let take = order(counterpart, Change::Take, login, 0);
        carry_out(counterpart, &take).await;
        assert_eq!(state(counterpart, &take).await, (Account::Active, BTreeSet::new()), "{login}");
    }
    assert_eq!(state(counterpart, &neighbour).await, expected);
}

pub async fn an_account_that_was_closed_can_come_back(counterpart: &dyn Counterpart) {
    for _ in 0..2 {
        let order = give(counterpart, "ada", 0).await;
        assert_eq!(state(counterpart, &order).await, (Account::Active, references(counterpart, &[0])));
        let take = Order { last: true, ..self::order(counterpart, Change::Take, "ada", 0) };
        let plan = carry_out(counterpart, &take).await;
        let closes = plan.steps.iter().any(|step| step.operation == Operation::CloseAccount);
        let (account, entitlements) = state(counterpart, &take).await;
        assert_eq!((account == Account::Active, entitlements), (!closes, BTreeSet::new()));
    }
}

pub async fn an_account_that_is_known_is_found_whatever_it_is_matched_by_since(counterpart: &dyn Counterpart) {
    let given = give(counterpart, "ada", 0).await;
    let known = counterpart.actual(&given).await.account_id;
    assert!(known.is_some(), "the machine does not say what it calls the account");
    let mut take = Order { last: true, ..order(counterpart, Change::Take, "ada.married", 0) };
    take.subject.account = known;
    assert_eq!(state(counterpart, &take).await, (Account::Active, references(counterpart, &[0])));
    carry_out(counterpart, &take).await;
    assert!(counterpart.actual(&given).await.entitlements.is_empty(), "it was taken from somebody else");
}

/// Makes a test of each rule. `$start` is an async function that gives a fresh [`Counterpart`].
macro_rules! every_rule {
    ($start:path) => {
        $crate::conformance::every_rule!(@each $start,
            what_is_given_is_there
            a_step_that_is_done_twice_has_one_effect
            what_is_taken_is_gone_and_the_rest_stays
            taking_what_is_not_there_is_no_fault
            what_is_there_already_needs_no_step
            accounts_are_planned_only_where_the_connector_makes_them
            reading_changes_nothing
            undoing_brings_back_what_was_there_also_when_done_twice
            undoing_a_step_that_was_never_done_changes_nothing
            the_accounts_of_others_are_untouched
            strange_names_are_only_names
            an_account_that_was_closed_can_come_back
            an_account_that_is_known_is_found_whatever_it_is_matched_by_since
        );
    };
    (@each $start:path, $($rule:ident)+) => {
        $(
            #[tokio::test]
            async fn $rule() {
                let counterpart = $start().await;
                $crate::conformance::$rule(&counterpart).await;
            }
        )+
    };
}
pub(crate) use every_rule;
