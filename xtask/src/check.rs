//! Every check and test, in the order in which they are cheapest to fail. The last line is always
//! `N passed, N failed`: tests count as themselves, every other step as one. What failed is named once more
//! right above it, however far up it was said.

use std::process::{Command, ExitCode};

use crate::browser_tests;
use crate::command::{attempt, interrupted, print_lines, step};
use crate::failure::{Failure, Outcome};
use crate::prepare;
use crate::progress::whole_seconds;
use crate::run::build_server;
use crate::scim_servers::ScimServers;
use crate::setup::{self, Apt, Tools};
use crate::site;
use crate::size;
use crate::test_postgres::TestPostgres;
use crate::workspace::{NATIVE, Workspace};

/// How many passed and how many failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Count {
    /// Tests and steps that did what they should.
    pub passed: u64,
    /// Those that did not.
    pub failed: u64,
    /// What failed, a line each.
    pub what_failed: Vec<String>,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.what_failed.extend(other.what_failed);
    }

    /// Counts a step that is no test run of its own.
    fn step(&mut self, outcome: Outcome<()>) {
        let one = match outcome {
            Ok(()) => Self { passed: 1, ..Self::default() },
            Err(failure) => Self::failure(&failure),
        };
        self.add(one);
    }

    fn failure(failure: &Failure) -> Self {
        println!("{failure}");
        Self { passed: 0, failed: 1, what_failed: vec![failure.to_string()] }
    }

    /// Counts a test run; one that could not run counts as one failure.
    fn tests(&mut self, outcome: Outcome<Self>) {
        self.add(outcome.unwrap_or_else(|failure| Self::failure(&failure)));
    }
}

/// Runs everything.
pub fn run(workspace: &Workspace) -> Outcome<ExitCode> {
    // What is tested is what is committed, whatever database the developer works with.
    let workspace = &Workspace { offline: true, ..workspace.clone() };
    let mut count = Count::default();
    match setup::run(workspace, true) {
        Ok(tools) => all(workspace, &tools, &mut count),
        Err(failure) => count.step(Err(failure)),
    }
    if interrupted() {
        count.failed += 1;
    }
    for what in &count.what_failed {
        println!("failed: {what}");
    }
    println!("{} passed, {} failed", count.passed, count.failed);
    Ok(if count.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn all(workspace: &Workspace, tools: &Tools, count: &mut Count) {
    count.step(done("formatting", workspace.cargo().args(["fmt", "--all", "--check"])));
    let mut clippy = workspace.cargo();
    clippy.arg("clippy").args(NATIVE).args(["--all-targets", "--", "-D", "warnings"]);
    count.step(done("clippy", &mut clippy));
    count.step(wasm_clippy(workspace, tools));
    let site = site::build(workspace, tools);
    let site_is_there = site.is_ok();
    count.step(site);
    match TestPostgres::start(workspace) {
        Ok(postgres) => {
            count.step(prepare::run_on(workspace, &postgres, true));
            let servers = ScimServers::provide(workspace, tools, &Apt::default());
            count.tests(servers.and_then(|servers| rust_tests(workspace, &postgres, &servers)));
        }
        Err(failure) => count.step(Err(failure)),
    }
    if site_is_there {
        count.tests(build_server(workspace).and_then(|()| browser_tests::run(workspace, tools, "browser tests", &[])));
        count.step(size::run(workspace));
    }
}

fn done(label: &str, command: &mut Command) -> Outcome<()> {
    step(label, command).map(|_| ())
}

fn wasm_clippy(workspace: &Workspace, tools: &Tools) -> Outcome<()> {
    let mut clippy = tools.wasm.clippy(workspace, &Apt::default())?;
    // The profile of the site build, so that its macros and build scripts are compiled once.
    clippy.args(["--profile", "wasm-release", "--", "-D", "warnings"]);
    done("clippy for WASM", &mut clippy)
}

/// Formatted and linted code is tested: all Rust tests, on a real Postgres and real SCIM servers.
fn rust_tests(workspace: &Workspace, postgres: &TestPostgres, servers: &ScimServers) -> Outcome<Count> {
    let mut cargo = workspace.cargo();
    cargo.arg("test").args(NATIVE).arg("--no-fail-fast");
    // The macros read the committed query data; the tests create their databases here.
    cargo.env("SQLX_OFFLINE", "true").env("DATABASE_URL", postgres.url("postgres"));
    servers.tell(&mut cargo);
    let finished = attempt("Rust tests", &mut cargo)?;
    let mut count = count_in(&finished.lines);
    let took = whole_seconds(finished.took);
    if finished.status.success() {
        println!("Rust tests: ok, {} passed ({took})", count.passed);
        return Ok(count);
    }
    print_lines(&finished.lines);
    // Code that does not compile fails no test.
    if count.failed == 0 {
        count.failed = 1;
        count.what_failed.push("Rust tests: they did not all run".to_owned());
    }
    println!("Rust tests: {} failed ({took})", count.failed);
    Ok(count)
}

/// Sums up `test result: ok. 12 passed; 0 failed; …` of every test binary, and keeps the names of
/// `test this_is_so ... FAILED`.
fn count_in(lines: &[String]) -> Count {
    let mut count = Count::default();
    for line in lines {
        if let Some(name) = line.strip_prefix("test ").and_then(|line| line.strip_suffix(" ... FAILED")) {
            count.what_failed.push(name.to_owned());
        }
        let Some(result) = line.strip_prefix("test result: ") else {
            continue;
        };
        let number = |word: &str| {
            let part = result.split([';', '.']).find_map(|part| part.trim().strip_suffix(word));
            part.and_then(|number| number.trim().parse::<u64>().ok()).unwrap_or(0)
        };
        count.add(Count { passed: number("passed"), failed: number("failed"), what_failed: vec![] });
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_results_of_all_test_binaries_are_summed_up() {
        let lines = [
            "running 3 tests",
            "test moves::a_removal_cannot_be_rolled_back ... ok",
            "test moves::what_failed_is_tried_again ... FAILED",
            "test moves::it_stops ... FAILED",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s",
            "test result: FAILED. 5 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.50s",
        ];
        let what_failed = vec!["moves::what_failed_is_tried_again".to_owned(), "moves::it_stops".to_owned()];
        assert_eq!(count_in(&lines.map(str::to_owned)), Count { passed: 8, failed: 2, what_failed });
    }
}
