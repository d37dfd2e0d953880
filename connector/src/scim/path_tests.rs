//! Paths: what they are written from, what they read and write, what a filter of theirs says.

use super::path::*;
use proptest::prelude::*;
use scim_v2::filter::Filter;
use serde_json::{Map, Value, json};

fn path(written: &str) -> AttributePath {
    written.parse().expect(written)
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().expect("an object")
}

const DEPARTMENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";

#[test]
fn a_record_is_made_from_paths_of_every_form_and_read_back() {
    let written = [
        ("userName", "ada"),
        ("name.givenName", "Ada"),
        ("name.familyName", "King"),
        (r#"emails[type eq "work"].value"#, "ada@example.test"),
        (r#"emails[type eq "work"].display"#, "Ada"),
        (r#"emails[type eq "home"].value"#, "ada@home.test"),
        ("roles.value", "reader"),
        (DEPARTMENT, "Engines"),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value", "26"),
        ("urn:ietf:params:scim:schemas:core:2.0:User:title", "Countess"),
    ];
    let mut record = Map::new();
    for (place, value) in written {
        path(place).write(&mut record, value);
    }
    assert_eq!(
        Value::Object(record.clone()),
        json!({
            "userName": "ada",
            "name": { "givenName": "Ada", "familyName": "King" },
            "emails": [
                { "type": "work", "value": "ada@example.test", "display": "Ada" },
                { "type": "home", "value": "ada@home.test" },
            ],
            "roles": [{ "value": "reader" }],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": "Engines", "manager": { "value": "26" } },
            "title": "Countess",
        })
    );
    for (place, value) in written {
        assert_eq!(path(place).read(&record), [value], "{place}");
        assert_eq!(path(&path(place).to_string()), path(place), "{place}");
    }
}

#[test]
fn names_are_found_in_any_case_and_what_is_absent_is_empty() {
    let record = object(json!({ "USERNAME": "ada", "Emails": [{ "Type": "WORK", "Value": "a@x" }, "odd"], "name": null }));
    assert_eq!(path("userName").read(&record), ["ada"]);
    assert_eq!(path(r#"emails[type eq "work"].value"#).read(&record), ["a@x"]);
    assert!(path("name.givenName").read(&record).is_empty());
    assert!(path(DEPARTMENT).read(&record).is_empty());
}

#[test]
fn paths_from_which_no_record_can_be_made_are_refused() {
    let refused = |written: &str| written.parse::<AttributePath>().expect_err(written);
    assert!(matches!(refused("1name"), PathProblem::Syntax(_)));
    assert!(matches!(refused(r#"userName eq "x""#), PathProblem::Syntax(_)));
    assert!(matches!(refused(""), PathProblem::Syntax(_)));
    assert_eq!(refused(r#"emails[type ne "work"].value"#), PathProblem::Condition);
    assert_eq!(refused(r#"emails[type eq "a" or type eq "b"].value"#), PathProblem::Condition);
    assert_eq!(refused(r#"emails[type eq "work"]"#), PathProblem::NoSubAttribute);
    assert_eq!(refused("emails"), PathProblem::Several("emails".to_owned()));
}

#[test]
fn filters_are_written_as_the_rfc_writes_them() {
    assert_eq!(path("userName").filter("ada").to_string(), r#"userName eq "ada""#);
    assert_eq!(path("name.givenName").filter("Ada").to_string(), r#"name.givenName eq "Ada""#);
    let mail = path(r#"emails[type eq "work"].value"#).filter("a@x");
    assert_eq!(mail.to_string(), r#"emails[type eq "work" and value eq "a@x"]"#);
    assert_eq!(path(DEPARTMENT).filter("E").to_string(), format!("{DEPARTMENT} eq \"E\""));
}

#[test]
fn external_ids_differ_by_case_and_names_do_not() {
    assert!(path("userName").same("ADA", "ada"));
    assert!(!path("externalId").same("ADA", "ada"));
}

#[test]
fn one_value_of_several_is_added_once_and_removed_alone() {
    let levels = path("urn:example:2.0:User:levels.value");
    let roles = path(r#"roles[type eq "app"].value"#);
    let mut record = object(json!({ "roles": [{ "type": "app", "value": "writer" }, { "type": "other", "value": "reader" }] }));
    for _ in 0..2 {
        assert_eq!((roles.add(&mut record, "reader"), levels.add(&mut record, "7")), (Ok(()), Ok(())));
    }
    assert_eq!(roles.read(&record), ["writer", "reader"]);
    assert_eq!(levels.read(&record), ["7"]);
    assert_eq!((roles.remove(&mut record, "reader"), levels.remove(&mut record, "7")), (Ok(()), Ok(())));
    let left = json!({ "roles": [{ "type": "app", "value": "writer" }, { "type": "other", "value": "reader" }], "urn:example:2.0:User": { "levels": [] } });
    assert_eq!(Value::Object(record), left);
    let removal = serde_json::to_value(roles.removal("re\"ader")).expect("JSON");
    assert_eq!(removal, json!({ "op": "remove", "path": r#"roles[type eq "app" and value eq "re\"ader"]"# }));
    let addition = serde_json::to_value(roles.addition("reader")).expect("JSON");
    assert_eq!(addition, json!({ "op": "add", "path": "roles", "value": [{ "type": "app", "value": "reader" }] }));
}

#[test]
fn a_single_value_is_never_replaced_by_one_of_several() {
    let levels = path("urn:example:2.0:User:levels.value");
    for there in [json!("7"), json!({ "value": "7" }), json!(7)] {
        let mut record = object(json!({ "urn:example:2.0:User": { "levels": there } }));
        let before = record.clone();
        assert!(levels.add(&mut record, "8").is_err() && levels.remove(&mut record, "7").is_err(), "{there}");
        assert_eq!(record, before);
    }
    let mut record = object(json!({ "urn:example:2.0:User": { "levels": null } }));
    assert_eq!(levels.add(&mut record, "8"), Ok(()));
    assert_eq!(levels.read(&record), ["8"]);
}

proptest! {
    /// Whatever a record of ours contains, the filter asks for exactly that text.
    #[test]
    fn a_value_never_leaves_its_literal(value in any::<String>()) {
        for place in ["userName", "name.givenName", r#"emails[type eq "work"].value"#, DEPARTMENT] {
            let filter = path(place).filter(&value);
            prop_assert_eq!(&filter.to_string().parse::<Filter>().expect("a filter"), &filter);
        }
    }
}
