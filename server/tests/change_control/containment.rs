//! What includes others: nothing inside has a higher tier, and what belongs to others takes their say.

use crate::cast::{Story, refusal, uuid};
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

/// Raises the tier of what is inside, as an import does: without the rule of change control.
async fn raise(story: &Story, inside: EntitlementId, tier: &str) {
    sqlx::query("update entitlement set tier = $2 where id = $1").bind(inside.0).bind(tier).execute(&story.app.owner).await.unwrap();
}

/// The reader with a lister of another application inside, both standard.
async fn bundle(story: &Story) -> EntitlementId {
    let desk = story.app.application("DESK", story.olga, None).await;
    let inside = story.app.entitlement(desk, "Desk Lister", "standard").await;
    let between = story.app.entitlement(story.ledger, "Ledger Lister", "standard").await;
    for (whole, part) in [(story.read, between), (between, inside)] {
        let sql = "update entitlement set includes = array[$2::uuid] where id = $1";
        sqlx::query(sql).bind(whole.0).bind(part.0).execute(&story.app.owner).await.unwrap();
    }
    inside
}

/// The tiers on the lines of somebody's inbox, and what its chips count.
async fn inbox_of(story: &Story, who: IdentityId) -> (Vec<String>, i64) {
    let list = story.call(who, "inbox/list", &[]).await.json();
    let tiers = list["page"]["rows"].as_array().unwrap().iter().map(|row| row["tier"].as_str().unwrap().to_owned()).collect();
    let privileged = list["filters"].as_array().unwrap().iter().find(|filter| filter[0] == "privileged").unwrap();
    (tiers, privileged[2].as_i64().unwrap())
}

/// The stages of a request as they are named.
async fn stages(story: &Story, who: IdentityId, request: &str) -> Vec<String> {
    let view = story.show(who, request).await;
    view["stages"].as_array().unwrap().iter().map(|stage| stage["name"].as_str().unwrap().to_owned()).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn what_has_risen_inside_of_something_standard_is_decided_by_the_tier_it_has_now(pool: PgPoolOptions, connect: PgConnectOptions) {
    let story = Story::begin(pool, connect).await;
    let inside = bundle(&story).await;
    raise(&story, inside, "privileged").await;
    sqlx::query("update application set classification = 'restricted' where code = 'DESK'").execute(&story.app.owner).await.unwrap();
    let root = story.submit(story.stan, story.root).await;
    let request = story.submit(story.ana, story.read).await;
    assert_eq!(stages(&story, story.ana, &request).await, stages(&story, story.stan, &root).await, "the plan of privileged access");
    let seen: (String, String) = sqlx::query_as(
        "select facts #>> '{entitlement,tier}', facts #>> '{entitlement,classification}' from gate_evaluation where request_id = $1::uuid",
    )
    .bind(&request)
    .fetch_one(&story.app.owner)
    .await
    .unwrap();
    assert_eq!((seen.0.as_str(), seen.1.as_str()), ("privileged", "restricted"), "the gates look at the most that it gives");
    assert_eq!(inbox_of(&story, story.mona).await, (vec!["privileged".to_owned()], 1));
    assert_eq!(story.show(story.mona, &request).await["items"][0]["tier"], "privileged");

    story.app.account(story.mona, "mona", "blue tram to work").await;
    let mona = story.app.sign_in_as(story.mona).await;
    story.app.advance(SignedDuration::from_mins(6));
    let shown = story.shown(story.mona, &request).await;
    let mut sent: Vec<(&str, &str)> = shown.iter().map(|(name, value)| (*name, value.as_str())).collect();
    sent.push(("verdict", "approve"));
    assert_eq!(refusal(&mona.server_fn("inbox/decide", &sent).await), json!(["password:required"]), "it is signed");
    let late = story.try_submit(story.ana, story.write, &[("ends_on", "2027-01-21")]).await;
    assert!(late.status < 400, "elevated access may last for two months: {}", late.text());
    let late = story.try_submit(story.dan, story.read, &[("ends_on", "2027-01-21")]).await;
    assert_eq!(late.status, 422, "privileged access may not: {}", late.text());
}

#[sqlx::test(migrations = "../migrations")]
async fn what_rises_inside_while_it_is_asked_for_is_not_approved_in_bulk_and_not_released(pool: PgPoolOptions, connect: PgConnectOptions) {
    let story = Story::begin(pool, connect).await;
    let inside = bundle(&story).await;
    let request = story.submit(story.ana, story.read).await;
    assert_eq!(inbox_of(&story, story.mona).await, (vec!["standard".to_owned()], 0));
    raise(&story, inside, "elevated").await;
    let list = story.call(story.mona, "inbox/list", &[]).await.json();
    let row = &list["page"]["rows"][0];
    assert_eq!(row["tier"], "elevated");
    let item = format!("{}~{}~{}", row["stage"].as_str().unwrap(), row["shown_version"], row["shown_hash"].as_str().unwrap());
    let (shown_at, key) = (list["as_of"]["at"].as_str().unwrap(), uuid());
    let fields = [("items[0]", item.as_str()), ("shown_at", shown_at), ("key", key.as_str())];
    story.call(story.mona, "inbox/approve_selected", &fields).await;
    assert_eq!(story.app.count("select count(*) from pending_decision").await, 0, "only what is standard is approved in bulk");
    story.approve(story.mona, &request).await;
    let release = story.open_release(&request).await;
    story.execute(story.pia, &release).await;
    let held: String = sqlx::query_scalar("select held_reasons::text from release").fetch_one(&story.app.owner).await.unwrap();
    assert!(held.contains("The tier is elevated now; it was standard when this was asked for."), "{held}");
}

#[sqlx::test(migrations = "../migrations")]
async fn two_changes_at_once_make_no_circle(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let lister = scene.app.entitlement(scene.ledger, "Ledger Lister", "standard").await;
    let (read, list) = (scene.read.to_string(), lister.to_string());
    let (of_read, of_list) = (scene.source_id(scene.read).await, scene.source_id(lister).await);
    let one = scene.propose(scene.olga, &wish(&read, 1, &[("includes", &of_list)])).await;
    let two = scene.propose(scene.olga, &wish(&list, 1, &[("includes", &of_read)])).await;
    tokio::join!(scene.confirm(scene.dan, &one), scene.confirm(scene.dan, &two));
    let mut states = [scene.state(&one).await, scene.state(&two).await];
    states.sort_unstable();
    assert_eq!(states, ["in_force", "overtaken"]);
    assert_eq!(scene.app.count("select count(*) from entitlement where includes <> '{}'").await, 1);
}
