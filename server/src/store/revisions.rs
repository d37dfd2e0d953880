//! Revisions of a request: the wish, what it pins, its item and its files.

use super::error::{StoreError, one_row};
use app::record::{EntitlementCard, PersonRef};
use domain::basket::Wish;
use domain::catalogue::RiskTier;
use domain::id::{DraftId, EntitlementId, IdentityId, ItemId, RequestId};
use domain::identity::Population;
use domain::question::Answer;
use domain::request::ReasonCode;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

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
    /// The tier that is at stake: with what it includes, and as it is by now.
    pub at_stake: RiskTier,
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
pub async fn insert(
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

/// Who wrote the revisions of a request, or answered a question on one: an answer is part of what is
/// decided on.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn authors(conn: &mut PgConnection, id: RequestId) -> Result<Vec<IdentityId>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"select submitted_by as "author!" from request_revision where request_id = $1
           union select author_id from request_message where request_id = $1 and kind = 'answer'"#,
        id.0
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(IdentityId).collect())
}

/// A revision of a request.
///
/// # Errors
/// [`StoreError`] when reading fails, a word is unknown, or there is no such revision.
pub async fn find(conn: &mut PgConnection, id: RequestId, revision: i32) -> Result<RevisionRow, StoreError> {
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
        r#"select i.id, v.entitlement_id, v.version, v.name, v.description, v.tier, v.longest_days, tier_at_stake(i.entitlement_id, i.entitlement_version) as "at_stake!",
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
                at_stake: r.at_stake.parse()?,
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
