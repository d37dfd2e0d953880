//! Requests, their revisions and items: one record at a time. Lists are in `request_lists`.

use super::error::{StoreError, one_row};
use app::record::{EntitlementCard, PersonRef};
use domain::basket::Wish;
use domain::id::{DraftId, EntitlementId, GrantId, IdentityId, ItemId, RequestId, SubmissionId};
use domain::identity::Population;
use domain::permission::Relation;
use domain::question::Answer;
use domain::request::{ReasonCode, RequestKind, RequestState};
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

/// A revision as recorded.
#[derive(Clone, Debug)]
pub struct RevisionRow {
    /// Reason from the list.
    pub reason: ReasonCode,
    /// Reason in words.
    pub justification: String,
    /// First day.
    pub starts_on: Date,
    /// Last day.
    pub ends_on: Option<Date>,
    /// Population whose specification was in force.
    pub population: Population,
    /// Its version.
    pub specification_version: i32,
    /// Policy set in force.
    pub policy_hash: String,
    /// Questions with what was answered.
    pub answers: Vec<Answer>,
    /// Code and version of the approval plan that applies.
    pub plan: Option<(String, i32)>,
    /// Who submitted this revision.
    pub submitted_by: PersonRef,
    /// When this revision was submitted.
    pub submitted_at: Timestamp,
}

/// An item as recorded, with the entitlement in the pinned version.
#[derive(Clone, Debug)]
pub struct ItemRow {
    /// Which.
    pub id: ItemId,
    /// What is asked for.
    pub card: EntitlementCard,
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

/// What a revision pins.
#[derive(Clone, Debug)]
pub struct Pinned<'a> {
    /// Population whose specification is in force.
    pub population: Population,
    /// Its version.
    pub specification_version: i32,
    /// Policy set in force.
    pub policy_hash: &'a str,
    /// Version of the entitlement.
    pub entitlement_version: i32,
    /// The draft that it was submitted from.
    pub draft: Option<DraftId>,
}

/// Writes a revision with its one item.
///
/// # Errors
/// [`StoreError`] when the database refuses.
#[expect(clippy::too_many_arguments, reason = "one insert of what one form submits; a struct would only be filled and emptied")]
pub async fn insert_revision(
    conn: &mut PgConnection,
    request: RequestId,
    revision: i32,
    item: ItemId,
    wish: &Wish,
    pinned: &Pinned<'_>,
    by: IdentityId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let answers = serde_json::to_value(&wish.answers).map_err(|e| StoreError::inconsistent("request_revision", e.to_string()))?;
    let done = sqlx::query!(
        "insert into request_revision (request_id, revision, reason_code, justification, starts_on, ends_on, specification_population, specification_version, policy_hash, submitted_by, submitted_at, answers, draft_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        request.0,
        revision,
        wish.reason.word(),
        wish.justification.as_str(),
        wish.period.starts_on().to_sqlx() as _,
        wish.period.ends_on().map(ToSqlx::to_sqlx) as _,
        pinned.population.word(),
        pinned.specification_version,
        pinned.policy_hash,
        by.0,
        at.to_sqlx() as _,
        answers,
        pinned.draft.map(|id| id.0)
    )
    .execute(&mut *conn)
    .await?;
    one_row("request_revision", &done)?;
    let done = sqlx::query!(
        "insert into request_item (id, request_id, revision, position, entitlement_id, entitlement_version) values ($1, $2, $3, 1, $4, $5)",
        item.0,
        request.0,
        revision,
        wish.entitlement.0,
        pinned.entitlement_version
    )
    .execute(conn)
    .await?;
    one_row("request_item", &done)
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

/// A revision of a request.
///
/// # Errors
/// [`StoreError`] when reading fails, a word is unknown, or there is no such revision.
pub async fn revision(conn: &mut PgConnection, id: RequestId, revision: i32) -> Result<RevisionRow, StoreError> {
    let row = sqlx::query!(
        r#"select n.reason_code, n.justification, n.starts_on, n.ends_on, n.specification_population, n.specification_version, n.policy_hash, n.submitted_at,
                  n.answers, n.plan_code, n.plan_version, n.submitted_by, i.display_name as "submitter!"
           from request_revision n join identity i on i.id = n.submitted_by where n.request_id = $1 and n.revision = $2"#,
        id.0,
        revision
    )
    .fetch_one(conn)
    .await?;
    Ok(RevisionRow {
        reason: row.reason_code.parse()?,
        justification: row.justification,
        starts_on: row.starts_on.to_jiff(),
        ends_on: row.ends_on.map(|d| d.to_jiff()),
        population: row.specification_population.parse()?,
        specification_version: row.specification_version,
        policy_hash: row.policy_hash,
        answers: serde_json::from_value(row.answers)
            .map_err(|e| StoreError::inconsistent("request_revision", format!("answers of {id}: {e}")))?,
        plan: row.plan_code.zip(row.plan_version),
        submitted_by: PersonRef { id: IdentityId(row.submitted_by), name: row.submitter },
        submitted_at: row.submitted_at.to_jiff(),
    })
}

/// The items of a revision, in order, each in its pinned version.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn items(conn: &mut PgConnection, id: RequestId, revision: i32) -> Result<Vec<ItemRow>, StoreError> {
    let rows = sqlx::query!(
        r#"select i.id, v.entitlement_id, v.version, v.name, v.description, v.tier, v.longest_days,
                  a.name as application, a.classification, a.logging, o.id as "owner_id?", o.display_name as "owner_name?"
           from request_item i
           join entitlement_version v on v.entitlement_id = i.entitlement_id and v.version = i.entitlement_version
           join entitlement e on e.id = i.entitlement_id
           join application a on a.id = e.application_id
           left join identity o on o.id = a.owner_id
           where i.request_id = $1 and i.revision = $2 order by i.position"#,
        id.0,
        revision
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(ItemRow {
                id: ItemId(r.id),
                card: EntitlementCard {
                    id: EntitlementId(r.entitlement_id),
                    version: r.version,
                    name: r.name,
                    description: r.description,
                    application: r.application,
                    tier: r.tier.parse()?,
                    classification: r.classification.parse()?,
                    logging: r.logging.parse()?,
                    owner: r.owner_id.zip(r.owner_name).map(|(id, name)| PersonRef { id: IdentityId(id), name }),
                    longest_days: r.longest_days,
                },
            })
        })
        .collect()
}

/// How a person stands to a request, by ids alone.
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

/// Whether the files beside a draft are those of a revision.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn same_files(conn: &mut PgConnection, id: RequestId, revision: i32, draft: DraftId) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select array(select attachment_id from request_attachment where request_id = $1 and revision = $2 order by attachment_id)
                = array(select attachment_id from draft_attachment where draft_id = $3 order by attachment_id) as "same!""#,
        id.0,
        revision,
        draft.0
    )
    .fetch_one(conn)
    .await?)
}

/// Names of the files on a revision.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn file_names(conn: &mut PgConnection, id: RequestId, revision: i32) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar!(
        "select a.name from request_attachment r join attachment a on a.id = r.attachment_id where r.request_id = $1 and r.revision = $2 order by a.uploaded_at, a.id",
        id.0,
        revision
    )
    .fetch_all(conn)
    .await?)
}

/// Pending requests whose last day lies before `today`, oldest first, at most 500.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn past_their_last_day(conn: &mut PgConnection, today: Date) -> Result<Vec<RequestId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select r.id from request r join request_revision v on v.request_id = r.id and v.revision = r.revision
         where r.state in ('in_approval', 'returned', 'approved') and v.ends_on < $1 order by v.ends_on, r.id limit 500",
        today.to_sqlx() as _
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(RequestId).collect())
}
