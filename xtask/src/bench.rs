//! Runs the benchmark of the server, optimised.

use std::process::Stdio;

use crate::command::{forget, remember};
use crate::failure::{Context, Outcome, fail};
use crate::setup;
use crate::test_postgres::TestPostgres;
use crate::workspace::Workspace;

/// Builds and runs it on a throw-away Postgres, unless `DATABASE_URL` names another.
pub fn run(workspace: &Workspace, arguments: &[String]) -> Outcome<()> {
    setup::run(workspace, false)?;
    let mut cargo = workspace.cargo();
    cargo.args(["run", "--release", "--package", "server", "--example", "bench", "--"]).args(arguments);
    let postgres = match std::env::var_os("DATABASE_URL") {
        Some(_) => None,
        None => Some(TestPostgres::start(workspace)?),
    };
    if let Some(postgres) = &postgres {
        cargo.env("SQLX_OFFLINE", "true").env("DATABASE_URL", postgres.url("postgres"));
    }
    // Its table is the result: it goes to the terminal as it comes.
    let mut child = cargo.stdin(Stdio::null()).spawn().context("run the benchmark")?;
    remember(&child);
    let status = child.wait().context("wait for the benchmark");
    forget(&child);
    if status?.success() { Ok(()) } else { fail("the benchmark failed") }
}
