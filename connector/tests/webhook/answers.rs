//! Every answer and what it is taken for.

use crate::far_side::{FarSide, Mishap, key, order, step};
use connector::{Account, Actual, Applied, Change, Connector, Exchanges, Fault, Operation, Retry};

/// What is said after a status, what it is taken for, and whether it is tried again by itself.
async fn taken_for(status: u16, body: &'static str) -> Result<Applied, (String, Retry)> {
    let far = FarSide::start().await;
    far.next([Mishap::Say(status, &[], body)]);
    let connector = far.connector_with(|settings| settings.answers_later = true);
    let answer = connector.apply(&order(Change::Give), &step(Operation::Give), key(1), &mut Exchanges::default()).await;
    answer.map_err(|fault| (format!("{}: {fault}", fault.word()), fault.retry()))
}

#[tokio::test]
async fn what_is_done_or_taken_on() {
    let done = |account: Option<&str>| Ok(Applied::Done { account: account.map(str::to_owned), found: None });
    assert_eq!(taken_for(204, "").await, done(None));
    assert_eq!(taken_for(200, "").await, done(None));
    assert_eq!(taken_for(200, "{}").await, done(None));
    assert_eq!(taken_for(200, r#"{"account":null,"more":[1]}"#).await, done(None));
    assert_eq!(taken_for(200, r#"{"account":"u-4711"}"#).await, done(Some("u-4711")));
    let found = Applied::Done { account: None, found: Some(Account::Inactive) };
    assert_eq!(taken_for(200, r#"{"account":null,"found":"inactive"}"#).await, Ok(found));
    assert_eq!(taken_for(200, r#"{"found":null}"#).await, done(None));
    assert_eq!(taken_for(202, r#"{"reference":"JOB-17"}"#).await, Ok(Applied::Awaited { reference: "JOB-17".to_owned() }));
}

#[tokio::test]
async fn what_proves_nothing_is_not_taken_for_done() {
    for (status, body) in [
        (200, "<!doctype html><title>Sign in</title>"),
        (200, "OK"),
        (200, "[]"),
        (200, r#"["u-4711"]"#),
        (200, "null"),
        (200, r#"{"account":17}"#),
        (200, r#"{"found":"absent"}"#),
        (200, r#"{"found":true}"#),
        (200, r#"{"account":""}"#),
        (200, r#"{"account":"a\nb"}"#),
        (201, "{}"),
        (203, "{}"),
        (206, "{}"),
        (202, ""),
        (202, "{}"),
        (202, r#"{"reference":null}"#),
        (202, r#"{"reference":" "}"#),
        (202, r#"{"reference":17}"#),
        (202, r#"["JOB-17"]"#),
    ] {
        let (fault, retry) = taken_for(status, body).await.unwrap_err();
        assert!(fault.starts_with("garbled: The answer cannot be understood: "), "{status} {body}: {fault}");
        assert_eq!(retry, Retry::Later, "{status} {body}");
    }
}

#[tokio::test]
async fn refusals_have_a_sentence_and_wait_for_a_person() {
    let gone = "410: the receiver takes no messages at this address any more. Enter its new address, or stop using this connection.";
    for (status, body, said) in [
        (400, r#"{"detail":"No\nsuch  group."}"#, "400: No such group."),
        (401, "", "401: the machine does not accept our credentials."),
        (403, "", "403: the machine does not allow us this."),
        (404, "", "404: there is nothing at this address."),
        (409, "", "409: what is there contradicts this step, so nothing was changed."),
        (409, r#"{"detail":"Locked."}"#, "409: what is there contradicts this step, so nothing was changed. It says: Locked."),
        (410, "<html>", gone),
        (422, r#"{"detail":17}"#, "422: the machine said no and gave no reason."),
    ] {
        assert_eq!(taken_for(status, body).await.unwrap_err(), (format!("refused: {said}"), Retry::No));
    }
}

#[tokio::test]
async fn failures_are_tried_again() {
    for (status, word) in [(408, "unclear"), (500, "broken"), (502, "broken"), (503, "broken"), (504, "broken")] {
        let (fault, retry) = taken_for(status, "").await.unwrap_err();
        assert!(fault.starts_with(word), "{status}: {fault}");
        assert_eq!(retry, Retry::Later);
    }
}

async fn state(status: u16, body: &'static str) -> Result<Actual, Fault> {
    let far = FarSide::start().await;
    far.next([Mishap::Say(status, &[], body)]);
    far.connector().read_back(&order(Change::Give), &mut Exchanges::default()).await
}

#[tokio::test]
async fn a_question_is_answered_with_what_is_there() {
    let active = state(200, r#"{"account":"active","account_id":"u-1","entitlements":["b","a","a"],"more":1}"#).await.unwrap();
    assert_eq!(active.account, Account::Active);
    assert_eq!(active.account_id.as_deref(), Some("u-1"));
    assert_eq!(active.entitlements.into_iter().collect::<Vec<_>>(), ["a", "b"]);
    let absent = state(200, r#"{"account":"absent","entitlements":[]}"#).await.unwrap();
    assert_eq!((absent.account, absent.account_id), (Account::Absent, None));
}

#[tokio::test]
async fn half_an_answer_to_a_question_is_none() {
    for (status, body) in [
        (204, ""),
        (202, r#"{"account":"active","entitlements":[]}"#),
        (200, ""),
        (200, "{}"),
        (200, r#"{"account":"active"}"#),
        (200, r#"{"entitlements":[]}"#),
        (200, r#"{"account":"locked","entitlements":[]}"#),
        (200, r#"{"account":"active","entitlements":"a"}"#),
        (200, r#"{"account":"active","entitlements":[1]}"#),
        (200, r#"{"account":"absent","entitlements":["a"]}"#),
        (200, r#"{"account":"active","account_id":"","entitlements":[]}"#),
        (200, r#"["active",null,[]]"#),
    ] {
        let fault = state(status, body).await.unwrap_err();
        assert!(matches!(fault, Fault::Garbled { .. }), "{status} {body}: {fault}");
    }
    // Nothing at the address is not the same as nobody there.
    assert!(matches!(state(404, "").await, Err(Fault::Refused { .. })));
}
