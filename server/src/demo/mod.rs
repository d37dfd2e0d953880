//! The demonstration organisation: real people and a real catalogue from `demo/`, a small authored
//! layer on top, and a year of history at a fixed seed.
//!
//! The history is not written into tables: the people ask, decide and carry out through the same
//! use-cases as everyone, with a clock that runs through the year. So every record in it has its
//! gates, its decisions and its events, and could be audited. Nothing here runs outside
//! demonstration mode.

mod directories;
mod history;
mod organisation;
mod rules;

pub use directories::fill as fill_directories;

use crate::config::Config;
use crate::import::{ApplyOptions, CatalogueOptions, ImportError, PeopleOptions, import_catalogue, import_people};
use crate::policy::PolicySet;
use crate::store;
use crate::store::error::StoreError;
use crate::system::{CountingStopwatch, SeededEntropy, SetClock, System};
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use app::account::port::DemoPerson;
use app::error::AppError;
use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sqlx::PgPool;
use std::path::Path;
use std::sync::Arc;

/// Everything about the demonstration that could be chosen by chance is chosen by this.
const SEED: u64 = 0x00C0_FFEE_2026;

/// The people feed; see `demo/SOURCE.md` for source, licence and attribution.
const PEOPLE: &[u8] = include_bytes!("../../../demo/people-2000-12-31.csv");
/// The catalogue; see `demo/SOURCE.md` for source and licence.
const CATALOGUE: &[u8] = include_bytes!("../../../demo/azure_builtin_roles.json");

/// Why the demonstration could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A file could not be laid out beside the database.
    #[error("the demonstration's files could not be written to {path}: {source}")]
    File {
        /// Where.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The import of the shipped files failed.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The import refused the shipped files.
    #[error("the demonstration's files were refused: {0}")]
    Refused(String),
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A step of the history was refused that should not have been.
    #[error("the demonstration's history stopped: {0}")]
    History(AppError),
    /// The shipped files do not contain what the demonstration stands on.
    #[error("the demonstration's data has no {0}")]
    Missing(String),
}

impl From<UseCaseError> for DemoError {
    fn from(error: UseCaseError) -> Self {
        match error {
            UseCaseError::Store(fault) => Self::Store(fault),
            UseCaseError::Answer(answer) => Self::History(answer),
        }
    }
}

/// Loads the demonstration unless it is there, and gives the people that the sign-in page offers.
/// Prints one line a step, as the start of the server does.
///
/// # Errors
/// [`DemoError`]; what was loaded before stays, and the next start goes on from an empty database
/// only, so a half-loaded one has to be removed (`make clean`).
pub async fn load(pool: &PgPool, system: &System, config: &Config, policies: &Arc<PolicySet>) -> Result<Vec<DemoPerson>, DemoError> {
    let zone = &config.zone;
    let mut conn = pool.acquire().await.map_err(StoreError::from)?;
    let loaded = store::demo::cast(&mut conn).await?;
    drop(conn);
    if !loaded.is_empty() {
        return Ok(loaded);
    }
    let clock = SetClock::at(beginning(system.now()));
    let past = System::new(Arc::new(clock.clone()), Arc::new(SeededEntropy::new(SEED)), Arc::new(CountingStopwatch::default()));
    println!("demo       importing 10,000 people and 928 roles");
    import_files(pool, &past, zone, &config.data_dir).await?;
    let base = Base::new(pool.clone(), past, policies.clone(), zone.clone()).await?;
    let cast = organisation::author(&base).await?;
    println!("demo       living through a year of requests, decisions and releases");
    history::live(&base, &clock, system.now(), &cast).await?;
    directories::connect(&base, &cast).await?;
    // The cast goes in last: it marks a demonstration that was loaded whole.
    organisation::open_doors(&base, &cast).await?;
    let mut conn = pool.acquire().await.map_err(StoreError::from)?;
    Ok(store::demo::cast(&mut conn).await?)
}

/// A year before today, in the morning.
fn beginning(now: Timestamp) -> Timestamp {
    let start = now.saturating_sub(SignedDuration::from_hours(365 * 24)).unwrap_or(now);
    start.to_zoned(TimeZone::UTC).date().at(7, 0, 0, 0).to_zoned(TimeZone::UTC).map_or(start, |zoned| zoned.timestamp())
}

async fn import_files(pool: &PgPool, system: &System, zone: &TimeZone, data_dir: &Path) -> Result<(), DemoError> {
    let folder = data_dir.join("demo");
    let failed = |source| DemoError::File { path: folder.display().to_string(), source };
    tokio::fs::create_dir_all(&folder).await.map_err(failed)?;
    let people = folder.join("people-2000-12-31.csv");
    let roles = folder.join("azure_builtin_roles.json");
    tokio::fs::write(&people, PEOPLE).await.map_err(failed)?;
    tokio::fs::write(&roles, CATALOGUE).await.map_err(failed)?;
    let apply = ApplyOptions { apply: true, skip_bad: true, ..ApplyOptions::default() };
    let options = PeopleOptions { apply: apply.clone(), zone: zone.clone(), as_of: Some(date(2000, 12, 31)), ..PeopleOptions::default() };
    for report in [
        import_people(pool, system, &people, &options, &crate::import::progress::Silent).await?,
        import_catalogue(
            pool,
            system,
            &roles,
            &CatalogueOptions { apply, zone: zone.clone(), sends_mail: false },
            &crate::import::progress::Silent,
        )
        .await?,
    ] {
        if !report.applied {
            return Err(DemoError::Refused(report.to_string()));
        }
    }
    Ok(())
}
