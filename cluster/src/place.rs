//! Where a cluster lies: its data directory, its socket, its log, its lock.
//!
//! For a data directory `…/.countersign/postgres` the neighbours are `postgres.log`, `postgres.lock`
//! and `socket/`. When Postgres has to run as another user who cannot enter there (a checkout under
//! root's home), the cluster lies in `/var/lib/countersign/<hash>/` instead and a symbolic link
//! points to it. A socket path has at most 107 bytes; a longer one moves to the temporary directory.

use std::fs::{self, File, TryLockError};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::account::Account;
use crate::error::{At, ClusterError};

const ELSEWHERE: &str = "/var/lib/countersign";
/// `sun_path` of a socket address less its final zero.
const LONGEST_SOCKET_PATH: usize = 107;
const SOCKET_NAME: &str = ".s.PGSQL.5432";

/// The files of one cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The data directory, as Postgres is told it.
    pub data: PathBuf,
    /// The folder of the socket.
    pub socket: PathBuf,
    /// What Postgres says.
    pub log: PathBuf,
    /// Held while a process supervises the cluster.
    lock: PathBuf,
    /// The data directory that was asked for.
    asked: PathBuf,
}

impl Place {
    /// Settles where the cluster of this data directory lies, without creating it.
    pub fn settle(asked: &Path, account: &Account) -> Result<Self, ClusterError> {
        let asked = std::path::absolute(asked).at("resolve", asked)?;
        let parent = asked.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(parent).at("create", parent)?;
        let parent = parent.canonicalize().at("resolve", parent)?;
        let asked = parent.join(asked.file_name().unwrap_or_default());
        if let Ok(target) = fs::read_link(&asked) {
            // A link whose target is gone counts as one: the cluster is made anew behind it.
            let behind = target.parent().unwrap_or(Path::new("/"));
            fs::create_dir_all(behind).at("create", behind)?;
            return Ok(Self::at(asked, parent.join(&target)));
        }
        if account.can_enter(&parent) {
            return Ok(Self::at(asked.clone(), asked));
        }
        if asked.exists() {
            return Err(ClusterError::OutOfReach { account: account.name.clone(), folder: parent });
        }
        let elsewhere = Path::new(ELSEWHERE).join(hash_of(&asked));
        fs::create_dir_all(&elsewhere).at("create", &elsewhere)?;
        if !account.can_enter(&elsewhere) {
            return Err(ClusterError::OutOfReach { account: account.name.clone(), folder: elsewhere });
        }
        Ok(Self::at(asked, elsewhere.join("postgres")))
    }

    fn at(asked: PathBuf, data: PathBuf) -> Self {
        let beside = |suffix: &str| {
            let mut name = data.file_name().unwrap_or_default().to_owned();
            name.push(suffix);
            data.with_file_name(name)
        };
        let near = data.with_file_name("socket");
        let fits = near.join(SOCKET_NAME).as_os_str().as_bytes().len() <= LONGEST_SOCKET_PATH;
        let socket = if fits { near } else { std::env::temp_dir().join(format!("countersign-{}", hash_of(&data))) };
        Self { socket, log: beside(".log"), lock: beside(".lock"), asked, data }
    }

    /// Where `initdb` works before its result takes the place of the data directory.
    pub(crate) fn unfinished(&self) -> PathBuf {
        self.data.with_extension("unfinished")
    }

    /// Takes the lock; it ends with the file, so also when this process is killed.
    pub(crate) fn lock(&self) -> Result<File, ClusterError> {
        let file = File::options().create(true).truncate(false).write(true).open(&self.lock).at("open", &self.lock)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(ClusterError::InUse { data: self.asked.clone() }),
            Err(TryLockError::Error(source)) => Err(ClusterError::Io { action: "lock", path: self.lock.clone(), source }),
        }
    }

    /// Lets the directory that was asked for lead to where the cluster lies.
    pub(crate) fn link(&self) -> Result<(), ClusterError> {
        if self.asked == self.data || fs::symlink_metadata(&self.asked).is_ok() {
            return Ok(());
        }
        symlink(&self.data, &self.asked).at("link", &self.asked)
    }

    /// Removes the cluster's files. The caller holds the lock and has stopped the cluster.
    pub(crate) fn remove(&self) -> Result<(), ClusterError> {
        for folder in [&self.data, &self.unfinished(), &self.socket] {
            if folder.exists() {
                fs::remove_dir_all(folder).at("remove", folder)?;
            }
        }
        for file in [&self.log, &self.lock] {
            if file.exists() {
                fs::remove_file(file).at("remove", file)?;
            }
        }
        if self.asked == self.data {
            return Ok(());
        }
        if fs::symlink_metadata(&self.asked).is_ok() {
            fs::remove_file(&self.asked).at("remove", &self.asked)?;
        }
        if let Some(folder) = self.data.parent().filter(|folder| folder.parent() == Some(Path::new(ELSEWHERE))) {
            fs::remove_dir_all(folder).at("remove", folder)?;
        }
        Ok(())
    }
}

/// A short name for a path (FNV-1a): the same in every build, unlike the standard library's hasher.
fn hash_of(path: &Path) -> String {
    let bytes = path.as_os_str().as_bytes();
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_path_keeps_its_socket_beside_the_data() {
        let place = Place::at("/srv/app/.countersign/postgres".into(), "/srv/app/.countersign/postgres".into());
        assert_eq!(place.socket, Path::new("/srv/app/.countersign/socket"));
        assert_eq!(place.log, Path::new("/srv/app/.countersign/postgres.log"));
    }

    #[test]
    fn a_long_path_moves_its_socket_to_the_temporary_directory() {
        let data = Path::new("/").join("a".repeat(120)).join("postgres");
        let place = Place::at(data.clone(), data);
        assert!(place.socket.starts_with(std::env::temp_dir()));
        assert!(place.socket.join(SOCKET_NAME).as_os_str().len() <= LONGEST_SOCKET_PATH);
    }
}
