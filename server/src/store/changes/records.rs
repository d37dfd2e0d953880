//! The records under change control as they stand now, each as a typed body.

use super::versions::{self, Version};
use crate::store::error::StoreError;
use domain::change::{
    ApplicationBody, Body, ConflictBody, ConflictShape, EntitlementBody, GroupBody, PlanBody, RecordKind, TemplateBody, UnitBody,
};
use domain::id::ApplicationId;
use domain::identity::Population;
use domain::words::UnknownWord;
use jiff::Timestamp;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

/// A record as it stands.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its key.
    pub key: String,
    /// Its version.
    pub version: i32,
    /// Its fields.
    pub body: Body,
    /// Applications it belongs to.
    pub applications: Vec<ApplicationId>,
    /// Since when it stands so, as far as known.
    pub since: Timestamp,
    /// It was made here and comes from no feed.
    pub local: bool,
}

impl Record {
    /// A record that belongs to no application and was made here.
    fn new(key: impl ToString, version: i32, since: Timestamp, body: Body) -> Self {
        Self { key: key.to_string(), version, body, applications: vec![], since, local: true }
    }
}

/// One record.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn find(conn: &mut PgConnection, kind: RecordKind, key: &str) -> Result<Option<Record>, StoreError> {
    // The newest version of these is how they stand.
    match kind {
        RecordKind::Specification => return Ok(newest(key, versions::specification(conn, key, i32::MAX, 1).await?)),
        RecordKind::Calendar => return Ok(newest(key, versions::calendar(conn, key, i32::MAX, 1).await?)),
        _ => {}
    }
    // Keys of all others are ids; what is none cannot be a record.
    let Ok(id) = key.parse::<Uuid>() else { return Ok(None) };
    match kind {
        RecordKind::Unit => unit(conn, id).await,
        RecordKind::Application => application(conn, id).await,
        RecordKind::Entitlement => entitlement(conn, id).await,
        RecordKind::Conflict => conflict(conn, id).await,
        RecordKind::Template => template(conn, id).await,
        RecordKind::Plan => plan(conn, id).await,
        RecordKind::Group => group(conn, id).await,
        RecordKind::Specification | RecordKind::Calendar => Ok(None),
    }
}

fn newest(key: &str, versions: Vec<Version>) -> Option<Record> {
    versions.into_iter().next().map(|Version { version, since, body }| Record::new(key, version, since, body))
}

/// Records whose tables do not say when they last changed were made at the time that their id carries.
fn made_at(id: Uuid) -> Timestamp {
    id.get_timestamp()
        .map(|at| at.to_unix())
        .and_then(|(seconds, nanos)| Timestamp::new(i64::try_from(seconds).ok()?, i32::try_from(nanos).ok()?).ok())
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

fn populations(words: &[String]) -> Result<Vec<Population>, UnknownWord> {
    let mut found: Vec<Population> = words.iter().map(|word| word.parse()).collect::<Result<_, _>>()?;
    found.sort();
    Ok(found)
}

async fn unit(conn: &mut PgConnection, id: Uuid) -> Result<Option<Record>, StoreError> {
    let row = sqlx::query!(
        r#"select name, calendar_code, version, state,
                  exists (select from catalogue_change c where c.kind = 'unit' and c.record_key = $1::uuid::text and c.base_version = 0 and c.state = 'in_force') as "local!"
           from unit where id = $1"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| {
        let body = Body::Unit(UnitBody { name: r.name, calendar: r.calendar_code, active: r.state == "active" });
        Record { local: r.local, ..Record::new(id, r.version, made_at(id), body) }
    }))
}

async fn application(conn: &mut PgConnection, id: Uuid) -> Result<Option<Record>, StoreError> {
    let row = sqlx::query!(
        r#"select a.code, a.name, a.description, a.classification, a.logging, a.state, a.version, o.source_id as "owner?", d.source_id as "deputy?", c.code as "connection?"
           from application a left join identity o on o.id = a.owner_id left join identity d on d.id = a.deputy_id
           left join connection c on c.id = a.connection_id where a.id = $1"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    let Some(r) = row else { return Ok(None) };
    let body = Body::Application(ApplicationBody {
        code: r.code,
        name: r.name,
        description: r.description,
        owner: r.owner,
        deputy: r.deputy,
        classification: r.classification.parse()?,
        logging: r.logging.parse()?,
        connection: r.connection,
        active: r.state == "active",
    });
    Ok(Some(Record { applications: vec![ApplicationId(id)], ..Record::new(id, r.version, made_at(id), body) }))
}

async fn entitlement(conn: &mut PgConnection, id: Uuid) -> Result<Option<Record>, StoreError> {
    let row = sqlx::query!(
        r#"select e.application_id, a.code, e.source_id, e.name, e.description, e.tier, e.tier_reason, e.longest_days, e.review_every_days, e.requestable,
                  e.state, e.audience_populations, e.questions as "questions: Json<Vec<domain::question::Question>>", e.version, e.updated_at, e.source, e.reference,
                  array(select u.name from unit u where u.id = any(e.audience_units) order by u.name collate "C") as "units!",
                  array(select i.source_id from entitlement i where i.id = any(e.includes) order by i.source_id collate "C") as "includes!"
           from entitlement e join application a on a.id = e.application_id where e.id = $1"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    let Some(r) = row else { return Ok(None) };
    let body = Body::Entitlement(EntitlementBody {
        application: r.code,
        source_id: r.source_id,
        name: r.name,
        description: r.description,
        tier: r.tier.parse()?,
        tier_reason: r.tier_reason,
        longest_days: r.longest_days,
        review_every_days: r.review_every_days,
        requestable: r.requestable,
        active: r.state == "active",
        audience_populations: populations(&r.audience_populations)?,
        audience_units: r.units,
        questions: r.questions.0,
        includes: r.includes,
        reference: r.reference,
    });
    Ok(Some(Record {
        applications: vec![ApplicationId(r.application_id)],
        local: r.source == "local",
        ..Record::new(id, r.version, r.updated_at.to_jiff(), body)
    }))
}

async fn conflict(conn: &mut PgConnection, id: Uuid) -> Result<Option<Record>, StoreError> {
    let row = sqlx::query!(
        r#"select c.code, c.title, c.description, c.severity, c.shape, c.at_most, c.mitigation, c.state, c.version,
                  array(select e.source_id from conflict_member m join entitlement e on e.id = m.entitlement_id where m.conflict_id = c.id and m.side = 'left' order by e.source_id collate "C") as "lefts!",
                  array(select e.source_id from conflict_member m join entitlement e on e.id = m.entitlement_id where m.conflict_id = c.id and m.side = 'right' order by e.source_id collate "C") as "rights!",
                  array(select e.source_id from conflict_member m join entitlement e on e.id = m.entitlement_id where m.conflict_id = c.id and m.side = 'any' order by e.source_id collate "C") as "members!",
                  array(select distinct e.application_id from conflict_member m join entitlement e on e.id = m.entitlement_id where m.conflict_id = c.id) as "applications!"
           from conflict c where c.id = $1"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    let Some(r) = row else { return Ok(None) };
    let shape: ConflictShape = r.shape.parse()?;
    let body = Body::Conflict(ConflictBody {
        code: r.code,
        title: r.title,
        description: r.description,
        severity: r.severity.parse()?,
        shape,
        at_most: r.at_most,
        left: r.lefts,
        right: r.rights,
        members: r.members,
        mitigation: r.mitigation,
        active: r.state == "active",
    });
    Ok(Some(Record {
        applications: r.applications.into_iter().map(ApplicationId).collect(),
        ..Record::new(id, r.version, made_at(id), body)
    }))
}

async fn template(conn: &mut PgConnection, id: Uuid) -> Result<Option<Record>, StoreError> {
    let row = sqlx::query!(
        r#"select t.code, t.name, t.description, t.reason_code, t.days, t.audience_populations, t.state, t.version, t.updated_at,
                  array(select u.name from unit u where u.id = any(t.audience_units) order by u.name collate "C") as "units!",
                  array(select e.source_id from unnest(t.entitlement_ids) with ordinality i (id, place) join entitlement e on e.id = i.id order by i.place) as "items!",
                  array(select distinct e.application_id from entitlement e where e.id = any(t.entitlement_ids)) as "applications!"
           from request_template t where t.id = $1"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    let Some(r) = row else { return Ok(None) };
    let body = Body::Template(TemplateBody {
        code: r.code,
        name: r.name,
        description: r.description,
        items: r.items,
        reason_code: r.reason_code.map(|word| word.parse()).transpose()?,
        days: r.days,
        audience_populations: populations(&r.audience_populations)?,
        audience_units: r.units,
        active: r.state == "active",
    });
    Ok(Some(Record {
        applications: r.applications.into_iter().map(ApplicationId).collect(),
        ..Record::new(id, r.version, r.updated_at.to_jiff(), body)
    }))
}

async fn plan(conn: &mut PgConnection, id: Uuid) -> Result<Option<Record>, StoreError> {
    let row = sqlx::query!(
        r#"select p.code, p.name, p.tier, p.population, a.code as "application?", p.stages as "stages: Json<Vec<domain::approval::PlanStage>>",
                  p.state, p.version, p.updated_at
           from approval_plan p left join application a on a.id = p.application_id where p.id = $1"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    let Some(r) = row else { return Ok(None) };
    let body = Body::Plan(PlanBody {
        code: r.code,
        name: r.name,
        tier: r.tier.map(|word| word.parse()).transpose()?,
        population: r.population.map(|word| word.parse()).transpose()?,
        application: r.application,
        stages: r.stages.0,
        active: r.state == "active",
    });
    Ok(Some(Record::new(id, r.version, r.updated_at.to_jiff(), body)))
}

async fn group(conn: &mut PgConnection, id: Uuid) -> Result<Option<Record>, StoreError> {
    let row = sqlx::query!(
        r#"select code, name, description, version, updated_at,
                  array(select i.source_id from approver_group_member m join identity i on i.id = m.identity_id where m.group_id = g.id order by i.source_id collate "C") as "members!"
           from approver_group g where id = $1"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| {
        let body = Body::Group(GroupBody { code: r.code, name: r.name, description: r.description, members: r.members });
        Record::new(id, r.version, r.updated_at.to_jiff(), body)
    }))
}
