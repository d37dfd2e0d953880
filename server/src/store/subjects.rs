//! For whom somebody may ask: themselves, who reports to them, and the non-human identities they
//! answer for.

use super::error::StoreError;
use super::people::likenesses;
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
    /// Title, or empty.
    pub title: String,
    /// Number in the source of truth.
    pub number: String,
    /// No person's first account, but one of a machine or a second one.
    pub account: bool,
    /// How the person who asks stands to them.
    pub relation: Relation,
}

/// Everybody active for whom a person may ask, themselves first, then by name, and how many there
/// are in all. With something typed only those with every word of it in their name, or with that
/// number or work e-mail.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn of(conn: &mut PgConnection, person: IdentityId, typed: &str, limit: i64) -> Result<(Vec<SubjectLine>, i64), StoreError> {
    let rows = sqlx::query!(
        r#"select i.id, i.display_name as "name!", i.population in ('service_account', 'privileged_admin') as "account!",
                  coalesce(i.title, '') as "title!", i.source_id, coalesce(i.manager_id = $1, false) as "manager!", count(*) over () as "total!"
           from identity i
           where (i.id = $1
                  or (i.state = 'active' and (i.manager_id = $1 or (i.owner_id = $1 and i.population in ('service_account', 'privileged_admin')))))
             and ($2 = '' or i.display_name ilike all ($3) or i.source_id = $2 or lower(i.email) = lower($2))
           order by i.id <> $1, i.source_id = $2 desc, i.display_name, i.id limit $4"#,
        person.0,
        typed,
        &likenesses(typed),
        limit
    )
    .fetch_all(conn)
    .await?;
    let total = rows.first().map_or(0, |row| row.total);
    let lines = rows.into_iter().map(|r| SubjectLine {
        id: IdentityId(r.id),
        name: r.name,
        title: r.title,
        number: r.source_id,
        account: r.account,
        relation: match (r.id == person.0, r.manager) {
            (true, _) => Relation::Subject,
            (false, true) => Relation::Manager,
            (false, false) => Relation::Sponsor,
        },
    });
    Ok((lines.collect(), total))
}

/// Name of an identity.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn name(conn: &mut PgConnection, id: IdentityId) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar!(r#"select display_name as "name!" from identity where id = $1"#, id.0).fetch_optional(conn).await?)
}
