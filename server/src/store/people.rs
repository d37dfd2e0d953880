//! People as they are typed and looked for in a form: by name, number or work e-mail. Accounts of
//! machines and second accounts are nobody to look for.

use super::error::StoreError;
use domain::id::IdentityId;
use sqlx::PgConnection;

/// Somebody who was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundRow {
    /// Who.
    pub id: IdentityId,
    /// Name.
    pub name: String,
    /// Number in the source of truth.
    pub number: String,
    /// Title, or empty.
    pub title: String,
}

/// What a name has to be like to have every word that was typed somewhere in it.
#[must_use]
pub fn likenesses(typed: &str) -> Vec<String> {
    typed.split_whitespace().map(|word| format!("%{}%", literally(word))).collect()
}

/// Text that means itself in a `like`.
fn literally(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// The one active person who is meant by what was typed: a work e-mail, a number, or a full name that
/// only one person has. An e-mail that several accounts share is its person's.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn meant(conn: &mut PgConnection, typed: &str) -> Result<Option<FoundRow>, StoreError> {
    let rows = sqlx::query!(
        r#"select i.id, i.display_name as "name!", i.source_id, coalesce(i.title, '') as "title!",
                  (coalesce(lower(i.email) = lower($1), false) or i.source_id = $1) as "unique!"
           from identity i
           where i.state = 'active'
             and (lower(i.email) = lower($1)
                  or (i.population not in ('service_account', 'privileged_admin') and (i.source_id = $1 or i.display_name ilike $2)))
           order by coalesce(lower(i.email) = lower($1), false) desc, i.source_id = $1 desc,
                    i.population in ('service_account', 'privileged_admin'), i.person_id is not null, i.id
           limit 2"#,
        typed,
        literally(typed)
    )
    .fetch_all(conn)
    .await?;
    let several = rows.len() > 1;
    Ok(rows.into_iter().next().filter(|first| first.unique || !several).map(|r| FoundRow {
        id: IdentityId(r.id),
        name: r.name,
        number: r.source_id,
        title: r.title,
    }))
}

/// Active people with every word of what was typed in their name, or with that number or work
/// e-mail, and how many there are in all.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn find(conn: &mut PgConnection, typed: &str, limit: i64) -> Result<(Vec<FoundRow>, i64), StoreError> {
    let rows = sqlx::query!(
        r#"select i.id, i.display_name as "name!", i.source_id, coalesce(i.title, '') as "title!", count(*) over () as "total!"
           from identity i
           where i.state = 'active' and i.population not in ('service_account', 'privileged_admin')
             and (i.display_name ilike all ($2) or i.source_id = $1 or lower(i.email) = lower($1))
           order by i.source_id = $1 desc, coalesce(lower(i.email) = lower($1), false) desc, starts_with(lower(i.display_name), lower($1)) desc, i.display_name, i.source_id
           limit $3"#,
        typed,
        &likenesses(typed),
        limit
    )
    .fetch_all(conn)
    .await?;
    let total = rows.first().map_or(0, |row| row.total);
    let people = rows.into_iter().map(|r| FoundRow { id: IdentityId(r.id), name: r.name, number: r.source_id, title: r.title });
    Ok((people.collect(), total))
}

/// An identity, whatever its state.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn by_id(conn: &mut PgConnection, id: IdentityId) -> Result<Option<FoundRow>, StoreError> {
    let row =
        sqlx::query!(r#"select display_name as "name!", source_id, coalesce(title, '') as "title!" from identity where id = $1"#, id.0)
            .fetch_optional(conn)
            .await?;
    Ok(row.map(|r| FoundRow { id, name: r.name, number: r.source_id, title: r.title }))
}

/// How somebody is written in a form so that [`meant`] finds them: their work e-mail, or their number
/// where they have none.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn written(conn: &mut PgConnection, id: IdentityId) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar!(r#"select coalesce(email, source_id) as "written!" from identity where id = $1"#, id.0)
        .fetch_optional(conn)
        .await?)
}
