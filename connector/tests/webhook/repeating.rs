//! One effect, however often a message is sent.

use crate::far_side::{FarSide, Mishap, carry_out, key, order, step};
use connector::{Applied, Change, Connector, Exchanges, Fault, Operation, Retry};
use futures::future::join_all;
use std::time::Duration;

#[tokio::test]
async fn the_same_message_twice_is_one_effect_and_one_answer() {
    let far = FarSide::start().await;
    let connector = far.connector();
    let order = order(Change::Give);
    let log = &mut Exchanges::default();
    let first = connector.apply(&order, &step(Operation::ReadyAccount), key(1), log).await.unwrap();
    let second = connector.apply(&order, &step(Operation::ReadyAccount), key(1), log).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(far.receiver.changes(), 1);
    let [(first, body), (second, repeated)] = far.heard().try_into().unwrap();
    assert_eq!(first["webhook-id"], second["webhook-id"]);
    assert_eq!(body, repeated);
}

#[tokio::test]
async fn the_same_message_twenty_times_at_once_is_one_effect() {
    let far = FarSide::start().await;
    let connector = far.connector();
    let order = order(Change::Give);
    let answers = join_all(
        (0..20).map(|_| async { connector.apply(&order, &step(Operation::ReadyAccount), key(1), &mut Exchanges::default()).await }),
    )
    .await;
    assert!(answers.into_iter().all(|answer| answer == Ok(Applied::Done { account: Some("mkern".to_owned()), found: None })));
    assert_eq!(far.receiver.changes(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_unclear_and_the_same_message_clears_it_up() {
    for mishap in [Mishap::LoseAnswer, Mishap::NeverAnswer] {
        let far = FarSide::start().await;
        let connector = far.connector();
        let order = order(Change::Give);
        carry_out(&connector, &order, 1).await;
        let step = step(Operation::Take);
        far.next([mishap]);
        let unclear = far.impatient().apply(&order, &step, key(7), &mut Exchanges::default()).await.unwrap_err();
        assert!(matches!(unclear, Fault::Unclear { .. }), "{unclear}");
        assert_eq!(unclear.retry(), Retry::Later);
        // It did happen, and nobody here could know.
        assert!(!far.holds_role().await);
        let done = connector.apply(&order, &step, key(7), &mut Exchanges::default()).await.unwrap();
        assert_eq!(done, Applied::Done { account: Some("mkern".to_owned()), found: None });
        assert_eq!(far.receiver.changes(), 3);
    }
}

#[tokio::test]
async fn a_lost_answer_to_an_undo_is_cleared_up_the_same_way() {
    let far = FarSide::start().await;
    let connector = far.connector();
    let order = order(Change::Give);
    let steps = carry_out(&connector, &order, 1).await;
    far.next([Mishap::LoseAnswer]);
    assert!(matches!(connector.undo(&order, &steps[1], key(2), &mut Exchanges::default()).await, Err(Fault::Unclear { .. })));
    connector.undo(&order, &steps[1], key(2), &mut Exchanges::default()).await.unwrap();
    assert!(!far.holds_role().await);
    assert_eq!(far.receiver.changes(), 3);
}

#[tokio::test]
async fn a_receiver_that_has_too_much_is_left_alone_as_long_as_it_asks() {
    let far = FarSide::start().await;
    let connector = far.connector();
    let order = order(Change::Give);
    far.next([Mishap::Say(429, &[("retry-after", "7")], ""), Mishap::Say(503, &[("retry-after", "9")], ""), Mishap::Say(429, &[], "")]);
    for retry in [Retry::After(Duration::from_secs(7)), Retry::After(Duration::from_secs(9)), Retry::Later] {
        let fault = connector.apply(&order, &step(Operation::ReadyAccount), key(1), &mut Exchanges::default()).await.unwrap_err();
        assert!(matches!(fault, Fault::Throttled { .. }), "{fault}");
        assert_eq!(fault.retry(), retry);
    }
    connector.apply(&order, &step(Operation::ReadyAccount), key(1), &mut Exchanges::default()).await.unwrap();
    assert_eq!(far.receiver.changes(), 1);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (far, elsewhere) = (FarSide::start().await, FarSide::start().await);
    let target: &'static str = Box::leak(elsewhere.url.clone().into_boxed_str());
    let location: &'static [(&str, &str)] = Box::leak(Box::new([("location", target)]));
    for status in [301, 302, 303, 307, 308] {
        far.next([Mishap::Say(status, location, "")]);
        let fault =
            far.connector().apply(&order(Change::Give), &step(Operation::Give), key(1), &mut Exchanges::default()).await.unwrap_err();
        assert_eq!(fault.retry(), Retry::No);
        assert!(fault.to_string().contains("redirects are not followed"), "{fault}");
    }
    assert_eq!(elsewhere.heard().len(), 0);
}
