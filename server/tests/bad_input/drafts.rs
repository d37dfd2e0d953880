//! The request form: a draft keeps whatever is typed, right or wrong, and what cannot be asked for
//! is said at its field, stays as typed, and asks for nothing.

use super::cases::{Case, dangerous, first_day, justification, last_day, no_dates, with};
use crate::desk::{Desk, WHY, refusal};
use crate::support::*;
use serde_json::json;

/// What a form sends when all of it is right.
fn right(subject: &str) -> Vec<(&'static str, String)> {
    [
        ("subject", subject),
        ("reason_code", "incident"),
        ("justification", WHY),
        ("starts_on", "2026-11-23"),
        ("ends_on", "2026-12-21"),
        ("items[0][kind]", "grant"),
        ("items[0][answers][region]", "South"),
        ("items[0][answers][seats]", "3"),
        ("items[0][answers][deputy]", "ben@example.org"),
        ("items[0][answers][since]", "2026-11-20"),
        ("items[0][answers][note]", "The north."),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec()
}

/// Fields as the form sends them, with the names that their problems have.
fn table() -> Vec<(&'static str, &'static str, Vec<Case>)> {
    let nobody = "extend:01930000-0000-7000-8000-00000000dead";
    let choice = with(
        dangerous("North"),
        &[("", "required"), ("East", "not_an_option"), ("north", "not_an_option"), ("N\u{43E}rth", "not_an_option")],
    );
    let mut number = dangerous("3");
    number.push(("1".repeat(201), "too_long"));
    let number = with(
        number,
        &[
            ("", "required"),
            ("3.5", "not_a_number"),
            ("1e3", "not_a_number"),
            ("+3", "not_a_number"),
            ("\u{663}", "not_a_number"),
            ("99999999999999999999", "not_a_number"),
            ("0", "out_of_range"),
            ("6", "out_of_range"),
            ("-1", "out_of_range"),
        ],
    );
    let mut person = dangerous("ben@example.org");
    person.push((format!("{}@example.org", "b".repeat(300)), "too_long"));
    let person = with(
        person,
        &[("", "required"), ("nobody@example.org", "nobody"), ("Ben", "nobody"), ("%", "nobody"), ("b\u{435}n@example.org", "nobody")],
    );
    let mut day: Vec<Case> = no_dates().into_iter().filter(|(typed, _)| !typed.contains('\u{202E}')).collect();
    day.push(("2026-11-23\u{202E}".to_owned(), "forbidden_character"));
    let day = with(
        day,
        &[
            ("", "required"),
            ("0001-01-01", "out_of_range"),
            ("9999-12-31", "out_of_range"),
            ("2024-02-29", "out_of_range"),
            ("2026-10-22", "out_of_range"),
            ("2026-11-23", "out_of_range"),
        ],
    );
    let mut note = dangerous("a");
    note.push(("ü".repeat(11), "too_long"));
    let note = with(note, &[("", "required"), (" \r\n ", "required"), ("ab", "too_short")]);
    vec![
        ("justification", "justification", justification()),
        ("starts_on", "starts_on", first_day()),
        ("ends_on", "ends_on", last_day()),
        ("reason_code", "reason_code", with(vec![], &[("", "required"), ("because", "required"), ("incident\u{0}", "required")])),
        ("subject", "subject", with(vec![], &[("somebody", "not_yours"), ("\u{0}", "not_yours"), ("\u{202E}", "not_yours")])),
        (
            "items[0][kind]",
            "items.0.kind",
            with(vec![], &[("grab", "required"), ("extend:", "required"), ("change:\u{0}", "required"), (nobody, "not_held")]),
        ),
        ("items[0][answers][region]", "items.0.answers.region", choice),
        ("items[0][answers][seats]", "items.0.answers.seats", number),
        ("items[0][answers][deputy]", "items.0.answers.deputy", person),
        ("items[0][answers][since]", "items.0.answers.since", day),
        ("items[0][answers][note]", "items.0.answers.note", note),
    ]
}

/// A desk at which the reader asks a question of every kind, and Ana's draft for it.
async fn desk(pool: PgPoolOptions, connect: PgConnectOptions) -> (Desk, String) {
    let s = Desk::set(pool, connect).await;
    s.questions(
        s.read,
        json!([
            { "id": "region", "label": "Which region?", "kind": "choice", "required": true, "options": ["North", "South"] },
            { "id": "seats", "label": "How many seats?", "kind": "number", "required": true, "least": 1, "most": 5 },
            { "id": "deputy", "label": "Who stands in?", "kind": "person", "required": true },
            { "id": "since", "label": "Since when is it open?", "kind": "date", "required": true, "least": -30, "most": 0 },
            { "id": "note", "label": "Anything else?", "kind": "text", "required": true, "least": 3, "most": 10 },
        ]),
    )
    .await;
    let draft = s.add(s.ana, s.read).await;
    (s, draft)
}

/// The value of a field in the form of an opened draft.
fn value<'a>(view: &'a serde_json::Value, name: &str) -> &'a str {
    let form = &view["form"];
    let found = match name.strip_prefix("items[0]") {
        None => &form[name],
        Some("[kind]") => &form["items"][0]["kind"],
        Some(answer) => &form["items"][0]["answers"][answer.trim_start_matches("[answers][").trim_end_matches(']')],
    };
    found.as_str().unwrap_or_default()
}

/// What is kept of a text: the database takes every character but one, for which stands one that is
/// refused as well.
fn kept(typed: &str) -> String {
    typed.replace('\u{0}', "\u{FFFF}")
}

#[sqlx::test(migrations = "../migrations")]
async fn every_field_of_the_request_form_is_refused_at_the_field_and_stays_as_typed(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (s, draft) = desk(pool, connect).await;
    let right = right(&s.ana.to_string());
    let before = rows(&s.app).await;
    let mut wrong = vec![];
    for (name, field, cases) in table() {
        for (typed, code) in cases {
            let what = format!("{name} {typed:.40?}");
            let fields: Vec<(&str, &str)> =
                right.iter().map(|(field, value)| (*field, if *field == name { typed.as_str() } else { value.as_str() })).collect();
            let reply = s.send(s.ana, "drafts/submit", &draft, &fields).await;
            let said = if reply.status == 422 { refusal(&reply) } else { json!(reply.text()) };
            if !said.as_array().is_some_and(|said| said.contains(&json!(format!("{field}:{code}")))) {
                wrong.push(format!("{what}: {} {said} instead of {code}", reply.status));
            }
            let view = s.open(s.ana, &draft).await;
            // Nothing sent is nothing typed over the subject and the way that the draft has.
            if !typed.is_empty() && value(&view, name) != kept(&typed) {
                wrong.push(format!("{what}: {:?} is kept", value(&view, name)));
            }
            let sentence = view["problems"].as_array().unwrap().iter().find(|pair| pair[0] == field).and_then(|pair| pair[1].as_str());
            if sentence.is_none_or(str::is_empty) {
                wrong.push(format!("{what}: nothing is said at the field: {}", view["problems"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let mut after = rows(&s.app).await;
    // Looking at a draft runs its gates, and every run is kept.
    after.insert("gate_evaluation".to_owned(), before["gate_evaluation"]);
    assert_eq!(after, before);
    let fields: Vec<(&str, &str)> = right.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(s.submit(s.ana, &draft, &fields).await.len(), 1, "what was right all the time is asked for");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_draft_keeps_whatever_is_typed_and_asks_for_nothing(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (s, draft) = desk(pool, connect).await;
    let right = right(&s.ana.to_string());
    for (name, _, cases) in table() {
        for (typed, _) in cases.into_iter().filter(|(typed, _)| !typed.is_empty()) {
            let fields: Vec<(&str, &str)> =
                right.iter().map(|(field, value)| (*field, if *field == name { typed.as_str() } else { value.as_str() })).collect();
            let reply = s.send(s.ana, "drafts/save", &draft, &fields).await;
            assert_eq!(reply.status, 200, "{name} {typed:.40?}: {}", reply.text());
            assert_eq!(value(&s.open(s.ana, &draft).await, name), kept(&typed), "{name} {typed:.40?}");
        }
    }
    // What nobody can type into the form, somebody can send.
    for (name, value) in
        [("items[0][answers][\u{0}]", "x"), ("items[0][accepts]", "\u{0}"), ("cure", "justification \u{0}"), ("cure", "\u{0}")]
    {
        let reply = s.send(s.ana, "drafts/save", &draft, &[(name, value)]).await;
        assert_eq!(reply.status, 200, "{name:?} {value:?}: {}", reply.text());
    }
    assert_eq!(s.records().await, 0);
    assert_eq!(s.app.count("select count(*) from draft").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn without_javascript_the_form_comes_back_with_all_of_it_and_a_sentence_at_each_field(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let (s, draft) = desk(pool, connect).await;
    let mut browser = s.browser(s.ana).await;
    browser.open(&format!("/request/{draft}")).await;
    // One of everything that can be wrong at once.
    let typed = [
        ("reason_code", "reason_code", "", "Choose a reason"),
        ("justification", "justification", "Needed \u{202E} for <b> & \u{7} more than that.", "cannot be used here"),
        ("starts_on", "starts_on", "2027-02-29", "This is not a date"),
        ("ends_on", "ends_on", "31.12.2026", "This is not a date"),
        ("items[0][answers][seats]", "items.0.answers.seats", "\u{663}", "whole number in digits"),
        ("items[0][answers][deputy]", "items.0.answers.deputy", "b\u{435}n@example.org", "Nobody who works here"),
        ("items[0][answers][since]", "items.0.answers.since", "0001-01-01", "Choose a day from"),
        ("items[0][answers][note]", "items.0.answers.note", "More than ten \"characters\"", "at most 10 fit"),
    ];
    let form = typed.iter().fold(browser.form("/api/drafts/save", "justification"), |form, (name, _, value, _)| form.fill(name, value));
    browser.press("/api/drafts/submit", &form).await;
    assert!(browser.path.starts_with(&format!("/request/{draft}")), "{}", browser.path);
    let again = browser.form("/api/drafts/save", "justification");
    for (name, field, value, sentence) in typed {
        assert_eq!(again.value(name), value, "{name}");
        assert!(browser.error(field).contains(sentence), "{name}: {}", browser.error(field));
    }
    assert!(browser.error("items.0.answers.region").contains("has to be answered"), "{}", browser.page);
    assert_eq!(s.records().await, 0);
}
