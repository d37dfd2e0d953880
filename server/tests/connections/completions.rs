//! Receivers that answer later.

use super::far_side::{FarSide, SECRET};
use super::scene::*;
use axum::body::Body;
use axum::http::Request;
use connector::Secret;
use connector::webhook::signing::{SigningSecrets, sign};

/// A release whose only step is awaited, under the reference JOB-17.
struct Awaited {
    scene: Scene,
    side: FarSide,
    release: String,
}

impl Awaited {
    async fn set(pool: PgPoolOptions, connect: PgConnectOptions) -> Self {
        Self::set_with(pool, connect, &[]).await
    }

    async fn set_with(pool: PgPoolOptions, connect: PgConnectOptions, settings: &[(&'static str, &'static str)]) -> Self {
        let scene = Scene::set_with(pool, connect, settings).await;
        let side = FarSide::start().await;
        let id = scene.make(&webhook(&[("field.url", &side.url)])).await;
        scene.use_it(&id).await;
        let request = scene.s.submit(scene.s.ana, scene.s.read).await;
        scene.s.approve(scene.s.mona, &request).await;
        let release = scene.s.open_release(&request).await;
        scene.s.app.drain().await;
        let awaited = Self { scene, side, release };
        assert_eq!((awaited.step().await.as_str(), awaited.side.applied()), ("awaited", 1));
        awaited
    }

    async fn step(&self) -> String {
        self.scene.one("select state from release_step where release_id = $1::uuid and operation = 'give'", &self.release).await
    }

    async fn state(&self) -> String {
        self.scene.one("select state from release where id = $1::uuid", &self.release).await
    }

    fn body(&self, changes: Value) -> Vec<u8> {
        let mut body = json!({ "version": 1, "reference": "JOB-17", "release": self.release, "operation": "give", "outcome": "done" });
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        body.to_string().into_bytes()
    }

    /// A day goes by without an answer.
    async fn give_up(&self) {
        self.scene.s.app.advance(SignedDuration::from_hours(24));
        self.scene.s.app.drain().await;
        assert_eq!((self.step().await.as_str(), self.state().await.as_str()), ("failed", "failed"));
    }

    /// From now on the access is there.
    async fn give(&self) {
        let name = "select name from entitlement where id = $1::uuid";
        self.side.give(&self.scene.one::<String>(name, &self.scene.s.read.to_string()).await);
    }

    /// An operator does something about the release.
    async fn act(&self, endpoint: &str) {
        let version: i32 = self.scene.one("select version from release where id = $1::uuid", &self.release).await;
        let fields = [("release", self.release.as_str()), ("version", &version.to_string()), ("reason", "Not needed.")];
        let fields = if endpoint == "releases/roll_back" { &fields[..] } else { &fields[..2] };
        let reply = self.scene.s.call(self.scene.s.pia, endpoint, fields).await;
        assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    }

    /// How often it is on record that something was done when nothing waited for it, and who was told.
    async fn done_afterwards(&self) -> (i64, i64) {
        let told = "select count(*) from notification where kind = 'held' and title like '% was done when nothing waited for it any more'
                    and href = '/releases/' || $1";
        let app = &self.scene.s.app;
        let events = app.count("select count(*) from audit_event where kind = 'release.done_afterwards'").await;
        (events, self.scene.one(told, &self.release).await)
    }

    /// Sends a completion, signed with a secret.
    async fn send(&self, to: &str, secret: &str, id: &str, body: Vec<u8>) -> Reply {
        let at = self.scene.s.app.now().as_second();
        let secrets = SigningSecrets::parse(&Secret::new(secret)).unwrap();
        let request = Request::post(format!("/connectors/{to}/completions"))
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", at.to_string())
            .header("webhook-signature", sign(&secrets, id, at, &body));
        self.scene.s.app.stranger().send(request, Body::from(body)).await
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_done_goes_on_to_be_proven_and_the_same_message_again_changes_nothing(pool: PgPoolOptions, connect: PgConnectOptions) {
    let awaited = Awaited::set(pool, connect).await;
    awaited.give().await;
    let reply = awaited.send("ledger-hook", SECRET, "done_1", awaited.body(json!({}))).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!((awaited.step().await.as_str(), awaited.state().await.as_str()), ("done", "activated"));
    let again = awaited.send("ledger-hook", SECRET, "done_1", awaited.body(json!({}))).await;
    assert_eq!((again.status, again.text().as_str()), (200, "Taken before."));
    awaited.scene.s.app.drain().await;
    let failure: Option<Value> = awaited.scene.one("select failure from release where id = $1::uuid", &awaited.release).await;
    assert_eq!((awaited.state().await.as_str(), awaited.side.applied(), failure), ("closed", 1, None));
    let late = awaited.send("ledger-hook", SECRET, "done_2", awaited.body(json!({ "outcome": "failed", "detail": "Too late." }))).await;
    assert_eq!((late.status, awaited.state().await.as_str()), (409, "closed"));
    let calls = "select count(*) from release_call where purpose = 'completion' and outcome = 'done' and ended_at is not null";
    assert_eq!(awaited.scene.s.app.count(calls).await, 1);
    assert_eq!(awaited.scene.s.app.count("select count(*) from connector_message").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_failed_is_said_in_the_receivers_words(pool: PgPoolOptions, connect: PgConnectOptions) {
    let awaited = Awaited::set(pool, connect).await;
    let body = awaited.body(json!({ "outcome": "failed", "detail": "The role was withdrawn." }));
    assert_eq!(awaited.send("ledger-hook", SECRET, "failed_1", body).await.status, 200);
    assert_eq!((awaited.step().await.as_str(), awaited.state().await.as_str()), ("failed", "failed"));
    let said: String = awaited.scene.one("select failure ->> 'said' from release where id = $1::uuid", &awaited.release).await;
    assert_eq!(said, "The receiver says that it failed: The role was withdrawn.");
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_else_and_nothing_else_completes_a_step(pool: PgPoolOptions, connect: PgConnectOptions) {
    let awaited = Awaited::set(pool, connect).await;
    let scene = &awaited.scene;
    let others = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    scene.make(&webhook(&[("field.code", "other-hook"), ("secret", others)])).await;
    scene.make(&scim(&[])).await;
    for (to, secret, changes, status) in [
        ("ledger-hook", others, json!({}), 401),
        ("no-such-hook", SECRET, json!({}), 401),
        ("ledger-scim", SECRET, json!({}), 401),
        ("Not%20a%20code", SECRET, json!({}), 404),
        // Another connection, properly signed, with the first one's reference.
        ("other-hook", others, json!({}), 409),
        ("ledger-hook", SECRET, json!({ "reference": "JOB-18" }), 409),
        ("ledger-hook", SECRET, json!({ "operation": "take" }), 409),
        ("ledger-hook", SECRET, json!({ "release": "0190b0f0-0000-7000-8000-0000000000ff" }), 409),
        ("ledger-hook", SECRET, json!({ "version": 2 }), 422),
        ("ledger-hook", SECRET, json!({ "outcome": "failed" }), 422),
        ("ledger-hook", SECRET, json!({ "detail": "x".repeat(17_000) }), 413),
    ] {
        let reply = awaited.send(to, secret, "message_1", awaited.body(changes.clone())).await;
        assert_eq!(reply.status, status, "{to} {changes:.60}: {}", reply.text());
    }
    let bare = scene.s.app.stranger().send(Request::post("/connectors/ledger-hook/completions"), Body::from(awaited.body(json!({})))).await;
    assert_eq!((bare.status, bare.text().contains("webhook-id")), (401, true), "{}", bare.text());
    // Properly signed, but by way of a browser.
    let (at, body) = (scene.s.app.now().as_second(), awaited.body(json!({})));
    let secrets = SigningSecrets::parse(&Secret::new(SECRET)).unwrap();
    let request = Request::post("/connectors/ledger-hook/completions")
        .header("webhook-id", "message_1")
        .header("webhook-timestamp", at.to_string())
        .header("webhook-signature", sign(&secrets, "message_1", at, &body));
    assert_eq!(scene.s.app.sign_in_as(scene.ada).await.send(request, Body::from(body)).await.status, 403);
    assert_eq!(awaited.step().await, "awaited");
    assert_eq!(scene.s.app.count("select count(*) from connector_message").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_completion_that_is_faster_than_its_announcement_is_asked_for_again(pool: PgPoolOptions, connect: PgConnectOptions) {
    let awaited = Awaited::set(pool, connect).await;
    sqlx::query("update release_step set state = 'begun' where release_id = $1::uuid")
        .bind(&awaited.release)
        .execute(&awaited.scene.s.app.owner)
        .await
        .unwrap();
    let early = awaited.send("ledger-hook", SECRET, "done_1", awaited.body(json!({}))).await;
    assert_eq!((early.status, early.header("retry-after")), (503, Some("5")));
    sqlx::query("update release_step set state = 'awaited' where release_id = $1::uuid")
        .bind(&awaited.release)
        .execute(&awaited.scene.s.app.owner)
        .await
        .unwrap();
    assert_eq!(awaited.send("ledger-hook", SECRET, "done_1", awaited.body(json!({}))).await.status, 200);
}

#[sqlx::test(migrations = "../migrations")]
async fn too_many_completions_from_one_address_are_told_to_come_again(pool: PgPoolOptions, connect: PgConnectOptions) {
    let awaited = Awaited::set_with(pool, connect, &[("COMPLETIONS_PER_MINUTE", "3")]).await;
    let there = awaited.scene.s.app.stranger();
    let ask = async |client: &Client, to: &str| {
        client.send(Request::post(format!("/connectors/{to}/completions")), Body::from(awaited.body(json!({})))).await
    };
    for _ in 0..3 {
        assert_eq!(ask(&there, "ledger-hook").await.status, 401);
    }
    let refused = ask(&there, "ledger-hook").await;
    assert_eq!((refused.status, refused.text().as_str()), (429, "Too many at once; send it again."));
    let seconds: i64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=21).contains(&seconds), "{seconds}");
    // Neither another connection nor another address waits for it, nor is it told which connections there are.
    for (client, to, status) in
        [(&there, "other-hook", 401), (&awaited.scene.s.app.stranger(), "ledger-hook", 401), (&there, "Not%20a%20code", 404)]
    {
        assert_eq!(ask(client, to).await.status, status, "{to}");
    }
    awaited.scene.s.app.advance(SignedDuration::from_secs(seconds));
    assert_eq!(ask(&there, "ledger-hook").await.status, 401);
    assert_eq!(awaited.send("ledger-hook", SECRET, "done_1", awaited.body(json!({}))).await.status, 200);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_completion_for_a_release_that_is_being_rolled_back_is_refused_with_a_sentence(pool: PgPoolOptions, connect: PgConnectOptions) {
    let awaited = Awaited::set(pool, connect).await;
    awaited.act("releases/roll_back").await;
    for (id, changes) in [("done_1", json!({})), ("failed_1", json!({ "outcome": "failed", "detail": "It was withdrawn." }))] {
        let reply = awaited.send("ledger-hook", SECRET, id, awaited.body(changes)).await;
        assert_eq!((reply.status, reply.text().contains("does not wait for this any more")), (409, true), "{}", reply.text());
    }
    assert_eq!(awaited.state().await, "undoing");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_completion_is_taken_although_a_gate_is_not_met_meanwhile(pool: PgPoolOptions, connect: PgConnectOptions) {
    let awaited = Awaited::set(pool, connect).await;
    let s = &awaited.scene.s;
    s.app.set_state(s.ana, "suspended").await;
    server::job::resume_releases::run(&s.app.base).await.unwrap();
    s.app.drain().await;
    assert_eq!((awaited.step().await.as_str(), awaited.state().await.as_str()), ("awaited", "gated"));
    assert_eq!(awaited.send("ledger-hook", SECRET, "done_1", awaited.body(json!({}))).await.status, 200);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_failed_after_it_was_announced_is_asked_for_by_another_message(pool: PgPoolOptions, connect: PgConnectOptions) {
    let awaited = Awaited::set(pool, connect).await;
    let key = "select key from release_step where release_id = $1::uuid and operation = 'give'";
    let before: uuid::Uuid = awaited.scene.one(key, &awaited.release).await;
    let body = awaited.body(json!({ "outcome": "failed", "detail": "The role was withdrawn." }));
    assert_eq!(awaited.send("ledger-hook", SECRET, "failed_1", body).await.status, 200);
    assert_ne!(awaited.scene.one::<uuid::Uuid>(key, &awaited.release).await, before);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_done_after_it_was_given_up_is_taken_and_goes_on_to_be_proven(pool: PgPoolOptions, connect: PgConnectOptions) {
    let awaited = Awaited::set(pool, connect).await;
    awaited.give_up().await;
    awaited.give().await;
    let reply = awaited.send("ledger-hook", SECRET, "done_1", awaited.body(json!({}))).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!((awaited.step().await.as_str(), awaited.state().await.as_str()), ("done", "planned"));
    let again = awaited.send("ledger-hook", SECRET, "done_1", awaited.body(json!({}))).await;
    assert_eq!((again.status, again.text().as_str()), (200, "Taken before."));
    awaited.scene.s.app.drain().await;
    assert_eq!((awaited.state().await.as_str(), awaited.side.applied()), ("closed", 1));
    assert_eq!(awaited.done_afterwards().await, (0, 0));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_done_before_somebodys_new_try_began_is_not_asked_for_again(pool: PgPoolOptions, connect: PgConnectOptions) {
    let awaited = Awaited::set(pool, connect).await;
    awaited.give_up().await;
    awaited.act("releases/retry").await;
    awaited.give().await;
    assert_eq!(awaited.send("ledger-hook", SECRET, "done_1", awaited.body(json!({}))).await.status, 200);
    awaited.scene.s.app.drain().await;
    assert_eq!((awaited.state().await.as_str(), awaited.side.applied()), ("closed", 1));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_failed_after_it_was_given_up_is_asked_for_by_another_message(pool: PgPoolOptions, connect: PgConnectOptions) {
    let key = "select key from release_step where release_id = $1::uuid and operation = 'give'";
    let awaited = Awaited::set(pool, connect).await;
    awaited.give_up().await;
    let before: uuid::Uuid = awaited.scene.one(key, &awaited.release).await;
    let failed = json!({ "outcome": "failed", "detail": "The role was withdrawn." });
    assert_eq!(awaited.send("ledger-hook", SECRET, "failed_1", awaited.body(failed)).await.status, 200);
    assert_ne!(awaited.scene.one::<uuid::Uuid>(key, &awaited.release).await, before);
    let said: String = awaited.scene.one("select failure ->> 'said' from release where id = $1::uuid", &awaited.release).await;
    assert_eq!((said.as_str(), awaited.state().await.as_str()), ("The receiver says that it failed: The role was withdrawn.", "failed"));
    // What the receiver has said to have failed is not believed to be done, nor passed over.
    assert_eq!(awaited.send("ledger-hook", SECRET, "done_1", awaited.body(json!({}))).await.status, 409);
    assert_eq!((awaited.step().await.as_str(), awaited.done_afterwards().await.0), ("failed", 1));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_done_while_it_is_being_rolled_back_is_told_once(pool: PgPoolOptions, connect: PgConnectOptions) {
    let awaited = Awaited::set(pool, connect).await;
    awaited.act("releases/roll_back").await;
    let failed = json!({ "outcome": "failed", "detail": "It was withdrawn." });
    assert_eq!(awaited.send("ledger-hook", SECRET, "failed_1", awaited.body(failed)).await.status, 409);
    assert_eq!(awaited.done_afterwards().await, (0, 0), "nothing was done");
    assert_eq!(awaited.send("ledger-hook", SECRET, "done_1", awaited.body(json!({}))).await.status, 409);
    let (events, told) = awaited.done_afterwards().await;
    assert!(events == 1 && told >= 2, "{events} {told}: operators hear of it, and compliance");
    let calls = "select count(*) from release_call where purpose = 'completion' and exchanges -> 0 ->> 'status' = '409'";
    assert_eq!(awaited.scene.s.app.count(calls).await, 1);
    for id in ["done_1", "done_2"] {
        let again = awaited.send("ledger-hook", SECRET, id, awaited.body(json!({}))).await;
        assert_eq!((again.status, awaited.done_afterwards().await), (409, (events, told)), "{id}: {}", again.text());
    }
    assert_eq!((awaited.step().await.as_str(), awaited.state().await.as_str()), ("awaited", "undoing"));
}
