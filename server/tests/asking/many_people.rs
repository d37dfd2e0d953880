//! People at the form where there are many of them: somebody who answers for 1,500 people, and a
//! question about one of thousands. Looked for and chosen without script.

use super::desk::{Desk, WHY, refusal};
use crate::support::*;
use serde_json::json;

/// Gives Mona so many more who report to her, numbered from 1: `Nr1`, number `N00001`.
async fn reports(s: &Desk, many: i32) {
    sqlx::query(
        "insert into identity (id, source_id, source, population, given_name, family_name, email, unit_id, title, manager_id, mfa, state, state_since, updated_at)
         select gen_random_uuid(), 'N' || lpad(n::text, 5, '0'), 'feed', 'employee', 'Nr' || n, 'Report', 'nr' || n || '@example.org', $1, 'Clerk', $2, 'passkey', 'active', now(), now()
         from generate_series(1, $3) n",
    )
    .bind(s.unit.0)
    .bind(s.mona.0)
    .bind(many)
    .execute(&s.app.owner)
    .await
    .unwrap();
}

/// The value of the button that chooses somebody at a field.
fn choice(browser: &Browser, field: &str) -> String {
    let begins = format!("name=\"cure\" value=\"{field} ");
    let (_, rest) = browser.page.split_once(&begins).unwrap_or_else(|| panic!("nobody to choose for {field} in {}", browser.page));
    format!("{field} {}", rest.split('"').next().unwrap())
}

#[sqlx::test(migrations = "../migrations")]
async fn one_of_1500_who_report_to_somebody_is_found_and_chosen_without_script(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    reports(&s, 1_500).await;
    let draft = s.add(s.mona, s.read).await;
    let mut browser = s.browser(s.mona).await;
    let page = format!("/request/{draft}");
    browser.open(&page).await;
    // Ana, Ben and Mona herself besides.
    assert!(browser.says("1503 in all") && browser.says("For Mona Example (yourself)"), "{}", browser.page);
    assert!(!browser.page.contains("N01400"), "nobody is listed before they are looked for");

    let look = async |browser: &mut Browser, typed: &str| {
        let form = browser.form("/api/drafts/save", "field-subject").fill("justification", WHY).fill("find", typed).with("at", "subject");
        browser.send(&form).await;
        assert_eq!(browser.path, format!("{page}#field-subject"));
        assert_eq!(browser.form("/api/drafts/save", "field-subject").value("find"), typed, "what was typed stays");
    };
    look(&mut browser, "report").await;
    assert!(browser.says("1500 are found, the first 10 are shown: type more to narrow the search."), "{}", browser.page);
    assert_eq!(browser.page.matches("name=\"cure\" value=\"subject ").count(), 10);
    look(&mut browser, "nr140 report").await;
    assert!(browser.says("11 are found"), "{}", browser.page);
    for typed in ["N01400", "  Nr1400   report ", "NR1400@example.org"] {
        look(&mut browser, typed.trim()).await;
        assert!(browser.says("1 is found") && browser.says("Nr1400 Report Clerk, N01400"), "{typed} {}", browser.page);
    }
    for typed in ["Olga", "%", "_", "\\", "'; select 1", "N0140"] {
        look(&mut browser, typed).await;
        assert!(browser.says("Nobody you can ask for is found by this."), "{typed} {}", browser.page);
    }
    assert_eq!(s.open(s.mona, &draft).await["subject"]["name"], "Mona Example", "looking changes nothing");

    look(&mut browser, "N01400").await;
    let chosen = choice(&browser, "subject");
    let form = browser.form("/api/drafts/save", "field-subject").with("cure", &chosen);
    browser.send(&form).await;
    assert!(browser.says("For Nr1400 Report") && !browser.says("is found"), "{}", browser.page);
    assert_eq!(browser.form("/api/drafts/save", "field-subject").value("justification"), WHY);
    let form = browser.form("/api/drafts/save", "field-subject").fill("reason_code", "incident").fill("ends_on", "2026-12-21");
    browser.press("/api/drafts/submit", &form).await;
    assert!(browser.path.ends_with("?submitted"), "{} {}", browser.path, browser.page);
    let subject: String = sqlx::query_scalar("select i.source_id from request r join identity i on i.id = r.subject_id")
        .fetch_one(&s.app.owner)
        .await
        .unwrap();
    assert_eq!(subject, "N01400");
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_is_not_ones_to_ask_for_is_refused_with_a_sentence_also_among_many(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    reports(&s, 60).await;
    let draft = s.add(s.mona, s.read).await;
    let mut browser = s.browser(s.mona).await;
    browser.open(&format!("/request/{draft}")).await;
    // A button that the page never showed.
    let form = browser.form("/api/drafts/save", "field-subject").with("cure", &format!("subject {}", s.olga));
    browser.send(&form).await;
    assert!(browser.error("subject").contains("choose one of them"), "{}", browser.page);
    // The owner stands at the item anyway; among those to choose from she does not.
    assert!(!browser.page.contains(&s.olga.to_string()), "nothing is said about them");
    let reply = s.send(s.mona, "drafts/submit", &draft, &[]).await;
    assert_eq!((reply.status, refusal(&reply)), (422, json!(["subject:not_yours"])));
    assert_eq!(s.records().await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_person_in_an_answer_is_typed_in_any_way_that_means_one_or_found_by_name(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    reports(&s, 10_000).await;
    // Two with one name; an account of a machine; somebody who left.
    sqlx::query("update identity set given_name = 'Kim', family_name = 'Lee' where source_id in ('N00007', 'N09000')")
        .execute(&s.app.owner)
        .await
        .unwrap();
    sqlx::query("update identity set population = 'service_account', given_name = 'Robot' where source_id = 'N00008'")
        .execute(&s.app.owner)
        .await
        .unwrap();
    sqlx::query("update identity set state = 'retired', state_reason = 'left', given_name = 'Gone' where source_id = 'N00009'")
        .execute(&s.app.owner)
        .await
        .unwrap();
    s.questions(s.read, json!([{ "id": "deputy", "label": "Who stands in?", "kind": "person", "required": true }])).await;
    let draft = s.add(s.ana, s.read).await;
    let field = "items[0][answers][deputy]";
    let mut browser = s.browser(s.ana).await;
    browser.open(&format!("/request/{draft}")).await;
    let look = async |browser: &mut Browser, typed: &str| {
        let form = browser.form("/api/drafts/save", "deputy").fill(field, typed).with("at", "items.0.answers.deputy");
        browser.send(&form).await;
        assert!(browser.path.ends_with("#field-items.0.answers.deputy"), "{}", browser.path);
        assert_eq!(browser.form("/api/drafts/save", "deputy").value(field), typed);
    };
    for typed in ["N05000", "nr5000@example.org", "NR5000 report"] {
        look(&mut browser, typed).await;
        assert!(browser.says("This is Nr5000 Report, Clerk, N05000."), "{typed} {}", browser.page);
    }
    for (typed, said) in [
        ("Kim Lee", "2 are found: choose one."),
        ("nr", "are found, the first 10 are shown"),
        ("Robot Report", "Nobody who works here is found by this."),
        ("N00008", "Nobody who works here is found by this."),
        ("Gone", "Nobody who works here is found by this."),
        ("N00009", "Nobody who works here is found by this."),
        ("%", "Nobody who works here is found by this."),
    ] {
        look(&mut browser, typed).await;
        assert!(browser.says(said), "{typed} {}", browser.page);
        assert!(browser.error("items.0.answers.deputy").contains("Nobody who works here is meant by this alone"), "{typed}");
    }
    look(&mut browser, "kim").await;
    let chosen = choice(&browser, "items.0.answers.deputy");
    assert_eq!(chosen, "items.0.answers.deputy N00007");
    let form = browser.form("/api/drafts/save", "deputy").with("cure", &chosen);
    browser.send(&form).await;
    assert!(browser.says("This is Kim Lee, Clerk, N00007."), "{}", browser.page);
    let form =
        browser.form("/api/drafts/save", "deputy").fill("reason_code", "incident").fill("justification", WHY).fill("ends_on", "2026-12-21");
    browser.press("/api/drafts/submit", &form).await;
    assert!(browser.path.ends_with("?submitted") && browser.says("Kim Lee"), "{} {}", browser.path, browser.page);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_enter_key_keeps_the_form_and_removes_nothing(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let draft = s.add(s.mona, s.read).await;
    let mut browser = s.browser(s.mona).await;
    browser.open(&format!("/request/{draft}")).await;
    // A browser sends a form by Enter as its first button would.
    let form = browser.page.split("<form id=\"request-form\"").nth(1).unwrap().split("</form>").next().unwrap();
    let first = form.split("<button").nth(1).unwrap().split('>').next().unwrap();
    assert!(first.contains("type=\"submit\"") && !first.contains("formaction") && !first.contains(" name="), "{first}");
}
