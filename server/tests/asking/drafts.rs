//! Drafts keep what was typed, right or wrong, and belong to their owner alone.

use super::desk::{Desk, WHY, refusal};
use crate::support::*;
use serde_json::json;

#[sqlx::test(migrations = "../migrations")]
async fn a_draft_survives_reload_and_sign_out_with_everything_that_was_typed(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let draft = s.add(s.ana, s.read).await;
    let typed = "R&D <b> \u{202E}x";
    assert_eq!(
        s.send(s.ana, "drafts/save", &draft, &[("justification", typed), ("ends_on", "2027-02-29"), ("reason_code", "")]).await.status,
        200
    );
    // Every call is a session of its own.
    let view = s.open(s.ana, &draft).await;
    assert_eq!((view["form"]["justification"].as_str(), view["form"]["ends_on"].as_str()), (Some(typed), Some("2027-02-29")));
    let wrong: Vec<String> = s.problems(s.ana, &draft).await.into_iter().map(|(field, _)| field).collect();
    // Nobody chose a reason yet, and nobody was refused, so that is not called wrong.
    assert_eq!(wrong, ["justification", "ends_on"]);
    let mut browser = s.browser(s.ana).await;
    browser.open("/request").await;
    assert_eq!(browser.form("/api/drafts/save", "justification").value("ends_on"), "2027-02-29");
    assert!(browser.error("ends_on").contains("This is not a date"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_draft_is_its_owners_alone(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let draft = s.add(s.ana, s.read).await;
    for who in [s.mona, s.stan, s.olga] {
        assert_eq!(s.call(who, "drafts/open", &[("draft", &draft)]).await.status, 404);
        for endpoint in ["drafts/save", "drafts/submit", "drafts/discard", "drafts/remove_item", "drafts/settle"] {
            let reply = s.send(who, endpoint, &draft, &[("remove", "0"), ("take", "true")]).await;
            assert_eq!((reply.status, refusal(&reply)), (404, json!("not_found")), "{endpoint}");
        }
        let mut browser = s.browser(who).await;
        browser.open(&format!("/request/{draft}")).await;
        assert_eq!(browser.status, 404);
    }
    assert_eq!(s.version(&draft).await, "1");
    assert_eq!(s.app.count("select count(*) from request").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_back_button_after_submitting_asks_for_nothing_twice(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let draft = s.add(s.ana, s.read).await;
    let version = s.version(&draft).await;
    let mut browser = s.browser(s.ana).await;
    browser.open(&format!("/request/{draft}")).await;
    let form = browser
        .form("/api/drafts/save", "justification")
        .fill("reason_code", "incident")
        .fill("justification", WHY)
        .fill("ends_on", "2026-12-21");
    let form_page = browser.page.clone();
    browser.press("/api/drafts/submit", &form).await;
    assert!(browser.path.ends_with("?submitted"), "{}", browser.path);
    let made = browser.path.clone();
    // The same page again, from the history.
    browser.page = form_page;
    browser.press("/api/drafts/submit", &form).await;
    assert_eq!(browser.path, made);
    let again = s
        .call(
            s.ana,
            "drafts/submit",
            &[("draft", &draft), ("version", &version), ("justification", "Something else altogether, much later.")],
        )
        .await;
    assert_eq!(again.status, 200);
    assert_eq!(s.app.count("select count(*) from request").await, 1);
    browser.open(&format!("/request/{draft}")).await;
    assert!(browser.says("This was submitted already.") && browser.says("Ledger Reader"), "{}", browser.page);
    assert_eq!(s.call(s.stan, "drafts/open", &[("draft", &draft)]).await.status, 404);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refused_submission_says_what_is_wrong_at_each_field_and_keeps_what_was_typed(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let draft = s.add(s.ana, s.root).await;
    let mut browser = s.browser(s.ana).await;
    browser.open(&format!("/request/{draft}")).await;
    let form = browser.form("/api/drafts/save", "justification").fill("justification", "R&D <b>").fill("ends_on", "2027-02-20");
    browser.press("/api/drafts/submit", &form).await;
    assert!(browser.path.starts_with(&format!("/request/{draft}")), "{}", browser.path);
    assert!(browser.says("The request was not submitted"));
    assert!(browser.error("reason_code").contains("Choose a reason from the list."));
    assert!(browser.error("justification").contains("at least 20 characters"));
    assert!(browser.error("ends_on").contains("Choose an end date of "));
    let again = browser.form("/api/drafts/save", "justification");
    assert_eq!((again.value("justification"), again.value("ends_on")), ("R&D <b>", "2027-02-20"));
    assert_eq!(s.app.count("select count(*) from request").await, 0);
    // The cure of the gate is a button of the same form.
    let cured = again.with("cure", "ends_on 2026-12-22");
    browser.send(&cured).await;
    assert_eq!(browser.form("/api/drafts/save", "justification").value("ends_on"), "2026-12-22");
}

#[sqlx::test(migrations = "../migrations")]
async fn without_a_draft_the_form_leads_to_the_catalogue_and_discarding_leads_there_again(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let mut browser = s.browser(s.ana).await;
    browser.open("/request").await;
    assert!(browser.says("Choose what you need first"));
    browser.open("/catalogue").await;
    let button = browser.form("/api/drafts/add", &s.read.to_string());
    browser.send(&button).await;
    assert!(browser.path.starts_with("/request/") && browser.says("Ledger Reader"), "{}", browser.path);
    // The end is proposed from the limits.
    assert_eq!(browser.form("/api/drafts/save", "justification").value("ends_on"), "2027-11-23");
    let discard = browser.form("/api/drafts/discard", "Discard");
    browser.send(&discard).await;
    assert!(browser.says("The draft was discarded."));
    assert_eq!(s.app.count("select count(*) from draft").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_template_brings_its_items_its_reason_and_its_period_and_is_remembered(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let elsewhere = s.app.unit("Elsewhere").await;
    for (id, code, unit) in [(1, "joiner", s.unit), (2, "elsewhere", elsewhere)] {
        sqlx::query("insert into request_template (id, code, name, description, reason_code, days, audience_units, entitlement_ids, version, updated_at) values ($1, $2, $2, 'For tests', 'new_role', 30, array[$3], array[$4, $5], 3, now())")
            .bind(uuid::Uuid::from_u128(id))
            .bind(code)
            .bind(unit.0)
            .bind(s.read.0)
            .bind(s.write.0)
            .execute(&s.app.owner)
            .await
            .unwrap();
    }
    let mut browser = s.browser(s.ana).await;
    browser.open("/request").await;
    assert!(browser.says("joiner") && !browser.says("elsewhere"));
    let template = browser.form("/api/drafts/add_template", "joiner");
    browser.send(&template).await;
    let form = browser.form("/api/drafts/save", "justification");
    assert_eq!((form.value("reason_code"), form.value("ends_on")), ("new_role", "2026-12-22"));
    assert!(browser.says("From the template joiner"));
    // Somebody for whom it is not meant is told that there is none.
    assert_eq!(s.call(s.ana, "drafts/add_template", &[("template", &uuid::Uuid::from_u128(2).to_string())]).await.status, 404);
    let draft = s.newest_draft(s.ana).await;
    assert_eq!(s.submit(s.ana, &draft, &[]).await.len(), 2);
    assert_eq!(s.app.count("select count(*) from submission where template_version = 3").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn one_draft_submitted_twice_at_the_same_moment_makes_one_submission(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    s.add(s.ana, s.read).await;
    let draft = s.add(s.ana, s.write).await;
    let version = s.version(&draft).await;
    let (one, two) = (s.app.sign_in_as(s.ana).await, s.app.sign_in_as(s.ana).await);
    let fields = [
        ("draft", draft.as_str()),
        ("version", version.as_str()),
        ("reason_code", "incident"),
        ("justification", WHY),
        ("starts_on", "2026-11-22"),
        ("ends_on", "2026-12-21"),
    ];
    let (one, two) = tokio::join!(one.server_fn("drafts/submit", &fields), two.server_fn("drafts/submit", &fields));
    assert_eq!((one.status, two.status), (200, 200), "{} {}", one.text(), two.text());
    assert_eq!((one.json(), one.json().as_array().unwrap().len()), (two.json(), 2), "both are led to what was made");
    assert_eq!(s.app.count("select count(*) from submission").await, 1);
    assert_eq!(s.app.count("select count(*) from request").await, 2);
    assert_eq!(s.app.count("select count(*) from audit_event where kind = 'request.submitted'").await, 2);
    assert_eq!(s.app.count("select count(*) from draft").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn one_draft_submitted_from_two_tabs_at_once_with_different_words_makes_one_submission(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let s = Desk::set(pool, connect).await;
    let draft = s.add(s.ana, s.read).await;
    let version = s.version(&draft).await;
    let (one, two) = (s.app.sign_in_as(s.ana).await, s.app.sign_in_as(s.ana).await);
    let more = format!("{WHY} And of October.");
    let fields = |why| {
        [
            ("draft", draft.as_str()),
            ("version", version.as_str()),
            ("reason_code", "incident"),
            ("justification", why),
            ("starts_on", "2026-11-22"),
            ("ends_on", "2026-12-21"),
        ]
    };
    let (left, right) = (fields(WHY), fields(more.as_str()));
    let (one, two) = tokio::join!(one.server_fn("drafts/submit", &left), two.server_fn("drafts/submit", &right));
    // The slower tab is told that the draft changed, or, when it is gone by then, what became of it.
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert!([[200, 200], [200, 409]].contains(&statuses), "{} {}", one.text(), two.text());
    assert_eq!(s.app.count("select count(*) from submission").await, 1);
    assert_eq!(s.app.count("select count(*) from request").await, 1);
    assert_eq!(s.app.count("select count(*) from audit_event where kind = 'request.submitted'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn two_drafts_for_the_same_submitted_at_the_same_moment_make_one_request(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let (own, managers) = (s.add(s.ana, s.read).await, s.add_with(s.mona, s.read, &[("subject", &s.ana.to_string())]).await);
    let (one, two) = tokio::join!(s.send(s.ana, "drafts/submit", &own, &[]), s.send(s.mona, "drafts/submit", &managers, &[]));
    let (made, recognised) = if one.status == 200 { (one, two) } else { (two, one) };
    assert_eq!((made.status, recognised.status), (200, 422), "{} {}", made.text(), recognised.text());
    assert_eq!(refusal(&recognised), json!(["items.0.entitlement:already_asked"]));
    assert_eq!(s.app.count("select count(*) from request").await, 1);
}
