//! The staging table: filled by `copy`, emptied before the transaction ends.

use sqlx::PgConnection;
use sqlx::postgres::PgCopyIn;

/// The advisory lock that only one import holds: "countersi" in ASCII, cut to eight bytes.
const IMPORT_LOCK: i64 = 0x636f_756e_7465_7273;

/// Takes the import lock until the transaction ends; `false` when another import holds it.
///
/// # Errors
/// When the database cannot be asked.
pub async fn try_lock(conn: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock($1) as "locked!""#, IMPORT_LOCK).fetch_one(conn).await
}

/// Gives this transaction's sorts and joins room, so that a million rows are not spread over
/// temporary files, and lets the trigram index of names take in new entries in large batches.
///
/// # Errors
/// When the database refuses.
pub async fn make_room(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("select set_config('work_mem', '96MB', true) as work, set_config('gin_pending_list_limit', '64MB', true) as pending, set_config('jit', 'off', true) as jit")
        .fetch_one(conn)
        .await?;
    Ok(())
}

/// Empties the staging tables.
///
/// # Errors
/// When the database refuses.
pub async fn clear(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("delete from import_person").execute(&mut *conn).await?;
    sqlx::query!("delete from import_person_step").execute(conn).await?;
    Ok(())
}

/// Begins to fill the staging table; lines are in PostgreSQL's text format, in the order of these
/// columns.
///
/// # Errors
/// When the database refuses.
pub async fn copy(conn: &mut PgConnection) -> sqlx::Result<PgCopyIn<&mut PgConnection>> {
    conn.copy_in_raw(
        "copy import_person (line, employee_number, usable, given_name, family_name, email, department, title, manager_number, starts_on, ends_on, population) from stdin",
    )
    .await
}

/// Keeps others from changing identities until the transaction ends; they may still be read and
/// referred to. Afterwards counts the staged rows for the planner.
///
/// # Errors
/// When the database refuses.
pub async fn lock_identities(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("lock table identity, unit in share row exclusive mode").execute(&mut *conn).await?;
    // Without ownership of the table this only warns, and the planner goes by the table's size.
    sqlx::query!("analyze import_person").execute(conn).await?;
    Ok(())
}
