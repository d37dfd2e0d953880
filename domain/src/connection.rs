//! Connections to the machines in which access really is: their kinds, what the form of each kind asks
//! for, and how what people carry out by hand is set up.
//!
//! To add a setting: a line in the kind's fields here, and its part in `server`'s
//! `usecase/connections/settings.rs`, which turns the form into what the connector reads.

use crate::catalogue::RiskTier;
use crate::change::{FieldSpec, Form, Shape};
use crate::error::FieldError;
use crate::manual::{EvidenceKind, ManualSettings};
use crate::words::words;

words! {
    /// The kinds of connectors.
    pub enum ConnectorKind: "kind of connector" {
        /// A directory or application that speaks SCIM 2.0.
        Scim = "scim", "SCIM 2.0",
        /// A receiver of signed messages.
        Webhook = "webhook", "Webhook",
        /// Operators do it.
        Manual = "manual", "By hand",
        /// In the server itself, for the demonstration.
        Memory = "memory", "In memory (demonstration)",
    }
}

impl ConnectorKind {
    /// Whether it proves itself with a secret.
    #[must_use]
    pub fn has_secret(self) -> bool {
        matches!(self, Self::Scim | Self::Webhook)
    }

    /// Whether another machine is asked, so that it can be tested and can fail.
    #[must_use]
    pub fn asks_a_machine(self) -> bool {
        self != Self::Manual
    }
}

words! {
    /// Whether a connection can be chosen.
    pub enum ConnectionState: "connection state" {
        /// Applications may use it.
        Active = "active", "In use",
        /// No application uses it, and none chooses it again.
        Retired = "retired", "Retired",
    }
}

words! {
    /// Whether calls go through.
    pub enum BreakerState: "breaker state" {
        /// They do.
        Closed = "closed", "Well",
        /// They do not until a moment, because of failures.
        Open = "open", "Rests after failures",
        /// One call finds out whether it is well again.
        Trying = "trying", "Being tried after a rest",
    }
}

/// Most lines of a checklist.
pub const MOST_CHECKS: usize = 30;
/// Longest line of a checklist, in characters.
pub const LONGEST_CHECK: usize = 200;
/// Longest secret, in characters.
pub const LONGEST_SECRET: usize = 4_000;

/// What every connection has.
pub const COMMON: &[FieldSpec] = &[
    FieldSpec::new("code", "Code", Shape::Line(40), "Lower-case letters, digits and -, up to 40; never changed afterwards.")
        .required()
        .fixed(),
    FieldSpec::new("name", "Name", Shape::Line(120), "Up to 120 characters.").required(),
];

/// The field that says which machine a connection leads to.
pub const MACHINE: &str = "machine";
/// What stands there where it is a machine of its own, whatever its address. No code of a connection looks like it.
pub const OWN_MACHINE: &str = "(own)";

const WHICH_MACHINE: &[FieldSpec] = &[FieldSpec::new(
    MACHINE,
    "Machine",
    Shape::ConnectionCode,
    "Connections to one machine are several ways to the same accounts and access: what one gave, another keeps and ends. By its address: the machine of another connection of this kind with the same address, otherwise one of its own.",
)];

/// Which machine it leads to; nothing where people do the work.
#[must_use]
pub fn which_machine(kind: ConnectorKind) -> &'static [FieldSpec] {
    if kind.asks_a_machine() { WHICH_MACHINE } else { &[] }
}

fn authentications() -> Vec<(String, String)> {
    pairs(&[("bearer", "Bearer token"), ("basic", "User and password")])
}

fn own_attributes() -> Vec<(String, String)> {
    pairs(&[
        ("number", "Employee number"),
        ("login", "Sign-in name"),
        ("mail", "E-mail"),
        ("display_name", "Name"),
        ("identity", "Id in Countersign"),
        ("unit", "Unit"),
        ("title", "Title"),
        ("population", "Population"),
    ])
}

fn entitlements() -> Vec<(String, String)> {
    pairs(&[
        ("group_display_name", "Membership of a group, by displayName"),
        ("group_external_id", "Membership of a group, by externalId"),
        ("attribute", "A value of an attribute of the account"),
    ])
}

fn memberships() -> Vec<(String, String)> {
    pairs(&[
        ("auto", "By itself: with a filter, else by reading the members"),
        ("filter", "With a filter alone: a no is not verified"),
        ("members", "By reading the members"),
        ("groups_of_user", "From the account's groups"),
    ])
}

fn scim_closings() -> Vec<(String, String)> {
    pairs(&[("deactivate", "It is deactivated"), ("delete", "It is deleted"), ("keep", "It stays as it is")])
}

fn memory_closings() -> Vec<(String, String)> {
    pairs(&[("deactivate", "It is deactivated"), ("remove", "It is removed"), ("keep", "It stays as it is")])
}

fn memory_stumbles() -> Vec<(String, String)> {
    pairs(&[("never", "Nothing"), ("at_first", "It refuses the first attempt of each release to give")])
}

fn patches() -> Vec<(String, String)> {
    pairs(&[("auto", "As the server says"), ("yes", "With PATCH"), ("no", "By replacing the whole record (PUT)")])
}

fn yes_no() -> Vec<(String, String)> {
    pairs(&[("yes", "Yes"), ("no", "No")])
}

fn evidence_kinds() -> Vec<(String, String)> {
    EvidenceKind::ALL.iter().map(|kind| (kind.word().to_owned(), kind.label().to_owned())).collect()
}

fn tiers() -> Vec<(String, String)> {
    RiskTier::ALL.iter().map(|tier| (tier.word().to_owned(), tier.label().to_owned())).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(word, label)| ((*word).to_owned(), (*label).to_owned())).collect()
}

const SCIM: &[FieldSpec] = &[
    FieldSpec::new("base_url", "Address", Shape::Line(2_000), "Where its endpoints begin, for example https://directory.example/scim/v2.")
        .required(),
    FieldSpec::new(
        "authentication",
        "Authentication",
        Shape::One(authentications),
        "How we prove who we are; the secret below is the token or the password.",
    )
    .required(),
    FieldSpec::new("user", "User", Shape::Line(200), "With user and password only."),
    FieldSpec::new(
        "matching_path",
        "Accounts are found by",
        Shape::Line(200),
        "Place in the SCIM record: userName, externalId or another path.",
    )
    .required(),
    FieldSpec::new("matching_attribute", "which holds", Shape::One(own_attributes), "Our attribute of the person.").required(),
    FieldSpec::new(
        "attributes",
        "Attributes of a new account",
        Shape::Lines(8_000, 5),
        "One a line: path = attribute, for example “emails[type eq \"work\"].value = mail”. Attributes: number, login, mail, display_name, identity, unit, title, population.",
    ),
    FieldSpec::new(
        "entitlement",
        "An entitlement is",
        Shape::One(entitlements),
        "Which one is said by the entitlement: what it is called over there.",
    )
    .required(),
    FieldSpec::new(
        "entitlement_path",
        "Path of the attribute",
        Shape::Line(500),
        "Only for a value of an attribute: entitlements, roles, or roles[type eq \"app\"].",
    ),
    FieldSpec::new("membership", "Who is a member is found", Shape::One(memberships), "Only for groups.").required(),
    FieldSpec::new("closing", "An account without access", Shape::One(scim_closings), "What becomes of it when its last access is taken.")
        .required(),
    FieldSpec::new("patch", "Records are changed", Shape::One(patches), "Servers without PATCH get the whole record.").required(),
    FieldSpec::new("page_size", "Records in a page", Shape::Number(1, 1_000), "1 to 1,000.").required(),
    FieldSpec::new("timeout_seconds", "Longest answer in seconds", Shape::Number(2, 50), "2 to 50.").required(),
    FieldSpec::new("calls_at_once", "Calls at the same time", Shape::Number(1, 32), "1 to 32.").required(),
    FieldSpec::new("calls_per_second", "Calls a second", Shape::Number(1, 100), "1 to 100.").required(),
];

const WEBHOOK: &[FieldSpec] = &[
    FieldSpec::new("url", "Address for messages", Shape::Line(2_000), "For example https://receiver.example/access.").required(),
    FieldSpec::new("read_url", "Address for questions", Shape::Line(2_000), "Empty: the same as for messages.").empty_means("the same"),
    FieldSpec::new("accounts", "It makes and closes accounts", Shape::One(yes_no), "Otherwise accounts are there already.").required(),
    FieldSpec::new("reads_back", "It says what is there", Shape::One(yes_no), "Otherwise nothing is proven and a person looks.").required(),
    FieldSpec::new("undoes", "It can undo", Shape::One(yes_no), "Otherwise a person undoes.").required(),
    FieldSpec::new("answers_later", "It may answer later", Shape::One(yes_no), "With 202, and a completion that follows.").required(),
    FieldSpec::new("timeout_seconds", "Longest answer in seconds", Shape::Number(1, 50), "1 to 50.").required(),
    FieldSpec::new("calls_at_once", "Messages at the same time", Shape::Number(1, 32), "1 to 32.").required(),
    FieldSpec::new("calls_per_second", "Messages a second", Shape::Number(1, 100), "1 to 100.").required(),
];

const MANUAL: &[FieldSpec] = &[
    FieldSpec::new("instructions", "Instructions", Shape::Lines(8_000, 5), "What the operator reads first. Up to 8,000 characters."),
    FieldSpec::new(
        "checklist",
        "Checklist",
        Shape::Lines(6_500, 5),
        "One a line, at most 30 lines of up to 200 characters. Each has to be ticked.",
    ),
    FieldSpec::new("evidence", "Evidence that is needed", Shape::Any(evidence_kinds), "None chosen means text.").empty_means("text"),
    FieldSpec::new("due_hours", "Due within working hours", Shape::Number(1, 480), "1 to 480.").required(),
    FieldSpec::new(
        "second_look",
        "A second person looks at",
        Shape::Any(tiers),
        "Done counts at these tiers when somebody else has looked.",
    )
    .empty_means("no tier"),
];

const MEMORY: &[FieldSpec] = &[
    FieldSpec::new("matching", "Accounts are found by", Shape::One(own_attributes), "Our attribute of the person.").required(),
    FieldSpec::new("accounts", "It makes and closes accounts", Shape::One(yes_no), "Otherwise accounts are there already.").required(),
    FieldSpec::new(
        "closing",
        "An account without access",
        Shape::One(memory_closings),
        "What becomes of it when its last access is taken.",
    )
    .required(),
    FieldSpec::new("stumbles", "What goes wrong by itself", Shape::One(memory_stumbles), "To see how a release fails and is tried again.")
        .required(),
];

/// The fields of the settings of a kind, in the order of the form.
#[must_use]
pub fn fields(kind: ConnectorKind) -> &'static [FieldSpec] {
    match kind {
        ConnectorKind::Scim => SCIM,
        ConnectorKind::Webhook => WEBHOOK,
        ConnectorKind::Manual => MANUAL,
        ConnectorKind::Memory => MEMORY,
    }
}

/// Longest code of a connection, in characters (constraint `connection_code_shape`).
const LONGEST_CODE: usize = 40;

/// Whether a connection can have this code.
#[must_use]
pub fn can_be_code(code: &str) -> bool {
    code.len() <= LONGEST_CODE && is_shaped_as_code(code)
}

fn is_shaped_as_code(code: &str) -> bool {
    let mut bytes = code.bytes();
    let begins = bytes.next().is_some_and(|first| first.is_ascii_lowercase() || first.is_ascii_digit());
    begins && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Reads the code of a new connection.
pub fn read_code(form: &mut Form<'_>) -> String {
    let code = form.text("code");
    // One that is too long is told so at the field.
    if !code.is_empty() && !is_shaped_as_code(&code) {
        form.refuse("code", "not_a_code", "Use lower-case letters, digits and -, and begin with a letter or digit.");
    }
    code
}

/// Reads the settings of what is done by hand.
pub fn read_manual(form: &mut Form<'_>) -> ManualSettings {
    let checklist = form.lines("checklist");
    if checklist.len() > MOST_CHECKS {
        form.refuse("checklist", "too_many", format!("At most {MOST_CHECKS} lines fit."));
    }
    for (at, line) in &checklist {
        if line.chars().count() > LONGEST_CHECK {
            form.refuse_line("checklist", "too_long", *at, format!("A line has at most {LONGEST_CHECK} characters."));
        }
    }
    ManualSettings {
        instructions: form.text("instructions"),
        checklist: checklist.into_iter().map(|(_, line)| line).collect(),
        evidence: form.words("evidence"),
        due_hours: form.number("due_hours").and_then(|hours| u32::try_from(hours).ok()).unwrap_or(ManualSettings::default().due_hours),
        second_look: form.words("second_look"),
    }
}

/// Reads a secret as it was typed, spaces at its ends taken away; none where nothing was typed.
///
/// # Errors
/// `too_long` or `forbidden_character`; the text is never repeated.
pub fn read_secret(typed: &str) -> Result<Option<&str>, FieldError> {
    let secret = typed.trim();
    if secret.chars().count() > LONGEST_SECRET {
        return Err(FieldError::new("secret", "too_long", format!("At most {LONGEST_SECRET} characters fit.")));
    }
    if secret.chars().any(char::is_control) {
        return Err(FieldError::new(
            "secret",
            "forbidden_character",
            "It holds a line break or another control character: enter it on one line.",
        ));
    }
    Ok(Some(secret).filter(|secret| !secret.is_empty()))
}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;
