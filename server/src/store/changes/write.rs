//! Puts a version of a record in force: the row itself, and the tables of versions that requests pin.

use crate::store::error::{StoreError, one_row};
use domain::change::{
    ApplicationBody, Body, CalendarBody, ConflictBody, EntitlementBody, GroupBody, PlanBody, SpecificationBody, TemplateBody, UnitBody,
};
use domain::id::{ApplicationId, ChangeId, ConnectionId, EntitlementId, IdentityId, UnitId};
use domain::identity::Population;
use domain::specification::Attribute;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use sqlx::types::Json;
use std::collections::HashMap;
use uuid::Uuid;

/// Ids of what the texts name.
#[derive(Clone, Debug, Default)]
pub struct Ids {
    /// People by number.
    pub people: HashMap<String, IdentityId>,
    /// Entitlements by id in the source.
    pub entitlements: HashMap<String, EntitlementId>,
    /// Applications by code.
    pub applications: HashMap<String, ApplicationId>,
    /// Units by name.
    pub units: HashMap<String, UnitId>,
    /// Connections by code.
    pub connections: HashMap<String, ConnectionId>,
}

/// A version about to be in force.
pub struct NewVersion<'a> {
    /// Key of the record.
    pub key: &'a str,
    /// Its version; 1 makes the record.
    pub version: i32,
    /// The record before, if there is one.
    pub before: Option<&'a Body>,
    /// Ids of what it names.
    pub ids: &'a Ids,
    /// The change that makes it.
    pub change: ChangeId,
    /// An import proposed it: what it changes goes on following the file.
    pub by_import: bool,
    /// Since when.
    pub now: Timestamp,
}

impl NewVersion<'_> {
    fn id(&self) -> Result<Uuid, StoreError> {
        self.key.parse().map_err(|_| StoreError::inconsistent("catalogue_change", format!("the key {} is no id", self.key)))
    }

    fn entitlements(&self, list: &[String]) -> Result<Vec<Uuid>, StoreError> {
        list.iter().map(|id| self.ids.entitlements.get(id).map(|id| id.0).ok_or_else(|| unresolved(id))).collect()
    }

    fn units(&self, list: &[String]) -> Result<Vec<Uuid>, StoreError> {
        list.iter().map(|name| self.ids.units.get(name).map(|id| id.0).ok_or_else(|| unresolved(name))).collect()
    }

    fn person(&self, number: &Option<String>) -> Result<Option<Uuid>, StoreError> {
        number.as_ref().map(|number| self.ids.people.get(number).map(|id| id.0).ok_or_else(|| unresolved(number))).transpose()
    }

    fn connection(&self, code: &Option<String>) -> Result<Option<Uuid>, StoreError> {
        code.as_ref().map(|code| self.ids.connections.get(code).map(|id| id.0).ok_or_else(|| unresolved(code))).transpose()
    }

    fn application(&self, code: &str) -> Result<Uuid, StoreError> {
        self.ids.applications.get(code).map(|id| id.0).ok_or_else(|| unresolved(code))
    }
}

/// The use-case looks everything up before it writes.
fn unresolved(name: &str) -> StoreError {
    StoreError::inconsistent("catalogue_change", format!("{name} was not looked up"))
}

/// The stored word of a record that is in use, or is not.
fn state(active: bool) -> &'static str {
    if active { "active" } else { "retired" }
}

/// Stored words of a list.
fn words<T: Copy>(list: &[T], word: fn(T) -> &'static str) -> Vec<String> {
    list.iter().map(|item| word(*item).to_owned()).collect()
}

/// Writes the version.
///
/// # Errors
/// [`StoreError::NotOneRow`] when the record is not at the version before; [`StoreError`] when the
/// database refuses, for units with the constraints `identity_belongs_to_a_unit_in_use`,
/// `unit_in_use_stays` and `audience_names_a_unit_in_use`.
pub async fn put(conn: &mut PgConnection, new: &NewVersion<'_>, body: &Body) -> Result<(), StoreError> {
    match body {
        Body::Unit(body) => unit(conn, new, body).await,
        Body::Application(body) => application(conn, new, body).await,
        Body::Entitlement(body) => entitlement(conn, new, body).await,
        Body::Conflict(body) => conflict(conn, new, body).await,
        Body::Template(body) => template(conn, new, body).await,
        Body::Specification(body) => specification(conn, new, body).await,
        Body::Plan(body) => plan(conn, new, body).await,
        Body::Calendar(body) => calendar(conn, new, body).await,
        Body::Group(body) => group(conn, new, body).await,
    }
}

async fn unit(conn: &mut PgConnection, new: &NewVersion<'_>, body: &UnitBody) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into unit (id, name, calendar_code, version, state) values ($1, $2, $3, $4, $5)
         on conflict (id) do update set name = excluded.name, calendar_code = excluded.calendar_code, version = excluded.version, state = excluded.state
         where unit.version = excluded.version - 1",
        new.id()?,
        body.name,
        body.calendar,
        new.version,
        state(body.active)
    )
    .execute(conn)
    .await?;
    one_row("unit", &done)
}

async fn application(conn: &mut PgConnection, new: &NewVersion<'_>, body: &ApplicationBody) -> Result<(), StoreError> {
    let id = new.id()?;
    let done = sqlx::query!(
        "insert into application (id, code, name, description, owner_id, deputy_id, classification, logging, state, version, connection_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         on conflict (id) do update set name = excluded.name, description = excluded.description, owner_id = excluded.owner_id, deputy_id = excluded.deputy_id,
             classification = excluded.classification, logging = excluded.logging, state = excluded.state, version = excluded.version,
             connection_id = excluded.connection_id
         where application.version = excluded.version - 1",
        id,
        body.code,
        body.name,
        body.description,
        new.person(&body.owner)?,
        new.person(&body.deputy)?,
        body.classification.word(),
        body.logging.word(),
        state(body.active),
        new.version,
        new.connection(&body.connection)?
    )
    .execute(&mut *conn)
    .await?;
    one_row("application", &done)?;
    // Its name is among the words that its entitlements are found by.
    sqlx::query!(
        "update entitlement e set search = entitlement_search(e.name, e.description, a.code, a.name, e.actions, e.data_actions)
         from application a where a.id = $1 and e.application_id = a.id",
        id
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Fields that the import would otherwise bring up to date, as far as a person's change touches them.
fn edited(before: Option<&EntitlementBody>, after: &EntitlementBody, by_import: bool) -> Vec<String> {
    let Some(before) = before.filter(|_| !by_import) else { return vec![] };
    [
        ("name", before.name != after.name),
        ("description", before.description != after.description),
        ("longest_days", before.longest_days != after.longest_days),
        ("review_every_days", before.review_every_days != after.review_every_days),
        ("state", before.active != after.active),
    ]
    .into_iter()
    .filter(|(_, changed)| *changed)
    .map(|(field, _)| field.to_owned())
    .collect()
}

async fn entitlement(conn: &mut PgConnection, new: &NewVersion<'_>, body: &EntitlementBody) -> Result<(), StoreError> {
    let before = match new.before {
        Some(Body::Entitlement(before)) => Some(before),
        _ => None,
    };
    let (units, includes) = (new.units(&body.audience_units)?, new.entitlements(&body.includes)?);
    let tier_edited = !new.by_import && before.is_none_or(|before| before.tier != body.tier || before.tier_reason != body.tier_reason);
    let done = sqlx::query!(
        "insert into entitlement (id, application_id, source_id, name, description, tier, tier_reason, tier_origin, longest_days, review_every_days, requestable,
             state, version, updated_at, questions, audience_populations, audience_units, includes, source, search, reference)
         select $1, a.id, $3, $4, $5, $6, $7, 'edited', $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 'local', entitlement_search($4, $5, a.code, a.name, '{}', '{}'), $20
         from application a where a.id = $2
         on conflict (id) do update set name = excluded.name, description = excluded.description, tier = excluded.tier, tier_reason = excluded.tier_reason,
             tier_origin = case when $18 then 'edited' else entitlement.tier_origin end, longest_days = excluded.longest_days,
             review_every_days = excluded.review_every_days, requestable = excluded.requestable, state = excluded.state, version = excluded.version,
             updated_at = excluded.updated_at, questions = excluded.questions, audience_populations = excluded.audience_populations,
             audience_units = excluded.audience_units, includes = excluded.includes, reference = excluded.reference,
             edited = array(select distinct field from unnest(entitlement.edited || $19::text[]) field order by field),
             search = (select entitlement_search(excluded.name, excluded.description, a.code, a.name, entitlement.actions, entitlement.data_actions)
                       from application a where a.id = entitlement.application_id)
         where entitlement.version = excluded.version - 1",
        new.id()?,
        new.application(&body.application)?,
        body.source_id,
        body.name,
        body.description,
        body.tier.word(),
        body.tier_reason,
        body.longest_days,
        body.review_every_days,
        body.requestable,
        state(body.active),
        new.version,
        new.now.to_sqlx() as _,
        Json(&body.questions) as _,
        &words(&body.audience_populations, Population::word),
        &units,
        &includes,
        tier_edited,
        &edited(before, body, new.by_import),
        body.reference
    )
    .execute(&mut *conn)
    .await?;
    one_row("entitlement", &done)?;
    let done = sqlx::query!(
        "insert into entitlement_version (entitlement_id, version, tier, tier_reason, longest_days, requestable, name, description, recorded_at, questions,
             audience_populations, audience_units, includes, review_every_days, reference, state, change_id)
         select id, version, tier, tier_reason, longest_days, requestable, name, description, updated_at, questions,
             audience_populations, audience_units, includes, review_every_days, reference, state, $2 from entitlement where id = $1",
        new.id()?,
        new.change.0
    )
    .execute(conn)
    .await?;
    one_row("entitlement_version", &done)
}

async fn conflict(conn: &mut PgConnection, new: &NewVersion<'_>, body: &ConflictBody) -> Result<(), StoreError> {
    let id = new.id()?;
    let done = sqlx::query!(
        "insert into conflict (id, code, title, description, severity, shape, at_most, mitigation, state, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (id) do update set title = excluded.title, description = excluded.description, severity = excluded.severity, shape = excluded.shape,
             at_most = excluded.at_most, mitigation = excluded.mitigation, state = excluded.state, version = excluded.version
         where conflict.version = excluded.version - 1",
        id,
        body.code,
        body.title,
        body.description,
        body.severity.word(),
        body.shape.word(),
        body.at_most,
        body.mitigation,
        state(body.active),
        new.version
    )
    .execute(&mut *conn)
    .await?;
    one_row("conflict", &done)?;
    sqlx::query!("delete from conflict_member where conflict_id = $1", id).execute(&mut *conn).await?;
    for (side, members) in [("left", &body.left), ("right", &body.right), ("any", &body.members)] {
        let members = new.entitlements(members)?;
        sqlx::query!(
            "insert into conflict_member (conflict_id, entitlement_id, side) select $1, unnest($2::uuid[]), $3",
            id,
            &members,
            side
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

async fn template(conn: &mut PgConnection, new: &NewVersion<'_>, body: &TemplateBody) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into request_template (id, code, name, description, reason_code, days, audience_populations, audience_units, entitlement_ids, state, version, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict (id) do update set name = excluded.name, description = excluded.description, reason_code = excluded.reason_code, days = excluded.days,
             audience_populations = excluded.audience_populations, audience_units = excluded.audience_units, entitlement_ids = excluded.entitlement_ids,
             state = excluded.state, version = excluded.version, updated_at = excluded.updated_at
         where request_template.version = excluded.version - 1",
        new.id()?,
        body.code,
        body.name,
        body.description,
        body.reason_code.map(|reason| reason.word()),
        body.days,
        &words(&body.audience_populations, Population::word),
        &new.units(&body.audience_units)?,
        &new.entitlements(&body.items)?,
        state(body.active),
        new.version,
        new.now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("request_template", &done)
}

async fn specification(conn: &mut PgConnection, new: &NewVersion<'_>, body: &SpecificationBody) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into identity_specification (population, version, required_attributes, highest_tier, longest_days, mfa_from, highest_classification, applications,
             review_every_days, termination_within_hours, control_owner, evidence_source, effective_from, change_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        body.population.word(),
        new.version,
        &words(&body.required_attributes, Attribute::word),
        body.highest_tier.word(),
        body.longest_days,
        body.mfa_from.word(),
        body.highest_classification.word(),
        &body.applications,
        body.review_every_days,
        body.termination_within_hours,
        body.control_owner,
        body.evidence_source,
        new.now.to_sqlx() as _,
        new.change.0
    )
    .execute(conn)
    .await?;
    one_row("identity_specification", &done)
}

async fn plan(conn: &mut PgConnection, new: &NewVersion<'_>, body: &PlanBody) -> Result<(), StoreError> {
    let application = body.application.as_deref().map(|code| new.application(code)).transpose()?;
    let done = sqlx::query!(
        "insert into approval_plan (id, code, version, name, tier, population, application_id, stages, state, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (id) do update set version = excluded.version, name = excluded.name, tier = excluded.tier, population = excluded.population,
             application_id = excluded.application_id, stages = excluded.stages, state = excluded.state, updated_at = excluded.updated_at
         where approval_plan.version = excluded.version - 1",
        new.id()?,
        body.code,
        new.version,
        body.name,
        body.tier.map(|tier| tier.word()),
        body.population.map(|population| population.word()),
        application,
        Json(&body.stages) as _,
        state(body.active),
        new.now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("approval_plan", &done)
}

async fn calendar(conn: &mut PgConnection, new: &NewVersion<'_>, body: &CalendarBody) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into business_calendar (code, version, name, zone, hours, holidays, effective_from) values ($1, $2, $3, $4, $5, $6, $7)",
        body.code,
        new.version,
        body.name,
        body.written.zone,
        Json(&body.written.hours) as _,
        Json(&body.written.holidays) as _,
        new.now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("business_calendar", &done)
}

async fn group(conn: &mut PgConnection, new: &NewVersion<'_>, body: &GroupBody) -> Result<(), StoreError> {
    let id = new.id()?;
    let done = sqlx::query!(
        "insert into approver_group (id, code, name, description, version, updated_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (id) do update set name = excluded.name, description = excluded.description, version = excluded.version, updated_at = excluded.updated_at
         where approver_group.version = excluded.version - 1",
        id,
        body.code,
        body.name,
        body.description,
        new.version,
        new.now.to_sqlx() as _
    )
    .execute(&mut *conn)
    .await?;
    one_row("approver_group", &done)?;
    sqlx::query!("delete from approver_group_member where group_id = $1", id).execute(&mut *conn).await?;
    for number in &body.members {
        let person = new.person(&Some(number.clone()))?;
        sqlx::query!("insert into approver_group_member (group_id, identity_id) values ($1, $2)", id, person).execute(&mut *conn).await?;
    }
    Ok(())
}
