//! What is sent: canonical JSON (RFC 8785), so that the same message always has the same bytes.

use super::VERSION;
use crate::fault::Fault;
use crate::order::{Account, Before, Change, Entitlement, Operation, Order, Step, Subject};
use serde::Serialize;
use uuid::Uuid;

/// A message. Fields are documented in `docs/connectors/webhook.md`.
#[derive(Debug, Serialize)]
pub struct Message<'a> {
    version: u8,
    message: Kind,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<Operation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wanted: Option<Wanted>,
    #[serde(flatten)]
    about: Option<About<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Apply,
    Undo,
    Read,
    Ping,
}

/// What shall be there afterwards. A receiver that brings this about may ignore the operation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    Account(Account),
    Held(bool),
}

#[derive(Debug, Serialize)]
struct About<'a> {
    release: Release<'a>,
    change: Change,
    last: bool,
    subject: &'a Subject,
    entitlement: &'a Entitlement,
}

#[derive(Debug, Serialize)]
struct Release<'a> {
    id: Uuid,
    number: &'a str,
}

impl<'a> Message<'a> {
    /// Do this step.
    #[must_use]
    pub fn apply(order: &'a Order, operation: Operation, id: &'a str) -> Self {
        let wanted = match operation {
            Operation::ReadyAccount => Wanted::Account(Account::Active),
            Operation::CloseAccount => Wanted::Account(Account::Inactive),
            Operation::Give => Wanted::Held(true),
            Operation::Take => Wanted::Held(false),
        };
        Self { version: VERSION, message: Kind::Apply, id, operation: Some(operation), wanted: Some(wanted), about: Some(About::of(order)) }
    }

    /// Bring back what was found before this step. Without anything found there is no `wanted`, and
    /// the receiver goes by what it kept.
    #[must_use]
    pub fn undo(order: &'a Order, step: &Step, id: &'a str) -> Self {
        let wanted = match step.before {
            Before::Account { state } => Some(Wanted::Account(state)),
            Before::Entitlement { held } => Some(Wanted::Held(held)),
            Before::Unknown => None,
        };
        Self { version: VERSION, message: Kind::Undo, id, operation: Some(step.operation), wanted, about: Some(About::of(order)) }
    }

    /// Say what is there.
    #[must_use]
    pub fn read(order: &'a Order, id: &'a str) -> Self {
        Self { version: VERSION, message: Kind::Read, id, operation: None, wanted: None, about: Some(About::of(order)) }
    }

    /// Say whether the signature fits.
    #[must_use]
    pub fn ping(id: &'a str) -> Self {
        Self { version: VERSION, message: Kind::Ping, id, operation: None, wanted: None, about: None }
    }

    /// Its id, which is also the header `webhook-id`.
    #[must_use]
    pub fn id(&self) -> &str {
        self.id
    }

    /// The bytes that are signed and sent.
    ///
    /// # Errors
    /// [`Fault::Misconfigured`] when a text cannot be written, which no text of ours can cause.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Fault> {
        serde_json_canonicalizer::to_vec(self)
            .map_err(|error| Fault::Misconfigured { field: "message", why: format!("it cannot be written as JSON: {error}.") })
    }
}

impl<'a> About<'a> {
    fn of(order: &'a Order) -> Self {
        Self {
            release: Release { id: order.release, number: &order.number },
            change: order.change,
            last: order.last,
            subject: &order.subject,
            entitlement: &order.entitlement,
        }
    }
}

/// The order of the documentation's examples.
#[cfg(test)]
pub(super) fn example() -> Order {
    Order {
        release: Uuid::from_u128(0x0198_1e50_9c0a_7000_8000_0000_0000_0071),
        number: "R-2026-000071".to_owned(),
        change: Change::Give,
        subject: Subject {
            account: Some("u-4711".to_owned()),
            ..Subject::new(
                Uuid::from_u128(0x0198_1e50_9c0a_7000_8000_0000_0000_0042),
                [("number", "E1042"), ("login", "mkern"), ("display_name", "Mira Kern"), ("mail", "mira.kern@example.org")]
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .into(),
            )
        },
        entitlement: Entitlement {
            id: Uuid::from_u128(0x0198_1e50_9c0a_7000_8000_0000_0000_0009),
            reference: "ledger-clerk".to_owned(),
            name: "Ledger: clerk".to_owned(),
        },
        last: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const DOCUMENTATION: &str = include_str!("../../../docs/connectors/webhook.md");

    fn value(message: &Message<'_>) -> Value {
        serde_json::from_slice(&message.to_bytes().unwrap()).unwrap()
    }

    fn wanted(message: &Message<'_>) -> Option<Value> {
        value(message).get("wanted").cloned()
    }

    #[test]
    fn the_message_is_the_documented_one() {
        let order = example();
        let blocks: Vec<Value> =
            DOCUMENTATION.split("```json\n").skip(1).map(|rest| serde_json::from_str(rest.split("```").next().unwrap()).unwrap()).collect();
        let step = Step { operation: Operation::Give, before: Before::Entitlement { held: false }, needed: true };
        for message in [
            Message::apply(&order, Operation::Give, "9f1c2c1e-58c0-4a0c-9c1e-1d8a6f0e2b11"),
            Message::undo(&order, &step, "undo_6a7d1f5e-0f39-4bd2-8d6b-5a9b1c8f2e07"),
            Message::read(&order, "read_1763800000_120933"),
            Message::ping("ping_1763800000_120934"),
        ] {
            assert!(blocks.contains(&value(&message)), "{}", value(&message));
        }
    }

    #[test]
    fn the_bytes_are_canonical() {
        let bytes = Message::ping("ping_1").to_bytes().unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), r#"{"id":"ping_1","message":"ping","version":1}"#);
        let order = example();
        let [one, two] = [(); 2].map(|()| Message::apply(&order, Operation::Take, "k").to_bytes().unwrap());
        assert_eq!(one, two);
    }

    #[test]
    fn an_account_that_is_not_known_is_not_named_and_what_is_ours_alone_is_not_sent() {
        let mut order = example();
        order.subject.account = None;
        order.subject.made_for_release = true;
        order.subject.asked_as = order.subject.attributes.clone();
        let subject = value(&Message::apply(&order, Operation::Give, "k"))["subject"].clone();
        assert_eq!(subject.as_object().unwrap().keys().collect::<Vec<_>>(), ["attributes", "identity"]);
    }

    #[test]
    fn each_step_says_what_shall_be_there_afterwards() {
        let order = example();
        for (operation, expected) in [
            (Operation::ReadyAccount, json!({"account": "active"})),
            (Operation::Give, json!({"held": true})),
            (Operation::Take, json!({"held": false})),
            (Operation::CloseAccount, json!({"account": "inactive"})),
        ] {
            assert_eq!(wanted(&Message::apply(&order, operation, "k")), Some(expected));
        }
    }

    #[test]
    fn undoing_wants_what_was_found_and_nothing_when_nothing_was() {
        let order = example();
        for (before, expected) in [
            (Before::Account { state: Account::Absent }, Some(json!({"account": "absent"}))),
            (Before::Account { state: Account::Inactive }, Some(json!({"account": "inactive"}))),
            (Before::Entitlement { held: true }, Some(json!({"held": true}))),
            (Before::Unknown, None),
        ] {
            let step = Step { operation: Operation::Take, before, needed: true };
            assert_eq!(wanted(&Message::undo(&order, &step, "k")), expected);
        }
    }
}
