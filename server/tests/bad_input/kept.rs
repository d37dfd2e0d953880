//! Without JavaScript: what was refused stands in the form again as it was typed, with its sentence.

use super::scene::{PASSWORD, Scene};
use crate::support::*;

/// A page with a form, and what somebody types into it.
struct Typed {
    who: IdentityId,
    page: String,
    action: String,
    /// What tells the form from others of the page.
    holds: &'static str,
    fields: Vec<(&'static str, &'static str)>,
    says: &'static str,
}

const BAD: &str = "Seen <b> & \u{7} in \"the\" console.";
const CANNOT: &str = "This contains a character that cannot be used here";

fn forms(scene: &Scene) -> Vec<Typed> {
    let s = &scene.s;
    let typed = |who, page: String, action: &str, holds, fields: &[(&'static str, &'static str)], says| Typed {
        who,
        page,
        action: action.to_owned(),
        holds,
        fields: fields.to_vec(),
        says,
    };
    let (stage, change) = (format!("/inbox/{}", scene.stage_id()), format!("/changes/{}", scene.change));
    let decide =
        |holds, fields: &[(&'static str, &'static str)], says| typed(s.mona, stage.clone(), "/api/inbox/decide", holds, fields, says);
    let release = format!("/releases/{}", scene.release);
    let (withdrawn, answered) = (format!("/requests/{}", scene.request), format!("/requests/{}", scene.returned));
    let reassign = format!("/reassign/{}", scene.stage_id());
    vec![
        typed(s.pia, release, "/api/releases/execute", "evidence", &[("evidence", BAD)], CANNOT),
        typed(scene.ada, format!("/identities/{}", s.stan), "/api/identities/suspend", "reason", &[("reason", BAD)], CANNOT),
        typed(
            s.mona,
            "/inbox".to_owned(),
            "/api/inbox/save_filter",
            "name",
            &[("name", "L\u{435}dger")],
            "mixes letters of different scripts",
        ),
        typed(s.ana, withdrawn, "/api/requests/withdraw", "reason", &[("reason", BAD)], CANNOT),
        typed(s.stan, answered, "/api/requests/answer_question", "answer", &[("answer", BAD)], CANNOT),
        decide("value=\"reject\"", &[("comment", BAD)], CANNOT),
        decide("value=\"return\"", &[("comment", BAD)], CANNOT),
        decide("value=\"approve_until\"", &[("ends_on", "2026-12-01"), ("comment", BAD)], CANNOT),
        decide("value=\"approve_until\"", &[("ends_on", "2027-02-29"), ("comment", "Two weeks are enough.")], "Enter a date"),
        decide(
            "value=\"approve_until\"",
            &[("ends_on", "9999-12-31"), ("comment", "Two weeks are enough.")],
            "shortens and never lengthens",
        ),
        typed(s.mona, reassign.clone(), &reassign, "reason", &[("to", "Olga Example"), ("reason", BAD)], CANNOT),
        typed(s.mona, reassign.clone(), &reassign, "reason", &[("to", "Olg\u{430} Example"), ("reason", "I am away.")], "Nobody on record"),
        typed(
            s.mona,
            reassign.clone(),
            &reassign,
            "reason",
            &[("to", "Ana Example"), ("reason", "I am away.")],
            "nobody decides for themselves",
        ),
        typed(scene.ada, change.clone(), &change, "value=\"refuse\"", &[("reason", BAD)], CANNOT),
        typed(scene.ada, change.clone(), &change, "value=\"confirm\"", &[("reason", BAD)], CANNOT),
    ]
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_refused_comes_back_as_typed_without_javascript(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let before = scene.rows().await;
    for Typed { who, page, action, holds, fields, says } in forms(&scene) {
        let what = format!("{action} {holds} {fields:?}");
        let mut browser = scene.browser(who).await;
        browser.open(&page).await;
        let form = fields.iter().fold(browser.form(&action, holds), |form, (name, value)| form.fill(name, value));
        browser.send(&form).await;
        assert!(browser.says(says), "{what}: {} {}", browser.path, browser.text());
        let again = browser.form(&action, holds);
        for (name, value) in &fields {
            assert_eq!(again.value(name), *value, "{what}");
        }
    }
    let mut after = scene.rows().await;
    // Looking at a decision keeps until when one has seen it.
    after.insert("request_look".to_owned(), before["request_look"]);
    assert_eq!(after, before);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_password_that_is_refused_is_said_at_its_field_and_stands_in_no_page_and_no_address(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let scene = Scene::set(pool, connect).await;
    let new = "seven green umbrellas";
    for (field, current, password, again) in [
        ("current_password", "not the right one", new, new),
        ("password", PASSWORD, "too short", "too short"),
        ("password_again", PASSWORD, new, "seven grey umbrellas"),
    ] {
        let mut browser = scene.browser(scene.s.ana).await;
        browser.open("/account").await;
        let form = browser.form("/api/account/change_password", "password_again");
        browser.send(&form.fill("current_password", current).fill("password", password).fill("password_again", again)).await;
        assert!(!browser.error(field).is_empty(), "{field}");
        for secret in [current, password, again] {
            assert!(!browser.page.contains(secret), "{field}: {secret}");
            assert!(!browser.path.contains(secret.split(' ').next_back().unwrap()), "{field}: {}", browser.path);
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_delegation_that_is_refused_stands_on_the_page_as_typed(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (before, long) = (scene.rows().await, "x".repeat(2_001));
    let right = [("to", "Olga Example"), ("starts_on", "2026-11-23"), ("ends_on", "2026-11-27"), ("reason", "Away for a week.")];
    for (field, typed, says) in [
        ("reason", "", "Say why"),
        ("reason", long.as_str(), "too long"),
        ("reason", "a\u{202E}b", "cannot be used here"),
        ("reason", "a\u{200B}b", "cannot be used here"),
        ("reason", "a\u{7}b", "cannot be used here"),
        ("to", "", "needed"),
        ("to", "Nobody Nowhere", "Nobody on record"),
        ("to", "Olg\u{430} Example", "Nobody on record"),
        ("to", "Olga\u{202E} Example", "cannot be used here"),
        ("starts_on", "2026-11-21", "in the past"),
        ("starts_on", "0001-01-01", "in the past"),
        ("starts_on", "9999-12-31", "within the next year"),
        ("starts_on", "2028-02-29", "within the next year"),
        ("starts_on", "2027-02-29", "Enter a date"),
        ("ends_on", "2026-11-22", "before the start"),
        ("ends_on", "9999-12-31", "At most 366 days"),
        ("ends_on", "soon", "Enter a date"),
    ] {
        let mut browser = scene.browser(scene.s.mona).await;
        browser.open("/account").await;
        let mut form = browser.form("/account", "starts_on");
        for (name, value) in right {
            form = form.fill(name, if name == field { typed } else { value });
        }
        browser.send(&form).await;
        assert_eq!(browser.status, 422, "{field} {typed:.40?}: {}", browser.path);
        assert!(browser.error(field).contains(says), "{field} {typed:.40?}: {}", browser.error(field));
        let again = browser.form("/account", "starts_on");
        for (name, value) in right {
            assert_eq!(again.value(name), if name == field { typed } else { value }, "{field} {typed:.40?}");
        }
    }
    assert_eq!(scene.rows().await, before);
}
