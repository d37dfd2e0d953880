//! Every version of a record as it stood.
//!
//! Versions that change control made are in `record_version`. Entitlements, specifications and
//! calendars have tables of versions of their own, which know those that an import or the shipped
//! data made as well.

use super::records::{Record, calendar_body, specification_body};
use crate::store::error::{StoreError, one_row};
use app::record::PersonRef;
use domain::change::{Body, EntitlementBody, RecordKind, Typed};
use domain::id::{ChangeId, IdentityId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use sqlx::types::Json;
use std::collections::BTreeMap;

/// One version.
#[derive(Clone, Debug)]
pub struct VersionRow {
    /// Since when in force.
    pub effective: Timestamp,
    /// The change that made it, with its number.
    pub change: Option<(ChangeId, String)>,
    /// Who proposed it.
    pub proposed_by: Option<PersonRef>,
    /// Who confirmed it.
    pub confirmed_by: Option<PersonRef>,
    /// Its fields.
    pub fields: Typed,
}

/// Versions shown of one record.
const SHOWN: i64 = 100;

/// Keeps a version, unless it is kept already.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn keep(
    conn: &mut PgConnection,
    kind: RecordKind,
    key: &str,
    version: i32,
    body: &Typed,
    effective: Timestamp,
    change: Option<ChangeId>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into record_version (kind, record_key, version, body, effective_from, change_id) values ($1, $2, $3, $4, $5, $6)
         on conflict (kind, record_key, version) do nothing",
        kind.word(),
        key,
        version,
        Json(body) as _,
        effective.to_sqlx() as _,
        change.map(|id| id.0)
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps the version that a change has just made.
///
/// # Errors
/// [`StoreError`] when the database refuses, or the version is there already.
pub async fn keep_new(
    conn: &mut PgConnection,
    kind: RecordKind,
    key: &str,
    version: i32,
    body: &Typed,
    effective: Timestamp,
    change: ChangeId,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into record_version (kind, record_key, version, body, effective_from, change_id) values ($1, $2, $3, $4, $5, $6)",
        kind.word(),
        key,
        version,
        Json(body) as _,
        effective.to_sqlx() as _,
        change.0
    )
    .execute(conn)
    .await?;
    one_row("record_version", &done)
}

/// Versions of a record, by number: the one in force and at most a hundred before it.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn of(conn: &mut PgConnection, kind: RecordKind, record: &Record) -> Result<BTreeMap<i32, VersionRow>, StoreError> {
    let rows = sqlx::query!(
        r#"select v.version, v.body as "body: Json<Typed>", v.effective_from, c.id as "change?", c.number as "number?",
                  p.id as "proposer_id?", p.display_name as "proposer?", d.id as "decider_id?", d.display_name as "decider?"
           from record_version v left join catalogue_change c on c.id = v.change_id
           left join identity p on p.id = c.proposed_by left join identity d on d.id = c.decided_by
           where v.kind = $1 and v.record_key = $2 order by v.version desc limit $3"#,
        kind.word(),
        record.key,
        SHOWN
    )
    .fetch_all(&mut *conn)
    .await?;
    let person = |id: Option<uuid::Uuid>, name: Option<String>| id.zip(name).map(|(id, name)| PersonRef { id: IdentityId(id), name });
    let mut versions: BTreeMap<i32, VersionRow> = rows
        .into_iter()
        .map(|r| {
            let row = VersionRow {
                effective: r.effective_from.to_jiff(),
                change: r.change.map(ChangeId).zip(r.number),
                proposed_by: person(r.proposer_id, r.proposer),
                confirmed_by: person(r.decider_id, r.decider),
                fields: r.body.0,
            };
            (r.version, row)
        })
        .collect();
    for (version, effective, fields) in elsewhere(conn, kind, record).await? {
        versions.entry(version).or_insert_with(|| untold(effective, fields));
    }
    versions.entry(record.version).or_insert_with(|| untold(record.since, record.body.text()));
    Ok(versions)
}

/// A version that no change made.
fn untold(effective: Timestamp, fields: Typed) -> VersionRow {
    VersionRow { effective, change: None, proposed_by: None, confirmed_by: None, fields }
}

/// Versions in the tables of their own.
async fn elsewhere(conn: &mut PgConnection, kind: RecordKind, record: &Record) -> Result<Vec<(i32, Timestamp, Typed)>, StoreError> {
    match (kind, &record.body) {
        (RecordKind::Entitlement, Body::Entitlement(now)) => entitlement(conn, &record.key, now).await,
        (RecordKind::Specification, _) => specification(conn, &record.key).await,
        (RecordKind::Calendar, _) => calendar(conn, &record.key).await,
        _ => Ok(vec![]),
    }
}

async fn entitlement(conn: &mut PgConnection, key: &str, now: &EntitlementBody) -> Result<Vec<(i32, Timestamp, Typed)>, StoreError> {
    let rows = sqlx::query!(
        r#"select v.version, v.tier, v.tier_reason, v.longest_days, v.requestable, v.name, v.description, v.recorded_at, v.review_every_days,
                  v.audience_populations, v.questions as "questions: Json<Vec<domain::question::Question>>",
                  array(select u.name from unit u where u.id = any(v.audience_units) order by u.name collate "C") as "units!",
                  array(select i.source_id from entitlement i where i.id = any(v.includes) order by i.source_id collate "C") as "includes!"
           from entitlement_version v where v.entitlement_id::text = $1 order by v.version desc limit $2"#,
        key,
        SHOWN
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let body = EntitlementBody {
                application: now.application.clone(),
                source_id: now.source_id.clone(),
                name: r.name,
                description: r.description,
                tier: r.tier.parse()?,
                tier_reason: r.tier_reason,
                longest_days: r.longest_days,
                review_every_days: r.review_every_days.unwrap_or_default(),
                requestable: r.requestable,
                active: true,
                audience_populations: r.audience_populations.iter().map(|word| word.parse()).collect::<Result<_, _>>()?,
                audience_units: r.units,
                questions: r.questions.0,
                includes: r.includes,
            };
            let mut fields = Body::Entitlement(body).text();
            // What this table does not know is left out rather than guessed.
            fields.remove("state");
            if r.review_every_days.is_none() {
                fields.remove("review_every_days");
            }
            Ok((r.version, r.recorded_at.to_jiff(), fields))
        })
        .collect()
}

async fn specification(conn: &mut PgConnection, key: &str) -> Result<Vec<(i32, Timestamp, Typed)>, StoreError> {
    let rows = sqlx::query!(
        "select version, required_attributes, highest_tier, longest_days, mfa_from, highest_classification, applications, review_every_days,
                termination_within_hours, control_owner, evidence_source, effective_from
         from identity_specification where population = $1 order by version desc limit $2",
        key,
        SHOWN
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let body = specification_body(
                key,
                &r.required_attributes,
                &r.highest_tier,
                r.longest_days,
                &r.mfa_from,
                &r.highest_classification,
                r.applications,
                r.review_every_days,
                r.termination_within_hours,
                r.control_owner,
                r.evidence_source,
            )?;
            Ok((r.version, r.effective_from.to_jiff(), body.text()))
        })
        .collect()
}

async fn calendar(conn: &mut PgConnection, key: &str) -> Result<Vec<(i32, Timestamp, Typed)>, StoreError> {
    let rows = sqlx::query!(
        r#"select version, name, zone, hours as "hours: Json<Vec<Vec<(String, String)>>>",
                  holidays as "holidays: Json<Vec<domain::calendar::WrittenHoliday>>", effective_from
           from business_calendar where code = $1 order by version desc limit $2"#,
        key,
        SHOWN
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| (r.version, r.effective_from.to_jiff(), calendar_body(key, r.name, r.zone, r.hours, r.holidays).text()))
        .collect())
}
