//! At the door: signing in, and the first administrator.

use super::scene::{PASSWORD, Scene};
use crate::support::*;

#[sqlx::test(migrations = "../migrations")]
async fn the_first_administrator_keeps_what_was_typed_but_the_password(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let token = app.state.accounts.setup_token().await.unwrap().unwrap();
    let long = "\u{20BB7}\u{1F331}".repeat(1_000);
    for (field, typed, says) in [
        ("given_name", "\u{410}da", "mixes letters of different scripts"),
        ("given_name", long.as_str(), "too long"),
        ("family_name", "x\u{202E}y", "cannot be used here"),
        ("family_name", long.as_str(), "too long"),
        ("family_name", "", "needed"),
        ("login", "a b", ""),
        ("login", long.as_str(), ""),
    ] {
        let mut browser = Browser::of(app.stranger());
        browser.open(&format!("/setup?token={token}")).await;
        let mut form =
            browser.form("/setup", "given_name").fill("password", "blue tram to work").fill("password_again", "blue tram to work");
        let right = [("given_name", "Ada"), ("family_name", "Example"), ("login", "ada"), ("token", token.as_str())];
        for (name, value) in right {
            form = form.fill(name, if name == field { typed } else { value });
        }
        browser.send(&form).await;
        assert_eq!((browser.status, browser.path.as_str()), (422, "/setup"), "{field} {typed:.40?}");
        let error = browser.error(field);
        assert!(!error.is_empty() && error.contains(says), "{field} {typed:.40?}: {error}");
        let again = browser.form("/setup", "given_name");
        for (name, value) in right {
            assert_eq!(again.value(name), if name == field { typed } else { value }, "{field} {typed:.40?}");
        }
        assert!(!browser.page.contains("tram"), "a password stands in no page");
    }
    assert_eq!(app.count("select count(*) from identity").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn whatever_is_typed_at_the_door_is_a_wrong_name_or_a_wrong_password(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let app = &scene.s.app;
    let before = rows(app).await;
    let long = "x".repeat(20_000);
    for (login, password) in [
        ("", ""),
        ("ana", ""),
        ("ana", "\u{0}"),
        ("ana", long.as_str()),
        ("ana\u{0}", PASSWORD),
        ("\u{202E}ana", PASSWORD),
        ("\u{430}na", PASSWORD),
        ("ana'--", PASSWORD),
        (long.as_str(), PASSWORD),
    ] {
        let reply = app.stranger().post_form("/sign-in", &[("login", login), ("password", password)]).await;
        // The name comes back where it could be one; the password never does.
        let location = reply.location();
        let back = location.strip_prefix("/sign-in?error=credentials");
        assert_eq!((reply.status, back.is_some()), (303, true), "{login:.20?} {password:.20?}: {location}");
        assert!(back.is_some_and(|back| back.is_empty() || back.starts_with("&login=")) && !location.contains(PASSWORD), "{location:.200}");
        assert!(location.len() < 1_000, "{login:.20?}");
    }
    assert_eq!(rows(app).await, before);
}
