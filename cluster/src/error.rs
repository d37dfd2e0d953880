//! Why a cluster cannot be had, in sentences that end with what to do.

use std::io;
use std::path::PathBuf;

/// Why a cluster cannot be found, started or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// Nothing is installed that we can run.
    #[error(
        "no Postgres 15 or later is installed here: install it (Debian and Ubuntu: `apt-get install postgresql`), name \
         its folder in COUNTERSIGN_POSTGRES_BIN, or set DATABASE_URL to a server that runs elsewhere"
    )]
    NotInstalled,
    /// The data belongs to a version that is not installed.
    #[error(
        "the data directory {} was written by Postgres {written_by}, and installed here is {installed}: install Postgres \
         {written_by}, or move the directory away to begin with an empty one (after `pg_dump`, if you need the data)",
        data.display()
    )]
    OtherVersion {
        /// The data directory.
        data: PathBuf,
        /// Its PG_VERSION.
        written_by: String,
        /// The versions found, as a list.
        installed: String,
    },
    /// A folder that is neither empty nor a data directory.
    #[error(
        "{} is not empty and not a Postgres data directory (it has no readable PG_VERSION): move it away, or choose \
         another data directory",
        data.display()
    )]
    NotADataDirectory {
        /// The folder.
        data: PathBuf,
    },
    /// Root without a user to run Postgres as.
    #[error("Postgres does not run as root and there is no user `postgres`: create one, or run this as another user")]
    NoAccount,
    /// The user that runs Postgres cannot enter the place.
    #[error(
        "Postgres runs as the user `{account}`, who cannot enter {}: give that user the right to enter (`chmod o+x` on \
         the folders above it), or choose another data directory",
        folder.display()
    )]
    OutOfReach {
        /// The user.
        account: String,
        /// The folder.
        folder: PathBuf,
    },
    /// Someone else's folder lies where our socket should be.
    #[error("{} is not a folder that only `{account}` can enter: remove it and start again", folder.display())]
    ForeignSocketFolder {
        /// The user.
        account: String,
        /// The folder.
        folder: PathBuf,
    },
    /// Another process supervises this cluster.
    #[error(
        "the data directory {} is in use by another Countersign process: stop that one, or choose another data directory",
        data.display()
    )]
    InUse {
        /// The data directory.
        data: PathBuf,
    },
    /// A Postgres program failed.
    #[error("{program} failed: {output}")]
    Program {
        /// What was run.
        program: String,
        /// What it said.
        output: String,
    },
    /// Postgres ended while it was starting.
    #[error("Postgres did not start on {}: {log}", data.display())]
    NotStarted {
        /// The data directory.
        data: PathBuf,
        /// The end of its log.
        log: String,
    },
    /// Postgres did not become ready, or did not stop, in time.
    #[error("Postgres (process {pid}) was still {state} after {seconds} seconds: see {}", log.display())]
    TooSlow {
        /// The process.
        pid: u32,
        /// What it was doing.
        state: &'static str,
        /// How long it was waited for.
        seconds: u64,
        /// Its log.
        log: PathBuf,
    },
    /// The operating system refused something.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Turns an I/O error into one that names the file.
pub(crate) trait At<T> {
    fn at(self, action: &'static str, path: impl Into<PathBuf>) -> Result<T, ClusterError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, action: &'static str, path: impl Into<PathBuf>) -> Result<T, ClusterError> {
        self.map_err(|source| ClusterError::Io { action, path: path.into(), source })
    }
}
