//! The SQL of the catalogue import: the roles of the file in `import_role`, what is to be done in
//! `import_role_step`, then done. It takes the same advisory lock as the people import.

pub mod apply;
pub mod difference;
pub mod waiting;

use super::import_people::IdSeed;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// Empties the staging tables.
///
/// # Errors
/// When the database refuses.
pub async fn clear(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("delete from import_role").execute(&mut *conn).await?;
    sqlx::query!("delete from import_role_step").execute(conn).await?;
    Ok(())
}

/// Keeps others from changing the catalogue until the transaction ends; it may still be read and
/// referred to.
///
/// # Errors
/// When the database refuses.
pub async fn lock_catalogue(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("lock table application, entitlement in share row exclusive mode").execute(conn).await?;
    Ok(())
}

/// Codes of all applications.
///
/// # Errors
/// When the database cannot be asked.
pub async fn application_codes(conn: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!("select code from application").fetch_all(conn).await
}

/// An application the file needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApplication {
    /// Short code.
    pub code: String,
    /// Readable name.
    pub name: String,
    /// Where it comes from.
    pub description: String,
}

/// Adds the applications that usable roles of the file need and nobody has, each with its event.
/// They have no owner: somebody has to take them. Roles that already have an application keep it,
/// so what is only needed for them is not added. Returns how many.
///
/// # Errors
/// When the database refuses.
pub async fn add_applications(
    conn: &mut PgConnection,
    ids: &IdSeed,
    import: Uuid,
    now: Timestamp,
    process: &str,
    wanted: &[NewApplication],
) -> sqlx::Result<u64> {
    let codes: Vec<String> = wanted.iter().map(|a| a.code.clone()).collect();
    let names: Vec<String> = wanted.iter().map(|a| a.name.clone()).collect();
    let descriptions: Vec<String> = wanted.iter().map(|a| a.description.clone()).collect();
    let done = sqlx::query!(
        r#"
        with wanted as (
            select w.*, row_number() over (order by w.code) as n
            from unnest($6::text[], $7::text[], $8::text[]) w (code, name, description)
            where not exists (select from application a where a.code = w.code)
              and exists (select from import_role r where r.usable and r.application_code = w.code
                  and not exists (select from entitlement e where e.source_id = r.source_id))
        ), added as (
            insert into application (id, code, name, description, classification, logging)
            select import_uuid($1, $2, 'application', n), code, name, description, 'internal', 'partial' from wanted
            returning id, code
        ), told as (
            select w.n, a.id, '{"code":' || json_text(a.code) || ',"import":' || json_text($3::uuid::text) || '}' as body
            from added a join wanted w on w.code = a.code
        )
        insert into audit_event (id, at, trail, kind, actor_kind, actor_process, subject_kind, subject_id, body, content_hash)
        select import_uuid($1, $2, 'application event', n), $4, 'administration', 'application.added', 'operator', $5, 'application', id, body, sha256(convert_to(body, 'UTF8'))
        from told
        "#,
        ids.millis,
        ids.seed,
        import,
        now.to_sqlx() as jiff_sqlx::Timestamp,
        process,
        &codes,
        &names,
        &descriptions,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Lays out roles: `rows` is a JSON array of objects with the columns of `import_role`.
///
/// # Errors
/// When the database refuses.
pub async fn lay_out(conn: &mut PgConnection, rows: &Value) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        insert into import_role (entry, source_id, usable, name, description, actions, data_actions, tier, tier_reason, longest_days, review_every_days, application_code)
        select entry, source_id, usable, name, description, actions, data_actions, tier, tier_reason, longest_days, review_every_days, application_code
        from jsonb_to_recordset($1) as r (
            entry bigint, source_id text, usable boolean, name text, description text, actions text[], data_actions text[],
            tier text, tier_reason text, longest_days integer, review_every_days integer, application_code text)
        "#,
        rows,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
