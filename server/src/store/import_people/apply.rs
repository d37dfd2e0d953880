//! Carries out the steps of a people import.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// Locks everybody who is changed or retired, in the order of ids: who submits for somebody with two
/// accounts locks both in the same order, so that nobody waits for each other. Returns how many.
///
/// # Errors
/// When the database refuses.
pub async fn lock(conn: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "n!" from (
            select id from identity where id in (select identity_id from import_person_step where action <> 'add') order by id for no key update
        ) locked
        "#
    )
    .fetch_one(conn)
    .await
}

/// Adds those who are new. Managers need no second pass: foreign keys are checked when the whole
/// statement is done, and the ids of all new people are known before.
///
/// # Errors
/// When the database refuses.
pub async fn add(conn: &mut PgConnection, now: Timestamp) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        insert into identity (id, source_id, source, population, given_name, family_name, email, unit_id, title, manager_id, starts_on, ends_on, state, state_since, state_reason, updated_at)
        select s.identity_id, p.employee_number, 'feed', p.population, p.given_name, p.family_name, p.email, s.unit_id, p.title, s.manager_id, p.starts_on, p.ends_on, s.state, $1, s.state_reason, $1
        from import_person_step s join import_person p on p.line = s.line
        where s.action = 'add'
        order by s.line
        "#,
        now.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Brings those who are different up to date, with their end if their end date has passed.
///
/// # Errors
/// When the database refuses.
pub async fn change(conn: &mut PgConnection, now: Timestamp) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        update identity i set
            population = p.population, given_name = p.given_name, family_name = p.family_name, email = p.email, unit_id = s.unit_id,
            title = p.title, manager_id = s.manager_id, starts_on = p.starts_on, ends_on = p.ends_on,
            state = s.state, state_since = case when i.state <> s.state then $1 else i.state_since end, state_reason = s.state_reason, updated_at = $1
        from import_person_step s join import_person p on p.line = s.line
        where i.id = s.identity_id and s.action in ('change', 'retire')
        "#,
        now.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Retires those who are missing from the file.
///
/// # Errors
/// When the database refuses.
pub async fn retire_missing(conn: &mut PgConnection, now: Timestamp) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        update identity i set state = 'retired', state_since = $1, state_reason = s.state_reason, updated_at = $1
        from import_person_step s
        where i.id = s.identity_id and s.line is null
        "#,
        now.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Ends the sessions of everybody who is retired by a step. Returns how many.
///
/// # Errors
/// When the database refuses.
pub async fn end_sessions(conn: &mut PgConnection, now: Timestamp) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        update session set ended_at = $1, end_reason = 'identity_stopped'
        from import_person_step s
        where session.identity_id = s.identity_id and s.action = 'retire' and session.ended_at is null
        "#,
        now.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Writes the event of every step.
///
/// # Errors
/// When the database refuses.
pub async fn write_events(conn: &mut PgConnection, now: Timestamp, process: &str) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        insert into audit_event (id, at, trail, kind, actor_kind, actor_process, subject_kind, subject_id, body, content_hash)
        select event_id, $1, 'administration', event_kind, 'operator', $2, 'identity', identity_id, body, sha256(convert_to(body, 'UTF8'))
        from import_person_step
        "#,
        now.to_sqlx() as jiff_sqlx::Timestamp,
        process,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
