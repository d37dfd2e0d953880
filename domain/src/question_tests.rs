use super::*;
use jiff::civil::date;
use proptest::prelude::*;

fn question(kind: QuestionKind) -> Question {
    Question {
        id: "region".into(),
        label: "Which region?".into(),
        kind,
        required: true,
        options: vec!["North".into(), "South".into()],
        most: None,
        least: None,
        help: String::new(),
    }
}

fn parsed(question: &Question, typed: &str) -> Result<Option<String>, String> {
    let somebody = IdentityId(uuid::Uuid::from_u128(7));
    question
        .parse("q", typed, date(2026, 11, 22), |text| (text == "mona@example.org").then_some(somebody))
        .map(|answer| answer.map(|answer| answer.value))
        .map_err(|error| error.code)
}

#[test]
fn each_kind_of_question_takes_its_own_kind_of_answer_and_refuses_the_rest() {
    let limited = |kind, least, most| Question { least: Some(least), most: Some(most), ..question(kind) };
    for (question, typed, expected) in [
        (question(QuestionKind::Text), "  the\r\nledger ", Ok("the\nledger")),
        (question(QuestionKind::Text), "", Err("required")),
        (question(QuestionKind::Text), "a\u{202E}b", Err("forbidden_character")),
        (limited(QuestionKind::Text, 5, 10), "four", Err("too_short")),
        (limited(QuestionKind::Text, 5, 10), "more than ten", Err("too_long")),
        (question(QuestionKind::Choice), "North", Ok("North")),
        (question(QuestionKind::Choice), "north", Err("not_an_option")),
        (question(QuestionKind::Number), "007", Ok("7")),
        (question(QuestionKind::Number), "-3", Ok("-3")),
        (question(QuestionKind::Number), "+3", Err("not_a_number")),
        (question(QuestionKind::Number), "3.5", Err("not_a_number")),
        (question(QuestionKind::Number), "99999999999999999999", Err("not_a_number")),
        (limited(QuestionKind::Number, 1, 10), "0", Err("out_of_range")),
        (limited(QuestionKind::Number, 1, 10), "10", Ok("10")),
        (question(QuestionKind::Date), "2028-02-29", Ok("2028-02-29")),
        (question(QuestionKind::Date), "2027-02-29", Err("not_a_date")),
        (question(QuestionKind::Date), "0001-01-01", Err("out_of_range")),
        (question(QuestionKind::Date), "9999-12-31", Err("out_of_range")),
        (limited(QuestionKind::Date, 0, 30), "2026-11-21", Err("out_of_range")),
        (limited(QuestionKind::Date, 0, 30), "2026-12-22", Ok("2026-12-22")),
        (question(QuestionKind::Person), "mona@example.org", Ok("00000000-0000-0000-0000-000000000007")),
        (question(QuestionKind::Person), "nobody@example.org", Err("nobody")),
    ] {
        let expected = expected.map(|value| Some(value.to_owned())).map_err(str::to_owned);
        assert_eq!(parsed(&question, typed), expected, "{:?} {typed:?}", question.kind);
    }
}

#[test]
fn a_question_that_may_be_left_out_has_no_answer_when_it_is() {
    for kind in QuestionKind::ALL {
        assert_eq!(parsed(&Question { required: false, ..question(*kind) }, "  "), Ok(None));
    }
}

#[test]
fn limits_are_said_at_the_field() {
    let today = date(2026, 11, 22);
    let limited = |kind| Question { least: Some(1), most: Some(10), help: "Count them.".into(), ..question(kind) };
    for (kind, words) in [
        (QuestionKind::Text, "Count them. 1 to 10 characters."),
        (QuestionKind::Choice, "Count them."),
        (QuestionKind::Number, "Count them. A whole number from 1 to 10."),
        (QuestionKind::Date, "Count them. A day from 2026-11-23 to 2026-12-02."),
        (
            QuestionKind::Person,
            "Count them. The work e-mail, the number or the full name of somebody who works here, at most 200 characters.",
        ),
    ] {
        assert_eq!(limited(kind).hint(today), words);
    }
}

#[test]
fn questions_that_cannot_be_asked_are_refused_with_what_is_wrong() {
    let codes =
        |questions: &[Question]| check("questions", questions).err().unwrap_or_default().into_iter().map(|e| e.code).collect::<Vec<_>>();
    let good = question(QuestionKind::Choice);
    assert_eq!(codes(std::slice::from_ref(&good)), Vec::<String>::new());
    assert_eq!(codes(&[good.clone(), Question { label: "Which branch?".into(), ..good.clone() }]), ["twice"]);
    assert_eq!(codes(&[Question { id: "1st".into(), ..good.clone() }]), ["id"]);
    assert_eq!(codes(&[Question { label: " ".into(), ..good.clone() }]), ["label"]);
    assert_eq!(codes(&[Question { options: vec!["one".into()], ..good.clone() }]), ["options"]);
    assert_eq!(codes(&[Question { options: vec!["one".into(), "two  two".into()], ..good.clone() }]), ["options"]);
    assert_eq!(codes(&[Question { label: "Which r\u{435}gion?".into(), ..good.clone() }]), ["mixed_scripts"]);
    let options = ["T\u{435}st", "\u{421}\u{415}\u{41e}", "\u{428}\u{43a}\u{43e}\u{43b}\u{430}"].map(str::to_owned).into();
    assert_eq!(codes(&[Question { options, ..good.clone() }]), ["mixed_scripts", "lookalike"]);
    assert_eq!(codes(&[Question { least: Some(3), most: Some(2), ..good.clone() }]), ["range"]);
    assert_eq!(codes(&[Question { most: Some(5_000), ..question(QuestionKind::Text) }]), ["range"]);
    let many: Vec<_> = (0..13).map(|n| Question { id: format!("q{n}"), label: format!("Question {n}?"), ..good.clone() }).collect();
    assert_eq!(codes(&many), ["too_many"]);
}

#[test]
fn two_questions_of_one_entitlement_do_not_have_the_same_words() {
    let refused = |label: &str| {
        let questions =
            [question(QuestionKind::Text), Question { id: "other".into(), label: label.into(), ..question(QuestionKind::Text) }];
        let errors = check("questions", &questions).err().unwrap_or_default();
        errors.into_iter().map(|error| (error.field, error.code, error.message)).collect::<Vec<_>>()
    };
    let expected = [("questions".to_owned(), "same_words".to_owned(), "Question 2 has the words of an earlier one.".to_owned())];
    for label in ["Which region?", "which Region?", " Which  region? "] {
        assert_eq!(refused(label), expected, "{label:?}");
    }
    assert!(refused("Which region of it?").is_empty());
}

proptest! {
    #[test]
    fn nothing_typed_makes_a_question_panic(typed in ".{0,60}", least in any::<Option<i64>>(), most in any::<Option<i64>>(), kind in 0..QuestionKind::ALL.len()) {
        let question = Question { least, most, ..question(QuestionKind::ALL[kind]) };
        let _ = parsed(&question, &typed);
        let _ = question.hint(date(2026, 11, 22));
    }
}
