//! Settings: what is usual, and what is refused at which field.

use super::settings::*;
use serde_json::{Value, json};

fn usual() -> Value {
    json!({
        "base_url": "https://directory.example/scim/v2",
        "matching": { "path": "userName", "attribute": "login" },
        "attributes": { "displayName": "display_name", "emails[type eq \"work\"].value": "mail" },
        "entitlement": { "as": "group" },
    })
}

fn with(pointer: &str, value: Value) -> Value {
    let mut settings = usual();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    settings.pointer_mut(parent).expect(parent).as_object_mut().expect(parent).insert(key.replace("~1", "/"), value);
    settings
}

#[test]
fn what_is_left_out_has_its_usual_value_and_comes_back_as_it_was_stored() {
    let settings: ScimSettings = serde_json::from_value(usual()).expect("settings");
    assert_eq!(settings.problems(), []);
    assert_eq!(settings.authentication, Authentication::Bearer);
    assert_eq!(settings.entitlement, EntitlementAs::Group { named_by: GroupName::DisplayName, lookup: MembershipLookup::Auto });
    assert_eq!((settings.closing, settings.patch, settings.page_size), (Closing::Deactivate, Patch::Auto, 100));
    let stored = serde_json::to_value(&settings).expect("JSON");
    assert_eq!(serde_json::from_value::<ScimSettings>(stored).expect("settings"), settings);
}

#[test]
fn a_misspelt_field_is_refused_wherever_it_stands() {
    for pointer in ["/clossing", "/matching/pth", "/entitlement/lokup", "/authentication/usr"] {
        let mut settings = with("/authentication", json!({ "by": "basic", "user": "us" }));
        assert!(serde_json::from_value::<ScimSettings>(settings.clone()).is_ok());
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        settings.pointer_mut(parent).expect(parent)[key] = json!(1);
        assert!(serde_json::from_value::<ScimSettings>(settings).is_err(), "{pointer}");
    }
}

#[test]
fn every_field_says_what_is_wrong_with_it() {
    let cases = [
        ("/base_url", json!("directory.example"), "base_url", None),
        ("/base_url", json!("ftp://directory.example"), "base_url", None),
        ("/base_url", json!("https://directory.example/scim?x=1"), "base_url", None),
        ("/base_url", json!("https://me:secret@directory.example"), "base_url", None),
        ("/authentication", json!({ "by": "basic", "user": "a:b" }), "authentication", Some("user")),
        ("/matching/path", json!("user name"), "matching", Some("path")),
        ("/matching/attribute", json!("shoe_size"), "matching", Some("attribute")),
        ("/matching/path", json!("externalId"), "attributes", None),
        ("/attributes/emails", json!("mail"), "attributes", Some("emails")),
        ("/attributes/active", json!("title"), "attributes", Some("active")),
        ("/attributes/title", json!("rank"), "attributes", Some("title")),
        ("/entitlement", json!({ "as": "attribute", "path": "roles[type ne \"x\"]" }), "entitlement", Some("path")),
        ("/page_size", json!(0), "page_size", None),
        ("/timeout_seconds", json!(51), "timeout_seconds", None),
        ("/calls_at_once", json!(0), "calls_at_once", None),
        ("/calls_per_second", json!(101), "calls_per_second", None),
    ];
    for (pointer, value, field, part) in cases {
        let settings: ScimSettings = serde_json::from_value(with(pointer, value.clone())).expect(pointer);
        let problems = settings.problems();
        let found: Vec<_> = problems.iter().map(|problem| (problem.field, problem.part.as_deref())).collect();
        assert_eq!(found, [(field, part)], "{pointer} {value}");
    }
}

#[test]
fn entitlements_can_be_values_of_an_attribute() {
    for path in ["entitlements", "roles.value", "roles[type eq \"app\"]", "urn:example:params:Ledger:2.0:User:levels"] {
        let settings: ScimSettings = serde_json::from_value(with("/entitlement", json!({ "as": "attribute", "path": path }))).expect(path);
        assert_eq!(settings.problems(), [], "{path}");
    }
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";
    for path in ["userName", "userName.value", "department", "name.givenName", "active", "groups", "GROUPS.value", enterprise] {
        let settings: ScimSettings = serde_json::from_value(with("/entitlement", json!({ "as": "attribute", "path": path }))).expect(path);
        let problems = settings.problems();
        let said: Vec<_> = problems.iter().map(|problem| (problem.field, problem.part.as_deref(), problem.why.as_str())).collect();
        let why = "It is no attribute with several values, such as entitlements, roles or roles[type eq \"app\"].";
        assert_eq!(said, [("entitlement", Some("path"), why)], "{path}");
    }
}
