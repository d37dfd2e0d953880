//! Whom a decision may be given to, and who is reminded of it then, or when they come beside others.

use super::world::{World, stage};
use crate::support::*;
use serde_json::json;

#[sqlx::test(migrations = "../migrations")]
async fn whoever_is_asked_at_a_stage_that_is_short_of_its_quorum_is_not_asked_once_more(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    for who in [w.stan, w.sue] {
        w.security(who).await;
    }
    w.plan("standard", json!([stage(1, "Security", &["group:security"], 2)])).await;
    let request = w.ask(w.ana, w.read).await;
    let stage = w.open(&request).await;
    w.app.set_state(w.sue, "suspended").await;
    w.jobs().await;
    assert!(w.held(&request).await.contains("2 people have to approve and only 1 can (Stan Example)"));
    let version = w.show(w.cora, &request).await["version"].to_string();
    let send = async |to: &str| {
        let fields = [("version", version.as_str()), ("from", ""), ("to", to), ("reason", "Sue is away until spring.")];
        w.post(w.cora, &format!("/reassign/{stage}"), &fields).await
    };
    let refused = send("stan@example.org").await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(refused.text().contains("asked already"), "{}", refused.text());
    assert!(refused.text().contains("Sue is away until spring."), "what was typed stands there: {}", refused.text());
    assert_eq!((w.events("stage.reassigned").await, w.stages(&request).await), (0, vec!["held".to_owned()]));
    // Somebody else makes two.
    assert_eq!(send("dan@example.org").await.location(), "/holds?reassigned");
    assert_eq!((w.asked(&request).await, w.stages(&request).await), (vec!["Dan".to_owned(), "Stan".to_owned()], vec!["open".to_owned()]));
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_is_given_their_own_request_and_nobody_gives_one_to_themselves(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let second = w.second_account("Anastasia", w.ana).await;
    w.sql("update identity set email = 'second@example.org' where id = $1", &[second]).await;
    let request = w.ask(w.ana, w.read).await;
    // Stan asked for it, and Dan asked for the same and joined.
    w.sql("update request set requester_id = $1", &[w.stan]).await;
    w.sql("insert into request_watcher (request_id, identity_id, since) select id, $1, submitted_at from request", &[w.dan]).await;
    let (stage, path) = {
        let stage = w.open(&request).await;
        (stage.clone(), format!("/reassign/{stage}"))
    };
    let version = w.show(w.ana, &request).await["version"].to_string();
    let mona = w.mona.to_string();
    for (by, to, sentence) in [
        (w.mona, "ana@example.org", "The request concerns this person"),
        (w.cora, "second@example.org", "The request concerns this person"),
        (w.cora, "stan@example.org", "The request concerns this person"),
        (w.mona, "stan@example.org", "The request concerns this person"),
        (w.cora, "dan@example.org", "The request concerns this person"),
        (w.cora, "cora@example.org", "This is you"),
        (w.mona, "mona@example.org", "This is you"),
    ] {
        let fields = [("version", version.as_str()), ("from", mona.as_str()), ("to", to), ("reason", "I am away tomorrow.")];
        let reply = w.post(by, &path, &fields).await;
        let page = reply.text();
        assert_eq!(reply.status, 422, "{to}");
        assert!(page.contains(sentence), "{to}: {page}");
        assert!(page.contains("I am away tomorrow.") && page.contains(&format!("value=\"{to}\"")), "what was typed stands there: {page}");
    }
    for (by, to, constraint) in [
        (w.cora, w.ana, "reassignment_not_to_those_concerned"),
        (w.cora, second, "reassignment_not_to_those_concerned"),
        (w.cora, w.stan, "reassignment_not_to_those_concerned"),
        (w.cora, w.dan, "reassignment_not_to_those_concerned"),
        (w.cora, w.cora, "reassignment_not_to_oneself"),
    ] {
        let written = sqlx::query("insert into stage_reassignment (id, stage_id, to_id, reason, reassigned_by, reassigned_at) values (gen_random_uuid(), $1::uuid, $2, 'x', $3, now())")
            .bind(&stage)
            .bind(to.0)
            .bind(by.0)
            .execute(&w.app.owner)
            .await
            .unwrap_err();
        let found = written.as_database_error().and_then(|e| e.constraint()).unwrap_or_default().to_owned();
        assert!(found == constraint || found == "reassignment_not_to_those_concerned", "{written}");
    }
    assert_eq!(w.asked(&request).await, ["Mona"]);
    // Those it concerns do not move it either.
    for who in [w.ana, second, w.stan, w.dan] {
        let reply = w.post(who, &path, &[("version", &version), ("from", &mona), ("to", "sue@example.org"), ("reason", "x")]).await;
        assert!(reply.status >= 400, "{}", reply.text());
    }
    assert_eq!(w.events("stage.reassigned").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn who_is_given_a_decision_after_the_reminder_is_reminded_once_and_before_it_is_due(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let mut manager = stage(1, "Manager", &["line_manager"], 1);
    manager["remind_hours"] = json!(4);
    w.plan("standard", json!([manager])).await;
    let request = w.ask(w.ana, w.read).await;
    let reminders = async |who: IdentityId| w.told(who).await.into_iter().filter(|kind| kind == "reminder").count();
    let give = async |from: IdentityId, to: &str| {
        let (path, place) = (format!("/reassign/{}", w.open(&request).await), from.to_string());
        let version = w.show(from, &request).await["version"].to_string();
        let fields = [("version", version.as_str()), ("from", place.as_str()), ("to", to), ("reason", "I am away tomorrow.")];
        assert_eq!(w.post(from, &path, &fields).await.location(), "/inbox?reassigned");
    };
    w.at("2026-11-23T13:01:00Z").await;
    w.jobs().await;
    assert_eq!(reminders(w.mona).await, 1);
    give(w.mona, "stan@example.org").await;
    // Four working hours later, and not once more.
    for (moment, so_far) in [("2026-11-23T16:59:00Z", 0), ("2026-11-24T09:02:00Z", 1), ("2026-11-24T15:00:00Z", 1)] {
        w.at(moment).await;
        w.jobs().await;
        assert_eq!((reminders(w.mona).await, reminders(w.stan).await), (1, so_far), "{moment}");
    }
    // Four working hours from here are more than are left until it is due, on Wednesday at nine.
    give(w.stan, "sue@example.org").await;
    let when_due = w.app.count("select count(*) from approval_stage where remind_at = due_at and reminded_at is null").await;
    assert_eq!(when_due, 1);
    for (moment, so_far) in [("2026-11-25T08:59:00Z", 0), ("2026-11-25T09:01:00Z", 1), ("2026-11-25T10:00:00Z", 1)] {
        w.at(moment).await;
        w.jobs().await;
        assert_eq!((reminders(w.stan).await, reminders(w.sue).await), (1, so_far), "{moment}");
    }
    // Who is asked when it is late reads that at once.
    give(w.sue, "dan@example.org").await;
    w.at("2026-11-25T16:59:00Z").await;
    w.jobs().await;
    assert_eq!((reminders(w.sue).await, reminders(w.dan).await, w.events("stage.reminded").await), (1, 0, 3));
    assert!(w.told(w.dan).await.contains(&"decision_waiting".to_owned()));
    assert_eq!(w.asked(&request).await, ["Dan"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn another_manager_is_reminded_as_well_and_who_was_reminded_is_not_once_more(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let mut manager = stage(1, "Manager", &["line_manager"], 1);
    manager["remind_hours"] = json!(4);
    w.plan("standard", json!([manager])).await;
    let request = w.ask(w.ana, w.read).await;
    let reminders = async |who: IdentityId| w.told(who).await.into_iter().filter(|kind| kind == "reminder").count();
    w.at("2026-11-23T13:01:00Z").await;
    w.jobs().await;
    for (who, name) in [(w.stan, "Stan"), (w.mona, "Mona")] {
        w.sql("update identity set manager_id = $2 where id = $1", &[w.ana, who]).await;
        w.jobs().await;
        assert_eq!(w.asked(&request).await, [name]);
    }
    w.at("2026-11-24T09:02:00Z").await;
    w.jobs().await;
    assert_eq!((reminders(w.mona).await, reminders(w.stan).await), (1, 0), "she came back and was reminded before");
    w.sql("update identity set manager_id = $2 where id = $1", &[w.ana, w.stan]).await;
    w.jobs().await;
    w.at("2026-11-24T13:03:00Z").await;
    w.jobs().await;
    assert_eq!((reminders(w.mona).await, reminders(w.stan).await), (1, 1));
}

#[sqlx::test(migrations = "../migrations")]
async fn who_comes_beside_somebody_who_was_reminded_is_reminded_as_well_and_nobody_is_twice(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let w = World::begin(pool, connect).await;
    let mut security = stage(1, "Security", &["group:security"], 1);
    security["remind_hours"] = json!(4);
    w.plan("standard", json!([security])).await;
    w.security(w.stan).await;
    let request = w.ask(w.ana, w.read).await;
    let reminders = async || {
        let mut counts = Vec::new();
        for who in [w.stan, w.sue, w.dan, w.olga] {
            counts.push(w.told(who).await.into_iter().filter(|kind| kind == "reminder").count());
        }
        counts
    };
    // Sue comes when Stan was reminded, Dan with less than four working hours left, Olga when it is late.
    for (moment, comes, expected) in [
        ("2026-11-23T13:01:00Z", Some(w.sue), [1, 0, 0, 0]),
        ("2026-11-23T16:59:00Z", None, [1, 0, 0, 0]),
        ("2026-11-24T09:02:00Z", None, [1, 1, 0, 0]),
        ("2026-11-24T16:00:00Z", Some(w.dan), [1, 1, 0, 0]),
        ("2026-11-25T08:59:00Z", None, [1, 1, 0, 0]),
        ("2026-11-25T09:01:00Z", Some(w.olga), [1, 1, 1, 0]),
        ("2026-11-25T16:59:00Z", None, [1, 1, 1, 0]),
    ] {
        w.at(moment).await;
        w.jobs().await;
        if let Some(who) = comes {
            w.security(who).await;
            w.jobs().await;
        }
        assert_eq!(reminders().await, expected, "{moment}");
    }
    assert_eq!(
        (w.asked(&request).await, w.events("stage.reminded").await),
        (["Dan", "Olga", "Stan", "Sue"].map(str::to_owned).to_vec(), 3)
    );
    assert!(w.told(w.olga).await.contains(&"decision_waiting".to_owned()));
}
