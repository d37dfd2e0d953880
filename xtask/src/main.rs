//! The recipes of this repository: set-up, site build, test database, browser tests, benchmarks.
//! One file per noun; the Makefile and `.ci/run` only call what is here.

#![expect(clippy::disallowed_methods, reason = "recipes measure how long their steps take; they are no part of the product")]

mod bench;
mod browser_tests;
mod check;
mod clean;
mod command;
mod demo_server;
mod failure;
mod inputs;
mod prepare;
mod progress;
mod run;
mod scim_servers;
mod setup;
mod site;
mod site_files;
mod size;
mod test_postgres;
mod wasm_target;
mod watch;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::Outcome;
use crate::workspace::Workspace;

/// Recipes of the Countersign repository.
#[derive(Parser)]
#[command(name = "xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    recipe: Recipe,
}

#[derive(Subcommand)]
enum Recipe {
    /// Install what is missing: Postgres binaries, Node packages, the WASM target
    Setup {
        /// Also the browser for the browser tests
        #[arg(long)]
        browser: bool,
    },
    /// Build what the browser loads into target/site
    Site,
    /// Set up, build, and serve the demonstration organisation
    Run {
        /// Passed to `countersign demo`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Every check and test; ends with `N passed, N failed`
    Test,
    /// Write the offline query data that the SQL macros are compiled with
    Prepare {
        /// Only compare with what is committed
        #[arg(long)]
        check: bool,
    },
    /// Serve the demonstration organisation; rebuild and restart on change
    Watch {
        /// Passed to `countersign demo`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Measure the server under load
    Bench {
        /// Passed to the benchmark
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Only the browser tests
    E2e {
        /// Passed to Playwright
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Take the pictures of the documentation (docs/images)
    Screenshots,
    /// The first load against its budget
    Size,
    /// Remove what was built and the demonstration data of this checkout
    Clean,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match carry_out(arguments.recipe) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn carry_out(recipe: Recipe) -> Outcome<ExitCode> {
    command::watch_signals()?;
    let workspace = Workspace::locate()?;
    let done = ExitCode::SUCCESS;
    match recipe {
        Recipe::Setup { browser } => setup::run(&workspace, browser).map(|_| done),
        Recipe::Site => {
            let tools = setup::run(&workspace, false)?;
            site::build(&workspace, &tools).map(|_| done)
        }
        Recipe::Run { arguments } => run::serve(&workspace, &arguments).map(|()| done),
        Recipe::Test => check::run(&workspace),
        Recipe::Prepare { check } => prepare::run(&workspace, check).map(|()| done),
        Recipe::Watch { arguments } => watch::run(&workspace, &arguments).map(|()| done),
        Recipe::Bench { arguments } => bench::run(&workspace, &arguments).map(|()| done),
        Recipe::E2e { arguments } => browser_tests::run_alone(&workspace, &arguments).map(|()| done),
        Recipe::Screenshots => browser_tests::screenshots(&workspace).map(|()| done),
        Recipe::Size => size::run(&workspace).map(|()| done),
        Recipe::Clean => clean::run(&workspace).map(|()| done),
    }
}
