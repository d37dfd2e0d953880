//! Every version of a record as it stood.
//!
//! Versions that change control made are in `record_version`. Entitlements, specifications and
//! calendars have tables of versions of their own, which know those that an import or the shipped
//! data made as well.

use super::records::Record;
use crate::store::error::{StoreError, one_row};
use app::changes::port::Proposer;
use app::record::PersonRef;
use domain::calendar::WrittenCalendar;
use domain::change::{Body, CalendarBody, EntitlementBody, RecordKind, SpecificationBody, Typed};
use domain::id::{ChangeId, IdentityId};
use domain::page::PAGE_SIZE;
use domain::words::UnknownWord;
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
    pub proposed_by: Option<Proposer>,
    /// Who confirmed it.
    pub confirmed_by: Option<PersonRef>,
    /// Its fields.
    pub fields: Typed,
}

/// Versions on a page, and one more: the next page begins with it, and it says what the last one of
/// this page changed.
const READ: i64 = PAGE_SIZE + 1;

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

/// The newest versions of a record below `before`, by number: one more than a page shows.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn of(conn: &mut PgConnection, kind: RecordKind, record: &Record, before: i32) -> Result<BTreeMap<i32, VersionRow>, StoreError> {
    let rows = sqlx::query!(
        r#"select v.version, v.body as "body: Json<Typed>", v.effective_from, c.id as "change?", c.number as "number?",
                  p.id as "proposer_id?", coalesce(p.display_name, c.proposed_by_command) as "proposer?", d.id as "decider_id?", d.display_name as "decider?"
           from record_version v left join catalogue_change c on c.id = v.change_id
           left join identity p on p.id = c.proposed_by left join identity d on d.id = c.decided_by
           where v.kind = $1 and v.record_key = $2 and v.version < $3 order by v.version desc limit $4"#,
        kind.word(),
        record.key,
        before,
        READ
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
                proposed_by: r.proposer.map(|name| Proposer { id: r.proposer_id.map(IdentityId), name }),
                confirmed_by: person(r.decider_id, r.decider),
                fields: r.body.0,
            };
            (r.version, row)
        })
        .collect();
    for (version, effective, fields) in elsewhere(conn, kind, record, before).await? {
        versions.entry(version).or_insert_with(|| untold(effective, fields));
    }
    if record.version < before {
        versions.entry(record.version).or_insert_with(|| untold(record.since, record.body.text()));
    }
    // Both places gave their newest: what lies below the newest of them together may have gaps.
    while versions.len() > READ as usize {
        versions.pop_first();
    }
    Ok(versions)
}

/// A version that no change made.
pub fn untold(effective: Timestamp, fields: Typed) -> VersionRow {
    VersionRow { effective, change: None, proposed_by: None, confirmed_by: None, fields }
}

/// Versions in the tables of their own.
async fn elsewhere(
    conn: &mut PgConnection,
    kind: RecordKind,
    record: &Record,
    before: i32,
) -> Result<Vec<(i32, Timestamp, Typed)>, StoreError> {
    let versions = match kind {
        RecordKind::Entitlement => return entitlement(conn, &record.key, before).await,
        RecordKind::Specification => specification(conn, &record.key, before, READ).await?,
        RecordKind::Calendar => calendar(conn, &record.key, before, READ).await?,
        _ => vec![],
    };
    Ok(versions.into_iter().map(|v| (v.version, v.since, v.body.text())).collect())
}

/// The newest versions of an entitlement below `before`, newest first: number, since when, fields; one
/// more than a page shows.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn entitlement(conn: &mut PgConnection, key: &str, before: i32) -> Result<Vec<(i32, Timestamp, Typed)>, StoreError> {
    let rows = sqlx::query!(
        r#"select a.code, e.source_id, v.state, v.version, v.tier, v.tier_reason, v.longest_days, v.requestable, v.name, v.description, v.recorded_at, v.review_every_days, v.reference,
                  v.audience_populations, v.questions as "questions: Json<Vec<domain::question::Question>>",
                  array(select u.name from unit u where u.id = any(v.audience_units) order by u.name collate "C") as "units!",
                  array(select i.source_id from entitlement i where i.id = any(v.includes) order by i.source_id collate "C") as "includes!"
           from entitlement_version v join entitlement e on e.id = v.entitlement_id join application a on a.id = e.application_id
           where v.entitlement_id::text = $1 and v.version < $2 order by v.version desc limit $3"#,
        key,
        before,
        READ
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let body = EntitlementBody {
                application: r.code,
                source_id: r.source_id,
                name: r.name,
                description: r.description,
                tier: r.tier.parse()?,
                tier_reason: r.tier_reason,
                longest_days: r.longest_days,
                review_every_days: r.review_every_days.unwrap_or_default(),
                requestable: r.requestable,
                active: r.state.as_deref() != Some("retired"),
                audience_populations: r.audience_populations.iter().map(|word| word.parse()).collect::<Result<_, _>>()?,
                audience_units: r.units,
                questions: r.questions.0,
                includes: r.includes,
                reference: r.reference,
            };
            let mut fields = Body::Entitlement(body).text();
            // What was not kept then is left out rather than guessed.
            if r.state.is_none() {
                fields.remove("state");
            }
            if r.review_every_days.is_none() {
                fields.remove("review_every_days");
            }
            Ok((r.version, r.recorded_at.to_jiff(), fields))
        })
        .collect()
}

/// A version of a record whose versions are all there is of it.
pub(super) struct Version {
    pub(super) version: i32,
    pub(super) since: Timestamp,
    pub(super) body: Body,
}

/// The specification of a population: its versions below `before`, newest first.
pub(super) async fn specification(conn: &mut PgConnection, population: &str, before: i32, most: i64) -> Result<Vec<Version>, StoreError> {
    let rows = sqlx::query!(
        "select version, required_attributes, highest_tier, longest_days, mfa_from, highest_classification, applications, review_every_days,
                termination_within_hours, control_owner, evidence_source, effective_from
         from identity_specification where population = $1 and version < $2 order by version desc limit $3",
        population,
        before,
        most
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let mut required_attributes = r.required_attributes.iter().map(|word| word.parse()).collect::<Result<Vec<_>, UnknownWord>>()?;
            required_attributes.sort();
            let body = Body::Specification(SpecificationBody {
                population: population.parse()?,
                required_attributes,
                highest_tier: r.highest_tier.parse()?,
                longest_days: r.longest_days,
                mfa_from: r.mfa_from.parse()?,
                highest_classification: r.highest_classification.parse()?,
                applications: r.applications,
                review_every_days: r.review_every_days,
                termination_within_hours: r.termination_within_hours,
                control_owner: r.control_owner,
                evidence_source: r.evidence_source,
            });
            Ok(Version { version: r.version, since: r.effective_from.to_jiff(), body })
        })
        .collect()
}

/// A calendar: its versions below `before`, newest first.
pub(super) async fn calendar(conn: &mut PgConnection, code: &str, before: i32, most: i64) -> Result<Vec<Version>, StoreError> {
    let rows = sqlx::query!(
        r#"select version, name, zone, hours as "hours: Json<Vec<Vec<(String, String)>>>",
                  holidays as "holidays: Json<Vec<domain::calendar::WrittenHoliday>>", effective_from
           from business_calendar where code = $1 and version < $2 order by version desc limit $3"#,
        code,
        before,
        most
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| {
            let (hours, mut holidays) = (r.hours.0, r.holidays.0);
            holidays.sort_by(|a, b| a.date.cmp(&b.date));
            let written = WrittenCalendar { zone: r.zone, hours, holidays };
            let body = Body::Calendar(CalendarBody { code: code.to_owned(), name: r.name, written });
            Version { version: r.version, since: r.effective_from.to_jiff(), body }
        })
        .collect())
}
