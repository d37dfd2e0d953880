//! When a change is in force, and what overtakes it.

use crate::scene::{Scene, Wish};
use crate::support::*;

#[sqlx::test(migrations = "../migrations")]
async fn a_confirmed_change_is_in_force_at_its_time_and_not_a_moment_before(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let key = scene.write.to_string();
    let wish = Wish { kind: "entitlement", key: &key, base: 1, fields: &[("longest_days", "20")], on: "2026-12-01" };
    let change = scene.propose(scene.olga, &wish).await;
    scene.confirm(scene.dan, &change).await;
    assert_eq!((scene.state(&change).await.as_str(), scene.tier(scene.write).await.0), ("confirmed", 1));
    assert!(scene.told(scene.olga).await.last().unwrap().ends_with("was confirmed"));
    let due: Timestamp = "2026-12-01T00:00:00Z".parse().unwrap();
    scene.app.clock.advance(scene.app.now().duration_until(due) - SignedDuration::from_millis(1));
    scene.jobs().await;
    assert_eq!((scene.state(&change).await.as_str(), scene.tier(scene.write).await.0), ("confirmed", 1));
    scene.app.clock.advance(SignedDuration::from_millis(1));
    scene.jobs().await;
    assert_eq!((scene.state(&change).await.as_str(), scene.tier(scene.write).await.0), ("in_force", 2));
    assert!(scene.told(scene.olga).await.last().unwrap().ends_with("is in force"));
    scene.jobs().await;
    assert_eq!(
        scene.app.count("select count(*) from audit_event where kind = 'change.in_force' and actor_process = 'apply-changes'").await,
        1
    );
    assert_eq!(scene.tier(scene.write).await.0, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_change_that_is_confirmed_after_its_day_is_in_force_at_once_and_one_that_is_not_never_is(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let scene = Scene::set(pool, connect).await;
    let key = scene.write.to_string();
    let wish = Wish { kind: "entitlement", key: &key, base: 1, fields: &[("longest_days", "20")], on: "2026-12-01" };
    let change = scene.propose(scene.olga, &wish).await;
    scene.app.advance(SignedDuration::from_hours(24 * 40));
    scene.jobs().await;
    assert_eq!((scene.state(&change).await.as_str(), scene.tier(scene.write).await.0), ("proposed", 1));
    // The pages say what is so: that it waits for nobody else but the second person, and since when it holds.
    let record = format!("/rules/entitlement/{key}");
    for address in [format!("/changes/{change}"), "/changes?filter=all".to_owned(), record] {
        let page = scene.app.sign_in_as(scene.dan).await.get(&address).await.text();
        assert!(page.contains("as soon as it is confirmed") && !page.contains("1 Dec 2026"), "{address}: {page}");
    }
    scene.confirm(scene.dan, &change).await;
    assert_eq!((scene.state(&change).await.as_str(), scene.tier(scene.write).await.0), ("in_force", 2));
    for address in [format!("/changes/{change}"), "/changes?filter=all".to_owned()] {
        let page = scene.app.sign_in_as(scene.dan).await.get(&address).await.text();
        assert!(page.contains("1 Jan 2027") && !page.contains("1 Dec 2026"), "{address}: {page}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_day_of_a_change_begins_in_the_zone_of_the_installation(pool: PgPoolOptions, connect: PgConnectOptions) {
    let setup = Setup { settings: vec![("TIME_ZONE", "Asia/Tokyo")], ..Setup::default() };
    let app = TestApp::with(pool, connect, setup).await;
    let unit = app.unit("Ledger").await;
    let ada = app.person_with("Ada", domain::permission::Role::Administrator).await;
    let unit = unit.to_string();
    let key = crate::cast::uuid();
    let propose = async |calendar: &str| {
        let fields = [
            ("kind", "unit"),
            ("record_key", &unit),
            ("base_version", "1"),
            ("fields[calendar]", calendar),
            ("reason", "x"),
            ("effective_on", "2026-11-23"),
            ("key", &key),
        ];
        app.sign_in_as(ada).await.server_fn("changes/propose", &fields).await
    };
    assert_eq!(crate::cast::refusal(&propose("standard").await), serde_json::json!([":nothing_changed"]));
    sqlx::query("insert into business_calendar (code, version, name, hours, effective_from) select 'long', 1, 'Long', hours, effective_from from business_calendar where code = 'standard'")
        .execute(&app.owner)
        .await
        .unwrap();
    let reply = propose("long").await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(app.count("select count(*) from catalogue_change where effective_at = '2026-11-22T15:00:00Z'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_change_on_top_of_an_older_version_is_overtaken_and_its_proposer_is_told(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let first = scene.weaken().await;
    let key = scene.write.to_string();
    let wish = Wish { kind: "entitlement", key: &key, base: 1, fields: &[("longest_days", "20")], on: "" };
    let second = scene.propose(scene.dan, &wish).await;
    scene.confirm(scene.ada, &first).await;
    assert_eq!(scene.state(&second).await, "overtaken");
    assert!(scene.told(scene.dan).await.last().unwrap().ends_with("was overtaken"));
    assert_eq!(scene.decide(scene.ada, &second, true).await.code(), "not_possible");
    assert_eq!(scene.try_propose(scene.dan, &wish).await.code(), "changed", "the version that was shown is not in force any more");
    let days: Option<i32> = sqlx::query_scalar("select longest_days from entitlement where id = $1")
        .bind(scene.write.0)
        .fetch_one(&scene.app.owner)
        .await
        .unwrap();
    assert_eq!((scene.tier(scene.write).await, days), ((2, "standard".into()), None));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_an_import_changed_meanwhile_overtakes_a_change_whoever_looks_first(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    for (sql, by_job) in [
        ("update entitlement set version = version + 1 where name = 'Ledger Writer'", false),
        ("update entitlement set version = version + 1 where name = 'Ledger Writer'", true),
        // An import retires without a new version; what was proposed would bring it back.
        ("update entitlement set state = 'retired' where name = 'Ledger Writer'", false),
    ] {
        let key = scene.write.to_string();
        let base = scene.tier(scene.write).await.0;
        let wish = Wish { kind: "entitlement", key: &key, base, fields: &[("longest_days", "20")], on: "" };
        let change = scene.propose(scene.olga, &wish).await;
        sqlx::query(sql).execute(&scene.app.owner).await.unwrap();
        if by_job {
            scene.jobs().await;
        } else {
            assert_eq!(scene.decide(scene.dan, &change, true).await.code(), "changed");
        }
        assert_eq!(scene.state(&change).await, "overtaken");
    }
    assert_eq!(scene.told(scene.olga).await.len(), 3);
    assert_eq!(scene.app.count("select count(*) from entitlement where longest_days is not null").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn of_two_confirmed_changes_that_fall_due_together_the_first_wins(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let key = scene.write.to_string();
    let mut changes = Vec::new();
    for days in ["20", "40"] {
        let wish = Wish { kind: "entitlement", key: &key, base: 1, fields: &[("longest_days", days)], on: "2026-12-01" };
        let change = scene.propose(scene.olga, &wish).await;
        scene.confirm(scene.dan, &change).await;
        changes.push(change);
    }
    scene.app.advance(SignedDuration::from_hours(24 * 30));
    let (one, two) = tokio::join!(server::job::apply_changes::run(&scene.app.base), server::job::apply_changes::run(&scene.app.base));
    assert!(one.is_ok() && two.is_ok());
    assert_eq!((scene.state(&changes[0]).await.as_str(), scene.state(&changes[1]).await.as_str()), ("in_force", "overtaken"));
    assert_eq!(scene.tier(scene.write).await.0, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_change_that_names_somebody_who_left_meanwhile_is_not_put_in_force(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (application, sam) = (scene.ledger.to_string(), scene.number_of(scene.sam).await);
    let wish = Wish { kind: "application", key: &application, base: 1, fields: &[("owner", &sam)], on: "2026-12-01" };
    let change = scene.propose(scene.olga, &wish).await;
    scene.confirm(scene.ada, &change).await;
    scene.app.set_state(scene.sam, "retired").await;
    scene.app.advance(SignedDuration::from_hours(24 * 30));
    scene.jobs().await;
    assert_eq!(scene.state(&change).await, "overtaken");
    assert_eq!(scene.app.count("select count(*) from application where code = 'LEDGER' and version = 1").await, 1);
}
