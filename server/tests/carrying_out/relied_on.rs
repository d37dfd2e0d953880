//! What other access rests on: no removal closes it, and no rolling back takes it away.

use super::scene::*;
use connector::memory::Point;

/// Somebody's account in the directory, and what it holds.
pub fn holds(scene: &Scene) -> (connector::Account, Vec<String>) {
    let person = scene.directory.people().into_values().next().unwrap();
    (person.state, person.held().into_iter().collect())
}

async fn kept_words(scene: &Scene, release: &str) -> String {
    scene
        .one(
            "select coalesce(string_agg(body::jsonb ->> 'detail', ' '), '') from audit_event where kind = 'release.step_kept' and subject_id = $1::uuid",
            release,
        )
        .await
}

#[sqlx::test(migrations = "../migrations")]
async fn an_account_is_not_closed_any_more_once_other_access_rests_on_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, removal) = scene.ending().await;
    scene.directory.script(Moment::Apply(Operation::CloseAccount), Trouble::Refuse, 1);
    scene.s.app.drain().await;
    assert!(scene.stands(&removal).await.again, "it is tried again in an hour");
    let viewer = scene.viewer().await;
    let (request, second) = scene.approved_for(viewer).await;
    scene.s.app.drain().await;
    assert_eq!(scene.state(&second).await, "closed");
    scene.wait_and_drain().await;
    assert_eq!(scene.state(&removal).await, "closed");
    assert_eq!(scene.calls(&removal, Moment::Apply(Operation::CloseAccount)), 1, "the refused call, and none after it");
    assert_eq!(holds(&scene), (connector::Account::Active, vec!["Ledger Viewer".to_owned()]));
    let number: String = scene.one("select number from request where id = $1::uuid", &request).await;
    let words = format!("Close the account: {number} gives access that rests on it, so the account stays as it is.");
    assert_eq!(kept_words(&scene, &removal).await, words);
    let page = scene.page(&removal).await;
    assert!(page.says("Kept for other access") && page.says(&words), "{}", page.text());
}

#[sqlx::test(migrations = "../migrations")]
async fn an_account_is_not_closed_while_other_access_is_being_given(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, removal) = scene.ending().await;
    scene.directory.script(Moment::Apply(Operation::CloseAccount), Trouble::Refuse, 1);
    scene.s.app.drain().await;
    let second = being_given(&scene).await;
    scene.wait_and_drain().await;
    let number: String = scene.one("select number from release where id = $1::uuid", &second).await;
    assert_eq!((scene.state(&removal).await.as_str(), kept_words(&scene, &removal).await.contains(&number)), ("closed", true));
    scene.directory.recover();
    scene.wait_and_drain().await;
    assert_eq!(scene.state(&second).await, "closed");
    assert_eq!(holds(&scene), (connector::Account::Active, vec!["Ledger Viewer".to_owned()]));
}

/// Other access of Ana that the directory does not give for now.
async fn being_given(scene: &Scene) -> String {
    let viewer = scene.viewer().await;
    let (_, release) = scene.approved_for(viewer).await;
    scene.directory.script(Moment::Apply(Operation::Give), Trouble::Fail, u32::MAX);
    scene.s.app.drain().await;
    assert!(scene.stands(&release).await.again, "it is tried again");
    release
}

#[sqlx::test(migrations = "../migrations")]
async fn an_account_that_was_kept_for_access_which_comes_to_nothing_is_closed_with_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, removal) = scene.ending().await;
    scene.directory.script(Moment::Apply(Operation::CloseAccount), Trouble::Refuse, 1);
    scene.s.app.drain().await;
    let second = being_given(&scene).await;
    scene.wait_and_drain().await;
    assert_eq!((scene.state(&removal).await.as_str(), holds(&scene)), ("closed", (connector::Account::Active, vec![])));
    assert!(scene.act(scene.s.pia, "releases/roll_back", &second, &[("reason", "Not needed any more.")]).await.status < 400);
    scene.s.app.drain().await;
    assert_eq!((scene.state(&second).await.as_str(), holds(&scene)), ("rolled_back", (connector::Account::Inactive, vec![])));
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_is_kept_for_access_that_waits_for_a_person(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, removal) = scene.ending().await;
    scene.directory.script(Moment::Apply(Operation::CloseAccount), Trouble::Refuse, 1);
    scene.s.app.drain().await;
    let viewer = scene.viewer().await;
    let (_, second) = scene.approved_for(viewer).await;
    scene.directory.script(Moment::Apply(Operation::Give), Trouble::Refuse, 1);
    scene.s.app.drain().await;
    assert!(!scene.stands(&second).await.again, "it waits for a person");
    scene.wait_and_drain().await;
    assert_eq!((scene.state(&removal).await.as_str(), holds(&scene)), ("closed", (connector::Account::Inactive, vec![])));
    // Whoever has it tried again has the account brought back as well, and it goes with that.
    scene.directory.script(Moment::Apply(Operation::Give), Trouble::Refuse, 1);
    assert!(scene.act(scene.s.pia, "releases/retry", &second, &[]).await.status < 400);
    scene.s.app.drain().await;
    assert_eq!((scene.state(&second).await.as_str(), holds(&scene)), ("failed", (connector::Account::Active, vec![])));
    assert!(scene.act(scene.s.pia, "releases/roll_back", &second, &[("reason", "The wrong role.")]).await.status < 400);
    scene.s.app.drain().await;
    assert_eq!((scene.state(&second).await.as_str(), holds(&scene)), ("rolled_back", (connector::Account::Inactive, vec![])));
    assert!(scene.act(scene.s.pia, "releases/retry", &second, &[]).await.status < 400);
    scene.s.app.drain().await;
    assert_eq!(scene.state(&second).await, "closed");
    assert_eq!(holds(&scene), (connector::Account::Active, vec!["Ledger Viewer".to_owned()]));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_account_that_was_closed_and_made_ready_again_for_other_access_stays_open(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, removal) = scene.ending().await;
    scene.directory.script(Moment::ReadBack, Trouble::Fail, 1);
    scene.s.app.drain().await;
    assert_eq!(scene.effects(&removal, Moment::Apply(Operation::CloseAccount)), 1);
    let viewer = scene.viewer().await;
    let (_, second) = scene.approved_for(viewer).await;
    scene.s.app.drain().await;
    assert_eq!(scene.state(&second).await, "closed");
    scene.wait_and_drain().await;
    assert_eq!(scene.state(&removal).await, "closed");
    assert_eq!(scene.effects(&removal, Moment::Apply(Operation::CloseAccount)), 1);
    assert_eq!(holds(&scene), (connector::Account::Active, vec!["Ledger Viewer".to_owned()]));
}

#[sqlx::test(migrations = "../migrations")]
async fn rolling_back_leaves_the_entitlement_that_another_grant_gives(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, first) = scene.approved().await;
    scene.directory.script(Moment::ReadBack, Trouble::Refuse, 1);
    scene.s.app.drain().await;
    assert_eq!((scene.state(&first).await.as_str(), scene.ana_reads()), ("failed", true));
    // The same once more, from the day on which the first would have ended.
    let days = [("starts_on", "2026-12-22"), ("ends_on", "2027-01-10")];
    let reply = scene.s.try_submit(scene.s.ana, scene.s.read, &days).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    let request = scene.s.newest().await;
    scene.s.approve(scene.s.mona, &request).await;
    let second = scene.s.open_release(&request).await;
    scene.s.app.clock.set("2026-12-22T00:00:01Z".parse().unwrap());
    scene.s.app.drain().await;
    assert_eq!(scene.state(&second).await, "closed");
    assert!(scene.act(scene.s.pia, "releases/roll_back", &first, &[("reason", "Its days are over.")]).await.status < 400);
    scene.s.app.drain().await;
    assert_eq!(scene.state(&first).await, "rolled_back");
    assert!(scene.ana_reads(), "the other request still gives it");
    for operation in [Operation::Give, Operation::ReadyAccount] {
        assert_eq!(scene.calls(&first, Moment::Undo(operation)), 0, "{operation:?}");
    }
    assert!(scene.page(&first).await.says("it stays there"));
}

#[sqlx::test(migrations = "../migrations")]
async fn rolling_back_leaves_the_account_on_which_other_access_rests(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, first) = scene.approved().await;
    scene.directory.script(Moment::ReadBack, Trouble::Refuse, 1);
    scene.s.app.drain().await;
    let viewer = scene.viewer().await;
    let (_, second) = scene.approved_for(viewer).await;
    scene.s.app.drain().await;
    assert_eq!(scene.state(&second).await, "closed");
    assert!(scene.act(scene.s.pia, "releases/roll_back", &first, &[("reason", "The wrong role.")]).await.status < 400);
    scene.s.app.drain().await;
    assert_eq!(scene.state(&first).await, "rolled_back", "{:?}", scene.stands(&first).await);
    assert_eq!((scene.calls(&first, Moment::Undo(Operation::Give)), scene.calls(&first, Moment::Undo(Operation::ReadyAccount))), (1, 0));
    assert_eq!(holds(&scene), (connector::Account::Active, vec!["Ledger Viewer".to_owned()]));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_handed_over_during_a_reading_is_undone_with_the_access_it_was_for(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::patient(pool, connect).await;
    let (_, first) = scene.approved().await;
    scene.directory.script(Moment::ReadBack, Trouble::Refuse, 1);
    scene.s.app.drain().await;
    // The second one found the account of the first, gave nothing, and is being read.
    let viewer = scene.viewer().await;
    let (_, second) = scene.approved_for(viewer).await;
    scene.directory.script(Moment::Apply(Operation::Give), Trouble::SaysDoneButNot, 1);
    let id: domain::id::ReleaseId = second.parse().unwrap();
    let mut reading = scene.directory.hold(Moment::ReadBack, Some(id.0), Point::AfterEffect);
    let base = scene.s.app.base.clone();
    let worker = tokio::spawn(async move { server::usecase::carrying_out::advance(&base, id).await });
    assert!(reading.reached().await);
    assert!(scene.act(scene.s.pia, "releases/roll_back", &first, &[("reason", "The wrong role.")]).await.status < 400);
    server::usecase::carrying_out::advance(&scene.s.app.base, first.parse().unwrap()).await.unwrap();
    assert_eq!(scene.state(&first).await, "rolled_back");
    reading.release();
    worker.await.unwrap().unwrap();
    assert_eq!(scene.state(&second).await, "failed");
    let account = "select state || ' ' || was_there::text from release_step where release_id = $1::uuid and operation = 'ready_account'";
    assert_eq!(scene.one::<String>(account, &second).await, "failed false", "it is its own by now");
    assert!(scene.act(scene.s.pia, "releases/roll_back", &second, &[("reason", "Not needed any more.")]).await.status < 400);
    scene.s.app.drain().await;
    assert_eq!(scene.state(&second).await, "rolled_back");
    assert!(scene.directory.people().is_empty(), "there was no account before the first of them");
}

/// Another entitlement that is the same thing over there as the reader.
pub async fn alias_of_the_reader(scene: &Scene) -> domain::id::EntitlementId {
    let alias = scene.viewer().await;
    sqlx::query("update entitlement_version set reference = 'Ledger Reader' where entitlement_id = $1")
        .bind(alias.0)
        .execute(&scene.s.app.owner)
        .await
        .unwrap();
    alias
}

#[sqlx::test(migrations = "../migrations")]
async fn what_failed_before_it_changed_anything_keeps_nothing_that_is_rolled_back(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, first) = scene.approved().await;
    scene.directory.script(Moment::ReadBack, Trouble::Refuse, 1);
    scene.s.app.drain().await;
    let alias = alias_of_the_reader(&scene).await;
    let (_, second) = scene.approved_for(alias).await;
    scene.directory.script(Moment::ReadBack, Trouble::Fail, 1);
    scene.s.app.drain().await;
    assert!(scene.stands(&second).await.again, "it found everything there");
    assert!(scene.act(scene.s.pia, "releases/roll_back", &first, &[("reason", "The wrong role.")]).await.status < 400);
    scene.s.app.drain().await;
    assert_eq!((scene.state(&first).await.as_str(), scene.ana_reads()), ("rolled_back", false));
    scene.drain_at_next_try(&second).await;
    assert_eq!((scene.state(&second).await.as_str(), scene.ana_reads()), ("closed", true), "it gives for itself");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_entitlement_that_was_kept_for_access_which_comes_to_nothing_is_taken_back_with_it(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let scene = Scene::patient(pool, connect).await;
    let (_, first) = scene.approved().await;
    scene.directory.script(Moment::ReadBack, Trouble::Refuse, 1);
    scene.s.app.drain().await;
    // Another entitlement is the same thing over there; its release found it there and is being read.
    let alias = alias_of_the_reader(&scene).await;
    let (_, second) = scene.approved_for(alias).await;
    let id: domain::id::ReleaseId = second.parse().unwrap();
    scene.directory.script(Moment::ReadBack, Trouble::Fail, 1);
    let mut reading = scene.directory.hold(Moment::ReadBack, Some(id.0), Point::BeforeEffect);
    let base = scene.s.app.base.clone();
    let worker = tokio::spawn(async move { server::usecase::carrying_out::advance(&base, id).await });
    assert!(reading.reached().await);
    assert!(scene.act(scene.s.pia, "releases/roll_back", &first, &[("reason", "The wrong role.")]).await.status < 400);
    server::usecase::carrying_out::advance(&scene.s.app.base, first.parse().unwrap()).await.unwrap();
    assert_eq!((scene.state(&first).await.as_str(), scene.ana_reads()), ("rolled_back", true), "the second one needs it");
    reading.release();
    worker.await.unwrap().unwrap();
    assert!(scene.stands(&second).await.again);
    assert!(scene.act(scene.s.pia, "releases/roll_back", &second, &[("reason", "Not needed any more.")]).await.status < 400);
    scene.s.app.drain().await;
    assert_eq!(scene.state(&second).await, "rolled_back");
    assert!(scene.directory.people().is_empty(), "there was no account before the first of them");
}

#[sqlx::test(migrations = "../migrations")]
async fn one_thing_over_there_is_not_given_and_taken_at_once_under_two_names(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::patient(pool, connect).await;
    // Other access keeps the account.
    let keeper = scene.s.app.entitlement(scene.s.ledger, "Ledger Keeper", "standard").await;
    scene.approved_for(keeper).await;
    scene.s.app.drain().await;
    let alias = alias_of_the_reader(&scene).await;
    let (_, removal) = scene.ending().await;
    let id: domain::id::ReleaseId = removal.parse().unwrap();
    let mut planning = scene.directory.hold(Moment::Plan, Some(id.0), Point::AfterEffect);
    let base = scene.s.app.base.clone();
    let worker = tokio::spawn(async move { server::usecase::carrying_out::advance(&base, id).await });
    assert!(planning.reached().await);
    let (_, second) = scene.approved_for(alias).await;
    server::usecase::carrying_out::advance(&scene.s.app.base, second.parse().unwrap()).await.unwrap();
    assert_eq!((scene.state(&second).await.as_str(), scene.calls(&second, Moment::Plan)), ("planned", 0));
    planning.release();
    worker.await.unwrap().unwrap();
    scene.wait_and_drain().await;
    assert_eq!((scene.state(&removal).await.as_str(), scene.state(&second).await.as_str()), ("closed", "closed"));
    assert!(scene.ana_reads(), "what was given last is there");
}
