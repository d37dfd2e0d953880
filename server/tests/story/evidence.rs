//! What the story leaves behind: events that cannot be changed, evaluations with their facts.

use super::cast::Story;
use crate::support::*;
use sha2::{Digest, Sha256};

#[sqlx::test(migrations = "../migrations")]
async fn the_servers_role_can_only_append_to_the_audit_trail(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    s.granted().await;
    for statement in ["update audit_event set kind = 'x'", "delete from audit_event", "truncate audit_event"] {
        let refused = sqlx::query(statement).execute(&s.app.pool).await.unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().code().as_deref(), Some("42501"), "{statement}");
        let even_the_owner = sqlx::query(statement).execute(&s.app.owner).await.unwrap_err();
        assert_eq!(even_the_owner.as_database_error().unwrap().code().as_deref(), Some("42501"), "{statement} by the owner");
    }
    for table in ["request", "decision", "release", "access_grant", "gate_evaluation", "identity"] {
        let refused = sqlx::query(sqlx::AssertSqlSafe(format!("delete from {table}"))).execute(&s.app.pool).await.unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().code().as_deref(), Some("42501"), "{table}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn every_event_carries_canonical_facts_with_their_hash_and_an_actor(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    s.granted().await;
    let events: Vec<(String, Vec<u8>, String, Option<uuid::Uuid>)> =
        sqlx::query_as("select body, content_hash, actor_kind, actor_id from audit_event").fetch_all(&s.app.owner).await.unwrap();
    assert!(events.len() >= 7);
    for (body, hash, actor_kind, actor_id) in events {
        let value: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), body);
        assert_eq!(Sha256::digest(body.as_bytes()).as_slice(), hash);
        assert_eq!(actor_kind == "person", actor_id.is_some());
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn no_state_is_written_when_its_event_cannot_be(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.read).await;
    let shown = s.shown(s.mona, &request).await;
    sqlx::query("revoke insert on audit_event from countersign_app").execute(&s.app.owner).await.unwrap();
    assert_eq!(s.decide_on(s.mona, &shown, "approve", "").await.status, 500);
    sqlx::query("grant insert on audit_event to countersign_app").execute(&s.app.owner).await.unwrap();
    assert_eq!(s.app.count("select count(*) from decision").await, 0);
    assert_eq!(s.state(&request).await, "in_approval");
    assert!(s.decide_on(s.mona, &shown, "approve", "").await.status < 400, "what was shown is still what is there");
}

#[sqlx::test(migrations = "../migrations")]
async fn every_evaluation_is_stored_with_policy_facts_outcomes_and_duration(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.granted().await;
    let rows: Vec<(String, bool, serde_json::Value, serde_json::Value, i64)> = sqlx::query_as(
        "select phase, passed, facts, results, duration_us from gate_evaluation where request_id = $1::uuid order by at, id",
    )
    .bind(&request)
    .fetch_all(&s.app.owner)
    .await
    .unwrap();
    assert_eq!(rows.iter().map(|r| r.0.as_str()).collect::<Vec<_>>(), ["submission", "release"]);
    for (_, passed, facts, results, duration) in rows {
        assert!(passed && duration > 0);
        assert_eq!(facts["subject"]["identity"], s.ana.to_string());
        assert!(results.as_array().unwrap().len() >= 11);
    }
    assert_eq!(
        s.app
            .count("select count(*) from gate_evaluation e join policy_set p on p.hash = e.policy_hash where p.sources ? 'CS-SOD-01'")
            .await,
        2
    );
}
