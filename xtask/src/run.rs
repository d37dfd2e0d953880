//! `make run`: from a bare machine to the demonstration organisation in the browser.

use std::os::unix::process::CommandExt;

use crate::command::step;
use crate::failure::{Context, Outcome};
use crate::setup;
use crate::site;
use crate::workspace::{NATIVE, Workspace};

/// Sets up, builds, and becomes the server.
pub fn serve(workspace: &Workspace, arguments: &[String]) -> Outcome<()> {
    let tools = setup::run(workspace, false)?;
    site::build(workspace, &tools)?;
    build_server(workspace)?;
    let mut server = workspace.command(workspace.server_program());
    server.arg("demo").args(arguments).env("COUNTERSIGN_SITE_ROOT", workspace.site());
    // Only returns when it fails: this process becomes the server, which then owns the terminal.
    Err(server.exec()).context("start the server")
}

/// Compiles the server.
pub fn build_server(workspace: &Workspace) -> Outcome<()> {
    let mut cargo = workspace.cargo();
    cargo.arg("build").args(NATIVE).args(["--bin", "countersign"]);
    step("compile the server", &mut cargo).map(|_| ())
}
