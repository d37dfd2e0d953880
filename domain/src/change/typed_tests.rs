//! Typed text: that every record reads back from its own text, and what each field refuses.

use super::second_person_tests::sample;
use super::*;
use proptest::prelude::*;

fn refusals(kind: RecordKind, changes: &[(&str, &str)], new: bool) -> Vec<String> {
    let mut typed = sample(kind);
    for (name, text) in changes {
        typed.insert((*name).to_owned(), (*text).to_owned());
    }
    let errors = Body::parse(kind, &typed, new).err().unwrap_or_default();
    errors.into_iter().map(|error| format!("{}:{}", error.field, error.code)).collect()
}

#[test]
fn every_record_reads_back_from_its_own_text() {
    for kind in RecordKind::ALL {
        let typed = sample(*kind);
        let body = Body::parse(*kind, &typed, true).unwrap_or_else(|errors| panic!("{kind}: {errors:?}"));
        assert_eq!(body.text(), typed, "{kind}");
        let names: Vec<&str> = kind.fields().iter().map(|field| field.name).collect();
        assert_eq!(typed.len(), names.len(), "{kind} has each of its fields in its text: {names:?}");
        assert!(names.iter().all(|name| typed.contains_key(*name)), "{kind}: {names:?}");
    }
}

#[test]
fn each_field_refuses_what_it_cannot_take_and_says_where() {
    use RecordKind::*;
    let long = "x".repeat(5_000);
    for (kind, changes, expected) in [
        (Unit, &[("name", " ")][..], &["name:required"][..]),
        (Unit, &[("name", "Led\u{202E}ger")], &["name:forbidden_character"]),
        (Unit, &[("name", "Led\nger")], &["name:forbidden_character"]),
        (Unit, &[("calendar", "")], &["calendar:required"]),
        (Unit, &[("calendar", "No such thing")], &["calendar:not_a_code"]),
        (Unit, &[("state", "gone")], &["state:not_an_option"]),
        (Application, &[("deputy", "E1")], &["deputy:same_person"]),
        (Application, &[("classification", "secret")], &["classification:not_an_option"]),
        (Application, &[("classification", "")], &["classification:required"]),
        (Application, &[("logging", "all")], &["logging:not_an_option"]),
        (Application, &[("state", "gone")], &["state:not_an_option"]),
        (Application, &[("description", &long)], &["description:too_long"]),
        (Entitlement, &[("tier", "huge")], &["tier:not_an_option"]),
        (Entitlement, &[("tier_reason", "")], &["tier_reason:required"]),
        (Entitlement, &[("tier", "privileged")], &["longest_days:privileged_limit"]),
        (Entitlement, &[("tier", "privileged"), ("longest_days", "")], &["longest_days:privileged_limit"]),
        (Entitlement, &[("longest_days", "0")], &["longest_days:out_of_range"]),
        (Entitlement, &[("longest_days", "-5")], &["longest_days:not_a_number"]),
        (Entitlement, &[("longest_days", "ten")], &["longest_days:not_a_number"]),
        (Entitlement, &[("longest_days", "99999999999999999999")], &["longest_days:not_a_number"]),
        (Entitlement, &[("review_every_days", "")], &["review_every_days:required"]),
        (Entitlement, &[("review_every_days", "731")], &["review_every_days:out_of_range"]),
        (Entitlement, &[("requestable", "perhaps")], &["requestable:not_an_option"]),
        (Entitlement, &[("audience_populations", "employee robot")], &["audience_populations:not_an_option"]),
        (Entitlement, &[("audience_units", "Ledger\nAudit\nLedger")], &["audience_units:twice@3"]),
        (Entitlement, &[("includes", "ledger-write")], &["includes:cycle"]),
        (Entitlement, &[("questions", "only an id")], &["questions:not_a_question@1"]),
        (Entitlement, &[("questions", "a | A question | riddle | required")], &["questions:unknown_kind@1"]),
        (Entitlement, &[("questions", "a | A question | text | perhaps")], &["questions:not_a_question@1"]),
        (Entitlement, &[("questions", "1st | A question | text | required")], &["questions:id@1"]),
        (
            Entitlement,
            &[("questions", "a | Which | text | required\nb | Where | choice | required | options One")],
            &["questions:options@2"],
        ),
        (Entitlement, &[("questions", "a | Which | text | required\na | Where | text | required")], &["questions:twice"]),
        (
            Entitlement,
            &[("questions", "a | Which one | text | required\n\nb | When | date | required\nc | which  One | text | required")],
            &["questions:same_words@4"],
        ),
        (Entitlement, &[("questions", "a | Which | number | required | least 9 | most 3")], &["questions:range@1"]),
        (Entitlement, &[("questions", "a | Which | number | required | least few")], &["questions:not_a_number@1"]),
        (Entitlement, &[("name", "Ledger Wr\u{456}ter")], &["name:mixed_scripts"]),
        (Entitlement, &[("name", "\u{421}\u{415}\u{41e}")], &["name:lookalike"]),
        (Entitlement, &[("questions", "a | Which b\u{43e}oks | text | required")], &["questions:mixed_scripts@1"]),
        (
            Entitlement,
            &[("questions", "a | Which | text | required\nb | Where | choice | required | options Test; T\u{435}st")],
            &["questions:mixed_scripts@2"],
        ),
        (Conflict, &[("severity", "awful")], &["severity:not_an_option"]),
        (Conflict, &[("left", "")], &["left:required"]),
        (Conflict, &[("right", "approve\npay")], &["right:on_both_sides@2"]),
        (Conflict, &[("members", "book")], &["members:not_of_this_shape"]),
        (Conflict, &[("shape", "set"), ("left", ""), ("right", ""), ("members", "pay")], &["members:too_few"]),
        (Conflict, &[("shape", "set"), ("members", "pay\nbook")], &["left:not_of_this_shape", "right:not_of_this_shape"]),
        (Conflict, &[("at_most", "0")], &["at_most:out_of_range"]),
        (Template, &[("items", "")], &["items:required"]),
        (Template, &[("reason_code", "fun")], &["reason_code:not_an_option"]),
        (Template, &[("days", "0")], &["days:out_of_range"]),
        (Specification, &[("required_attributes", "email shoe_size")], &["required_attributes:not_an_option"]),
        (Specification, &[("highest_tier", "")], &["highest_tier:required"]),
        (Specification, &[("termination_within_hours", "721")], &["termination_within_hours:out_of_range"]),
        (Specification, &[("control_owner", "")], &["control_owner:required"]),
        (Plan, &[("stages", "")], &["stages:required"]),
        (Plan, &[("stages", "1 | Anybody | everybody | due 8")], &["stages:unknown_source@1"]),
        (Plan, &[("stages", "1 | Nobody |  | due 8")], &["stages:sources@1", "stages:unreachable@1"]),
        (Plan, &[("stages", "1 | Manager | line_manager | quorum 2 | due 8")], &["stages:unreachable@1"]),
        (Plan, &[("stages", "1 | Manager | line_manager | quorum 0 | due 8")], &["stages:quorum@1"]),
        (Plan, &[("stages", "1 | Manager | line_manager")], &["stages:due@1"]),
        (Plan, &[("stages", "1 | Manager | line_manager | due soon")], &["stages:not_a_number@1"]),
        (Plan, &[("stages", "1 | Manager | line_manager | due 8 | remind 8")], &["stages:remind@1"]),
        (Plan, &[("stages", "2 | Manager | line_manager | due 8")], &["stages:step"]),
        (Plan, &[("stages", "1 | A | line_manager | due 8\n3 | B | application_owner | due 8")], &["stages:step"]),
        (Plan, &[("stages", "1 | Manager")], &["stages:not_a_stage@1"]),
        (Plan, &[("stages", "1 | Manager | line_manager | skip")], &["stages:not_a_stage@1"]),
        (Plan, &[("stages", "1 | Manager | line_manager | due 8 | escalate 24")], &["stages:escalate@1"]),
        (Plan, &[("stages", "1 | Manager | line_manager | due 8 | escalate to managers_manager")], &["stages:escalate@1"]),
        (Plan, &[("stages", "1 | Manager | line_manager | due 8 | escalate 24 to")], &["stages:not_a_number@1"]),
        (Plan, &[("stages", "1 | Manager | line_manager | due 8 | escalate")], &["stages:not_a_number@1"]),
        (Plan, &[("stages", "1 | M\u{430}nager | line_manager | due 8")], &["stages:mixed_scripts@1"]),
        (Plan, &[("stages", "1 | \u{421}\u{415}\u{41e} | line_manager | due 8")], &["stages:lookalike@1"]),
        (Plan, &[("tier", "huge")], &["tier:not_an_option"]),
        (Calendar, &[("monday", ""), ("tuesday", "")], &["monday:no_working_time"]),
        (Calendar, &[("monday", "17:00-09:00")], &["monday:ends_before_start"]),
        (Calendar, &[("tuesday", "9-17")], &["tuesday:not_a_time"]),
        (Calendar, &[("wednesday", "09:00-12:00 11:00-17:00")], &["wednesday:overlap"]),
        (Calendar, &[("thursday", "all day")], &["thursday:not_a_time", "thursday:not_a_time"]),
        (Calendar, &[("holidays", "2026-12-25 Christmas Day\n2027-02-29 Leap day")], &["holidays:not_a_date@2"]),
        (Calendar, &[("holidays", "25.12.2026 Christmas Day")], &["holidays:not_a_date@1"]),
        (Calendar, &[("holidays", "2026-12-25")], &["holidays:name@1"]),
        (Calendar, &[("holidays", "2026-12-25 Christmas\n2026-12-25 Again")], &["holidays:twice@2"]),
        (Calendar, &[("holidays", "2026-12-25 Christm\u{430}s Day")], &["holidays:mixed_scripts@1"]),
        (Calendar, &[("holidays", "0001-01-01 New Year")], &["holidays:holiday_year@1"]),
        (Calendar, &[("holidays", "1999-12-31 The last\n2000-01-01 New Year")], &["holidays:holiday_year@1"]),
        (Calendar, &[("holidays", "2100-12-31 New Year's Eve\n2101-01-01 New Year")], &["holidays:holiday_year@2"]),
        (Calendar, &[("holidays", "9999-12-31 New Year's Eve")], &["holidays:holiday_year@1"]),
        (Group, &[("name", "Secur\u{456}ty")], &["name:mixed_scripts"]),
        (Group, &[("members", "E1\nE1")], &["members:twice@2"]),
        (Group, &[("code", "Se curity")], &["code:not_a_code"]),
    ] {
        let mut found = refusals(kind, changes, false);
        found.dedup();
        let expected: Vec<&str> = {
            let mut expected = expected.to_vec();
            expected.dedup();
            expected
        };
        assert_eq!(found, expected, "{kind} {changes:?}");
    }
}

#[test]
fn the_identifier_of_a_new_record_is_plain_and_an_imported_one_stays_as_it_is() {
    for (kind, field) in [(RecordKind::Application, "code"), (RecordKind::Entitlement, "source_id"), (RecordKind::Conflict, "code")] {
        assert_eq!(refusals(kind, &[(field, "with a space")], true), [format!("{field}:not_a_code")], "{kind}");
        assert_eq!(refusals(kind, &[(field, "with a space")], false), Vec::<String>::new(), "{kind}");
    }
}

#[test]
fn differences_are_said_in_words_with_names_beside_numbers() {
    let (before, mut after) = (sample(RecordKind::Application), sample(RecordKind::Application));
    after.insert("owner".to_owned(), "E3".to_owned());
    after.insert("classification".to_owned(), "internal".to_owned());
    after.insert("description".to_owned(), String::new());
    let person = |number: &str| format!("Person {number}");
    let found = differences(RecordKind::Application, Some(&before), &after, &["owner".to_owned(), "classification".to_owned()], &person);
    let said: Vec<_> = found.iter().map(|d| (d.label, d.before.as_str(), d.after.as_str(), d.needs_second)).collect();
    assert_eq!(
        said,
        [
            ("Description", "Books.", "none", false),
            ("Owner", "Person E1", "Person E3", true),
            ("Classification", "Confidential", "Internal", true),
        ]
    );
    assert_eq!(differences(RecordKind::Application, None, &after, &[], &person).len(), 8, "of a new record everything that is not empty");
}

#[test]
fn what_is_left_empty_is_said_as_what_it_means() {
    let said = |kind: RecordKind, name: &str| {
        let field = kind.fields().iter().find(|field| field.name == name).unwrap_or_else(|| panic!("no {name}"));
        say(field, "", &|number| number.to_owned())
    };
    for (kind, field, words) in [
        (RecordKind::Entitlement, "audience_populations", "everyone"),
        (RecordKind::Entitlement, "audience_units", "everyone"),
        (RecordKind::Entitlement, "longest_days", "no limit"),
        (RecordKind::Entitlement, "includes", "none"),
        (RecordKind::Template, "audience_populations", "everyone"),
        (RecordKind::Template, "audience_units", "everyone"),
        (RecordKind::Specification, "applications", "all"),
        (RecordKind::Specification, "longest_days", "no limit"),
        (RecordKind::Plan, "tier", "Any"),
        (RecordKind::Plan, "application", "any"),
        (RecordKind::Application, "deputy", "none"),
        (RecordKind::Application, "connection", "by hand"),
        (RecordKind::Entitlement, "reference", "its name"),
        (RecordKind::Calendar, "zone", "the zone of the installation"),
        (RecordKind::Calendar, "sunday", "none"),
    ] {
        assert_eq!(said(kind, field), words, "{kind} {field}");
    }
}

#[test]
fn a_quorum_above_the_members_of_its_groups_is_out_of_reach() {
    let Ok(Body::Plan(plan)) = Body::parse(RecordKind::Plan, &sample(RecordKind::Plan), false) else { panic!("the sample is a plan") };
    assert_eq!(plan.beyond_reach(|_| 2), Vec::<usize>::new());
    assert_eq!(plan.beyond_reach(|_| 1), [3]);
    assert_eq!(Body::Plan(plan).references().groups, [("stages", 3, "security".to_owned())]);
}

proptest! {
    #[test]
    fn nothing_typed_makes_a_record_panic_and_what_is_accepted_reads_back(kind in 0..RecordKind::ALL.len(), field in 0usize..14, typed in "\\PC{0,80}") {
        let kind = RecordKind::ALL[kind];
        let mut fields = sample(kind);
        let name = kind.fields()[field % kind.fields().len()].name;
        fields.insert(name.to_owned(), typed);
        if let Ok(body) = Body::parse(kind, &fields, true) {
            let text = body.text();
            prop_assert_eq!(Body::parse(kind, &text, true), Ok(body));
        }
    }
}
