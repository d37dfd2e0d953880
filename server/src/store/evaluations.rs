//! Runs of the gates, each with the facts it saw, and the policy sets they ran with.

use super::error::{StoreError, one_row};
use domain::gate::{Evaluation, GateFacts, Phase};
use domain::id::{EvaluationId, RequestId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;

/// Remembers a policy set, so that its hash can be read years later.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn remember_policy_set(conn: &mut PgConnection, hash: &str, sources: &Value, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into policy_set (hash, sources, first_seen_at) values ($1, $2, $3) on conflict (hash) do nothing",
        hash,
        sources,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Stores a run of the gates.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn insert(
    conn: &mut PgConnection,
    evaluation: &Evaluation,
    facts: &GateFacts,
    request: Option<(RequestId, i32)>,
) -> Result<(), StoreError> {
    let json = |e: serde_json::Error| StoreError::inconsistent("gate_evaluation", e.to_string());
    let done = sqlx::query!(
        "insert into gate_evaluation (id, at, phase, subject_id, entitlement_id, request_id, revision, policy_hash, passed, facts, results, duration_us)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        evaluation.id.0,
        evaluation.at.to_sqlx() as _,
        evaluation.phase.word(),
        facts.subject.identity.0,
        facts.entitlement.id.0,
        request.map(|(id, _)| id.0),
        request.map(|(_, revision)| revision),
        evaluation.policy_hash,
        evaluation.passes(),
        serde_json::to_value(facts).map_err(json)?,
        serde_json::to_value(&evaluation.results).map_err(json)?,
        evaluation.duration_us,
    )
    .execute(conn)
    .await?;
    one_row("gate_evaluation", &done)
}

/// The newest run of a phase for a revision of a request.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn newest(conn: &mut PgConnection, request: RequestId, revision: i32, phase: Phase) -> Result<Option<Evaluation>, StoreError> {
    let row = sqlx::query!(
        r#"select id, at, policy_hash, results, duration_us, coalesce(facts -> 'rules', '[]') as "rules!" from gate_evaluation
         where request_id = $1 and revision = $2 and phase = $3 order by at desc, id desc limit 1"#,
        request.0,
        revision,
        phase.word()
    )
    .fetch_optional(conn)
    .await?;
    row.map(|r| {
        Ok(Evaluation {
            id: EvaluationId(r.id),
            at: r.at.to_jiff(),
            phase,
            policy_hash: r.policy_hash,
            rules: serde_json::from_value(r.rules).map_err(|e| StoreError::inconsistent("gate_evaluation", e.to_string()))?,
            results: serde_json::from_value(r.results).map_err(|e| StoreError::inconsistent("gate_evaluation", e.to_string()))?,
            duration_us: r.duration_us,
        })
    })
    .transpose()
}

/// The facts that the gates saw in the newest run of a phase over a revision.
///
/// # Errors
/// [`StoreError`] when reading fails or they cannot be read.
pub async fn facts_at(conn: &mut PgConnection, phase: Phase, request: RequestId, revision: i32) -> Result<Option<GateFacts>, StoreError> {
    let stored = sqlx::query_scalar!(
        "select facts from gate_evaluation where request_id = $1 and revision = $2 and phase = $3 order by at desc, id desc limit 1",
        request.0,
        revision,
        phase.word()
    )
    .fetch_optional(conn)
    .await?;
    stored.map(|facts| serde_json::from_value(facts).map_err(|e| StoreError::inconsistent("gate_evaluation", e.to_string()))).transpose()
}
