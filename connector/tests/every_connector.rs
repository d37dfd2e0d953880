//! What every connector has to do, asked of the in-memory connector in each of its settings. The
//! connectors that speak to other machines answer the same questions in their own test programs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers as well")]

mod conformance;
mod support;

use async_trait::async_trait;
use conformance::Counterpart;
use connector::memory::{Closing, Directory, MemoryConnector, MemorySettings, Moment, Person, Trouble};
use connector::{Account, Connector, Entitlement, Operation, Subject};
use futures::FutureExt;
use std::panic::AssertUnwindSafe;
use support::RuntimeTime;
use uuid::Uuid;

struct Memory {
    directory: Directory,
    connector: MemoryConnector,
    makes_accounts: bool,
}

impl Memory {
    fn with(settings: MemorySettings) -> Self {
        let (directory, makes_accounts) = (Directory::default(), settings.accounts);
        Self { connector: MemoryConnector::new(directory.clone(), settings, RuntimeTime::new()), directory, makes_accounts }
    }
}

#[async_trait]
impl Counterpart for Memory {
    fn connector(&self) -> &dyn Connector {
        &self.connector
    }

    fn entitlements(&self) -> [Entitlement; 2] {
        [("\"ledger\\read\"", 1), ("ledger' or '1'='1", 2)].map(|(reference, id)| Entitlement {
            id: Uuid::from_u128(id),
            reference: reference.to_owned(),
            name: "Ledger".to_owned(),
        })
    }

    async fn prepare(&self, subject: &Subject) {
        let login = subject.attribute("login").unwrap();
        if !self.makes_accounts && self.directory.person(login).is_none() {
            let person = Person {
                id: format!("there-already-{login}"),
                state: Account::Active,
                leaving: false,
                attributes: subject.attributes.clone(),
                entitlements: [].into(),
            };
            self.directory.put(login, person);
        }
    }

    fn changes(&self) -> u64 {
        self.directory.all_effects()
    }
}

async fn deactivating() -> Memory {
    Memory::with(MemorySettings::default())
}

async fn removing() -> Memory {
    Memory::with(MemorySettings { closing: Closing::Remove, ..MemorySettings::default() })
}

async fn keeping() -> Memory {
    Memory::with(MemorySettings { closing: Closing::Keep, ..MemorySettings::default() })
}

async fn without_accounts() -> Memory {
    Memory::with(MemorySettings { accounts: false, ..MemorySettings::default() })
}

mod memory_that_deactivates {
    crate::conformance::every_rule!(super::deactivating);
}

mod memory_that_removes {
    crate::conformance::every_rule!(super::removing);
}

mod memory_that_keeps {
    crate::conformance::every_rule!(super::keeping);
}

mod memory_without_accounts {
    crate::conformance::every_rule!(super::without_accounts);
}

/// The rules themselves: a machine that says that it did what it did not do breaks them.
#[tokio::test]
async fn a_connector_that_lies_breaks_a_rule() {
    let undoing = conformance::undoing_brings_back_what_was_there_also_when_done_twice;
    macro_rules! breaks {
        ($($moment:expr => $rule:expr),+ $(,)?) => {$({
            let memory = deactivating().await;
            memory.directory.script($moment, Trouble::SaysDoneButNot, u32::MAX);
            assert!(AssertUnwindSafe($rule(&memory)).catch_unwind().await.is_err(), "{:?} was not noticed", $moment);
        })+};
    }
    breaks! {
        Moment::Apply(Operation::ReadyAccount) => conformance::what_is_given_is_there,
        Moment::Apply(Operation::Give) => conformance::what_is_given_is_there,
        Moment::Apply(Operation::Take) => conformance::what_is_taken_is_gone_and_the_rest_stays,
        Moment::Apply(Operation::CloseAccount) => conformance::an_account_that_was_closed_can_come_back,
        Moment::Plan => conformance::what_is_there_already_needs_no_step,
        Moment::Undo(Operation::ReadyAccount) => undoing,
        Moment::Undo(Operation::Give) => undoing,
        Moment::Undo(Operation::Take) => undoing,
        Moment::Undo(Operation::CloseAccount) => undoing,
    }
}
