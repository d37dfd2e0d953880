//! Lost answers, others who are quicker, servers that say odd things.

use super::bench::{BOTH, Bench, apply, carry_out, connector_at, order, read_back, refused, statuses};
use crate::between::{Between, Trick};
use crate::servers::Kind;
use connector::{Account, Applied, Before, Change, Connector, Exchanges, Fault, Operation, Retry, Step};
use serde_json::{Value, json};
use std::time::Duration;

const READY: Step = Step { operation: Operation::ReadyAccount, before: Before::Account { state: Account::Absent }, needed: true };
const GIVE: Step = Step { operation: Operation::Give, before: Before::Entitlement { held: false }, needed: true };

const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

fn patch(operation: Value) -> String {
    json!({ "schemas": [PATCH], "Operations": [operation] }).to_string()
}

#[tokio::test]
async fn an_answer_lost_after_the_account_was_made_makes_no_second_one() {
    for kind in BOTH {
        let bench = Bench::new(kind);
        let between = Between::new(&bench.base).await;
        between.play("POST", "/Users", 1, Trick::LoseAnswer);
        let connector = connector_at(&between.url(), |_| {});
        let give = order(Change::Give, "ada", "Ledger");
        let mut log = Exchanges::default();
        let lost = apply(&connector, &give, &READY, &mut log).await;
        assert!(matches!(lost, Err(Fault::Unclear { .. })), "{kind:?} {lost:?}");
        let exchange = log.0.last().unwrap();
        assert_eq!((exchange.purpose.as_str(), exchange.status), ("create_account", None), "{kind:?}");
        assert_eq!(exchange.request.as_ref().unwrap()["userName"], "ada", "{kind:?}");

        let again = apply(&connector, &give, &READY, &mut log).await.unwrap();
        let users = bench.users().await;
        assert_eq!(users.len(), 1, "{kind:?}");
        assert_eq!(again, Applied::Done { account: users[0]["id"].as_str().map(str::to_owned), found: None }, "{kind:?}");
        assert_eq!(between.heard("POST").len(), 1, "{kind:?}: it was read before it was written");
    }
}

#[tokio::test]
async fn an_answer_lost_after_a_member_was_added_adds_no_second_one() {
    for kind in BOTH {
        let bench = Bench::new(kind);
        let id = bench.user(json!({ "userName": "ada" })).await;
        let group = bench.group("Ledger", &[]).await;
        let between = Between::new(&bench.base).await;
        between.play("PATCH", "/Groups", 1, Trick::LoseAnswer);
        let connector = connector_at(&between.url(), |_| {});
        let give = order(Change::Give, "ada", "Ledger");
        let mut log = Exchanges::default();
        assert!(matches!(apply(&connector, &give, &GIVE, &mut log).await, Err(Fault::Unclear { .. })), "{kind:?}");
        apply(&connector, &give, &GIVE, &mut log).await.unwrap();
        assert_eq!(bench.members(&group).await, [id], "{kind:?}");
        assert_eq!(between.heard("PATCH").len(), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn an_account_that_others_make_at_the_same_moment_is_taken_as_it_is() {
    for kind in BOTH {
        let bench = Bench::new(kind);
        let between = Between::new(&bench.base).await;
        let theirs = json!({ "schemas": [super::bench::USER], "userName": "ada", "active": false }).to_string();
        between.play("POST", "/Users", 1, Trick::First(vec![("POST", "/Users".to_owned(), theirs)]));
        let connector = connector_at(&between.url(), |_| {});
        let mut log = Exchanges::default();
        apply(&connector, &order(Change::Give, "ada", "Ledger"), &READY, &mut log).await.unwrap();
        assert_eq!(statuses(&log, "POST"), [409], "{kind:?}");
        let users = bench.users().await;
        assert_eq!(users.len(), 1, "{kind:?}");
        assert_eq!((&users[0]["userName"], &users[0]["active"]), (&json!("ada"), &json!(true)), "{kind:?}");
    }
}

#[tokio::test]
async fn an_account_that_clashes_and_is_not_found_is_refused() {
    let bench = Bench::new(Kind::Scim2);
    bench.user(json!({ "userName": "ada", "externalId": "somebody else" })).await;
    let connector = bench.connector(|settings| {
        settings["matching"] = json!({ "path": "externalId", "attribute": "number" });
        settings["attributes"] = json!({ "userName": "login" });
    });
    let said = refused(apply(&connector, &order(Change::Give, "ada", "Ledger"), &READY, &mut Exchanges::default()).await);
    assert!(said.starts_with("409: ") && said.contains("No account is found by externalId"), "{said}");
    assert_eq!(bench.users().await.len(), 1);
}

#[tokio::test]
async fn a_change_by_others_in_between_is_read_again_and_done_once() {
    for way in ["auto", "no"] {
        let bench = Bench::new(Kind::Scim2);
        let group = bench.group("Ledger", &["somebody"]).await;
        let id = bench.user(json!({ "userName": "ada" })).await;
        let between = Between::new(&bench.base).await;
        let theirs = patch(json!({ "op": "add", "path": "members", "value": [{ "value": "else" }] }));
        let method = if way == "no" { "PUT" } else { "PATCH" };
        between.play(method, "/Groups", 1, Trick::First(vec![("PATCH", format!("/Groups/{group}"), theirs)]));
        let connector = connector_at(&between.url(), |settings| settings["patch"] = json!(way));
        let mut log = Exchanges::default();
        apply(&connector, &order(Change::Give, "ada", "Ledger"), &GIVE, &mut log).await.unwrap();
        let done = if way == "no" { 200 } else { 204 };
        assert_eq!(statuses(&log, method), [412, done], "{way}");
        assert_eq!(bench.members(&group).await, ["somebody", "else", &id], "{way}");
        let versions: Vec<String> = between.heard(method).iter().filter_map(|request| header(request, "if-match")).collect();
        assert_eq!(versions.len(), 2, "{way}");
        assert_ne!(versions[0], versions[1], "{way}");
    }
}

#[tokio::test]
async fn others_who_do_the_same_in_between_leave_nothing_to_do() {
    let bench = Bench::new(Kind::Scim2);
    let group = bench.group("Ledger", &[]).await;
    let id = bench.user(json!({ "userName": "ada" })).await;
    let between = Between::new(&bench.base).await;
    let theirs = patch(json!({ "op": "add", "path": "members", "value": [{ "value": id }] }));
    between.play("PATCH", "/Groups", 1, Trick::First(vec![("PATCH", format!("/Groups/{group}"), theirs)]));
    let connector = connector_at(&between.url(), |_| {});
    let mut log = Exchanges::default();
    apply(&connector, &order(Change::Give, "ada", "Ledger"), &GIVE, &mut log).await.unwrap();
    assert_eq!(statuses(&log, "PATCH"), [412]);
    assert_eq!(bench.members(&group).await, [id]);
}

#[tokio::test]
async fn others_who_are_quicker_each_time_end_in_a_refusal() {
    let bench = Bench::new(Kind::Scim2);
    let group = bench.group("Ledger", &[]).await;
    bench.user(json!({ "userName": "ada" })).await;
    let between = Between::new(&bench.base).await;
    for member in ["a", "b", "c", "d", "e", "f", "g"] {
        let theirs = patch(json!({ "op": "add", "path": "members", "value": [{ "value": member }] }));
        between.play("PATCH", "/Groups", 1, Trick::First(vec![("PATCH", format!("/Groups/{group}"), theirs)]));
    }
    let connector = connector_at(&between.url(), |_| {});
    let mut log = Exchanges::default();
    let said = refused(apply(&connector, &order(Change::Give, "ada", "Ledger"), &GIVE, &mut log).await);
    assert_eq!(said, "The record over there was changed by others each time, 5 times in a row. Nothing was changed by us.");
    assert_eq!(statuses(&log, "PATCH"), [412; 5]);
    assert_eq!(bench.members(&group).await, ["a", "b", "c", "d", "e"]);
}

#[tokio::test]
async fn a_server_that_refuses_patch_without_having_said_so_gets_the_whole_record() {
    for status in ["405 Method Not Allowed", "501 Not Implemented"] {
        let bench = Bench::new(Kind::Scimmy);
        let id = bench.user(json!({ "userName": "ada", "active": false })).await;
        let between = Between::new(&bench.base).await;
        between.play("PATCH", "", 9, Trick::Say(status, "", String::new()));
        let connector = connector_at(&between.url(), |_| {});
        let mut log = Exchanges::default();
        let done = apply(&connector, &order(Change::Give, "ada", "Ledger"), &READY, &mut log).await.unwrap();
        // It was there, made by others.
        assert_eq!(done, Applied::Done { account: Some(id), found: Some(Account::Inactive) });
        assert_eq!(bench.users().await[0]["active"], true, "{status}");
        assert_eq!((statuses(&log, "PATCH").len(), statuses(&log, "PUT")), (1, vec![200]), "{status}");

        bench.user(json!({ "userName": "eve", "active": false })).await;
        let connector = connector_at(&between.url(), |settings| settings["patch"] = json!("yes"));
        refused(apply(&connector, &order(Change::Give, "eve", "Ledger"), &READY, &mut log).await);
    }
}

#[tokio::test]
async fn too_many_calls_are_told_with_the_time_that_the_server_wants() {
    let bench = Bench::new(Kind::Scimmy);
    let between = Between::new(&bench.base).await;
    between.play("GET", "/Users", 1, Trick::Say("429 Too Many Requests", "retry-after: 30\r\n", String::new()));
    let connector = connector_at(&between.url(), |_| {});
    let mut log = Exchanges::default();
    let fault = connector.plan(&order(Change::Give, "ada", "Ledger"), &mut log).await.unwrap_err();
    assert_eq!(fault, Fault::Throttled { retry_after: Some(Duration::from_secs(30)) });
    assert_eq!(fault.retry(), Retry::After(Duration::from_secs(30)));
    assert_eq!((log.0.len(), log.0[0].status), (1, Some(429)));
}

#[tokio::test]
async fn truth_written_as_a_text_is_understood() {
    for (said, state, needed) in [("\"active\":\"False\"", Account::Inactive, true), ("\"active\":\"True\"", Account::Active, false)] {
        let bench = Bench::new(Kind::Scimmy);
        bench.group("Ledger", &[]).await;
        bench.user(json!({ "userName": "ada", "active": true })).await;
        let between = Between::new(&bench.base).await;
        between.play("GET", "/Users", 9, Trick::Rewrite("\"active\":true", said));
        let connector = connector_at(&between.url(), |_| {});
        let give = order(Change::Give, "ada", "Ledger");
        let plan = connector.plan(&give, &mut Exchanges::default()).await.unwrap();
        assert_eq!((&plan.steps[0].before, plan.steps[0].needed), (&Before::Account { state }, needed), "{said}");
        assert_eq!(read_back(&connector, &give).await.account, state, "{said}");
    }
}

#[tokio::test]
async fn a_list_that_does_not_end_is_given_up() {
    let page = |total: usize, ids: &[&str]| {
        let records: Vec<Value> = ids.iter().map(|id| json!({ "id": id, "userName": id })).collect();
        json!({ "totalResults": total, "Resources": records }).to_string()
    };
    for (pages, why) in [
        (vec![page(1000, &["a", "b"]); 3], "the same page came again and again: it does not follow startIndex."),
        (vec![page(1000, &["a", "b"]), page(1000, &[])], "of 1000 records only 2 came."),
        (vec![page(1000, &[""])], "a record has no id that can be used."),
        (vec![[page(4, &["a", "b"]), page(3, &["c"])]; 4].concat(), "the length of a list changed in each of 4 readings."),
        (vec!["[]".to_owned()], "it is JSON, but a part is missing or of another kind than agreed."),
    ] {
        let bench = Bench::new(Kind::Scimmy);
        let between = Between::new(&bench.base).await;
        for page in pages {
            between.play("GET", "/Users", 1, Trick::Say("200 OK", "content-type: application/scim+json\r\n", page));
        }
        let connector = connector_at(&between.url(), |_| {});
        let fault = connector.plan(&order(Change::Give, "ada", "Ledger"), &mut Exchanges::default()).await.unwrap_err();
        assert_eq!(fault, Fault::Garbled { why: why.to_owned() });
    }
}

#[tokio::test]
async fn a_list_that_grows_shorter_between_two_pages_is_read_again() {
    let bench = Bench::new(Kind::Scimmy);
    bench.group("Ledger", &[]).await;
    bench.user(json!({ "userName": "ada" })).await;
    let between = Between::new(&bench.base).await;
    let others = json!({ "totalResults": 3, "Resources": [{ "id": "x", "userName": "x" }, { "id": "y", "userName": "y" }] });
    between.play("GET", "/Users", 1, Trick::Say("200 OK", "content-type: application/scim+json\r\n", others.to_string()));
    let connector = connector_at(&between.url(), |_| {});
    let plan = connector.plan(&order(Change::Give, "ada", "Ledger"), &mut Exchanges::default()).await.unwrap();
    assert_eq!(plan.steps[0].before, Before::Account { state: Account::Active }, "what moved to the first page was not seen");
}

#[tokio::test]
async fn members_that_are_not_shown_are_not_lost_where_only_whole_groups_are_written() {
    for (kind, patch) in [(Kind::Scim2WithoutPatch, "auto"), (Kind::Scimmy, "no")] {
        let bench = Bench::new(kind);
        let id = bench.user(json!({ "userName": "ada" })).await;
        let (ledger, payroll) = (bench.group("Ledger", &["somebody", "else"]).await, bench.group("Payroll", &["somebody", &id]).await);
        let between = Between::new(&bench.base).await;
        between.play("GET", "/Groups", usize::MAX, Trick::Rewrite("\"members\"", "\"unshown\""));
        let connector = connector_at(&between.url(), |settings| settings["patch"] = json!(patch));
        for (change, group) in [(Change::Give, "Ledger"), (Change::Take, "Payroll")] {
            let said = refused(carry_out(&connector, &order(change, "ada", group)).await);
            assert!(said.starts_with("The machine takes only whole records here and does not show the members"), "{kind:?} {said}");
        }
        assert_eq!(bench.members(&ledger).await, ["somebody", "else"], "{kind:?}");
        assert_eq!(bench.members(&payroll).await, ["somebody", &id], "{kind:?}");
        assert!(between.heard("PUT").is_empty(), "{kind:?}");
        // A group that has nobody shows nobody either, where others show somebody.
        let empty = bench.group("Empty", &[]).await;
        let connector = bench.connector(|settings| settings["patch"] = json!(patch));
        carry_out(&connector, &order(Change::Give, "ada", "Empty")).await.unwrap();
        assert_eq!(bench.members(&empty).await, [id], "{kind:?}");
    }
}

#[tokio::test]
async fn the_version_in_the_head_of_an_answer_counts_more_than_the_one_in_its_body() {
    let bench = Bench::new(Kind::Scim2);
    bench.user(json!({ "userName": "ada" })).await;
    let group = bench.group("Ledger", &["somebody"]).await;
    let between = Between::new(&bench.base).await;
    between.play("GET", "/Groups/", usize::MAX, Trick::Rewrite("\"version\"", "\"version\":\"stale\",\"was\""));
    let connector = connector_at(&between.url(), |settings| settings["patch"] = json!("no"));
    carry_out(&connector, &order(Change::Give, "ada", "Ledger")).await.unwrap();
    assert_eq!(bench.members(&group).await.len(), 2);
}

#[tokio::test]
async fn an_account_whose_matching_attribute_is_not_shown_is_not_taken() {
    let bench = Bench::new(Kind::Scimmy);
    bench.group("Ledger", &[]).await;
    bench.user(json!({ "userName": "ada", "externalId": "P-0007" })).await;
    let between = Between::new(&bench.base).await;
    between.play("GET", "/Users", 9, Trick::Rewrite("\"externalId\":\"P-0007\",", ""));
    let connector = connector_at(&between.url(), |settings| {
        settings["matching"] = json!({ "path": "externalId", "attribute": "number" });
        settings["attributes"] = json!({ "userName": "login" });
    });
    let said = refused(carry_out(&connector, &order(Change::Give, "ada", "Ledger")).await);
    let expected = "The machine found an account by externalId “P-0007” and does not show externalId, so it is not certain whose it is.";
    assert_eq!(said, expected);
}

#[tokio::test]
async fn a_server_that_finds_no_members_although_the_account_names_the_group_is_not_believed() {
    let bench = Bench::new(Kind::Scimmy);
    let id = bench.user(json!({ "userName": "ada" })).await;
    bench.group("Ledger", &[&id]).await;
    let between = Between::new(&bench.base).await;
    let empty = json!({ "totalResults": 0, "Resources": [] }).to_string();
    between.play("GET", "members.value", 9, Trick::Say("200 OK", "", empty));
    let connector = connector_at(&between.url(), |_| {});
    let give = order(Change::Give, "ada", "Ledger");
    let plan = connector.plan(&give, &mut Exchanges::default()).await.unwrap();
    assert!(!plan.steps[1].needed, "the member would have been added a second time");
    assert_eq!(read_back(&connector, &give).await.entitlements, ["Ledger".to_owned()].into());
}

/// A server that answers every question about one member with nobody, and whose accounts do not say in
/// which groups they are.
async fn with_a_filter_that_finds_nobody(bench: &Bench) -> Between {
    let between = Between::new(&bench.base).await;
    let empty = json!({ "totalResults": 0, "Resources": [] }).to_string();
    between.play("GET", "members.value", usize::MAX, Trick::Say("200 OK", "", empty));
    between.play("GET", "/Users", usize::MAX, Trick::Rewrite("\"groups\"", "\"unshown\""));
    between
}

#[tokio::test]
async fn access_is_not_taken_to_be_gone_because_a_filter_finds_nobody() {
    for kind in BOTH {
        let bench = Bench::new(kind);
        let id = bench.user(json!({ "userName": "ada" })).await;
        let group = bench.group("Ledger", &[&id]).await;
        let between = with_a_filter_that_finds_nobody(&bench).await;
        let connector = connector_at(&between.url(), |_| {});
        let take = order(Change::Take, "ada", "Ledger");
        assert_eq!(read_back(&connector, &take).await.entitlements, ["Ledger".to_owned()].into(), "{kind:?}");
        let (plan, _) = carry_out(&connector, &take).await.unwrap();
        assert_eq!((&plan.steps[0].before, plan.steps[0].needed), (&Before::Entitlement { held: true }, true), "{kind:?}");
        assert!(bench.members(&group).await.is_empty(), "{kind:?}");
        assert_eq!(read_back(&connector, &take).await.entitlements, [].into(), "{kind:?}");
    }
}

#[tokio::test]
async fn access_by_a_group_that_was_renamed_is_found_although_a_filter_finds_nobody() {
    let bench = Bench::new(Kind::Scimmy);
    let id = bench.user(json!({ "userName": "ada" })).await;
    bench.group("Ledger (old)", &[&id]).await;
    let between = with_a_filter_that_finds_nobody(&bench).await;
    let actual = read_back(&connector_at(&between.url(), |_| {}), &order(Change::Take, "ada", "Ledger")).await;
    assert_eq!(actual.entitlements, ["Ledger (old)".to_owned()].into());
}

#[tokio::test]
async fn an_account_that_we_made_is_not_deleted_because_a_filter_finds_no_other_access() {
    let bench = Bench::new(Kind::Scimmy);
    let between = with_a_filter_that_finds_nobody(&bench).await;
    let connector = connector_at(&between.url(), |_| {});
    let give = order(Change::Give, "ada", "Ledger");
    let done = apply(&connector, &give, &READY, &mut Exchanges::default()).await.unwrap();
    let Applied::Done { account: Some(id), .. } = done else { panic!("{done:?}") };
    bench.group("Payroll", &[&id]).await;
    connector.undo(&give, &READY, uuid::Uuid::from_u128(9), &mut Exchanges::default()).await.unwrap();
    assert_eq!(bench.users().await[0]["active"], false);
}

#[tokio::test]
async fn one_value_is_not_replaced_where_the_settings_say_that_there_are_several() {
    for patch in ["yes", "no"] {
        let bench = Bench::new(Kind::Scimmy);
        bench.user(json!({ "userName": "ada", "roles": [{ "value": "writers" }] })).await;
        let between = Between::new(&bench.base).await;
        between.play("GET", "/Users", usize::MAX, Trick::Rewrite("[{\"value\":\"writers\"}]", "{\"value\":\"writers\"}"));
        let connector = connector_at(&between.url(), |settings| {
            settings["patch"] = json!(patch);
            settings["entitlement"] = json!({ "as": "attribute", "path": "roles" });
        });
        let said = refused(carry_out(&connector, &order(Change::Give, "ada", "readers")).await);
        let expected = "The account over there holds one value in roles and no list of values, so nothing can be added or removed there. Nothing was changed.";
        assert_eq!(said, expected, "{patch}");
        assert!(between.heard("PATCH").is_empty() && between.heard("PUT").is_empty(), "{patch}");
    }
}

#[tokio::test]
async fn what_we_made_and_may_not_delete_becomes_inactive_when_it_is_undone() {
    let bench = Bench::new(Kind::Scim2);
    let between = Between::new(&bench.base).await;
    between.play("DELETE", "/Users", 9, Trick::Say("403 Forbidden", "", String::new()));
    let connector = connector_at(&between.url(), |_| {});
    let give = order(Change::Give, "ada", "Ledger");
    apply(&connector, &give, &READY, &mut Exchanges::default()).await.unwrap();
    for _ in 0..2 {
        connector.undo(&give, &READY, uuid::Uuid::from_u128(9), &mut Exchanges::default()).await.unwrap();
        assert_eq!(bench.users().await[0]["active"], false);
    }
}

#[tokio::test]
async fn an_account_that_has_got_other_access_is_not_deleted_when_it_is_undone() {
    let bench = Bench::new(Kind::Scim2);
    let connector = bench.connector(|_| {});
    let give = order(Change::Give, "ada", "Ledger");
    let done = apply(&connector, &give, &READY, &mut Exchanges::default()).await.unwrap();
    let Applied::Done { account: Some(id), .. } = done else { panic!("{done:?}") };
    bench.group("Payroll", &[&id]).await;
    connector.undo(&give, &READY, uuid::Uuid::from_u128(9), &mut Exchanges::default()).await.unwrap();
    assert_eq!(bench.users().await[0]["active"], false);
}

fn header(request: &str, name: &str) -> Option<String> {
    request.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")).map(str::to_owned))
}
