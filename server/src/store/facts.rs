//! The facts that gates look at, read under a lock on the person concerned.

use super::error::StoreError;
use domain::audience::Audience;
use domain::catalogue::{Classification, RiskTier};
use domain::conflict::{Conflict, Shape, Standing, Standings, Wanted};
use domain::gate::{EntitlementFacts, Named, SpecificationFacts};
use domain::id::{ApplicationId, ConflictId, EntitlementId, GrantId, IdentityId, RequestId, UnitId};
use domain::identity::{Mfa, Population};
use domain::specification::{Attribute, AttributeValue, Recorded};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// Locks a person, with every account of theirs, for the rest of the transaction: separation of
/// duties is decided by one transaction at a time for each person, so two racing requests see each
/// other, on whatever account they are. Gives whether there is such an identity.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn lock_person(conn: &mut PgConnection, person: IdentityId) -> Result<bool, StoreError> {
    // `no key update` lets rows that only point to the person be inserted meanwhile. In the order of
    // ids, so that nobody waits for each other.
    let locked = sqlx::query_scalar!(
        "select id from identity where id in (select p.identity_id from same_people(array[$1::uuid]) p) order by id for no key update",
        person.0
    )
    .fetch_all(conn)
    .await?;
    Ok(locked.contains(&person.0))
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
    /// The identity is retired.
    pub retired: bool,
    /// What the source of truth says.
    pub attributes: Vec<AttributeValue>,
    /// An active manager is recorded.
    pub manager_active: bool,
    /// An active owner is recorded.
    pub owner_active: bool,
    /// Second factor.
    pub mfa: Mfa,
    /// First day.
    pub starts_on: Option<Date>,
    /// Last day.
    pub ends_on: Option<Date>,
    /// Unit.
    pub unit: Option<String>,
    /// Its id.
    pub unit_id: Option<UnitId>,
}

impl SubjectRow {
    /// The record, for comparing it with a specification.
    #[must_use]
    pub fn recorded(&self) -> Recorded<'_> {
        Recorded {
            values: &self.attributes,
            manager_active: self.manager_active,
            owner_active: self.owner_active,
            starts_on: self.starts_on,
            ends_on: self.ends_on,
            active: self.active,
            retired: self.retired,
        }
    }
}

/// The subject as recorded now.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn subject(conn: &mut PgConnection, id: IdentityId) -> Result<Option<SubjectRow>, StoreError> {
    let row = sqlx::query!(
        r#"select i.display_name as "name!", i.population, i.state, i.email, i.title, i.mfa, i.starts_on, i.ends_on,
                  i.unit_id, u.name as "unit?", m.display_name as "manager?", coalesce(m.state = 'active', false) as "manager_active!",
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
        retired: row.state == "retired",
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
        starts_on,
        ends_on,
        unit: row.unit,
        unit_id: row.unit_id.map(UnitId),
    }))
}

/// The specification of a population, with the attributes it requires.
#[derive(Clone, Debug)]
pub struct SpecificationRow {
    /// What gates look at.
    pub facts: SpecificationFacts,
    /// Words of required attributes.
    pub required_attributes: Vec<String>,
    /// Hours after which access is gone when somebody stops.
    pub termination_within_hours: i32,
    /// Who answers for it.
    pub control_owner: String,
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
        "select version, required_attributes, highest_tier, longest_days, mfa_from, highest_classification, applications,
                termination_within_hours, control_owner
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
        termination_within_hours: row.termination_within_hours,
        control_owner: row.control_owner,
    }))
}

/// What is known of an entitlement.
#[derive(Clone, Debug)]
pub struct EntitlementRow {
    /// What gates look at.
    pub facts: EntitlementFacts,
    /// Its application.
    pub application: ApplicationId,
}

/// The entitlement as it is now, as somebody of this population and unit stands to it. Tier and
/// classification are the highest of it and of everything that it includes: change control lets nothing
/// higher in, but what is inside may rise by an import.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn entitlement(
    conn: &mut PgConnection,
    id: EntitlementId,
    population: Population,
    unit: Option<UnitId>,
) -> Result<Option<EntitlementRow>, StoreError> {
    let row = sqlx::query!(
        r#"select e.version, e.name, e.tier, e.longest_days, e.requestable and e.state = 'active' and a.state = 'active' as "requestable!",
                  a.id as application_id, a.code, a.classification, a.logging, e.audience_populations, e.audience_units,
                  array(select u.name from unit u where u.id = any (e.audience_units) order by u.name) as "unit_names!",
                  exists (select from identity o where o.id in (a.owner_id, a.deputy_id) and o.state = 'active') as "owned!",
                  a.owner_id as "owner_id?", w.display_name as "owner_name?"
           from entitlement e
           join application a on a.id = e.application_id
           left join identity w on w.id = a.owner_id
           where e.id = $1"#,
        id.0
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let audience = audience(&row.audience_populations, row.audience_units)?;
    let (mut tier, mut classification): (RiskTier, Classification) = (row.tier.parse()?, row.classification.parse()?);
    let mut contents = Vec::new();
    for part in contents_of(conn, id).await? {
        (tier, classification) = (tier.max(part.tier), classification.max(part.classification));
        contents.push(part.named);
    }
    Ok(Some(EntitlementRow {
        facts: EntitlementFacts {
            id,
            version: row.version,
            name: row.name,
            application: row.code,
            requestable: row.requestable,
            tier,
            longest_days: row.longest_days,
            classification,
            logging: row.logging.parse()?,
            owned: row.owned,
            in_audience: audience.includes(population, unit),
            audience: audience.words(&row.unit_names),
            owner: row.owner_id.zip(row.owner_name).map(|(id, name)| Named { id, name }),
            contents: Some(contents),
        },
        application: ApplicationId(row.application_id),
    }))
}

/// Something that an entitlement gives besides itself.
struct Part {
    named: Named,
    tier: RiskTier,
    classification: Classification,
}

/// Everything that an entitlement includes, itself or through others, by name.
async fn contents_of(conn: &mut PgConnection, id: EntitlementId) -> Result<Vec<Part>, StoreError> {
    let rows = sqlx::query!(
        "select distinct e.id, e.name, e.tier, a.classification
         from entitlement_contents(array[$1::uuid]) c join entitlement e on e.id = c.entitlement_id join application a on a.id = e.application_id
         where e.id <> $1 order by e.name, e.id",
        id.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| Ok(Part { named: Named { id: r.id, name: r.name }, tier: r.tier.parse()?, classification: r.classification.parse()? }))
        .collect()
}

/// An audience as it is stored.
///
/// # Errors
/// [`StoreError`] for a population outside its vocabulary.
pub fn audience(populations: &[String], units: Vec<uuid::Uuid>) -> Result<Audience, StoreError> {
    Ok(Audience {
        populations: populations.iter().map(|word| word.parse()).collect::<Result<_, _>>()?,
        units: units.into_iter().map(UnitId).collect(),
    })
}

/// What asking for the entitlement asks for: itself, and everything it includes.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn wanted(conn: &mut PgConnection, id: EntitlementId) -> Result<Vec<Wanted>, StoreError> {
    let rows = sqlx::query!(
        r#"select e.id as "id!", e.name as "name!", null::text as through from entitlement e where e.id = $1
           union all
           (select e.id, e.name, whole.name
            from entitlement_contents(array[$1]) c join entitlement e on e.id = c.entitlement_id join entitlement whole on whole.id = c.through
            where e.id <> $1 order by e.name, e.id)"#,
        id.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| Wanted { entitlement: EntitlementId(r.id), name: r.name, through: r.through }).collect())
}

/// Everything the person has or will have on any of their accounts, with what it includes: what they
/// hold first, then what is pending in other requests than `except`, then what is asked for
/// `together`. What two accounts have in the same way is there once, for `account` if it is one.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn standings(
    conn: &mut PgConnection,
    account: IdentityId,
    except: Option<RequestId>,
    together: &[EntitlementId],
    replaced: Option<GrantId>,
) -> Result<Vec<Standings>, StoreError> {
    let together: Vec<uuid::Uuid> = together.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"with people as (
             select p.identity_id as id from same_people(array[$1::uuid]) p
           ), direct as (
             select g.entitlement_id as id, 'held' as standing, g.identity_id as account
             from access_grant g
             where g.identity_id in (select id from people) and g.state in ('active', 'ending') and g.id is distinct from $4
             union all
             select i.entitlement_id, 'pending', r.subject_id
             from request r join request_item i on i.request_id = r.id and i.revision = r.revision
             where r.subject_id in (select id from people) and r.state in ('in_approval', 'returned', 'approved') and r.id is distinct from $2
             union all
             select t.id, 'requested', $1 from unnest($3::uuid[]) as t (id)
           ), once as (
             select distinct on (id, standing) id, standing, account from direct order by id, standing, account <> $1, account
           ), everything as (
             select id, standing, account, null::uuid as through from once
             union all
             select c.entitlement_id, d.standing, d.account, c.through
             from entitlement_contents(array(select id from once)) c join once d on d.id = c.through
           )
           select e.id as "id!", e.name as "name!", v.standing as "standing!", whole.name as "through?",
                  case when v.account <> $1 then a.display_name || ' (' || a.source_id || ')' end as account
           from everything v join entitlement e on e.id = v.id join identity a on a.id = v.account left join entitlement whole on whole.id = v.through
           order by case v.standing when 'held' then 1 when 'pending' then 2 else 3 end, v.account <> $1, whole.name nulls first, e.name, e.id"#,
        account.0,
        except.map(|id| id.0),
        &together,
        replaced.map(|id| id.0)
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let standing: Standing = r.standing.parse()?;
            Ok(Standings { entitlement: EntitlementId(r.id), name: r.name, standing, through: r.through, account: r.account })
        })
        .collect()
}

/// Every separation-of-duties rule in force that names one of the entitlements, whole.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn conflicts_naming(conn: &mut PgConnection, entitlements: &[EntitlementId]) -> Result<Vec<Conflict>, StoreError> {
    let ids: Vec<uuid::Uuid> = entitlements.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select c.id, c.code, c.title, c.version, c.severity, c.mitigation, c.shape, c.at_most,
                  array_agg(m.entitlement_id) filter (where m.side = 'left') as lefts,
                  array_agg(m.entitlement_id) filter (where m.side = 'right') as rights,
                  array_agg(distinct m.entitlement_id) as "members!"
           from conflict c join conflict_member m on m.conflict_id = c.id
           where c.state = 'active' and c.id in (select conflict_id from conflict_member where entitlement_id = any ($1))
           group by c.id order by c.code"#,
        &ids
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let side = |ids: Option<Vec<uuid::Uuid>>| ids.unwrap_or_default().into_iter().map(EntitlementId).collect();
            let shape = match r.shape.as_str() {
                "sides" => Shape::Sides { left: side(r.lefts), right: side(r.rights) },
                "set" => Shape::Set { members: side(Some(r.members)), at_most: usize::try_from(r.at_most).unwrap_or(1) },
                other => return Err(StoreError::inconsistent("conflict", format!("{} has the shape {other}", r.code))),
            };
            Ok(Conflict {
                id: ConflictId(r.id),
                code: r.code,
                title: r.title,
                version: r.version,
                severity: r.severity.parse()?,
                mitigation: r.mitigation,
                shape,
            })
        })
        .collect()
}
