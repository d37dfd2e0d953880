//! Releases and the attempts to carry them out: one record at a time. Lines for pages are in `release_lists`.

use super::error::{StoreError, one_row};
use domain::id::{EntitlementId, EvaluationId, GrantId, IdempotencyKey, IdentityId, ItemId, ReleaseId, RequestId};
use domain::release::{ReleaseKind, ReleaseState};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

/// A release as recorded.
#[derive(Clone, Debug)]
pub struct ReleaseRow {
    /// Which.
    pub id: ReleaseId,
    /// Human number.
    pub number: String,
    /// Give, remove or extend.
    pub kind: ReleaseKind,
    /// The request behind it.
    pub request: RequestId,
    /// The revision that was approved.
    pub revision: i32,
    /// The item it carries out.
    pub item: ItemId,
    /// Whose access changes.
    pub subject: IdentityId,
    /// What.
    pub entitlement: EntitlementId,
    /// The grant it ends, extends, or made.
    pub grant: Option<GrantId>,
    /// Where it stands.
    pub state: ReleaseState,
    /// Earliest moment.
    pub not_before: Timestamp,
    /// Version of the record.
    pub version: i32,
}

/// A release about to be planned.
#[derive(Clone, Debug)]
pub struct NewRelease {
    /// Its id.
    pub id: ReleaseId,
    /// Give or remove.
    pub kind: ReleaseKind,
    /// The request behind it.
    pub request: RequestId,
    /// The revision that was approved.
    pub revision: i32,
    /// The item it carries out.
    pub item: ItemId,
    /// Whose access changes.
    pub subject: IdentityId,
    /// What.
    pub entitlement: EntitlementId,
    /// The grant it ends or extends; none for an activation.
    pub grant: Option<GrantId>,
    /// Earliest moment.
    pub not_before: Timestamp,
    /// By when it should be done.
    pub due_at: Timestamp,
    /// When it was planned.
    pub at: Timestamp,
}

/// Somebody's approval of what a release carries out.
#[derive(Clone, Debug)]
pub struct ApprovalRow {
    /// The account that approved.
    pub by: IdentityId,
    /// Its name.
    pub name: String,
    /// The natural person behind it.
    pub person: Uuid,
    /// The account is active, was asked at that stage, and belongs to nobody whom the request concerned then;
    /// and the decision was made as its tier needs it now: signed, and by itself.
    pub authorised: bool,
}

/// The approvals of a revision, in order.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn approvals(conn: &mut PgConnection, request: RequestId, revision: i32) -> Result<Vec<ApprovalRow>, StoreError> {
    let rows = sqlx::query!(
        r#"select d.decided_by, i.display_name as "name!", person_of(d.decided_by) as "person!",
                  (i.state = 'active'
                   and exists (select from stage_candidate c where c.stage_id = d.stage_id and c.identity_id = d.decided_by)
                   and not exists (select from concerned_by_request(d.request_id, d.decided_at) c where c.identity_id = d.decided_by)
                   and decision_lacks(d.id) is null) as "authorised!"
           from decision d join identity i on i.id = d.decided_by
           where d.request_id = $1 and d.revision = $2 and d.verdict = 'approve' order by d.decided_at, d.id"#,
        request.0,
        revision
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| ApprovalRow { by: IdentityId(r.decided_by), name: r.name, person: r.person, authorised: r.authorised })
        .collect())
}

/// Puts a release into the operators' queue; gives its human number.
///
/// # Errors
/// [`StoreError`] when the database refuses, for one because the item has such a release already.
pub async fn insert(conn: &mut PgConnection, release: &NewRelease, year: i16) -> Result<String, StoreError> {
    let n = sqlx::query_scalar!(r#"select nextval('release_number') as "n!""#).fetch_one(&mut *conn).await?;
    let number = domain::id::human_number("REL", year, n);
    let done = sqlx::query!(
        "insert into release (id, number, kind, request_id, revision, item_id, subject_id, entitlement_id, grant_id, state, not_before, planned_at, state_since, due_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'planned', $10, $11, $11, $12)",
        release.id.0,
        number,
        release.kind.word(),
        release.request.0,
        release.revision,
        release.item.0,
        release.subject.0,
        release.entitlement.0,
        release.grant.map(|g| g.0),
        release.not_before.to_sqlx() as _,
        release.at.to_sqlx() as _,
        release.due_at.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("release", &done)?;
    Ok(number)
}

/// Reads a release; with `lock` nobody else can change it until this transaction ends.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn find(conn: &mut PgConnection, id: ReleaseId, lock: bool) -> Result<Option<ReleaseRow>, StoreError> {
    if lock {
        sqlx::query_scalar!("select id from release where id = $1 for update", id.0).fetch_optional(&mut *conn).await?;
    }
    let row = sqlx::query!(
        "select number, kind, request_id, revision, item_id, subject_id, entitlement_id, grant_id, state, held_reasons, executed_by, executed_at, evidence, failure, next_try_at,
                not_before, version
         from release where id = $1",
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|r| {
        Ok(ReleaseRow {
            id,
            number: r.number,
            kind: r.kind.parse()?,
            request: RequestId(r.request_id),
            revision: r.revision,
            item: ItemId(r.item_id),
            subject: IdentityId(r.subject_id),
            entitlement: EntitlementId(r.entitlement_id),
            grant: r.grant_id.map(GrantId),
            state: StateColumns {
                word: r.state,
                held: r.held_reasons,
                by: r.executed_by,
                at: r.executed_at.map(|t| t.to_jiff()),
                evidence: r.evidence,
                failure: r.failure,
                next_try: r.next_try_at.map(|t| t.to_jiff()),
            }
            .state(id.0)?,
            not_before: r.not_before.to_jiff(),
            version: r.version,
        })
    })
    .transpose()
}

/// The columns that make up a state.
pub(super) struct StateColumns {
    pub word: String,
    pub held: Option<serde_json::Value>,
    pub by: Option<Uuid>,
    pub at: Option<Timestamp>,
    pub evidence: Option<String>,
    pub failure: Option<serde_json::Value>,
    pub next_try: Option<Timestamp>,
}

impl StateColumns {
    /// One total match from columns to a state.
    pub(super) fn state(self, id: Uuid) -> Result<ReleaseState, StoreError> {
        let Self { word, held, by, at, evidence, failure, next_try } = self;
        let impossible = || StoreError::inconsistent("release", format!("{id} is {word}"));
        let by = by.map(IdentityId);
        let failure = failure.map(serde_json::from_value).transpose().map_err(|_| impossible())?;
        match (word.as_str(), held, by, at, evidence, failure, next_try) {
            ("planned", None, None, None, None, None, None) => Ok(ReleaseState::Planned),
            ("held", Some(reasons), None, None, None, None, None) => {
                Ok(ReleaseState::Held { reasons: serde_json::from_value(reasons).map_err(|_| impossible())? })
            }
            ("gated", None, None, None, None, None, None) => Ok(ReleaseState::Gated),
            ("account_ready", None, None, None, None, None, None) => Ok(ReleaseState::AccountReady),
            ("activated", None, by, Some(at), evidence, None, None) => Ok(ReleaseState::Activated { by, at, evidence }),
            ("failed", None, None, None, None, Some(failure), next_try) => Ok(ReleaseState::Failed { failure, next_try }),
            ("undoing", None, None, None, None, Some(failure), next_try) => Ok(ReleaseState::Undoing { failure, next_try }),
            ("stuck", None, None, None, None, Some(failure), None) => Ok(ReleaseState::Stuck { failure }),
            ("rolled_back", None, None, None, evidence, Some(failure), None) => Ok(ReleaseState::RolledBack { failure, evidence }),
            ("closed", None, by, Some(at), Some(evidence), None, None) => Ok(ReleaseState::Closed { by, at, evidence }),
            ("cancelled", None, None, None, None, None, None) => Ok(ReleaseState::Cancelled),
            _ => Err(impossible()),
        }
    }
}

/// Writes the state a release has reached and counts its version up.
///
/// # Errors
/// [`StoreError::NotOneRow`] when the record is not at `version` any more.
pub async fn set_state(
    conn: &mut PgConnection,
    id: ReleaseId,
    version: i32,
    to: &ReleaseState,
    grant: Option<GrantId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let held = match to {
        ReleaseState::Held { reasons } => Some(serde_json::Value::from(reasons.clone())),
        _ => None,
    };
    let (by, at, evidence) = match to {
        ReleaseState::Activated { by, at, evidence } => (*by, Some(*at), evidence.as_deref()),
        ReleaseState::Closed { by, at, evidence } => (*by, Some(*at), Some(evidence.as_str())),
        ReleaseState::RolledBack { evidence, .. } => (None, None, evidence.as_deref()),
        _ => (None, None, None),
    };
    let (failure, next_try) = match to {
        ReleaseState::Failed { failure, next_try } | ReleaseState::Undoing { failure, next_try } => (Some(failure), *next_try),
        ReleaseState::Stuck { failure } | ReleaseState::RolledBack { failure, .. } => (Some(failure), None),
        _ => (None, None),
    };
    let failure =
        failure.map(serde_json::to_value).transpose().map_err(|_| StoreError::inconsistent("release", "a failure without words"))?;
    // A proposal to take something as done is about the failure at which it was made.
    if matches!(
        to,
        ReleaseState::Planned
            | ReleaseState::Undoing { next_try: None, .. }
            | ReleaseState::RolledBack { .. }
            | ReleaseState::Closed { .. }
            | ReleaseState::Cancelled
    ) {
        super::release_skips::overtake(&mut *conn, id, now).await?;
    }
    let done = sqlx::query!(
        "update release set state = $3, held_reasons = $4, executed_by = $5, executed_at = $6, evidence = $7,
                grant_id = coalesce($8, grant_id), state_since = $9, version = version + 1, failure = $10, next_try_at = $11,
                -- When each was reached last; what a person does by hand passes its gates in the same move.
                gated_at = case when $3 in ('gated', 'closed', 'activated') and (gated_at is null or $3 = 'gated') then $9 else gated_at end,
                account_ready_at = case when $3 = 'account_ready' then $9 else account_ready_at end,
                verified_at = case when $3 = 'closed' then coalesce(verified_at, $9) else null end,
                closed_at = case when $3 = 'closed' then $9 end,
                -- What is over leaves nothing open that only somebody's word says.
                may_be_there_by = case when $3 not in ('closed', 'cancelled') then may_be_there_by end,
                may_be_there_at = case when $3 not in ('closed', 'cancelled') then may_be_there_at end
         where id = $1 and version = $2",
        id.0,
        version,
        to.word(),
        held,
        by.map(|id| id.0),
        at.map(ToSqlx::to_sqlx) as _,
        evidence,
        grant.map(|g| g.0),
        now.to_sqlx() as _,
        failure,
        next_try.map(ToSqlx::to_sqlx) as _
    )
    .execute(conn)
    .await?;
    one_row("release", &done)
}

/// The release of an approved change that waits and whose start has come.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn waiting_change(conn: &mut PgConnection, request: RequestId, now: Timestamp) -> Result<Option<ReleaseId>, StoreError> {
    let id = sqlx::query_scalar!(
        "select l.id from release l join request r on r.id = l.request_id
         where r.id = $1 and r.kind = 'change' and r.state = 'approved' and l.kind = 'activate' and l.state in ('planned', 'held') and l.not_before <= $2",
        request.0,
        now.to_sqlx() as _
    )
    .fetch_optional(conn)
    .await?;
    Ok(id.map(ReleaseId))
}

/// Open releases of a request, locked, to be cancelled with it.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn lock_open(conn: &mut PgConnection, request: RequestId) -> Result<Vec<ReleaseId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select id from release where request_id = $1 and kind <> 'remove' and state not in ('closed', 'cancelled') for update",
        request.0
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(ReleaseId).collect())
}

/// What an attempt with this key came to: `executed` or `held`.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn attempt_by_key(
    conn: &mut PgConnection,
    by: IdentityId,
    key: IdempotencyKey,
) -> Result<Option<(ReleaseId, String)>, StoreError> {
    let row = sqlx::query!("select release_id, outcome from release_attempt where attempted_by = $1 and idempotency_key = $2", by.0, key.0)
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|r| (ReleaseId(r.release_id), r.outcome)))
}

/// Records an attempt.
///
/// # Errors
/// [`StoreError`] when the database refuses.
#[expect(clippy::too_many_arguments, reason = "one insert; a struct would only be filled and emptied")]
pub async fn insert_attempt(
    conn: &mut PgConnection,
    id: Uuid,
    release: ReleaseId,
    by: IdentityId,
    at: Timestamp,
    executed: bool,
    evaluation: Option<EvaluationId>,
    key: IdempotencyKey,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into release_attempt (id, release_id, attempted_by, attempted_at, outcome, evaluation_id, idempotency_key) values ($1, $2, $3, $4, $5, $6, $7)",
        id,
        release.0,
        by.0,
        at.to_sqlx() as _,
        if executed { "executed" } else { "held" },
        evaluation.map(|e| e.0),
        key.0
    )
    .execute(conn)
    .await?;
    one_row("release_attempt", &done)
}

/// Who answers for the application of an entitlement: owner and deputy.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn answerable(conn: &mut PgConnection, entitlement: EntitlementId) -> Result<Vec<IdentityId>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"select p.id as "id!" from entitlement e join application a on a.id = e.application_id, unnest(array[a.owner_id, a.deputy_id]) p(id)
           where e.id = $1 and p.id is not null"#,
        entitlement.0
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(IdentityId).collect())
}
