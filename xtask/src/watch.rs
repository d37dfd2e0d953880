//! Serves the demonstration and follows the sources: a change rebuilds what it touches and restarts
//! the server. Looks at the times of the files twice a second, which works on every file system.

use std::process::Child;
use std::thread;
use std::time::{Duration, SystemTime};

use crate::command::{interrupted, remember};
use crate::demo_server::stop;
use crate::failure::{Context, Outcome};
use crate::inputs::newest_change;
use crate::run::build_server;
use crate::setup::{self, Tools};
use crate::site::{self, Care};
use crate::workspace::Workspace;

const SOURCES: [&str; 9] = ["domain", "app", "frontend", "server", "cluster", "style", "migrations", "policies", "Cargo.lock"];
const PAUSE: Duration = Duration::from_millis(500);

/// Builds, serves, and begins again on every change.
pub fn run(workspace: &Workspace, arguments: &[String]) -> Outcome<()> {
    let tools = setup::run(workspace, false)?;
    let mut server: Option<Child> = None;
    while !interrupted() {
        let seen = newest_change(&workspace.root, &SOURCES)?;
        match build(workspace, &tools) {
            Ok(()) => {
                if let Some(mut old) = server.take() {
                    stop(&mut old, Duration::from_secs(15));
                }
                server = Some(start(workspace, arguments)?);
            }
            // What the compiler said stands above; the old server goes on meanwhile.
            Err(failure) => println!("{failure}"),
        }
        wait_for_change(workspace, seen)?;
    }
    if let Some(mut last) = server {
        stop(&mut last, Duration::from_secs(15));
    }
    Ok(())
}

fn build(workspace: &Workspace, tools: &Tools) -> Outcome<()> {
    site::build_with(workspace, tools, Care::Quick)?;
    build_server(workspace)
}

fn start(workspace: &Workspace, arguments: &[String]) -> Outcome<Child> {
    let mut server = workspace.command(workspace.server_program());
    server.arg("demo").args(arguments).env("COUNTERSIGN_SITE_ROOT", workspace.site());
    let child = server.spawn().context("start the server")?;
    remember(&child);
    Ok(child)
}

fn wait_for_change(workspace: &Workspace, seen: Option<SystemTime>) -> Outcome<()> {
    while !interrupted() && newest_change(&workspace.root, &SOURCES)? == seen {
        thread::sleep(PAUSE);
    }
    Ok(())
}
