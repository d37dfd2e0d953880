use super::*;
use crate::change::Typed;

fn typed(pairs: &[(&str, &str)]) -> Typed {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn manual(pairs: &[(&str, &str)]) -> Result<ManualSettings, Vec<String>> {
    let typed = typed(pairs);
    let mut form = Form::new(&typed, fields(ConnectorKind::Manual), true);
    let settings = read_manual(&mut form);
    form.finish(settings).map_err(|errors| errors.into_iter().map(|error| format!("{}:{}", error.field, error.code)).collect())
}

#[test]
fn work_by_hand_is_read_line_by_line() {
    let read = manual(&[
        ("instructions", "Use the console."),
        ("checklist", "Ask the owner\n\n  Add to the group  "),
        ("evidence", "file text"),
        ("due_hours", "16"),
        ("second_look", "privileged"),
    ]);
    let expected = ManualSettings {
        instructions: "Use the console.".to_owned(),
        checklist: vec!["Ask the owner".to_owned(), "Add to the group".to_owned()],
        evidence: vec![EvidenceKind::Text, EvidenceKind::File],
        due_hours: 16,
        second_look: vec![RiskTier::Privileged],
    };
    assert_eq!(read, Ok(expected));
}

#[test]
fn what_cannot_be_done_by_hand_is_refused_at_its_field() {
    let many = "a line\n".repeat(MOST_CHECKS + 1);
    let long = format!("short\n{}", "x".repeat(LONGEST_CHECK + 1));
    for (name, text, expected) in [
        ("due_hours", "0", "due_hours:out_of_range"),
        ("due_hours", "", "due_hours:required"),
        ("evidence", "oath", "evidence:not_an_option"),
        ("second_look", "all", "second_look:not_an_option"),
        ("checklist", many.as_str(), "checklist:too_many"),
        ("checklist", long.as_str(), "checklist:too_long@2"),
    ] {
        let pairs = if name == "due_hours" { vec![(name, text)] } else { vec![("due_hours", "8"), (name, text)] };
        assert_eq!(manual(&pairs), Err(vec![expected.to_owned()]), "{name} {text:.20}");
    }
}

#[test]
fn a_code_is_short_and_plain() {
    for (text, well) in
        [("ledger-scim", true), ("4you", true), ("Ledger", false), ("-a", false), ("a_b", false), ("a b", false), ("", false)]
    {
        let typed = typed(&[("code", text)]);
        let mut form = Form::new(&typed, COMMON, true);
        let code = read_code(&mut form);
        assert_eq!(form.finish(code).is_ok(), well, "{text:?}");
    }
}

#[test]
fn a_secret_is_one_line_and_no_refusal_repeats_it() {
    assert_eq!(read_secret("  token-8412 "), Ok(Some("token-8412")));
    assert_eq!(read_secret("   "), Ok(None));
    for bad in ["token\n8412", "token\u{0}8412", &"8412".repeat(1_001)] {
        let refused = read_secret(bad).unwrap_err();
        assert!(!refused.message.contains("8412"), "{refused:?}");
    }
}

#[test]
fn every_choice_is_offered_under_another_word() {
    for kind in ConnectorKind::ALL {
        for field in fields(*kind) {
            let mut words: Vec<String> = field.options().into_iter().map(|(word, _)| word).collect();
            let count = words.len();
            words.sort_unstable();
            words.dedup();
            assert_eq!(words.len(), count, "{kind} {}", field.name);
        }
    }
}
