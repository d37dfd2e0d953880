//! Stretches of time in which work was late. At most one is open, whatever the number of servers.

use super::error::{StoreError, one_row};
use domain::id::IncidentId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// An incident that is not over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Which.
    pub id: IncidentId,
    /// Since when.
    pub began_at: Timestamp,
    /// What is late as far as it was told, in order.
    pub late: Vec<String>,
}

/// The incident that is not over, if there is one.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn open(conn: &mut PgConnection) -> Result<Option<Open>, StoreError> {
    let row = sqlx::query!("select id, began_at, late from work_incident where over_at is null").fetch_optional(conn).await?;
    Ok(row.map(|r| Open { id: IncidentId(r.id), began_at: r.began_at.to_jiff(), late: r.late }))
}

/// Begins an incident, with what is late and how that is told; `false` when another server was quicker.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn begin(conn: &mut PgConnection, id: IncidentId, late: &[String], what: &str, now: Timestamp) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "insert into work_incident (id, began_at, what, late) values ($1, $2, $3, $4) on conflict ((true)) where over_at is null do nothing",
        id.0,
        now.to_sqlx() as _,
        what,
        late
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes what of an incident is late by now, and adds how what became late since is told, empty where nothing
/// did; `false` when another server was quicker.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn go_on(conn: &mut PgConnection, open: &Open, late: &[String], more: &str) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "update work_incident set what = concat_ws(' ', what, nullif($4::text, '')), late = $3 where id = $1 and late = $2 and over_at is null",
        open.id.0,
        open.late.as_slice(),
        late,
        more
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends an incident; `false` when another server was quicker.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn end(conn: &mut PgConnection, id: IncidentId, now: Timestamp) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "update work_incident set over_at = greatest($2, began_at) where id = $1 and over_at is null",
        id.0,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    one_row("work_incident", &done).map(|()| true)
}
