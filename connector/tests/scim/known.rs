//! Whose account it is: by its id once that is known, and made by us or by others.

use super::bench::{BOTH, Bench, apply, carry_out, connector_at, order, read_back, refused};
use crate::between::{Between, Trick};
use crate::servers::Kind;
use connector::scim::ScimConnector;
use connector::{Account, Applied, Before, Change, Connector, Exchanges, Fault, Operation, Order, Step, Undone};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

const READY: Step = Step { operation: Operation::ReadyAccount, before: Before::Account { state: Account::Absent }, needed: true };

/// Accounts are matched by a mail address, which changes.
fn by_mail(settings: &mut Value) {
    settings["matching"] = json!({ "path": "emails[type eq \"work\"].value", "attribute": "mail" });
    settings["attributes"] = json!({ "userName": "login" });
}

fn with_mail(change: Change, mail: &str) -> Order {
    let mut order = order(change, "ada", "Ledger");
    order.subject.attributes.insert("mail".to_owned(), mail.to_owned());
    order
}

async fn undo(connector: &ScimConnector, order: &Order) -> Undone {
    connector.undo(order, &READY, Uuid::from_u128(9), &mut Exchanges::default()).await.unwrap()
}

/// The addresses of the questions about accounts, without the tenant.
fn asked(between: &Between) -> Vec<String> {
    let heard = between.heard("GET");
    let paths = heard.iter().filter_map(|request| request.split(' ').nth(1)?.split_once("/v2/").map(|(_, path)| path.to_owned()));
    let questions = paths.filter(|path| path.starts_with("Users"));
    questions.map(|path| path.split('&').next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn access_is_taken_from_the_account_that_had_it_when_the_mail_has_changed_since() {
    for kind in BOTH {
        let bench = Bench::new(kind);
        let group = bench.group("Ledger", &[]).await;
        let connector = bench.connector(by_mail);
        carry_out(&connector, &with_mail(Change::Give, "old@example.test")).await.unwrap();
        let id = bench.users().await[0]["id"].as_str().unwrap().to_owned();

        let mut take = Order { last: true, ..with_mail(Change::Take, "new@example.test") };
        let unknown = read_back(&connector, &take).await;
        assert_eq!((unknown.account, unknown.account_id), (Account::Absent, None), "{kind:?}: by the mail alone it is not found");
        take.subject.account = Some(id.clone());
        let (plan, _) = carry_out(&connector, &take).await.unwrap();
        assert_eq!((plan.account.as_deref(), plan.steps.iter().all(|step| step.needed)), (Some(id.as_str()), true), "{kind:?}");
        assert!(bench.members(&group).await.is_empty(), "{kind:?}");
        let actual = read_back(&connector, &take).await;
        assert_eq!((actual.account, actual.account_id, actual.entitlements), (Account::Inactive, Some(id), [].into()), "{kind:?}");
    }
}

#[tokio::test]
async fn an_account_is_looked_for_by_its_id_then_as_it_was_asked_for_then_as_of_today() {
    let bench = Bench::new(Kind::Scim2);
    let between = Between::new(&bench.base).await;
    let connector = connector_at(&between.url(), by_mail);
    let mut read = with_mail(Change::Give, "new@example.test");
    read.subject.account = Some("not-there".to_owned());
    read.subject.asked_as.insert("mail".to_owned(), "old@example.test".to_owned());
    let by = |mail: &str| format!("Users?filter=emails%5Btype+eq+%22work%22+and+value+eq+%22{}%22%5D", mail.replace('@', "%40"));
    let [by_id, by_old, by_new] = ["Users/not-there".to_owned(), by("old@example.test"), by("new@example.test")];
    assert_eq!(read_back(&connector, &read).await.account, Account::Absent);
    let words = |text: &str| text.replace("%20", "+");
    assert_eq!(asked(&between).iter().map(|asked| words(asked)).collect::<Vec<_>>(), [by_id, by_old, by_new]);

    // Each finds it before the next is asked.
    let id = bench.user(json!({ "userName": "ada", "emails": [{ "type": "work", "value": "new@example.test" }] })).await;
    for (account, before, questions) in
        [(None, None, 1), (None, Some("old@example.test"), 2), (Some(id.as_str()), Some("old@example.test"), 1)]
    {
        let already = asked(&between).len();
        read.subject.account = account.map(str::to_owned);
        read.subject.asked_as = before.map(|mail| ("mail".to_owned(), mail.to_owned())).into_iter().collect();
        assert_eq!(read_back(&connector, &read).await.account_id.as_deref(), Some(id.as_str()));
        assert_eq!(asked(&between).len() - already, questions, "{account:?} {before:?}");
    }
    // Somebody else has the earlier address by now.
    bench.user(json!({ "userName": "eve", "emails": [{ "type": "work", "value": "old@example.test" }] })).await;
    (read.subject.account, read.subject.asked_as) = (None, [("mail".to_owned(), "old@example.test".to_owned())].into());
    assert_eq!(read_back(&connector, &read).await.account_id.as_deref(), Some(id.as_str()));
}

#[tokio::test]
async fn a_server_that_shows_another_account_than_it_was_asked_for_is_not_believed() {
    let bench = Bench::new(Kind::Scim2);
    let between = Between::new(&bench.base).await;
    let id = bench.user(json!({ "userName": "eve" })).await;
    let other = json!({ "id": id, "userName": "eve", "active": true }).to_string();
    between.play("GET", "/Users/ada-1", 1, Trick::Say("200 OK", "content-type: application/scim+json\r\n", other));
    let mut take = order(Change::Take, "ada", "Ledger");
    take.subject.account = Some("ada-1".to_owned());
    let fault = connector_at(&between.url(), |_| {}).read_back(&take, &mut Exchanges::default()).await.unwrap_err();
    assert!(matches!(fault, Fault::Garbled { .. }), "{fault:?}");
}

#[tokio::test]
async fn an_account_whose_making_was_not_answered_is_found_although_the_mail_has_changed_since() {
    for kind in BOTH {
        let bench = Bench::new(kind);
        bench.group("Ledger", &[]).await;
        let between = Between::new(&bench.base).await;
        between.play("POST", "/Users", 1, Trick::LoseAnswer);
        let connector = connector_at(&between.url(), by_mail);
        let first = with_mail(Change::Give, "old@example.test");
        let lost = apply(&connector, &first, &READY, &mut Exchanges::default()).await;
        assert!(matches!(lost, Err(Fault::Unclear { .. })), "{kind:?} {lost:?}");

        let mut again = with_mail(Change::Give, "new@example.test");
        again.subject.attributes.insert("login".to_owned(), "ada.new".to_owned());
        again.subject.asked_as = first.subject.attributes.clone();
        let done = apply(&connector, &again, &READY, &mut Exchanges::default()).await.unwrap();
        let users = bench.users().await;
        assert_eq!(users.len(), 1, "{kind:?}");
        assert_eq!(done, Applied::Done { account: users[0]["id"].as_str().map(str::to_owned), found: None }, "{kind:?}");
        assert_eq!(undo(&connector, &again).await, Undone { left: None });
        assert!(bench.users().await.is_empty(), "{kind:?}: it is ours");
    }
}

#[tokio::test]
async fn what_we_made_is_known_by_its_external_id_whatever_the_settings_put_there() {
    for (attributes, mark) in
        [(json!({}), json!("00000000-0000-0000-0000-000000000007")), (json!({ "externalid": "number" }), json!("P-0007"))]
    {
        let bench = Bench::new(Kind::Scim2);
        let between = Between::new(&bench.base).await;
        between.play("POST", "/Users", 1, Trick::LoseAnswer);
        let connector = connector_at(&between.url(), |settings| settings["attributes"] = attributes.clone());
        let give = order(Change::Give, "ada", "Ledger");
        assert!(apply(&connector, &give, &READY, &mut Exchanges::default()).await.is_err());
        let users = bench.users().await;
        assert_eq!((users.len(), &users[0]["externalId"]), (1, &mark));
        let done = apply(&connector, &give, &READY, &mut Exchanges::default()).await.unwrap();
        assert!(matches!(done, Applied::Done { found: None, .. }), "{done:?}");
        undo(&connector, &give).await;
        assert!(bench.users().await.is_empty(), "{attributes}");
    }
}

#[tokio::test]
async fn an_account_that_others_made_meanwhile_is_found_and_never_removed() {
    for kind in BOTH {
        for (active, state) in [(true, Account::Active), (false, Account::Inactive)] {
            let bench = Bench::new(kind);
            let between = Between::new(&bench.base).await;
            between.play("POST", "/Users", 1, Trick::Say("500 Internal Server Error", "", String::new()));
            let connector = connector_at(&between.url(), |_| {});
            let give = order(Change::Give, "ada", "Ledger");
            assert_eq!(apply(&connector, &give, &READY, &mut Exchanges::default()).await, Err(Fault::Broken { status: 500 }));
            bench.user(json!({ "userName": "ada", "active": active })).await;
            // Rolled back before it was tried again.
            assert_eq!(undo(&connector, &give).await, Undone { left: Some(state) }, "{kind:?}");
            let there = bench.users().await;
            assert_eq!((there.len(), &there[0]["active"]), (1, &json!(active)), "{kind:?}");

            let done = apply(&connector, &give, &READY, &mut Exchanges::default()).await.unwrap();
            assert_eq!(done, Applied::Done { account: there[0]["id"].as_str().map(str::to_owned), found: Some(state) }, "{kind:?}");
        }
    }
}

#[tokio::test]
async fn others_who_make_the_account_in_the_same_moment_have_made_it() {
    let bench = Bench::new(Kind::Scim2);
    let between = Between::new(&bench.base).await;
    let theirs = json!({ "schemas": [super::bench::USER], "userName": "ada" }).to_string();
    between.play("POST", "/Users", 1, Trick::First(vec![("POST", "/Users".to_owned(), theirs)]));
    let connector = connector_at(&between.url(), |_| {});
    let done = apply(&connector, &order(Change::Give, "ada", "Ledger"), &READY, &mut Exchanges::default()).await.unwrap();
    assert!(matches!(done, Applied::Done { found: Some(Account::Active), .. }), "{done:?}");
}

#[tokio::test]
async fn an_account_that_the_release_is_known_to_have_made_is_removed_also_without_our_external_id() {
    let bench = Bench::new(Kind::Scim2);
    let connector = bench.connector(|_| {});
    let mut give = order(Change::Give, "ada", "Ledger");
    let Applied::Done { account, .. } = apply(&connector, &give, &READY, &mut Exchanges::default()).await.unwrap() else {
        panic!("not done")
    };
    let id = account.clone().unwrap();
    let unmarked = json!({ "schemas": [super::bench::USER], "userName": "ada", "active": true });
    bench.ask(Method::PUT, &format!("Users/{id}"), Some(unmarked)).await;
    give.subject.account = account;
    assert_eq!(undo(&connector, &give).await, Undone { left: Some(Account::Active) }, "it may be anybody's");
    give.subject.made_for_release = true;
    assert_eq!(undo(&connector, &give).await, Undone { left: None });
    assert!(bench.users().await.is_empty());
}

#[tokio::test]
async fn a_person_without_the_matching_attribute_has_the_account_that_is_known() {
    let bench = Bench::new(Kind::Scim2);
    let connector = bench.connector(by_mail);
    let id = bench.user(json!({ "userName": "ada", "emails": [{ "type": "work", "value": "old@example.test" }] })).await;
    let mut take = with_mail(Change::Take, "");
    take.subject.account = Some(id.clone());
    assert_eq!(read_back(&connector, &take).await.account_id, Some(id));
    take.subject.account = None;
    let said = refused(connector.read_back(&take, &mut Exchanges::default()).await);
    assert_eq!(said, "Our record of this person has no mail, by which the account over there is found.");
}
