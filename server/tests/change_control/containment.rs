//! What includes others: nothing inside has a higher tier, and what belongs to others takes their say.

use crate::cast::refusal;
use crate::scene::{Scene, Wish};
use crate::support::*;
use serde_json::json;

/// Olga's or Vera's wish for one of their entitlements.
fn wish<'a>(key: &'a str, base: i32, fields: &'a [(&'a str, &'a str)]) -> Wish<'a> {
    Wish { kind: "entitlement", key, base, fields, on: "" }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_includes_others_has_their_tier_at_least_when_proposed_and_when_put_in_force(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (read, write) = (scene.read.to_string(), scene.write.to_string());
    let writer = scene.source_id(scene.write).await;
    let reply = scene.try_propose(scene.olga, &wish(&read, 1, &[("includes", &writer)])).await;
    assert_eq!(refusal(&reply), json!(["includes:higher_tier@1"]));

    // Through another one, and the other way round: what is inside rises, or what is outside falls.
    let lister = scene.app.entitlement(scene.ledger, "Ledger Lister", "elevated").await;
    let (lists, list) = (scene.source_id(lister).await, lister.to_string());
    let change = scene.propose(scene.olga, &wish(&list, 1, &[("includes", &writer)])).await;
    scene.confirm(scene.dan, &change).await;
    sqlx::query("update entitlement set tier = 'standard' where id = $1").bind(lister.0).execute(&scene.app.owner).await.unwrap();
    let reply = scene.try_propose(scene.olga, &wish(&read, 1, &[("includes", &lists)])).await;
    assert_eq!(refusal(&reply), json!(["includes:higher_tier@1"]), "what is inside of what is inside counts");
    sqlx::query("update entitlement set tier = 'elevated' where id = $1").bind(lister.0).execute(&scene.app.owner).await.unwrap();
    let up = [("tier", "privileged"), ("tier_reason", "It pays."), ("longest_days", "30")];
    assert_eq!(refusal(&scene.try_propose(scene.olga, &wish(&write, 1, &up)).await), json!(["tier:inside_lower"]));
    let down = [("tier", "standard"), ("tier_reason", "It lists.")];
    assert_eq!(refusal(&scene.try_propose(scene.olga, &wish(&list, 2, &down)).await), json!(["includes:higher_tier@1"]));

    // It fitted when it was proposed and does not when it is to be in force.
    let late = scene.app.entitlement(scene.ledger, "Ledger Counter", "standard").await;
    let counter = scene.source_id(late).await;
    let change = scene.propose(scene.olga, &wish(&read, 1, &[("includes", &counter)])).await;
    sqlx::query("update entitlement set tier = 'elevated' where id = $1").bind(late.0).execute(&scene.app.owner).await.unwrap();
    scene.decide(scene.dan, &change, true).await;
    assert_eq!(scene.state(&change).await, "overtaken");
    assert_eq!(scene.app.count("select count(*) from entitlement where name = 'Ledger Reader' and includes <> '{}'").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_belongs_to_another_application_is_included_only_with_a_second_person_who_answers_for_both(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let scene = Scene::set(pool, connect).await;
    let (write, keys) = (scene.write.to_string(), scene.source_id(scene.keys).await);
    let change = scene.propose(scene.olga, &wish(&write, 1, &[("includes", &keys)])).await;
    for who in [scene.dan, scene.vera] {
        assert_eq!(scene.show(who, &change).await["may_confirm"], false, "each answers for one side only");
        assert_eq!(scene.decide(who, &change, true).await.status, 403);
    }
    scene.confirm(scene.cora, &change).await;
    assert_eq!(scene.state(&change).await, "in_force");
    // What is inside already was agreed to then.
    let change = scene.propose(scene.olga, &wish(&write, 2, &[("longest_days", "10")])).await;
    scene.confirm(scene.dan, &change).await;

    let other = scene.app.entitlement(scene.ledger, "Ledger Lister", "elevated").await.to_string();
    sqlx::query("update application set deputy_id = $1 where code = 'VAULT'").bind(scene.dan.0).execute(&scene.app.owner).await.unwrap();
    let change = scene.propose(scene.olga, &wish(&other, 1, &[("includes", &keys)])).await;
    scene.confirm(scene.dan, &change).await;
    assert_eq!(scene.state(&change).await, "in_force", "Dan deputises for both");
}
