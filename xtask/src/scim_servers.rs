//! The SCIM servers against which the connector is tested: one in Python, in an environment of its
//! own, and one in Node, whose packages `package-lock.json` names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::command::{ask, step};
use crate::failure::{Context, Outcome, fail};
use crate::setup::{Apt, Tools};
use crate::workspace::Workspace;

/// The oldest Python that all pinned packages accept.
const PYTHON: (u32, u32) = (3, 11);

/// Where the servers' programs are.
pub struct ScimServers {
    python: PathBuf,
    node: PathBuf,
}

impl ScimServers {
    /// Installs what is missing, in the versions of `connector/tests/servers/requirements.txt`.
    pub fn provide(workspace: &Workspace, tools: &Tools, apt: &Apt) -> Outcome<Self> {
        let requirements = workspace.root.join("connector/tests/servers/requirements.txt");
        let wanted = fs::read(&requirements).context(format_args!("read {}", requirements.display()))?;
        let wanted = format!("{:x?}", Sha256::digest(wanted));
        let folder = workspace.target.join("scim-servers");
        let python = folder.join("bin/python");
        let servers = Self { python, node: tools.node_program()? };
        let marker = folder.join("requirements");
        if fs::read_to_string(&marker).is_ok_and(|installed| installed == wanted) && python_version(&servers.python).is_some() {
            println!("SCIM servers: present");
            return Ok(servers);
        }
        python_with_environments(workspace, apt)?;
        let mut environment = workspace.command("python3");
        step("make an environment for the SCIM servers", environment.args(["-m", "venv", "--clear"]).arg(&folder))?;
        let mut pip = workspace.command(&servers.python);
        // Ready-made packages with the hashes of the list: nothing that they bring runs here.
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]);
        step("install the SCIM servers", pip.args(["--require-hashes", "--requirement"]).arg(&requirements))?;
        fs::write(&marker, wanted).context(format_args!("write {}", marker.display()))?;
        Ok(servers)
    }

    /// Tells a test run where they are.
    pub fn tell(&self, command: &mut Command) {
        command.env("COUNTERSIGN_SCIM_PYTHON", &self.python).env("COUNTERSIGN_SCIM_NODE", &self.node);
    }
}

fn python_with_environments(workspace: &Workspace, apt: &Apt) -> Outcome<()> {
    // Debian keeps `ensurepip`, without which no environment can be made, in a package of its own.
    let complete = || ask(Command::new("python3").args(["-c", "import ensurepip, venv"])).is_some();
    if !complete() {
        apt.install(workspace, &["python3", "python3-venv"])?;
    }
    match python_version(Path::new("python3")) {
        Some(version) if version >= PYTHON && complete() => Ok(()),
        _ => fail(format!("install Python {}.{} or later with its module venv: the SCIM servers of the tests need it", PYTHON.0, PYTHON.1)),
    }
}

/// What `python --version` says: `Python 3.11.7`.
fn python_version(program: &Path) -> Option<(u32, u32)> {
    version_in(&ask(Command::new(program).arg("--version"))?)
}

fn version_in(said: &str) -> Option<(u32, u32)> {
    let mut parts = said.trim().strip_prefix("Python ")?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_python_is_read_as_numbers() {
        assert_eq!(version_in("Python 3.11.7\n"), Some((3, 11)));
        assert_eq!(version_in("Python 3.9.2"), Some((3, 9)));
        assert!(version_in("Python 3.9.2") < Some(PYTHON));
        assert_eq!(version_in("pyenv: not found"), None);
    }
}
