//! Giving and taking: groups of every size, values of attributes, with PATCH and without.

use super::bench::{BOTH, Bench, GROUP, carry_out, order, read_back, refused, statuses};
use crate::servers::Kind;
use connector::{Account, Change, Connector, Exchanges};
use serde_json::{Value, json};

#[tokio::test]
async fn both_answers_to_a_patch_are_understood() {
    for (kind, status) in [(Kind::Scim2, 204), (Kind::Scimmy, 200)] {
        let bench = Bench::new(kind);
        let group = bench.group("Ledger", &[]).await;
        let id = bench.user(json!({ "userName": "ada", "active": false })).await;
        let connector = bench.connector(|_| {});
        let (_, log) = carry_out(&connector, &order(Change::Give, "ada", "Ledger")).await.unwrap();
        assert_eq!(statuses(&log, "PATCH"), [status, status], "{kind:?}");
        assert_eq!(bench.members(&group).await, [id], "{kind:?}");
        let (_, log) = carry_out(&connector, &order(Change::Take, "ada", "Ledger")).await.unwrap();
        assert_eq!(statuses(&log, "PATCH"), [status], "{kind:?}");
        assert!(bench.members(&group).await.is_empty(), "{kind:?}");
    }
}

#[tokio::test]
async fn a_server_without_patch_gets_whole_records_with_their_version() {
    let cases = [(Kind::Scim2WithoutPatch, "auto"), (Kind::Scim2, "no"), (Kind::Scimmy, "no")];
    for (kind, patch) in cases {
        let bench = Bench::new(kind);
        let group = bench.group("Ledger", &["somebody", "else"]).await;
        let id = bench
            .user(
                json!({ "userName": "ada", "active": false, "title": "Countess", "emails": [{ "type": "home", "value": "a@home.test" }] }),
            )
            .await;
        let connector = bench.connector(|settings| settings["patch"] = json!(patch));
        let give = order(Change::Give, "ada", "Ledger");
        let (_, log) = carry_out(&connector, &give).await.unwrap();
        assert_eq!((statuses(&log, "PATCH"), statuses(&log, "PUT")), (vec![], vec![200, 200]), "{kind:?}");
        assert_eq!(bench.members(&group).await, ["somebody", "else", &id], "{kind:?}");
        let user = bench.users().await.remove(0);
        assert_eq!((&user["active"], &user["title"]), (&json!(true), &json!("Countess")), "{kind:?}");
        assert_eq!(user["emails"], json!([{ "type": "home", "value": "a@home.test" }]), "{kind:?}");
        carry_out(&connector, &order(Change::Take, "ada", "Ledger")).await.unwrap();
        assert_eq!(bench.members(&group).await, ["somebody", "else"], "{kind:?}");
    }
}

#[tokio::test]
async fn a_member_of_a_large_group_is_found_added_and_removed_without_reading_the_others() {
    for kind in BOTH {
        let bench = Bench::new(kind);
        let others: Vec<String> = (0..1000).map(|number| format!("member-{number}")).collect();
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        let group = bench.group("Everybody", &others).await;
        let connector = bench.connector(|_| {});
        let give = order(Change::Give, "ada", "Everybody");
        let (_, mut log) = carry_out(&connector, &give).await.unwrap();
        let actual = connector.read_back(&give, &mut log).await.unwrap();
        assert_eq!(actual.entitlements, ["Everybody".to_owned()].into(), "{kind:?}");
        let members = bench.members(&group).await;
        assert_eq!((members.len(), members.last()), (1001, actual.account_id.as_ref()), "{kind:?}");
        let (_, taken) = carry_out(&connector, &order(Change::Take, "ada", "Everybody")).await.unwrap();
        log.0.extend(taken.0);
        assert_eq!(bench.members(&group).await, others, "{kind:?}");

        let read = log.0.iter().filter(|exchange| exchange.method == "GET");
        for exchange in read {
            let answer = serde_json::to_string(&exchange.answer).unwrap();
            assert!(!answer.contains("member-1"), "{kind:?} {} read the members", exchange.purpose);
        }
    }
}

#[tokio::test]
async fn where_members_cannot_be_asked_about_groups_are_read_and_the_answer_is_right() {
    for (kind, lookup) in [
        (Kind::ScimmyUnfiltered, "auto"),
        (Kind::ScimmyUnfiltered, "members"),
        (Kind::ScimmyUnfiltered, "groups_of_user"),
        (Kind::Scimmy, "members"),
        (Kind::Scimmy, "groups_of_user"),
        (Kind::Scim2, "members"),
    ] {
        let bench = Bench::new(kind);
        let id = bench.user(json!({ "userName": "ada" })).await;
        let ledger = bench.group("Ledger", &["somebody"]).await;
        bench.group("Payroll", &["somebody"]).await;
        bench.group("Archive", &[&id]).await;
        let connector = bench.connector(|settings| settings["entitlement"] = json!({ "as": "group", "lookup": lookup }));
        let give = order(Change::Give, "ada", "Ledger");
        assert_eq!(read_back(&connector, &give).await.entitlements, ["Archive".to_owned()].into(), "{kind:?} {lookup}");
        let (plan, _) = carry_out(&connector, &give).await.unwrap();
        assert!(plan.steps[1].needed, "{kind:?} {lookup}");
        assert_eq!(bench.members(&ledger).await, ["somebody", &id], "{kind:?} {lookup}");
        let both = ["Archive".to_owned(), "Ledger".to_owned()].into();
        assert_eq!(read_back(&connector, &give).await.entitlements, both, "{kind:?} {lookup}");
        let (plan, _) = carry_out(&connector, &give).await.unwrap();
        assert!(plan.steps.iter().all(|step| !step.needed), "{kind:?} {lookup}");
        carry_out(&connector, &order(Change::Take, "ada", "Ledger")).await.unwrap();
        assert_eq!(bench.members(&ledger).await, ["somebody"], "{kind:?} {lookup}");
    }
}

#[tokio::test]
async fn a_lookup_by_filter_is_refused_where_the_server_does_not_look_at_it() {
    let bench = Bench::new(Kind::ScimmyUnfiltered);
    bench.user(json!({ "userName": "ada" })).await;
    bench.group("Ledger", &[]).await;
    let connector = bench.connector(|settings| settings["entitlement"] = json!({ "as": "group", "lookup": "filter" }));
    let said = refused(carry_out(&connector, &order(Change::Give, "ada", "Ledger")).await);
    assert!(said.starts_with("The machine cannot be asked who is a member."), "{said}");
}

#[tokio::test]
async fn everything_that_an_account_holds_is_read_back_over_all_pages() {
    for kind in BOTH {
        let bench = Bench::new(kind);
        let id = bench.user(json!({ "userName": "ada" })).await;
        let groups =
            (0..250).map(|number| json!({ "schemas": [GROUP], "displayName": format!("Group {number}"), "members": [{ "value": id }] }));
        bench.many("/Groups", groups).await;
        bench.group("Ledger", &["somebody"]).await;
        let actual = read_back(&bench.connector(|_| {}), &order(Change::Give, "ada", "group 7")).await;
        assert_eq!((actual.account, actual.entitlements.len()), (Account::Active, 250), "{kind:?}");
        assert!(!actual.entitlements.contains("Ledger"), "{kind:?}");
        // The same group in another case is what our catalogue means, and is called as there.
        assert!(actual.entitlements.contains("group 7") && !actual.entitlements.contains("Group 7"), "{kind:?}");
    }
}

#[tokio::test]
async fn a_group_that_is_missing_or_not_the_only_one_is_refused_before_anything_changes() {
    for kind in BOTH {
        let bench = Bench::new(kind);
        let connector = bench.connector(|_| {});
        for change in [Change::Give, Change::Take] {
            let said = refused(carry_out(&connector, &order(change, "ada", "Ledger")).await);
            let expected =
                "There is no group over there whose displayName is “Ledger”. It was renamed or removed, or our catalogue names it wrongly.";
            assert_eq!(said, expected, "{kind:?}");
        }
        assert!(bench.users().await.is_empty(), "{kind:?}");
    }
    let bench = Bench::new(Kind::Scim2);
    for _ in 0..2 {
        bench.group("Ledger", &[]).await;
    }
    let said = refused(carry_out(&bench.connector(|_| {}), &order(Change::Give, "ada", "Ledger")).await);
    assert!(said.starts_with("More than one group over there has the displayName “Ledger”."), "{said}");
    assert!(bench.users().await.is_empty());
}

#[tokio::test]
async fn groups_can_be_named_by_their_external_id() {
    let bench = Bench::new(Kind::Scim2);
    let body = |name: &str, external: &str| json!({ "schemas": [GROUP], "displayName": name, "externalId": external });
    bench.many("/Groups", [body("Ledger", "g-1"), body("g-1", "G-1")].into_iter()).await;
    let connector = bench.connector(|settings| settings["entitlement"] = json!({ "as": "group", "named_by": "external_id" }));
    let give = order(Change::Give, "ada", "g-1");
    carry_out(&connector, &give).await.unwrap();
    assert_eq!(read_back(&connector, &give).await.entitlements, ["g-1".to_owned()].into());
    let groups = bench.ask(reqwest::Method::GET, "Groups", None).await;
    let with_members = groups["Resources"].as_array().unwrap().iter().filter(|group| group["members"].is_array());
    let names: Vec<&Value> = with_members.map(|group| &group["displayName"]).collect();
    assert_eq!(names, ["Ledger"]);
}

#[tokio::test]
async fn entitlements_that_are_values_come_and_go_beside_the_others() {
    for (kind, patch) in [(Kind::Scim2, "auto"), (Kind::Scimmy, "auto"), (Kind::Scim2, "no"), (Kind::Scimmy, "no")] {
        // scimmy allows no kinds of roles.
        let (path, other) = match kind {
            Kind::Scim2 => ("roles[type eq \"app\"]", json!({ "type": "other", "value": "writer" })),
            _ => ("roles", json!({ "value": "writers" })),
        };
        let ours = |value: &str| if kind == Kind::Scim2 { json!({ "type": "app", "value": value }) } else { json!({ "value": value }) };
        let bench = Bench::new(kind);
        let roles = json!([ours("reader"), other]);
        bench.user(json!({ "userName": "ada", "roles": roles })).await;
        let connector = bench.connector(|settings| {
            settings["entitlement"] = json!({ "as": "attribute", "path": path });
            settings["patch"] = json!(patch);
        });
        for value in ["writer", "a \"quoted\\\" writer"] {
            let before = read_back(&connector, &order(Change::Give, "ada", value)).await.entitlements;
            let give = order(Change::Give, "ada", value);
            let (plan, _) = carry_out(&connector, &give).await.unwrap();
            assert!(plan.steps[1].needed, "{kind:?} {patch}: the writer of another kind was taken for ours");
            let all = json!([ours("reader"), other, ours(value)]);
            assert_eq!(sorted(&bench.users().await[0]["roles"]), sorted(&all), "{kind:?} {patch}");
            let mut expected = before.clone();
            expected.insert(value.to_owned());
            assert_eq!(read_back(&connector, &give).await.entitlements, expected, "{kind:?} {patch}");
            let take = order(Change::Take, "ada", value);
            carry_out(&connector, &take).await.unwrap();
            assert_eq!(sorted(&bench.users().await[0]["roles"]), sorted(&roles), "{kind:?} {patch}");
            // Taking it again only reads.
            let mut log = Exchanges::default();
            let step = connector.plan(&take, &mut log).await.unwrap().steps[0].clone();
            assert!(!step.needed, "{kind:?} {patch}");
            super::bench::apply(&connector, &take, &step, &mut log).await.unwrap();
            assert!(log.0.iter().all(|exchange| exchange.method == "GET"), "{kind:?} {patch}");
        }
    }
}

/// The values in an order of their own. Their members are ordered too: whether a `Value` keeps the order
/// in which they came is a feature of its library that another crate of the workspace may turn on.
fn sorted(values: &Value) -> Vec<String> {
    let ordered = |value: &Value| {
        let members: std::collections::BTreeMap<String, Value> = serde_json::from_value(value.clone()).unwrap();
        serde_json::to_string(&members).unwrap()
    };
    let mut values: Vec<String> = values.as_array().into_iter().flatten().map(ordered).collect();
    values.sort();
    values
}
