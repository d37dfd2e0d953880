//! One draft in two tabs: nothing is overwritten, nothing typed is lost, and what differs is said.

use super::desk::{Desk, WHY, refusal};
use crate::support::*;
use serde_json::{Value, json};

#[sqlx::test(migrations = "../migrations")]
async fn saving_over_another_tab_overwrites_nothing_and_shows_both(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let draft = s.add(s.ana, s.read).await;
    let old = s.version(&draft).await;
    s.send(s.ana, "drafts/save", &draft, &[("justification", "As typed in the first tab.")]).await;
    let reply = s.send(s.ana, "drafts/save", &draft, &[("version", &old), ("justification", "As typed in the second tab.")]).await;
    assert_eq!((reply.status, refusal(&reply)), (409, json!("changed")));
    let view = s.open(s.ana, &draft).await;
    assert_eq!(view["form"]["justification"], "As typed in the first tab.");
    assert_eq!(
        view["aside"],
        json!([{ "field": "Why is it needed", "before": "As typed in the first tab.", "after": "As typed in the second tab." }])
    );
    // Submitting from the older tab is refused as well, and asks for nothing.
    assert_eq!(s.send(s.ana, "drafts/submit", &draft, &[("version", &old)]).await.status, 409);
    assert_eq!(s.app.count("select count(*) from request").await, 0);

    let mut browser = s.browser(s.ana).await;
    browser.open(&format!("/request/{draft}")).await;
    assert!(browser.says("Changed in another tab") && browser.says("As typed in the first tab."));
    let take = browser.form("/api/drafts/settle", "Take what was typed here");
    browser.send(&take).await;
    let view = s.open(s.ana, &draft).await;
    assert_eq!((view["form"]["justification"].as_str(), view["aside"].as_array().unwrap().len()), (Some(WHY), 0));
}

/// Why, as the newer tab says it.
const NEWER: &str = "As typed in the newer tab.";

/// What was typed in the older tab: the field of the form and its value, and the line that says it.
struct Typed<'a> {
    who: IdentityId,
    what: EntitlementId,
    field: &'a str,
    value: String,
    line: [&'a str; 3],
}

#[sqlx::test(migrations = "../migrations")]
async fn every_field_that_differs_between_two_tabs_is_named_with_both_values_in_words(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let (_, grant) = s.held().await;
    s.questions(s.write, json!([{ "id": "region", "label": "Which region?", "kind": "text" }])).await;
    let cases = [
        Typed {
            who: s.mona,
            what: s.write,
            field: "subject",
            value: s.ben.to_string(),
            line: ["For whom", "Mona Example (yourself)", "Ben Example"],
        },
        Typed {
            who: s.ana,
            what: s.read,
            field: "items[0][kind]",
            value: format!("extend:{grant}"),
            line: ["How", "New access", "A later end of what is held"],
        },
        Typed {
            who: s.ana,
            what: s.write,
            field: "items[0][kind]",
            value: format!("change:{grant}"),
            line: ["How", "New access", "In place of Ledger Reader"],
        },
        Typed {
            who: s.ana,
            what: s.write,
            field: "items[0][answers][region]",
            value: "North".into(),
            line: ["Which region?", "", "North"],
        },
        Typed { who: s.ana, what: s.write, field: "reason_code", value: "audit".into(), line: ["Reason", "Incident", "Audit or review"] },
        Typed {
            who: s.ana,
            what: s.write,
            field: "justification",
            value: "As typed in the older tab.".into(),
            line: ["Why is it needed", "As typed in the newer tab.", "As typed in the older tab."],
        },
        Typed { who: s.ana, what: s.write, field: "starts_on", value: "2026-12-01".into(), line: ["From", "2026-11-22", "2026-12-01"] },
        Typed { who: s.ana, what: s.write, field: "ends_on", value: "2026-12-10".into(), line: ["Until", "2026-12-21", "2026-12-10"] },
    ];
    for Typed { who, what, field, value, line } in cases {
        let expected = json!([{ "field": line[0], "before": line[1], "after": line[2] }]);
        // As a script sends it.
        let draft = s.add(who, what).await;
        let old = s.version(&draft).await;
        s.send(who, "drafts/save", &draft, &[("justification", NEWER)]).await;
        let reply = s.send(who, "drafts/save", &draft, &[("justification", NEWER), ("version", &old), (field, &value)]).await;
        assert_eq!((reply.status, refusal(&reply)), (409, json!("changed")), "{field}");
        assert_eq!(s.open(who, &draft).await["aside"], expected, "{field}");
        s.call(who, "drafts/discard", &[("draft", &draft)]).await;

        // And in a browser without any.
        let draft = s.add(who, what).await;
        s.send(who, "drafts/save", &draft, &[]).await;
        let mut browser = s.browser(who).await;
        browser.open(&format!("/request/{draft}")).await;
        let typed = browser.form("/api/drafts/save", "justification").fill("justification", NEWER).fill(field, &value);
        s.send(who, "drafts/save", &draft, &[("justification", NEWER)]).await;
        browser.send(&typed).await;
        assert!(browser.says("Changed in another tab. Nothing was overwritten."), "{field}: {}", browser.page);
        assert_eq!(s.open(who, &draft).await["aside"], expected, "{field}");
        for words in line.into_iter().filter(|words| !words.is_empty()) {
            assert!(browser.says(words), "{field}: {words} in {}", browser.page);
        }
        let take = browser.form("/api/drafts/settle", "Take what was typed here");
        browser.send(&take).await;
        assert_eq!(browser.form("/api/drafts/save", "justification").value(field), value, "{field}");
        assert!(!browser.says("Changed in another tab"), "{field}: {}", browser.page);
        s.call(who, "drafts/discard", &[("draft", &draft)]).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_older_tab_that_says_the_same_is_told_so_and_nothing_lies_beside_the_draft(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let draft = s.add(s.ana, s.read).await;
    let mut browser = s.browser(s.ana).await;
    browser.open(&format!("/request/{draft}")).await;
    let older = browser
        .form("/api/drafts/save", "justification")
        .fill("reason_code", "incident")
        .fill("justification", WHY)
        .fill("ends_on", "2026-12-21");
    s.send(s.ana, "drafts/save", &draft, &[]).await;
    browser.press("/api/drafts/submit", &older).await;
    assert!(browser.says("This draft was saved elsewhere meanwhile. Nothing was submitted or overwritten."), "{}", browser.page);
    assert!(browser.says("What you typed says the same as what was saved there."), "{}", browser.page);
    assert!(!browser.has_form("/api/drafts/settle", "Take"));
    assert_eq!(s.app.count("select count(*) from request").await, 0);
    assert_eq!(s.app.count("select count(*) from draft where jsonb_typeof(body -> 'aside') = 'object'").await, 0);
    // The page that says it is the newest: it can be submitted.
    let newest = browser.form("/api/drafts/save", "justification");
    browser.press("/api/drafts/submit", &newest).await;
    assert!(browser.path.ends_with("?submitted"), "{} {}", browser.path, browser.page);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_an_older_tab_kept_beside_the_draft_goes_once_it_says_the_same(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let draft = s.add(s.ana, s.read).await;
    let old = s.version(&draft).await;
    s.send(s.ana, "drafts/save", &draft, &[("justification", NEWER)]).await;
    let reply = s.send(s.ana, "drafts/save", &draft, &[("version", &old)]).await;
    assert_eq!((reply.status, refusal(&reply)), (409, json!("changed")));
    assert_eq!(s.open(s.ana, &draft).await["aside"].as_array().unwrap().len(), 1);
    let reply = s.send(s.ana, "drafts/save", &draft, &[("version", &old), ("justification", NEWER)]).await;
    assert_eq!((reply.status, refusal(&reply)), (409, json!("saved_already")));
    let view = s.open(s.ana, &draft).await;
    assert_eq!((view["form"]["justification"].as_str(), view["aside"].as_array().unwrap().len()), (Some(NEWER), 0));
}

/// What is said where nothing was done, and nothing lies beside the draft.
const NOT_DONE: &str = "It was changed elsewhere; what you pressed was not done.";
/// What is said where what was sent is there already.
const SAME: &str = "What you typed says the same as what was saved there.";

#[sqlx::test(migrations = "../migrations")]
async fn taking_what_another_tab_let_go_is_not_said_to_be_there(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let draft = s.add(s.ana, s.read).await;
    let old = s.version(&draft).await;
    s.send(s.ana, "drafts/save", &draft, &[("justification", NEWER)]).await;
    s.send(s.ana, "drafts/save", &draft, &[("version", &old)]).await;
    // Both tabs show both versions; the one keeps what was saved.
    let (mut one, mut other) = (s.browser(s.ana).await, s.browser(s.ana).await);
    for tab in [&mut one, &mut other] {
        tab.open(&format!("/request/{draft}")).await;
    }
    let keep = one.form("/api/drafts/settle", "Keep what was saved there");
    one.send(&keep).await;
    let take = other.form("/api/drafts/settle", "Take what was typed here");
    other.send(&take).await;
    assert!(other.says(NOT_DONE) && !other.says(SAME), "{}", other.page);
    assert_eq!(s.open(s.ana, &draft).await["form"]["justification"], NEWER);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_pressed_in_an_older_tab_is_said_not_to_be_done(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let (_, grant) = s.held().await;
    let extend = format!("items.0.kind extend:{grant}");
    let subject = format!("subject {}", s.ana);
    // What is pressed in the older tab, whose form says what is saved; and whether that is all there.
    for (endpoint, name, value, there) in [
        ("/api/drafts/save", "cure", subject.as_str(), false),
        ("/api/drafts/save", "cure", "ends_on 2026-12-01", false),
        ("/api/drafts/save", "cure", extend.as_str(), false),
        ("/api/drafts/remove_item", "remove", "0", false),
        ("/api/drafts/save", "at", "", true),
        ("/api/drafts/submit", "at", "", true),
    ] {
        let draft = s.add(s.ana, s.read).await;
        s.send(s.ana, "drafts/save", &draft, &[]).await;
        let mut browser = s.browser(s.ana).await;
        browser.open(&format!("/request/{draft}")).await;
        let older = browser.form("/api/drafts/save", "justification");
        s.send(s.ana, "drafts/save", &draft, &[("justification", NEWER)]).await;
        s.send(s.ana, "drafts/save", &draft, &[]).await;
        let before = s.open(s.ana, &draft).await["form"].clone();
        let older = older.with(name, value);
        if endpoint == "/api/drafts/save" {
            browser.send(&older).await;
        } else {
            browser.press(endpoint, &older).await;
        }
        assert_eq!((browser.says(SAME), browser.says(NOT_DONE)), (there, !there), "{endpoint} {value}: {}", browser.page);
        let view = s.open(s.ana, &draft).await;
        assert_eq!((&view["form"], &view["aside"]), (&before, &json!([])), "{endpoint} {value}");
        s.call(s.ana, "drafts/discard", &[("draft", &draft)]).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_next_revision_that_says_what_another_one_said_meanwhile_is_not_said_to_be_submitted(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let s = Desk::set(pool, connect).await;
    let draft = s.add_with(s.mona, s.read, &[("subject", &s.ana.to_string())]).await;
    let request = s.submit(s.mona, &draft, &[]).await.remove(0);
    s.call(s.ana, "drafts/edit", &[("request", &request)]).await;
    s.call(s.mona, "drafts/edit", &[("request", &request)]).await;
    let (of_ana, of_mona) = (s.newest_draft(s.ana).await, s.newest_draft(s.mona).await);
    let mut browser = s.browser(s.mona).await;
    browser.open(&format!("/request/{of_mona}")).await;
    let typed = browser.form("/api/drafts/save", "justification").fill("justification", NEWER);
    s.submit(s.ana, &of_ana, &[("justification", NEWER)]).await;
    browser.press("/api/drafts/submit", &typed).await;
    assert!(browser.says(NOT_DONE) && !browser.says(SAME), "{}", browser.page);
    let view = s.open(s.mona, &of_mona).await;
    assert_eq!((view["form"]["justification"].as_str(), &view["aside"]), (Some(NEWER), &json!([])));
    assert_eq!(s.show(s.ana, &request).await["revision"], 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_typed_for_an_item_that_another_tab_removed_goes_to_no_other_item(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    for what in [s.read, s.write] {
        s.questions(what, json!([{ "id": "region", "label": "Which region?", "kind": "text" }])).await;
    }
    s.add(s.ana, s.read).await;
    let draft = s.add(s.ana, s.write).await;
    let mut browser = s.browser(s.ana).await;
    browser.open(&format!("/request/{draft}")).await;
    let older = browser.form("/api/drafts/save", "justification");
    let removed = s.send(s.ana, "drafts/remove_item", &draft, &[("remove", "0"), ("justification", "")]).await;
    assert_eq!(removed.status, 200, "{}", removed.text());
    // The first of the two is gone; the older tab still shows both.
    let answer = |place: usize| format!("items[{place}][answers][region]");
    browser.send(&older.fill(&answer(0), "North").fill(&answer(1), "South").fill("ends_on", "2026-12-21")).await;
    let view = s.open(s.ana, &draft).await;
    let lines = |name: &str| view[name].as_array().unwrap().iter().map(|line| line["after"].clone()).collect::<Vec<Value>>();
    assert!(lines("aside").contains(&json!("South")) && !lines("aside").contains(&json!("North")), "{view}");
    assert_eq!(
        view["gone"],
        json!([{ "field": "Which region? (Ledger Reader)", "before": "Not in the draft any more", "after": "North" }])
    );
    assert!(browser.says("What was typed for something that is not in the draft any more goes into neither version."), "{}", browser.page);
    assert!(browser.says("It is gone once you press a button here"), "{}", browser.page);
    let take = browser.form("/api/drafts/settle", "Take what was typed here");
    browser.send(&take).await;
    let form = s.open(s.ana, &draft).await["form"].clone();
    let items = form["items"].as_array().unwrap();
    assert_eq!((items.len(), items[0]["entitlement"].as_str()), (1, Some(s.write.to_string().as_str())));
    assert_eq!(items[0]["answers"], json!({ "region": "South" }), "{form}");
}
