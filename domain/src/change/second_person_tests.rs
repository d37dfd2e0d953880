//! Which changes need a second person, as a table of cases, and who cannot be it.

use super::*;
use crate::id::IdentityId;
use jiff::Timestamp;

/// A record of each kind as it might stand.
pub(super) fn sample(kind: RecordKind) -> Typed {
    let fields: &[(&str, &str)] = match kind {
        RecordKind::Unit => &[("name", "Ledger"), ("calendar", "standard"), ("state", "active")],
        RecordKind::Application => &[
            ("code", "LEDGER"),
            ("name", "Ledger"),
            ("description", "Books."),
            ("owner", "E1"),
            ("deputy", "E2"),
            ("classification", "confidential"),
            ("logging", "partial"),
            ("connection", "ledger-scim"),
            ("state", "active"),
        ],
        RecordKind::Entitlement => &[
            ("application", "LEDGER"),
            ("source_id", "ledger-write"),
            ("name", "Ledger Writer"),
            ("description", "Writes."),
            ("tier", "elevated"),
            ("tier_reason", "it writes"),
            ("longest_days", "90"),
            ("review_every_days", "90"),
            ("requestable", "no"),
            ("state", "active"),
            ("audience_populations", "employee contractor"),
            ("audience_units", "Ledger\nAudit"),
            (
                "questions",
                "why | Which books | text | required | least 5 | most 80 | help The short name.\nday | From when | date | optional",
            ),
            ("includes", "ledger-read"),
            ("reference", "LEDGER_WRITERS"),
        ],
        RecordKind::Conflict => &[
            ("code", "SOD-001"),
            ("title", "Pay and approve"),
            ("description", ""),
            ("severity", "high"),
            ("shape", "sides"),
            ("at_most", "1"),
            ("left", "pay"),
            ("right", "approve\nrelease"),
            ("members", ""),
            ("mitigation", ""),
            ("state", "active"),
        ],
        RecordKind::Template => &[
            ("code", "on-call"),
            ("name", "On call"),
            ("description", ""),
            ("items", "read\nlogs"),
            ("reason_code", "operations"),
            ("days", "90"),
            ("audience_populations", "employee"),
            ("audience_units", "Ledger"),
            ("state", "active"),
        ],
        RecordKind::Specification => &[
            ("population", "contractor"),
            ("required_attributes", "email unit ends_on"),
            ("highest_tier", "elevated"),
            ("longest_days", "180"),
            ("mfa_from", "elevated"),
            ("highest_classification", "confidential"),
            ("applications", "LEDGER"),
            ("review_every_days", "90"),
            ("termination_within_hours", "1"),
            ("control_owner", "Compliance"),
            ("evidence_source", "People feed"),
        ],
        RecordKind::Plan => &[
            ("code", "elevated"),
            ("name", "Elevated access"),
            ("tier", "elevated"),
            ("population", ""),
            ("application", ""),
            (
                "stages",
                "1 | Line manager | line_manager | quorum 1 | fallback managers_manager | due 16 | remind 8 | escalate 24 to managers_manager\n\
                 2 | Owner | application_owner, application_deputy | quorum 1 | due 16\n\
                 2 | Security | group:security | quorum 2 | due 8",
            ),
            ("state", "active"),
        ],
        RecordKind::Calendar => &[
            ("code", "support"),
            ("name", "Support"),
            ("zone", "Europe/Berlin"),
            ("monday", "07:00-12:00 13:00-21:00"),
            ("tuesday", "07:00-24:00"),
            ("wednesday", ""),
            ("thursday", ""),
            ("friday", ""),
            ("saturday", ""),
            ("sunday", ""),
            ("holidays", "2026-12-25 Christmas Day\n2028-02-29 Leap day"),
        ],
        RecordKind::Group => &[("code", "security"), ("name", "Security"), ("description", "Decides last."), ("members", "E1\nE2")],
    };
    fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn body(kind: RecordKind, changes: &[(&str, &str)]) -> Body {
    let mut typed = sample(kind);
    for (name, text) in changes {
        typed.insert((*name).to_owned(), (*text).to_owned());
    }
    Body::parse(kind, &typed, false).unwrap_or_else(|errors| panic!("{kind}: {errors:?}"))
}

#[test]
fn what_weakens_a_record_or_names_who_decides_needs_a_second_person_and_nothing_else_does() {
    use RecordKind::*;
    let questions = "why | Which books | text | optional | least 5 | most 80\nday | From when | date | optional";
    for (kind, changes, expected) in [
        (Unit, &[("name", "General ledger")][..], &[][..]),
        (Unit, &[("calendar", "support")], &["calendar"]),
        (Unit, &[("state", "retired")], &[]),
        (Application, &[("name", "Books"), ("description", "All books.")], &[]),
        (Application, &[("owner", "E3")], &["owner"]),
        (Application, &[("owner", "")], &["owner"]),
        (Application, &[("deputy", "E3")], &["deputy"]),
        (Application, &[("deputy", "")], &["deputy"]),
        (Application, &[("classification", "internal")], &["classification"]),
        (Application, &[("classification", "restricted")], &[]),
        (Application, &[("logging", "missing")], &["logging"]),
        (Application, &[("logging", "covered")], &[]),
        (Application, &[("connection", "elsewhere")], &["connection"]),
        (Application, &[("connection", "")], &["connection"]),
        (Application, &[("state", "retired")], &[]),
        (Entitlement, &[("name", "Writer"), ("description", "Writes everything.")], &[]),
        (Entitlement, &[("tier", "standard")], &["tier"]),
        (
            Entitlement,
            &[("tier", "privileged"), ("tier_reason", "it pays out"), ("longest_days", "30")],
            &["tier", "tier_reason", "longest_days"],
        ),
        (Entitlement, &[("tier_reason", "it writes the books")], &[]),
        (Entitlement, &[("longest_days", "91")], &["longest_days"]),
        (Entitlement, &[("longest_days", "89")], &["longest_days"]),
        (Entitlement, &[("longest_days", "")], &["longest_days"]),
        (Entitlement, &[("review_every_days", "91")], &["review_every_days"]),
        (Entitlement, &[("requestable", "yes")], &["requestable"]),
        (Entitlement, &[("state", "retired")], &[]),
        (Entitlement, &[("audience_populations", "employee")], &[]),
        (Entitlement, &[("audience_populations", "employee contractor vendor")], &["audience_populations"]),
        (Entitlement, &[("audience_populations", "")], &["audience_populations"]),
        (Entitlement, &[("audience_units", "Ledger")], &[]),
        (Entitlement, &[("audience_units", "Ledger\nSales")], &["audience_units"]),
        (Entitlement, &[("audience_units", "")], &["audience_units"]),
        (Entitlement, &[("questions", questions)], &["questions"]),
        (Entitlement, &[("questions", "")], &["questions"]),
        (Entitlement, &[("questions", "why | Which books | text | required")], &["questions"]),
        (
            Entitlement,
            &[(
                "questions",
                "why | Which books | text | required | least 5 | most 80 | help The short name.\nday | From which day | date | required | help As agreed.\nn | How many | number | optional",
            )],
            &[],
        ),
        (
            Entitlement,
            &[(
                "questions",
                "why | Comment | text | required | least 5 | most 80 | help The short name.\nday | From when | date | optional",
            )],
            &["questions"],
        ),
        (
            Entitlement,
            &[("questions", "why | Which books | text | required | least 5 | most 80 | help Anything.\nday | From when | date | optional")],
            &["questions"],
        ),
        (Entitlement, &[("includes", "")], &["includes"]),
        (Entitlement, &[("includes", "ledger-read\nledger-pay")], &["includes"]),
        (Entitlement, &[("reference", "LEDGER_ADMINS")], &["reference"]),
        (Entitlement, &[("reference", "")], &["reference"]),
        (Entitlement, &[("name", "Ledger Admins")], &[]),
        (Conflict, &[("title", "Pay and release")], &["title"]),
        (Conflict, &[("description", "Four eyes.")], &["description"]),
        (Conflict, &[("severity", "low")], &["severity"]),
        (Conflict, &[("left", "pay\nbook")], &["left"]),
        (Conflict, &[("right", "approve")], &["right"]),
        (Conflict, &[("mitigation", "A weekly review.")], &["mitigation"]),
        (Conflict, &[("state", "retired")], &["state"]),
        (
            Conflict,
            &[("shape", "set"), ("left", ""), ("right", ""), ("members", "pay\napprove\nbook"), ("at_most", "2")],
            &["shape", "at_most", "left", "right", "members"],
        ),
        (Template, &[("name", "Rota"), ("items", "read"), ("days", "30"), ("state", "retired")], &[]),
        (Template, &[("audience_units", "")], &["audience_units"]),
        (Template, &[("audience_populations", "employee vendor")], &["audience_populations"]),
        (Specification, &[("required_attributes", "email unit")], &["required_attributes"]),
        (Specification, &[("required_attributes", "email unit ends_on manager")], &["required_attributes"]),
        (Specification, &[("highest_tier", "standard")], &["highest_tier"]),
        (Specification, &[("longest_days", "")], &["longest_days"]),
        (Specification, &[("mfa_from", "privileged")], &["mfa_from"]),
        (Specification, &[("highest_classification", "restricted")], &["highest_classification"]),
        (Specification, &[("applications", "")], &["applications"]),
        (
            Specification,
            &[("review_every_days", "30"), ("termination_within_hours", "24")],
            &["review_every_days", "termination_within_hours"],
        ),
        (Specification, &[("control_owner", "Security"), ("evidence_source", "A file")], &["control_owner", "evidence_source"]),
        (Plan, &[("name", "Above standard")], &["name"]),
        (Plan, &[("tier", "")], &["tier"]),
        (Plan, &[("population", "vendor"), ("application", "LEDGER")], &["population", "application"]),
        (Plan, &[("stages", "1 | Owner | application_owner | due 8")], &["stages"]),
        (Plan, &[("state", "retired")], &["state"]),
        (Calendar, &[("name", "Long week")], &[]),
        (Calendar, &[("zone", "")], &["zone"]),
        (Calendar, &[("sunday", "10:00-12:00")], &["sunday"]),
        (Calendar, &[("holidays", "")], &["holidays"]),
        (Group, &[("name", "Safety"), ("description", "")], &[]),
        (Group, &[("members", "E1")], &["members"]),
        (Group, &[("members", "E1\nE2\nE3")], &["members"]),
    ] {
        assert_eq!(needs_second(Some(&body(kind, &[])), &body(kind, changes)), expected, "{kind} {changes:?}");
    }
}

#[test]
fn a_question_that_takes_answers_it_did_not_take_before_needs_a_second_person() {
    for (before, after, weaker) in [
        // Words: without limits of its own a question takes 0 to 500 characters.
        ("text | optional | least 5 | most 80", "text | optional | least 5 | most 80", false),
        ("text | optional | least 5 | most 80", "text | required | least 6 | most 79", false),
        ("text | optional | least 5 | most 80", "text | optional | least 4 | most 80", true),
        ("text | optional | least 5 | most 80", "text | optional | most 80", true),
        ("text | optional | least 5 | most 80", "text | optional | least 5 | most 81", true),
        ("text | optional | least 5 | most 80", "text | optional | least 5", true),
        ("text | optional", "text | optional | most 500", false),
        ("text | optional", "text | optional | most 501", true),
        ("text | optional | most 600", "text | optional", false),
        ("number | optional | least -5 | most 10", "number | optional | least -6 | most 10", true),
        ("number | optional | least -5 | most 10", "number | optional | least -5", true),
        ("number | optional | least -5 | most 10", "number | optional | most 10", true),
        ("number | optional | least -5 | most 10", "number | optional | least 0 | most 9", false),
        ("number | optional", "number | optional | least 1 | most 3", false),
        ("date | optional | least 0 | most 30", "date | optional | least -1 | most 30", true),
        ("date | optional | least 0 | most 30", "date | optional | least 0 | most 31", true),
        ("date | optional | least 0 | most 30", "date | optional | least 1 | most 29", false),
        ("choice | optional | options Test; Production", "choice | optional | options Test; Production; Any", true),
        ("choice | optional | options Test; Production", "choice | optional | options Test; Anything", true),
        ("choice | optional | options Test; Stage; Production", "choice | required | options Production; Test", false),
    ] {
        let question = |rest: &str| body(RecordKind::Entitlement, &[("questions", &format!("what | Which one | {rest}"))]);
        let expected: &[&str] = if weaker { &["questions"] } else { &[] };
        assert_eq!(needs_second(Some(&question(before)), &question(after)), expected, "{before} to {after}");
    }
}

#[test]
fn a_reference_that_is_left_empty_is_the_name_of_that_moment_and_follows_no_other_name() {
    let first = body(RecordKind::Entitlement, &[("reference", "")]);
    assert_eq!(first.text()["reference"], "Ledger Writer");
    let mut renamed = first.text();
    renamed.insert("name".to_owned(), "LEDGER_ADMINS".to_owned());
    let renamed = Body::parse(RecordKind::Entitlement, &renamed, false).unwrap();
    assert_eq!(renamed.text()["reference"], "Ledger Writer");
    assert_eq!(needs_second(Some(&first), &renamed), Vec::<String>::new());
    let emptied = body(RecordKind::Entitlement, &[("name", "LEDGER_ADMINS"), ("reference", "")]);
    assert_eq!(needs_second(Some(&first), &emptied), ["reference"], "emptied, it becomes the new name");
}

#[test]
fn taking_back_what_was_retired_or_closed_needs_a_second_person() {
    for kind in [RecordKind::Unit, RecordKind::Application, RecordKind::Entitlement] {
        assert_eq!(needs_second(Some(&body(kind, &[("state", "retired")])), &body(kind, &[])), ["state"], "{kind}");
    }
    let open = body(RecordKind::Entitlement, &[("requestable", "yes")]);
    assert_eq!(needs_second(Some(&open), &body(RecordKind::Entitlement, &[])), Vec::<String>::new());
}

#[test]
fn a_new_record_needs_a_second_person_unless_it_opens_nothing() {
    for kind in RecordKind::ALL {
        let alone = matches!(kind, RecordKind::Unit | RecordKind::Template);
        assert_eq!(needs_second(None, &body(*kind, &[])).is_empty(), alone, "{kind}");
    }
    assert_eq!(needs_second(None, &body(RecordKind::Unit, &[("calendar", "support")])), ["calendar"]);
}

#[test]
fn whoever_a_change_makes_an_approver_is_named_and_who_was_one_is_not() {
    use RecordKind::{Application, Entitlement, Group};
    for (kind, changes, expected) in [
        (Application, &[("owner", "E3")][..], &["E3"][..]),
        (Application, &[("owner", "E2"), ("deputy", "E1")], &["E1", "E2"]),
        (Application, &[("deputy", "")], &[]),
        (Application, &[("name", "Books")], &[]),
        (Group, &[("members", "E2\nE4\nE5")], &["E4", "E5"]),
        (Entitlement, &[("tier", "standard")], &[]),
    ] {
        assert_eq!(newly_named(Some(&body(kind, &[])), &body(kind, changes)), expected, "{kind} {changes:?}");
    }
    assert_eq!(newly_named(None, &body(Group, &[])), ["E1", "E2"]);
}

#[test]
fn the_second_person_is_another_person_and_gains_nothing() {
    let account = |n: u8| IdentityId::new(Timestamp::UNIX_EPOCH, [n; 10]);
    let (proposer, second, third) = (account(1), account(2), account(3));
    for (own, named, expected) in [
        (vec![second], vec![], true),
        (vec![proposer], vec![], false),
        (vec![second, proposer], vec![], false),
        (vec![second], vec![second], false),
        (vec![second, third], vec![third], false),
        (vec![second], vec![third], true),
        (vec![], vec![], false),
    ] {
        assert_eq!(may_be_second(&own, Some(proposer), &named), expected, "{own:?} {named:?}");
    }
}
