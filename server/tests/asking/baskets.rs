//! Baskets: all or nothing, each item a request of its own, with its questions and what may change
//! between draft and submission.

use super::desk::{Desk, refusal};
use crate::support::*;
use serde_json::json;

#[sqlx::test(migrations = "../migrations")]
async fn a_basket_makes_a_request_for_each_item_and_they_know_of_each_other(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    s.add(s.ana, s.read).await;
    let draft = s.add(s.ana, s.write).await;
    let made = s.submit(s.ana, &draft, &[]).await;
    assert_eq!(made.len(), 2);
    let (first, second) = (s.show(s.ana, &made[0]).await, s.show(s.ana, &made[1]).await);
    assert_eq!((first["items"][0]["name"].as_str(), second["items"][0]["name"].as_str()), (Some("Ledger Reader"), Some("Ledger Writer")));
    assert_eq!(first["together"][0]["id"], json!(made[1]));
    assert_eq!(second["together"][0]["id"], json!(made[0]));
    // Each has a plan of its own.
    assert_eq!((first["stages"].as_array().unwrap().len(), second["stages"].as_array().unwrap().len()), (1, 2));
    let mut browser = s.browser(s.ana).await;
    browser.open(&format!("/requests/{}", made[0])).await;
    assert!(browser.says("Asked for together with") && browser.says("Ledger Writer"));
}

#[sqlx::test(migrations = "../migrations")]
async fn one_item_that_is_refused_refuses_the_whole_basket(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    s.add(s.ana, s.read).await;
    let draft = s.add(s.ana, s.root).await;
    let reply = s.send(s.ana, "drafts/submit", &draft, &[("ends_on", "2027-02-20")]).await;
    assert_eq!((reply.status, refusal(&reply)), (422, json!(["ends_on:CS-PRIV-01"])));
    assert_eq!(s.records().await, 0);
    assert_eq!(s.app.count("select count(*) from gate_evaluation where phase = 'submission' and request_id is null").await, 2);
    assert_eq!(s.app.count("select count(*) from audit_event where kind = 'request.refused'").await, 1);
    assert_eq!(s.app.count("select count(*) from draft").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn items_of_one_basket_count_for_each_other_in_separation_of_duties(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    s.app.conflict("Read and write", s.read, s.write).await;
    s.add(s.ana, s.read).await;
    let draft = s.add(s.ana, s.write).await;
    let reply = s.send(s.ana, "drafts/submit", &draft, &[]).await;
    assert_eq!(refusal(&reply), json!(["items.0.entitlement:CS-SOD-01", "items.1.entitlement:CS-SOD-01"]));
    assert_eq!(s.records().await, 0);
    let reply = s.send(s.ana, "drafts/remove_item", &draft, &[("remove", "1")]).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(s.submit(s.ana, &draft, &[]).await.len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn questions_are_answered_by_their_kind_and_the_answers_stand_on_the_request(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    s.questions(
        s.read,
        json!([
            { "id": "region", "label": "Which region?", "kind": "choice", "required": true, "options": ["North", "South"] },
            { "id": "seats", "label": "How many seats?", "kind": "number", "required": true, "least": 1, "most": 5 },
            { "id": "deputy", "label": "Who stands in?", "kind": "person", "required": false },
            { "id": "since", "label": "Since when is it open?", "kind": "date", "least": -30, "most": 0 },
            { "id": "note", "label": "Anything else?", "kind": "text", "most": 10 },
        ]),
    )
    .await;
    let draft = s.add(s.ana, s.read).await;
    let wrong = [
        ("items[0][answers][region]", "East"),
        ("items[0][answers][seats]", "six"),
        ("items[0][answers][deputy]", "nobody@example.org"),
        ("items[0][answers][since]", "2026-11-23"),
        ("items[0][answers][note]", "More than ten characters"),
    ];
    let reply = s.send(s.ana, "drafts/submit", &draft, &wrong).await;
    assert_eq!(
        refusal(&reply),
        json!([
            "items.0.answers.region:not_an_option",
            "items.0.answers.seats:not_a_number",
            "items.0.answers.deputy:nobody",
            "items.0.answers.since:out_of_range",
            "items.0.answers.note:too_long",
        ])
    );
    assert_eq!(s.records().await, 0);
    let mut browser = s.browser(s.ana).await;
    browser.open(&format!("/request/{draft}")).await;
    assert!(browser.error("items.0.answers.seats").contains("Enter a whole number in digits."));
    assert!(browser.says("A whole number from 1 to 5.") && browser.says("At most 10 characters."));
    let form = browser.form("/api/drafts/save", "justification");
    assert_eq!(form.value("items[0][answers][note]"), "More than ten characters");
    let form = form
        .fill("items[0][answers][region]", "South")
        .fill("items[0][answers][seats]", "3")
        .fill("items[0][answers][deputy]", "Ben@Example.org")
        .fill("items[0][answers][since]", "")
        .fill("items[0][answers][note]", "");
    browser.press("/api/drafts/submit", &form).await;
    assert!(browser.path.ends_with("?submitted"), "{} {}", browser.path, browser.page);
    assert!(browser.says("Which region?") && browser.says("South") && browser.says("Ben Example"));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_changed_between_draft_and_submission_is_said_at_the_item_and_changes_nothing(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    for (code, change, codes, sentence) in [
        (
            "A",
            "update entitlement set state = 'retired', requestable = false where application_id = $1",
            json!(["items.0.entitlement:retired"]),
            "This has been retired",
        ),
        ("B", "update application set state = 'retired' where id = $1", json!(["items.0.entitlement:retired"]), "This has been retired"),
        (
            "C",
            "update entitlement set tier = 'elevated' where application_id = $1",
            json!(["items.0.accepts:retiered"]),
            "changed from standard to elevated",
        ),
        (
            "D",
            "update application set owner_id = deputy_id, deputy_id = null where id = $1",
            json!(["items.0.accepts:reowned"]),
            "Dan Example answers for it now",
        ),
    ] {
        let application = s.app.application(code, s.olga, Some(s.dan)).await;
        let what = s.app.entitlement(application, code, "standard").await;
        let draft = s.add(s.ana, what).await;
        sqlx::query(change).bind(application.0).execute(&s.app.owner).await.unwrap();
        let reply = s.send(s.ana, "drafts/submit", &draft, &[]).await;
        assert_eq!((reply.status, refusal(&reply)), (422, codes), "{change}");
        assert_eq!(s.records().await, 0, "{change}");
        let problems = s.problems(s.ana, &draft).await;
        assert!(problems.iter().any(|(_, words)| words.contains(sentence)), "{change}: {problems:?}");
        // What was typed is there.
        assert_eq!(s.open(s.ana, &draft).await["form"]["justification"], super::desk::WHY);
        s.call(s.ana, "drafts/discard", &[("draft", &draft)]).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_change_that_was_read_can_be_asked_for_and_a_later_one_has_to_be_read_again(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let draft = s.add(s.ana, s.read).await;
    sqlx::query("update entitlement set tier = 'elevated' where id = $1").bind(s.read.0).execute(&s.app.owner).await.unwrap();
    let read = s.open(s.ana, &draft).await["items"][0]["changed"][1].as_str().unwrap().to_owned();
    sqlx::query("update application set owner_id = deputy_id, deputy_id = null").execute(&s.app.owner).await.unwrap();
    let reply = s.send(s.ana, "drafts/submit", &draft, &[("items[0][accepts]", &read)]).await;
    assert_eq!(refusal(&reply), json!(["items.0.accepts:retiered"]));
    let mut browser = s.browser(s.ana).await;
    browser.open(&format!("/request/{draft}")).await;
    let now = s.open(s.ana, &draft).await["items"][0]["changed"][1].as_str().unwrap().to_owned();
    assert!(browser.says("I have read what changed"));
    assert_eq!(s.submit(s.ana, &draft, &[("items[0][accepts]", &now)]).await.len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_basket_holds_twenty_five_items_and_says_when_it_is_full(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    for n in 0..25 {
        let what = s.app.entitlement(s.ledger, &format!("Ledger part {n}"), "standard").await;
        s.add(s.ana, what).await;
    }
    let reply = s.call(s.ana, "drafts/add", &[("entitlement", &s.read.to_string())]).await;
    assert_eq!((reply.status, refusal(&reply)), (422, json!(["items:too_many"])));
    let draft = s.newest_draft(s.ana).await;
    assert_eq!(s.open(s.ana, &draft).await["items"].as_array().unwrap().len(), 25);
    assert_eq!(s.submit(s.ana, &draft, &[]).await.len(), 25);
}

#[sqlx::test(migrations = "../migrations")]
async fn without_javascript_a_full_basket_with_long_answers_in_japanese_is_kept_and_asked_for(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let s = Desk::set(pool, connect).await;
    let (why, answer) = ("\u{7533}".repeat(2_000), "\u{8ACB}".repeat(2_000));
    let questions = json!([
        { "id": "what", "label": "What is it for?", "kind": "text", "required": true, "most": 2_000 },
        { "id": "until", "label": "Until when is it needed?", "kind": "text", "required": true, "most": 2_000 },
    ]);
    for n in 0..25 {
        let what = s.app.entitlement(s.ledger, &format!("Ledger part {n}"), "standard").await;
        s.questions(what, questions.clone()).await;
        s.add(s.ana, what).await;
    }
    let draft = s.newest_draft(s.ana).await;
    let mut browser = s.browser(s.ana).await;
    browser.open(&format!("/request/{draft}")).await;
    let names: Vec<String> =
        (0..25).flat_map(|place| ["what", "until"].map(|question| format!("items[{place}][answers][{question}]"))).collect();
    let form = browser.form("/api/drafts/save", "justification");
    let form = form.fill("reason_code", "incident").fill("justification", &why).fill("ends_on", "2026-12-21");
    let form = names.iter().fold(form, |form, name| form.fill(name, &answer));
    browser.send(&form).await;
    assert_eq!((browser.status, browser.path.as_str()), (200, format!("/request/{draft}").as_str()));
    let kept = browser.form("/api/drafts/save", "justification");
    assert_eq!(kept.value("justification"), why);
    for name in &names {
        assert_eq!(kept.value(name), answer, "{name}");
    }
    browser.press("/api/drafts/submit", &kept).await;
    assert_eq!(s.app.count("select count(*) from request").await, 25, "{}", browser.text());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_later_start_than_approval_waits_and_is_shown(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let draft = s.add(s.ana, s.read).await;
    let request = s.submit(s.ana, &draft, &[("starts_on", "2026-12-01")]).await.remove(0);
    s.approve(s.mona, &request).await;
    let mut browser = s.browser(s.ana).await;
    browser.open(&format!("/requests/{request}")).await;
    assert!(browser.says("carries it out, not before 1 Dec 2026"), "{}", browser.text());
}

#[sqlx::test(migrations = "../migrations")]
async fn without_javascript_what_changed_in_between_stands_at_the_item_beside_what_was_typed(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let s = Desk::set(pool, connect).await;
    for (change, undo, sentence) in [
        ("update entitlement set state = 'retired'", "update entitlement set state = 'active'", "This has been retired"),
        (
            "update entitlement set tier = 'elevated' where tier = 'standard'",
            "update entitlement set tier = 'standard' where name = 'Ledger Reader'",
            "changed from standard to elevated",
        ),
        (
            "update application set owner_id = deputy_id, deputy_id = owner_id",
            "update application set owner_id = deputy_id, deputy_id = owner_id",
            "Dan Example answers for it now",
        ),
        (
            "update identity set state = 'suspended', state_reason = 'for the test' where given_name = 'Ana'",
            "update identity set state = 'active', state_reason = null where given_name = 'Ana'",
            "active",
        ),
    ] {
        let draft = s.add_with(s.mona, s.read, &[("subject", &s.ana.to_string())]).await;
        let mut browser = s.browser(s.mona).await;
        browser.open(&format!("/request/{draft}")).await;
        let form = browser
            .form("/api/drafts/save", "justification")
            .fill("reason_code", "incident")
            .fill("justification", super::desk::WHY)
            .fill("ends_on", "2026-12-21");
        sqlx::query(change).execute(&s.app.owner).await.unwrap();
        browser.press("/api/drafts/submit", &form).await;
        assert!(browser.path.starts_with(&format!("/request/{draft}")), "{change}: {}", browser.path);
        assert!(browser.says("The request was not submitted") && browser.says(sentence), "{change}: {}", browser.text());
        let again = browser.form("/api/drafts/save", "justification");
        assert_eq!((again.value("justification"), again.value("ends_on")), (super::desk::WHY, "2026-12-21"), "{change}");
        assert_eq!(s.records().await, 0, "{change}");
        sqlx::query(undo).execute(&s.app.owner).await.unwrap();
        s.call(s.mona, "drafts/discard", &[("draft", &draft)]).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_draft_that_no_limits_allow_is_refused_and_stays_as_it_was(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let draft = s.add(s.ana, s.read).await;
    s.send(s.ana, "drafts/save", &draft, &[]).await;
    let reply = s.send(s.ana, "drafts/save", &draft, &[("justification", &"a".repeat(513 * 1024))]).await;
    assert_eq!((reply.status, refusal(&reply)), (413, json!("too_large")));
    assert_eq!(s.open(s.ana, &draft).await["form"]["justification"], super::desk::WHY);
}
