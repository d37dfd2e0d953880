//! For whom somebody may ask: themselves, who reports to them, and the non-human identities they
//! answer for.

use super::error::StoreError;
use domain::id::IdentityId;
use domain::permission::Relation;
use sqlx::PgConnection;

/// How a person stands to an identity that access could be asked for, by ids alone. Empty for a
/// stranger and for an identity that does not exist.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn relations(conn: &mut PgConnection, subject: IdentityId, person: IdentityId) -> Result<Vec<Relation>, StoreError> {
    let row = sqlx::query!(
        r#"select i.id = $2 as "subject!", coalesce(i.manager_id = $2, false) as "manager!",
                  i.population in ('service_account', 'privileged_admin') and coalesce(i.owner_id = $2, false) as "sponsor!"
           from identity i where i.id = $1"#,
        subject.0,
        person.0
    )
    .fetch_optional(conn)
    .await?;
    let Some(r) = row else { return Ok(vec![]) };
    Ok([(r.subject, Relation::Subject), (r.manager, Relation::Manager), (r.sponsor, Relation::Sponsor)]
        .into_iter()
        .filter_map(|(holds, relation)| holds.then_some(relation))
        .collect())
}

/// Somebody for whom access can be asked.
#[derive(Clone, Debug)]
pub struct SubjectLine {
    /// Who.
    pub id: IdentityId,
    /// Name.
    pub name: String,
    /// Title, or for a non-human identity its number in the source of truth.
    pub what: String,
    /// How the person who asks stands to them.
    pub relation: Relation,
}

/// Everybody active for whom a person may ask, themselves first, then by name; at most 1,000.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn of(conn: &mut PgConnection, person: IdentityId) -> Result<Vec<SubjectLine>, StoreError> {
    let rows = sqlx::query!(
        r#"select i.id, i.display_name as "name!", i.population in ('service_account', 'privileged_admin') as "account!",
                  coalesce(i.title, '') as "title!", i.source_id, coalesce(i.manager_id = $1, false) as "manager!"
           from identity i
           where i.id = $1
              or (i.state = 'active' and (i.manager_id = $1 or (i.owner_id = $1 and i.population in ('service_account', 'privileged_admin'))))
           order by i.id <> $1, i.display_name, i.id limit 1000"#,
        person.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| SubjectLine {
            id: IdentityId(r.id),
            name: r.name,
            what: if r.account { r.source_id } else { r.title },
            relation: match (r.id == person.0, r.manager) {
                (true, _) => Relation::Subject,
                (false, true) => Relation::Manager,
                (false, false) => Relation::Sponsor,
            },
        })
        .collect())
}

/// Name of an identity.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn name(conn: &mut PgConnection, id: IdentityId) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar!(r#"select display_name as "name!" from identity where id = $1"#, id.0).fetch_optional(conn).await?)
}

/// The active person with this work e-mail; people before accounts that share their mailbox.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn by_email(conn: &mut PgConnection, email: &str) -> Result<Option<IdentityId>, StoreError> {
    let id = sqlx::query_scalar!(
        "select id from identity where lower(email) = lower($1) and state = 'active'
         order by population in ('service_account', 'privileged_admin'), person_id is not null, id limit 1",
        email
    )
    .fetch_optional(conn)
    .await?;
    Ok(id.map(IdentityId))
}

/// The work e-mail of an identity.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn email(conn: &mut PgConnection, id: IdentityId) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar!("select email from identity where id = $1", id.0).fetch_optional(conn).await?.flatten())
}
