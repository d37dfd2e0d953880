//! Who runs Postgres. `initdb` and `postgres` refuse to run as root, so root runs them as `postgres`.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::unistd::{User, geteuid};

use crate::error::{At, ClusterError};

/// The user that Postgres runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The user's name.
    pub name: String,
    uid: u32,
    gid: u32,
    /// Whether we must become that user.
    other: bool,
}

impl Account {
    /// Ourselves, or `postgres` when we are root.
    pub fn find() -> Result<Self, ClusterError> {
        let ourselves = geteuid();
        let user = if ourselves.is_root() { User::from_name("postgres") } else { User::from_uid(ourselves) };
        match user.ok().flatten() {
            Some(user) => Ok(Self { name: user.name, uid: user.uid.as_raw(), gid: user.gid.as_raw(), other: ourselves.is_root() }),
            None if ourselves.is_root() => Err(ClusterError::NoAccount),
            // A container may run us under a number without a name.
            None => {
                let gid = nix::unistd::getegid().as_raw();
                Ok(Self { name: ourselves.to_string(), uid: ourselves.as_raw(), gid, other: false })
            }
        }
    }

    /// A command that runs as this user, out of reach of the terminal's Ctrl-C: the supervisor stops
    /// the cluster itself, after its own work.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.stdin(Stdio::null()).process_group(0);
        // Settings of the person at the terminal must not reach the cluster.
        for name in ["PGDATA", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSWORD", "PGOPTIONS", "PGSERVICE"] {
            command.env_remove(name);
        }
        command.env("LC_MESSAGES", "C");
        if self.other {
            command.uid(self.uid).gid(self.gid).env("HOME", "/");
        }
        command
    }

    /// Whether this user can enter a folder.
    pub(crate) fn can_enter(&self, folder: &Path) -> bool {
        let mut shell = self.command(Path::new("/bin/sh"));
        shell.args(["-c", "cd -- \"$1\"", "sh"]).arg(folder).current_dir("/");
        shell.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }

    /// Makes a folder that only this user can enter, or makes sure that it is one.
    pub(crate) fn own_folder(&self, folder: &Path) -> Result<(), ClusterError> {
        if !folder.exists() {
            fs::create_dir_all(folder).at("create", folder)?;
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).at("protect", folder)?;
            if self.other {
                chown(folder, Some(self.uid), Some(self.gid)).at("hand over", folder)?;
            }
        }
        let found = fs::symlink_metadata(folder).at("look at", folder)?;
        if found.is_dir() && found.uid() == self.uid && found.mode() & 0o077 == 0 {
            return Ok(());
        }
        Err(ClusterError::ForeignSocketFolder { account: self.name.clone(), folder: folder.to_owned() })
    }
}
