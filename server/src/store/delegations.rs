//! Delegations, and people as they are named in a form.

use super::error::{StoreError, one_row};
use app::record::PersonRef;
use domain::approval::{Nominee, PersonId};
use domain::catalogue::RiskTier;
use domain::delegation::{Standing, Terms};
use domain::id::{DelegationId, IdentityId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

/// A delegation as recorded.
#[derive(Clone, Debug)]
pub struct DelegationRow {
    /// Which.
    pub id: DelegationId,
    /// Who is away.
    pub from: PersonRef,
    /// Who decides for them.
    pub to: PersonRef,
    /// From when.
    pub starts_at: Timestamp,
    /// Until when.
    pub ends_at: Timestamp,
    /// Tiers it covers; none means all.
    pub tiers: Vec<RiskTier>,
    /// Names of the applications it covers; none means all.
    pub applications: Vec<String>,
    /// Why.
    pub reason: String,
    /// When it was ended early.
    pub revoked_at: Option<Timestamp>,
}

/// Locks two people, with every account of theirs, in the order of ids, so that two delegations at once
/// cannot make a chain, on whatever accounts they are made.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn lock_both(conn: &mut PgConnection, one: IdentityId, other: IdentityId) -> Result<(), StoreError> {
    sqlx::query_scalar!(
        "select id from identity where id in (select p.identity_id from same_people($1) p) order by id for no key update",
        &[one.0, other.0]
    )
    .fetch_all(conn)
    .await?;
    Ok(())
}

/// Who a form names: by mail address, number in the feed or full name. Several when the name is not
/// enough. Accounts that are no person's first one are not named this way.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn named(conn: &mut PgConnection, typed: &str) -> Result<Vec<Nominee>, StoreError> {
    let rows = sqlx::query!(
        r#"select i.id, i.display_name as "name!", i.state = 'active' as "active!", person_of(i.id) as "person!"
           from identity i
           where (lower(i.email) = lower($1) or i.source_id = $1 or lower(i.display_name) = lower($1))
             and i.population not in ('service_account', 'privileged_admin')
           order by i.state = 'active' desc, i.id limit 3"#,
        typed
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Nominee {
            identity: IdentityId(r.id),
            person: PersonId(IdentityId(r.person)),
            name: r.name,
            active: r.active,
            because: "named".to_owned(),
        })
        .collect())
}

/// Delegations that have not been revoked and end after `now`, in which any account of the two
/// people has a part.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn standings(conn: &mut PgConnection, one: IdentityId, other: IdentityId, now: Timestamp) -> Result<Vec<Standing>, StoreError> {
    let rows = sqlx::query!(
        r#"with accounts as (select identity_id from same_people($1))
           select person_of(d.from_id) as "from!", person_of(d.to_id) as "to!", d.starts_at, d.ends_at
           from delegation d
           where d.revoked_at is null and d.ends_at > $2
             and (d.from_id in (select identity_id from accounts) or d.to_id in (select identity_id from accounts))"#,
        &[one.0, other.0],
        now.to_sqlx() as _
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Standing {
            from: PersonId(IdentityId(r.from)),
            to: PersonId(IdentityId(r.to)),
            starts_at: r.starts_at.to_jiff(),
            ends_at: r.ends_at.to_jiff(),
        })
        .collect())
}

/// Whether a delegation of the same people, period and scope stands, whatever the order of its scope.
/// Trigger `delegation_stands_once` says the same.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn stands(conn: &mut PgConnection, from: IdentityId, to: IdentityId, terms: &Terms) -> Result<bool, StoreError> {
    let (tiers, applications) = scope(terms);
    Ok(sqlx::query_scalar!(
        r#"select exists (
               select from delegation
               where revoked_at is null and from_id = $1 and to_id = $2 and starts_at = $3 and ends_at = $4
                 and tiers @> $5 and tiers <@ $5 and application_ids @> $6 and application_ids <@ $6
           ) as "stands!""#,
        from.0,
        to.0,
        terms.starts_at.to_sqlx() as _,
        terms.ends_at.to_sqlx() as _,
        &tiers,
        &applications
    )
    .fetch_one(conn)
    .await?)
}

/// Tiers and applications as they are stored.
fn scope(terms: &Terms) -> (Vec<String>, Vec<Uuid>) {
    (terms.tiers.iter().map(|tier| tier.word().to_owned()).collect(), terms.applications.iter().map(|id| id.0).collect())
}

/// Writes a delegation.
///
/// # Errors
/// [`StoreError`] when the database refuses; its named constraints repeat the rules.
pub async fn insert(
    conn: &mut PgConnection,
    id: DelegationId,
    from: IdentityId,
    to: IdentityId,
    terms: &Terms,
    at: Timestamp,
) -> Result<(), StoreError> {
    let (tiers, applications) = scope(terms);
    let done = sqlx::query!(
        "insert into delegation (id, from_id, to_id, starts_at, ends_at, tiers, application_ids, reason, created_by, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $2, $9)",
        id.0,
        from.0,
        to.0,
        terms.starts_at.to_sqlx() as _,
        terms.ends_at.to_sqlx() as _,
        &tiers,
        &applications,
        terms.reason.as_str(),
        at.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("delegation", &done)
}

/// Ends a delegation early.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn revoke(conn: &mut PgConnection, id: DelegationId, by: IdentityId, at: Timestamp) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update delegation set revoked_at = $3, revoked_by = $2 where id = $1 and revoked_at is null",
        id.0,
        by.0,
        at.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("delegation", &done)
}

/// One delegation, locked.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn lock(conn: &mut PgConnection, id: DelegationId) -> Result<Option<DelegationRow>, StoreError> {
    let known = sqlx::query_scalar!("select from_id from delegation where id = $1 for update", id.0).fetch_optional(&mut *conn).await?;
    let Some(from) = known else { return Ok(None) };
    Ok(of_person(conn, IdentityId(from)).await?.into_iter().find(|row| row.id == id))
}

/// The delegations somebody has a part in, newest first, at most fifty.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn of_person(conn: &mut PgConnection, person: IdentityId) -> Result<Vec<DelegationRow>, StoreError> {
    let rows = sqlx::query!(
        r#"select d.id, d.from_id, f.display_name as "from_name!", d.to_id, t.display_name as "to_name!", d.starts_at, d.ends_at, d.tiers,
                  array(select a.name from application a where a.id = any (d.application_ids) order by a.name) as "applications!",
                  d.reason, d.revoked_at
           from delegation d join identity f on f.id = d.from_id join identity t on t.id = d.to_id
           where $1 in (d.from_id, d.to_id) order by d.created_at desc, d.id desc limit 50"#,
        person.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(DelegationRow {
                id: DelegationId(r.id),
                from: PersonRef { id: IdentityId(r.from_id), name: r.from_name },
                to: PersonRef { id: IdentityId(r.to_id), name: r.to_name },
                starts_at: r.starts_at.to_jiff(),
                ends_at: r.ends_at.to_jiff(),
                tiers: r.tiers.iter().map(|word| word.parse()).collect::<Result<_, _>>()?,
                applications: r.applications,
                reason: r.reason,
                revoked_at: r.revoked_at.map(|t| t.to_jiff()),
            })
        })
        .collect()
}

/// Applications a delegation can be limited to: id and name.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn applications(conn: &mut PgConnection) -> Result<Vec<(String, String)>, StoreError> {
    let rows = sqlx::query!("select id, name from application where state = 'active' order by name, id limit 1000").fetch_all(conn).await?;
    Ok(rows.into_iter().map(|r| (r.id.to_string(), r.name)).collect())
}
