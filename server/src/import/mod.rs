//! Imports: the people feed and the entitlement catalogue, from files, by somebody with a shell.
//!
//! An import first says what it would do; only `apply` does it. One file is one transaction: it is
//! laid out in a staging table, compared as a set, carried out, and then committed or rolled back.
//! A plan is the same transaction rolled back, so that it cannot promise what the database refuses.
//!
//! Rules are in `domain::feed`, SQL in `store::import_people` and `store::import_catalogue`; here
//! are the order of the steps, the reading of files and the report.

mod catalogue;
mod error;
mod people;
pub mod progress;
mod report;
mod source;

pub use catalogue::import_catalogue;
pub use error::ImportError;
pub use people::import_people;
pub use report::{BadRow, Example, ImportReport, Kind, Proposal, Refusal};

use crate::store::import_people::{IdSeed, run};
use crate::system::System;
use domain::feed::columns::ColumnMap;
use domain::feed::limit::{Counts, Share};
use domain::id::{EventId, ImportId};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sqlx::PgConnection;
use std::path::Path;

/// Most bad values an import collects before it stops reading.
pub const BAD_ROWS_MAX: usize = 10_000;

/// What both imports are told.
#[derive(Clone, Debug)]
pub struct ApplyOptions {
    /// Carry the plan out. Without it the plan is only shown.
    pub apply: bool,
    /// Apply what is usable and leave the bad rows out.
    pub skip_bad: bool,
    /// Apply although more is removed than `removal_limit` allows.
    pub confirm_mass_change: bool,
    /// The share of records that may be removed without confirmation.
    pub removal_limit: Share,
}

impl Default for ApplyOptions {
    fn default() -> Self {
        Self { apply: false, skip_bad: false, confirm_mass_change: false, removal_limit: Share::TENTH }
    }
}

/// How to import people.
#[derive(Clone, Debug)]
pub struct PeopleOptions {
    /// What both imports are told.
    pub apply: ApplyOptions,
    /// Titles of the columns, where they differ.
    pub columns: ColumnMap,
    /// Where the organisation is: decides which day it is.
    pub zone: TimeZone,
    /// The day the feed describes, if it is not today. For making history; a live feed has none.
    pub as_of: Option<Date>,
}

impl Default for PeopleOptions {
    fn default() -> Self {
        Self { apply: ApplyOptions::default(), columns: ColumnMap::default(), zone: TimeZone::UTC, as_of: None }
    }
}

/// How to import a catalogue.
#[derive(Clone, Debug)]
pub struct CatalogueOptions {
    /// What both imports are told.
    pub apply: ApplyOptions,
    /// Where the organisation is: decides the year in the numbers of changes.
    pub zone: TimeZone,
    /// Whether the installation sends mails.
    pub sends_mail: bool,
}

impl Default for CatalogueOptions {
    fn default() -> Self {
        Self { apply: ApplyOptions::default(), zone: TimeZone::UTC, sends_mail: false }
    }
}

/// One run: its moment and what its identifiers are made from.
struct Run {
    kind: Kind,
    id: ImportId,
    now: Timestamp,
    ids: IdSeed,
    file_name: String,
}

impl Run {
    fn begin(kind: Kind, system: &System, file: &Path) -> Self {
        let now = system.now();
        let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
        let seed: [u8; 16] = system.random();
        Self {
            kind,
            id: ImportId::new(now, system.random()),
            now,
            ids: IdSeed { millis: format!("{:012x}", millis & 0xffff_ffff_ffff), seed: hex(&seed) },
            file_name: file.file_name().map_or_else(|| file.display().to_string(), |n| n.to_string_lossy().into_owned()),
        }
    }

    /// A plan for a file of which `bad` cannot be used: what speaks against carrying it out when
    /// it removes so many of so many records. Whoever made the plan says what is in it.
    fn report(&self, file: &Path, options: &ApplyOptions, bad: Vec<BadRow>, removed: u64, of: u64) -> ImportReport {
        let mut refusals = Vec::new();
        if !bad.is_empty() && !options.skip_bad {
            refusals.push(Refusal::BadRows);
        }
        let limit = options.removal_limit;
        if limit.is_exceeded_by(removed, of) && !options.confirm_mass_change {
            refusals.push(Refusal::MassChange { removed, of, limit });
        }
        ImportReport {
            kind: self.kind,
            file: file.display().to_string(),
            import: self.id,
            rows: 0,
            counts: Counts::default(),
            columns: vec![],
            examples: vec![],
            notes: vec![],
            proposals: vec![],
            bad_rows: 0,
            bad,
            skip_bad: options.skip_bad,
            refusals,
            asked_to_apply: options.apply,
            applied: false,
        }
    }

    /// Records the run. Its event is written only when something `changed`: the same file twice
    /// leaves no second trace in the trail.
    async fn record(
        &self,
        conn: &mut PgConnection,
        system: &System,
        sha256: [u8; 32],
        counts: &Counts,
        changed: bool,
    ) -> Result<(), ImportError> {
        let Counts { added, changed: altered, removed, unchanged, skipped } = *counts;
        let row = run::Run {
            id: self.id.0,
            kind: self.kind.word(),
            file_name: &self.file_name,
            sha256,
            at: self.now,
            counts: [added, altered, removed, unchanged, skipped].map(stored),
        };
        run::insert(conn, &row).await?;
        if changed {
            let (event, body) = (EventId::new(self.now, system.random()).0, self.event_body(sha256, counts));
            run::insert_event(conn, &row, event, self.kind.applied(), self.kind.process(), &body).await?;
        }
        Ok(())
    }

    /// The body of the run's event: canonical JSON, because its keys are sorted and its values are
    /// short whole numbers and text.
    fn event_body(&self, sha256: [u8; 32], counts: &Counts) -> String {
        let Counts { added, changed, removed, unchanged, skipped } = *counts;
        let file = serde_json::Value::from(self.file_name.as_str());
        let sha256 = hex(&sha256);
        format!(
            r#"{{"added":{added},"changed":{changed},"file":{file},"removed":{removed},"sha256":"{sha256}","skipped":{skipped},"unchanged":{unchanged}}}"#
        )
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}

/// A count of the database as a count of a report.
fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// A count of a report as the database keeps it.
fn stored(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
