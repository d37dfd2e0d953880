//! What the receiver checks, and what our test of the settings finds out about it.

use crate::far_side::{FarSide, Mishap, SECRET, key, order, step, webhook};
use crate::receiver::Receiver;
use axum::http::StatusCode;
use connector::webhook::WebhookSettings;
use connector::webhook::signing::SigningSecrets;
use connector::{Change, Connector, Exchanges, Fault, Operation, Tested};
use std::sync::Arc;
use std::sync::atomic::Ordering;

fn other_secret() -> String {
    SigningSecrets::generate([9; 32]).expose().to_owned()
}

async fn ready_account(far: &FarSide, secrets: &str) -> Result<(), Fault> {
    let connector = webhook(far.settings(), secrets, &["127.0.0.1"])?;
    connector.apply(&order(Change::Give), &step(Operation::ReadyAccount), key(1), &mut Exchanges::default()).await.map(|_| ())
}

#[tokio::test]
async fn a_message_signed_with_another_secret_has_no_effect() {
    let far = FarSide::start().await;
    let refused = ready_account(&far, &other_secret()).await.unwrap_err();
    assert_eq!(refused, Fault::Refused { said: "401: The signature does not fit.".to_owned() });
    assert_eq!(far.receiver.changes(), 0);
}

#[tokio::test]
async fn a_message_that_is_old_or_from_the_future_has_no_effect() {
    let far = FarSide::start().await;
    for ahead in [301, -301] {
        far.ahead.store(ahead, Ordering::Relaxed);
        assert!(matches!(ready_account(&far, SECRET).await, Err(Fault::Refused { .. })));
    }
    assert_eq!(far.receiver.changes(), 0);
    far.ahead.store(300, Ordering::Relaxed);
    ready_account(&far, SECRET).await.unwrap();
}

#[tokio::test]
async fn a_message_that_somebody_kept_has_no_second_effect() {
    let far = FarSide::start().await;
    ready_account(&far, SECRET).await.unwrap();
    let (headers, body) = far.heard().remove(0);
    assert_eq!(far.receiver.take(&headers, &body).unwrap().0, StatusCode::OK);
    assert_eq!(far.receiver.changes(), 1);
    far.ahead.store(301, Ordering::Relaxed);
    assert_eq!(far.receiver.take(&headers, &body).unwrap_err().0, StatusCode::UNAUTHORIZED);
    // A new time does not fit the old signature.
    far.ahead.store(0, Ordering::Relaxed);
    let mut renewed = headers.clone();
    renewed.insert("webhook-timestamp", (crate::support::NOW + 1).to_string().parse().unwrap());
    assert_eq!(far.receiver.take(&renewed, &body).unwrap_err().0, StatusCode::UNAUTHORIZED);
    // Neither does another person.
    let changed = String::from_utf8(body.to_vec()).unwrap().replace("mkern", "intruder");
    assert_eq!(far.receiver.take(&headers, changed.as_bytes()).unwrap_err().0, StatusCode::UNAUTHORIZED);
    assert_eq!(far.receiver.changes(), 1);
}

#[tokio::test]
async fn a_secret_is_replaced_without_a_gap() {
    let far = FarSide::start().await;
    let new = other_secret();
    // Countersign knows both, the receiver only the old one; then only the new one.
    ready_account(&far, &format!("{new} {SECRET}")).await.unwrap();
    let moved = FarSide::with(&new, false).await;
    ready_account(&moved, &format!("{new} {SECRET}")).await.unwrap();
    assert_eq!((far.receiver.changes(), moved.receiver.changes()), (1, 1));
    ready_account(&moved, SECRET).await.unwrap_err();
}

#[test]
fn a_receiver_does_not_start_with_a_secret_that_anybody_knows() {
    for secret in ["", "whsec_", "whsec_dG9vIHNob3J0", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
        assert!(Receiver::new(secret, &[], false, Arc::new(|| 0)).is_none(), "{secret}");
    }
}

async fn tested(far: &FarSide, secret: &str) -> Result<Tested, Fault> {
    webhook(far.settings(), secret, &["127.0.0.1"]).unwrap().test(&mut Exchanges::default()).await
}

#[tokio::test]
async fn the_test_of_the_settings_finds_a_receiver_that_looks_at_signatures() {
    let far = FarSide::start().await;
    let findings = tested(&far, SECRET).await.unwrap().findings;
    assert_eq!(
        findings,
        [
            (true, "The receiver of messages took a signed test message.".to_owned()),
            (true, "The receiver of messages refuses a message with a wrong signature.".to_owned()),
        ]
    );
    assert_eq!(far.receiver.changes(), 0);
}

#[tokio::test]
async fn the_test_of_the_settings_finds_a_receiver_that_takes_anything() {
    let far = FarSide::start().await;
    far.next([Mishap::Say(204, &[], ""), Mishap::Say(200, &[], "")]);
    let findings = tested(&far, SECRET).await.unwrap().findings;
    assert!(!findings[1].0);
    assert!(findings[1].1.contains("anybody could give orders"));
}

#[tokio::test]
async fn the_test_of_the_settings_finds_a_wrong_secret_an_odd_answer_and_silence() {
    let far = FarSide::start().await;
    let [(fine, said)] = tested(&far, &other_secret()).await.unwrap().findings.try_into().unwrap();
    assert_eq!((fine, said.as_str()), (false, "The receiver of messages refused a signed test message: 401: The signature does not fit."));
    far.next([Mishap::Say(202, &[], "")]);
    let [(fine, said)] = tested(&far, SECRET).await.unwrap().findings.try_into().unwrap();
    assert!(!fine && said.contains("status 202"), "{said}");
    far.next([Mishap::NeverAnswer]);
    assert!(matches!(far.impatient().test(&mut Exchanges::default()).await, Err(Fault::Unclear { .. })));
    // Only the second question stays open.
    far.next([Mishap::Say(200, &[], ""), Mishap::Say(500, &[], "")]);
    let findings = tested(&far, SECRET).await.unwrap().findings;
    assert!(findings[0].0 && !findings[1].0 && findings[1].1.contains("could not be found out"), "{findings:?}");
}

#[tokio::test]
async fn both_addresses_are_tested() {
    let (far, other) = (FarSide::start().await, FarSide::start().await);
    let settings = WebhookSettings { read_url: Some(other.url.clone()), ..far.settings() };
    let findings = webhook(settings, SECRET, &["127.0.0.1"]).unwrap().test(&mut Exchanges::default()).await.unwrap().findings;
    assert_eq!(findings.iter().filter(|(fine, _)| *fine).count(), 4);
    assert_eq!((far.heard().len(), other.heard().len()), (2, 2));
}

#[tokio::test]
async fn what_is_kept_of_an_exchange_holds_no_signature_and_no_secret() {
    let far = FarSide::start().await;
    let mut log = Exchanges::default();
    far.connector().apply(&order(Change::Give), &step(Operation::ReadyAccount), key(1), &mut log).await.unwrap();
    let [exchange] = &log.0[..] else { panic!("one exchange") };
    assert_eq!((exchange.purpose.as_str(), exchange.method.as_str(), exchange.status), ("ready_account", "POST", Some(200)));
    assert_eq!(exchange.request.as_ref().unwrap()["wanted"]["account"], "active");
    let kept = serde_json::to_string(exchange).unwrap();
    let (headers, _) = far.heard().remove(0);
    let signature = headers["webhook-signature"].to_str().unwrap();
    for hidden in [signature.trim_start_matches("v1,"), SECRET, SECRET.trim_start_matches("whsec_")] {
        assert!(!kept.contains(hidden));
    }
}
