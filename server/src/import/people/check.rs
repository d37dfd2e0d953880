//! What can only be seen with the whole file laid out: repeated numbers and addresses, people who
//! are already somebody else or have left, retired units, managers nobody knows, and circles of managers.
//!
//! A row whose manager cannot be used is a bad row like any other, and stops the file. With
//! `skip_bad` only the manager is left out and the person is taken: dropping the person as well
//! would make their reports' manager unknown, and one circle at the top would empty the company.

use super::super::{BAD_ROWS_MAX, BadRow, ImportError, count};
use super::read::{Reading, too_many};
use crate::store::import_people::check as store;
use domain::feed::chain;
use domain::feed::columns::Column;
use jiff::civil::Date;
use sqlx::PgConnection;

/// Members of a circle that are named before the rest is counted.
const MEMBERS_NAMED: usize = 6;

/// Finds the bad rows, sets them aside in the staging table, adds them to `reading.bad` in the
/// order of the lines, and returns sentences worth knowing.
pub(super) async fn check(conn: &mut PgConnection, file: &str, today: Date, reading: &mut Reading) -> Result<Vec<String>, ImportError> {
    let number = reading.layout.title(Column::EmployeeNumber).to_owned();
    let email = reading.layout.title(Column::Email).to_owned();
    let department = reading.layout.title(Column::Department).to_owned();
    let bad = &mut reading.bad;

    let found = store::repeated_numbers(conn, room(bad)).await?;
    let rows = found.into_iter().map(|r| bad_row(r.line, &number, &r.value, format!("is already on line {}", r.first)));
    set_aside(conn, file, bad, rows.collect()).await?;

    let found = store::repeated_emails(conn, room(bad)).await?;
    let rows = found.into_iter().map(|r| bad_row(r.line, &email, &r.value, format!("is already on line {}", r.first)));
    set_aside(conn, file, bad, rows.collect()).await?;

    let found = store::taken_numbers(conn, room(bad)).await?;
    let rows = found.into_iter().map(|f| {
        bad_row(f.line, &number, &f.value, "belongs to an identity that was made in Countersign and is not the feed's".to_owned())
    });
    set_aside(conn, file, bad, rows.collect()).await?;

    let found = store::returned_numbers(conn, today, room(bad)).await?;
    let rows = found
        .into_iter()
        .map(|r| bad_row(r.line, &number, &r.number, format!("was retired on {}; who comes back needs a new number", day(r.since))));
    set_aside(conn, file, bad, rows.collect()).await?;

    let found = store::retired_units(conn, today, room(bad)).await?;
    let rows = found
        .into_iter()
        .map(|f| bad_row(f.line, &department, &f.value, "is a retired unit; name one in use, or have it put back in use first".to_owned()));
    set_aside(conn, file, bad, rows.collect()).await?;

    managers(conn, file, reading).await?;
    reading.bad.sort_by_key(|b| b.line);

    let mut notes = Vec::new();
    let without = store::reports_of_those_set_aside(conn).await?;
    if without > 0 {
        notes.push(format!("People who report to somebody whose own row is bad: {without}. Without that row they have no manager."));
    }
    Ok(notes)
}

async fn managers(conn: &mut PgConnection, file: &str, reading: &mut Reading) -> Result<(), ImportError> {
    let manager = reading.layout.title(Column::Manager).to_owned();
    let bad = &mut reading.bad;

    let found = store::own_managers(conn, room(bad)).await?;
    let rows = found.into_iter().map(|f| bad_row(f.line, &manager, &f.value, "is the person's own number".to_owned()).blank_only());
    blank(conn, file, bad, rows.collect()).await?;

    let found = store::unknown_managers(conn, room(bad)).await?;
    let rows = found
        .into_iter()
        .map(|f| bad_row(f.line, &manager, &f.value, "is not the number of anybody in the file or in the records".to_owned()).blank_only());
    blank(conn, file, bad, rows.collect()).await?;

    let edges = store::chain_of_managers(conn).await?;
    let mut rows = Vec::new();
    for circle in chain::circles(&edges) {
        // Negative numbers stand for people who are not in the file: nothing can be corrected there.
        let lines: Vec<i64> = circle.iter().copied().filter(|node| *node > 0).collect();
        if rows.len() + bad.len() + lines.len() > BAD_ROWS_MAX {
            bad.append(&mut rows);
            let first = lines.first().copied().unwrap_or_default();
            bad.push(bad_row(first, &manager, "", format!("is part of a circle of {} managers", circle.len())));
            return Err(too_many(file, bad));
        }
        let members = in_order(&lines, store::numbers_of(conn, &lines).await?);
        let numbers: Vec<&str> = members.iter().map(|(_, number, _)| number.as_str()).collect();
        let problem = told(&numbers, circle.len());
        rows.extend(members.iter().map(|(line, _, named)| bad_row(*line, &manager, named, problem.clone()).blank_only()));
    }
    blank(conn, file, bad, rows).await
}

/// Puts members in the order of the circle; the store gives them in the order of the lines.
fn in_order(lines: &[i64], members: Vec<(i64, String, String)>) -> Vec<(i64, String, String)> {
    let place: std::collections::HashMap<i64, usize> = lines.iter().enumerate().map(|(i, l)| (*l, i)).collect();
    let mut members = members;
    members.sort_by_key(|(line, _, _)| place.get(line).copied());
    members
}

/// The circle as a sentence. `size` counts also those who are not in the file.
fn told(numbers: &[&str], size: usize) -> String {
    if numbers.len() < size {
        return format!("closes a circle of {size} managers, {} of them not in this file", size - numbers.len());
    }
    let first = numbers.first().copied().unwrap_or_default();
    if size > MEMBERS_NAMED {
        format!("closes a circle of {size} managers: {} → … → {first}", numbers[..MEMBERS_NAMED].join(" → "))
    } else {
        format!("closes a circle of managers: {} → {first}", numbers.join(" → "))
    }
}

fn bad_row(line: i64, column: &str, value: &str, problem: String) -> BadRow {
    BadRow::new(count(line), column, value, problem)
}

fn day(at: jiff::Timestamp) -> Date {
    at.to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// One more than still fits, so that "too many" can be told from "exactly as many".
fn room(bad: &[BadRow]) -> i64 {
    i64::try_from(BAD_ROWS_MAX.saturating_sub(bad.len()) + 1).unwrap_or(i64::MAX)
}

async fn set_aside(conn: &mut PgConnection, file: &str, bad: &mut Vec<BadRow>, rows: Vec<BadRow>) -> Result<(), ImportError> {
    let lines = add(file, bad, rows)?;
    if !lines.is_empty() {
        store::set_aside(conn, &lines).await?;
    }
    Ok(())
}

async fn blank(conn: &mut PgConnection, file: &str, bad: &mut Vec<BadRow>, rows: Vec<BadRow>) -> Result<(), ImportError> {
    let lines = add(file, bad, rows)?;
    if !lines.is_empty() {
        store::blank_managers(conn, &lines).await?;
    }
    Ok(())
}

/// Adds rows to the bad ones and gives their lines, unless they are too many.
fn add(file: &str, bad: &mut Vec<BadRow>, rows: Vec<BadRow>) -> Result<Vec<i64>, ImportError> {
    let lines = rows.iter().filter_map(|b| i64::try_from(b.line).ok()).collect();
    bad.extend(rows);
    if bad.len() > BAD_ROWS_MAX { Err(too_many(file, bad)) } else { Ok(lines) }
}
