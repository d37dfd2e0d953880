//! Checks that need the whole file or the records: numbers and addresses that stand twice, numbers
//! that are taken or closed, retired units, managers nobody knows. Each reader returns at most `most` findings, in
//! the order of the lines.

use futures::TryStreamExt;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// A value that stands on an earlier line as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// The later line.
    pub line: i64,
    /// The value.
    pub value: String,
    /// The first line it stands on.
    pub first: i64,
}

/// A value that does not go with the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Line.
    pub line: i64,
    /// The value.
    pub value: String,
}

/// A number whose person is retired, but not in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    /// Line.
    pub line: i64,
    /// Employee number.
    pub number: String,
    /// Since when the person is retired.
    pub since: Timestamp,
}

/// Employee numbers on more than one line.
///
/// # Errors
/// When the database cannot be asked.
pub async fn repeated_numbers(conn: &mut PgConnection, most: i64) -> sqlx::Result<Vec<Repeated>> {
    sqlx::query_as!(
        Repeated,
        r#"
        with repeated as (
            select line, employee_number, min(line) over (partition by employee_number) as first
            from import_person
            where employee_number in (select employee_number from import_person group by employee_number having count(*) > 1)
        )
        select line, employee_number as value, first as "first!" from repeated where line > first order by line limit $1
        "#,
        most,
    )
    .fetch_all(conn)
    .await
}

/// Addresses on more than one usable line, compared without regard to case.
///
/// # Errors
/// When the database cannot be asked.
pub async fn repeated_emails(conn: &mut PgConnection, most: i64) -> sqlx::Result<Vec<Repeated>> {
    sqlx::query_as!(
        Repeated,
        r#"
        with repeated as (
            select line, email, min(line) over (partition by lower(email)) as first
            from import_person
            where usable and lower(email) in (select lower(email) from import_person where usable and email is not null group by lower(email) having count(*) > 1)
        )
        select line, email as "value!", first as "first!" from repeated where line > first order by line limit $1
        "#,
        most,
    )
    .fetch_all(conn)
    .await
}

/// Numbers that belong to an identity made here, which no feed may take over.
///
/// # Errors
/// When the database cannot be asked.
pub async fn taken_numbers(conn: &mut PgConnection, most: i64) -> sqlx::Result<Vec<Found>> {
    sqlx::query_as!(
        Found,
        r#"
        select p.line, p.employee_number as value
        from import_person p join identity i on i.source_id = p.employee_number and i.source <> 'feed'
        where p.usable order by p.line limit $1
        "#,
        most,
    )
    .fetch_all(conn)
    .await
}

/// Numbers of retired people who, by the file, work here today or will.
///
/// # Errors
/// When the database cannot be asked.
pub async fn returned_numbers(conn: &mut PgConnection, today: Date, most: i64) -> sqlx::Result<Vec<Returned>> {
    let mut rows = sqlx::query!(
        r#"
        select p.line, p.employee_number as number, i.state_since
        from import_person p join identity i on i.source_id = p.employee_number and i.source = 'feed' and i.state = 'retired'
        where p.usable and (p.ends_on is null or p.ends_on >= $1) order by p.line limit $2
        "#,
        today.to_sqlx() as jiff_sqlx::Date,
        most,
    )
    .fetch(conn);
    let mut found = Vec::new();
    while let Some(row) = rows.try_next().await? {
        found.push(Returned { line: row.line, number: row.number, since: row.state_since.to_jiff() });
    }
    Ok(found)
}

/// Retired units of those who, by the file, work here today or will.
///
/// # Errors
/// When the database cannot be asked.
pub async fn retired_units(conn: &mut PgConnection, today: Date, most: i64) -> sqlx::Result<Vec<Found>> {
    sqlx::query_as!(
        Found,
        r#"
        select p.line, p.department as "value!"
        from import_person p join unit u on u.name = p.department and u.state = 'retired'
        where p.usable and (p.ends_on is null or p.ends_on >= $1) order by p.line limit $2
        "#,
        today.to_sqlx() as jiff_sqlx::Date,
        most,
    )
    .fetch_all(conn)
    .await
}

/// Managers who are the person themselves.
///
/// # Errors
/// When the database cannot be asked.
pub async fn own_managers(conn: &mut PgConnection, most: i64) -> sqlx::Result<Vec<Found>> {
    sqlx::query_as!(
        Found,
        r#"select line, manager_number as "value!" from import_person where usable and manager_number = employee_number order by line limit $1"#,
        most,
    )
    .fetch_all(conn)
    .await
}

/// Managers who stand neither in the file nor in the records the feed owns.
///
/// # Errors
/// When the database cannot be asked.
pub async fn unknown_managers(conn: &mut PgConnection, most: i64) -> sqlx::Result<Vec<Found>> {
    sqlx::query_as!(
        Found,
        r#"
        select p.line, p.manager_number as "value!"
        from import_person p
        where p.usable and p.manager_number is not null
          and not exists (select from import_person m where m.employee_number = p.manager_number)
          and not exists (select from identity i where i.source_id = p.manager_number and i.source = 'feed')
        order by p.line limit $1
        "#,
        most,
    )
    .fetch_all(conn)
    .await
}

/// Who reports to whom, among those somebody reports to: a circle can only be there. People are
/// numbered by their line; those who keep what the records say (their row is missing or unusable)
/// by negative numbers. Sorted by person.
///
/// # Errors
/// When the database cannot be asked.
pub async fn chain_of_managers(conn: &mut PgConnection) -> sqlx::Result<Vec<(i64, i64)>> {
    let mut rows = sqlx::query!(
        r#"
        with person as (
            select line as node, employee_number as number, manager_number as manager from import_person where usable
            union all
            select -(row_number() over (order by i.id)), i.source_id, m.source_id
            from identity i left join identity m on m.id = i.manager_id
            where i.source = 'feed' and not exists (select from import_person p where p.usable and p.employee_number = i.source_id)
        )
        select p.node as "node!", m.node as "manager!"
        from person p join person m on m.number = p.manager
        where p.number in (select manager from person where manager is not null)
        order by p.node
        "#
    )
    .fetch(conn);
    let mut edges = Vec::new();
    while let Some(row) = rows.try_next().await? {
        edges.push((row.node, row.manager));
    }
    Ok(edges)
}

/// Employee numbers of lines, and the manager each names, in the order of the lines.
///
/// # Errors
/// When the database cannot be asked.
pub async fn numbers_of(conn: &mut PgConnection, lines: &[i64]) -> sqlx::Result<Vec<(i64, String, String)>> {
    let rows = sqlx::query!(
        r#"select line, employee_number, coalesce(manager_number, '') as "manager!" from import_person where usable and line = any($1) order by line"#,
        lines,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (r.line, r.employee_number, r.manager)).collect())
}

/// Takes lines out of the import; they still say that their number stands in the file.
///
/// # Errors
/// When the database refuses.
pub async fn set_aside(conn: &mut PgConnection, lines: &[i64]) -> sqlx::Result<()> {
    sqlx::query!("update import_person set usable = false where line = any($1)", lines).execute(conn).await?;
    Ok(())
}

/// Leaves the manager of lines blank.
///
/// # Errors
/// When the database refuses.
pub async fn blank_managers(conn: &mut PgConnection, lines: &[i64]) -> sqlx::Result<()> {
    sqlx::query!("update import_person set manager_number = null where usable and line = any($1)", lines).execute(conn).await?;
    Ok(())
}

/// How many people report to somebody whose row was set aside and who has no record: they are
/// taken without a manager.
///
/// # Errors
/// When the database cannot be asked.
pub async fn reports_of_those_set_aside(conn: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
        from import_person p
        where p.usable and p.manager_number is not null
          and not exists (select from import_person m where m.usable and m.employee_number = p.manager_number)
          and not exists (select from identity i where i.source_id = p.manager_number and i.source = 'feed')
        "#
    )
    .fetch_one(conn)
    .await
}

/// How many people who do not leave report to somebody who has left.
///
/// # Errors
/// When the database cannot be asked.
pub async fn reports_of_the_retired(conn: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
        from identity i join identity m on m.id = i.manager_id
        where i.source = 'feed' and i.state <> 'retired' and m.state = 'retired'
        "#
    )
    .fetch_one(conn)
    .await
}
