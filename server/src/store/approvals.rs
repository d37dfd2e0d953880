//! Approval stages: written from a plan, opened, held, closed, and read. Who was asked at them is in
//! [`asked`], what the time does to an open one in [`clock`], what was decided in `decisions`.

pub mod asked;
pub mod clock;

use super::error::{StoreError, one_row};
use app::record::PersonRef;
use domain::approval::{ApproverSource, Candidate, PlanStage, StageRule, Verdict};
use domain::id::{IdentityId, RequestId, StageId};
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
    /// Its step: stages of one step are asked at the same time.
    pub step: i32,
    /// What it is called.
    pub name: String,
    /// Where its approvers come from.
    pub sources: Vec<ApproverSource>,
    /// Who is asked when those give too few.
    pub fallback: Vec<ApproverSource>,
    /// The next level.
    pub escalate_to: Vec<ApproverSource>,
    /// How many different people have to approve.
    pub quorum: i32,
    /// Working hours until it is due, until those asked are reminded, until it is escalated.
    pub hours: (i32, Option<i32>, Option<i32>),
    /// Calendar that its times are worked out with.
    pub calendar: Option<(String, i32)>,
    /// Stored word of the state.
    pub state: String,
    /// Why it is held.
    pub hold_reason: Option<String>,
    /// Since when.
    pub held_at: Option<Timestamp>,
    /// Since when it is open.
    pub opened_at: Option<Timestamp>,
    /// When it is due.
    pub due_at: Option<Timestamp>,
    /// When those asked who were not reminded are; nothing where nobody is to be.
    pub remind_at: Option<Timestamp>,
    /// When any of those asked was last.
    pub reminded_at: Option<Timestamp>,
    /// When the next level is asked.
    pub escalate_at: Option<Timestamp>,
    /// When it was, or could not be.
    pub escalated_at: Option<Timestamp>,
    /// Why nobody of the next level could be asked then.
    pub next_level_missing: Option<String>,
    /// Since when its clock stands still, because the requester is asked.
    pub paused_at: Option<Timestamp>,
    /// Working seconds that were left then.
    pub remaining_seconds: Option<i64>,
    /// Working seconds spent waiting for the requester so far.
    pub waited_seconds: i64,
    /// Who of the team has taken it on, until when.
    pub claim: Option<(PersonRef, Timestamp)>,
    /// Since when.
    pub claimed_at: Option<Timestamp>,
    /// When it closed.
    pub closed_at: Option<Timestamp>,
}

impl StageRow {
    /// What its plan says about people.
    #[must_use]
    pub fn rule(&self) -> StageRule<'_> {
        StageRule { sources: &self.sources, fallback: &self.fallback, escalate_to: &self.escalate_to, quorum: self.quorum }
    }

    /// Whether it waits for people.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        matches!(self.state.as_str(), "waiting" | "open" | "held")
    }
}

/// When things happen at a stage that opens.
#[derive(Clone, Debug)]
pub struct StageTimes {
    /// Calendar they are worked out with.
    pub calendar: (String, i32),
    /// When it is due.
    pub due_at: Timestamp,
    /// When those asked are reminded.
    pub remind_at: Option<Timestamp>,
    /// When the next level is asked.
    pub escalate_at: Option<Timestamp>,
}

/// Writes a stage of a plan, waiting for those before it.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn insert_stage(
    conn: &mut PgConnection,
    id: StageId,
    request: RequestId,
    revision: i32,
    position: i32,
    stage: &PlanStage,
) -> Result<(), StoreError> {
    let words = |sources: &[ApproverSource]| sources.iter().map(ApproverSource::word).collect::<Vec<String>>();
    let done = sqlx::query!(
        "insert into approval_stage (id, request_id, revision, position, step, name, sources, fallback, quorum, due_hours, remind_hours, escalate_hours, escalate_to, state)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'waiting')",
        id.0,
        request.0,
        revision,
        position,
        stage.step,
        stage.name,
        &words(&stage.sources),
        &words(&stage.fallback),
        stage.quorum,
        stage.due_hours,
        stage.remind_hours,
        stage.escalate_hours,
        &words(&stage.escalate_to)
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
    candidates: &[Candidate],
    at: Timestamp,
    times: &StageTimes,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        // A stage that was held while it was open took its time since then.
        "update approval_stage set state = 'open', hold_reason = null, held_at = null, opened_at = coalesce(opened_at, $2), due_at = $3, remind_at = $4,
                escalate_at = $5, calendar_code = $6, calendar_version = $7
         where id = $1 and state in ('waiting', 'held')",
        id.0,
        at.to_sqlx() as _,
        times.due_at.to_sqlx() as _,
        times.remind_at.map(ToSqlx::to_sqlx) as _,
        times.escalate_at.map(ToSqlx::to_sqlx) as _,
        times.calendar.0,
        times.calendar.1
    )
    .execute(&mut *conn)
    .await?;
    one_row("approval_stage", &done)?;
    asked::replace_candidates(conn, id, candidates).await
}

/// Holds a stage because nobody can decide. The people asked before are not asked any more, and
/// nobody has it to themselves. Its times stay on record: what was used of them by `at` stays used
/// when it opens again.
///
/// # Errors
/// [`StoreError`] when the database refuses or the stage is closed or paused.
pub async fn hold_stage(conn: &mut PgConnection, id: StageId, reason: &str, at: Timestamp) -> Result<(), StoreError> {
    asked::replace_candidates(conn, id, &[]).await?;
    let done = sqlx::query!(
        "update approval_stage set state = 'held', hold_reason = $2, held_at = coalesce(held_at, $3),
                claimed_by = null, claimed_at = null, claim_lapses_at = null
         where id = $1 and state in ('waiting', 'open', 'held') and paused_at is null",
        id.0,
        reason,
        at.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("approval_stage", &done)
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
        "update approval_stage set state = $2, closed_at = $3, paused_at = null, remaining_seconds = null, claimed_by = null, claimed_at = null, claim_lapses_at = null
         where id = $1 and state = 'open'",
        id.0,
        state,
        at.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("approval_stage", &done)
}

/// Voids every stage of a request that has not been decided. What a paused one waited is counted
/// before, by [`clock::end_pause`].
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn void_undecided(conn: &mut PgConnection, request: RequestId, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query!(
        "update approval_stage set state = 'void', hold_reason = null, held_at = null, closed_at = $2,
                claimed_by = null, claimed_at = null, claim_lapses_at = null
         where request_id = $1 and state in ('waiting', 'open', 'held')",
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
        r#"select s.id, s.position, s.step as "step!", s.name as "name!", s.sources as "sources!", s.fallback, s.escalate_to, s.quorum,
                  s.due_hours, s.remind_hours, s.escalate_hours, s.calendar_code, s.calendar_version, s.state, s.hold_reason, s.held_at, s.claimed_at,
                  s.opened_at, s.due_at, s.remind_at, s.reminded_at, s.escalate_at, s.escalated_at, s.next_level_missing, s.paused_at, s.remaining_seconds,
                  s.waited_seconds, s.claimed_by, c.display_name as "claimant?", s.claim_lapses_at, s.closed_at
           from approval_stage s left join identity c on c.id = s.claimed_by
           where s.request_id = $1 and s.revision = $2 order by s.position"#,
        request.0,
        revision
    )
    .fetch_all(conn)
    .await?;
    let sources = |words: Vec<String>| words.iter().map(|word| word.parse()).collect::<Result<Vec<ApproverSource>, _>>();
    rows.into_iter()
        .map(|r| {
            let claimant = r.claimed_by.zip(r.claimant).map(|(id, name)| PersonRef { id: IdentityId(id), name });
            Ok(StageRow {
                id: StageId(r.id),
                request,
                revision,
                position: r.position,
                step: r.step,
                name: r.name,
                sources: sources(r.sources)?,
                fallback: sources(r.fallback)?,
                escalate_to: sources(r.escalate_to)?,
                quorum: r.quorum,
                hours: (r.due_hours, r.remind_hours, r.escalate_hours),
                calendar: r.calendar_code.zip(r.calendar_version),
                state: r.state,
                hold_reason: r.hold_reason,
                claimed_at: r.claimed_at.map(|at| at.to_jiff()),
                held_at: r.held_at.map(|t| t.to_jiff()),
                opened_at: r.opened_at.map(|t| t.to_jiff()),
                due_at: r.due_at.map(|t| t.to_jiff()),
                remind_at: r.remind_at.map(|t| t.to_jiff()),
                reminded_at: r.reminded_at.map(|t| t.to_jiff()),
                escalate_at: r.escalate_at.map(|t| t.to_jiff()),
                escalated_at: r.escalated_at.map(|t| t.to_jiff()),
                next_level_missing: r.next_level_missing,
                paused_at: r.paused_at.map(|t| t.to_jiff()),
                remaining_seconds: r.remaining_seconds,
                waited_seconds: r.waited_seconds,
                claim: claimant.zip(r.claim_lapses_at.map(|t| t.to_jiff())),
                closed_at: r.closed_at.map(|t| t.to_jiff()),
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

/// Requests with a stage that is open or held, in the order of their ids, from the one after
/// `after` on: the reconciler asks again who may decide.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn requests_with_undecided_stage(
    conn: &mut PgConnection,
    after: Option<RequestId>,
    limit: i64,
) -> Result<Vec<RequestId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select distinct request_id from approval_stage where state in ('open', 'held') and ($1::uuid is null or request_id > $1) order by request_id limit $2",
        after.map(|id| id.0),
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(RequestId).collect())
}
