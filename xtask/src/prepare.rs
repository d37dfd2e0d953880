//! The offline query data in `server/.sqlx`: what the SQL macros learnt from a real Postgres, so that
//! a build needs none.
//!
//! The macros do the work: compiled with `DATABASE_URL` they ask the database about every query and
//! write one file each into `SQLX_OFFLINE_DIR`. This recipe gives them a throw-away database with
//! all migrations applied and an empty directory, and then compares or replaces.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, FileTimes};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::command::{attempt, print_lines, step};
use crate::failure::{Context, Outcome, fail};
use crate::inputs::files;
use crate::test_postgres::TestPostgres;
use crate::workspace::{NATIVE, Workspace};

const DATABASE: &str = "prepare";

/// Writes the query data, or with `check` only compares it.
pub fn run(workspace: &Workspace, check: bool) -> Outcome<()> {
    let postgres = TestPostgres::start(workspace)?;
    run_on(workspace, &postgres, check)
}

/// The same on a Postgres that runs already.
pub fn run_on(workspace: &Workspace, postgres: &TestPostgres, check: bool) -> Outcome<()> {
    migrate(workspace, postgres)?;
    let fresh = workspace.target.join("query-data");
    if fresh.exists() {
        fs::remove_dir_all(&fresh).context(format_args!("empty {}", fresh.display()))?;
    }
    fs::create_dir_all(&fresh).context(format_args!("create {}", fresh.display()))?;
    compile(workspace, postgres, &fresh)?;
    let committed = workspace.root.join("server/.sqlx");
    if check { compare(&fresh, &committed) } else { replace(&fresh, &committed) }
}

/// Applies the migrations as the server does: in the order of their names, each in a transaction
/// unless its first line says otherwise.
fn migrate(workspace: &Workspace, postgres: &TestPostgres) -> Outcome<()> {
    let Some(cluster) = postgres.cluster() else {
        return fail("the throw-away Postgres has stopped");
    };
    cluster.ensure_database(DATABASE).context("create a database for the migrations")?;
    let sql = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "sql");
    let down = |path: &PathBuf| path.to_string_lossy().ends_with(".down.sql");
    let migrations: Vec<PathBuf> = files(&workspace.root, &["migrations"])?.into_iter().filter(|path| sql(path) && !down(path)).collect();
    for migration in &migrations {
        let text = fs::read_to_string(migration).context(format_args!("read {}", migration.display()))?;
        let mut psql = cluster.psql(DATABASE);
        if !text.starts_with("-- no-transaction") {
            psql.arg("--single-transaction");
        }
        let finished = attempt("apply the migrations", psql.arg("--file").arg(migration))?;
        if !finished.status.success() {
            print_lines(&finished.lines);
            return fail(format!("the migration {} failed", migration.display()));
        }
    }
    println!("apply the migrations: ok ({})", migrations.len());
    Ok(())
}

fn compile(workspace: &Workspace, postgres: &TestPostgres, fresh: &Path) -> Outcome<()> {
    // Cargo does not know that the query data was asked for anew. A source that is newer than the
    // last compilation makes it compile again; its old time is put back so that nothing else does.
    let _touched = Touched::now(workspace.root.join("server/src/lib.rs"))?;
    let mut cargo = workspace.cargo();
    cargo
        .arg("check")
        .args(NATIVE)
        .args(["--lib", "--bins"])
        .env("DATABASE_URL", postgres.url(DATABASE))
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", fresh);
    if queries_outside_the_library(workspace)? {
        cargo.arg("--all-targets");
    }
    step("ask Postgres about every query", &mut cargo).map(|_| ())
}

/// Whether tests, examples or benchmarks use the SQL macros: then they have to be compiled as well.
fn queries_outside_the_library(workspace: &Workspace) -> Outcome<bool> {
    let macros = ["query!(", "query_as!(", "query_scalar!("];
    for path in files(&workspace.root, &["server/src", "server/tests", "server/examples", "server/benches"])? {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let outside = if path.starts_with(workspace.root.join("server/src")) {
            text.split_once("#[cfg(test)]").map(|(_, tests)| tests)
        } else {
            Some(text.as_str())
        };
        if outside.is_some_and(|text| macros.iter().any(|name| text.contains(name))) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A file with the time of its last change set to now, until dropped.
struct Touched {
    path: PathBuf,
    before: SystemTime,
}

impl Touched {
    fn now(path: PathBuf) -> Outcome<Self> {
        let before = fs::metadata(&path).and_then(|found| found.modified()).context(format_args!("look at {}", path.display()))?;
        set_time(&path, SystemTime::now()).context(format_args!("touch {}", path.display()))?;
        Ok(Self { path, before })
    }
}

impl Drop for Touched {
    fn drop(&mut self) {
        // Without it the next build compiles the server once more than needed.
        let _ = set_time(&self.path, self.before);
    }
}

fn set_time(path: &Path, time: SystemTime) -> std::io::Result<()> {
    File::options().append(true).open(path)?.set_times(FileTimes::new().set_modified(time))
}

fn query_data(folder: &Path) -> Outcome<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    for path in files(folder, &["."])? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("query-") {
            found.insert(name, fs::read(&path).context(format_args!("read {}", path.display()))?);
        }
    }
    Ok(found)
}

fn compare(fresh: &Path, committed: &Path) -> Outcome<()> {
    let (fresh, committed) = (query_data(fresh)?, query_data(committed)?);
    let names: BTreeSet<&String> = fresh.keys().chain(committed.keys()).collect();
    let mut differences = 0;
    for name in names {
        let what = match (fresh.get(name), committed.get(name)) {
            (Some(new), Some(old)) if new == old => continue,
            (Some(new), Some(_)) => format!("changed: {}", sql_in(new)),
            (Some(new), None) => format!("not committed: {}", sql_in(new)),
            (None, Some(old)) => format!("no longer used: {}", sql_in(old)),
            (None, None) => continue,
        };
        differences += 1;
        println!("{name}: {what}");
    }
    if differences == 0 {
        println!("offline query data: {} queries, as committed", fresh.len());
        return Ok(());
    }
    fail(format!("server/.sqlx differs from the queries in {differences} files: run `cargo xtask prepare` and commit the result"))
}

fn sql_in(data: &[u8]) -> String {
    let value: serde_json::Value = serde_json::from_slice(data).unwrap_or_default();
    let sql = value["query"].as_str().unwrap_or("not a query file").split_whitespace().collect::<Vec<_>>().join(" ");
    sql.chars().take(100).collect()
}

fn replace(fresh: &Path, committed: &Path) -> Outcome<()> {
    fs::create_dir_all(committed).context(format_args!("create {}", committed.display()))?;
    let (new, old) = (query_data(fresh)?, query_data(committed)?);
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        fs::remove_file(committed.join(name)).context(format_args!("remove {name}"))?;
    }
    for (name, data) in new.iter().filter(|(name, data)| old.get(*name) != Some(data)) {
        fs::write(committed.join(name), data).context(format_args!("write {name}"))?;
    }
    println!("offline query data: {} queries in server/.sqlx", new.len());
    Ok(())
}
