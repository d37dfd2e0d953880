//! The difference between the file and the records, written down once in `import_person_step` and
//! counted from there.

use super::IdSeed;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

/// Adds the units that the file names and nobody knows, each with its event. Returns how many.
///
/// # Errors
/// When the database refuses.
pub async fn add_units(conn: &mut PgConnection, ids: &IdSeed, import: Uuid, now: jiff::Timestamp, process: &str) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        with wanted as (
            select department as name, row_number() over (order by department) as n
            from (select distinct department from import_person where usable and department is not null) d
            where not exists (select from unit u where u.name = d.department)
        ), added as (
            insert into unit (id, name) select import_uuid($1, $2, 'unit', n), name from wanted returning id, name
        ), told as (
            select w.n, a.id, '{"import":' || json_text($3::uuid::text) || ',"name":' || json_text(a.name) || '}' as body
            from added a join wanted w on w.name = a.name
        )
        insert into audit_event (id, at, trail, kind, actor_kind, actor_process, subject_kind, subject_id, body, content_hash)
        select import_uuid($1, $2, 'unit event', n), $4, 'administration', 'unit.added', 'operator', $5, 'unit', id, body, sha256(convert_to(body, 'UTF8'))
        from told
        "#,
        ids.millis,
        ids.seed,
        import,
        now.to_sqlx() as jiff_sqlx::Timestamp,
        process,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Writes down what is to be done for every usable row that is new or different. Rows that are the
/// same leave nothing.
///
/// Who is retired stays retired, who is suspended stays suspended until somebody lifts it, and who
/// has started is not put back to "staged" by a later hire date.
///
/// The body of each event is canonical JSON (RFC 8785: keys sorted, no spaces). Values of names and
/// addresses are not written into the trail, which is never erased; that they changed is.
///
/// # Errors
/// When the database refuses.
pub async fn write_steps(conn: &mut PgConnection, ids: &IdSeed, import: Uuid, today: Date) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        with wanted as (
            select p.*, u.id as unit_id,
                coalesce(known.id, case when m.line is not null then import_uuid($1, $2, 'identity', m.line) end) as manager_id,
                case when p.ends_on < $4 then 'retired' when p.starts_on > $4 then 'staged' else 'active' end as by_dates
            from import_person p
            left join unit u on u.name = p.department
            left join import_person m on m.employee_number = p.manager_number and m.usable
            left join identity known on known.source_id = p.manager_number and known.source = 'feed'
            where p.usable
        ), compared as (
            select w.*, i.id as identity_id, i.state as old_state, i.state_reason as old_reason, i.unit_id as old_unit_id, i.manager_id as old_manager_id,
                i.title as old_title, i.starts_on as old_starts_on, i.ends_on as old_ends_on, i.population as old_population,
                case
                    when i.id is null then w.by_dates
                    when i.state = 'retired' or w.by_dates = 'retired' then 'retired'
                    when i.state = 'staged' and w.by_dates = 'active' then 'active'
                    else i.state
                end as state,
                i.unit_id is distinct from w.unit_id as d_unit, i.email is distinct from w.email as d_email,
                i.ends_on is distinct from w.ends_on as d_end, i.family_name is distinct from w.family_name as d_family,
                i.given_name is distinct from w.given_name as d_given, i.starts_on is distinct from w.starts_on as d_hire,
                i.manager_id is distinct from w.manager_id as d_manager, i.title is distinct from w.title as d_title,
                i.population is distinct from w.population as d_population
            from wanted w left join identity i on i.source_id = w.employee_number
        )
        insert into import_person_step (line, identity_id, event_id, action, unit_id, manager_id, state, state_reason, changed, event_kind, body)
        select c.line,
            coalesce(c.identity_id, import_uuid($1, $2, 'identity', c.line)),
            import_uuid($1, $2, 'event', c.line),
            kind.action, c.unit_id, c.manager_id, c.state,
            case
                when c.state <> 'retired' then case when c.state = c.old_state then c.old_reason end
                when c.old_state = 'retired' then c.old_reason
                else 'The end date ' || c.ends_on || ' has passed.'
            end,
            case when kind.action = 'add' then '{}' else array_remove(array[
                case when d_given then 'given_name' end, case when d_family then 'family_name' end, case when d_email then 'email' end,
                case when d_unit then 'department' end, case when d_title then 'title' end, case when d_manager then 'manager_employee_number' end,
                case when d_hire then 'hire_date' end, case when d_end then 'end_date' end, case when d_population then 'worker_type' end,
                case when c.state <> c.old_state and kind.action = 'change' then 'state' end], null) end,
            case kind.action when 'add' then 'identity.added' when 'retire' then 'identity.retired' else 'identity.changed' end,
            case when kind.action = 'add'
                then '{"import":' || json_text($3::uuid::text) || ',"line":' || c.line || ',"state":"' || c.state || '"}'
                else '{"changed":{' || concat_ws(',',
                    case when d_unit then '"department":{"from":' || json_text((select name from unit where id = c.old_unit_id)) || ',"to":' || json_text(c.department) || '}' end,
                    case when d_email then '"email":true' end,
                    case when d_end then '"end_date":{"from":' || json_text(c.old_ends_on::text) || ',"to":' || json_text(c.ends_on::text) || '}' end,
                    case when d_family then '"family_name":true' end,
                    case when d_given then '"given_name":true' end,
                    case when d_hire then '"hire_date":{"from":' || json_text(c.old_starts_on::text) || ',"to":' || json_text(c.starts_on::text) || '}' end,
                    case when d_manager then '"manager_employee_number":{"from":'
                        || json_text((select source_id from identity where id = c.old_manager_id)) || ',"to":' || json_text(case when c.manager_id is not null then c.manager_number end) || '}' end,
                    case when c.state <> c.old_state then '"state":{"from":"' || c.old_state || '","to":"' || c.state || '"}' end,
                    case when d_title then '"title":{"from":' || json_text(c.old_title) || ',"to":' || json_text(c.title) || '}' end,
                    case when d_population then '"worker_type":{"from":"' || c.old_population || '","to":"' || c.population || '"}' end)
                || '},"import":' || json_text($3::uuid::text) || ',"line":' || c.line
                || case when kind.action = 'retire' then ',"reason":' || json_text('The end date ' || c.ends_on || ' has passed.') else '' end || '}'
            end
        from compared c
        cross join lateral (select case
            when c.identity_id is null then 'add'
            when c.state = 'retired' and c.old_state <> 'retired' then 'retire'
            when c.state <> c.old_state or d_unit or d_email or d_end or d_family or d_given or d_hire or d_manager or d_title or d_population then 'change'
        end as action) kind
        where kind.action is not null
        "#,
        ids.millis,
        ids.seed,
        import,
        today.to_sqlx() as jiff_sqlx::Date,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Writes down the end of everybody the feed owns who is not in the file, not even on a row that
/// was set aside.
///
/// # Errors
/// When the database refuses.
pub async fn write_missing(conn: &mut PgConnection, ids: &IdSeed, import: Uuid, reason: &str) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        insert into import_person_step (identity_id, event_id, action, unit_id, manager_id, state, state_reason, changed, event_kind, body)
        select i.id, import_uuid($1, $2, 'missing', row_number() over (order by i.id)), 'retire', i.unit_id, i.manager_id, 'retired', $4::text, '{}', 'identity.retired',
            '{"changed":{"state":{"from":"' || i.state || '","to":"retired"}},"import":' || json_text($3::uuid::text) || ',"reason":' || json_text($4) || '}'
        from identity i
        where i.source = 'feed' and i.state <> 'retired'
          and not exists (select from import_person p where p.employee_number = i.source_id)
        "#,
        ids.millis,
        ids.seed,
        import,
        reason,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// What the steps come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Usable rows of the file.
    pub usable: i64,
    /// New.
    pub added: i64,
    /// New, but already left.
    pub added_retired: i64,
    /// New, but not started.
    pub added_staged: i64,
    /// Different.
    pub changed: i64,
    /// Retired because their end date has passed.
    pub ended: i64,
    /// Retired because they are missing.
    pub missing: i64,
    /// People of the feed who were not retired before.
    pub before: i64,
}

/// Counts the steps.
///
/// # Errors
/// When the database cannot be asked.
pub async fn totals(conn: &mut PgConnection) -> sqlx::Result<Totals> {
    sqlx::query_as!(
        Totals,
        r#"
        select
            (select count(*) from import_person where usable) as "usable!",
            count(*) filter (where action = 'add') as "added!",
            count(*) filter (where action = 'add' and state = 'retired') as "added_retired!",
            count(*) filter (where action = 'add' and state = 'staged') as "added_staged!",
            count(*) filter (where action = 'change') as "changed!",
            count(*) filter (where action = 'retire' and line is not null) as "ended!",
            count(*) filter (where action = 'retire' and line is null) as "missing!",
            (select count(*) from identity where source = 'feed' and state <> 'retired') as "before!"
        from import_person_step
        "#
    )
    .fetch_one(conn)
    .await
}

/// In how many people each column changes.
///
/// # Errors
/// When the database cannot be asked.
pub async fn changed_columns(conn: &mut PgConnection) -> sqlx::Result<Vec<(String, i64)>> {
    let rows = sqlx::query!(
        r#"select c as "column!", count(*) as "count!" from import_person_step, unnest(changed) c group by c order by count(*) desc, c"#
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (r.column, r.count)).collect())
}

/// One step, for people to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// `add`, `change` or `retire`.
    pub action: String,
    /// Employee number.
    pub number: String,
    /// Name.
    pub name: String,
    /// Columns that change.
    pub changed: Vec<String>,
    /// Why the person is retired.
    pub reason: Option<String>,
}

/// The first few steps of each kind, before they are carried out.
///
/// # Errors
/// When the database cannot be asked.
pub async fn examples(conn: &mut PgConnection, of_each: i64) -> sqlx::Result<Vec<Example>> {
    sqlx::query_as!(
        Example,
        r#"
        with first as (
            select * from (
                (select * from import_person_step where action = 'add' order by line limit $1)
                union all (select * from import_person_step where action = 'change' order by line limit $1)
                union all (select * from import_person_step where action = 'retire' order by line nulls last, identity_id limit $1)
            ) s
        )
        select f.action as "action!", coalesce(p.employee_number, i.source_id) as "number!",
            coalesce(p.given_name || ' ' || p.family_name, i.display_name) as "name!", f.changed as "changed!", f.state_reason as reason
        from first f left join import_person p on p.line = f.line left join identity i on i.id = f.identity_id
        order by f.action, f.line nulls last, i.source_id
        "#,
        of_each,
    )
    .fetch_all(conn)
    .await
}
