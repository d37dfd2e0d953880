//! Giving access back: one press, at once, by the holder or by who answers for them.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "story/cast.rs"]
#[expect(dead_code, reason = "this program tells its own part of the story")]
mod cast;
mod support;

use cast::{Story, refusal};
use domain::permission::Role;
use serde_json::json;
use support::*;

async fn grant_of(s: &Story, request: &str) -> String {
    let id: uuid::Uuid =
        sqlx::query_scalar("select id from access_grant where request_id = $1::uuid").bind(request).fetch_one(&s.app.owner).await.unwrap();
    id.to_string()
}

async fn standing(s: &Story, grant: &str) -> (String, Option<String>) {
    sqlx::query_as("select state, end_reason from access_grant where id = $1::uuid").bind(grant).fetch_one(&s.app.owner).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_given_back_begins_to_end_at_once_and_twice_is_once(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.granted().await;
    let grant = grant_of(&s, &request).await;
    for _ in 0..2 {
        let reply = s.call(s.ana, "grants/give_back", &[("grant", &grant)]).await;
        assert!(reply.status < 400, "{}", reply.text());
    }
    assert_eq!(standing(&s, &grant).await, ("ending".to_owned(), Some("given_back".to_owned())));
    assert_eq!(s.app.count("select count(*) from release where kind = 'remove'").await, 1);
    let kinds: Vec<String> = s.events(&request).await.into_iter().map(|(trail, kind)| format!("{trail} {kind}")).collect();
    assert_eq!(kinds[kinds.len() - 2..], ["execution grant.ending", "execution release.planned"]);
    let removal = s.open_release(&request).await;
    assert!(s.execute(s.pol, &removal).await.status < 400);
    assert_eq!((standing(&s, &grant).await.0.as_str(), s.state(&request).await.as_str()), ("ended", "closed"));
    let late = s.call(s.ana, "grants/give_back", &[("grant", &grant)]).await;
    assert!(late.status < 400, "it was given back, and stays so: {}", late.text());
    assert_eq!(s.app.count("select count(*) from release where kind = 'remove'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn pressing_twice_at_once_gives_back_once(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.granted().await;
    let grant = grant_of(&s, &request).await;
    let (one, two) = (s.app.sign_in_as(s.ana).await, s.app.sign_in_as(s.mona).await);
    let fields = [("grant", grant.as_str())];
    let (first, second) = tokio::join!(one.server_fn("grants/give_back", &fields), two.server_fn("grants/give_back", &fields));
    assert!(first.status < 400 && second.status < 400, "{} {}", first.text(), second.text());
    assert_eq!(s.app.count("select count(*) from release where kind = 'remove'").await, 1);
    assert_eq!(s.app.count("select count(*) from audit_event where kind = 'grant.ending'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_holder_their_manager_and_their_sponsor_give_back_and_nobody_else(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.granted().await;
    let grant = grant_of(&s, &request).await;
    let (cora, alma) = (s.app.person_with("Cora", Role::Compliance).await, s.app.person_with("Alma", Role::Auditor).await);
    let ada = s.app.person_with("Ada", Role::Administrator).await;
    for (who, status) in [(s.stan, 404), (s.olga, 404), (s.pia, 403), (cora, 403), (alma, 403), (ada, 403)] {
        let reply = s.call(who, "grants/give_back", &[("grant", &grant)]).await;
        assert_eq!(reply.status, status, "{}", reply.text());
    }
    assert_eq!(s.call(s.ana, "grants/give_back", &[("grant", "no-id")]).await.status, 404);
    assert_eq!(standing(&s, &grant).await.0, "active");

    // A sponsor answers for what is not a person, and for nobody else.
    sqlx::query("update identity set owner_id = $1, manager_id = null where id = $2")
        .bind(s.stan.0)
        .bind(s.ana.0)
        .execute(&s.app.owner)
        .await
        .unwrap();
    assert_eq!(s.call(s.stan, "grants/give_back", &[("grant", &grant)]).await.status, 404);
    sqlx::query("update identity set population = 'service_account' where id = $1").bind(s.ana.0).execute(&s.app.owner).await.unwrap();
    assert!(s.call(s.stan, "grants/give_back", &[("grant", &grant)]).await.status < 400);
    assert_eq!(standing(&s, &grant).await, ("ending".to_owned(), Some("given_back".to_owned())));
    let told: Vec<uuid::Uuid> =
        sqlx::query_scalar("select recipient_id from notification where kind = 'access_ends'").fetch_all(&s.app.owner).await.unwrap();
    assert_eq!(told, [s.ana.0], "the holder hears what somebody else did");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_manager_gives_back_for_somebody_who_reports_to_them(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.granted().await;
    let grant = grant_of(&s, &request).await;
    let mut browser = Browser::of(s.app.sign_in_as(s.mona).await);
    browser.open(&format!("/identities/{}", s.ana)).await;
    let form = browser.form("/api/grants/give_back", &grant);
    browser.send(&form).await;
    assert_eq!(browser.path, format!("/identities/{}?done=given_back", s.ana));
    assert!(browser.says("Given back.") && browser.says("Being removed"), "{}", browser.page);
    assert!(!browser.page.contains("/api/grants/give_back"), "what ends is not given back again");
}

#[sqlx::test(migrations = "../migrations")]
async fn access_that_ends_by_itself_already_is_not_given_back(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.granted().await;
    let grant = grant_of(&s, &request).await;
    s.app.clock.set("2026-12-22T00:00:00Z".parse().unwrap());
    s.jobs().await;
    let reply = s.call(s.ana, "grants/give_back", &[("grant", &grant)]).await;
    assert_eq!((reply.status, refusal(&reply)), (409, json!("not_possible")));
    assert_eq!(standing(&s, &grant).await, ("ending".to_owned(), Some("expired".to_owned())));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_asked_for_about_it_is_withdrawn_with_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.granted().await;
    let grant = grant_of(&s, &request).await;
    let kind = format!("extend:{grant}");
    let reply = s.try_submit(s.ana, s.read, &[("kind", &kind), ("ends_on", "2027-01-31")]).await;
    assert!(reply.status < 400, "{}", reply.text());
    let extension = s.newest().await;
    s.approve(s.mona, &extension).await;
    s.open_release(&extension).await;
    assert!(s.call(s.ana, "grants/give_back", &[("grant", &grant)]).await.status < 400);
    let (state, reason): (String, Option<String>) = sqlx::query_as("select state, state_reason from request where id = $1::uuid")
        .bind(&extension)
        .fetch_one(&s.app.owner)
        .await
        .unwrap();
    assert_eq!(state, "withdrawn");
    assert!(reason.unwrap().contains("given back"));
    assert_eq!(s.app.count("select count(*) from release where kind = 'extend' and state = 'cancelled'").await, 1);
    assert_eq!(s.app.count("select count(*) from release where kind = 'remove' and state = 'planned'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn without_javascript_it_is_one_press_on_the_home_page(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.granted().await;
    let grant = grant_of(&s, &request).await;
    let mut browser = Browser::of(s.app.sign_in_as(s.ana).await);
    browser.open("/").await;
    let extend = browser.form("/api/drafts/add", &grant);
    assert_eq!((extend.value("kind"), extend.value("entitlement")), ("extend", s.read.to_string().as_str()));
    let form = browser.form("/api/grants/give_back", &grant);
    browser.send(&form).await;
    assert_eq!((browser.path.as_str(), browser.status), ("/?done=given_back", 200));
    assert!(browser.says("Given back.") && browser.says("Being removed"), "{}", browser.page);
    assert_eq!(standing(&s, &grant).await.0, "ending");
    let queue = s.call(s.pol, "releases/list", &[("filter", "remove")]).await.json();
    assert_eq!(queue["page"]["total"], 1);
}
