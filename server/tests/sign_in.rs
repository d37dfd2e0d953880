//! The story of accounts through HTTP: signing in and out, sessions and their ends, passwords, the
//! demonstration, the first administrator.

mod support;

use axum::body::Body;
use axum::http::Request;
use domain::permission::Role;
use support::*;

const PASSWORD: &str = "blue tram to work";

async fn ana(app: &TestApp) -> IdentityId {
    let unit = app.unit("Payments").await;
    let ana = app.person("Ana", unit, None).await;
    app.account(ana, "ana", PASSWORD).await;
    ana
}

async fn sign_in(client: &Client, login: &str, password: &str) -> Reply {
    client.post_form("/sign-in", &[("login", login), ("password", password), ("return_to", "/inbox")]).await
}

async fn is_signed_in(client: &Client) -> bool {
    client.server_fn("account/view", &[]).await.status == 200
}

#[sqlx::test(migrations = "../migrations")]
async fn a_password_opens_a_session_and_leads_back_to_where_one_came_from(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    ana(&app).await;
    let client = app.stranger();
    let reply = sign_in(&client, " ANA ", PASSWORD).await;
    assert_eq!((reply.status, reply.location()), (303, "/inbox"));
    let cookie = reply.header("set-cookie").unwrap();
    assert!(cookie.starts_with("countersign="), "{cookie}");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains("Domain"));
    assert!(is_signed_in(&client).await);
    let token = client.cookie("countersign").unwrap();
    assert_eq!(token.len(), 43);
    assert_eq!(app.count("select count(*) from audit_event where kind = 'session.started' and actor_kind = 'person'").await, 1);
    assert_eq!(app.count("select count(*) from audit_event where body like '%tram%'").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn over_tls_the_cookie_is_bound_to_this_host(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::with(pool, connect, Setup { settings: vec![("PUBLIC_URL", "https://id.example")], ..Setup::default() }).await;
    ana(&app).await;
    let reply = sign_in(&app.stranger(), "ana", PASSWORD).await;
    let cookie = reply.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-countersign=") && cookie.contains("Secure") && cookie.contains("Path=/"), "{cookie}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_wrong_name_and_a_wrong_password_get_the_same_answer(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let person = ana(&app).await;
    for (login, password, kept) in [
        ("ana", "wrong", "&login=ana"),
        ("nobody", PASSWORD, "&login=nobody"),
        ("", "", ""),
        ("ana", "", "&login=ana"),
        (&"x".repeat(300), "x", ""),
    ] {
        let reply = sign_in(&app.stranger(), login, password).await;
        let expected = format!("/sign-in?error=credentials&return_to=/inbox{kept}");
        assert_eq!((reply.status, reply.location()), (303, expected.as_str()), "{login}");
        assert_eq!(reply.header("set-cookie"), None);
    }
    app.set_state(person, "suspended").await;
    assert_eq!(sign_in(&app.stranger(), "ana", PASSWORD).await.location(), "/sign-in?error=credentials&return_to=/inbox&login=ana");
    assert_eq!(app.count("select count(*) from session").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_sign_in_name_comes_back_as_typed_after_a_refusal_and_the_password_never(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    ana(&app).await;
    let longest = "x".repeat(254);
    // Somebody's, nobody's, one that is text for HTML and for an address, the longest there is.
    for typed in ["ana", "nobody", "<b>\"a\"&b=c %41+d</b>", longest.as_str()] {
        let mut browser = Browser::of(app.stranger());
        browser.open("/sign-in?return_to=/requests").await;
        let form = browser.form("/sign-in", "password").fill("login", typed).fill("password", "red tram to nowhere");
        browser.send(&form).await;
        assert!(browser.says("The sign-in name or the password is not right."), "{}", browser.page);
        let again = browser.form("/sign-in", "password");
        assert_eq!((again.value("login"), again.value("password"), again.value("return_to")), (typed, "", "/requests"));
        assert!(
            !browser.page.contains("nowhere") && !browser.path.contains("nowhere") && !browser.page.contains("<b>"),
            "{}",
            browser.page
        );
    }
    let mut browser = Browser::of(app.stranger());
    browser.open("/sign-in").await;
    let form = browser.form("/sign-in", "password").fill("login", "ana").fill("password", "wrong");
    browser.send(&form).await;
    let form = browser.form("/sign-in", "password").fill("password", PASSWORD);
    browser.send(&form).await;
    assert_eq!((browser.status, browser.path.as_str()), (200, "/"), "the name does not have to be typed again");
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_is_led_to_another_site(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    ana(&app).await;
    for there in ["//evil.example", "/\\evil.example", "https://evil.example", "https:evil.example", "javascript:alert(1)"] {
        let reply = app.stranger().post_form("/sign-in", &[("login", "ana"), ("password", PASSWORD), ("return_to", there)]).await;
        assert_eq!(reply.location(), "/", "{there}");
        let reply = app.stranger().post_form("/theme", &[("theme", "dark"), ("return_to", there)]).await;
        assert_eq!(reply.location(), "/", "{there}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_is_not_signed_in_is_shown_the_way_and_brought_back(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let client = app.stranger();
    let reply = client.get("/requests?state=open").await;
    assert_eq!((reply.status, reply.location()), (303, "/sign-in?return_to=/requests%3Fstate%3Dopen"));
    let reply = client.server_fn("account/view", &[]).await;
    assert_eq!((reply.status, reply.code().as_str()), (401, "not_signed_in"));
    let reply = client.post_form("/api/account/view", &[]).await;
    assert_eq!((reply.status, reply.location()), (303, "/sign-in"));
    assert_eq!(client.get("/sign-in").await.status, 200);
}

#[sqlx::test(migrations = "../migrations")]
async fn signing_in_replaces_the_session_the_browser_had(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    ana(&app).await;
    let client = app.stranger();
    sign_in(&client, "ana", PASSWORD).await;
    let planted = client.copy();
    sign_in(&client, "ana", PASSWORD).await;
    assert!(is_signed_in(&client).await);
    assert!(!is_signed_in(&planted).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn signing_out_ends_the_session_on_the_server(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let client = app.sign_in_as(ana(&app).await).await;
    let copy = client.copy();
    let reply = client.post_form("/sign-out", &[]).await;
    assert_eq!((reply.status, reply.location()), (303, "/sign-in"));
    assert_eq!(client.cookie("countersign"), None);
    assert!(!is_signed_in(&copy).await);
    assert_eq!(app.count("select count(*) from audit_event where kind = 'session.ended'").await, 1);
    assert_eq!(app.stranger().post_form("/sign-out", &[]).await.status, 303);
}

#[sqlx::test(migrations = "../migrations")]
async fn every_session_dies_with_a_suspension_and_none_comes_back(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let person = ana(&app).await;
    let (first, second, third) = (app.sign_in_as(person).await, app.sign_in_as(person).await, app.sign_in_as(person).await);
    assert!(is_signed_in(&first).await);
    app.advance(SignedDuration::from_secs(5));
    app.set_state(person, "suspended").await;
    assert!(!is_signed_in(&first).await && !is_signed_in(&second).await);
    app.advance(SignedDuration::from_secs(5));
    app.set_state(person, "active").await;
    assert!(!is_signed_in(&first).await);
    // Not seen during the suspension, and dead all the same.
    assert!(!is_signed_in(&third).await);
    assert_eq!(app.count("select count(*) from session where end_reason = 'identity_stopped'").await, 3);
    assert!(is_signed_in(&app.sign_in_as(person).await).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_use_case_ends_all_sessions_with_one_event_each(pool: PgPoolOptions, connect: PgConnectOptions) {
    use server::usecase::{accounts::end_sessions, work::Work};
    let app = TestApp::new(pool, connect).await;
    let person = ana(&app).await;
    let (first, second) = (app.sign_in_as(person).await, app.sign_in_as(person).await);
    let mut work = Work::begin(&app.base, domain::actor::Actor::System { job: "test".to_owned() }).await.unwrap();
    end_sessions(&mut work, person, None, "identity_stopped").await.unwrap();
    work.commit().await.unwrap();
    assert!(!is_signed_in(&first).await && !is_signed_in(&second).await);
    assert_eq!(app.count("select count(*) from audit_event where kind = 'session.ended'").await, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_session_ends_after_half_an_hour_without_a_request(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let client = app.sign_in_as(ana(&app).await).await;
    for _ in 0..3 {
        app.advance(SignedDuration::from_mins(29));
        assert!(is_signed_in(&client).await);
    }
    app.advance(SignedDuration::from_mins(30));
    assert!(!is_signed_in(&client).await);
    assert_eq!(app.count("select count(*) from session where end_reason = 'idle'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_session_ends_after_eight_hours_whatever_happens(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let client = app.sign_in_as(ana(&app).await).await;
    for _ in 0..23 {
        app.advance(SignedDuration::from_mins(20));
        assert!(is_signed_in(&client).await);
    }
    app.advance(SignedDuration::from_mins(20));
    assert!(!is_signed_in(&client).await);
    assert_eq!(app.count("select count(*) from session where end_reason = 'expired'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_token_changes_every_hour_and_the_old_one_dies_soon_after(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let client = app.sign_in_as(ana(&app).await).await;
    for _ in 0..3 {
        app.advance(SignedDuration::from_mins(20));
        if app.now() < START.parse::<Timestamp>().unwrap().saturating_add(SignedDuration::from_hours(1)).unwrap() {
            assert!(is_signed_in(&client).await);
        }
    }
    let (old, before) = (client.copy(), client.cookie("countersign"));
    let late = old.copy();
    assert!(is_signed_in(&client).await);
    assert_ne!(client.cookie("countersign"), before);
    // A request that was on its way with the old token still arrives, and gets no token of its own.
    assert!(is_signed_in(&old).await);
    assert_eq!(old.cookie("countersign"), before);
    app.advance(SignedDuration::from_secs(31));
    assert!(!is_signed_in(&late).await);
    assert!(is_signed_in(&client).await);
    assert_eq!(app.count("select count(*) from session where ended_at is null").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn signing_out_right_after_a_change_of_token_kills_the_old_one_too(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let client = app.sign_in_as(ana(&app).await).await;
    for _ in 0..2 {
        app.advance(SignedDuration::from_mins(29));
        assert!(is_signed_in(&client).await);
    }
    app.advance(SignedDuration::from_mins(5));
    let old = client.copy();
    assert!(is_signed_in(&client).await);
    client.post_form("/sign-out", &[]).await;
    assert!(!is_signed_in(&old).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn people_see_and_end_their_own_sessions_and_nobody_elses(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let person = ana(&app).await;
    let other = app.person_with("Ben", Role::Administrator).await;
    let (here, there, bens) = (app.sign_in_as(person).await, app.sign_in_as(person).await, app.sign_in_as(other).await);
    let view = here.server_fn("account/view", &[]).await.json();
    let lines = view["sessions"].as_array().unwrap();
    assert_eq!(lines.len(), 2);
    let elsewhere = lines.iter().find(|line| line["current"] == false).unwrap()["id"].as_str().unwrap().to_owned();
    let refused = bens.server_fn("account/end_session", &[("session", &elsewhere)]).await;
    assert_eq!((refused.status, refused.code().as_str()), (404, "not_found"));
    assert_eq!(here.server_fn("account/end_session", &[("session", &elsewhere)]).await.status, 200);
    assert!(!is_signed_in(&there).await);
    let third = app.sign_in_as(person).await;
    assert_eq!(here.server_fn("account/end_other_sessions", &[]).await.status, 200);
    assert!(!is_signed_in(&third).await && is_signed_in(&here).await && is_signed_in(&bens).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_new_password_ends_all_other_sessions_and_changes_the_token_of_this_one(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let person = ana(&app).await;
    let (here, there) = (app.sign_in_as(person).await, app.sign_in_as(person).await);
    let stolen = here.copy();
    app.advance(SignedDuration::from_secs(1));
    let new = "seven green umbrellas";
    let form = [("current_password", PASSWORD), ("password", new), ("password_again", new)];
    assert_eq!(here.server_fn("account/change_password", &form).await.status, 200);
    assert!(is_signed_in(&here).await);
    assert!(!is_signed_in(&there).await && !is_signed_in(&stolen).await);
    assert_eq!(sign_in(&app.stranger(), "ana", PASSWORD).await.location(), "/sign-in?error=credentials&return_to=/inbox&login=ana");
    assert_eq!(sign_in(&app.stranger(), "ana", new).await.location(), "/inbox");
    assert_eq!(app.count("select count(*) from audit_event where kind = 'account.password_changed'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_password_that_cannot_be_taken_is_refused_at_its_field(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let client = app.sign_in_as(ana(&app).await).await;
    for (current, password, again, field, code) in [
        ("wrong", "seven green umbrellas", "seven green umbrellas", "current_password", "wrong"),
        (PASSWORD, "short", "short", "password", "too_short"),
        (PASSWORD, "passwordpassword", "passwordpassword", "password", "common"),
        (PASSWORD, "seven green umbrellas", "seven grey umbrellas", "password_again", "different"),
    ] {
        let reply = client
            .server_fn("account/change_password", &[("current_password", current), ("password", password), ("password_again", again)])
            .await;
        assert_eq!(reply.status, 422, "{}", reply.text());
        assert_eq!(reply.json()["problems"], serde_json::json!([{ "field": field, "code": code }]));
    }
    assert!(is_signed_in(&client).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_hash_of_another_cost_is_replaced_when_its_owner_signs_in(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    ana(&app).await;
    let stronger = [("COUNTERSIGN_ARGON2_MEMORY_KIB".to_owned(), "128".to_owned())];
    let config = server::config::Config::read(None, stronger.into_iter().collect(), &[]).unwrap();
    let hash = server::password::Hashing::new(&app.system, &config).unwrap().hash(PASSWORD.to_owned()).await.unwrap();
    sqlx::query("update account set password_hash = $1").bind(hash).execute(&app.pool).await.unwrap();
    assert_eq!(sign_in(&app.stranger(), "ana", PASSWORD).await.location(), "/inbox");
    assert_eq!(app.count("select count(*) from account where password_hash like '$argon2id$v=19$m=64,t=1,p=1$%'").await, 1);
    assert_eq!(sign_in(&app.stranger(), "ana", PASSWORD).await.location(), "/inbox");
}

#[sqlx::test(migrations = "../migrations")]
async fn guessing_is_stopped_where_it_comes_from_and_the_victim_still_gets_in(pool: PgPoolOptions, connect: PgConnectOptions) {
    let settings = vec![("SIGN_INS_PER_ADDRESS", "10"), ("SIGN_INS_PER_LOGIN", "5")];
    let app = TestApp::with(pool, connect, Setup { settings, ..Setup::default() }).await;
    ana(&app).await;
    let thief = app.stranger();
    for _ in 0..5 {
        assert_eq!(sign_in(&thief, "ana", "guess").await.location(), "/sign-in?error=credentials&return_to=/inbox&login=ana");
    }
    assert_eq!(sign_in(&thief, "ana", PASSWORD).await.location(), "/sign-in?error=too_many&return_to=/inbox&login=ana");
    assert_eq!(sign_in(&app.stranger(), "ana", PASSWORD).await.location(), "/inbox");
    app.advance(SignedDuration::from_mins(1));
    assert_eq!(sign_in(&thief, "ana", PASSWORD).await.location(), "/inbox");
}

#[sqlx::test(migrations = "../migrations")]
async fn changes_are_counted_by_session(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::with(pool, connect, Setup { settings: vec![("CHANGES_PER_MINUTE", "3")], ..Setup::default() }).await;
    let person = ana(&app).await;
    let (one, other) = (app.sign_in_as(person).await, app.sign_in_as(person).await);
    for _ in 0..3 {
        assert!(is_signed_in(&one).await);
    }
    let reply = one.server_fn("account/view", &[]).await;
    assert_eq!((reply.status, reply.code().as_str()), (429, "too_many"));
    assert!(is_signed_in(&other).await);
    assert_eq!(one.get("/account").await.status, 200);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_demonstration_offers_its_people_and_nobody_else(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::with(pool, connect, Setup { demonstration: Some(vec!["ana"]), ..Setup::default() }).await;
    let unit = app.unit("Payments").await;
    for login in ["ana", "ben"] {
        let person = app.person(login, unit, None).await;
        app.account_without_password(person, login).await;
    }
    let client = app.stranger();
    assert!(client.get("/sign-in").await.text().contains("demo_login"));
    assert_eq!(client.server_fn("account/demonstration_people", &[]).await.json()[0]["login"], "ana");
    assert_eq!(client.post_form("/sign-in", &[("demo_login", "ben")]).await.location(), "/sign-in?error=credentials");
    assert_eq!(client.post_form("/sign-in", &[("demo_login", "ana"), ("return_to", "/inbox")]).await.location(), "/inbox");
    assert!(is_signed_in(&client).await);
    for password in ["", "!", "ana"] {
        assert_eq!(sign_in(&app.stranger(), "ana", password).await.location(), "/sign-in?error=credentials&return_to=/inbox&login=ana");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn outside_of_the_demonstration_nobody_gets_in_without_a_password(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    ana(&app).await;
    let client = app.stranger();
    assert!(!client.get("/sign-in").await.text().contains("demo_login"));
    assert_eq!(client.server_fn("account/demonstration_people", &[]).await.json(), serde_json::json!([]));
    assert_eq!(
        client.post_form("/sign-in", &[("demo_login", "ana"), ("login", "ana"), ("password", PASSWORD)]).await.location(),
        "/sign-in?error=credentials"
    );
    assert_eq!(client.cookie("countersign"), None);
}

const FIRST: [(&str, &str); 5] = [
    ("given_name", "Ada"),
    ("family_name", "Admin"),
    ("login", "ada"),
    ("password", "seven green umbrellas"),
    ("password_again", "seven green umbrellas"),
];

async fn set_up(client: &Client, token: &str, fields: &[(&str, &str)]) -> Reply {
    let all: Vec<_> = fields.iter().copied().chain([("token", token)]).collect();
    client.post_form("/setup", &all).await
}

fn is_no_link(reply: &Reply) -> bool {
    reply.status == 404 && reply.text().contains("This link is not, or no longer, the right one.")
}

#[sqlx::test(migrations = "../migrations")]
async fn the_set_up_link_makes_the_first_administrator_once(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let older = app.state.accounts.setup_token().await.unwrap().unwrap();
    let token = app.state.accounts.setup_token().await.unwrap().unwrap();
    let client = app.stranger();
    assert!(is_no_link(&set_up(&client, &older, &FIRST).await), "an older link");
    assert!(is_no_link(&set_up(&client, "guess", &FIRST).await), "a guess");
    let mut weak = FIRST;
    weak[3].1 = "seven green umbrella";
    let different = set_up(&client, &token, &weak).await;
    assert_eq!(different.status, 422);
    assert!(different.text().contains("field-password_again-error"), "{}", different.text());
    assert_eq!(app.count("select count(*) from account").await, 0);

    assert_eq!(set_up(&client, &token, &FIRST).await.location(), "/");
    assert!(is_signed_in(&client).await);
    assert_eq!(app.count("select count(*) from role_assignment where role = 'administrator' and granted_by is null").await, 1);
    assert_eq!(app.count("select count(*) from audit_event where kind in ('account.created', 'role.granted', 'session.started')").await, 3);
    assert!(is_no_link(&set_up(&app.stranger(), &token, &FIRST).await), "used");
    assert_eq!(app.state.accounts.setup_token().await.unwrap(), None);
    assert_eq!(sign_in(&app.stranger(), "ada", FIRST[3].1).await.location(), "/inbox");
}

#[sqlx::test(migrations = "../migrations")]
async fn while_there_is_an_administrator_the_set_up_page_has_no_form_and_says_how_to_get_in(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let app = TestApp::new(pool, connect).await;
    let token = app.state.accounts.setup_token().await.unwrap().unwrap();
    let mut browser = Browser::of(app.stranger());
    browser.open(&format!("/setup?token={token}")).await;
    assert_eq!(browser.form("/setup", "given_name").value("token"), token);
    assert_eq!(set_up(&app.stranger(), &token, &FIRST).await.location(), "/");

    let says_how = |page: &str| {
        let form = page.contains("name=\"given_name\"") || page.contains("name=\"password\"");
        let way = page.contains("Countersign is set up") && page.contains("countersign setup-link");
        way && page.contains("<a href=\"/sign-in\" class=\"btn btn-primary\">") && !form
    };
    for path in ["/setup".to_owned(), format!("/setup?token={token}")] {
        browser.open(&path).await;
        assert!(browser.status == 200 && says_how(&browser.page), "{} {}", browser.status, browser.page);
    }
    // Whatever is sent from a page that was open before is refused, and says the same.
    for token in ["", "guess", token.as_str()] {
        let refused = set_up(&app.stranger(), token, &FIRST).await;
        assert!(is_no_link(&refused) && refused.text().contains("Nothing was set up"), "{token}: {}", refused.text());
        assert!(says_how(&refused.text()), "{token}: {}", refused.text());
    }
    assert_eq!(app.count("select count(*) from identity").await, 1);

    // With nobody active left, a new link opens the form again.
    let ada: uuid::Uuid = sqlx::query_scalar("select identity_id from account").fetch_one(&app.owner).await.unwrap();
    app.set_state(IdentityId(ada), "suspended").await;
    let token = app.state.accounts.setup_token().await.unwrap().unwrap();
    browser.open(&format!("/setup?token={token}")).await;
    assert_eq!(browser.form("/setup", "given_name").value("token"), token);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_set_up_link_works_for_a_day(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let token = app.state.accounts.setup_token().await.unwrap().unwrap();
    app.advance(SignedDuration::from_hours(24));
    assert!(is_no_link(&set_up(&app.stranger(), &token, &FIRST).await));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_colours_are_kept_in_a_cookie_and_printed_by_the_server(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let client = app.stranger();
    assert!(!client.get("/sign-in").await.text().contains("data-theme"));
    let reply = client.post_form("/theme", &[("theme", "dark"), ("return_to", "/sign-in?return_to=/inbox")]).await;
    assert_eq!((reply.status, reply.location()), (303, "/sign-in?return_to=/inbox"));
    assert!(reply.header("set-cookie").unwrap().contains("SameSite=Lax"));
    assert!(client.get("/sign-in").await.text().contains("data-theme=\"dark\""));
    client.post_form("/theme", &[("theme", "\"><script>")]).await;
    assert_eq!(client.cookie("theme").as_deref(), Some("system"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_browser_that_hangs_up_does_not_stop_what_it_began(pool: PgPoolOptions, connect: PgConnectOptions) {
    use tower::ServiceExt as _;
    let app = TestApp::new(pool, connect).await;
    ana(&app).await;
    let request =
        Request::post("/sign-in").header("content-type", "application/x-www-form-urlencoded").header("sec-fetch-site", "same-origin");
    let request = app.stranger().prepare(request, Body::from(format!("login=ana&password={}", PASSWORD.replace(' ', "+"))));
    let mut answer = Box::pin(app.router.clone().oneshot(request));
    // Far enough for the task to exist, not far enough for an answer.
    let polled = futures::poll!(answer.as_mut());
    assert!(polled.is_pending());
    drop(answer);
    app.state.tasks.finished().await;
    assert_eq!(app.count("select count(*) from session").await, 1);
    assert_eq!(
        app.count("select count(*) from pg_stat_activity where state like 'idle in transaction%' and datname = current_database()").await,
        0
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_connection_given_back_inside_a_transaction_is_clean_when_it_is_lent_again(pool: PgPoolOptions, connect: PgConnectOptions) {
    use sqlx::Row as _;
    let pool = server::store::pool::guarded(pool.max_connections(1)).connect_with(connect).await.unwrap();
    for poison in ["begin", "begin; create temporary table t (x int)", "begin; select 1"] {
        let mut connection = pool.acquire().await.unwrap();
        sqlx::raw_sql(poison).execute(&mut *connection).await.unwrap();
        drop(connection);
        let mut next = pool.acquire().await.unwrap();
        // In one message outside of a transaction both are the same moment; in a transaction that
        // began earlier they differ.
        let row = sqlx::raw_sql("select now() = statement_timestamp(), current_user::text").fetch_one(&mut *next).await.unwrap();
        assert!(row.get::<bool, _>(0), "{poison}");
        assert_eq!(row.get::<String, _>(1), "countersign_app");
    }
    let mut failed = pool.acquire().await.unwrap();
    assert!(sqlx::raw_sql("begin; select 1 / 0").execute(&mut *failed).await.is_err());
    drop(failed);
    assert!(sqlx::raw_sql("select 1").execute(&mut *pool.acquire().await.unwrap()).await.is_ok());
}
