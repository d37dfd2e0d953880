//! Receivers that answer later.

use crate::far_side::{FarSide, Mishap, SECRET, carry_out, key, order, step};
use crate::receiver::Completion as Signed;
use crate::support::NOW;
use axum::http::{HeaderMap, HeaderName};
use connector::webhook::completion::{Completion, NotTaken, Outcome};
use connector::webhook::signing::{Rejected, SigningSecrets};
use connector::{Applied, Change, Connector, Exchanges, Fault, Operation, Secret};

/// As our own address for completions reads it.
fn read(signed: &Signed, now: i64) -> Result<Completion, NotTaken> {
    let headers: HeaderMap = signed.headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect();
    Completion::read(&SigningSecrets::parse(&Secret::new(SECRET)).unwrap(), &headers, &signed.body, now)
}

async fn awaited(far: &FarSide, operation: Operation, number: u128) -> String {
    let connector = far.connector_with(|settings| settings.answers_later = true);
    match connector.apply(&order(Change::Give), &step(operation), key(number), &mut Exchanges::default()).await.unwrap() {
        Applied::Awaited { reference } => reference,
        done @ Applied::Done { .. } => panic!("{done:?}"),
    }
}

#[tokio::test]
async fn a_step_that_was_taken_on_is_reported_when_it_is_done() {
    let far = FarSide::answering_later().await;
    let account = awaited(&far, Operation::ReadyAccount, 1).await;
    let role = awaited(&far, Operation::Give, 2).await;
    assert_eq!(far.receiver.changes(), 0);
    assert!(!far.holds_role().await);

    assert_eq!(far.receiver.work(), [account.clone(), role.clone()]);
    assert!(far.holds_role().await);
    let read_role = read(&far.receiver.completion(&role).unwrap(), NOW).unwrap();
    assert_eq!(
        read_role,
        Completion {
            message: format!("completion_{role}"),
            release: order(Change::Give).release,
            operation: Operation::Give,
            reference: role.clone(),
            outcome: Outcome::Done { account: None, found: None },
        }
    );
    // Until it is taken it comes again, as the same message.
    assert_eq!(read(&far.receiver.completion(&role).unwrap(), NOW).unwrap(), read_role);
    far.receiver.taken(&role);
    assert_eq!(far.receiver.work(), [account]);
}

#[tokio::test]
async fn a_repeated_message_is_taken_on_once() {
    let far = FarSide::answering_later().await;
    far.next([Mishap::LoseAnswer]);
    let connector = far.connector_with(|settings| settings.answers_later = true);
    let step = step(Operation::ReadyAccount);
    let unclear = connector.apply(&order(Change::Give), &step, key(1), &mut Exchanges::default()).await.unwrap_err();
    assert!(matches!(unclear, Fault::Unclear { .. }));
    let reference = awaited(&far, Operation::ReadyAccount, 1).await;
    assert_eq!(far.receiver.work(), std::slice::from_ref(&reference));
    // Also after it was done.
    assert_eq!(awaited(&far, Operation::ReadyAccount, 1).await, reference);
    assert_eq!(far.receiver.changes(), 1);
}

#[tokio::test]
async fn a_step_that_fails_later_says_why() {
    let far = FarSide::answering_later().await;
    let reference = awaited(&far, Operation::Give, 1).await;
    far.receiver.work();
    let outcome = read(&far.receiver.completion(&reference).unwrap(), NOW).unwrap().outcome;
    assert_eq!(outcome, Outcome::Failed { detail: "There is no account mkern that could hold a role.".to_owned() });
}

#[tokio::test]
async fn a_completion_is_refused_when_it_is_old_or_changed() {
    let far = FarSide::answering_later().await;
    let reference = awaited(&far, Operation::Give, 1).await;
    far.receiver.work();
    let mut completion = far.receiver.completion(&reference).unwrap();
    assert_eq!(read(&completion, NOW + 301), Err(NotTaken::Rejected(Rejected::TooOld)));
    completion.body = String::from_utf8(completion.body).unwrap().replace("failed", "done").into_bytes();
    assert_eq!(read(&completion, NOW), Err(NotTaken::Rejected(Rejected::Unsigned)));
}

#[tokio::test]
async fn a_step_that_still_waits_is_not_done_after_it_was_undone() {
    let far = FarSide::answering_later().await;
    let order = order(Change::Give);
    awaited(&far, Operation::ReadyAccount, 1).await;
    let connector = far.connector();
    connector.undo(&order, &step(Operation::ReadyAccount), key(1), &mut Exchanges::default()).await.unwrap();
    assert_eq!(far.receiver.work(), [""; 0]);
    assert_eq!(far.receiver.changes(), 0);
}

#[tokio::test]
async fn who_is_not_said_to_answer_later_must_not() {
    let far = FarSide::answering_later().await;
    let fault = far.connector().apply(&order(Change::Give), &step(Operation::Give), key(1), &mut Exchanges::default()).await.unwrap_err();
    assert!(matches!(fault, Fault::Garbled { .. }), "{fault}");
}

#[tokio::test]
async fn undoing_is_answered_at_once() {
    let far = FarSide::start().await;
    let connector = far.connector_with(|settings| settings.answers_later = true);
    let order = order(Change::Give);
    let steps = carry_out(&connector, &order, 1).await;
    far.next([Mishap::Say(202, &[], r#"{"reference":"JOB-1"}"#)]);
    let fault = connector.undo(&order, &steps[1], key(2), &mut Exchanges::default()).await.unwrap_err();
    assert!(matches!(fault, Fault::Garbled { .. }), "{fault}");
}
