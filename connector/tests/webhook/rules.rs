//! What every connector has to do, asked of this one with a receiver that answers at once, one that
//! answers later, one that says nothing, and one that makes no accounts.

use crate::conformance::Counterpart;
use crate::far_side::{FarSide, ROLE, SECRET, webhook};
use async_trait::async_trait;
use connector::webhook::{Webhook, WebhookSettings};
use connector::{Account, Actual, Applied, Before, Change, Connector, Entitlement, Exchanges, Operation, Order, Step, Subject};
use uuid::Uuid;

struct Signed {
    far: FarSide,
    connector: Webhook,
    /// Reads back and makes accounts, whatever the connector under test does.
    other: Webhook,
}

impl Signed {
    async fn with(later: bool, change: impl FnOnce(&mut WebhookSettings)) -> Self {
        let far = FarSide::with(SECRET, later).await;
        let connector = far.connector_with(change);
        let other = webhook(WebhookSettings { answers_later: true, ..far.settings() }, SECRET, &["127.0.0.1"]).unwrap();
        Self { far, connector, other }
    }
}

#[async_trait]
impl Counterpart for Signed {
    fn connector(&self) -> &dyn Connector {
        &self.connector
    }

    fn entitlements(&self) -> [Entitlement; 2] {
        [(ROLE, 1), ("\"ledger\\head\"", 2)].map(|(reference, id)| Entitlement {
            id: Uuid::from_u128(id),
            reference: reference.to_owned(),
            name: "Ledger".to_owned(),
        })
    }

    async fn prepare(&self, subject: &Subject) {
        if self.connector.capabilities().accounts {
            return;
        }
        let [entitlement, _] = self.entitlements();
        let number = "REL-2026-000000".to_owned();
        let order = Order { release: Uuid::nil(), number, change: Change::Give, subject: subject.clone(), entitlement, last: false };
        let step = Step { operation: Operation::ReadyAccount, before: Before::Unknown, needed: true };
        if self.actual(&order).await.account != Account::Active {
            self.other.apply(&order, &step, subject.identity, &mut Exchanges::default()).await.unwrap();
        }
    }

    async fn actual(&self, order: &Order) -> Actual {
        self.other.read_back(order, &mut Exchanges::default()).await.unwrap()
    }

    fn changes(&self) -> u64 {
        self.far.receiver.changes()
    }

    async fn finish(&self, applied: &Applied) {
        if let Applied::Awaited { .. } = applied {
            for reference in self.far.receiver.work() {
                let said = self.far.receiver.completion(&reference).unwrap();
                assert!(String::from_utf8(said.body).unwrap().contains("\"outcome\":\"done\""));
                self.far.receiver.taken(&reference);
            }
        }
    }

    fn secret(&self) -> Option<&str> {
        SECRET.strip_prefix("whsec_")
    }
}

async fn at_once() -> Signed {
    Signed::with(false, |_| ()).await
}

async fn later() -> Signed {
    Signed::with(true, |settings| settings.answers_later = true).await
}

async fn silent() -> Signed {
    Signed::with(false, |settings| settings.reads_back = false).await
}

async fn without_accounts() -> Signed {
    Signed::with(false, |settings| settings.accounts = false).await
}

mod that_answers_at_once {
    crate::conformance::every_rule!(super::at_once);
}

mod that_answers_later {
    crate::conformance::every_rule!(super::later);
}

mod that_does_not_read_back {
    crate::conformance::every_rule!(super::silent);
}

mod that_makes_no_accounts {
    crate::conformance::every_rule!(super::without_accounts);
}
