//! How long the people import takes and how much memory this process needs for it. The people are
//! made up here and written to a temporary file as they are made.

use server::import::progress::Silent;
use server::import::{ApplyOptions, PeopleOptions, import_people};
use server::system::System;
use sqlx::PgPool;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

/// What was measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// People in the file.
    pub people: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// The first import, into a database without them.
    pub first: Duration,
    /// The same file again.
    pub again: Duration,
    /// A file in which one person in a hundred has a new title and one in two hundred is gone.
    pub next_day: Duration,
    /// Peak resident memory of this process so far, in mebibytes.
    pub peak_mib: u64,
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { people, bytes, first, again, next_day, peak_mib } = self;
        write!(
            f,
            "import of {people} people ({} MiB): first {:.1} s, again {:.1} s, next day {:.1} s, peak memory {peak_mib} MiB",
            bytes / 1_048_576,
            first.as_secs_f64(),
            again.as_secs_f64(),
            next_day.as_secs_f64()
        )
    }
}

/// Imports `people` made-up people three times into an empty database and measures.
///
/// # Errors
/// When the file cannot be written, the database refuses, or the outcome is not the expected one.
pub async fn run(pool: &PgPool, people: u64) -> Result<Measured, Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir();
    let first_file = folder.join(format!("countersign-bench-{people}-{}.csv", std::process::id()));
    let next_file = first_file.with_extension("next.csv");
    write_feed(&first_file, people, false)?;
    write_feed(&next_file, people, true)?;
    let measured = measure(pool, people, &first_file, &next_file).await;
    std::fs::remove_file(&first_file)?;
    std::fs::remove_file(&next_file)?;
    measured
}

async fn measure(pool: &PgPool, people: u64, first_file: &Path, next_file: &Path) -> Result<Measured, Box<dyn std::error::Error>> {
    let (first, added) = timed(pool, first_file).await?;
    let (again, same) = timed(pool, first_file).await?;
    let (next_day, moved) = timed(pool, next_file).await?;
    if (added.added, same.unchanged) != (people, people) || moved.changed == 0 || moved.removed == 0 {
        return Err(format!("not what was expected: {added:?}, {same:?}, {moved:?}").into());
    }
    Ok(Measured { people, bytes: std::fs::metadata(first_file)?.len(), first, again, next_day, peak_mib: peak_mib()? })
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
async fn timed(pool: &PgPool, file: &Path) -> Result<(Duration, domain::feed::limit::Counts), Box<dyn std::error::Error>> {
    let options = PeopleOptions { apply: ApplyOptions { apply: true, ..ApplyOptions::default() }, ..PeopleOptions::default() };
    let start = std::time::Instant::now();
    let report = import_people(pool, &System::real(), file, &options, &Silent).await?;
    if report.applied { Ok((start.elapsed(), report.counts)) } else { Err(report.to_string().into()) }
}

/// A feed of people numbered from 1, eight reports to a manager, two hundred departments.
fn write_feed(path: &Path, people: u64, next_day: bool) -> std::io::Result<()> {
    const GIVEN: [&str; 12] = ["Ada", "Grace", "Alan", "Kurt", "Emmy", "Paul", "Sofja", "Carl", "Lise", "Niels", "Marie", "Max"];
    const FAMILY: [&str; 9] = ["Berg", "Strand", "Keller", "Moreau", "Novak", "Silva", "Okafor", "Tanaka", "Lindqvist"];
    let pick = |list: &[&'static str], n: u64| list.get(usize::try_from(n % list.len() as u64).unwrap_or(0)).copied().unwrap_or_default();
    let mut out = BufWriter::new(std::fs::File::create(path)?);
    writeln!(out, "employee_number,given_name,family_name,email,department,title,manager_employee_number,hire_date,end_date,worker_type")?;
    for n in 1..=people {
        // Whoever leads others stays, so that nobody's manager is missing.
        if next_day && n % 200 == 199 && n * 8 > people {
            continue;
        }
        let manager = if n == 1 { String::new() } else { (n / 8).max(1).to_string() };
        let title = if next_day && n % 100 == 0 { "Principal" } else { "Specialist" };
        let (given, family) = (pick(&GIVEN, n), pick(&FAMILY, n / 12));
        writeln!(
            out,
            "{n},{given},{family} {},p{n}@example.com,Department {},{title},{manager},{}-01-15,,employee",
            n / 108,
            n % 200,
            1990 + n % 30
        )?;
    }
    out.flush()
}

/// The high-water mark of this process's resident memory.
fn peak_mib() -> std::io::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let kib =
        status.lines().find_map(|l| l.strip_prefix("VmHWM:")).and_then(|l| l.trim().trim_end_matches(" kB").trim().parse::<u64>().ok());
    Ok(kib.unwrap_or(0) / 1_024)
}
