//! Releases and the attempts to carry them out: one record at a time. Lists are in `release_lists`.

use super::error::{StoreError, one_row};
use app::record::{PersonRef, ReleaseLine};
use app::when::{When, span};
use domain::id::{EntitlementId, EvaluationId, GrantId, IdempotencyKey, IdentityId, ItemId, ReleaseId, RequestId};
use domain::release::{ReleaseKind, ReleaseState};
use jiff::Timestamp;
use jiff::tz::TimeZone;
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
    /// The account is active, was asked at that stage, and belongs to nobody whom the request concerns.
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
                   and not exists (select from concerned_by_request(d.request_id) c where c.identity_id = d.decided_by)) as "authorised!"
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

/// Every account of the natural persons behind these identities.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn accounts_of(conn: &mut PgConnection, people: &[IdentityId]) -> Result<Vec<IdentityId>, StoreError> {
    let people: Vec<Uuid> = people.iter().map(|id| id.0).collect();
    let ids = sqlx::query_scalar!(r#"select identity_id as "id!" from same_people($1)"#, &people).fetch_all(conn).await?;
    Ok(ids.into_iter().map(IdentityId).collect())
}

/// Puts a release into the operators' queue; gives its human number.
///
/// # Errors
/// [`StoreError`] when the database refuses, for one because the item has such a release already.
pub async fn insert(conn: &mut PgConnection, release: &NewRelease, year: i16) -> Result<String, StoreError> {
    let n = sqlx::query_scalar!(r#"select nextval('release_number') as "n!""#).fetch_one(&mut *conn).await?;
    let number = domain::id::human_number("REL", year, n);
    let done = sqlx::query!(
        "insert into release (id, number, kind, request_id, revision, item_id, subject_id, entitlement_id, grant_id, state, not_before, planned_at, state_since)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'planned', $10, $11, $11)",
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
        release.at.to_sqlx() as _
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
        "select number, kind, request_id, revision, item_id, subject_id, entitlement_id, grant_id, state, held_reasons, executed_by, executed_at, evidence, not_before, version
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
            state: state(id.0, &r.state, r.held_reasons, r.executed_by, r.executed_at.map(|t| t.to_jiff()), r.evidence)?,
            not_before: r.not_before.to_jiff(),
            version: r.version,
        })
    })
    .transpose()
}

/// One total match from columns to a state.
pub(super) fn state(
    id: Uuid,
    word: &str,
    held: Option<serde_json::Value>,
    by: Option<Uuid>,
    at: Option<Timestamp>,
    evidence: Option<String>,
) -> Result<ReleaseState, StoreError> {
    let impossible = || StoreError::inconsistent("release", format!("{id} is {word}"));
    match (word, held, by, at, evidence) {
        ("planned", None, None, None, None) => Ok(ReleaseState::Planned),
        ("held", Some(reasons), None, None, None) => {
            Ok(ReleaseState::Held { reasons: serde_json::from_value(reasons).map_err(|_| impossible())? })
        }
        ("executed", None, Some(by), Some(at), Some(evidence)) => Ok(ReleaseState::Executed { by: IdentityId(by), at, evidence }),
        ("cancelled", None, None, None, None) => Ok(ReleaseState::Cancelled),
        _ => Err(impossible()),
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
    let (held, by, at, evidence) = match to {
        ReleaseState::Planned | ReleaseState::Cancelled => (None, None, None, None),
        ReleaseState::Held { reasons } => (Some(serde_json::Value::from(reasons.clone())), None, None, None),
        ReleaseState::Executed { by, at, evidence } => (None, Some(by.0), Some(*at), Some(evidence.as_str())),
    };
    let done = sqlx::query!(
        "update release set state = $3, held_reasons = $4, executed_by = $5, executed_at = $6, evidence = $7,
                grant_id = coalesce($8, grant_id), state_since = $9, version = version + 1
         where id = $1 and version = $2",
        id.0,
        version,
        to.word(),
        held,
        by,
        at.map(ToSqlx::to_sqlx) as _,
        evidence,
        grant.map(|g| g.0),
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("release", &done)
}

/// Open releases of a request, locked, to be cancelled with it.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn lock_open(conn: &mut PgConnection, request: RequestId) -> Result<Vec<ReleaseId>, StoreError> {
    let ids = sqlx::query_scalar!("select id from release where request_id = $1 and state in ('planned', 'held') for update", request.0)
        .fetch_all(conn)
        .await?;
    Ok(ids.into_iter().map(ReleaseId).collect())
}

/// Releases of a request, oldest first, as lines.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn of_request(
    conn: &mut PgConnection,
    request: RequestId,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Vec<ReleaseLine>, StoreError> {
    lines(conn, Some(request), None, now, zone).await
}

/// One release as a line.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn line(conn: &mut PgConnection, id: ReleaseId, now: Timestamp, zone: &TimeZone) -> Result<Option<ReleaseLine>, StoreError> {
    Ok(lines(conn, None, Some(id), now, zone).await?.pop())
}

async fn lines(
    conn: &mut PgConnection,
    request: Option<RequestId>,
    id: Option<ReleaseId>,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Vec<ReleaseLine>, StoreError> {
    let rows = sqlx::query!(
        r#"select l.id, l.number, l.kind, l.state, l.held_reasons, l.executed_by, l.executed_at, l.evidence, l.not_before, l.state_since,
                  l.subject_id, s.display_name as "subject_name!", e.name as entitlement, a.name as application, v.tier,
                  l.request_id, r.number as request_number, x.display_name as "executor?"
           from release l
           join identity s on s.id = l.subject_id
           join request r on r.id = l.request_id
           join request_item i on i.id = l.item_id
           join entitlement e on e.id = l.entitlement_id
           join entitlement_version v on v.entitlement_id = i.entitlement_id and v.version = i.entitlement_version
           join application a on a.id = e.application_id
           left join identity x on x.id = l.executed_by
           where ($1::uuid is null or l.request_id = $1) and ($2::uuid is null or l.id = $2) and ($1::uuid is not null or $2::uuid is not null)
           order by l.planned_at, l.id"#,
        request.map(|r| r.0),
        id.map(|r| r.0)
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let since = r.state_since.to_jiff();
            Ok(ReleaseLine {
                id: ReleaseId(r.id),
                number: r.number,
                kind: r.kind.parse()?,
                state: state(r.id, &r.state, r.held_reasons, r.executed_by, r.executed_at.map(|t| t.to_jiff()), r.evidence)?,
                subject: PersonRef { id: IdentityId(r.subject_id), name: r.subject_name },
                entitlement: r.entitlement,
                application: r.application,
                tier: r.tier.parse()?,
                request: RequestId(r.request_id),
                request_number: r.request_number,
                not_before: When::new(r.not_before.to_jiff(), zone),
                executed_by: r.executed_by.zip(r.executor).map(|(id, name)| PersonRef { id: IdentityId(id), name }),
                since: When::new(since, zone),
                age: span(since, now),
            })
        })
        .collect()
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
