//! Rows of the demonstration's rules: who approves in groups, templates, questions, containment,
//! working time, and identities other than employees. Used in demonstration mode only.

use super::error::{StoreError, one_row};
use domain::id::{ConflictId, IdentityId, PlanId, TemplateId};
use domain::identity::Population;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;

/// Puts people into the group of approvers with a code.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn add_to_group(conn: &mut PgConnection, code: &str, people: &[IdentityId]) -> Result<(), StoreError> {
    let people: Vec<uuid::Uuid> = people.iter().map(|person| person.0).collect();
    sqlx::query!(
        "insert into approver_group_member (group_id, identity_id) select g.id, person from approver_group g, unnest($2::uuid[]) as person where g.code = $1",
        code,
        &people
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Someone who is no employee of the feed.
pub struct NewIdentity<'a> {
    /// Their id.
    pub id: IdentityId,
    /// Number.
    pub source_id: &'a str,
    /// Population.
    pub population: Population,
    /// Given and family name.
    pub name: (&'a str, &'a str),
    /// Mail address.
    pub email: Option<&'a str>,
    /// Job title.
    pub title: Option<&'a str>,
    /// The person whose unit they belong to, and who manages or sponsors them.
    pub manager: IdentityId,
    /// Owner, for identities that are no persons.
    pub owner: Option<IdentityId>,
    /// The natural person behind a further account.
    pub person: Option<IdentityId>,
    /// First day.
    pub starts_on: Date,
    /// Last day.
    pub ends_on: Option<Date>,
}

/// Records such an identity as active.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn insert_identity(conn: &mut PgConnection, new: &NewIdentity<'_>, now: Timestamp) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into identity (id, source_id, source, population, given_name, family_name, email, unit_id, title, manager_id, owner_id, person_id, starts_on, ends_on, mfa, state, state_since, updated_at)
         select $1, $2, 'local', $3, $4, $5, $6, m.unit_id, $7, m.id, $9, $10, $11, $12, 'passkey', 'active', $13, $13 from identity m where m.id = $8",
        new.id.0,
        new.source_id,
        new.population.word(),
        new.name.0,
        new.name.1,
        new.email,
        new.title,
        new.manager.0,
        new.owner.map(|id| id.0),
        new.person.map(|id| id.0),
        new.starts_on.to_sqlx() as _,
        new.ends_on.map(ToSqlx::to_sqlx) as _,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("identity", &done)
}

/// A standard pattern, by the names of its entitlements.
pub struct NewTemplate<'a> {
    /// Its id.
    pub id: TemplateId,
    /// Code.
    pub code: &'a str,
    /// Name.
    pub name: &'a str,
    /// What it is for.
    pub description: &'a str,
    /// Word of the reason it proposes.
    pub reason: &'a str,
    /// Days it proposes.
    pub days: i32,
    /// Names of its entitlements.
    pub entitlements: &'a [&'a str],
}

/// Writes a template; a name that the catalogue does not have stays out of it.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn insert_template(conn: &mut PgConnection, new: &NewTemplate<'_>, now: Timestamp) -> Result<(), StoreError> {
    let names: Vec<String> = new.entitlements.iter().map(|name| (*name).to_owned()).collect();
    let done = sqlx::query!(
        "insert into request_template (id, code, name, description, reason_code, days, entitlement_ids, updated_at)
         select $1, $2, $3, $4, $5, $6, array_agg(e.id order by array_position($7::text[], e.name)), $8
         from entitlement e where e.name = any ($7) and e.state = 'active'",
        new.id.0,
        new.code,
        new.name,
        new.description,
        new.reason,
        new.days,
        &names,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("request_template", &done)
}

/// Sets the questions an entitlement asks, as its next version.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn ask(conn: &mut PgConnection, entitlement: &str, questions: &Value, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query!("update entitlement set questions = $2, version = version + 1 where name = $1", entitlement, questions)
        .execute(&mut *conn)
        .await?;
    record_version(conn, entitlement, now).await
}

/// Says that an entitlement gives another, as its next version.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn include(conn: &mut PgConnection, whole: &str, part: &str, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query!(
        "update entitlement set includes = includes || (select array_agg(p.id) from entitlement p where p.name = $2 and p.id <> entitlement.id), version = version + 1
         where name = $1 and exists (select from entitlement p where p.name = $2)",
        whole,
        part
    )
    .execute(&mut *conn)
    .await?;
    record_version(conn, whole, now).await
}

/// Writes the present version of an entitlement unless it is on record.
async fn record_version(conn: &mut PgConnection, entitlement: &str, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into entitlement_version (entitlement_id, version, tier, tier_reason, longest_days, requestable, name, description, recorded_at, questions, audience_populations, audience_units, includes, review_every_days, reference, state)
         select id, version, tier, tier_reason, longest_days, requestable, name, description, $2, questions, audience_populations, audience_units, includes, review_every_days, reference, state
         from entitlement where name = $1
         on conflict (entitlement_id, version) do nothing",
        entitlement,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes a rule of which at most one member may be held.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn insert_conflict_set(
    conn: &mut PgConnection,
    id: ConflictId,
    (code, title, mitigation): (&str, &str, &str),
    members: &[&str],
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into conflict (id, code, title, severity, shape, at_most, mitigation) values ($1, $2, $3, 'medium', 'set', 1, $4)",
        id.0,
        code,
        title,
        mitigation
    )
    .execute(&mut *conn)
    .await?;
    one_row("conflict", &done)?;
    let names: Vec<String> = members.iter().map(|name| (*name).to_owned()).collect();
    sqlx::query!(
        "insert into conflict_member (conflict_id, entitlement_id, side) select $1, e.id, 'any' from entitlement e where e.name = any ($2)",
        id.0,
        &names
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes a version of a business calendar.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn insert_calendar(
    conn: &mut PgConnection,
    (code, version, name): (&str, i32, &str),
    hours: &Value,
    holidays: &Value,
    from: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into business_calendar (code, version, name, hours, holidays, effective_from) values ($1, $2, $3, $4, $5, $6)",
        code,
        version,
        name,
        hours,
        holidays,
        from.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("business_calendar", &done)
}

/// Says by which calendar a unit works.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn set_unit_calendar(conn: &mut PgConnection, unit: &str, code: &str) -> Result<(), StoreError> {
    let done = sqlx::query!("update unit set calendar_code = $2 where name = $1", unit, code).execute(conn).await?;
    one_row("unit", &done)
}

/// Writes a plan for one application, named by its code.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn insert_application_plan(
    conn: &mut PgConnection,
    id: PlanId,
    (code, name, application): (&str, &str, &str),
    stages: &Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into approval_plan (id, code, version, name, application_id, stages, updated_at)
         select $1, $2, 1, $3, a.id, $5, $6 from application a where a.code = $4",
        id.0,
        code,
        name,
        application,
        stages,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(())
}
