//! Requests: one record at a time. What a revision asks for is in `revisions`, lists are in
//! `request_lists`.

use super::error::{StoreError, one_row};
use app::record::PersonRef;
use domain::id::{GrantId, IdentityId, RequestId, SubmissionId};
use domain::permission::Relation;
use domain::request::{RequestKind, RequestState};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// A request as recorded.
#[derive(Clone, Debug)]
pub struct RequestRow {
    /// Which.
    pub id: RequestId,
    /// Human number.
    pub number: String,
    /// Who would get the access.
    pub subject: PersonRef,
    /// Who asked.
    pub requester: PersonRef,
    /// What kind of change it asks for.
    pub kind: RequestKind,
    /// The grant that it would extend or replace.
    pub grant: Option<GrantId>,
    /// Where it stands.
    pub state: RequestState,
    /// Since when.
    pub since: Timestamp,
    /// Current revision.
    pub revision: i32,
    /// Version of the record.
    pub version: i32,
    /// Hash of what is shown.
    pub content_hash: Vec<u8>,
    /// When it was first submitted.
    pub submitted_at: Timestamp,
}

/// A new request.
#[derive(Clone, Debug)]
pub struct NewRequest {
    /// Its id.
    pub id: RequestId,
    /// Human number.
    pub number: String,
    /// Who gets the access, who asks.
    pub subject: IdentityId,
    /// Who asks.
    pub requester: IdentityId,
    /// When.
    pub at: Timestamp,
    /// The submission that it is part of.
    pub submission: SubmissionId,
    /// Its place in the basket, from one.
    pub place: i32,
    /// What kind of change it asks for.
    pub kind: RequestKind,
    /// The grant that it would extend or replace.
    pub grant: Option<GrantId>,
}

/// The next human number of a year, from a sequence: a label, with gaps where units rolled back.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn next_number(conn: &mut PgConnection, year: i16) -> Result<String, StoreError> {
    let n = sqlx::query_scalar!(r#"select nextval('request_number') as "n!""#).fetch_one(conn).await?;
    Ok(domain::id::human_number("REQ", year, n))
}

/// Writes a new request in approval; its content hash is set once the whole is written.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn insert(conn: &mut PgConnection, request: &NewRequest) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into request (id, number, subject_id, requester_id, state, state_since, revision, version, content_hash, submitted_at, submission_id, place, kind, grant_id)
         values ($1, $2, $3, $4, 'in_approval', $5, 1, 1, sha256(''), $5, $6, $7, $8, $9)",
        request.id.0,
        request.number,
        request.subject.0,
        request.requester.0,
        request.at.to_sqlx() as _,
        request.submission.0,
        request.place,
        request.kind.word(),
        request.grant.map(|id| id.0)
    )
    .execute(conn)
    .await?;
    one_row("request", &done)
}

/// Reads a request; with `lock` nobody else can change it until this transaction ends.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn find(conn: &mut PgConnection, id: RequestId, lock: bool) -> Result<Option<RequestRow>, StoreError> {
    if lock {
        sqlx::query_scalar!("select id from request where id = $1 for update", id.0).fetch_optional(&mut *conn).await?;
    }
    let row = sqlx::query!(
        r#"select r.number, r.subject_id, s.display_name as "subject_name!", r.requester_id, q.display_name as "requester_name!",
                  r.kind, r.grant_id, r.state, r.state_reason, r.state_since, r.revision, r.version, r.content_hash, r.submitted_at
           from request r join identity s on s.id = r.subject_id join identity q on q.id = r.requester_id
           where r.id = $1"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|r| {
        Ok(RequestRow {
            id,
            number: r.number,
            subject: PersonRef { id: IdentityId(r.subject_id), name: r.subject_name },
            requester: PersonRef { id: IdentityId(r.requester_id), name: r.requester_name },
            kind: r.kind.parse()?,
            grant: r.grant_id.map(GrantId),
            state: RequestState::from_stored(&r.state, r.state_reason)
                .ok_or_else(|| StoreError::inconsistent("request", format!("{id} is {}", r.state)))?,
            since: r.state_since.to_jiff(),
            revision: r.revision,
            version: r.version,
            content_hash: r.content_hash,
            submitted_at: r.submitted_at.to_jiff(),
        })
    })
    .transpose()
}

/// Writes the state a request has reached and counts its version up. `revision` is the current
/// one, or the next when an answer made it.
///
/// # Errors
/// [`StoreError::NotOneRow`] when the record is not at `version` any more.
pub async fn set_state(
    conn: &mut PgConnection,
    id: RequestId,
    version: i32,
    revision: i32,
    state: &RequestState,
    now: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update request set state = $3, state_reason = $4, revision = $5, version = version + 1,
                state_since = case when state = $3 then state_since else $6 end
         where id = $1 and version = $2",
        id.0,
        version,
        state.word(),
        state.reason(),
        revision,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("request", &done)
}

/// Writes the hash of what is shown.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn set_content_hash(conn: &mut PgConnection, id: RequestId, hash: &[u8]) -> Result<(), StoreError> {
    let done = sqlx::query!("update request set content_hash = $2 where id = $1", id.0, hash).execute(conn).await?;
    one_row("request", &done)
}

/// How a person stands to a request, by ids alone. Whoever was asked at any time, also who gave the
/// decision to somebody else, is an approver: they may read it. Whether they may decide on it now is
/// worked out from the plan.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn relations(conn: &mut PgConnection, id: RequestId, person: IdentityId) -> Result<Vec<Relation>, StoreError> {
    let row = sqlx::query!(
        r#"select r.subject_id = $2 as "subject!", r.requester_id = $2 as "requester!", coalesce(s.manager_id = $2, false) as "manager!",
                  s.population in ('service_account', 'privileged_admin') and coalesce(s.owner_id = $2, false) as "sponsor!",
                  exists (select from request_watcher w where w.request_id = r.id and w.identity_id = $2) as "watcher!",
                  exists (select from approval_stage t join stage_candidate c on c.stage_id = t.id
                          where t.request_id = r.id and c.identity_id = $2)
                  or exists (select from approval_stage t join stage_reassignment a on a.stage_id = t.id
                             where t.request_id = r.id and $2 in (a.from_id, a.reassigned_by))
                  or exists (select from decision d where d.request_id = r.id and d.decided_by = $2) as "approver!",
                  exists (select from decision d where d.request_id = r.id and d.verdict = 'approve' and d.decided_by = $2) as "approved!",
                  exists (select from request_item i join entitlement e on e.id = i.entitlement_id join application a on a.id = e.application_id
                          where i.request_id = r.id and i.revision = r.revision and $2 in (a.owner_id, a.deputy_id)) as "application_owner!"
           from request r join identity s on s.id = r.subject_id where r.id = $1"#,
        id.0,
        person.0
    )
    .fetch_optional(conn)
    .await?;
    let Some(r) = row else { return Ok(vec![]) };
    Ok([
        (r.subject, Relation::Subject),
        (r.requester, Relation::Requester),
        (r.manager, Relation::Manager),
        (r.sponsor, Relation::Sponsor),
        (r.watcher, Relation::Watcher),
        (r.approver, Relation::Approver),
        (r.approved, Relation::HasApproved),
        (r.application_owner, Relation::ApplicationOwner),
    ]
    .into_iter()
    .filter_map(|(holds, relation)| holds.then_some(relation))
    .collect())
}

/// Whoever answers for the account that a request is about; nothing where it is about a person.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn sponsor(conn: &mut PgConnection, id: RequestId) -> Result<Option<PersonRef>, StoreError> {
    let row = sqlx::query!(
        r#"select o.id, o.display_name as "name!" from request r join identity s on s.id = r.subject_id join identity o on o.id = s.owner_id
           where r.id = $1 and s.population in ('service_account', 'privileged_admin')"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| PersonRef { id: IdentityId(r.id), name: r.name }))
}

/// Pending requests whose last day, the earliest that was asked for or allowed, lies before `today`,
/// oldest first, at most 500: all, or one of them.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn past_their_last_day(conn: &mut PgConnection, only: Option<RequestId>, today: Date) -> Result<Vec<RequestId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select r.id from request r
         join request_revision v on v.request_id = r.id and v.revision = r.revision
         cross join lateral (select least(v.ends_on, (select min(d.ends_on) from decision d
                                                      where d.request_id = r.id and d.revision = r.revision and d.verdict = 'approve')) as ends_on) l
         where r.state in ('in_approval', 'returned', 'approved') and l.ends_on < $1 and ($2::uuid is null or r.id = $2) order by l.ends_on, r.id limit 500",
        today.to_sqlx() as _,
        only.map(|id| id.0)
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(RequestId).collect())
}
