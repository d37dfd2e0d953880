//! Planning, doing, reading back, undoing.

use crate::far_side::{FarSide, ROLE, carry_out, key, order, step, webhook};
use connector::webhook::WebhookSettings;
use connector::{Account, Applied, Before, Capabilities, Change, Connector, Exchanges, Fault, Operation, Retry};

#[tokio::test]
async fn access_is_given_read_back_and_taken_again_with_the_account() {
    let far = FarSide::start().await;
    let connector = far.connector();
    let steps = carry_out(&connector, &order(Change::Give), 1).await;
    assert!(steps.iter().all(|step| step.needed));
    let actual = connector.read_back(&order(Change::Give), &mut Exchanges::default()).await.unwrap();
    assert_eq!((actual.account, actual.account_id.as_deref()), (Account::Active, Some("mkern")));
    assert!(actual.entitlements.contains(ROLE));

    // Planned once more, there is nothing left to do.
    let again = connector.plan(&order(Change::Give), &mut Exchanges::default()).await.unwrap();
    assert!(again.steps.iter().all(|step| !step.needed));
    assert_eq!(again.account.as_deref(), Some("mkern"));

    carry_out(&connector, &order(Change::Take), 11).await;
    let actual = connector.read_back(&order(Change::Take), &mut Exchanges::default()).await.unwrap();
    assert_eq!((actual.account, actual.entitlements.len()), (Account::Inactive, 0));
}

#[tokio::test]
async fn undoing_backwards_leaves_what_was_found_and_may_be_said_twice() {
    let far = FarSide::start().await;
    let connector = far.connector();
    let order = order(Change::Give);
    let steps = carry_out(&connector, &order, 1).await;
    assert_eq!(steps[0].before, Before::Account { state: Account::Absent });
    for (step, number) in [(&steps[1], 2), (&steps[0], 1)] {
        // The same key as the step's own: it is another message all the same.
        connector.undo(&order, step, key(number), &mut Exchanges::default()).await.unwrap();
        connector.undo(&order, step, key(number), &mut Exchanges::default()).await.unwrap();
    }
    let actual = connector.read_back(&order, &mut Exchanges::default()).await.unwrap();
    assert_eq!(actual.account, Account::Absent);
    assert_eq!(far.receiver.changes(), 4);
}

#[tokio::test]
async fn a_receiver_that_says_nothing_gets_every_step_and_undoes_by_what_it_kept() {
    let far = FarSide::start().await;
    let connector = far.connector_with(|settings| settings.reads_back = false);
    let order = order(Change::Give);
    let steps = carry_out(&connector, &order, 1).await;
    assert_eq!(steps, [step(Operation::ReadyAccount), step(Operation::Give)]);
    assert_eq!(far.heard().len(), 2);
    let refused = connector.read_back(&order, &mut Exchanges::default()).await.unwrap_err();
    assert!(refused.to_string().contains("somebody has to look"));
    assert_eq!(far.heard().len(), 2);

    connector.undo(&order, &steps[1], key(2), &mut Exchanges::default()).await.unwrap();
    assert!(!far.holds_role().await);
    connector.undo(&order, &steps[0], key(1), &mut Exchanges::default()).await.unwrap();
    let actual = far.connector().read_back(&order, &mut Exchanges::default()).await.unwrap();
    assert_eq!(actual.account, Account::Absent);
    // A step that was never done needs no undoing.
    connector.undo(&order, &step(Operation::CloseAccount), key(3), &mut Exchanges::default()).await.unwrap();
    assert_eq!(far.receiver.changes(), 4);
}

#[tokio::test]
async fn what_a_receiver_cannot_do_is_not_asked_of_it() {
    let far = FarSide::start().await;
    let connector = far.connector_with(|settings| {
        settings.accounts = false;
        settings.undoes = false;
    });
    let plan = connector.plan(&order(Change::Give), &mut Exchanges::default()).await.unwrap();
    assert_eq!(plan.steps.iter().map(|step| step.operation).collect::<Vec<_>>(), [Operation::Give]);
    let heard = far.heard().len();
    let refused = connector.undo(&order(Change::Give), &step(Operation::Give), key(1), &mut Exchanges::default()).await.unwrap_err();
    assert_eq!(refused.retry(), Retry::No);
    assert_eq!(far.heard().len(), heard);
    assert_eq!(connector.capabilities(), Capabilities { accounts: false, reads_back: true, undoes: false, answers_later: false });
}

#[tokio::test]
async fn a_refusal_comes_with_the_receivers_reason() {
    let far = FarSide::start().await;
    let connector = far.connector();
    let mut unknown = order(Change::Give);
    unknown.entitlement.reference = "chief".to_owned();
    let refused = connector.apply(&unknown, &step(Operation::Give), key(1), &mut Exchanges::default()).await.unwrap_err();
    assert_eq!(refused, Fault::Refused { said: "422: There is no role chief here.".to_owned() });
    let contradiction = connector.apply(&order(Change::Give), &step(Operation::Give), key(2), &mut Exchanges::default()).await.unwrap_err();
    assert_eq!(
        contradiction.to_string(),
        "409: what is there contradicts this step, so nothing was changed. It says: There is no account mkern that could hold a role."
    );
    assert_eq!(far.receiver.changes(), 0);
    // What was refused is not kept: once there is an account, the same message gives access.
    connector.apply(&order(Change::Give), &step(Operation::ReadyAccount), key(3), &mut Exchanges::default()).await.unwrap();
    let done = connector.apply(&order(Change::Give), &step(Operation::Give), key(2), &mut Exchanges::default()).await.unwrap();
    assert_eq!(done, Applied::Done { account: Some("mkern".to_owned()), found: None });
}

#[tokio::test]
async fn questions_go_to_their_own_address() {
    let (far, other) = (FarSide::start().await, FarSide::start().await);
    let connector = far.connector_with(|settings| settings.read_url = Some(other.url.clone()));
    let actual = connector.read_back(&order(Change::Give), &mut Exchanges::default()).await.unwrap();
    assert_eq!(actual.account, Account::Absent);
    assert_eq!((far.heard().len(), other.heard().len()), (0, 1));
}

#[tokio::test]
async fn internal_addresses_are_refused_unless_they_are_allowed() {
    let far = FarSide::start().await;
    let refused = webhook(far.settings(), crate::far_side::SECRET, &[]).err().unwrap();
    assert!(matches!(refused, Fault::NotAllowed { .. }), "{refused}");
    // A name is looked at when it is used.
    let by_name = WebhookSettings { url: far.url.replace("127.0.0.1", "localhost"), ..far.settings() };
    let connector = webhook(by_name, crate::far_side::SECRET, &[]).unwrap();
    let refused = connector.plan(&order(Change::Give), &mut Exchanges::default()).await.unwrap_err();
    assert!(matches!(refused, Fault::NotAllowed { .. }), "{refused}");
    assert_eq!(far.heard().len(), 0);
}

#[tokio::test]
async fn settings_and_secrets_that_cannot_work_are_refused_with_their_field() {
    let far = FarSide::start().await;
    let field = |settings: WebhookSettings, secret: &str| match webhook(settings, secret, &["127.0.0.1"]).err().unwrap() {
        Fault::Misconfigured { field, .. } => field,
        other => panic!("{other}"),
    };
    let good = far.settings();
    assert_eq!(field(good.clone(), "whsec_dG9vIHNob3J0"), "secret");
    assert_eq!(field(good.clone(), "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "secret");
    assert_eq!(field(WebhookSettings { url: "no address".to_owned(), ..good.clone() }, crate::far_side::SECRET), "url");
    assert_eq!(field(WebhookSettings { read_url: Some("no address".to_owned()), ..good }, crate::far_side::SECRET), "read_url");
}

#[tokio::test]
async fn the_account_that_is_known_keeps_its_access_whatever_the_login_is_by_now() {
    let far = FarSide::start().await;
    let connector = far.connector();
    carry_out(&connector, &order(Change::Give), 1).await;
    let mut take = order(Change::Take);
    take.subject.attributes.insert("login".to_owned(), "mkern2".to_owned());
    take.subject.account = Some("mkern".to_owned());
    carry_out(&connector, &take, 11).await;
    let actual = connector.read_back(&take, &mut Exchanges::default()).await.unwrap();
    assert_eq!((actual.account, actual.account_id.as_deref(), actual.entitlements.len()), (Account::Inactive, Some("mkern"), 0));
    let (_, body) = far.heard().pop().unwrap();
    let said: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(said["subject"]["account"], "mkern");
}

#[tokio::test]
async fn an_account_that_the_receiver_found_is_told_apart_and_stays_when_the_step_is_undone() {
    let far = FarSide::start().await;
    let connector = far.connector();
    let order = order(Change::Give);
    // Another release has made it, and this one was planned before.
    let other = connector::Order { release: uuid::Uuid::from_u128(70), ..order.clone() };
    let ready = connector::Step { before: Before::Account { state: Account::Absent }, ..step(Operation::ReadyAccount) };
    let log = &mut Exchanges::default();
    let made = connector.apply(&other, &ready, key(1), log).await.unwrap();
    assert_eq!(made, Applied::Done { account: Some("mkern".to_owned()), found: None });
    let found = connector.apply(&order, &ready, key(2), log).await.unwrap();
    assert_eq!(found, Applied::Done { account: Some("mkern".to_owned()), found: Some(Account::Active) });
    let undone = connector.undo(&order, &ready, key(2), log).await.unwrap();
    assert_eq!(undone, connector::Undone { left: Some(Account::Active) });
    assert_eq!(connector.read_back(&order, log).await.unwrap().account, Account::Active);
    connector.undo(&other, &ready, key(1), log).await.unwrap();
    assert_eq!(connector.read_back(&order, log).await.unwrap().account, Account::Absent);
}
