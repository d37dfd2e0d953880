//! Which Postgres is installed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

/// The oldest version that the SQL of Countersign runs on.
pub const OLDEST_MAJOR: u32 = 15;

/// One installed Postgres.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// The first part of its version.
    pub major: u32,
    /// The folder with `initdb`, `postgres` and `psql`.
    pub directory: PathBuf,
}

impl Binaries {
    /// The newest that is installed and not too old.
    pub fn newest() -> Option<Self> {
        Self::installed().pop()
    }

    /// All that are installed and not too old, oldest first, one of each major version.
    /// `COUNTERSIGN_POSTGRES_BIN` names one folder to use instead of looking around.
    pub fn installed() -> Vec<Self> {
        let chosen = env::var_os("COUNTERSIGN_POSTGRES_BIN").filter(|folder| !folder.is_empty());
        let folders = chosen.map_or_else(usual_folders, |folder| vec![PathBuf::from(folder)]);
        let mut found = BTreeMap::new();
        for directory in folders {
            if let Some(major) = major_of(&directory).filter(|&major| major >= OLDEST_MAJOR) {
                found.entry(major).or_insert(directory);
            }
        }
        found.into_iter().map(|(major, directory)| Self { major, directory }).collect()
    }

    /// The path of one program.
    pub fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

fn usual_folders() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    // Debian and Ubuntu, Red Hat, Arch and SUSE, Homebrew.
    for (parent, prefix) in [("/usr/lib/postgresql", ""), ("/usr", "pgsql-"), ("/opt/homebrew/opt", "postgresql@")] {
        let Ok(entries) = fs::read_dir(parent) else {
            continue;
        };
        let versions = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
        folders.extend(versions.map(|entry| entry.path().join("bin")));
    }
    folders.push(PathBuf::from("/usr/local/pgsql/bin"));
    // Last: Debian's /usr/bin holds wrappers for some of the programs.
    folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    folders
}

fn major_of(directory: &Path) -> Option<u32> {
    let complete = ["initdb", "postgres", "psql"].iter().all(|name| directory.join(name).is_file());
    if !complete {
        return None;
    }
    let mut command = Command::new(directory.join("postgres"));
    let output = command.arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    major_in(&String::from_utf8_lossy(&output.stdout))
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, `postgres (PostgreSQL) 19beta1`.
fn major_in(version: &str) -> Option<u32> {
    let number = version.split_whitespace().nth(2)?;
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_the_number_before_the_first_dot_or_letter() {
        assert_eq!(major_in("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major_in("postgres (PostgreSQL) 19beta1\n"), Some(19));
        assert_eq!(major_in("postgres: command not found"), None);
    }

    #[test]
    fn a_folder_without_the_programs_is_no_installation() {
        assert_eq!(major_of(Path::new("/nonexistent")), None);
    }
}
