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
    let mut what_failed = count.what_failed;
    if what_failed.is_empty() {
        what_failed.push(format!("{label}: they did not all run"));
    }
    Ok(Count { passed: count.passed, failed: count.failed.max(1), what_failed })
}

/// Reads Playwright's report: how many passed and failed, and of each that failed its title and the
/// first thing that was wrong, so that both stand at the very end of what a run prints.
fn count_in(report: &std::path::Path) -> Outcome<Count> {
    let text = fs::read_to_string(report).context("read Playwright's report")?;
    let report: Value = serde_json::from_str(&text).context("understand Playwright's report")?;
    let number = |name: &str| report["stats"][name].as_u64().unwrap_or(0);
    let mut what_failed = vec![];
    failed_in(&report, &mut what_failed);
    Ok(Count { passed: number("expected") + number("flaky"), failed: number("unexpected"), what_failed })
}

/// A suite holds specs and further suites; a spec's tests hold a result for each time they ran.
fn failed_in(suite: &Value, into: &mut Vec<String>) {
    let all = |of: &Value, name: &str| of[name].as_array().cloned().unwrap_or_default();
    for spec in all(suite, "specs") {
        let results = all(&spec, "tests").iter().flat_map(|test| all(test, "results")).collect::<Vec<_>>();
        if let Some(failed) = results.iter().find(|result| !matches!(result["status"].as_str(), Some("passed" | "skipped"))) {
            let place = format!("{}:{}", spec["file"].as_str().unwrap_or_default(), spec["line"]);
            let wrong = failed["errors"][0]["message"].as_str().map(plain).unwrap_or_default();
            into.push(format!("{place} {}: {wrong}", spec["title"].as_str().unwrap_or_default()));
        }
    }
    for inner in all(suite, "suites") {
        failed_in(&inner, into);
    }
}

/// The text on one line and without the terminal's colours, at most 600 characters.
fn plain(message: &str) -> String {
    let mut parts = message.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    let text = parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest));
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(600).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_is_named_with_the_first_thing_that_was_wrong() {
        let error = "Error: /inbox at 360 px\n\n\u{1b}[2mexpect(\u{1b}[22m\u{1b}[31mreceived\u{1b}[39m)";
        let spec = |title: &str, status: &str| {
            serde_json::json!({ "title": title, "file": "access.spec.ts", "line": 58,
                "tests": [{ "results": [{ "status": status, "errors": [{ "message": error }] }] }] })
        };
        let report = serde_json::json!({ "suites": [{ "specs": [spec("one", "passed")], "suites": [{ "specs": [spec("two", "failed"), spec("three", "timedOut")] }] }] });
        let mut found = vec![];
        failed_in(&report, &mut found);
        let wrong = "Error: /inbox at 360 px expect(received)";
        assert_eq!(found, [format!("access.spec.ts:58 two: {wrong}"), format!("access.spec.ts:58 three: {wrong}")]);
    }
}
