//! The people at a stage: who is asked, who was reminded, who has taken it on, who was given it, and who
//! has decided.

use crate::store::error::{StoreError, one_row};
use app::record::PersonRef;
use domain::approval::Candidate;
use domain::id::{DelegationId, IdentityId, RequestId, StageId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// Somebody who was asked at a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidateRow {
    /// At which stage.
    pub stage: StageId,
    /// Who.
    pub person: PersonRef,
    /// As what.
    pub because: String,
    /// They were asked because the stage was escalated.
    pub next_level: bool,
    /// Whom they stand in for.
    pub delegated_by: Option<PersonRef>,
    /// The record that says so.
    pub delegation: Option<DelegationId>,
}

/// Replaces the people asked at a stage. Whoever has decided there was asked, and stays on record.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn replace_candidates(conn: &mut PgConnection, id: StageId, candidates: &[Candidate]) -> Result<(), StoreError> {
    sqlx::query!(
        "delete from stage_candidate c where c.stage_id = $1
         and not exists (select from decision d where d.stage_id = c.stage_id and d.decided_by = c.identity_id and d.verdict <> 'return')",
        id.0
    )
    .execute(&mut *conn)
    .await?;
    for candidate in candidates {
        sqlx::query!(
            "insert into stage_candidate (stage_id, identity_id, because, next_level, delegated_by, delegation_id) values ($1, $2, $3, $4, $5, $6)",
            id.0,
            candidate.identity.0,
            candidate.because,
            candidate.next_level,
            candidate.stands_in.map(|(from, _)| from.0),
            candidate.stands_in.map(|(_, record)| record.0)
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Puts on record who was reminded at a stage.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn insert_reminded(conn: &mut PgConnection, id: StageId, people: &[IdentityId], at: Timestamp) -> Result<(), StoreError> {
    let people: Vec<uuid::Uuid> = people.iter().map(|person| person.0).collect();
    sqlx::query!(
        "insert into stage_reminder (stage_id, identity_id, reminded_at) select $1, unnest($2::uuid[]), $3 on conflict do nothing",
        id.0,
        &people,
        at.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Who was reminded at a stage, and when.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn reminded(conn: &mut PgConnection, id: StageId) -> Result<Vec<(IdentityId, Timestamp)>, StoreError> {
    let rows = sqlx::query!("select identity_id, reminded_at from stage_reminder where stage_id = $1", id.0).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|r| (IdentityId(r.identity_id), r.reminded_at.to_jiff())).collect())
}

/// Gives a stage to one of those asked, until `lapses_at`.
///
/// # Errors
/// [`StoreError`] when the database refuses, the stage is not open, or somebody has it.
pub async fn claim(conn: &mut PgConnection, id: StageId, by: IdentityId, at: Timestamp, lapses_at: Timestamp) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update approval_stage set claimed_by = $2, claimed_at = $3, claim_lapses_at = $4 where id = $1 and state = 'open' and claimed_by is null",
        id.0,
        by.0,
        at.to_sqlx() as _,
        lapses_at.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("approval_stage", &done)
}

/// Gives a stage back to the team.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn unclaim(conn: &mut PgConnection, id: StageId) -> Result<(), StoreError> {
    let done = sqlx::query!("update approval_stage set claimed_by = null, claimed_at = null, claim_lapses_at = null where id = $1", id.0)
        .execute(conn)
        .await?;
    one_row("approval_stage", &done)
}

/// A reassignment about to be recorded.
#[derive(Clone, Debug)]
pub struct NewReassignment<'a> {
    /// Its id.
    pub id: uuid::Uuid,
    /// At which stage.
    pub stage: StageId,
    /// Who is no longer asked.
    pub from: Option<IdentityId>,
    /// Who is asked.
    pub to: IdentityId,
    /// Why.
    pub reason: &'a str,
    /// Who says so.
    pub by: IdentityId,
    /// When.
    pub at: Timestamp,
}

/// Records a reassignment.
///
/// # Errors
/// [`StoreError`] when the database refuses; its named constraints repeat law 4.
pub async fn insert_reassignment(conn: &mut PgConnection, new: &NewReassignment<'_>) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into stage_reassignment (id, stage_id, from_id, to_id, reason, reassigned_by, reassigned_at) values ($1, $2, $3, $4, $5, $6, $7)",
        new.id,
        new.stage.0,
        new.from.map(|id| id.0),
        new.to.0,
        new.reason,
        new.by.0,
        new.at.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("stage_reassignment", &done)
}

/// The people asked at the stages of a revision, with the reason why.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn candidates(conn: &mut PgConnection, request: RequestId, revision: i32) -> Result<Vec<CandidateRow>, StoreError> {
    let rows = sqlx::query!(
        r#"select c.stage_id, c.identity_id, i.display_name as "name!", c.because, c.next_level, c.delegated_by, f.display_name as "from_name?", c.delegation_id
           from approval_stage s join stage_candidate c on c.stage_id = s.id join identity i on i.id = c.identity_id
           left join identity f on f.id = c.delegated_by
           where s.request_id = $1 and s.revision = $2
           order by s.position, c.delegated_by is not null, c.because desc, i.display_name, i.id"#,
        request.0,
        revision
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| CandidateRow {
            stage: StageId(r.stage_id),
            person: PersonRef { id: IdentityId(r.identity_id), name: r.name },
            because: r.because,
            next_level: r.next_level,
            delegated_by: r.delegated_by.zip(r.from_name).map(|(id, name)| PersonRef { id: IdentityId(id), name }),
            delegation: r.delegation_id.map(DelegationId),
        })
        .collect())
}

/// The accounts that decided at a stage. A question decides nothing.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn deciders(conn: &mut PgConnection, stage: StageId) -> Result<Vec<IdentityId>, StoreError> {
    let ids =
        sqlx::query_scalar!("select decided_by from decision where stage_id = $1 and verdict <> 'return'", stage.0).fetch_all(conn).await?;
    Ok(ids.into_iter().map(IdentityId).collect())
}

/// How many people have approved at a stage.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn approvals(conn: &mut PgConnection, stage: StageId) -> Result<i32, StoreError> {
    let n = sqlx::query_scalar!(
        r#"select count(distinct person_of(decided_by))::integer as "n!" from decision where stage_id = $1 and verdict = 'approve'"#,
        stage.0
    )
    .fetch_one(conn)
    .await?;
    Ok(n)
}
