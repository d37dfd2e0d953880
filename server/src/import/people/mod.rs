//! The people import, step by step, in one transaction.

mod check;
mod read;

use super::progress::Progress;
use super::report::{Example, ImportReport, Kind};
use super::{ImportError, PeopleOptions, Run, count};
use crate::store::import_people::{apply, difference, staging};
use crate::system::System;
use domain::feed::limit::Counts;
use domain::time::today;
use read::Reading;
use sqlx::{PgConnection, PgPool};
use std::collections::BTreeSet;
use std::path::Path;

/// Chunks that may wait between the reading thread and the database.
const CHUNKS_WAITING: usize = 4;
/// Examples of each kind in a report.
const EXAMPLES: i64 = 5;

/// Imports the people feed `file`: plans, and applies if the options say so and nothing speaks
/// against it.
///
/// # Errors
/// An [`ImportError`] when there is not even a plan. A plan that is not carried out is not an
/// error: see [`ImportReport::refusals`].
pub async fn import_people(
    pool: &PgPool,
    system: &System,
    file: &Path,
    options: &PeopleOptions,
    progress: &dyn Progress,
) -> Result<ImportReport, ImportError> {
    let outcome = import(pool, system, file, options, progress).await;
    progress.finished();
    outcome
}

async fn import(
    pool: &PgPool,
    system: &System,
    file: &Path,
    options: &PeopleOptions,
    progress: &dyn Progress,
) -> Result<ImportReport, ImportError> {
    let run = Run::begin(Kind::People, system, file);
    let today = options.as_of.unwrap_or_else(|| today(run.now, &options.zone));
    // Dropped without commit, the transaction is rolled back: every early return changes nothing.
    let mut work = pool.begin().await?;
    let conn = &mut *work;
    if !staging::try_lock(conn).await? {
        return Err(ImportError::Busy);
    }
    staging::make_room(conn).await?;
    staging::clear(conn).await?;
    let mut reading = lay_out(conn, file, options, progress).await?;

    progress.step("Checking numbers, addresses and managers");
    staging::lock_identities(conn).await?;
    let mut notes = check::check(conn, &file.display().to_string(), today, &mut reading).await?;

    progress.step("Comparing with the records");
    let units = difference::add_units(conn, &run.ids, run.id.0, run.now, run.kind.process()).await?;
    difference::write_steps(conn, &run.ids, run.id.0, today).await?;
    // A row nobody can read might be anybody's: then nobody is known to be missing.
    if reading.nameless == 0 {
        let reason = format!("Missing from the people feed of {today}.");
        difference::write_missing(conn, &run.ids, run.id.0, &reason).await?;
    } else {
        notes.push(format!(
            "Rows without a readable employee number: {}. So nobody is taken to be missing from this file.",
            reading.nameless
        ));
    }
    if units > 0 {
        notes.push(format!("New departments: {units}."));
    }
    let sha256 = reading.sha256;
    let mut report = plan(conn, &run, file, options, reading, notes).await?;

    progress.step(if options.apply.apply { "Applying" } else { "Trying the plan" });
    carry_out(conn, &run, &mut report.notes).await?;
    if options.apply.apply && report.refusals.is_empty() {
        let changed = report.counts.changes_anything() || units > 0;
        run.record(conn, system, sha256, &report.counts, changed).await?;
        staging::clear(conn).await?;
        progress.step("Committing");
        work.commit().await?;
        report.applied = true;
    } else {
        work.rollback().await?;
    }
    Ok(report)
}

/// Reads the file on a thread and copies its rows into the staging table as they come.
async fn lay_out(conn: &mut PgConnection, file: &Path, options: &PeopleOptions, progress: &dyn Progress) -> Result<Reading, ImportError> {
    let name = file.display().to_string();
    let facts = tokio::fs::metadata(file).await.map_err(|source| ImportError::Unreadable { file: name.clone(), source })?;
    progress.reading(facts.len());
    let (out, mut chunks) = tokio::sync::mpsc::channel(CHUNKS_WAITING);
    let (path, columns) = (file.to_owned(), options.columns.clone());
    let reader = tokio::task::spawn_blocking(move || read::read(path, &columns, &out));
    let mut copy = staging::copy(conn).await?;
    while let Some(chunk) = chunks.recv().await {
        copy.send(chunk.text).await?;
        progress.read(chunk.bytes, chunk.rows);
    }
    match reader.await {
        Ok(Ok(reading)) => {
            copy.finish().await?;
            Ok(reading)
        }
        Ok(Err(e)) => {
            copy.abort("the file cannot be used").await?;
            Err(e)
        }
        Err(_) => {
            copy.abort("reading ended").await?;
            Err(ImportError::Interrupted { file: name })
        }
    }
}

/// Counts what was written down, and weighs it.
async fn plan(
    conn: &mut PgConnection,
    run: &Run,
    file: &Path,
    options: &PeopleOptions,
    reading: Reading,
    mut notes: Vec<String>,
) -> Result<ImportReport, ImportError> {
    let totals = difference::totals(conn).await?;
    let skipped: BTreeSet<u64> = reading.bad.iter().filter(|b| !b.blank_only).map(|b| b.line).collect();
    let bad_rows: BTreeSet<u64> = reading.bad.iter().map(|b| b.line).collect();
    let removed = count(totals.ended + totals.missing);
    let counts = Counts {
        added: count(totals.added),
        changed: count(totals.changed),
        removed,
        unchanged: count(totals.usable - totals.added - totals.changed - totals.ended),
        skipped: skipped.len() as u64,
    };
    if totals.added_retired > 0 {
        notes.push(format!("Added people who have already left and are recorded as retired: {}.", totals.added_retired));
    }
    if totals.added_staged > 0 {
        notes.push(format!("Added people who have not started yet: {}.", totals.added_staged));
    }
    if removed > 0 {
        notes.push(format!(
            "Removed because they are missing from the file: {}; because their end date has passed: {}.",
            totals.missing, totals.ended
        ));
    }
    let ignored = reading.layout.ignored();
    if !ignored.is_empty() {
        notes.push(format!("Columns that mean nothing here: {}.", ignored.join(", ")));
    }
    let columns = difference::changed_columns(conn).await?.into_iter().map(|(column, n)| (column, count(n))).collect();
    let examples = difference::examples(conn, EXAMPLES).await?.into_iter().map(example).collect();
    Ok(ImportReport {
        rows: reading.rows,
        counts,
        columns,
        examples,
        notes,
        bad_rows: bad_rows.len() as u64,
        ..run.report(file, &options.apply, reading.bad, removed, count(totals.before))
    })
}

fn example(found: difference::Example) -> Example {
    let (action, what) = match found.action.as_str() {
        "add" => ("added", String::new()),
        "change" => ("changed", found.changed.join(", ")),
        _ => ("removed", found.reason.unwrap_or_default()),
    };
    Example { action, who: format!("{} {}", found.number, found.name), what }
}

async fn carry_out(conn: &mut PgConnection, run: &Run, notes: &mut Vec<String>) -> Result<(), ImportError> {
    apply::lock(conn).await?;
    apply::add(conn, run.now).await?;
    apply::change(conn, run.now).await?;
    apply::retire_missing(conn, run.now).await?;
    let sessions = apply::end_sessions(conn, run.now).await?;
    apply::write_events(conn, run.now, run.kind.process()).await?;
    if sessions > 0 {
        notes.push(format!("Sessions that end because their people left: {sessions}."));
    }
    let left_behind = crate::store::import_people::check::reports_of_the_retired(conn).await?;
    if left_behind > 0 {
        notes.push(format!(
            "People who report to somebody who has left: {left_behind}. What they ask for waits until the feed names another manager."
        ));
    }
    Ok(())
}
