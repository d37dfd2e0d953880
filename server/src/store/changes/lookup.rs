//! What the text of a record names: people, entitlements, units, applications, groups, calendars.

use crate::store::error::StoreError;
use domain::catalogue::RiskTier;
use domain::change::{RecordKind, UnitNeeds};
use domain::id::{ApplicationId, ConnectionId, EntitlementId, IdentityId, UnitId};
use domain::permission::Role;
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// Somebody found by number or by name.
#[derive(Clone, Debug)]
pub struct Somebody {
    /// Who.
    pub id: IdentityId,
    /// Number in the source of truth.
    pub number: String,
    /// Name.
    pub name: String,
    /// At work.
    pub active: bool,
    /// Not an account of a machine.
    pub human: bool,
}

/// People with these numbers.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn people_by_number(conn: &mut PgConnection, numbers: &[String]) -> Result<HashMap<String, Somebody>, StoreError> {
    let rows = sqlx::query!(
        r#"select id, source_id, display_name as "name!", state = 'active' as "active!", population <> 'service_account' as "human!"
           from identity where source_id = any($1)"#,
        numbers
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| {
            (r.source_id.clone(), Somebody { id: IdentityId(r.id), number: r.source_id, name: r.name, active: r.active, human: r.human })
        })
        .collect())
}

/// Active people with exactly this name, at most two: more than one is not exact.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn people_by_name(conn: &mut PgConnection, name: &str) -> Result<Vec<Somebody>, StoreError> {
    // As a pattern, the index on names is used.
    let pattern = name.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let rows = sqlx::query!(
        r#"select id, source_id, display_name as "name!" from identity
           where display_name ilike $1 and state = 'active' and population <> 'service_account' order by id limit 2"#,
        pattern
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| Somebody { id: IdentityId(r.id), number: r.source_id, name: r.name, active: true, human: true }).collect())
}

/// Entitlements by their ids in the source: id, application, in use.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn entitlements(
    conn: &mut PgConnection,
    ids: &[String],
) -> Result<HashMap<String, (EntitlementId, ApplicationId, bool)>, StoreError> {
    let rows = sqlx::query!(
        r#"select id, source_id, application_id, state = 'active' as "active!" from entitlement where source_id = any($1)"#,
        ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (r.source_id, (EntitlementId(r.id), ApplicationId(r.application_id), r.active))).collect())
}

/// Names of entitlements by their identifiers.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn entitlement_names(conn: &mut PgConnection, ids: &[String]) -> Result<HashMap<String, String>, StoreError> {
    let rows = sqlx::query!("select source_id, name from entitlement where source_id = any($1)", ids).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|r| (r.source_id, r.name)).collect())
}

/// The tiers of entitlements and of everything that they include, each with the identifier of the one
/// of `included` that brings it.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn tiers_within(conn: &mut PgConnection, included: &[Uuid]) -> Result<Vec<(String, RiskTier)>, StoreError> {
    let rows = sqlx::query!(
        r#"select distinct through.source_id, e.tier
           from (select id as part, id as through from unnest($1::uuid[]) i (id) union select c.entitlement_id, c.through from entitlement_contents($1) c) p
           join entitlement e on e.id = p.part join entitlement through on through.id = p.through
           order by through.source_id, e.tier"#,
        included
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|r| Ok((r.source_id, r.tier.parse()?))).collect()
}

/// The tiers of entitlements in use that include `id`, themselves or through others.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn tiers_around(conn: &mut PgConnection, id: Uuid) -> Result<Vec<RiskTier>, StoreError> {
    let rows = sqlx::query_scalar!(
        r#"with recursive above as (
             select e.id from entitlement e where e.includes <> '{}' and e.includes @> array[$1::uuid]
             union
             select e.id from above b join entitlement e on e.includes <> '{}' and e.includes @> array[b.id]
           )
           select distinct e.tier from above b join entitlement e on e.id = b.id where e.state = 'active'"#,
        id
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|tier| Ok(tier.parse()?)).collect()
}

/// Whether one of `included` includes `id`, itself or through others.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn includes_it(conn: &mut PgConnection, included: &[Uuid], id: Uuid) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from entitlement_contents($1) c where c.entitlement_id = $2) as "found!""#,
        included,
        id
    )
    .fetch_one(conn)
    .await?)
}

/// Units by name, and whether they are in use. They stay as they are until this transaction ends: what
/// names them now is not written beside their retirement.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn units(conn: &mut PgConnection, names: &[String]) -> Result<HashMap<String, (UnitId, bool)>, StoreError> {
    let rows =
        sqlx::query!(r#"select id, name, state = 'active' as "active!" from unit where name = any($1) order by id for share"#, names)
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().map(|r| (r.name, (UnitId(r.id), r.active))).collect())
}

/// What needs a unit now. Until this transaction ends nobody is put into it, and no audience names it anew.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn unit_needs(conn: &mut PgConnection, unit: Uuid) -> Result<UnitNeeds, StoreError> {
    sqlx::query_scalar!("select id from unit where id = $1 for update", unit).fetch_optional(&mut *conn).await?;
    let row = sqlx::query!(
        r#"select (select count(*) from identity where unit_id = $1 and state <> 'retired') as "people!",
                  (select count(*) from entitlement where state = 'active' and only_unit_in_use(audience_units, $1)) as "entitlements!",
                  (select count(*) from request_template where state = 'active' and only_unit_in_use(audience_units, $1)) as "templates!""#,
        unit
    )
    .fetch_one(conn)
    .await?;
    Ok(UnitNeeds { people: row.people, entitlements: row.entitlements, templates: row.templates })
}

/// Applications by code.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn applications(conn: &mut PgConnection, codes: &[String]) -> Result<HashMap<String, ApplicationId>, StoreError> {
    let rows = sqlx::query!("select id, code from application where code = any($1)", codes).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|r| (r.code, ApplicationId(r.id))).collect())
}

/// Groups by code, with how many active members they have.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn groups(conn: &mut PgConnection, codes: &[String]) -> Result<HashMap<String, usize>, StoreError> {
    let rows = sqlx::query!(
        r#"select g.code, count(i.id) as "members!" from approver_group g
           left join approver_group_member m on m.group_id = g.id left join identity i on i.id = m.identity_id and i.state = 'active'
           where g.code = any($1) group by g.code"#,
        codes
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (r.code, usize::try_from(r.members).unwrap_or(0))).collect())
}

/// Business calendars: code and name, in their order.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn calendars(conn: &mut PgConnection) -> Result<Vec<(String, String)>, StoreError> {
    let rows =
        sqlx::query!(r#"select distinct on (code) code, name from business_calendar order by code, version desc"#).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|r| (r.code, r.name)).collect())
}

/// Connections that can be chosen: code, name.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn connections(conn: &mut PgConnection) -> Result<Vec<(String, String)>, StoreError> {
    let rows = sqlx::query!("select code, name from connection where state = 'active' order by name, code").fetch_all(conn).await?;
    Ok(rows.into_iter().map(|r| (r.code, r.name)).collect())
}

/// Connections by code: id, whether it can be chosen.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn connections_by_code(conn: &mut PgConnection, codes: &[String]) -> Result<HashMap<String, (ConnectionId, bool)>, StoreError> {
    let rows = sqlx::query!(r#"select id, code, state = 'active' as "active!" from connection where code = any($1)"#, codes)
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().map(|r| (r.code, (ConnectionId(r.id), r.active))).collect())
}

/// Whether another record of the kind has this code, id or name already.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn is_taken(conn: &mut PgConnection, kind: RecordKind, text: &str, except: &str) -> Result<bool, StoreError> {
    let taken = sqlx::query_scalar!(
        r#"select case $1
             when 'unit' then exists (select from unit where name = $2 and id::text <> $3)
             when 'application' then exists (select from application where code = $2 and id::text <> $3)
             when 'entitlement' then exists (select from entitlement where source_id = $2 and id::text <> $3)
             when 'conflict' then exists (select from conflict where code = $2 and id::text <> $3)
             when 'template' then exists (select from request_template where code = $2 and id::text <> $3)
             when 'plan' then exists (select from approval_plan where code = $2 and id::text <> $3)
             when 'calendar' then exists (select from business_calendar where code = $2 and code <> $3)
             when 'group' then exists (select from approver_group where code = $2 and id::text <> $3)
             else false end as "taken!""#,
        kind.word(),
        text,
        except
    )
    .fetch_one(conn)
    .await?;
    Ok(taken)
}

/// Whether another plan in use is made for the same circumstances.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn plan_for_same_case(
    conn: &mut PgConnection,
    tier: Option<&str>,
    population: Option<&str>,
    application: Option<Uuid>,
    except: &str,
) -> Result<bool, StoreError> {
    let taken = sqlx::query_scalar!(
        r#"select exists (select from approval_plan where state = 'active' and id::text <> $4
             and tier is not distinct from $1 and population is not distinct from $2 and application_id is not distinct from $3) as "taken!""#,
        tier,
        population,
        application,
        except
    )
    .fetch_one(conn)
    .await?;
    Ok(taken)
}

/// Applications that somebody owns or deputises for, as recorded now.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn owned_by(conn: &mut PgConnection, person: IdentityId) -> Result<Vec<ApplicationId>, StoreError> {
    let ids = sqlx::query_scalar!("select id from application where owner_id = $1 or deputy_id = $1", person.0).fetch_all(conn).await?;
    Ok(ids.into_iter().map(ApplicationId).collect())
}

/// Active people who could be the second person of a change: administrators and compliance, and
/// whoever owns (or deputises for) every one of `applications`.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn second_people(conn: &mut PgConnection, applications: &[ApplicationId]) -> Result<Vec<IdentityId>, StoreError> {
    let applications: Vec<Uuid> = applications.iter().map(|id| id.0).collect();
    let roles = [Role::Administrator.word().to_owned(), Role::Compliance.word().to_owned()];
    let ids = sqlx::query_scalar!(
        r#"select i.id from identity i
           where i.state = 'active' and (
             exists (select from role_assignment a where a.identity_id = i.id and a.ended_at is null and a.role = any($1))
             or (cardinality($2::uuid[]) > 0
                 and i.id in (select unnest(array[owner_id, deputy_id]) from application where id = any($2))
                 and not exists (select from application a where a.id = any($2)
                     and a.owner_id is distinct from i.id and a.deputy_id is distinct from i.id)))
           order by i.id limit 500"#,
        &roles,
        &applications
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(IdentityId).collect())
}
