//! Decisions on record, the stage they are made at, and the end they leave.

use super::error::{StoreError, one_row};
use super::signatures::SignatureRow;
use app::record::PersonRef;
use domain::approval::Verdict;
use domain::catalogue::RiskTier;
use domain::decision::{Overtaken, overtaken};
use domain::id::{DecisionId, DelegationId, IdempotencyKey, IdentityId, RequestId, StageId};
use domain::request::RequestState;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// A decision as recorded, with its stage.
#[derive(Clone, Debug)]
pub struct DecisionRow {
    /// At which stage.
    pub stage: StageId,
    /// Name of that stage.
    pub stage_name: String,
    /// In which step of the plan the stage was asked.
    pub step: i32,
    /// On which revision.
    pub revision: i32,
    /// Why it no longer counts, where the record moved on.
    pub overtaken: Option<Overtaken>,
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
    /// An earlier end than was asked for.
    pub ends_on: Option<Date>,
    /// Whom they stood in for.
    pub delegated_by: Option<PersonRef>,
    /// The delegation that let them.
    pub delegation: Option<ByDelegation>,
    /// One of many with one press.
    pub bulk: bool,
    /// Seconds between showing and deciding, where many were decided at once.
    pub seconds_spent: Option<i32>,
    /// When.
    pub at: Timestamp,
    /// What they saw.
    pub shown_hash: Vec<u8>,
    /// Their signature, where one was asked for.
    pub signature: Option<SignatureRow>,
}

/// The delegation that let somebody decide for somebody else.
#[derive(Clone, Debug)]
pub struct ByDelegation {
    /// Which.
    pub id: DelegationId,
    /// From when.
    pub starts_at: Timestamp,
    /// Until when it was to run.
    pub ends_at: Timestamp,
    /// Tiers it covers; none means all.
    pub tiers: Vec<RiskTier>,
    /// Names of the applications it covers; none means all.
    pub applications: Vec<String>,
}

/// A decision about to be recorded.
#[derive(Clone, Debug)]
pub struct NewDecision<'a> {
    /// Its id.
    pub id: DecisionId,
    /// At which stage.
    pub stage: StageId,
    /// On which request.
    pub request: RequestId,
    /// On which revision.
    pub revision: i32,
    /// Who.
    pub by: IdentityId,
    /// Whom they stand in for, and the delegation that says so.
    pub stands_in: Option<(IdentityId, DelegationId)>,
    /// What.
    pub verdict: Verdict,
    /// Their words.
    pub comment: Option<&'a str>,
    /// An earlier end than was asked for.
    pub ends_on: Option<Date>,
    /// One of many with one press.
    pub bulk: bool,
    /// Seconds between showing and deciding.
    pub seconds_spent: Option<i32>,
    /// Version that was shown.
    pub shown_version: i32,
    /// Hash that was shown.
    pub shown_hash: &'a [u8],
    /// When.
    pub at: Timestamp,
    /// Deciding twice with one key decides once.
    pub key: IdempotencyKey,
}

/// The plan of a revision as law 5 sees it: which stages there are, and which are not done yet.
#[derive(Clone, Debug)]
pub struct PlanLine {
    /// Step.
    pub step: i32,
    /// Place.
    pub position: i32,
    /// Name.
    pub name: String,
    /// Who is asked, as written in the plan.
    pub sources: Vec<String>,
    /// How many have to approve.
    pub quorum: i32,
    /// It waits, is open or is held.
    pub undecided: bool,
}

/// The plan of a revision, in order.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn plan(conn: &mut PgConnection, request: RequestId, revision: i32) -> Result<Vec<PlanLine>, StoreError> {
    Ok(sqlx::query_as!(
        PlanLine,
        r#"select step, position, name, sources, quorum, state in ('waiting', 'open', 'held') as "undecided!"
           from approval_stage where request_id = $1 and revision = $2 order by position"#,
        request.0,
        revision
    )
    .fetch_all(conn)
    .await?)
}

/// The decisions on one revision, in order.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn of_revision(conn: &mut PgConnection, request: RequestId, revision: i32) -> Result<Vec<DecisionRow>, StoreError> {
    Ok(of_request(conn, request).await?.into_iter().filter(|d| d.revision == revision).collect())
}

/// The decisions on every revision, in order.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn of_request(conn: &mut PgConnection, request: RequestId) -> Result<Vec<DecisionRow>, StoreError> {
    let rows = sqlx::query!(
        r#"select d.stage_id, s.name as stage_name, s.step, d.revision, r.revision as present_revision, r.state as request_state, r.state_reason, d.decided_by, i.display_name as "name!", i.state = 'active' as "active!",
                  exists (select from stage_candidate c where c.stage_id = d.stage_id and c.identity_id = d.decided_by) as "asked!",
                  d.verdict, d.comment, d.ends_on, d.delegated_by, o.display_name as "delegated_name?",
                  l.id as "delegation?", l.starts_at as "starts_at?", l.ends_at as "ends_at?", l.tiers as "tiers?",
                  array(select a.name from application a where a.id = any (l.application_ids) order by a.name) as "applications!", d.bulk, d.seconds_spent, d.decided_at, d.shown_hash,
                  g.printed_name as "printed_name?", g.meaning as "meaning?", g.signed_at as "signed_at?", g.shown_hash as "signed_hash?", g.method as "method?"
           from decision d
           join request r on r.id = d.request_id
           join approval_stage s on s.id = d.stage_id
           join identity i on i.id = d.decided_by
           left join identity o on o.id = d.delegated_by
           left join delegation l on l.id = d.delegation_id
           left join signature g on g.decision_id = d.id
           where d.request_id = $1 order by d.decided_at, d.id"#,
        request.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let signature = match (r.printed_name, r.meaning, r.signed_at, r.signed_hash, r.method) {
                (Some(printed_name), Some(meaning), Some(at), Some(shown_hash), Some(method)) => {
                    Some(SignatureRow { printed_name, meaning, at: at.to_jiff(), shown_hash, method: method.parse()? })
                }
                _ => None,
            };
            let delegation = match (r.delegation, r.starts_at, r.ends_at, r.tiers) {
                (Some(id), Some(starts_at), Some(ends_at), Some(tiers)) => Some(ByDelegation {
                    id: DelegationId(id),
                    starts_at: starts_at.to_jiff(),
                    ends_at: ends_at.to_jiff(),
                    tiers: tiers.iter().map(|word| word.parse()).collect::<Result<_, _>>()?,
                    applications: r.applications,
                }),
                _ => None,
            };
            let state = RequestState::from_stored(&r.request_state, r.state_reason)
                .ok_or_else(|| StoreError::inconsistent("request", format!("{request} is {}", r.request_state)))?;
            let verdict = r.verdict.parse()?;
            Ok(DecisionRow {
                stage: StageId(r.stage_id),
                stage_name: r.stage_name,
                step: r.step,
                revision: r.revision,
                overtaken: overtaken(verdict, r.revision, r.present_revision, &state),
                by: PersonRef { id: IdentityId(r.decided_by), name: r.name },
                active: r.active,
                asked: r.asked,
                verdict,
                delegation,
                comment: r.comment,
                ends_on: r.ends_on.map(|d| d.to_jiff()),
                delegated_by: r.delegated_by.zip(r.delegated_name).map(|(id, name)| PersonRef { id: IdentityId(id), name }),
                bulk: r.bulk,
                seconds_spent: r.seconds_spent,
                at: r.decided_at.to_jiff(),
                shown_hash: r.shown_hash,
                signature,
            })
        })
        .collect()
}

/// The earliest end that an approver of this revision allowed, if one shortened it.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn earliest_end(conn: &mut PgConnection, request: RequestId, revision: i32) -> Result<Option<Date>, StoreError> {
    let end = sqlx::query_scalar!(
        "select min(ends_on) from decision where request_id = $1 and revision = $2 and verdict = 'approve'",
        request.0,
        revision
    )
    .fetch_one(conn)
    .await?;
    Ok(end.map(|d| d.to_jiff()))
}

/// Records a decision.
///
/// # Errors
/// [`StoreError`] when the database refuses; its named constraints repeat laws 4 and 5.
pub async fn insert(conn: &mut PgConnection, new: &NewDecision<'_>) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into decision (id, stage_id, request_id, revision, decided_by, delegated_by, delegation_id, verdict, comment, ends_on, bulk, seconds_spent, shown_version, shown_hash, decided_at, idempotency_key)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        new.id.0,
        new.stage.0,
        new.request.0,
        new.revision,
        new.by.0,
        new.stands_in.map(|(from, _)| from.0),
        new.stands_in.map(|(_, record)| record.0),
        new.verdict.word(),
        new.comment,
        new.ends_on.map(ToSqlx::to_sqlx) as _,
        new.bulk,
        new.seconds_spent,
        new.shown_version,
        new.shown_hash,
        new.at.to_sqlx() as _,
        new.key.0
    )
    .execute(conn)
    .await?;
    one_row("decision", &done)
}

/// What matters about a request when somebody decides on it: the higher of the pinned and the
/// present tier, and, for an extension, the present end of the grant.
#[derive(Clone, Copy, Debug)]
pub struct AtStake {
    /// Risk tier.
    pub tier: RiskTier,
    /// When the grant that would be extended ends now.
    pub extends_from: Option<Timestamp>,
}

/// What is at stake in a revision.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn at_stake(conn: &mut PgConnection, request: RequestId, revision: i32) -> Result<AtStake, StoreError> {
    let row = sqlx::query!(
        r#"select tier_at_stake(i.entitlement_id, i.entitlement_version) as "tier!", g.ends_at as "ends_at?"
           from request r
           join request_item i on i.request_id = r.id and i.revision = $2 and i.position = 1
           left join access_grant g on g.id = r.grant_id and r.kind = 'extend'
           where r.id = $1"#,
        request.0,
        revision
    )
    .fetch_one(conn)
    .await?;
    Ok(AtStake { tier: row.tier.parse()?, extends_from: row.ends_at.map(|t| t.to_jiff()) })
}

/// What a revision asks for besides the form's first fields; part of what is shown.
#[derive(Clone, Debug)]
pub struct AskedBesides {
    /// Word of the kind of request.
    pub kind: String,
    /// The grant it extends or replaces.
    pub grant: Option<domain::id::GrantId>,
    /// Answers to the entitlement's questions.
    pub answers: serde_json::Value,
    /// Name and SHA-256 of each file.
    pub attachments: Vec<(String, Vec<u8>)>,
}

/// What a revision asks for besides the form's first fields.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn asked_besides(conn: &mut PgConnection, request: RequestId, revision: i32) -> Result<AskedBesides, StoreError> {
    let row = sqlx::query!(
        "select r.kind, r.grant_id, v.answers from request r join request_revision v on v.request_id = r.id where r.id = $1 and v.revision = $2",
        request.0,
        revision
    )
    .fetch_one(&mut *conn)
    .await?;
    let files = sqlx::query!(
        "select a.name, a.sha256 from request_attachment f join attachment a on a.id = f.attachment_id
         where f.request_id = $1 and f.revision = $2 order by a.uploaded_at, a.id",
        request.0,
        revision
    )
    .fetch_all(conn)
    .await?;
    Ok(AskedBesides {
        kind: row.kind,
        grant: row.grant_id.map(domain::id::GrantId),
        answers: row.answers,
        attachments: files.into_iter().map(|f| (f.name, f.sha256)).collect(),
    })
}
