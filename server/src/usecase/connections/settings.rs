//! Between the form of a connection and what its connector reads. What a connector says about its
//! settings is told at the field of the form that it comes from.

use connector::Fault;
use connector::memory::{Closing as MemoryClosing, MemorySettings, Stumbles};
use connector::scim::{Authentication, Closing, EntitlementAs, GroupName, Matching, MembershipLookup, Patch, Problem, ScimSettings};
use connector::webhook::WebhookSettings;
use domain::change::{Form, Typed};
use domain::connection::{ConnectorKind, fields, read_manual};
use domain::error::FieldError;
use domain::manual::ManualSettings;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Reads the settings of a kind from its form.
///
/// # Errors
/// Everything that cannot be accepted, each at its field.
pub(super) fn read(kind: ConnectorKind, typed: &Typed) -> Result<Value, Vec<FieldError>> {
    let mut form = Form::new(typed, fields(kind), true);
    match kind {
        ConnectorKind::Scim => {
            let settings = scim(&mut form);
            let settings = form.finish(settings)?;
            let problems: Vec<FieldError> = settings.problems().into_iter().map(at_field).collect();
            if problems.is_empty() { Ok(stored(&settings)) } else { Err(problems) }
        }
        ConnectorKind::Webhook => {
            let settings = webhook(&mut form);
            for (field, address) in [("url", Some(&settings.url)), ("read_url", settings.read_url.as_ref())] {
                if address.is_some_and(|address| address.contains('?')) {
                    form.refuse(
                        field,
                        "connector",
                        "Leave out the part after ?: what is secret belongs into the secret, everything else into the path.",
                    );
                }
            }
            let settings = form.finish(settings)?;
            settings.check().map_err(|fault| vec![of_fault(kind, &fault)])?;
            Ok(stored(&settings))
        }
        ConnectorKind::Manual => {
            let settings = read_manual(&mut form);
            form.finish(settings).map(|settings| stored(&settings))
        }
        ConnectorKind::Memory => {
            let settings = MemorySettings {
                matching: word(&mut form, "matching", "number".to_owned()),
                accounts: form.yes("accounts"),
                closing: word(&mut form, "closing", MemoryClosing::Deactivate),
                stumbles: word(&mut form, "stumbles", Stumbles::Never),
            };
            form.finish(settings).map(|settings| stored(&settings))
        }
    }
}

/// The text of every field of settings that are stored.
pub(super) fn text(kind: ConnectorKind, settings: &Value) -> Typed {
    let pairs = match kind {
        ConnectorKind::Scim => shown(settings, scim_text),
        ConnectorKind::Webhook => shown(settings, webhook_text),
        ConnectorKind::Manual => shown(settings, manual_text),
        ConnectorKind::Memory => shown(settings, memory_text),
    };
    pairs.into_iter().map(|(name, text)| (name.to_owned(), text)).collect()
}

/// What the form of a new connection begins with.
pub(super) fn beginning(kind: ConnectorKind) -> Typed {
    let settings = match kind {
        ConnectorKind::Scim => json!({
            "base_url": "", "matching": { "path": "userName", "attribute": "login" }, "entitlement": { "as": "group" },
            "attributes": { "displayName": "display_name", "emails[type eq \"work\"].value": "mail", "externalId": "identity" },
        }),
        ConnectorKind::Webhook => stored(&WebhookSettings::usual("")),
        ConnectorKind::Manual => stored(&ManualSettings::default()),
        ConnectorKind::Memory => stored(&MemorySettings::default()),
    };
    text(kind, &settings)
}

/// What a connector says about settings, at the field that it means.
pub(super) fn of_fault(kind: ConnectorKind, fault: &Fault) -> FieldError {
    let address = if kind == ConnectorKind::Scim { "base_url" } else { "url" };
    match fault {
        Fault::Misconfigured { field: field @ ("read_url" | "secret" | "timeout_seconds" | "calls_at_once" | "calls_per_second"), why } => {
            FieldError::new(field, "connector", sentence(why))
        }
        Fault::Misconfigured { why, .. } => FieldError::new(address, "connector", sentence(why)),
        other => FieldError::new(address, "connector", other.to_string()),
    }
}

fn at_field(problem: Problem) -> FieldError {
    let field = match (problem.field, problem.part.as_deref()) {
        ("authentication", _) => "user",
        ("matching", Some("attribute")) => "matching_attribute",
        ("matching", _) => "matching_path",
        ("entitlement", _) => "entitlement_path",
        (field, _) => field,
    };
    let why = match problem.part {
        Some(place) if field == "attributes" => format!("{place}: {}", problem.why),
        _ => sentence(&problem.why),
    };
    FieldError::new(field, "connector", why)
}

/// Connectors go on with a sentence that somebody else began.
fn sentence(why: &str) -> String {
    let mut letters = why.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn stored<T: Serialize>(settings: &T) -> Value {
    serde_json::to_value(settings).unwrap_or(Value::Null)
}

fn shown<T: DeserializeOwned>(settings: &Value, text: fn(T) -> Vec<(&'static str, String)>) -> Vec<(&'static str, String)> {
    serde_json::from_value(settings.clone()).map(text).unwrap_or_default()
}

/// A word of a connector's own vocabulary.
fn word<T: DeserializeOwned>(form: &mut Form<'_>, name: &str, otherwise: T) -> T {
    let text = form.text(name);
    let known = text.is_empty() || serde_json::from_value::<T>(Value::String(text.clone())).is_ok();
    let offered = text.is_empty() || form.offers(name, &text);
    if !(known && offered) {
        form.refuse(name, "not_an_option", "Choose from the list.");
        return otherwise;
    }
    serde_json::from_value(Value::String(text)).unwrap_or(otherwise)
}

/// The word of a value, as it is stored.
fn said<T: Serialize>(value: T) -> String {
    stored(&value).as_str().unwrap_or_default().to_owned()
}

fn number<T: TryFrom<i32> + Default>(form: &mut Form<'_>, name: &str) -> T {
    form.number(name).and_then(|number| T::try_from(number).ok()).unwrap_or_default()
}

fn scim(form: &mut Form<'_>) -> ScimSettings {
    let user = form.text("user");
    let authentication = match form.text("authentication").as_str() {
        "basic" => Authentication::Basic { user },
        "bearer" => {
            if !user.is_empty() {
                form.refuse("user", "connector", "With a bearer token there is no user: empty this, or choose user and password.");
            }
            Authentication::Bearer
        }
        _ => {
            form.refuse("authentication", "not_an_option", "Choose from the list.");
            Authentication::Bearer
        }
    };
    let path = form.text("entitlement_path");
    let lookup = word(form, "membership", MembershipLookup::Auto);
    let entitlement = match form.text("entitlement").as_str() {
        "group_display_name" => EntitlementAs::Group { named_by: GroupName::DisplayName, lookup },
        "group_external_id" => EntitlementAs::Group { named_by: GroupName::ExternalId, lookup },
        "attribute" => EntitlementAs::Attribute { path: path.clone() },
        _ => {
            form.refuse("entitlement", "not_an_option", "Choose from the list.");
            EntitlementAs::Group { named_by: GroupName::DisplayName, lookup }
        }
    };
    if matches!(entitlement, EntitlementAs::Group { .. }) && !path.is_empty() {
        form.refuse("entitlement_path", "connector", "Only a value of an attribute has a path: empty this, or choose that.");
    }
    ScimSettings {
        base_url: form.text("base_url"),
        authentication,
        matching: Matching { path: form.text("matching_path"), attribute: word(form, "matching_attribute", String::new()) },
        attributes: attributes(form),
        entitlement,
        closing: word(form, "closing", Closing::Deactivate),
        patch: word(form, "patch", Patch::Auto),
        page_size: number(form, "page_size"),
        timeout_seconds: number(form, "timeout_seconds"),
        calls_at_once: number(form, "calls_at_once"),
        calls_per_second: number(form, "calls_per_second"),
    }
}

/// Lines `path = attribute`; a path may itself hold the sign.
fn attributes(form: &mut Form<'_>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (at, line) in form.lines("attributes") {
        match line.rsplit_once('=').map(|(path, attribute)| (path.trim(), attribute.trim())) {
            Some((path, attribute)) if !path.is_empty() && !attribute.is_empty() => {
                if found.insert(path.to_owned(), attribute.to_owned()).is_some() {
                    form.refuse_line("attributes", "twice", at, "This path stands there twice.");
                }
            }
            _ => form.refuse_line("attributes", "connector", at, "Write path = attribute."),
        }
    }
    found
}

fn scim_text(settings: ScimSettings) -> Vec<(&'static str, String)> {
    let (authentication, user) = match settings.authentication {
        Authentication::Bearer => ("bearer", String::new()),
        Authentication::Basic { user } => ("basic", user),
    };
    let (entitlement, path, lookup) = match settings.entitlement {
        EntitlementAs::Group { named_by: GroupName::DisplayName, lookup } => ("group_display_name", String::new(), lookup),
        EntitlementAs::Group { named_by: GroupName::ExternalId, lookup } => ("group_external_id", String::new(), lookup),
        EntitlementAs::Attribute { path } => ("attribute", path, MembershipLookup::Auto),
    };
    let lines: Vec<String> = settings.attributes.into_iter().map(|(path, attribute)| format!("{path} = {attribute}")).collect();
    vec![
        ("base_url", settings.base_url),
        ("authentication", authentication.to_owned()),
        ("user", user),
        ("matching_path", settings.matching.path),
        ("matching_attribute", settings.matching.attribute),
        ("attributes", lines.join("\n")),
        ("entitlement", entitlement.to_owned()),
        ("entitlement_path", path),
        ("membership", said(lookup)),
        ("closing", said(settings.closing)),
        ("patch", said(settings.patch)),
        ("page_size", settings.page_size.to_string()),
        ("timeout_seconds", settings.timeout_seconds.to_string()),
        ("calls_at_once", settings.calls_at_once.to_string()),
        ("calls_per_second", settings.calls_per_second.to_string()),
    ]
}

fn webhook(form: &mut Form<'_>) -> WebhookSettings {
    WebhookSettings {
        url: form.text("url"),
        read_url: Some(form.text("read_url")).filter(|text| !text.is_empty()),
        accounts: form.yes("accounts"),
        reads_back: form.yes("reads_back"),
        undoes: form.yes("undoes"),
        answers_later: form.yes("answers_later"),
        timeout_seconds: number(form, "timeout_seconds"),
        calls_at_once: number(form, "calls_at_once"),
        calls_per_second: number(form, "calls_per_second"),
    }
}

fn yes_or_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

fn webhook_text(settings: WebhookSettings) -> Vec<(&'static str, String)> {
    vec![
        ("url", settings.url),
        ("read_url", settings.read_url.unwrap_or_default()),
        ("accounts", yes_or_no(settings.accounts)),
        ("reads_back", yes_or_no(settings.reads_back)),
        ("undoes", yes_or_no(settings.undoes)),
        ("answers_later", yes_or_no(settings.answers_later)),
        ("timeout_seconds", settings.timeout_seconds.to_string()),
        ("calls_at_once", settings.calls_at_once.to_string()),
        ("calls_per_second", settings.calls_per_second.to_string()),
    ]
}

fn manual_text(settings: ManualSettings) -> Vec<(&'static str, String)> {
    let evidence: Vec<&str> = settings.evidence.iter().map(|kind| kind.word()).collect();
    let tiers: Vec<&str> = settings.second_look.iter().map(|tier| tier.word()).collect();
    vec![
        ("instructions", settings.instructions),
        ("checklist", settings.checklist.join("\n")),
        ("evidence", evidence.join(" ")),
        ("due_hours", settings.due_hours.to_string()),
        ("second_look", tiers.join(" ")),
    ]
}

fn memory_text(settings: MemorySettings) -> Vec<(&'static str, String)> {
    vec![
        ("matching", settings.matching),
        ("accounts", yes_or_no(settings.accounts)),
        ("closing", said(settings.closing)),
        ("stumbles", said(settings.stumbles)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(kind: ConnectorKind, changes: &[(&str, &str)]) -> Typed {
        let mut typed = beginning(kind);
        let address = match kind {
            ConnectorKind::Scim => "base_url",
            _ => "url",
        };
        typed.insert(address.to_owned(), "https://machine.example/access".to_owned());
        for (name, text) in changes {
            typed.insert((*name).to_owned(), (*text).to_owned());
        }
        typed
    }

    #[test]
    fn settings_of_every_kind_come_back_as_they_were_typed() {
        for (kind, changes) in [
            (
                ConnectorKind::Scim,
                &[("authentication", "basic"), ("user", "countersign"), ("entitlement", "attribute"), ("entitlement_path", "roles")][..],
            ),
            (ConnectorKind::Scim, &[("entitlement", "group_external_id"), ("membership", "filter"), ("closing", "keep"), ("patch", "no")]),
            (ConnectorKind::Webhook, &[("reads_back", "yes"), ("read_url", "https://machine.example/state"), ("undoes", "yes")]),
            (ConnectorKind::Manual, &[("checklist", "One\nTwo"), ("evidence", "text file"), ("second_look", "elevated privileged")]),
            (ConnectorKind::Memory, &[("matching", "number"), ("closing", "keep"), ("accounts", "no")]),
        ] {
            let typed = with(kind, changes);
            let read = read(kind, &typed).unwrap_or_else(|errors| unreachable!("{kind}: {errors:?}"));
            let back = text(kind, &read);
            for (name, value) in &back {
                assert_eq!(Some(value), typed.get(name), "{kind} {name}");
            }
            let names: Vec<&str> = fields(kind).iter().map(|field| field.name).collect();
            assert_eq!(back.len(), names.len(), "{kind}: {names:?}");
        }
    }

    #[test]
    fn work_by_hand_about_which_nothing_is_said_is_the_same_in_the_form_and_where_it_is_carried_out() {
        let kind = ConnectorKind::Manual;
        let usual = stored(&ManualSettings::default());
        assert_eq!(text(kind, &json!({})), text(kind, &usual));
        for typed in [text(kind, &json!({})), beginning(kind)] {
            assert_eq!(read(kind, &typed), Ok(usual.clone()));
        }
        assert_eq!(beginning(kind).get("second_look").map(String::as_str), Some("privileged"), "a second person looks");
    }

    #[test]
    fn what_cannot_work_is_told_at_the_field_it_comes_from() {
        for (kind, changes, field) in [
            (ConnectorKind::Scim, &[("base_url", "directory")][..], "base_url"),
            (ConnectorKind::Scim, &[("authentication", "basic")], "user"),
            (ConnectorKind::Scim, &[("user", "countersign")], "user"),
            (ConnectorKind::Scim, &[("matching_path", "emails[")], "matching_path"),
            (ConnectorKind::Scim, &[("matching_attribute", "shoe_size")], "matching_attribute"),
            (ConnectorKind::Scim, &[("attributes", "userName")], "attributes"),
            (ConnectorKind::Scim, &[("attributes", "active = login")], "attributes"),
            (ConnectorKind::Scim, &[("attributes", "nickName = login\nnickName = mail")], "attributes"),
            (ConnectorKind::Scim, &[("entitlement", "attribute"), ("entitlement_path", "a b")], "entitlement_path"),
            (ConnectorKind::Scim, &[("entitlement_path", "roles")], "entitlement_path"),
            (ConnectorKind::Scim, &[("closing", "burn")], "closing"),
            (ConnectorKind::Scim, &[("page_size", "0")], "page_size"),
            (ConnectorKind::Scim, &[("timeout_seconds", "51")], "timeout_seconds"),
            (ConnectorKind::Webhook, &[("url", "https://a.example/#x")], "url"),
            (ConnectorKind::Webhook, &[("url", "https://a.example/access?token=8412")], "url"),
            (ConnectorKind::Webhook, &[("read_url", "https://a.example")], "read_url"),
            (ConnectorKind::Webhook, &[("accounts", "perhaps")], "accounts"),
            (ConnectorKind::Memory, &[("closing", "delete")], "closing"),
            (ConnectorKind::Memory, &[("stumbles", "always")], "stumbles"),
        ] {
            let errors = read(kind, &with(kind, changes)).expect_err("it is refused");
            assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), [field], "{kind} {changes:?}: {errors:?}");
            assert!(errors.iter().all(|error| error.message.ends_with('.')), "{errors:?}");
        }
    }

    #[test]
    fn a_secret_is_not_taken_along_to_another_place() {
        use crate::machines::leads_elsewhere;
        let kind = ConnectorKind::Scim;
        let settings = |changes: &[(&str, &str)]| read(kind, &with(kind, changes)).unwrap_or_default();
        let before = settings(&[]);
        assert!(!leads_elsewhere(kind, &before, &settings(&[("page_size", "5")])));
        assert!(leads_elsewhere(kind, &before, &settings(&[("base_url", "https://elsewhere.example/")])));
        assert!(leads_elsewhere(kind, &before, &settings(&[("authentication", "basic"), ("user", "x")])));
    }
}
