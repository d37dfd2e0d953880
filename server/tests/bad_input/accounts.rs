//! At the door: signing in, and the first administrator.

use super::scene::{PASSWORD, Scene, rows};
use crate::support::*;

#[sqlx::test(migrations = "../migrations")]
async fn the_first_administrator_keeps_what_was_typed_but_the_password(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let token = app.state.accounts.setup_token().await.unwrap().unwrap();
    for (field, typed, code) in [
        ("given_name", "\u{410}da", "mixed_scripts"),
        ("family_name", "x\u{202E}y", "forbidden_character"),
        ("family_name", "", "required"),
        ("login", "a b", "invalid"),
    ] {
        let mut fields = vec![
            ("token", token.as_str()),
            ("given_name", "Ada"),
            ("family_name", "Example"),
            ("login", "ada"),
            ("password", "blue tram to work"),
            ("password_again", "blue tram to work"),
        ];
        fields.iter_mut().find(|(name, _)| *name == field).unwrap().1 = typed;
        let reply = app.stranger().post_form("/setup", &fields).await;
        assert!(reply.location().contains(&format!("field={field}")), "{field}: {}", reply.location());
        assert!(reply.location().contains(&format!("error={code}")) || field == "login", "{field}: {}", reply.location());
        assert!(!reply.location().contains("tram"), "a password stands in no address");
        let page = app.stranger().get(reply.location()).await.text();
        assert!(field == "family_name" && typed.is_empty() || page.contains(&format!("value=\"{typed}\"")), "{page}");
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
        assert_eq!((reply.status, reply.location()), (303, "/sign-in?error=credentials"), "{login:.20?} {password:.20?}");
    }
    assert_eq!(rows(app).await, before);
}
