//! Two spellings of one group: a machine that reads names in any case has one membership for both.

use super::line::taken;
use super::pinned::change;
use super::real_server::{account, members, served};
use super::scene::*;
use super::ways::goes_another_way;
use crate::servers::Kind;
use connector::memory::Point;
use serde_json::Value;
use uuid::Uuid;

const NO_DIFFERENCE: &str = "select variance = '{\"missing\": [], \"unexpected\": []}' from release where id = $1::uuid";

#[sqlx::test(migrations = "../migrations")]
async fn a_group_stays_for_access_that_spells_it_otherwise(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (scene, base) = served(pool, connect, Kind::Scim2, &["Ledger Reader"]).await;
    let (first, _) = scene.approved().await;
    scene.s.app.drain().await;
    change(&scene, "1", ("reference", "LEDGER READER"), true).await;
    let days = [("starts_on", "2026-12-22"), ("ends_on", "2027-01-10")];
    let reply = scene.s.try_submit(scene.s.ana, scene.s.read, &days).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    let second = scene.s.newest().await;
    scene.s.approve(scene.s.mona, &second).await;
    let release = scene.s.open_release(&second).await;
    scene.s.app.clock.set("2026-12-22T00:00:01Z".parse().unwrap());
    scene.s.app.drain().await;
    assert_eq!(scene.state(&release).await, "closed", "{:?}", scene.stands(&release).await);
    assert!(scene.one::<bool>(NO_DIFFERENCE, &release).await);
    // The first one is over.
    server::job::run_due(&scene.s.app.base).await.unwrap();
    scene.s.app.drain().await;
    let removal: Uuid = scene.one("select id from release where request_id = $1::uuid and kind = 'remove'", &first).await;
    let removal = removal.to_string();
    assert_eq!((scene.state(&removal).await.as_str(), members(&base).await), ("closed", 1));
    let number: String = scene.one("select number from request where id = $1::uuid", &second).await;
    assert!(scene.page(&removal).await.says(&format!("{number} still gives the same access, so nothing is taken away.")));
    // So is the second one.
    scene.s.app.clock.set("2027-01-11T00:00:01Z".parse().unwrap());
    server::job::run_due(&scene.s.app.base).await.unwrap();
    scene.s.app.drain().await;
    assert_eq!((members(&base).await, account(&base).await["active"].clone()), (0, json!(false)));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_group_that_the_machine_spells_otherwise_is_no_difference(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (scene, _) = served(pool, connect, Kind::Scim2, &["Ledger Reader", "Ledger Viewer"]).await;
    for reference in ["LEDGER VIEWER", "ledger viewer", "ledger reader", "LEDGER READER"] {
        let what = scene.s.app.entitlement(scene.s.ledger, reference, "standard").await;
        let (_, release) = scene.approved_for(what).await;
        scene.s.app.drain().await;
        assert_eq!(scene.state(&release).await, "closed", "{:?}", scene.stands(&release).await);
        let variance: Value = scene.one("select variance from release where id = $1::uuid", &release).await;
        assert!(scene.one::<bool>(NO_DIFFERENCE, &release).await, "{reference}: {variance}");
    }
}

/// From now on this connection is one to groups that are named by their display names. Nobody calls it.
async fn reads_in_any_case(scene: &Scene, code: &str) {
    let settings = json!({
        "base_url": "http://127.0.0.1:9/scim/v2",
        "matching": { "path": "userName", "attribute": "number" },
        "entitlement": { "as": "group" },
    });
    sqlx::query("update connection set connector = 'scim', settings = $2 where code = $1")
        .bind(code)
        .bind(settings)
        .execute(&scene.s.app.owner)
        .await
        .unwrap();
}

/// The reader in another spelling.
async fn in_capitals(scene: &Scene) -> EntitlementId {
    scene.s.app.entitlement(scene.s.ledger, "LEDGER READER", "standard").await
}

/// Access in another spelling that another way to the same machine gave.
async fn given_the_other_way(scene: &Scene) -> String {
    goes_another_way(scene).await;
    let capitals = in_capitals(scene).await;
    let (request, release) = scene.approved_for(capitals).await;
    scene.s.app.drain().await;
    assert_eq!(scene.state(&release).await, "closed");
    request
}

#[sqlx::test(migrations = "../migrations")]
async fn where_names_are_exact_two_spellings_are_two(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (first, _) = scene.approved().await;
    scene.s.app.drain().await;
    given_the_other_way(&scene).await;
    let removal = taken(&scene, &first).await;
    assert_eq!((scene.state(&removal).await.as_str(), scene.ana_reads()), ("closed", false));
}

#[sqlx::test(migrations = "../migrations")]
async fn one_of_two_ways_to_a_machine_that_reads_in_any_case_is_enough(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (first, _) = scene.approved().await;
    scene.s.app.drain().await;
    let second = given_the_other_way(&scene).await;
    reads_in_any_case(&scene, "elsewhere").await;
    let before = scene.directory.calls().len();
    let removal = taken(&scene, &first).await;
    assert_eq!((scene.state(&removal).await.as_str(), scene.directory.calls().len()), ("closed", before), "nobody is asked");
    let number: String = scene.one("select number from request where id = $1::uuid", &second).await;
    assert!(scene.page(&removal).await.says(&format!("{number} still gives the same access, so nothing is taken away.")));
}

#[sqlx::test(migrations = "../migrations")]
async fn rolling_back_leaves_what_other_access_spells_otherwise(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, first) = scene.approved().await;
    scene.directory.script(Moment::ReadBack, Trouble::Refuse, 1);
    scene.s.app.drain().await;
    assert_eq!((scene.state(&first).await.as_str(), scene.ana_reads()), ("failed", true));
    given_the_other_way(&scene).await;
    reads_in_any_case(&scene, "elsewhere").await;
    assert!(scene.act(scene.s.pia, "releases/roll_back", &first, &[("reason", "The wrong role.")]).await.status < 400);
    scene.s.app.drain().await;
    assert_eq!((scene.state(&first).await.as_str(), scene.ana_reads()), ("rolled_back", true));
    assert_eq!(scene.calls(&first, Moment::Undo(Operation::Give)), 0);
    assert!(scene.page(&first).await.says("it stays there"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_group_is_not_given_and_taken_at_once_in_two_spellings(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::patient(pool, connect).await;
    // Other access keeps the account, on which what is given would wait otherwise.
    let keeper = scene.s.app.entitlement(scene.s.ledger, "Ledger Keeper", "standard").await;
    scene.approved_for(keeper).await;
    scene.s.app.drain().await;
    let (_, removal) = scene.ending().await;
    let id: domain::id::ReleaseId = removal.parse().unwrap();
    let mut planning = scene.directory.hold(Moment::Plan, Some(id.0), Point::AfterEffect);
    let base = scene.s.app.base.clone();
    let worker = tokio::spawn(async move { server::usecase::carrying_out::advance(&base, id).await });
    assert!(planning.reached().await);
    goes_another_way(&scene).await;
    reads_in_any_case(&scene, "elsewhere").await;
    let capitals = in_capitals(&scene).await;
    let (_, second) = scene.approved_for(capitals).await;
    server::usecase::carrying_out::advance(&scene.s.app.base, second.parse().unwrap()).await.unwrap();
    let calls: i64 = scene.one("select count(*) from release_call where release_id = $1::uuid", &second).await;
    assert_eq!((scene.state(&second).await.as_str(), calls), ("planned", 0), "it waits for the other one");
    planning.release();
    worker.await.unwrap().unwrap();
    assert!(!scene.ana_reads());
}

#[sqlx::test(migrations = "../migrations")]
async fn only_groups_that_are_named_by_display_names_are_the_same_in_any_case(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let app = &scene.s.app;
    let through = async |code: &str, connector: &str, entitlement: Value| {
        let settings = json!({ "base_url": "http://127.0.0.1:9/scim/v2", "entitlement": entitlement });
        Some(app.connect(scene.s.ledger, code, connector, &settings, None).await.0)
    };
    let usual = through("usual", "scim", json!({ "as": "group" })).await;
    let display = through("display", "scim", json!({ "as": "group", "named_by": "display_name", "lookup": "members" })).await;
    let external = through("external", "scim", json!({ "as": "group", "named_by": "external_id" })).await;
    let values = through("values", "scim", json!({ "as": "attribute", "path": "roles" })).await;
    let hook = through("hook", "webhook", json!({ "as": "group" })).await;
    let nowhere: Option<Uuid> = None;
    let cases = [
        ("finance", "finance", nowhere, nowhere, true),
        ("finance", "Finance", nowhere, nowhere, false),
        ("finance", "Finance", usual, usual, true),
        ("finance", "FINANCE", display, display, true),
        ("Zürich", "ZÜRICH", usual, usual, true),
        ("finance", "finances", usual, usual, false),
        ("finance", "Finance", usual, nowhere, true),
        ("finance", "Finance", nowhere, usual, true),
        ("finance", "Finance", external, display, true),
        ("finance", "Finance", external, external, false),
        ("finance", "finance", external, external, true),
        ("finance", "Finance", values, external, false),
        ("finance", "Finance", hook, hook, false),
        ("finance", "Finance", hook, usual, true),
    ];
    for (one, other, place, other_place, same) in cases {
        let said: bool = sqlx::query_scalar("select same_reference($1, $2, $3, $4)")
            .bind(one)
            .bind(other)
            .bind(place)
            .bind(other_place)
            .fetch_one(&app.owner)
            .await
            .unwrap();
        assert_eq!(said, same, "{one} and {other}, {place:?} and {other_place:?}");
    }
}
