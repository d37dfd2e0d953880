//! Units that are retired: not while somebody or something needs them, and named by nothing new afterwards.

use crate::cast::refusal;
use crate::scene::{Scene, WHY, Wish, value};
use crate::support::*;
use serde_json::{Value, json};

const RETIRED: &[(&str, &str)] = &[("state", "retired")];

/// What somebody wants of a unit in its first version.
fn of<'a>(key: &'a str, fields: &'a [(&'a str, &'a str)]) -> Wish<'a> {
    Wish { kind: "unit", key, base: 1, fields, on: "" }
}

async fn state(scene: &Scene, unit: UnitId) -> (String, i32) {
    sqlx::query_as("select state, version from unit where id = $1").bind(unit.0).fetch_one(&scene.app.owner).await.unwrap()
}

/// Lets only people of these units ask for an entitlement.
async fn meant_for(scene: &Scene, what: EntitlementId, units: &[UnitId]) {
    sqlx::query("update entitlement set audience_units = $2 where id = $1")
        .bind(what.0)
        .bind(units.iter().map(|unit| unit.0).collect::<Vec<_>>())
        .execute(&scene.app.owner)
        .await
        .unwrap();
}

async fn template(scene: &Scene, code: &str, unit: UnitId, state: &str) {
    sqlx::query(
        "insert into request_template (id, code, name, description, audience_units, entitlement_ids, state, version, updated_at)
         values (gen_random_uuid(), $1, $1, 'For tests', array[$2], array[$3], $4, 1, now())",
    )
    .bind(code)
    .bind(unit.0)
    .bind(scene.read.0)
    .bind(state)
    .execute(&scene.app.owner)
    .await
    .unwrap();
}

/// The name of the rule by which the database refuses a statement about a unit.
async fn refused(scene: &Scene, sql: &'static str, unit: UnitId) -> String {
    let error = sqlx::query(sql).bind(unit.0).execute(&scene.app.owner).await.unwrap_err();
    error.as_database_error().and_then(|error| error.constraint()).unwrap_or_default().to_owned()
}

fn words(record: &Value, version: i32) -> Vec<(String, String)> {
    let found = record["versions"].as_array().unwrap().iter().find(|line| line["version"] == version).unwrap();
    serde_json::from_value(found["fields"].clone()).unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_unit_that_is_needed_stays_and_each_reason_is_told_with_its_number(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let app = &scene.app;
    let night = app.unit("Night desk").await;
    let (nina, left) = (app.person("Nina", night, None).await, app.person("Lea", night, None).await);
    let (away, robot) = (app.person("Aron", night, None).await, app.identity("Robot", "service_account", night, Some(nina)).await);
    app.set_state(left, "retired").await;
    app.set_state(away, "suspended").await;
    meant_for(&scene, scene.write, &[night]).await;
    meant_for(&scene, scene.read, &[night, scene.unit]).await;
    template(&scene, "shift", night, "active").await;
    template(&scene, "old-shift", night, "retired").await;
    let key = night.to_string();
    let reply = scene.try_propose(scene.ada, &of(&key, RETIRED)).await;
    assert_eq!(reply.status, 422);
    let reasons = json!(["state:people_belong#3", "state:only_unit_of_entitlements#1", "state:only_unit_of_templates#1"]);
    assert_eq!(refusal(&reply), reasons);

    // The page says all of them above the form, and the first at the field.
    let mut browser = Browser::of(app.sign_in_as(scene.ada).await);
    browser.open(&format!("/rules/unit/{key}?edit")).await;
    let form = browser.form(&format!("/rules/unit/{key}"), "base_version").fill("field.state", "retired").fill("reason", WHY);
    browser.send(&form).await;
    assert_eq!(browser.status, 422);
    assert!(browser.error("state").contains("3 people who have not left belong to this unit"), "{}", browser.page);
    for reason in ["3 people who have not left", "1 entitlement is meant for this unit", "1 request template is meant for this unit"] {
        assert!(browser.says(reason), "{reason}: {}", browser.text());
    }
    assert_eq!(browser.form(&format!("/rules/unit/{key}"), "base_version").value("field.state"), "retired", "it stands as chosen");
    assert_eq!(state(&scene, night).await, ("active".into(), 1));
    let kept = "select (select count(*) from catalogue_change) + (select count(*) from record_version where kind = 'unit')";
    assert_eq!(app.count(kept).await, 0);

    // Without any of the reasons nothing holds it: not who left, and not what names another unit in use.
    for person in [nina, away, robot] {
        app.set_state(person, "retired").await;
    }
    meant_for(&scene, scene.write, &[scene.unit]).await;
    sqlx::query("update request_template set state = 'retired'").execute(&app.owner).await.unwrap();
    let change = scene.propose(scene.ada, &of(&key, RETIRED)).await;
    assert_eq!(scene.state(&change).await, "in_force", "retiring weakens nothing");
    assert_eq!(state(&scene, night).await, ("retired".into(), 2));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_retired_unit_is_shown_as_such_and_comes_back_with_a_second_person(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let night = scene.app.unit("Night desk").await;
    let key = night.to_string();
    scene.propose(scene.ada, &of(&key, RETIRED)).await;
    let list = scene.call(scene.ada, "changes/records", &[("kind", "unit"), ("q", ""), ("after", "")]).await.json();
    let states: Vec<(&str, &str)> = list["page"]["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["name"].as_str().unwrap(), row["state"].as_str().unwrap()))
        .collect();
    assert!(states.contains(&("Night desk", "retired")) && states.contains(&("Ledger", "active")), "{states:?}");
    let record = scene.open(scene.ada, "unit", &key).await;
    assert_eq!((value(&record, "state"), &record["version"]), ("retired", &json!(2)));
    let said = |version: i32, state: &str| {
        let label = ("State".to_owned(), state.to_owned());
        assert!(words(&record, version).contains(&label), "{version}: {record}");
    };
    said(1, "In use");
    said(2, "Retired");
    assert!(record["in_force"]["fields"].as_array().unwrap().contains(&json!(["State", "Retired"])), "{record}");
    let mut browser = Browser::of(scene.app.sign_in_as(scene.ada).await);
    browser.open("/rules/unit?q=Night").await;
    assert!(browser.says("Night desk") && browser.says("Retired"), "{}", browser.text());
    browser.open("/rules/unit?q=Ledger").await;
    assert!(browser.says("Active") && !browser.says("Retired"), "{}", browser.text());

    let back = Wish { base: 2, ..of(&key, &[("state", "active")]) };
    let change = scene.propose(scene.ada, &back).await;
    assert_eq!((scene.state(&change).await.as_str(), state(&scene, night).await), ("proposed", ("retired".into(), 2)));
    scene.confirm(scene.cora, &change).await;
    assert_eq!(state(&scene, night).await, ("active".into(), 3));
    scene.app.person("Nina", night, None).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_needs_a_unit_by_the_time_keeps_it_and_the_proposer_is_told_why(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let night = scene.app.unit("Night desk").await;
    let key = night.to_string();
    let later = Wish { on: "2026-12-01", ..of(&key, RETIRED) };
    let change = scene.propose(scene.ada, &later).await;
    assert_eq!(scene.state(&change).await, "confirmed");
    scene.app.person("Nina", night, None).await;
    meant_for(&scene, scene.write, &[night]).await;
    scene.app.advance(SignedDuration::from_hours(24 * 30));
    scene.jobs().await;
    assert_eq!((scene.state(&change).await.as_str(), state(&scene, night).await), ("overtaken", ("active".into(), 1)));
    let told: String = sqlx::query_scalar("select body from notification where recipient_id = $1 order by at desc, id desc limit 1")
        .bind(scene.ada.0)
        .fetch_one(&scene.app.owner)
        .await
        .unwrap();
    assert!(told.contains("1 person who has not left belongs to it. 1 entitlement is meant for this unit alone."), "{told}");
}

#[sqlx::test(migrations = "../migrations")]
async fn who_is_put_into_a_unit_while_it_is_being_retired_keeps_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let night = scene.app.unit("Night desk").await;
    let key = night.to_string();
    let mut moving = scene.app.owner.begin().await.unwrap();
    sqlx::query("update identity set unit_id = $1 where id = $2").bind(night.0).bind(scene.sam.0).execute(&mut *moving).await.unwrap();
    let wish = of(&key, RETIRED);
    let (reply, moved) = tokio::join!(scene.try_propose(scene.ada, &wish), moving.commit());
    moved.unwrap();
    assert_eq!(refusal(&reply), json!(["state:people_belong#1"]));
    assert_eq!(state(&scene, night).await, ("active".into(), 1));
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_new_is_meant_for_a_retired_unit_and_no_audience_is_left_without_one_in_use(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let scene = Scene::set(pool, connect).await;
    let night = scene.app.unit("Night desk").await;
    let (unit, write, keys) = (night.to_string(), scene.write.to_string(), scene.keys.to_string());
    meant_for(&scene, scene.write, &[night, scene.unit]).await;
    sqlx::query("update entitlement set state = 'retired' where id = $1").bind(scene.keys.0).execute(&scene.app.owner).await.unwrap();
    meant_for(&scene, scene.keys, &[night]).await;
    scene.propose(scene.ada, &of(&unit, RETIRED)).await;
    let read = scene.source_id(scene.read).await;
    let rota = [("code", "rota"), ("name", "Rota"), ("items", read.as_str()), ("audience_units", "Night desk"), ("state", "active")];
    let key = scene.read.to_string();
    for (kind, key, base, fields, expected) in [
        ("entitlement", key.as_str(), 1, &[("audience_units", "Ledger\nNight desk")][..], "audience_units:retired@2"),
        ("template", "", 0, &rota, "audience_units:retired@1"),
        ("entitlement", &write, 1, &[("audience_units", "Night desk")], "audience_units:no_unit_in_use"),
        ("entitlement", &keys, 1, &[("state", "active")], "audience_units:no_unit_in_use"),
    ] {
        let reply = scene.try_propose(scene.ada, &Wish { kind, key, base, fields, on: "" }).await;
        assert_eq!((reply.status, refusal(&reply)), (422, json!([expected])), "{kind} {key}: {}", reply.text());
    }
    // What names it already is changed otherwise, and may leave it out.
    for (base, field) in [(1, ("description", "Writes what it is told.")), (2, ("audience_units", "Ledger"))] {
        let change = scene.propose(scene.ada, &Wish { kind: "entitlement", key: &write, base, fields: &[field], on: "" }).await;
        assert_eq!(scene.state(&change).await, "in_force", "{field:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_database_keeps_the_same_law_by_itself(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (night, day, gone) = (scene.app.unit("Night desk").await, scene.app.unit("Day desk").await, scene.app.unit("Gone").await);
    scene.app.person("Nina", night, None).await;
    let left = scene.app.person("Lea", gone, None).await;
    scene.app.set_state(left, "retired").await;
    meant_for(&scene, scene.write, &[day]).await;
    let retire = "update unit set state = 'retired' where id = $1";
    assert_eq!(refused(&scene, retire, night).await, "identity_belongs_to_a_unit_in_use");
    assert_eq!(refused(&scene, retire, day).await, "unit_in_use_stays");
    sqlx::query(retire).bind(gone.0).execute(&scene.app.owner).await.unwrap();

    let join = "update identity set unit_id = $1 where given_name = 'Nina'";
    assert_eq!(refused(&scene, join, gone).await, "identity_belongs_to_a_unit_in_use");
    let return_to_work = "update identity set state = 'active', state_reason = null where unit_id = $1";
    assert_eq!(refused(&scene, return_to_work, gone).await, "identity_belongs_to_a_unit_in_use");
    let mean = "update entitlement set audience_units = array[$1::uuid] where name = 'Ledger Reader'";
    assert_eq!(refused(&scene, mean, gone).await, "audience_names_a_unit_in_use");
    let offer = "insert into request_template (id, code, name, description, audience_units, entitlement_ids, version, updated_at)
                 select gen_random_uuid(), 'rota', 'Rota', '', array[$1::uuid], array[id], 1, now() from entitlement where name = 'Ledger Reader'";
    assert_eq!(refused(&scene, offer, gone).await, "audience_names_a_unit_in_use");
    assert_eq!(refused(&scene, "update unit set state = 'resting' where id = $1", gone).await, "unit_state_known");
}
