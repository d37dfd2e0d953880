//! Everything on record about one grant: who asked, decided, carried out, extended and ended it. Each fact
//! with its moment, so that a past day can be told from it. What else gave the same is in `same_access`.

use super::error::StoreError;
use app::record::PersonRef;
use domain::catalogue::RiskTier;
use domain::grant::EndReason;
use domain::id::{ApplicationId, EntitlementId, GrantId, IdentityId, ReleaseId, RequestId};
use domain::request::{ReasonCode, RequestKind};
use jiff::Timestamp;
use sqlx::PgConnection;

/// The grant, and the request that led to it.
#[derive(Clone, Debug)]
pub struct Head {
    /// Who has it.
    pub holder: PersonRef,
    /// What.
    pub entitlement: EntitlementId,
    /// Its name, in the version that was given.
    pub name: String,
    /// Its tier, in the version that was given.
    pub tier: RiskTier,
    /// Its application.
    pub application: ApplicationId,
    /// Name of that.
    pub application_name: String,
    /// Since when.
    pub since: Timestamp,
    /// When it ends by itself, as it stands today.
    pub ends_at: Option<Timestamp>,
    /// Since when it is being removed, and why.
    pub ending: Option<(Timestamp, EndReason)>,
    /// When it was gone.
    pub ended_at: Option<Timestamp>,
    /// The request.
    pub request: RequestId,
    /// Its number.
    pub number: String,
    /// What kind of change it asked for.
    pub kind: RequestKind,
    /// Name of what it took the place of.
    pub replaced: Option<String>,
    /// The revision that was carried out.
    pub revision: i32,
    /// Who asked.
    pub requester: PersonRef,
    /// When that revision was submitted.
    pub asked_at: Timestamp,
    /// Why, from the list.
    pub reason: ReasonCode,
    /// Why, in words.
    pub justification: String,
    /// Code and version of the plan.
    pub plan: Option<(String, i32)>,
}

/// Reads the head.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn head(conn: &mut PgConnection, id: GrantId) -> Result<Option<Head>, StoreError> {
    let row = sqlx::query!(
        r#"select g.identity_id, i.display_name as "holder!", g.entitlement_id, v.name, v.tier, e.application_id, a.name as application,
                  g.active_since, g.ends_at, g.ending_since, g.end_reason, g.ended_at, g.request_id, r.number, r.kind,
                  (select ov.name from access_grant o join entitlement_version ov on ov.entitlement_id = o.entitlement_id and ov.version = o.entitlement_version
                   where o.id = r.grant_id) as replaced,
                  l.revision, n.submitted_by, q.display_name as "requester!", n.submitted_at, n.reason_code, n.justification, n.plan_code, n.plan_version
           from access_grant g
           join identity i on i.id = g.identity_id
           join entitlement e on e.id = g.entitlement_id
           join entitlement_version v on v.entitlement_id = g.entitlement_id and v.version = g.entitlement_version
           join application a on a.id = e.application_id
           join request r on r.id = g.request_id
           join release l on l.id = g.activation_release_id
           join request_revision n on n.request_id = r.id and n.revision = l.revision
           join identity q on q.id = n.submitted_by
           where g.id = $1"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|r| {
        let reason: Option<EndReason> = r.end_reason.map(|word| word.parse()).transpose()?;
        Ok(Head {
            holder: PersonRef { id: IdentityId(r.identity_id), name: r.holder },
            entitlement: EntitlementId(r.entitlement_id),
            name: r.name,
            tier: r.tier.parse()?,
            application: ApplicationId(r.application_id),
            application_name: r.application,
            since: r.active_since.to_jiff(),
            ends_at: r.ends_at.map(|t| t.to_jiff()),
            ending: r.ending_since.map(|t| t.to_jiff()).zip(reason),
            ended_at: r.ended_at.map(|t| t.to_jiff()),
            request: RequestId(r.request_id),
            number: r.number,
            kind: r.kind.parse()?,
            replaced: r.replaced,
            revision: r.revision,
            requester: PersonRef { id: IdentityId(r.submitted_by), name: r.requester },
            asked_at: r.submitted_at.to_jiff(),
            reason: r.reason_code.parse()?,
            justification: r.justification,
            plan: r.plan_code.zip(r.plan_version),
        })
    })
    .transpose()
}

/// Somebody's decision on it.
#[derive(Clone, Debug)]
pub struct Decided {
    /// Who.
    pub by: String,
    /// As what: "line manager".
    pub because: Option<String>,
    /// The stage.
    pub stage: String,
    /// For whom, where they stood in.
    pub instead_of: Option<String>,
    /// The decision is signed.
    pub signed: bool,
    /// When.
    pub at: Timestamp,
    /// What they said.
    pub comment: Option<String>,
}

/// The approvals of a revision, in order.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn approvals(conn: &mut PgConnection, request: RequestId, revision: i32) -> Result<Vec<Decided>, StoreError> {
    let rows = sqlx::query!(
        r#"select p.display_name as "by!", c.because as "because?", t.name as stage, o.display_name as "instead_of?",
                  exists (select from signature s where s.decision_id = d.id) as "signed!", d.decided_at, d.comment
           from decision d
           join identity p on p.id = d.decided_by
           join approval_stage t on t.id = d.stage_id
           left join stage_candidate c on c.stage_id = d.stage_id and c.identity_id = d.decided_by
           left join identity o on o.id = d.delegated_by
           where d.request_id = $1 and d.revision = $2 and d.verdict = 'approve' order by d.decided_at, d.id"#,
        request.0,
        revision
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Decided {
            by: r.by,
            because: r.because,
            stage: r.stage,
            instead_of: r.instead_of,
            signed: r.signed,
            at: r.decided_at.to_jiff(),
            comment: r.comment.filter(|comment| !comment.trim().is_empty()),
        })
        .collect())
}

/// A release that gave, extended or removed it.
#[derive(Clone, Debug)]
pub struct Carried {
    /// Which.
    pub release: ReleaseId,
    /// Its number.
    pub number: String,
    /// Word of what it changes.
    pub kind: String,
    /// Who carried it out; none for a machine.
    pub by: Option<String>,
    /// Who took the second look.
    pub verified_by: Option<String>,
    /// The connection, where a machine did.
    pub connection: Option<String>,
    /// When it was planned.
    pub planned_at: Timestamp,
    /// When it was done, proven or not.
    pub done_at: Option<Timestamp>,
    /// When it was proven.
    pub closed_at: Option<Timestamp>,
    /// What proves it.
    pub evidence: Option<String>,
    /// Number of the request that kept the access, where nothing was taken away.
    pub kept_by: Option<String>,
}

/// The releases that gave a grant and that remove it, in order.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn releases(conn: &mut PgConnection, id: GrantId) -> Result<Vec<Carried>, StoreError> {
    let rows = sqlx::query!(
        r#"select l.id, l.number, l.kind, p.display_name as "by?", y.display_name as "verified_by?", c.name as "connection?", l.planned_at, l.executed_at, l.closed_at, l.evidence,
                  (select r.number from access_grant k join request r on r.id = k.request_id where k.id = l.kept_by) as kept_by
           from access_grant g
           join release l on l.id in (g.activation_release_id, g.removal_release_id)
           left join identity p on p.id = l.executed_by
           left join identity y on y.id = l.verified_by
           left join connection c on c.id = l.connection_id and l.executed_by is null
           where g.id = $1 order by l.planned_at, l.id"#,
        id.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Carried {
            release: ReleaseId(r.id),
            number: r.number,
            kind: r.kind,
            by: r.by,
            verified_by: r.verified_by,
            connection: r.connection,
            planned_at: r.planned_at.to_jiff(),
            done_at: r.executed_at.map(|t| t.to_jiff()),
            closed_at: r.closed_at.map(|t| t.to_jiff()),
            evidence: r.evidence,
            kept_by: r.kept_by,
        })
        .collect())
}

/// An extension that moved its end.
#[derive(Clone, Debug)]
pub struct Moved {
    /// The request.
    pub request: RequestId,
    /// Its number.
    pub number: String,
    /// Who asked.
    pub requester: String,
    /// Who approved.
    pub approvers: Vec<String>,
    /// The end before.
    pub from: Option<Timestamp>,
    /// The end after.
    pub to: Option<Timestamp>,
    /// When it was carried out.
    pub at: Timestamp,
}

/// The extensions of a grant, in order.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn extensions(conn: &mut PgConnection, id: GrantId) -> Result<Vec<Moved>, StoreError> {
    let rows = sqlx::query!(
        r#"select x.request_id, r.number, q.display_name as "requester!", x.old_ends_at, x.new_ends_at, x.extended_at,
                  array(select p.display_name from decision d join identity p on p.id = d.decided_by
                        where d.request_id = r.id and d.revision = r.revision and d.verdict = 'approve' order by d.decided_at, d.id) as "approvers!"
           from grant_extension x join request r on r.id = x.request_id join identity q on q.id = r.requester_id
           where x.grant_id = $1 order by x.extended_at, x.request_id"#,
        id.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Moved {
            request: RequestId(r.request_id),
            number: r.number,
            requester: r.requester,
            approvers: r.approvers,
            from: r.old_ends_at.map(|t| t.to_jiff()),
            to: r.new_ends_at.map(|t| t.to_jiff()),
            at: r.extended_at.to_jiff(),
        })
        .collect())
}

/// When people were reminded of an end: the end and the moment, in order.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn reminders(conn: &mut PgConnection, id: GrantId) -> Result<Vec<(Timestamp, Timestamp)>, StoreError> {
    let rows = sqlx::query!("select ends_at, told_at from grant_reminder where grant_id = $1 order by told_at, ends_at", id.0)
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().map(|r| (r.ends_at.to_jiff(), r.told_at.to_jiff())).collect())
}

/// Requests that are about a grant: the one that led to it, and those that would change it.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn requests_about(conn: &mut PgConnection, id: GrantId) -> Result<Vec<RequestId>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"select request_id as "id!" from access_grant where id = $1 union select id from request where grant_id = $1"#,
        id.0
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(RequestId).collect())
}

/// The open request that would extend or replace a grant: id and number.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn open_about(conn: &mut PgConnection, id: GrantId) -> Result<Option<(RequestId, String)>, StoreError> {
    let row = sqlx::query!(
        "select id, number from request where grant_id = $1 and state in ('in_approval', 'returned', 'approved') order by id limit 1",
        id.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| (RequestId(r.id), r.number)))
}
