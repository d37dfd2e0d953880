//! Whom a decision may be given to.

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
