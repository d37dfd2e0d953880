//! Filters that somebody keeps under a name. Nobody else sees them, and they are no records.

use super::error::{StoreError, one_row};
use domain::id::{IdentityId, SavedFilterId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// Most filters somebody keeps for one page.
pub const MOST: i64 = 20;

/// A kept filter.
#[derive(Clone, Debug)]
pub struct SavedFilterRow {
    /// Which.
    pub id: SavedFilterId,
    /// Its name.
    pub name: String,
    /// The query of the address.
    pub query: String,
}

/// The filters of somebody for a page, by name.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn of(conn: &mut PgConnection, owner: IdentityId, page: &str) -> Result<Vec<SavedFilterRow>, StoreError> {
    let rows = sqlx::query!(
        "select id, name, query from saved_filter where owner_id = $1 and page = $2 order by lower(name), id limit 50",
        owner.0,
        page
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| SavedFilterRow { id: SavedFilterId(r.id), name: r.name, query: r.query }).collect())
}

/// Keeps a filter; the same name keeps another one in its place. `false` when somebody has as many
/// as they may have.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn keep(
    conn: &mut PgConnection,
    owner: IdentityId,
    page: &str,
    filter: &SavedFilterRow,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "insert into saved_filter (id, owner_id, page, name, query, created_at)
         select $1, $2, $3, $4, $5, $6
         where (select count(*) from saved_filter where owner_id = $2 and page = $3 and name <> $4) < $7
         on conflict on constraint saved_filter_name_unique do update set query = excluded.query",
        filter.id.0,
        owner.0,
        page,
        filter.name,
        filter.query,
        now.to_sqlx() as _,
        MOST
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets a filter of somebody.
///
/// # Errors
/// [`StoreError`] when there is none by this id.
pub async fn forget(conn: &mut PgConnection, owner: IdentityId, id: SavedFilterId) -> Result<bool, StoreError> {
    let done = sqlx::query!("delete from saved_filter where id = $1 and owner_id = $2", id.0, owner.0).execute(conn).await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    one_row("saved_filter", &done)?;
    Ok(true)
}
