//! Approval stages, who was asked, and what they decided.

use super::error::{StoreError, one_row};
use app::record::PersonRef;
use domain::approval::{Authority, Nominee, Verdict};
use domain::id::{DecisionId, IdempotencyKey, IdentityId, RequestId, StageId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// A stage as recorded.
#[derive(Clone, Debug)]
pub struct StageRow {
    /// Which.
    pub id: StageId,
    /// Its request.
    pub request: RequestId,
    /// Its revision.
    pub revision: i32,
    /// Its place in the plan, from 1.
    pub position: i32,
    /// By what authority.
    pub authority: Authority,
    /// Stored word of the state.
    pub state: String,
    /// Why it is held.
    pub hold_reason: Option<String>,
    /// Since when it is open.
    pub opened_at: Option<Timestamp>,
    /// When it is due.
    pub due_at: Option<Timestamp>,
}

/// A decision as recorded, with its stage.
#[derive(Clone, Debug)]
pub struct DecisionRow {
    /// At which stage.
    pub stage: StageId,
    /// Who.
    pub by: PersonRef,
    /// They are an active identity now.
    pub active: bool,
    /// They are among those who were asked at that stage.
    pub asked: bool,
    /// What.
    pub verdict: Verdict,
    /// Their words.
    pub comment: Option<String>,
    /// When.
    pub at: Timestamp,
    /// What they saw.
    pub shown_hash: Vec<u8>,
}

/// A decision about to be recorded.
#[derive(Clone, Debug)]
pub struct NewDecision<'a> {
    /// Its id.
    pub id: DecisionId,
    /// At which stage of which revision.
    pub stage: &'a StageRow,
    /// Who.
    pub by: IdentityId,
    /// What.
    pub verdict: Verdict,
    /// Their words.
    pub comment: Option<&'a str>,
    /// Version that was shown.
    pub shown_version: i32,
    /// Hash that was shown.
    pub shown_hash: &'a [u8],
    /// When.
    pub at: Timestamp,
    /// Deciding twice with one key decides once.
    pub key: IdempotencyKey,
}

/// Writes a stage that waits for those before it.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn insert_stage(
    conn: &mut PgConnection,
    id: StageId,
    request: RequestId,
    revision: i32,
    position: i32,
    authority: Authority,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into approval_stage (id, request_id, revision, position, step, name, sources, state) values ($1, $2, $3, $4, $4, $5, array[$6::text], 'waiting')",
        id.0,
        request.0,
        revision,
        position,
        authority.label(),
        authority.word()
    )
    .execute(conn)
    .await?;
    one_row("approval_stage", &done)
}

/// Opens a waiting or held stage for the people asked.
///
/// # Errors
/// [`StoreError`] when the database refuses or the stage is in another state.
pub async fn open_stage(
    conn: &mut PgConnection,
    id: StageId,
    candidates: &[Nominee],
    at: Timestamp,
    due_at: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update approval_stage set state = 'open', hold_reason = null, opened_at = $2, due_at = $3 where id = $1 and state in ('waiting', 'held')",
        id.0,
        at.to_sqlx() as _,
        due_at.to_sqlx() as _
    )
    .execute(&mut *conn)
    .await?;
    one_row("approval_stage", &done)?;
    for candidate in candidates {
        sqlx::query!(
            "insert into stage_candidate (stage_id, identity_id, because) values ($1, $2, $3)",
            id.0,
            candidate.identity.0,
            candidate.because
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Holds a stage because nobody can decide. The people asked before are not asked any more.
///
/// # Errors
/// [`StoreError`] when the database refuses or the stage is closed.
pub async fn hold_stage(conn: &mut PgConnection, id: StageId, reason: &str) -> Result<(), StoreError> {
    sqlx::query!("delete from stage_candidate where stage_id = $1", id.0).execute(&mut *conn).await?;
    let done = sqlx::query!("update approval_stage set state = 'held', hold_reason = $2, opened_at = null, due_at = null where id = $1 and state in ('waiting', 'open', 'held')", id.0, reason).execute(conn).await?;
    one_row("approval_stage", &done)
}

/// Replaces the people asked at an open stage.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn replace_candidates(conn: &mut PgConnection, id: StageId, candidates: &[Nominee]) -> Result<(), StoreError> {
    sqlx::query!("delete from stage_candidate where stage_id = $1", id.0).execute(&mut *conn).await?;
    for candidate in candidates {
        sqlx::query!(
            "insert into stage_candidate (stage_id, identity_id, because) values ($1, $2, $3)",
            id.0,
            candidate.identity.0,
            candidate.because
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Closes an open stage with a verdict.
///
/// # Errors
/// [`StoreError`] when the database refuses or the stage is not open.
pub async fn close_stage(conn: &mut PgConnection, id: StageId, verdict: Verdict, at: Timestamp) -> Result<(), StoreError> {
    let state = match verdict {
        Verdict::Approve => "approved",
        Verdict::Return => "returned",
        Verdict::Reject => "rejected",
    };
    let done = sqlx::query!(
        "update approval_stage set state = $2, closed_at = $3 where id = $1 and state = 'open'",
        id.0,
        state,
        at.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("approval_stage", &done)
}

/// Voids every stage of a request that has not been decided.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn void_undecided(conn: &mut PgConnection, request: RequestId, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query!(
        "update approval_stage set state = 'void', hold_reason = null, closed_at = $2 where request_id = $1 and state in ('waiting', 'open', 'held')",
        request.0,
        at.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The plan of a revision, in order.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn stages(conn: &mut PgConnection, request: RequestId, revision: i32) -> Result<Vec<StageRow>, StoreError> {
    let rows = sqlx::query!(
        "select id, position, sources, state, hold_reason, opened_at, due_at from approval_stage where request_id = $1 and revision = $2 order by position",
        request.0,
        revision
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(StageRow {
                id: StageId(r.id),
                request,
                revision,
                position: r.position,
                authority: r.sources.first().map_or("", String::as_str).parse()?,
                state: r.state,
                hold_reason: r.hold_reason,
                opened_at: r.opened_at.map(|t| t.to_jiff()),
                due_at: r.due_at.map(|t| t.to_jiff()),
            })
        })
        .collect()
}

/// The request a stage belongs to.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn request_of_stage(conn: &mut PgConnection, stage: StageId) -> Result<Option<RequestId>, StoreError> {
    let id = sqlx::query_scalar!("select request_id from approval_stage where id = $1", stage.0).fetch_optional(conn).await?;
    Ok(id.map(RequestId))
}

/// The people asked at the stages of a revision, with the reason why.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn candidates(
    conn: &mut PgConnection,
    request: RequestId,
    revision: i32,
) -> Result<Vec<(StageId, PersonRef, String)>, StoreError> {
    let rows = sqlx::query!(
        r#"select c.stage_id, c.identity_id, i.display_name as "name!", c.because
           from approval_stage s join stage_candidate c on c.stage_id = s.id join identity i on i.id = c.identity_id
           where s.request_id = $1 and s.revision = $2 order by s.position, c.because desc, i.display_name"#,
        request.0,
        revision
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (StageId(r.stage_id), PersonRef { id: IdentityId(r.identity_id), name: r.name }, r.because)).collect())
}

/// The decisions on a revision, in order.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn decisions(conn: &mut PgConnection, request: RequestId, revision: i32) -> Result<Vec<DecisionRow>, StoreError> {
    let rows = sqlx::query!(
        r#"select d.stage_id, d.decided_by, i.display_name as "name!", i.state = 'active' as "active!",
                  exists (select from stage_candidate c where c.stage_id = d.stage_id and c.identity_id = d.decided_by) as "asked!",
                  d.verdict, d.comment, d.decided_at, d.shown_hash
           from decision d join identity i on i.id = d.decided_by
           where d.request_id = $1 and d.revision = $2 order by d.decided_at, d.id"#,
        request.0,
        revision
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(DecisionRow {
                stage: StageId(r.stage_id),
                by: PersonRef { id: IdentityId(r.decided_by), name: r.name },
                active: r.active,
                asked: r.asked,
                verdict: r.verdict.parse()?,
                comment: r.comment,
                at: r.decided_at.to_jiff(),
                shown_hash: r.shown_hash,
            })
        })
        .collect()
}

/// The request a decision key was already used on.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn decision_by_key(conn: &mut PgConnection, by: IdentityId, key: IdempotencyKey) -> Result<Option<RequestId>, StoreError> {
    let id = sqlx::query_scalar!("select request_id from decision where decided_by = $1 and idempotency_key = $2", by.0, key.0)
        .fetch_optional(conn)
        .await?;
    Ok(id.map(RequestId))
}

/// Records a decision.
///
/// # Errors
/// [`StoreError`] when the database refuses; its named constraints repeat laws 4 and 5.
pub async fn insert_decision(conn: &mut PgConnection, decision: &NewDecision<'_>) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into decision (id, stage_id, request_id, revision, decided_by, verdict, comment, shown_version, shown_hash, decided_at, idempotency_key)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        decision.id.0,
        decision.stage.id.0,
        decision.stage.request.0,
        decision.stage.revision,
        decision.by.0,
        decision.verdict.word(),
        decision.comment,
        decision.shown_version,
        decision.shown_hash,
        decision.at.to_sqlx() as _,
        decision.key.0
    )
    .execute(conn)
    .await?;
    one_row("decision", &done)
}

/// Requests with a stage that is open or held, in the order they have waited: the reconciler asks
/// again who may decide.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn requests_with_undecided_stage(conn: &mut PgConnection) -> Result<Vec<RequestId>, StoreError> {
    // Only where the people asked may have changed: held, or asked and no longer active.
    let ids = sqlx::query_scalar!(
        "select s.request_id from approval_stage s
         where s.state = 'held'
            or (s.state = 'open' and not exists (
                    select from stage_candidate c join identity i on i.id = c.identity_id where c.stage_id = s.id and i.state = 'active'))
         order by s.request_id limit 500"
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(RequestId).collect())
}
