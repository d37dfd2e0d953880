//! Playwright against a demonstration of its own.

use std::fs;

use serde_json::Value;

use crate::check::Count;
use crate::command::{attempt, print_lines};
use crate::demo_server::DemoServer;
use crate::failure::{Context, Outcome, fail};
use crate::progress::whole_seconds;
use crate::run::build_server;
use crate::setup::{self, Tools};
use crate::site;
use crate::workspace::Workspace;

/// The project of `playwright.config.ts` that takes pictures instead of testing.
const PICTURES: &str = "screenshots";

/// Sets up, builds, and runs the browser tests with these arguments for Playwright.
pub fn run_alone(workspace: &Workspace, arguments: &[String]) -> Outcome<()> {
    let tools = prepare(workspace)?;
    let count = run(workspace, &tools, "browser tests", arguments)?;
    println!("{} passed, {} failed", count.passed, count.failed);
    if count.failed == 0 { Ok(()) } else { fail("browser tests failed") }
}

/// Takes the pictures for the documentation.
pub fn screenshots(workspace: &Workspace) -> Outcome<()> {
    let tools = prepare(workspace)?;
    let arguments = ["--project".to_owned(), PICTURES.to_owned()];
    let count = run(workspace, &tools, PICTURES, &arguments)?;
    if count.failed == 0 { Ok(()) } else { fail("not all pictures could be taken") }
}

fn prepare(workspace: &Workspace) -> Outcome<Tools> {
    let tools = setup::run(workspace, true)?;
    site::build(workspace, &tools)?;
    build_server(workspace)?;
    Ok(tools)
}

/// Runs Playwright on a fresh demonstration. Everything must be built.
pub fn run(workspace: &Workspace, tools: &Tools, label: &str, arguments: &[String]) -> Outcome<Count> {
    let server = DemoServer::start(workspace)?;
    let report = workspace.target.join("browser-tests/report.json");
    if report.exists() {
        fs::remove_file(&report).context(format_args!("remove {}", report.display()))?;
    }
    let mut playwright = tools.node_command(workspace, workspace.npm_program("playwright"));
    playwright
        .args(["test", "--config", "end2end/playwright.config.ts", "--reporter", "list,json"])
        .args(arguments)
        // The configuration offers the project for pictures only when they are asked for.
        .env("COUNTERSIGN_PICTURES", if label == PICTURES { "1" } else { "" })
        .env("BASE_URL", server.url())
        .env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report)
        .env("PLAYWRIGHT_HTML_OPEN", "never");
    let finished = attempt(label, &mut playwright)?;
    drop(server);
    if !finished.status.success() {
        print_lines(&finished.lines);
    }
    let count = count_in(&report).inspect_err(|_| print_lines(&finished.lines))?;
    if finished.status.success() && count.failed == 0 {
        println!("{label}: ok, {} passed ({})", count.passed, whole_seconds(finished.took));
        return Ok(count);
    }
    println!("{label}: {} failed ({})", count.failed, whole_seconds(finished.took));
    // Playwright can fail without a failed test, for instance on a spec that does not compile.
    let mut what_failed = failed_in(&finished.lines);
    if what_failed.is_empty() {
        what_failed.push(format!("{label}: they did not all run"));
    }
    Ok(Count { passed: count.passed, failed: count.failed.max(1), what_failed })
}

/// Titles of failed tests, from the list that Playwright ends with.
fn failed_in(lines: &[String]) -> Vec<String> {
    let mut titles: Vec<String> = lines
        .iter()
        .map(|line| line.trim())
        .filter(|line| line.starts_with('[') && line.contains(" › "))
        .map(|line| line.trim_end_matches([' ', '─']).to_owned())
        .collect();
    titles.sort();
    titles.dedup();
    titles
}

fn count_in(report: &std::path::Path) -> Outcome<Count> {
    let text = fs::read_to_string(report).context("read Playwright's report")?;
    let report: Value = serde_json::from_str(&text).context("understand Playwright's report")?;
    let number = |name: &str| report["stats"][name].as_u64().unwrap_or(0);
    Ok(Count { passed: number("expected") + number("flaky"), failed: number("unexpected"), what_failed: vec![] })
}
