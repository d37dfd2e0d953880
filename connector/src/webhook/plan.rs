//! Which steps an order needs.

use crate::order::{Account, Actual, Before, Change, Operation, Order, Plan, Step};

/// Without anything found every step is needed: only the receiver knows what is there.
pub(super) fn planned(order: &Order, accounts: bool, found: Option<Actual>) -> Plan {
    let found = found.as_ref();
    let account = |operation, needed: fn(Account) -> bool| match found {
        Some(actual) => Step { operation, before: Before::Account { state: actual.account }, needed: needed(actual.account) },
        None => Step { operation, before: Before::Unknown, needed: true },
    };
    let entitlement = |operation, wanted| match found.map(|actual| actual.entitlements.contains(&order.entitlement.reference)) {
        Some(held) => Step { operation, before: Before::Entitlement { held }, needed: held != wanted },
        None => Step { operation, before: Before::Unknown, needed: true },
    };
    let mut steps = Vec::new();
    match order.change {
        Change::Give => {
            if accounts {
                steps.push(account(Operation::ReadyAccount, |state| state != Account::Active));
            }
            steps.push(entitlement(Operation::Give, true));
        }
        Change::Take => {
            steps.push(entitlement(Operation::Take, false));
            if accounts && order.last {
                steps.push(account(Operation::CloseAccount, |state| state == Account::Active));
            }
        }
    }
    Plan { steps, account: found.and_then(|actual| actual.account_id.clone()) }
}

#[cfg(test)]
mod tests {
    use super::super::message::example;
    use super::*;

    fn found(account: Account, entitlements: &[&str]) -> Option<Actual> {
        Some(Actual { account, account_id: Some("u-1".to_owned()), entitlements: entitlements.iter().map(|&e| e.to_owned()).collect() })
    }

    fn words(plan: &Plan) -> Vec<(&'static str, bool)> {
        plan.steps.iter().map(|step| (step.operation.word(), step.needed)).collect()
    }

    #[test]
    fn what_is_there_already_is_not_done_again() {
        let give = example();
        assert_eq!(words(&planned(&give, true, found(Account::Absent, &[]))), [("ready_account", true), ("give", true)]);
        assert_eq!(words(&planned(&give, true, found(Account::Inactive, &["other"]))), [("ready_account", true), ("give", true)]);
        assert_eq!(words(&planned(&give, true, found(Account::Active, &[]))), [("ready_account", false), ("give", true)]);
        let plan = planned(&give, true, found(Account::Active, &["ledger-clerk"]));
        assert_eq!(words(&plan), [("ready_account", false), ("give", false)]);
        assert_eq!(plan.account.as_deref(), Some("u-1"));
        assert_eq!(plan.steps[1].before, Before::Entitlement { held: true });
    }

    #[test]
    fn the_last_access_takes_the_account_along_afterwards() {
        let take = Order { change: Change::Take, ..example() };
        let last = Order { last: true, ..take.clone() };
        assert_eq!(words(&planned(&take, true, found(Account::Active, &["ledger-clerk"]))), [("take", true)]);
        assert_eq!(words(&planned(&last, true, found(Account::Active, &["ledger-clerk"]))), [("take", true), ("close_account", true)]);
        assert_eq!(words(&planned(&last, true, found(Account::Inactive, &[]))), [("take", false), ("close_account", false)]);
        assert_eq!(words(&planned(&last, false, found(Account::Active, &["ledger-clerk"]))), [("take", true)]);
    }

    #[test]
    fn every_step_is_needed_when_the_receiver_does_not_say() {
        let plan = planned(&example(), true, None);
        assert_eq!(words(&plan), [("ready_account", true), ("give", true)]);
        assert!(plan.steps.iter().all(|step| step.before == Before::Unknown));
        assert_eq!(words(&planned(&example(), false, None)), [("give", true)]);
    }
}
