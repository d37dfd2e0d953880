//! What a policy set is refused for when it is loaded, and with which words.

use super::{Files, load, shipped, shipped_files};
use server::policy::PolicySet;
use std::path::Path;

/// The shipped files with one text replaced in one of them.
fn changed(file: &str, from: &str, to: &str) -> Files {
    let mut files = shipped_files();
    let text = files.get(file).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
    assert!(text.contains(from), "{file} does not contain {from}");
    files.insert(file.to_owned(), text.replacen(from, to, 1).into_bytes());
    files
}

fn refusal(files: &Files) -> String {
    match load(files) {
        Ok(_) => panic!("the set was accepted"),
        Err(message) => message,
    }
}

#[test]
fn what_cedar_finds_wrong_is_refused_with_file_line_and_policy() {
    for (file, from, to, expected) in [
        // A misspelt attribute.
        ("CS-SPN-02.cedar", "!resource.owned", "!resource.owmed", vec!["CS-SPN-02.cedar:12 (CS-SPN-02)", "owmed"]),
        // An optional fact without a guard.
        (
            "CS-PRIV-01.cedar",
            "context has duration_days && context.duration_days > 30",
            "context.duration_days > 30",
            vec!["(CS-PRIV-01.1)", "duration_days", "optional"],
        ),
        // A word that is not in its list.
        ("CS-LOG-01.cedar", "Tier::\"privileged\"", "Tier::\"priviledged\"", vec!["(CS-LOG-01)", "priviledged"]),
        // A warning: the condition can never be true.
        ("CS-SPN-02.cedar", "!resource.owned", "!resource.owned && false", vec!["(CS-SPN-02)", "impossible"]),
        // A comparison of different kinds of things.
        ("CS-TIER-01.cedar", "resource.tier_rank >", "resource.tier >", vec!["(CS-TIER-01)"]),
        // Not Cedar at all.
        ("CS-SPN-02.cedar", "forbid (", "forbid [", vec!["CS-SPN-02.cedar:11"]),
        ("schema.cedarschema", "entity Identity {", "entity Identity [", vec!["schema.cedarschema:"]),
        // An attribute that the schema does not give.
        ("schema.cedarschema", "  owned: Bool,\n", "", vec!["(CS-SPN-02)", "owned"]),
    ] {
        let message = refusal(&changed(file, from, to));
        for part in expected {
            assert!(message.contains(part), "{from} -> {to}: expected {part} in: {message}");
        }
    }
}

#[test]
fn what_a_control_has_to_say_about_itself_is_checked() {
    for (file, from, to, expected) in [
        ("CS-SPN-02.cedar", "@owner(\"Application owners\")\n", "", "CS-SPN-02.cedar:1 (CS-SPN-02): the annotation @owner is missing"),
        ("CS-SPN-02.cedar", "@owner(", "@ower(", "the annotation @ower does not belong here"),
        ("CS-SPN-02.cedar", "@saw_unmet(", "@field(\"enddate\") @saw_unmet(", "“enddate” is not a field"),
        ("CS-SPN-02.cedar", "\"mandatory\"", "\"obligatory\"", "\"obligatory\" is not a control kind"),
        ("CS-SPN-02.cedar", "@waivable(\"yes\")", "@waivable(\"maybe\")", "neither yes nor no"),
        ("CS-SPN-02.cedar", "NIST-CSF-2.0:PR.AA-05", "NIST-CSF-2.0:PR.AC-4", "in CSF 2.0 it is PR.AA-05"),
        ("CS-SPN-02.cedar", "NIST-CSF-2.0:PR.AA-05", "NIST:PR.AA-05", "is not framework:requirement"),
        ("CS-EXP-01.cedar", "{when_it_ends}", "{when_it_endss}", "{when_it_endss} is not a placeholder"),
        ("CS-EXP-01.cedar", "@suggest(\"{latest_end}\")", "@suggest(\"by {latest_end}\")", "one placeholder and nothing else"),
        ("CS-SPN-02.cedar", "@id(\"CS-SPN-02\")", "@id(\"CS-SPN-01\")", "there is another policy with this id in CS-SPN-01.cedar"),
        ("CS-SPN-02.cedar", "@id(\"CS-SPN-02\")\n", "", "has a policy without @id"),
        ("CS-EXP-01.cedar", "@id(\"CS-EXP-01.2\")", "@id(\"CS-EXP-1.2\")", "does not belong in this file"),
        ("CS-SPN-02.cedar", "forbid (principal,", "permit (principal,", "must begin forbid (principal"),
        ("CS-SPN-02.cedar", "resource)", "resource is Entitlement)", "must begin forbid (principal"),
        (
            "CS-LOG-01.cedar",
            "permit (principal, action == Action::\"applies\"",
            "permit (principal, action == Action::\"release\"",
            "must begin permit (principal",
        ),
    ] {
        let message = refusal(&changed(file, from, to));
        assert!(message.contains(expected), "{from} -> {to}: expected {expected} in: {message}");
    }
}

#[test]
fn cases_that_do_not_hold_or_do_not_cover_are_refused() {
    for (file, from, to, expected) in [
        // The policy changed and its cases notice.
        (
            "CS-PRIV-01.cedar",
            "context.duration_days > 30",
            "context.duration_days > 31",
            "(Thirty-one days are not): expected fail, got pass",
        ),
        (
            "CS-PRIV-01.cases.json",
            "20 days; at most 30 days are allowed.",
            "20 days.",
            "expected the reason “Privileged access ends after 20 days.”, got “",
        ),
        ("CS-PRIV-01.cases.json", "\"suggestion\": \"2026-12-23\"", "\"suggestion\": \"2026-12-24\"", "expected the suggestion"),
        ("CS-SPN-02.cases.json", "\"kind\": \"fail\"", "\"kind\": \"edge\"", "lacks a fail case"),
        ("CS-SPN-02.cases.json", "\"kind\": \"edge\"", "\"kind\": \"pass\"", "call it an edge case"),
        ("CS-SPN-02.cases.json", "\"owned\"", "\"ownd\"", "“entitlement.ownd” is not a fact"),
        ("CS-SPN-02.cases.json", "\"control\": \"CS-SPN-02\"", "\"control\": \"CS-SPN-01\"", "says that it is for CS-SPN-01"),
        ("CS-SPN-02.cases.json", "\"expect\"", "\"expected\"", "unknown field `expected`"),
        // A control that says it can be waived and cannot, and the other way round.
        ("CS-SPN-02.cedar", "\nunless { context.waived.contains(\"CS-SPN-02\") }", "", "got fail: see @waivable"),
        ("CS-SPN-02.cedar", "contains(\"CS-SPN-02\")", "contains(\"CS-SPN-01\")", "with an exception for this control"),
        (
            "CS-SRC-02.cedar",
            "when { !principal.active }",
            "when { !principal.active } unless { context.waived.contains(\"CS-SRC-02\") }",
            "got waived",
        ),
        // A sentence with a fact that is not there.
        (
            "CS-SRC-01.cedar",
            "@saw(\"All required details are on record.\")",
            "@saw(\"Until {subject_ends_on}.\")",
            "shows a fact that has no value",
        ),
        (
            "CS-EXP-02.cases.json",
            "\"kind\": \"edge\",\n      \"facts\": {\"subject\": {\"ends_on\": \"2026-11-22\"}},\n      \"expect\": \"fail\",\n      \"reason\": \"Starts on 23 Nov 2026; Ada Okafor stays only until 22 Nov 2026.\"",
            "\"kind\": \"edge\",\n      \"facts\": {},\n      \"expect\": \"not_applicable\"",
            "(CS-EXP-02.3): no case shows this rule unmet",
        ),
        (
            "CS-LOG-02.cases.json",
            "\"facts\": {\"entitlement\": {\"logging\": \"missing\"}},\n      \"expect\": \"not_applicable\",\n      \"reason\": \"The access is of tier standard, not elevated.\"",
            "\"facts\": {\"entitlement\": {\"tier\": \"elevated\"}},\n      \"expect\": \"pass\"",
            "no case shows where the control does not apply",
        ),
    ] {
        let message = refusal(&changed(file, from, to));
        assert!(message.contains(expected), "{from} -> {to}: expected {expected} in: {message}");
    }
    let mut files = shipped_files();
    files.remove("CS-SPN-02.cases.json");
    assert!(refusal(&files).contains("CS-SPN-02.cases.json: is missing"));
    let mut files = shipped_files();
    files.remove("CS-SPN-02.cedar");
    assert!(refusal(&files).contains("has cases for a control that does not exist"));
}

#[test]
fn files_that_an_editor_would_not_show_as_they_are_are_refused() {
    let policy = |change: fn(&mut Vec<u8>)| {
        let mut files = shipped_files();
        if let Some(bytes) = files.get_mut("CS-SPN-02.cedar") {
            change(bytes);
        }
        refusal(&files)
    };
    assert!(policy(|bytes| bytes.splice(0..0, *b"\xEF\xBB\xBF").for_each(drop)).contains("byte order mark"));
    assert!(policy(|bytes| bytes.extend(b"\r\n")).contains("carriage returns"));
    assert!(policy(|bytes| bytes.push(0xFF)).contains("not UTF-8"));
    assert!(policy(|bytes| bytes.clear()).contains("has no policy in it"));
    let mut files = shipped_files();
    files.insert("CS-NEW-01.cedra".into(), b"forbid".to_vec());
    assert!(refusal(&files).contains("CS-NEW-01.cedra: does not belong in a policy set"));
    let mut files = shipped_files();
    files.remove("schema.cedarschema");
    assert!(refusal(&files).contains("schema.cedarschema: is missing"));
    assert!(refusal(&Files::new()).contains("there is not one control in it"));
}

#[test]
fn an_empty_or_absent_directory_is_refused_and_every_problem_is_listed() {
    let empty = Path::new(env!("CARGO_TARGET_TMPDIR")).join("empty-policies");
    std::fs::create_dir_all(&empty).unwrap();
    assert!(PolicySet::load(&empty).unwrap_err().to_string().contains("holds no policy set"));
    assert!(PolicySet::load(&empty.join("nowhere")).unwrap_err().to_string().contains("cannot be read"));

    let mut files = changed("CS-SPN-02.cedar", "!resource.owned", "!resource.owmed");
    let other = changed("CS-SRC-02.cedar", "!principal.active", "!principal.activ");
    files.extend(other.into_iter().filter(|(name, _)| name == "CS-SRC-02.cedar"));
    let message = refusal(&files);
    assert!(message.contains("2 problems") && message.contains("owmed") && message.contains("activ"), "{message}");
}

#[test]
fn a_change_to_any_file_that_decides_changes_the_hash_and_a_new_case_does_not() {
    let before = shipped();
    for (name, bytes) in shipped_files() {
        let decides = name.ends_with(".cedar") || name.ends_with(".cedarschema");
        let mut files = shipped_files();
        files.insert(name.clone(), [bytes.as_slice(), b"\n"].concat());
        let after = load(&files).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(after.hash() != before.hash(), decides, "{name}");
    }
}
