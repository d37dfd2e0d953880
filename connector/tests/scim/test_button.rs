//! What the test of the settings says.

use super::bench::{BOTH, Bench, connector_at, out_to};
use crate::between::{Between, Trick};
use crate::servers::Kind;
use connector::scim::{ScimConnector, ScimSettings};
use connector::{Connector, Exchanges, Fault, Secret};
use serde_json::{Value, json};

async fn findings(connector: &ScimConnector) -> Vec<(bool, String)> {
    connector.test(&mut Exchanges::default()).await.unwrap().findings
}

fn bad(findings: &[(bool, String)]) -> Vec<&str> {
    findings.iter().filter(|(well, _)| !well).map(|(_, said)| said.as_str()).collect()
}

#[tokio::test]
async fn settings_that_work_are_told_so_in_sentences() {
    for kind in BOTH {
        let bench = Bench::new(kind);
        bench.group("Ledger", &[]).await;
        bench.group("Payroll", &["somebody"]).await;
        let found = findings(&bench.connector(|_| {})).await;
        assert_eq!(bad(&found), Vec::<&str>::new(), "{kind:?}");
        let said: Vec<&str> = found.iter().map(|(_, said)| said.as_str()).collect();
        for sentence in [
            "Records are changed with PATCH.",
            "The machine knows every attribute that the settings name.",
            "Accounts can be read; there are 0.",
            "Accounts are found by userName.",
            "Groups can be read; there are 2.",
            "Members are found by a filter.",
        ] {
            assert!(said.contains(&sentence), "{kind:?} {sentence} is not in {said:?}");
        }
    }
}

#[tokio::test]
async fn each_thing_that_is_wrong_is_a_sentence_of_its_own() {
    let unknown = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:shoeSize";
    let cases: [(Kind, Value, &[&str]); 5] = [
        (Kind::Scim2, json!({ "attributes": { unknown: "title" } }), &[&format!("{unknown}: the machine does not know it.")]),
        (
            Kind::Scimmy,
            json!({ "attributes": { "urn:example:2.0:User:x": "title" } }),
            &["urn:example:2.0:User:x: the machine does not know its schema."],
        ),
        (Kind::Scim2WithoutPatch, json!({ "patch": "yes" }), &["It says that it has no PATCH, and the settings ask for it."]),
        (Kind::ScimmyUnfiltered, json!({}), &["The machine ignores searches by userName: each one reads all accounts."]),
        (
            Kind::ScimmyUnfiltered,
            json!({ "entitlement": { "as": "group", "lookup": "filter" } }),
            &[
                "The machine ignores searches by userName: each one reads all accounts.",
                "The machine cannot be asked about one member; set the lookup to auto.",
            ],
        ),
    ];
    for (kind, change, expected) in cases {
        let bench = Bench::new(kind);
        bench.user(json!({ "userName": "ada" })).await;
        bench.group("Ledger", &[]).await;
        let connector = bench.connector(|settings| {
            for (field, value) in change.as_object().unwrap() {
                settings[field] = value.clone();
            }
        });
        assert_eq!(bad(&findings(&connector).await), expected, "{kind:?} {change}");
    }
}

#[tokio::test]
async fn members_are_said_to_be_found_by_a_filter_only_when_one_was() {
    let nobody_seen = "No member was there to see whether it finds one";
    for (members, finds, lookup, well, part) in [
        (&["somebody"][..], true, "filter", true, "Members are found by a filter."),
        (&["somebody"], false, "filter", false, "set the lookup to auto."),
        (&["somebody"], false, "auto", true, "so groups are read with all their members."),
        (&[], true, "filter", false, nobody_seen),
        (&[], true, "auto", true, nobody_seen),
    ] {
        let bench = Bench::new(Kind::Scimmy);
        bench.group("Empty", &[]).await;
        bench.group("Ledger", members).await;
        let between = Between::new(&bench.base).await;
        if !finds {
            let empty = json!({ "totalResults": 0, "Resources": [] }).to_string();
            between.play("GET", "members.value", usize::MAX, Trick::Say("200 OK", "", empty));
        }
        let connector = connector_at(&between.url(), |settings| settings["entitlement"] = json!({ "as": "group", "lookup": lookup }));
        let found = findings(&connector).await;
        let last = found.last().unwrap();
        assert!(last.0 == well && last.1.contains(part), "{members:?} {finds} {lookup}: {last:?}");
    }
}

fn with(base: &str, token: &str, networks: &[&str]) -> Result<ScimConnector, Fault> {
    let settings = json!({ "base_url": base, "matching": { "path": "userName", "attribute": "login" }, "entitlement": { "as": "group" } });
    let settings: ScimSettings = serde_json::from_value(settings).unwrap();
    ScimConnector::new(&settings, Secret::new(token), out_to(&settings, networks))
}

#[tokio::test]
async fn a_wrong_token_is_a_finding_and_is_not_written_down() {
    for kind in BOTH {
        let bench = Bench::new(kind);
        let connector = with(&bench.base, "not-the-right-token", &["127.0.0.1"]).unwrap();
        let mut log = Exchanges::default();
        let found = connector.test(&mut log).await.unwrap().findings;
        assert!(bad(&found).iter().any(|said| said.starts_with("Accounts cannot be read: 401")), "{kind:?} {found:?}");
        assert!(!log.0.is_empty());
        assert!(!serde_json::to_string(&log.0).unwrap().contains("not-the-right-token"), "{kind:?}");
    }
}

#[tokio::test]
async fn a_machine_that_is_not_there_or_not_allowed_is_a_fault() {
    // A port that was free a moment ago and is nobody's.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let base = format!("http://127.0.0.1:{port}/scim");
    let nobody = with(&base, "any-token", &["127.0.0.1"]).unwrap();
    assert!(matches!(nobody.test(&mut Exchanges::default()).await, Err(Fault::Unreachable { .. })));
    assert!(matches!(with(&base, "any-token", &[]), Err(Fault::NotAllowed { .. })));
}
