//! What people gave and nobody has looked at yet: what a machine would take away below it waits for the look.

use super::relied_on::{alias_of_the_reader, holds};
use super::scene::*;
use connector::Account::{Active, Inactive};
use domain::id::EntitlementId;

/// People serve the ledger from now on, and one of them gave Ana something that nobody has looked at.
async fn given_by_hand(scene: &Scene, what: EntitlementId) -> String {
    let s = &scene.s;
    s.app.connect(s.ledger, "desk", "manual", &json!({ "second_look": ["standard"] }), None).await;
    let (_, release) = scene.approved_for(what).await;
    let seen = s.call(s.pol, "releases/show", &[("release", &release)]).await.json();
    let (version, key, shown_as) = (seen["version"].to_string(), uuid(), seen["by_hand"]["shown_as"].as_str().unwrap().to_owned());
    let fields = [("release", release.as_str()), ("version", &version), ("shown_as", &shown_as), ("key", &key), ("evidence", "Done.")];
    let reply = s.call(s.pia, "releases/execute", &fields).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    assert_eq!(scene.state(&release).await, "activated");
    release
}

/// Another operator looks, and what waited for it goes on.
async fn looked_at(scene: &Scene, release: &str, there: bool) {
    let there = there.to_string();
    let reply = scene.act(scene.s.pol, "releases/look", release, &[("there", &there), ("said", "Seen in the console.")]).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    scene.s.app.advance(SignedDuration::from_secs(31));
    scene.s.app.drain().await;
}

/// Gives back what a request gave, and lets the worker look; gives the removal.
async fn given_back(scene: &Scene, request: &str) -> String {
    let grant: uuid::Uuid = scene.one("select id from access_grant where request_id = $1::uuid", request).await;
    assert!(scene.s.call(scene.s.ana, "grants/give_back", &[("grant", &grant.to_string())]).await.status < 400);
    scene.s.app.drain().await;
    let removal: uuid::Uuid = scene.one("select id from release where request_id = $1::uuid and kind = 'remove'", request).await;
    removal.to_string()
}

async fn says_that_it_waits_for(scene: &Scene, release: &str, other: &str) {
    let number: String = scene.one("select number from release where id = $1::uuid", other).await;
    let page = scene.page(release).await;
    assert!(page.says(&format!("Waits for {number}.")), "{}", page.text());
}

#[sqlx::test(migrations = "../migrations")]
async fn the_account_is_closed_once_it_is_known_whether_anything_rests_on_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (request, _) = scene.approved().await;
    scene.s.app.drain().await;
    let viewer = scene.viewer().await;
    let second = given_by_hand(&scene, viewer).await;
    let removal = given_back(&scene, &request).await;
    assert_eq!((scene.state(&removal).await.as_str(), holds(&scene)), ("activated", (Active, vec![])), "what has to go is gone at once");
    says_that_it_waits_for(&scene, &removal, &second).await;
    scene.wait_and_drain().await;
    assert_eq!(scene.state(&removal).await, "activated", "it waits for as long as it takes");
    looked_at(&scene, &second, false).await;
    assert_eq!((scene.state(&removal).await.as_str(), holds(&scene)), ("closed", (Inactive, vec![])), "nothing rests on it");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_account_stays_for_what_somebody_saw(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (request, _) = scene.approved().await;
    scene.s.app.drain().await;
    let viewer = scene.viewer().await;
    let second = given_by_hand(&scene, viewer).await;
    let removal = given_back(&scene, &request).await;
    looked_at(&scene, &second, true).await;
    assert_eq!((scene.state(&removal).await.as_str(), holds(&scene)), ("closed", (Active, vec![])));
    assert!(scene.page(&removal).await.says("Kept for other access"));
}

#[sqlx::test(migrations = "../migrations")]
async fn rolling_back_waits_for_the_look_and_leaves_nothing_if_nothing_is_there(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, first) = scene.approved().await;
    scene.directory.script(Moment::ReadBack, Trouble::Refuse, 1);
    scene.s.app.drain().await;
    let viewer = scene.viewer().await;
    let second = given_by_hand(&scene, viewer).await;
    assert!(scene.act(scene.s.pia, "releases/roll_back", &first, &[("reason", "The wrong role.")]).await.status < 400);
    scene.s.app.drain().await;
    assert_eq!((scene.state(&first).await.as_str(), holds(&scene)), ("undoing", (Active, vec![])));
    says_that_it_waits_for(&scene, &first, &second).await;
    looked_at(&scene, &second, false).await;
    assert_eq!(scene.state(&first).await, "rolled_back");
    assert!(scene.directory.people().is_empty(), "there was no account before");
    // The operators have it again, and its requester may take it back.
    assert_eq!(scene.state(&second).await, "planned");
}

#[sqlx::test(migrations = "../migrations")]
async fn rolling_back_leaves_what_somebody_saw_that_people_gave(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, first) = scene.approved().await;
    scene.directory.script(Moment::ReadBack, Trouble::Refuse, 1);
    scene.s.app.drain().await;
    let alias = alias_of_the_reader(&scene).await;
    let second = given_by_hand(&scene, alias).await;
    assert!(scene.act(scene.s.pia, "releases/roll_back", &first, &[("reason", "The wrong role.")]).await.status < 400);
    scene.s.app.drain().await;
    assert_eq!((scene.state(&first).await.as_str(), scene.ana_reads()), ("undoing", true));
    looked_at(&scene, &second, true).await;
    assert_eq!((scene.state(&first).await.as_str(), scene.ana_reads()), ("rolled_back", true));
}

/// A removal of the reader, which an alias gives by hand, up to the look; gives the removal and whether Ana
/// has it after that.
async fn removal_of_the_same(scene: &Scene, there: bool) -> (String, bool) {
    let (request, _) = scene.approved().await;
    scene.s.app.drain().await;
    let alias = alias_of_the_reader(scene).await;
    let second = given_by_hand(scene, alias).await;
    let removal = given_back(scene, &request).await;
    assert_eq!((scene.state(&removal).await.as_str(), scene.ana_reads()), ("planned", true));
    says_that_it_waits_for(scene, &removal, &second).await;
    looked_at(scene, &second, there).await;
    (scene.state(&removal).await, scene.ana_reads())
}

#[sqlx::test(migrations = "../migrations")]
async fn a_removal_of_what_people_gave_as_well_takes_nothing_once_somebody_saw_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    assert_eq!(removal_of_the_same(&scene, true).await, ("closed".to_owned(), true));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_removal_of_what_people_did_not_give_after_all_takes_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    assert_eq!(removal_of_the_same(&scene, false).await, ("closed".to_owned(), false));
}

#[sqlx::test(migrations = "../migrations")]
async fn who_was_stopped_keeps_nothing_until_somebody_looks(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, _) = scene.approved().await;
    scene.s.app.drain().await;
    let alias = alias_of_the_reader(&scene).await;
    given_by_hand(&scene, alias).await;
    scene.s.app.set_state(scene.s.ana, "suspended").await;
    server::job::run_due(&scene.s.app.base).await.unwrap();
    scene.wait_and_drain().await;
    assert_eq!(holds(&scene), (Inactive, vec![]));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_the_machine_never_showed_is_not_taken_for_gone_because_it_does_not_show_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (request, release) = scene.approved().await;
    scene.directory.script(Moment::Apply(Operation::Give), Trouble::SaysDoneButNot, u32::MAX);
    scene.s.app.drain().await;
    let by_two = async |release: &str, reason: &str| {
        let reason = [("reason", reason)];
        for reply in [
            scene.act(scene.s.pia, "releases/propose_skip", release, &reason).await,
            scene.act(scene.s.pol, "releases/answer_skip", release, &[("confirm", "true")]).await,
        ] {
            assert!(reply.status < 400, "{} {}", reply.status, reply.text());
        }
        scene.s.app.drain().await;
    };
    scene.until_given_up(&release).await;
    by_two(&release, "Added in the console, which shows it; the interface does not.").await;
    assert_eq!(scene.state(&release).await, "closed");
    let grant: uuid::Uuid = scene.one("select id from access_grant where request_id = $1::uuid", &request).await;
    assert!(scene.s.call(scene.s.ana, "grants/give_back", &[("grant", &grant.to_string())]).await.status < 400);
    let removal: uuid::Uuid = scene.one("select id from release where request_id = $1::uuid and kind = 'remove'", &request).await;
    let removal = removal.to_string();
    scene.s.app.drain().await;
    let stands = scene.stands(&removal).await;
    assert_eq!(stands.state, "failed");
    assert!(stands.said.is_some_and(|said| said.ends_with("Two people have to say that it is gone.")));
    let filters: Vec<String> = scene.one("select release_filters(l, null, now()) from release l where id = $1::uuid", &removal).await;
    assert!(filters.contains(&"needs_person".to_owned()), "{filters:?}");
    by_two(&removal, "Taken away in the console, which shows nothing any more.").await;
    let state: String = scene.one("select state from access_grant where request_id = $1::uuid", &request).await;
    assert_eq!((scene.state(&removal).await.as_str(), state.as_str()), ("closed", "ended"));
}
