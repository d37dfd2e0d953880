//! The catalogue import, step by step, in one transaction. A catalogue is small (one megabyte for a
//! whole cloud), so it is read at once; it is compared and carried out as a set like the people. What needs a second person is proposed instead.

mod applications;
mod entries;
mod proposing;
mod read;

use super::progress::Progress;
use super::report::{Example, ImportReport, Kind};
use super::{CatalogueOptions, ImportError, Run, count};
use crate::store::import_catalogue as store;
use crate::store::import_catalogue::difference::{self, Held, TierLimits};
use crate::store::import_catalogue::waiting;
use crate::store::import_people::staging;
use crate::system::System;
use domain::catalogue::{RiskTier, guess_tier};
use domain::feed::limit::Counts;
use domain::feed::role;
use read::Catalogue;
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use std::path::Path;

/// Roles laid out with one statement.
const BATCH: usize = 500;
/// Examples of each kind in a report, and kept tiers that are named.
const EXAMPLES: i64 = 5;

/// Imports the catalogue `file`: plans, and applies if the options say so and nothing speaks
/// against it.
///
/// # Errors
/// An [`ImportError`] when there is not even a plan. A plan that is not carried out is not an
/// error: see [`ImportReport::refusals`].
pub async fn import_catalogue(
    pool: &PgPool,
    system: &System,
    file: &Path,
    options: &CatalogueOptions,
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
    options: &CatalogueOptions,
    progress: &dyn Progress,
) -> Result<ImportReport, ImportError> {
    let run = Run::begin(Kind::Catalogue, system, file);
    progress.step("Reading the catalogue");
    let path = file.to_owned();
    let catalogue = tokio::task::spawn_blocking(move || read::read(&path))
        .await
        .map_err(|_| ImportError::Interrupted { file: file.display().to_string() })??;

    // Dropped without commit, the transaction is rolled back: every early return changes nothing.
    let mut work = pool.begin().await?;
    let conn = &mut *work;
    if !staging::try_lock(conn).await? {
        return Err(ImportError::Busy);
    }
    store::clear(conn).await?;
    store::lock_catalogue(conn).await?;
    progress.step("Comparing with the catalogue");
    let assigned = applications::assign(&catalogue.usable, &store::application_codes(conn).await?);
    lay_out(conn, &catalogue, &assigned.codes).await?;
    let new_applications = store::add_applications(conn, &run.ids, run.id.0, run.now, run.kind.process(), &assigned.wanted).await?;
    // Once as the file would have it, to see what needs a second person, and once without that.
    difference::write_steps(conn, &run.ids, run.id.0, &limits(), &Held::default()).await?;
    let (waits, held) = proposing::find(conn).await?;
    waiting::clear_steps(conn).await?;
    difference::write_steps(conn, &run.ids, run.id.0, &limits(), &held).await?;
    let mut notes = Vec::new();
    if catalogue.nameless == 0 {
        difference::write_missing(conn, &run.ids, run.id.0).await?;
    } else {
        notes.push(format!("Entries without a readable id: {}. So no role is taken to be missing from this file.", catalogue.nameless));
    }
    if new_applications > 0 {
        notes.push(format!(
            "New applications: {new_applications}. They have no owner; what needs their owner's approval waits until somebody is."
        ));
    }
    let sha256 = catalogue.sha256;
    let mut report = plan(conn, &run, file, options, catalogue, notes).await?;

    progress.step(if options.apply.apply { "Applying" } else { "Trying the plan" });
    store::apply::carry_out(conn, run.now).await?;
    store::apply::write_events(conn, run.now, run.kind.process()).await?;
    report.proposals = proposing::propose(conn, &run, system, options, waits).await?;
    if options.apply.apply && report.refusals.is_empty() {
        let changed = report.counts.changes_anything() || new_applications > 0 || report.proposes_anything();
        run.record(conn, system, sha256, &report.counts, changed).await?;
        store::clear(conn).await?;
        work.commit().await?;
        report.applied = true;
    } else {
        work.rollback().await?;
    }
    Ok(report)
}

/// Copies the roles into the staging table, each with its guessed tier, the reason, and the limits
/// that go with the tier.
async fn lay_out(conn: &mut PgConnection, catalogue: &Catalogue, codes: &[String]) -> Result<(), ImportError> {
    let usable = catalogue.usable.iter().zip(codes).map(|((entry, role), code)| {
        let guess = guess_tier(&role.actions, &role.data_actions);
        json!({
            "entry": entry, "source_id": role.source_id, "usable": true, "name": role.name, "description": role.description,
            "actions": role.actions, "data_actions": role.data_actions, "tier": guess.tier.word(), "tier_reason": guess.reason,
            "longest_days": role::longest_days(guess.tier), "review_every_days": role::review_every_days(guess.tier), "application_code": code,
        })
    });
    let set_aside = catalogue.set_aside.iter().map(|(entry, id)| json!({ "entry": entry, "source_id": id, "usable": false }));
    let rows: Vec<_> = usable.chain(set_aside).collect();
    for batch in rows.chunks(BATCH) {
        store::lay_out(conn, &batch.to_vec().into()).await?;
    }
    Ok(())
}

fn limits() -> Vec<TierLimits> {
    let of = |tier: &RiskTier| TierLimits {
        tier: tier.word(),
        longest_days: role::longest_days(*tier),
        review_every_days: role::review_every_days(*tier),
    };
    RiskTier::ALL.iter().map(of).collect()
}

/// Counts what was written down, and weighs it.
async fn plan(
    conn: &mut PgConnection,
    run: &Run,
    file: &Path,
    options: &CatalogueOptions,
    catalogue: Catalogue,
    mut notes: Vec<String>,
) -> Result<ImportReport, ImportError> {
    let totals = difference::totals(conn).await?;
    let counts = Counts {
        added: count(totals.added),
        changed: count(totals.changed),
        removed: count(totals.missing),
        unchanged: count(totals.usable - totals.added - totals.changed),
        skipped: catalogue.set_aside.len() as u64 + catalogue.nameless,
    };
    let tiers: Vec<String> = difference::guessed_tiers(conn).await?.into_iter().map(|(tier, n)| format!("{n} {tier}")).collect();
    if !tiers.is_empty() {
        notes.push(format!(
            "Risk tiers are guesses from what each role may do: {}. Each has its reason and can be edited.",
            tiers.join(", ")
        ));
    }
    let kept = difference::kept_tiers(conn).await?;
    let named = usize::try_from(EXAMPLES).unwrap_or(0);
    for tier in kept.iter().take(named) {
        notes.push(format!("{} stays {}, as somebody set it; the guess would be {}: {}.", tier.name, tier.tier, tier.guess, tier.reason));
    }
    if kept.len() > named {
        notes.push(format!("More tiers that stay as somebody set them although the guess differs: {}.", kept.len() - named));
    }
    let columns = difference::changed_columns(conn).await?.into_iter().map(|(column, n)| (column, count(n))).collect();
    let examples = difference::examples(conn, EXAMPLES).await?.into_iter().map(example).collect();
    Ok(ImportReport {
        rows: catalogue.entries,
        counts,
        columns,
        examples,
        notes,
        bad_rows: counts.skipped,
        ..run.report(file, &options.apply, catalogue.bad, counts.removed, count(totals.before))
    })
}

fn example(found: difference::Example) -> Example {
    let (action, what) = match found.action.as_str() {
        "add" => ("added", format!("{}, because {}", found.tier, found.tier_reason)),
        "change" => ("changed", found.changed.join(", ")),
        _ => ("removed", "Missing from the catalogue file.".to_owned()),
    };
    Example { action, who: found.name, what }
}
