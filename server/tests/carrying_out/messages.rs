//! Releases that a receiver of signed messages carries out: answers that do not come, answers that are
//! not true, and settings that change meanwhile.

use super::receiver::{Manner, Receiver};
use super::scene::*;
use axum::body::Body;
use axum::http::Request;
use connector::webhook::signing::{SigningSecrets, sign};
use connector::{Breaker, Secret};
use domain::connection::ConnectorKind;
use domain::id::ConnectionId;
use jiff_sqlx::ToSqlx as _;
use server::store::connection_records::{self, NewVersion};
use server::usecase::carrying_out::{Progress, advance};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER_SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// The ledger served by a receiver.
async fn served(pool: PgPoolOptions, connect: PgConnectOptions) -> (Scene, Receiver, ConnectionId) {
    let scene = Scene::set(pool, connect).await;
    let receiver = Receiver::start(SECRET).await;
    let id = scene.s.app.connect(scene.s.ledger, "hook", "webhook", &receiver.settings(), Some(SECRET)).await;
    (scene, receiver, id)
}

/// Puts the next version of the connection in force, with a secret of its own.
async fn change(scene: &Scene, id: ConnectionId, to: &serde_json::Value, secret: &str) {
    let mut conn = scene.s.app.pool.acquire().await.unwrap();
    let version = server::store::connections::newest_version(&mut conn, id).await.unwrap() + 1;
    let ring = scene.s.app.base.machines.ring().unwrap();
    let sealed = ring.seal(id.0, &Secret::new(secret), scene.s.app.system.random()).unwrap();
    let machine = connection_records::find(&mut conn, id, false).await.unwrap().unwrap().machine;
    let new = NewVersion {
        id,
        version,
        machine,
        name: "Hook",
        kind: ConnectorKind::Webhook,
        settings: to,
        secret: Some(&sealed),
        reason: "It moved.",
        by: scene.s.pia,
        confirmed_by: None,
        now: scene.s.app.now(),
    };
    connection_records::update(&mut conn, &new).await.unwrap();
}

async fn told(scene: &Scene, release: &str) -> i64 {
    scene.one("select count(*) from notification where kind = 'held' and href = '/releases/' || $1", release).await
}

/// The receiver says that it did what it had taken on; gives our answer.
async fn done(scene: &Scene, release: &str, operation: &str, message: &str) -> u16 {
    let announced = "select reference from release_step where release_id = $1::uuid and reference is not null";
    let reference: String = scene.one(announced, release).await;
    let body = json!({ "version": 1, "reference": reference, "release": release, "operation": operation, "outcome": "done" });
    let (body, at) = (body.to_string().into_bytes(), scene.s.app.now().as_second());
    let secrets = SigningSecrets::parse(&Secret::new(SECRET)).unwrap();
    let request = Request::post("/connectors/hook/completions")
        .header("content-type", "application/json")
        .header("webhook-id", message)
        .header("webhook-timestamp", at.to_string())
        .header("webhook-signature", sign(&secrets, message, at, &body));
    scene.s.app.stranger().send(request, Body::from(body)).await.status
}

#[sqlx::test(migrations = "../migrations")]
async fn a_removal_that_is_done_in_the_hour_after_it_was_given_up_is_proven_and_not_asked_for_again(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let (scene, receiver, _) = served(pool, connect).await;
    let (_, removal) = scene.ending().await;
    receiver.behave(Manner::Later);
    scene.s.app.drain().await;
    scene.s.app.advance(SignedDuration::from_hours(24));
    scene.s.app.drain().await;
    assert!(scene.stands(&removal).await.again, "given up, and tried again in an hour");
    let asked = receiver.applied().len();
    receiver.turn("Ledger Reader", false);
    assert_eq!(done(&scene, &removal, "take", "done_1").await, 200);
    scene.s.app.drain().await;
    assert_eq!((scene.state(&removal).await.as_str(), receiver.applied().len()), ("closed", asked));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_done_after_it_was_rolled_back_is_told_and_put_on_record(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (scene, receiver, _) = served(pool, connect).await;
    let (_, release) = scene.approved().await;
    receiver.behave(Manner::Later);
    scene.s.app.drain().await;
    receiver.behave(Manner::Does);
    assert!(scene.act(scene.s.pia, "releases/roll_back", &release, &[("reason", "Not needed.")]).await.status < 400);
    scene.s.app.drain().await;
    let before = told(&scene, &release).await;
    assert_eq!((scene.state(&release).await.as_str(), receiver.holds("Ledger Reader")), ("rolled_back", false));
    receiver.turn("Ledger Reader", true);
    assert_eq!(done(&scene, &release, "give", "done_1").await, 409);
    let events = "select count(*) from audit_event where kind = 'release.done_afterwards' and subject_id = $1::uuid";
    assert_eq!(scene.one::<i64>(events, &release).await, 1);
    assert!(told(&scene, &release).await >= before + 2, "operators hear of it, and the owner");
    let page = scene.page(&release).await.page;
    assert!(page.contains("does not wait for this any more. It stands at: Rolled back."), "{page}");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_said_to_be_done_and_is_not_is_asked_for_anew(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (scene, receiver, _) = served(pool, connect).await;
    let (_, release) = scene.approved().await;
    receiver.behave(Manner::SaysSo);
    scene.s.app.drain().await;
    let said = "The machine says that it is done, but the access is not there.";
    assert_eq!((scene.state(&release).await.as_str(), scene.stands(&release).await.said.as_deref()), ("failed", Some(said)));
    receiver.behave(Manner::Does);
    scene.wait_and_drain().await;
    assert_eq!(scene.state(&release).await, "closed");
    let ids = receiver.applied();
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1], "the receiver remembers what it answered to the first");
    assert!(receiver.holds("Ledger Reader"));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_nobody_knows_the_end_of_is_asked_for_with_the_same_key(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (scene, receiver, _) = served(pool, connect).await;
    let (_, release) = scene.approved().await;
    receiver.behave(Manner::Fails);
    scene.s.app.drain().await;
    assert!(scene.act(scene.s.pia, "releases/retry", &release, &[]).await.status < 400);
    scene.s.app.drain().await;
    receiver.behave(Manner::Does);
    scene.wait_and_drain().await;
    let ids: std::collections::BTreeSet<String> = receiver.applied().into_iter().collect();
    assert_eq!((scene.state(&release).await.as_str(), ids.len(), receiver.applied().len()), ("closed", 1, 3));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_removal_whose_answer_never_comes_is_said_aloud_and_tried_again(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (scene, receiver, _) = served(pool, connect).await;
    let (_, removal) = scene.ending().await;
    receiver.behave(Manner::Later);
    scene.s.app.drain().await;
    let evaluations = "select count(*) from gate_evaluation";
    let before = scene.s.app.count(evaluations).await;
    scene.s.app.advance(SignedDuration::from_hours(23));
    // While it is awaited there is nothing to look at, and no gate is asked for it.
    assert_eq!(server::job::resume_releases::run(&scene.s.app.base).await.unwrap().changed, 0);
    let Progress::At(until) = advance(&scene.s.app.base, removal.parse().unwrap()).await.unwrap() else { panic!("it rests") };
    assert!(until > scene.s.app.now());
    assert_eq!((scene.s.app.count(evaluations).await, told(&scene, &removal).await), (before, 0));
    scene.s.app.advance(SignedDuration::from_hours(1));
    scene.s.app.drain().await;
    let stands = scene.stands(&removal).await;
    assert_eq!((stands.state.as_str(), stands.again), ("failed", true));
    assert!(told(&scene, &removal).await >= 2, "operators hear of it, and the owner");
    assert_eq!(scene.one::<i32>("select tries from release where id = $1::uuid", &removal).await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_release_that_waits_for_an_answer_asks_no_gate_and_no_breaker(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (scene, receiver, _) = served(pool, connect).await;
    let (_, release) = scene.approved().await;
    receiver.behave(Manner::Later);
    scene.s.app.drain().await;
    let evaluations = "select count(*) from gate_evaluation";
    let before = scene.s.app.count(evaluations).await;
    scene.s.app.set_state(scene.s.ana, "suspended").await;
    assert!(matches!(advance(&scene.s.app.base, release.parse().unwrap()).await.unwrap(), Progress::At(_)));
    assert_eq!((scene.state(&release).await.as_str(), scene.s.app.count(evaluations).await), ("gated", before));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_new_secret_is_never_sent_to_the_address_before_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (scene, old, id) = served(pool, connect).await;
    let (_, release) = scene.approved().await;
    old.behave(Manner::Fails);
    scene.s.app.drain().await;
    assert!(scene.stands(&release).await.again, "begun, so it goes on with these settings");
    let new = Receiver::start(OTHER_SECRET).await;
    change(&scene, id, &new.settings(), OTHER_SECRET).await;
    let asked = old.asked();
    scene.wait_and_drain().await;
    let stands = scene.stands(&release).await;
    assert_eq!((stands.state.as_str(), stands.again, old.asked(), new.asked()), ("failed", false, asked, 0));
    assert!(stands.said.as_deref().is_some_and(|said| said.contains("entered for another address")), "{stands:?}");
    // Somebody who has it tried again takes the settings of now.
    assert!(scene.act(scene.s.pia, "releases/retry", &release, &[]).await.status < 400);
    scene.s.app.drain().await;
    assert_eq!((scene.state(&release).await.as_str(), old.asked(), new.holds("Ledger Reader")), ("closed", asked, true));
    let detail: String = scene
        .one("select body::jsonb ->> 'detail' from audit_event where kind = 'release.retried' and subject_id = $1::uuid", &release)
        .await;
    assert_eq!(detail, "with version 2 of the settings, begun with version 1");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_secret_that_is_replaced_at_the_same_address_is_used_by_what_is_under_way(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (scene, receiver, id) = served(pool, connect).await;
    let (_, release) = scene.approved().await;
    receiver.behave(Manner::Fails);
    scene.s.app.drain().await;
    change(&scene, id, &receiver.settings(), &format!("{OTHER_SECRET} {SECRET}")).await;
    receiver.behave(Manner::Does);
    scene.wait_and_drain().await;
    assert_eq!((scene.state(&release).await.as_str(), receiver.holds("Ledger Reader")), ("closed", true));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_not_begun_takes_the_settings_of_now_by_itself(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (scene, _, id) = served(pool, connect).await;
    let right = Receiver::start(SECRET).await;
    let mut mistyped = right.settings();
    mistyped["url"] = json!(right.url.replace("/access", "/acces"));
    change(&scene, id, &mistyped, SECRET).await;
    let (_, release) = scene.approved().await;
    scene.s.app.drain().await;
    assert_eq!(scene.state(&release).await, "failed", "404 when it is asked what is there");
    change(&scene, id, &right.settings(), SECRET).await;
    assert!(scene.act(scene.s.pia, "releases/retry", &release, &[]).await.status < 400);
    scene.s.app.drain().await;
    assert_eq!((scene.state(&release).await.as_str(), right.holds("Ledger Reader")), ("closed", true));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_went_no_further_than_our_own_house_says_nothing_of_the_machine(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (scene, receiver, id) = served(pool, connect).await;
    let app = &scene.s.app;
    let (_, release) = scene.approved().await;
    // It has rested until now.
    let rested = || json!(Breaker::Open { since: app.now(), until: app.now(), rests: 3 });
    sqlx::query("insert into connection_health (connection_id, breaker, changed_at) values ($1, $2, $3)")
        .bind(id.0)
        .bind(rested())
        .bind(app.now().to_sqlx())
        .execute(&app.owner)
        .await
        .unwrap();
    let health = "select jsonb_build_array(breaker, last_well_at is null, last_failed_at is null) from connection_health where connection_id = $1::uuid";
    let id = id.to_string();
    let elsewhere = [("not_allowed", app.with_keys(KEY, false)), ("misconfigured", app.with_keys(OTHER_KEY, true))];
    for (outcome, server) in elsewhere {
        advance(&server.base, release.parse().unwrap()).await.unwrap();
        let calls = "select outcome from release_call where release_id = $1::uuid order by began_at desc, id desc limit 1";
        assert_eq!(scene.one::<String>(calls, &release).await, outcome);
        assert_eq!(
            scene.one::<serde_json::Value>(health, &id).await,
            json!([rested(), true, true]),
            "{outcome}: whoever comes next tries it"
        );
        assert!(scene.act(scene.s.pia, "releases/retry", &release, &[]).await.status < 400);
    }
    assert_eq!(receiver.asked(), 0);
    app.drain().await;
    assert_eq!(scene.state(&release).await, "closed");
    assert_eq!(scene.one::<serde_json::Value>(health, &id).await, json!([Breaker::default(), false, true]));
}
