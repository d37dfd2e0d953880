//! Versions of a record, page by page: however many there are, each can be reached.

use crate::scene::Scene;
use crate::support::*;
use serde_json::Value;

fn numbers(page: &Value) -> Vec<i64> {
    page["versions"].as_array().unwrap().iter().map(|line| line["version"].as_i64().unwrap()).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn every_version_of_a_record_is_reached_page_by_page_and_what_is_in_force_stays_above(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let scene = Scene::set(pool, connect).await;
    let key = scene.unit.to_string();
    sqlx::query(
        "insert into record_version (kind, record_key, version, body, effective_from)
         select 'unit', $1, n, jsonb_build_object('name', 'Desk ' || n, 'calendar', 'standard'), timestamptz '2026-01-01' + n * interval '1 minute'
         from generate_series(1, 120) n",
    )
    .bind(&key)
    .execute(&scene.app.owner)
    .await
    .unwrap();
    sqlx::query("update unit set version = 121 where id = $1").bind(scene.unit.0).execute(&scene.app.owner).await.unwrap();
    let mut found: Vec<i64> = Vec::new();
    let mut before = String::new();
    for older in [Some(71), Some(21), None] {
        let mut fields = vec![("kind", "unit"), ("key", key.as_str())];
        if !before.is_empty() {
            fields.push(("before", &before));
        }
        let page = scene.call(scene.ada, "changes/open", &fields).await.json();
        assert_eq!(page["older"]["version"].as_i64(), older);
        assert_eq!(page["in_force"]["version"], 121, "{page}");
        found.extend(numbers(&page));
        before = older.map_or_else(String::new, |older| (older + 1).to_string());
    }
    assert_eq!(found, (1..=121).rev().collect::<Vec<_>>());

    let mut browser = Browser::of(scene.app.sign_in_as(scene.ada).await);
    browser.open(&format!("/rules/unit/{key}")).await;
    assert!(browser.says("72 to 121") && browser.says("In force") && browser.says("Show more versions"), "{}", browser.page);
    let next = browser.link(&format!("/rules/unit/{key}?before="));
    assert_eq!(next, format!("/rules/unit/{key}?before=72#versions"));
    browser.open(next.split('#').next().unwrap()).await;
    assert!(browser.says("22 to 71") && browser.says("Desk 71") && browser.says("Show the newest versions"), "{}", browser.page);
    assert!(!browser.says("the first"), "the last of a page is measured against the one below it: {}", browser.page);
    browser.open(&format!("/rules/unit/{key}?before=1")).await;
    assert!(browser.says("There are no versions before this."), "{}", browser.page);
}

#[sqlx::test(migrations = "../migrations")]
async fn every_version_of_an_entitlement_is_reached_in_the_catalogue_and_in_its_record(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let key = scene.read.to_string();
    sqlx::query(
        "insert into entitlement_version (entitlement_id, version, tier, tier_reason, requestable, name, description, recorded_at, reference)
         select $1, n, 'standard', 'it only reads', true, 'Reader ' || n, 'For tests', timestamptz '2026-01-01' + n * interval '1 minute', 'Ledger Reader' from generate_series(2, 60) n",
    )
    .bind(scene.read.0)
    .execute(&scene.app.owner)
    .await
    .unwrap();
    sqlx::query("update entitlement set version = 60 where id = $1").bind(scene.read.0).execute(&scene.app.owner).await.unwrap();
    let first = scene.call(scene.sam, "catalogue/entitlement", &[("id", &key)]).await.json();
    assert_eq!((numbers(&first), first["versions_below"].as_i64()), ((11..=60).rev().collect(), Some(11)));
    let second = scene.call(scene.sam, "catalogue/entitlement", &[("id", &key), ("before", "11")]).await.json();
    assert_eq!((numbers(&second), second["versions_below"].as_i64()), ((1..=10).rev().collect(), None));
    let record = scene.call(scene.olga, "changes/open", &[("kind", "entitlement"), ("key", &key), ("before", "11")]).await.json();
    assert_eq!((numbers(&record), record["in_force"]["version"].as_i64()), ((1..=10).rev().collect(), Some(60)));
    let mut browser = Browser::of(scene.app.sign_in_as(scene.sam).await);
    browser.open(&format!("/catalogue/{key}")).await;
    let next = browser.link(&format!("/catalogue/{key}?before="));
    browser.open(next.split('#').next().unwrap()).await;
    assert!(browser.says("Version 1 ") && browser.says("Reader 7") && !browser.says("Reader 11"), "{}", browser.page);
}
