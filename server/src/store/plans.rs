//! Approval plans as they are in force.

use super::error::{StoreError, one_row};
use domain::approval::{ApprovalPlan, PlanScope, PlanStage};
use domain::catalogue::RiskTier;
use domain::id::{ApplicationId, GrantId, PlanId, RequestId};
use domain::identity::Population;
use domain::request::RequestKind;
use sqlx::PgConnection;
use sqlx::types::Json;

/// Every active plan that could fit: of this tier, population and application, or of any.
///
/// # Errors
/// [`StoreError`] when reading fails or a plan is not one.
pub async fn could_fit(
    conn: &mut PgConnection,
    tier: RiskTier,
    population: Population,
    application: ApplicationId,
) -> Result<Vec<ApprovalPlan>, StoreError> {
    let rows = sqlx::query!(
        r#"select id, code, version, name, tier, population, application_id, stages as "stages: Json<serde_json::Value>"
           from approval_plan
           where state = 'active' and coalesce(tier, $1) = $1 and coalesce(population, $2) = $2 and coalesce(application_id, $3) = $3"#,
        tier.word(),
        population.word(),
        application.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let stages: Vec<PlanStage> = serde_json::from_value(r.stages.0)
                .map_err(|error| StoreError::inconsistent("approval_plan", format!("{} version {}: {error}", r.code, r.version)))?;
            Ok(ApprovalPlan {
                id: PlanId(r.id),
                code: r.code,
                version: r.version,
                name: r.name,
                scope: PlanScope {
                    tier: r.tier.map(|word| word.parse()).transpose()?,
                    population: r.population.map(|word| word.parse()).transpose()?,
                    application: r.application_id.map(ApplicationId),
                },
                stages,
            })
        })
        .collect()
}

/// Pins the plan on a revision.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn pin(conn: &mut PgConnection, request: RequestId, revision: i32, plan: &ApprovalPlan) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update request_revision set plan_code = $3, plan_version = $4 where request_id = $1 and revision = $2 and plan_code is null",
        request.0,
        revision,
        plan.code,
        plan.version
    )
    .execute(conn)
    .await?;
    one_row("request_revision", &done)
}

/// What kind of change a request asks for, and the grant it is about.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn kind_of_request(conn: &mut PgConnection, request: RequestId) -> Result<(RequestKind, Option<GrantId>), StoreError> {
    let row = sqlx::query!("select kind, grant_id from request where id = $1", request.0).fetch_one(conn).await?;
    Ok((row.kind.parse()?, row.grant_id.map(GrantId)))
}

/// The plan that a revision pins: code, version and, as far as it is still known, name.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn pinned(
    conn: &mut PgConnection,
    request: RequestId,
    revision: i32,
) -> Result<Option<(String, i32, Option<String>)>, StoreError> {
    let row = sqlx::query!(
        r#"select v.plan_code, v.plan_version, p.name as "name?" from request_revision v left join approval_plan p on p.code = v.plan_code
           where v.request_id = $1 and v.revision = $2"#,
        request.0,
        revision
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.and_then(|r| r.plan_code.zip(r.plan_version).map(|(code, version)| (code, version, r.name))))
}
