//! Identities: one page, searching people, stopping and resuming.

use super::error::{StoreError, one_row};
use app::identities::port::PersonHit;
use app::record::PersonRef;
use domain::id::IdentityId;
use domain::identity::{IdentityState, Mfa, Population};
use domain::permission::{Relation, Role};
use domain::specification::{Attribute, AttributeValue};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

/// An identity as recorded, and how a reader stands to it.
#[derive(Clone, Debug)]
pub struct IdentityRow {
    /// Name.
    pub name: String,
    /// Number in the source of truth.
    pub source_id: String,
    /// `feed` or `local`.
    pub source: String,
    /// Population.
    pub population: Population,
    /// Where it stands.
    pub state: IdentityState,
    /// Since when.
    pub since: Timestamp,
    /// Mail address.
    pub email: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Unit.
    pub unit: Option<String>,
    /// Line manager, and whether they are active.
    pub manager: Option<(PersonRef, bool)>,
    /// Owner of a non-human identity, and whether they are active.
    pub owner: Option<(PersonRef, bool)>,
    /// Active people who report to them.
    pub reports: i64,
    /// Second factor.
    pub mfa: Mfa,
    /// First day.
    pub starts_on: Option<Date>,
    /// Last day.
    pub ends_on: Option<Date>,
    /// Roles in the product.
    pub roles: Vec<Role>,
    /// How the reader stands to it.
    pub relations: Vec<Relation>,
}

impl IdentityRow {
    /// What the source of truth says, attribute by attribute.
    #[must_use]
    pub fn attributes(&self) -> Vec<AttributeValue> {
        let name = |person: &Option<(PersonRef, bool)>| person.as_ref().map(|(person, _)| person.name.clone());
        vec![
            (Attribute::Email, self.email.clone()),
            (Attribute::Unit, self.unit.clone()),
            (Attribute::Title, self.title.clone()),
            (Attribute::Manager, name(&self.manager)),
            (Attribute::Owner, name(&self.owner)),
            (Attribute::StartsOn, self.starts_on.map(|d| d.to_string())),
            (Attribute::EndsOn, self.ends_on.map(|d| d.to_string())),
        ]
    }
}

/// One identity, as `reader` stands to it.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn find(conn: &mut PgConnection, id: IdentityId, reader: IdentityId) -> Result<Option<IdentityRow>, StoreError> {
    let row = sqlx::query!(
        r#"select i.display_name as "name!", i.source_id, i.source, i.population, i.state, i.state_since, i.state_reason, i.email, i.title, i.mfa, i.starts_on, i.ends_on,
                  u.name as "unit?", m.id as "manager_id?", m.display_name as "manager?", coalesce(m.state = 'active', false) as "manager_active!",
                  o.id as "owner_id?", o.display_name as "owner?", coalesce(o.state = 'active', false) as "owner_active!",
                  (select count(*) from identity r where r.manager_id = i.id and r.state = 'active') as "reports!",
                  array(select a.role from role_assignment a where a.identity_id = i.id and a.ended_at is null order by a.role) as "roles!",
                  exists (select from stage_candidate c join approval_stage t on t.id = c.stage_id and t.state = 'open' join request q on q.id = t.request_id
                          where c.identity_id = $2 and q.subject_id = i.id) as "approver!",
                  coalesce(i.owner_id = $2, false) and i.population in ('service_account', 'privileged_admin') as "sponsor!"
           from identity i
           left join unit u on u.id = i.unit_id
           left join identity m on m.id = i.manager_id
           left join identity o on o.id = i.owner_id
           where i.id = $1"#,
        id.0,
        reader.0
    )
    .fetch_optional(conn)
    .await?;
    let Some(r) = row else { return Ok(None) };
    let since = r.state_since.to_jiff();
    let manager = r.manager_id.zip(r.manager).map(|(id, name)| (PersonRef { id: IdentityId(id), name }, r.manager_active));
    let relations = [
        (id == reader, Relation::Subject),
        (manager.as_ref().is_some_and(|(m, _)| m.id == reader), Relation::Manager),
        (r.sponsor, Relation::Sponsor),
        (r.approver, Relation::Approver),
    ];
    Ok(Some(IdentityRow {
        name: r.name,
        source_id: r.source_id,
        source: r.source,
        population: r.population.parse()?,
        state: state(id, &r.state, since, r.state_reason)?,
        since,
        email: r.email,
        title: r.title,
        unit: r.unit,
        manager,
        owner: r.owner_id.zip(r.owner).map(|(id, name)| (PersonRef { id: IdentityId(id), name }, r.owner_active)),
        reports: r.reports,
        mfa: r.mfa.parse()?,
        starts_on: r.starts_on.map(|d| d.to_jiff()),
        ends_on: r.ends_on.map(|d| d.to_jiff()),
        roles: r.roles.iter().map(|word| word.parse()).collect::<Result<_, _>>()?,
        relations: relations.into_iter().filter_map(|(holds, relation)| holds.then_some(relation)).collect(),
    }))
}

/// Every account of the natural persons behind these identities.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn accounts_of(conn: &mut PgConnection, people: &[IdentityId]) -> Result<Vec<IdentityId>, StoreError> {
    let people: Vec<Uuid> = people.iter().map(|id| id.0).collect();
    let ids = sqlx::query_scalar!(r#"select identity_id as "id!" from same_people($1)"#, &people).fetch_all(conn).await?;
    Ok(ids.into_iter().map(IdentityId).collect())
}

/// Other accounts of the person behind an identity, with their numbers in the source of truth.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn other_accounts(conn: &mut PgConnection, id: IdentityId) -> Result<Vec<(PersonRef, String)>, StoreError> {
    let rows = sqlx::query!(
        r#"select i.id, i.display_name as "name!", i.source_id from same_people(array[$1::uuid]) p join identity i on i.id = p.identity_id
           where i.id <> $1 order by i.display_name, i.id limit 20"#,
        id.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (PersonRef { id: IdentityId(r.id), name: r.name }, r.source_id)).collect())
}

/// One total match from columns to a state.
fn state(id: IdentityId, word: &str, since: Timestamp, reason: Option<String>) -> Result<IdentityState, StoreError> {
    match (word, reason) {
        ("staged", None) => Ok(IdentityState::Staged),
        ("active", None) => Ok(IdentityState::Active),
        ("suspended", Some(reason)) => Ok(IdentityState::Suspended { since, reason }),
        ("retired", Some(reason)) => Ok(IdentityState::Retired { since, reason }),
        (other, _) => Err(StoreError::inconsistent("identity", format!("{id} is {other}"))),
    }
}

/// Reads where an identity stands and keeps it there until this transaction ends.
///
/// # Errors
/// [`StoreError`] when reading fails or the row cannot be.
pub async fn lock(conn: &mut PgConnection, id: IdentityId) -> Result<Option<IdentityState>, StoreError> {
    let row = sqlx::query!("select state, state_since, state_reason from identity where id = $1 for no key update", id.0)
        .fetch_optional(conn)
        .await?;
    row.map(|r| state(id, &r.state, r.state_since.to_jiff(), r.state_reason)).transpose()
}

/// Writes where an identity stands now.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn set_state(conn: &mut PgConnection, id: IdentityId, to: &IdentityState, now: Timestamp) -> Result<(), StoreError> {
    let reason = match to {
        IdentityState::Staged | IdentityState::Active => None,
        IdentityState::Suspended { reason, .. } | IdentityState::Retired { reason, .. } => Some(reason.as_str()),
    };
    let done = sqlx::query!(
        "update identity set state = $2, state_reason = $3, state_since = $4, updated_at = $4 where id = $1",
        id.0,
        to.word(),
        reason,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("identity", &done)
}

/// People by name (typos tolerated), by exact number or by exact mail address; the best twenty.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn search(conn: &mut PgConnection, typed: &str) -> Result<Vec<PersonHit>, StoreError> {
    // One wrong letter in a name of five: a third of the trigrams. Without the typed text in sight
    // the planner takes the index.
    sqlx::query!("select set_config('pg_trgm.word_similarity_threshold', '0.33', true) as alike, set_config('plan_cache_mode', 'force_generic_plan', true) as plan").fetch_one(&mut *conn).await?;
    let rows = sqlx::query!(
        r#"select i.id, i.display_name as "name!", i.source_id, coalesce(u.name, '') as "unit!", coalesce(i.title, '') as "title!", i.state,
                  array(select a.role from role_assignment a where a.identity_id = i.id and a.ended_at is null order by a.role) as "roles!"
           from (select id from identity where $1::text <% display_name
                 union select id from identity where source_id = $1
                 union select id from identity where lower(email) = lower($1)) hit
           join identity i on i.id = hit.id
           left join unit u on u.id = i.unit_id
           order by (i.source_id = $1 or coalesce(lower(i.email) = lower($1), false)) desc, starts_with(lower(i.display_name), lower($1)) desc,
                    word_similarity($1, i.display_name) desc, i.display_name, i.id
           limit 20"#,
        typed
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(PersonHit {
                person: PersonRef { id: IdentityId(r.id), name: r.name },
                source_id: r.source_id,
                unit: r.unit,
                title: r.title,
                state: r.state,
                roles: r.roles.iter().map(|word| word.parse()).collect::<Result<_, _>>()?,
            })
        })
        .collect()
}

/// Active identities, and all of them.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn count(conn: &mut PgConnection) -> Result<(i64, i64), StoreError> {
    let row = sqlx::query!(r#"select count(*) filter (where state = 'active') as "active!", count(*) as "all!" from identity"#)
        .fetch_one(conn)
        .await?;
    Ok((row.active, row.all))
}
