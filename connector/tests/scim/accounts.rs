//! Finding, making and closing accounts.

use super::bench::{BOTH, Bench, ENTERPRISE, carry_out, order, read_back, refused};
use crate::servers::Kind;
use connector::{Account, Change, Connector, Exchanges, Operation, Order};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn an_account_is_made_with_its_attributes_and_is_active() {
    for kind in BOTH {
        let bench = Bench::new(kind);
        let group = bench.group("Ledger", &[]).await;
        let connector = bench.connector(|_| {});
        let give = order(Change::Give, "ada", "Ledger");
        let (plan, _) = carry_out(&connector, &give).await.unwrap();
        let operations: Vec<_> = plan.steps.iter().map(|step| (step.operation, step.needed)).collect();
        assert_eq!(operations, [(Operation::ReadyAccount, true), (Operation::Give, true)], "{kind:?}");
        assert_eq!(plan.account, None);

        let users = bench.users().await;
        assert_eq!(users.len(), 1, "{kind:?}");
        let user = &users[0];
        assert_eq!(user["userName"], "ada");
        assert_eq!(user["active"], true);
        assert_eq!((&user["externalId"], &user["displayName"]), (&json!("P-0007"), &json!("Ada Lovelace")));
        assert_eq!(user["name"]["formatted"], "Ada Lovelace");
        assert_eq!(user["emails"], json!([{ "type": "work", "value": "ada@example.test" }]));
        assert_eq!(user[ENTERPRISE]["department"], "Engines");
        let id = user["id"].as_str().unwrap();
        assert_eq!(bench.members(&group).await, [id]);

        let actual = read_back(&connector, &give).await;
        assert_eq!((actual.account, actual.account_id.as_deref()), (Account::Active, Some(id)), "{kind:?}");
        assert_eq!(actual.entitlements, ["Ledger".to_owned()].into());
    }
}

#[tokio::test]
async fn an_account_that_is_there_is_found_by_the_attribute_that_the_settings_name() {
    let places = [
        (Kind::Scim2, "userName", "login"),
        (Kind::Scimmy, "userName", "login"),
        (Kind::Scim2, "externalId", "number"),
        (Kind::Scimmy, "externalId", "number"),
        (Kind::Scim2, "externalId", "identity"),
        (Kind::Scim2, "emails[type eq \"work\"].value", "mail"),
        (Kind::Scimmy, "emails[type eq \"work\"].value", "mail"),
        (Kind::Scim2, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "unit"),
    ];
    for (kind, path, attribute) in places {
        let bench = Bench::new(kind);
        bench.group("Ledger", &[]).await;
        let mut there = json!({
            // scim2-server takes names in any case for the same, as RFC 7643 says; scimmy does not.
            "userName": if attribute != "login" { "a.lovelace" } else if kind == Kind::Scim2 { "ADA" } else { "ada" },
            "externalId": if attribute == "identity" { "00000000-0000-0000-0000-000000000007" } else { "P-0007" },
            "emails": [{ "type": "work", "value": "ada@example.test" }],
            "active": false,
            "nickName": "Countess",
        });
        there[ENTERPRISE] = json!({ "department": "Engines" });
        there["schemas"] = json!([super::bench::USER, ENTERPRISE]);
        let id = bench.ask(Method::POST, "Users", Some(there)).await["id"].as_str().unwrap().to_owned();
        bench
            .user(json!({ "userName": "other", "externalId": "P-0008", "emails": [{ "type": "home", "value": "ada@example.test" }] }))
            .await;

        let connector = bench.connector(|settings| {
            settings["matching"] = json!({ "path": path, "attribute": attribute });
            settings["attributes"] = json!({ "userName": "login" });
        });
        let give = order(Change::Give, "ada", "Ledger");
        let (plan, _) = carry_out(&connector, &give).await.unwrap();
        assert_eq!(plan.account.as_deref(), Some(id.as_str()), "{kind:?} {path}");
        let users = bench.users().await;
        assert_eq!(users.len(), 2, "{kind:?} {path}");
        let user = users.iter().find(|user| user["id"] == id.as_str()).unwrap();
        assert_eq!((&user["active"], &user["nickName"]), (&json!(true), &json!("Countess")), "{kind:?} {path}");
    }
}

#[tokio::test]
async fn two_accounts_that_fit_are_refused_and_neither_is_changed() {
    for kind in BOTH {
        let bench = Bench::new(kind);
        let group = bench.group("Ledger", &[]).await;
        for login in ["ada", "ada2"] {
            bench.user(json!({ "userName": login, "displayName": "Ada Lovelace", "active": false })).await;
        }
        let connector = bench.connector(|settings| {
            settings["matching"] = json!({ "path": "displayName", "attribute": "display_name" });
            settings["attributes"] = json!({ "userName": "login" });
        });
        let said = refused(carry_out(&connector, &order(Change::Give, "ada", "Ledger")).await);
        assert_eq!(
            said, "More than one account over there has displayName “Ada Lovelace”. Somebody has to say which is the right one.",
            "{kind:?}"
        );
        assert!(bench.users().await.iter().all(|user| user["active"] == false), "{kind:?}");
        assert!(bench.members(&group).await.is_empty(), "{kind:?}");
    }
}

#[tokio::test]
async fn a_server_that_ignores_filters_is_read_page_by_page_to_the_end() {
    let bench = Bench::new(Kind::ScimmyUnfiltered);
    bench.group("Ledger", &[]).await;
    bench.many("/Users", (0..250).map(|number| json!({ "schemas": [super::bench::USER], "userName": format!("user-{number}") }))).await;
    let connector = bench.connector(|_| {});
    let give = order(Change::Give, "user-249", "Ledger");
    let mut log = Exchanges::default();
    let plan = connector.plan(&give, &mut log).await.unwrap();
    let wanted = bench.ask(Method::GET, "Users?startIndex=250&count=1", None).await;
    assert_eq!(plan.account.as_deref(), wanted["Resources"][0]["id"].as_str());
    let pages = log.0.iter().filter(|exchange| exchange.purpose == "find_account").count();
    assert_eq!(pages, 3, "250 accounts are three pages of 100");
    let nobody = connector.read_back(&order(Change::Give, "user-250", "Ledger"), &mut Exchanges::default()).await.unwrap();
    assert_eq!(nobody.account, Account::Absent, "somebody else's account was taken for the person's");
}

#[tokio::test]
async fn closing_deactivates_deletes_or_keeps_as_the_settings_say() {
    for kind in BOTH {
        for (closing, planned, after) in
            [("deactivate", true, Some(json!(false))), ("delete", true, None), ("keep", false, Some(json!(true)))]
        {
            let bench = Bench::new(kind);
            let group = bench.group("Ledger", &[]).await;
            let connector = bench.connector(|settings| settings["closing"] = json!(closing));
            carry_out(&connector, &order(Change::Give, "ada", "Ledger")).await.unwrap();

            let take = Order { last: true, ..order(Change::Take, "ada", "Ledger") };
            let (plan, _) = carry_out(&connector, &take).await.unwrap();
            let closes = plan.steps.iter().any(|step| step.operation == Operation::CloseAccount);
            assert_eq!(closes, planned, "{kind:?} {closing}");
            let active = bench.users().await.first().map(|user| user["active"].clone());
            assert_eq!(active, after, "{kind:?} {closing}");
            assert!(bench.members(&group).await.is_empty(), "{kind:?} {closing}");

            // With access left in the application the account stays as it is.
            carry_out(&connector, &order(Change::Give, "ada", "Ledger")).await.unwrap();
            carry_out(&connector, &order(Change::Take, "ada", "Ledger")).await.unwrap();
            assert_eq!(read_back(&connector, &take).await.account, Account::Active, "{kind:?} {closing}");
        }
    }
}

#[tokio::test]
async fn what_a_record_contains_stays_a_value_in_filters() {
    for kind in BOTH {
        let bench = Bench::new(kind);
        bench.group("Ledger", &[]).await;
        bench.user(json!({ "userName": "victim", "active": false })).await;
        let connector = bench.connector(|_| {});
        for login in
            ["x\" or userName pr or userName eq \"", "\" or \"1\" eq \"1", "back\\slash\\\"", "a&filter=userName pr#?b", "Zoë 李雷 😀"]
        {
            let give = order(Change::Give, login, "Ledger");
            assert_eq!(read_back(&connector, &give).await.account, Account::Absent, "{kind:?} {login}");
            carry_out(&connector, &give).await.unwrap();
            let users = bench.users().await;
            let made: Vec<&Value> = users.iter().filter(|user| user["userName"] == login).collect();
            assert_eq!(made.len(), 1, "{kind:?} {login}");
            assert_eq!(read_back(&connector, &give).await.account_id.as_deref(), made[0]["id"].as_str(), "{kind:?} {login}");
        }
        let victim = bench.users().await.into_iter().find(|user| user["userName"] == "victim").unwrap();
        assert_eq!(victim["active"], false, "{kind:?}");
        let said = refused(carry_out(&connector, &order(Change::Give, "ada", "\" or displayName pr or displayName eq \"")).await);
        assert!(said.starts_with("There is no group over there whose displayName is"), "{kind:?} {said}");
    }
}

#[tokio::test]
async fn a_person_without_the_matching_attribute_is_refused() {
    let bench = Bench::new(Kind::Scimmy);
    bench.group("Ledger", &[]).await;
    let connector = bench.connector(|settings| {
        settings["matching"] = json!({ "path": "externalId", "attribute": "number" });
        settings["attributes"] = json!({ "userName": "login" });
    });
    let mut give = order(Change::Give, "ada", "Ledger");
    give.subject.attributes.insert("number".to_owned(), "  ".to_owned());
    let said = refused(carry_out(&connector, &give).await);
    assert_eq!(said, "Our record of this person has no number, by which the account over there is found.");
    let mut give = order(Change::Give, "ada", "Ledger");
    give.subject.attributes.remove("login");
    let said = refused(carry_out(&connector, &give).await);
    assert_eq!(said, "Our record of this person has no login, which becomes userName.");
    assert!(bench.users().await.is_empty());
}
