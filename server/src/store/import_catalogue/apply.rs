//! Carries out the steps of a catalogue import.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// Adds what is new, brings up to date what is different, retires what is missing. What is new in an
/// application that somebody answers for cannot be asked for yet: opening it needs a second person.
///
/// # Errors
/// When the database refuses.
pub async fn carry_out(conn: &mut PgConnection, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into entitlement (id, application_id, source_id, name, description, actions, data_actions, tier, tier_reason, tier_origin,
            longest_days, review_every_days, state, version, updated_at, search, reference, requestable)
        select s.entitlement_id, s.application_id, r.source_id, r.name, r.description, r.actions, r.data_actions, s.tier, s.tier_reason, 'guessed',
            s.longest_days, s.review_every_days, s.state, s.version, $1, entitlement_search(r.name, r.description, a.code, a.name, r.actions, r.data_actions), r.name,
            a.owner_id is null and a.deputy_id is null
        from import_role_step s join import_role r on r.entry = s.entry and r.usable join application a on a.id = s.application_id
        where s.action = 'add'
        order by s.entry
        "#,
        now.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        r#"
        update entitlement e set name = n.name, description = n.description, actions = r.actions, data_actions = r.data_actions, tier = s.tier, tier_reason = s.tier_reason,
            longest_days = s.longest_days, review_every_days = s.review_every_days, state = s.state, version = s.version, updated_at = $1,
            search = entitlement_search(n.name, n.description, a.code, a.name, r.actions, r.data_actions)
        from import_role_step s join import_role r on r.entry = s.entry and r.usable join application a on a.id = s.application_id
        join entitlement o on o.id = s.entitlement_id
        cross join lateral (select case when 'name' = any (o.edited) then o.name else r.name end as name,
                                   case when 'description' = any (o.edited) then o.description else r.description end as description) n
        where e.id = s.entitlement_id and s.action = 'change'
        "#,
        now.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update entitlement e set state = 'retired', version = s.version, updated_at = $1 from import_role_step s where e.id = s.entitlement_id and s.action = 'retire'",
        now.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        r#"
        insert into entitlement_version (entitlement_id, version, tier, tier_reason, longest_days, requestable, name, description, recorded_at, questions,
            audience_populations, audience_units, includes, review_every_days, reference, state)
        select e.id, e.version, e.tier, e.tier_reason, e.longest_days, e.requestable, e.name, e.description, $1, e.questions,
            e.audience_populations, e.audience_units, e.includes, e.review_every_days, e.reference, e.state
        from entitlement e join import_role_step s on s.entitlement_id = e.id
        where not exists (select from entitlement_version v where v.entitlement_id = e.id and v.version = e.version)
        "#,
        now.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes the event of every step.
///
/// # Errors
/// When the database refuses.
pub async fn write_events(conn: &mut PgConnection, now: Timestamp, process: &str) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        insert into audit_event (id, at, trail, kind, actor_kind, actor_process, subject_kind, subject_id, body, content_hash)
        select event_id, $1, 'administration', event_kind, 'operator', $2, 'entitlement', entitlement_id, body, sha256(convert_to(body, 'UTF8'))
        from import_role_step
        "#,
        now.to_sqlx() as jiff_sqlx::Timestamp,
        process,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
