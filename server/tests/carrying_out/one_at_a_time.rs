//! What gives and what takes the same is never under way at once, by machine or by hand; and what has to go
//! waits for nothing that may never end.

use super::line::taken;
use super::relied_on::{alias_of_the_reader, holds};
use super::scene::*;

async fn number(scene: &Scene, release: &str) -> String {
    scene.one("select number from release where id = $1::uuid", release).await
}

/// An operator confirms that they carried a release out by hand.
async fn confirmed(scene: &Scene, who: IdentityId, release: &str) -> Reply {
    let seen = scene.s.call(scene.s.pol, "releases/show", &[("release", release)]).await.json();
    let (version, key) = (seen["version"].to_string(), uuid());
    let shown_as = seen["by_hand"]["shown_as"].as_str().unwrap_or_default().to_owned();
    let fields = [("release", release), ("version", &version), ("shown_as", &shown_as), ("key", &key), ("evidence", "Done.")];
    scene.s.call(who, "releases/execute", &fields).await
}

/// People serve the ledger, and Ana has the reader from them.
async fn served_by_people(scene: &Scene) -> String {
    scene.s.app.connect(scene.s.ledger, "desk", "manual", &json!({ "second_look": [] }), None).await;
    let (request, release) = scene.approved().await;
    assert!(confirmed(scene, scene.s.pia, &release).await.status < 400);
    assert_eq!(scene.state(&release).await, "closed");
    request
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_takes_away_by_hand_what_people_gave_and_nobody_has_looked_at(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let request = served_by_people(&scene).await;
    sqlx::query("update connection set settings = '{\"second_look\": [\"standard\"]}' where code = 'desk'")
        .execute(&scene.s.app.owner)
        .await
        .unwrap();
    sqlx::query("update connection_version set settings = '{\"second_look\": [\"standard\"]}'").execute(&scene.s.app.owner).await.unwrap();
    let alias = alias_of_the_reader(&scene).await;
    let (_, second) = scene.approved_for(alias).await;
    assert!(confirmed(&scene, scene.s.pia, &second).await.status < 400);
    assert_eq!(scene.state(&second).await, "activated", "it waits for a second look");
    let removal = taken(&scene, &request).await;
    let waits = format!("Waits for {}.", number(&scene, &second).await);
    let page = scene.page(&removal).await;
    assert!(page.says(&waits) && !page.has_form("/api/releases/claim", ""), "{}", page.text());
    assert_eq!(scene.s.call(scene.s.pol, "releases/claim", &[("release", &removal)]).await.status, 409);
    assert_eq!(confirmed(&scene, scene.s.pol, &removal).await.status, 409);
    assert_eq!(scene.state(&removal).await, "planned");
    let look = [("there", "false"), ("said", "It is not there.")];
    assert!(scene.act(scene.s.pol, "releases/look", &second, &look).await.status < 400);
    assert!(!scene.page(&removal).await.says(&waits));
    assert_eq!(scene.s.call(scene.s.pol, "releases/claim", &[("release", &removal)]).await.status, 200);
    // Now that it is in hand, nobody gives the same beside it, and it does not close by itself.
    assert_eq!(confirmed(&scene, scene.s.pia, &second).await.status, 409);
    assert!(confirmed(&scene, scene.s.pol, &removal).await.status < 400);
    assert_eq!(scene.state(&removal).await, "activated");
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_gives_by_hand_what_a_machine_is_taking(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, removal) = scene.ending().await;
    scene.directory.script(Moment::Apply(Operation::Take), Trouble::DoneButSaysFailed, 1);
    scene.s.app.drain().await;
    assert_eq!(scene.state(&removal).await, "failed");
    scene.s.app.connect(scene.s.ledger, "desk", "manual", &json!({ "second_look": [] }), None).await;
    let alias = alias_of_the_reader(&scene).await;
    let (_, second) = scene.approved_for(alias).await;
    assert!(scene.page(&second).await.says(&format!("Waits for {}.", number(&scene, &removal).await)));
    assert_eq!(confirmed(&scene, scene.s.pia, &second).await.status, 409);
    scene.wait_and_drain().await;
    assert_eq!(scene.state(&removal).await, "closed");
    assert!(confirmed(&scene, scene.s.pia, &second).await.status < 400);
    assert_eq!(scene.state(&second).await, "closed");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_asked_for_and_may_be_taken_late_is_not_given_before_that_is_over(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, removal) = scene.ending().await;
    scene.directory.script(Moment::Apply(Operation::Take), Trouble::DoneButSaysFailed, 1);
    scene.s.app.drain().await;
    assert_eq!((scene.state(&removal).await.as_str(), scene.ana_reads()), ("failed", false));
    let alias = alias_of_the_reader(&scene).await;
    let (_, second) = scene.approved_for(alias).await;
    scene.s.app.drain().await;
    assert_eq!((scene.state(&second).await.as_str(), scene.calls(&second, Moment::Plan)), ("planned", 0));
    // Whichever of the two looks first.
    scene.wait_and_drain().await;
    scene.wait_and_drain().await;
    assert_eq!((scene.state(&removal).await.as_str(), scene.state(&second).await.as_str()), ("closed", "closed"));
    assert!(scene.ana_reads(), "what was given last is there");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_removal_waits_for_no_undoing_that_does_not_end(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    scene.approved().await;
    scene.s.app.drain().await;
    let alias = alias_of_the_reader(&scene).await;
    let (_, second) = scene.approved_for(alias).await;
    scene.directory.script(Moment::ReadBack, Trouble::Refuse, 1);
    scene.s.app.drain().await;
    assert_eq!(scene.state(&second).await, "failed");
    // It found everything there; that it did something itself is what makes undoing fail.
    sqlx::query("update release_step set was_there = false, state = 'done', began_at = now(), ended_at = now() where release_id = $1::uuid and operation = 'give'")
        .bind(&second)
        .execute(&scene.s.app.owner)
        .await
        .unwrap();
    scene.directory.script(Moment::Undo(Operation::Give), Trouble::Refuse, u32::MAX);
    scene.s.app.set_state(scene.s.ana, "suspended").await;
    server::job::run_due(&scene.s.app.base).await.unwrap();
    scene.wait_and_drain().await;
    assert_eq!(scene.state(&second).await, "undoing");
    assert_eq!(holds(&scene).1, Vec::<String>::new(), "the removal went on");
    let filters: Vec<String> =
        scene.one("select release_filters(l, l.subject_id, now()) from release l where id = $1::uuid", &second).await;
    assert!(filters.contains(&"needs_person".to_owned()) && filters.contains(&"failed".to_owned()), "{filters:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_removal_for_which_nobody_can_ask_the_machine_is_proven_by_two_people(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (request, removal) = scene.ending().await;
    scene.directory.script(Moment::Plan, Trouble::Refuse, u32::MAX);
    scene.s.app.drain().await;
    assert_eq!(scene.state(&removal).await, "failed");
    let filters: Vec<String> =
        scene.one("select release_filters(l, l.subject_id, now()) from release l where id = $1::uuid", &removal).await;
    assert!(filters.contains(&"needs_person".to_owned()), "{filters:?}");
    let reason = [("reason", "The machine is switched off; its disks were destroyed, see record 4713.")];
    assert!(scene.act(scene.s.pia, "releases/propose_skip", &removal, &reason).await.status < 400);
    assert!(scene.act(scene.s.pol, "releases/answer_skip", &removal, &[("confirm", "true")]).await.status < 400);
    assert_eq!(scene.state(&removal).await, "closed");
    assert_eq!(scene.one::<String>("select state from access_grant where request_id = $1::uuid", &request).await, "ended");
    // What they said stands beside what was planned.
    let said =
        "select planned_entitlements = '[]' and actual_entitlements = '[]' and found_said_by is not null from release where id = $1::uuid";
    assert!(scene.one::<bool>(said, &removal).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_never_begun_is_rolled_back_whoever_serves_the_application_by_then(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, release) = scene.approved().await;
    scene.directory.script(Moment::Plan, Trouble::Refuse, 1);
    scene.s.app.drain().await;
    assert!(scene.act(scene.s.pia, "releases/roll_back", &release, &[("reason", "The wrong role.")]).await.status < 400);
    scene.s.app.connect(scene.s.ledger, "desk", "manual", &json!({}), None).await;
    scene.s.app.drain().await;
    assert_eq!(scene.state(&release).await, "rolled_back");
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_is_given_to_an_account_that_may_be_closed_late(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, removal) = scene.ending().await;
    scene.directory.script(Moment::Apply(Operation::CloseAccount), Trouble::Fail, 1);
    scene.s.app.drain().await;
    assert_eq!(scene.state(&removal).await, "failed");
    let viewer = scene.viewer().await;
    let (_, second) = scene.approved_for(viewer).await;
    scene.s.app.drain().await;
    assert_eq!((scene.state(&second).await.as_str(), scene.calls(&second, Moment::Plan)), ("planned", 0));
    scene.wait_and_drain().await;
    scene.wait_and_drain().await;
    assert_eq!((scene.state(&removal).await.as_str(), scene.state(&second).await.as_str()), ("closed", "closed"));
    assert_eq!(holds(&scene), (connector::Account::Active, vec!["Ledger Viewer".to_owned()]));
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_takes_on_what_other_access_keeps_and_it_closes_by_itself(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let request = served_by_people(&scene).await;
    let alias = alias_of_the_reader(&scene).await;
    let (_, second) = scene.approved_for(alias).await;
    let grant: uuid::Uuid = scene.one("select id from access_grant where request_id = $1::uuid", &request).await;
    assert!(scene.s.call(scene.s.ana, "grants/give_back", &[("grant", &grant.to_string())]).await.status < 400);
    let removal: uuid::Uuid = scene.one("select id from release where request_id = $1::uuid and kind = 'remove'", &request).await;
    let removal = removal.to_string();
    assert!(confirmed(&scene, scene.s.pia, &second).await.status < 400);
    assert_eq!(scene.s.call(scene.s.pol, "releases/claim", &[("release", &removal)]).await.status, 409);
    server::job::end_grants::run(&scene.s.app.base).await.unwrap();
    assert_eq!(scene.state(&removal).await, "closed");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_machine_carries_out_and_is_held_is_not_said_to_go_on_by_itself(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, removal) = scene.ending().await;
    scene.directory.script(Moment::Apply(Operation::Take), Trouble::DoneButSaysFailed, 1);
    scene.s.app.drain().await;
    let alias = alias_of_the_reader(&scene).await;
    let (_, second) = scene.approved_for(alias).await;
    let waits = format!("Waits for {}.", number(&scene, &removal).await);
    assert!(scene.page(&second).await.says(&waits));
    sqlx::query("update release set state = 'held', held_reasons = '[\"a gate\"]' where id = $1::uuid")
        .bind(&second)
        .execute(&scene.s.app.owner)
        .await
        .unwrap();
    assert!(!scene.page(&second).await.says(&waits));
}
