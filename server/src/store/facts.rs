//! The facts that gates look at, read under a lock on the person concerned.

use super::error::StoreError;
use domain::approval::Nominee;
use domain::conflict::{Conflict, Standing, Standings};
use domain::gate::{EntitlementFacts, SpecificationFacts};
use domain::id::{ApplicationId, ConflictId, EntitlementId, IdentityId, RequestId};
use domain::identity::{Mfa, Population};
use domain::specification::{Attribute, AttributeValue};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// Locks a person for the rest of the transaction: separation of duties is decided by one
/// transaction at a time for each person, so two racing requests see each other.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn lock_person(conn: &mut PgConnection, person: IdentityId) -> Result<bool, StoreError> {
    // `no key update` lets rows that only point to the person be inserted meanwhile.
    let row = sqlx::query_scalar!("select id from identity where id = $1 for no key update", person.0).fetch_optional(conn).await?;
    Ok(row.is_some())
}

/// What is known of the subject.
#[derive(Clone, Debug)]
pub struct SubjectRow {
    /// Who.
    pub id: IdentityId,
    /// Name.
    pub name: String,
    /// Population.
    pub population: Population,
    /// The identity is active.
    pub active: bool,
    /// What the source of truth says.
    pub attributes: Vec<AttributeValue>,
    /// An active manager is recorded.
    pub manager_active: bool,
    /// An active owner is recorded.
    pub owner_active: bool,
    /// Second factor.
    pub mfa: Mfa,
    /// Last day.
    pub ends_on: Option<Date>,
    /// Unit.
    pub unit: Option<String>,
}

/// The subject as recorded now.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn subject(conn: &mut PgConnection, id: IdentityId) -> Result<Option<SubjectRow>, StoreError> {
    let row = sqlx::query!(
        r#"select i.display_name as "name!", i.population, i.state, i.email, i.title, i.mfa, i.starts_on, i.ends_on,
                  u.name as "unit?", m.display_name as "manager?", coalesce(m.state = 'active', false) as "manager_active!",
                  o.display_name as "owner?", coalesce(o.state = 'active', false) as "owner_active!"
           from identity i
           left join unit u on u.id = i.unit_id
           left join identity m on m.id = i.manager_id
           left join identity o on o.id = i.owner_id
           where i.id = $1"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let starts_on = row.starts_on.map(|d| d.to_jiff());
    let ends_on = row.ends_on.map(|d| d.to_jiff());
    Ok(Some(SubjectRow {
        id,
        name: row.name,
        population: row.population.parse()?,
        active: row.state == "active",
        attributes: vec![
            (Attribute::Email, row.email),
            (Attribute::Unit, row.unit.clone()),
            (Attribute::Title, row.title),
            (Attribute::Manager, row.manager),
            (Attribute::Owner, row.owner),
            (Attribute::StartsOn, starts_on.map(|d| d.to_string())),
            (Attribute::EndsOn, ends_on.map(|d| d.to_string())),
        ],
        manager_active: row.manager_active,
        owner_active: row.owner_active,
        mfa: row.mfa.parse()?,
        ends_on,
        unit: row.unit,
    }))
}

/// The specification of a population, with the attributes it requires.
#[derive(Clone, Debug)]
pub struct SpecificationRow {
    /// What gates look at.
    pub facts: SpecificationFacts,
    /// Words of required attributes.
    pub required_attributes: Vec<String>,
}

/// The specification in force at `now`.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn specification(
    conn: &mut PgConnection,
    population: Population,
    now: Timestamp,
) -> Result<Option<SpecificationRow>, StoreError> {
    let row = sqlx::query!(
        "select version, required_attributes, highest_tier, longest_days, mfa_from, highest_classification, applications
         from identity_specification where population = $1 and effective_from <= $2 order by version desc limit 1",
        population.word(),
        now.to_sqlx() as _
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(SpecificationRow {
        facts: SpecificationFacts {
            version: row.version,
            highest_tier: row.highest_tier.parse()?,
            longest_days: row.longest_days,
            mfa_from: row.mfa_from.parse()?,
            highest_classification: row.highest_classification.parse()?,
            applications: row.applications,
        },
        required_attributes: row.required_attributes,
    }))
}

/// What is known of an entitlement, with the people its application names.
#[derive(Clone, Debug)]
pub struct EntitlementRow {
    /// What gates look at.
    pub facts: EntitlementFacts,
    /// Its application.
    pub application: ApplicationId,
    /// Owner, then deputy, as far as recorded.
    pub owners: Vec<Nominee>,
}

/// The entitlement as it is now.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn entitlement(conn: &mut PgConnection, id: EntitlementId) -> Result<Option<EntitlementRow>, StoreError> {
    let row = sqlx::query!(
        r#"select e.version, e.name, e.tier, e.longest_days, e.requestable and e.state = 'active' as "requestable!",
                  a.id as application_id, a.code, a.classification, a.logging,
                  o.id as "owner_id?", o.display_name as "owner_name?", o.state as "owner_state?",
                  d.id as "deputy_id?", d.display_name as "deputy_name?", d.state as "deputy_state?"
           from entitlement e
           join application a on a.id = e.application_id
           left join identity o on o.id = a.owner_id
           left join identity d on d.id = a.deputy_id
           where e.id = $1"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let mut owners = Vec::new();
    if let (Some(identity), Some(name), Some(state)) = (row.owner_id, row.owner_name, row.owner_state) {
        owners.push(Nominee { identity: IdentityId(identity), name, active: state == "active", because: "owner".to_owned() });
    }
    if let (Some(identity), Some(name), Some(state)) = (row.deputy_id, row.deputy_name, row.deputy_state) {
        owners.push(Nominee { identity: IdentityId(identity), name, active: state == "active", because: "deputy".to_owned() });
    }
    Ok(Some(EntitlementRow {
        facts: EntitlementFacts {
            id,
            version: row.version,
            name: row.name,
            application: row.code,
            requestable: row.requestable,
            tier: row.tier.parse()?,
            longest_days: row.longest_days,
            classification: row.classification.parse()?,
            logging: row.logging.parse()?,
            owned: owners.iter().any(|o| o.active),
        },
        application: ApplicationId(row.application_id),
        owners,
    }))
}

/// The subject's line manager as recorded now.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn line_manager(conn: &mut PgConnection, subject: IdentityId) -> Result<Option<Nominee>, StoreError> {
    let row = sqlx::query!(
        r#"select m.id, m.display_name as "name!", m.state from identity i join identity m on m.id = i.manager_id where i.id = $1"#,
        subject.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| Nominee { identity: IdentityId(r.id), name: r.name, active: r.state == "active", because: "line manager".to_owned() }))
}

/// Everything the person has or will have, apart from `except` (the request being looked at).
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn standings(conn: &mut PgConnection, person: IdentityId, except: Option<RequestId>) -> Result<Vec<Standings>, StoreError> {
    let rows = sqlx::query!(
        r#"select e.id as "id!", e.name as "name!", true as "held!"
           from access_grant g join entitlement e on e.id = g.entitlement_id where g.identity_id = $1 and g.state in ('active', 'ending')
           union all
           select e.id, e.name, false
           from request r join request_item i on i.request_id = r.id and i.revision = r.revision join entitlement e on e.id = i.entitlement_id
           where r.subject_id = $1 and r.state in ('in_approval', 'returned', 'approved') and r.id is distinct from $2"#,
        person.0,
        except.map(|id| id.0)
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Standings {
            entitlement: EntitlementId(r.id),
            name: r.name,
            standing: if r.held { Standing::Held } else { Standing::Pending },
        })
        .collect())
}

/// Every separation-of-duties rule that names the entitlement, whole.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn conflicts_naming(conn: &mut PgConnection, entitlement: EntitlementId) -> Result<Vec<Conflict>, StoreError> {
    let rows = sqlx::query!(
        r#"select c.id, c.code, c.title, c.severity,
                  array_agg(m.entitlement_id) filter (where m.side = 'left') as lefts,
                  array_agg(m.entitlement_id) filter (where m.side = 'right') as rights
           from conflict c join conflict_member m on m.conflict_id = c.id
           where c.id in (select conflict_id from conflict_member where entitlement_id = $1)
           group by c.id order by c.code"#,
        entitlement.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let side = |ids: Option<Vec<uuid::Uuid>>| ids.unwrap_or_default().into_iter().map(EntitlementId).collect();
            Ok(Conflict {
                id: ConflictId(r.id),
                code: r.code,
                title: r.title,
                severity: r.severity.parse()?,
                left: side(r.lefts),
                right: side(r.rights),
            })
        })
        .collect()
}
