//! Without JavaScript: what was refused stands in the form again as it was typed, with its sentence.

use super::scene::{PASSWORD, Scene};
use crate::support::*;

/// A page with a form, and what somebody types into it.
struct Typed<'a> {
    who: IdentityId,
    page: String,
    action: String,
    /// What tells the form from others of the page.
    holds: &'static str,
    fields: Vec<(&'static str, &'a str)>,
    says: &'static str,
}

const BAD: &str = "Seen <b> & \u{7} in \"the\" console.";
const CANNOT: &str = "This contains a character that cannot be used here";
/// Longer than the name of a filter may be.
const TOO_LONG: &str = "North and south and east and west and everything that lies between them";

/// As many characters as a reason may have, each of four bytes: in an address they would be 24,000.
fn long(last: char) -> String {
    "\u{20BB7}\u{1F331}".chars().cycle().take(1_999).chain([last]).collect()
}

/// Each form that takes words, with `bad` ones, or with `fine` ones and something else that is wrong.
fn forms<'a>(scene: &Scene, bad: &'a str, fine: &'a str) -> Vec<Typed<'a>> {
    let s = &scene.s;
    let typed = |who, page: String, action: &str, holds, fields: &[(&'static str, &'a str)], says| Typed {
        who,
        page,
        action: action.to_owned(),
        holds,
        fields: fields.to_vec(),
        says,
    };
    let (stage, change) = (format!("/inbox/{}", scene.stage_id()), format!("/changes/{}", scene.change));
    let decide = |holds, fields: &[(&'static str, &'a str)], says| typed(s.mona, stage.clone(), "/api/inbox/decide", holds, fields, says);
    let release = format!("/releases/{}", scene.release);
    let (withdrawn, answered) = (format!("/requests/{}", scene.request), format!("/requests/{}", scene.returned));
    let reassign = format!("/reassign/{}", scene.stage_id());
    vec![
        typed(s.pia, release, "/api/releases/execute", "evidence", &[("evidence", bad)], CANNOT),
        typed(scene.ada, format!("/identities/{}", s.stan), "/api/identities/suspend", "reason", &[("reason", bad)], CANNOT),
        typed(
            s.mona,
            "/inbox".to_owned(),
            "/api/inbox/save_filter",
            "name",
            &[("name", "L\u{435}dger")],
            "mixes letters of different scripts",
        ),
        typed(s.mona, "/inbox".to_owned(), "/api/inbox/save_filter", "name", &[("name", TOO_LONG)], "This is too long"),
        typed(s.ana, withdrawn, "/api/requests/withdraw", "reason", &[("reason", bad)], CANNOT),
        typed(s.stan, answered, "/api/requests/answer_question", "answer", &[("answer", bad)], CANNOT),
        decide("value=\"reject\"", &[("comment", bad)], CANNOT),
        decide("value=\"return\"", &[("comment", bad)], CANNOT),
        decide("value=\"approve_until\"", &[("ends_on", "2026-12-01"), ("comment", bad)], CANNOT),
        decide("value=\"approve_until\"", &[("ends_on", "2027-02-29"), ("comment", fine)], "Enter a date"),
        decide("value=\"approve_until\"", &[("ends_on", "9999-12-31"), ("comment", fine)], "shortens and never lengthens"),
        typed(s.mona, reassign.clone(), &reassign, "reason", &[("to", "Olga Example"), ("reason", bad)], CANNOT),
        typed(s.mona, reassign.clone(), &reassign, "reason", &[("to", "Olg\u{430} Example"), ("reason", fine)], "Nobody on record"),
        typed(s.mona, reassign.clone(), &reassign, "reason", &[("to", "Ana Example"), ("reason", fine)], "nobody decides for themselves"),
        typed(scene.ada, change.clone(), &change, "value=\"refuse\"", &[("reason", bad)], CANNOT),
        typed(scene.ada, change.clone(), &change, "value=\"confirm\"", &[("reason", bad)], CANNOT),
    ]
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_refused_comes_back_as_typed_without_javascript(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let before = scene.rows().await;
    let (bad, nothing, fine) = (long('\u{7}'), long('\u{0}'), long('\u{1F331}'));
    for (bad, fine) in [(BAD, "Two weeks are enough."), (bad.as_str(), fine.as_str()), (nothing.as_str(), fine.as_str())] {
        for Typed { who, page, action, holds, fields, says } in forms(&scene, bad, fine) {
            let what = format!("{action} {holds} {fields:.60?}");
            let mut browser = scene.browser(who).await;
            browser.open(&page).await;
            let form = fields.iter().fold(browser.form(&action, holds), |form, (name, value)| form.fill(name, value));
            browser.send(&form).await;
            assert!(browser.says(says), "{what}: {} {}", browser.path, browser.text());
            assert!(browser.path.len() < 400, "{what}: no address holds what was typed, {}", browser.path);
            let again = browser.form(&action, holds);
            for (name, value) in &fields {
                // A NUL cannot stand on a page.
                assert_eq!(again.value(name).replace('\0', ""), value.replace('\0', ""), "{what}");
            }
        }
    }
    let mut after = scene.rows().await;
    // Looking at a decision keeps until when one has seen it.
    after.insert("request_look".to_owned(), before["request_look"]);
    assert_eq!(after, before);
}

/// Ana tries to take her request back with words that are refused.
async fn refused_withdrawal(scene: &Scene, client: Client) -> Browser {
    let mut browser = Browser::of(client);
    browser.open(&format!("/requests/{}", scene.request)).await;
    let form = browser.form("/api/requests/withdraw", "reason").fill("reason", "Marmalade\u{7}");
    browser.send(&form).await;
    assert_eq!(browser.form("/api/requests/withdraw", "reason").value("reason"), "Marmalade\u{7}");
    browser
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_refused_is_shown_to_the_sign_in_that_sent_it_and_to_no_other(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let s = &scene.s;
    let mut browser = refused_withdrawal(&scene, s.app.sign_in_as(s.ana).await).await;
    let refused = browser.path.clone();
    // The same person in another browser, and somebody else who may see the request.
    for who in [s.ana, s.mona] {
        let mut other = scene.browser(who).await;
        other.open(&refused).await;
        assert_eq!(other.status, 200);
        assert!(other.says("Ledger") || other.page.contains(&scene.request), "it is the page of the request");
        assert!(!other.page.contains("Marmalade"), "{}", other.page);
    }
    assert!(s.app.stranger().get(&refused).await.location().starts_with("/sign-in"));
    browser.open(&refused).await;
    assert_eq!(browser.form("/api/requests/withdraw", "reason").value("reason"), "Marmalade\u{7}", "loaded again, it is there again");
    // Another form of the same sign-in does not take it for its own.
    let id = refused.split("typed=").nth(1).unwrap().split('&').next().unwrap();
    browser.open(&format!("/identities/{}?typed={id}", s.ana)).await;
    assert!(!browser.page.contains("Marmalade"));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_refused_stays_when_the_token_changes_and_is_gone_after_an_hour(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let app = &scene.s.app;
    let client = app.sign_in_as(scene.s.ana).await;
    for _ in 0..2 {
        app.advance(SignedDuration::from_mins(25));
        client.get("/").await;
    }
    let token = client.cookie(app.cookie_name()).unwrap();
    let mut browser = refused_withdrawal(&scene, client.clone()).await;
    let refused = browser.path.clone();
    app.advance(SignedDuration::from_mins(15));
    browser.open(&refused).await;
    assert_ne!(client.cookie(app.cookie_name()).unwrap(), token, "an hour old, the token was replaced");
    assert_eq!(browser.form("/api/requests/withdraw", "reason").value("reason"), "Marmalade\u{7}");
    app.advance(SignedDuration::from_mins(25));
    client.get("/").await;
    app.advance(SignedDuration::from_secs(20 * 60 - 1));
    browser.open(&refused).await;
    assert_eq!(browser.form("/api/requests/withdraw", "reason").value("reason"), "Marmalade\u{7}", "a second before the hour");
    app.advance(SignedDuration::from_secs(1));
    browser.open(&refused).await;
    assert_eq!((browser.status, browser.form("/api/requests/withdraw", "reason").value("reason")), (200, ""));
    assert_eq!(app.count("select count(*) from refused_form").await, 1, "until the job runs");
    server::job::run_due(&app.base).await.unwrap();
    assert_eq!(app.count("select count(*) from refused_form").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_refused_goes_with_the_sign_in(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let app = &scene.s.app;
    let client = app.sign_in_as(scene.s.ana).await;
    let refused = refused_withdrawal(&scene, client.clone()).await.path;
    let stays = refused_withdrawal(&scene, app.sign_in_as(scene.s.ana).await).await;
    client.post_form("/sign-out", &[]).await;
    let mut again = scene.browser(scene.s.ana).await;
    again.open(&refused).await;
    assert_eq!((again.status, again.form("/api/requests/withdraw", "reason").value("reason")), (200, ""));
    server::job::run_due(&app.base).await.unwrap();
    assert_eq!(app.count("select count(*) from refused_form").await, 1, "{} belongs to a sign-in that goes on", stays.path);
}

#[sqlx::test(migrations = "../migrations")]
async fn of_what_was_refused_the_newest_twenty_are_kept_and_of_calls_by_script_nothing(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let app = &scene.s.app;
    let (ana, mona) = (app.sign_in_as(scene.s.ana).await, app.sign_in_as(scene.s.mona).await);
    let version = scene.versions().await["request"].clone();
    let fields = [("request", scene.request.as_str()), ("version", version.as_str()), ("reason", BAD)];
    assert_eq!(ana.server_fn("requests/withdraw", &fields).await.status, 422);
    assert_eq!(app.count("select count(*) from refused_form").await, 0);
    mona.post_form("/api/inbox/save_filter", &[("name", TOO_LONG)]).await;
    let mut led = Vec::new();
    for _ in 0..22 {
        app.advance(SignedDuration::from_secs(1));
        led.push(ana.post_form("/api/requests/withdraw", &fields).await.location().to_owned());
    }
    assert_eq!(app.count("select count(*) from refused_form").await, 21, "twenty, and the one of another sign-in");
    for (path, there) in [(&led[1], false), (&led[2], true), (&led[21], true)] {
        assert_eq!(ana.get(path).await.text().contains("Seen &lt;b&gt;"), there, "{path}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_far_longer_than_its_field_is_refused_at_the_field_and_not_kept(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let app = &scene.s.app;
    let long = "\u{7}".repeat(100_000);
    let mut ana = Browser::of(app.sign_in_as(scene.s.ana).await);
    ana.open(&format!("/requests/{}", scene.request)).await;
    let form = ana.form("/api/requests/withdraw", "reason");
    ana.send(&form.fill("reason", &long)).await;
    assert!(ana.says(CANNOT) && !ana.path.contains("typed="), "{} {}", ana.path, ana.text());
    assert_eq!(app.count("select count(*) from refused_form").await, 0);
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
