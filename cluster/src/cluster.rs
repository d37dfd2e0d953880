//! One cluster: initialised when new, recovered when left behind, started, stopped.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::account::Account;
use crate::binaries::Binaries;
use crate::error::{At, ClusterError};
use crate::initialise::{USER, initialise};
use crate::output::{last_lines, read_from, succeeded};
use crate::place::Place;
use crate::postmaster::{PidFile, left_behind, signal, wait_for_end};
use crate::settings::Settings;

const PAUSE: Duration = Duration::from_millis(20);
/// Recovery after a crash replays what was not yet on disk; that can take a while.
const START_LIMIT: Duration = Duration::from_secs(300);
const STOP_LIMIT: Duration = Duration::from_secs(60);
/// After a killed postmaster its children need a moment to notice and to release shared memory.
const SURVIVORS_LIMIT: Duration = Duration::from_secs(20);
const LONGEST_LOG: u64 = 8 << 20;

/// A running cluster. Dropping it asks Postgres to stop; [`Cluster::stop`] also waits for the end.
#[derive(Debug)]
pub struct Cluster {
    place: Place,
    binaries: Binaries,
    account: Account,
    postmaster: Option<Child>,
    /// Held for as long as we supervise the cluster.
    _lock: File,
}

impl Cluster {
    /// Starts the cluster in this data directory, initialising it when there is none. A Postgres that
    /// a killed predecessor left is stopped first.
    pub fn start(data: &Path, settings: Settings) -> Result<Self, ClusterError> {
        let account = Account::find()?;
        let place = Place::settle(data, &account)?;
        let binaries = choose_binaries(&place)?;
        let lock = place.lock()?;
        stop_left_behind(&place)?;
        account.own_folder(&place.socket)?;
        shorten_log(&place)?;
        if !place.data.join("PG_VERSION").exists() {
            initialise(&place, &binaries, &account, settings)?;
        }
        place.link()?;
        let mut cluster = Self { place, binaries, account, postmaster: None, _lock: lock };
        cluster.launch(settings)?;
        Ok(cluster)
    }

    /// Stops what was left of the cluster in this data directory and removes its files.
    pub fn remove(data: &Path) -> Result<(), ClusterError> {
        let place = Place::settle(data, &Account::find()?)?;
        let _lock = place.lock()?;
        stop_left_behind(&place)?;
        place.remove()
    }

    /// The address of a database for a client on this machine.
    pub fn url(&self, database: &str) -> String {
        let socket = percent_encoded(&self.place.socket.to_string_lossy());
        format!("postgresql:///{}?host={socket}&user={USER}", percent_encoded(database))
    }

    /// Where the cluster lies.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The installed Postgres that it runs on.
    pub fn binaries(&self) -> &Binaries {
        &self.binaries
    }

    /// The process number of Postgres.
    pub fn pid(&self) -> Option<u32> {
        self.postmaster.as_ref().map(Child::id)
    }

    /// `psql` on a database of this cluster, reading no start-up file, stopping at the first error.
    pub fn psql(&self, database: &str) -> Command {
        let mut command = Command::new(self.binaries.program("psql"));
        command.args(["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1"]);
        command.arg(format!("--dbname={}", self.url(database)));
        command
    }

    /// Creates a database unless it exists.
    pub fn ensure_database(&self, database: &str) -> Result<(), ClusterError> {
        let list = "SELECT datname FROM pg_database";
        let known = succeeded("psql", self.psql("postgres").args(["--command", list]).output())?;
        if known.lines().any(|name| name == database) {
            return Ok(());
        }
        let create = format!("CREATE DATABASE \"{}\"", database.replace('"', "\"\""));
        succeeded("psql", self.psql("postgres").args(["--command", &create]).output()).map(|_| ())
    }

    /// Stops Postgres: sessions are ended, everything is written, the process is waited for.
    pub fn stop(mut self) -> Result<(), ClusterError> {
        let Some(mut postmaster) = self.postmaster.take() else {
            return Ok(());
        };
        signal(postmaster.id(), Signal::SIGINT);
        if wait_for_child(&mut postmaster, STOP_LIMIT) {
            return Ok(());
        }
        // It still recovers from its log at the next start.
        signal(postmaster.id(), Signal::SIGQUIT);
        if wait_for_child(&mut postmaster, STOP_LIMIT) {
            return Ok(());
        }
        Err(too_slow(postmaster.id(), "stopping", STOP_LIMIT * 2, &self.place))
    }

    fn launch(&mut self, settings: Settings) -> Result<(), ClusterError> {
        let started = Instant::now();
        loop {
            let log = File::options().create(true).append(true).open(&self.place.log).at("open", &self.place.log)?;
            let before = log.metadata().at("look at", &self.place.log)?.len();
            let mut postmaster = self.postgres(&log, settings)?.spawn().at("run", self.binaries.program("postgres"))?;
            if self.wait_until_ready(&mut postmaster, started)? {
                self.postmaster = Some(postmaster);
                return Ok(());
            }
            let said = read_from(&self.place.log, before)?;
            let survivors = said.contains("pre-existing shared memory block") || said.contains("lock file \"postmaster.pid\"");
            if !survivors || started.elapsed() > SURVIVORS_LIMIT {
                return Err(ClusterError::NotStarted { data: self.place.data.clone(), log: last_lines(&said) });
            }
            thread::sleep(Duration::from_millis(300));
        }
    }

    fn postgres(&self, log: &File, settings: Settings) -> Result<Command, ClusterError> {
        let output = |file: &File| file.try_clone().at("open", &self.place.log);
        let mut command = self.account.command(&self.binaries.program("postgres"));
        command.current_dir(&self.place.data).stdout(output(log)?).stderr(output(log)?);
        command.arg("-D").arg(&self.place.data);
        for option in settings.options() {
            command.arg("-c").arg(option);
        }
        command.arg("-c").arg(format!("unix_socket_directories={}", self.place.socket.display()));
        Ok(command)
    }

    /// Whether Postgres accepts connections; `false` when it has ended instead.
    fn wait_until_ready(&self, postmaster: &mut Child, started: Instant) -> Result<bool, ClusterError> {
        loop {
            if PidFile::read(&self.place.data).is_some_and(|file| file.pid == postmaster.id() && file.ready) {
                return Ok(true);
            }
            if postmaster.try_wait().at("wait for", &self.place.data)?.is_some() {
                return Ok(false);
            }
            if started.elapsed() > START_LIMIT {
                signal(postmaster.id(), Signal::SIGQUIT);
                return Err(too_slow(postmaster.id(), "starting", START_LIMIT, &self.place));
            }
            thread::sleep(PAUSE);
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(postmaster) = &mut self.postmaster {
            signal(postmaster.id(), Signal::SIGINT);
            // Briefly, so that the usual short stop leaves nothing behind; the next start copes with more.
            wait_for_child(postmaster, Duration::from_secs(5));
        }
    }
}

fn choose_binaries(place: &Place) -> Result<Binaries, ClusterError> {
    let mut installed = Binaries::installed();
    let empty = fs::read_dir(&place.data).map_or(true, |mut entries| entries.next().is_none());
    if empty {
        return installed.pop().ok_or(ClusterError::NotInstalled);
    }
    let Ok(written_by) = fs::read_to_string(place.data.join("PG_VERSION")) else {
        return Err(ClusterError::NotADataDirectory { data: place.data.clone() });
    };
    let written_by = written_by.trim().to_owned();
    if installed.is_empty() {
        return Err(ClusterError::NotInstalled);
    }
    let versions: Vec<String> = installed.iter().map(|found| found.major.to_string()).collect();
    installed.into_iter().find(|found| found.major.to_string() == written_by).ok_or_else(|| ClusterError::OtherVersion {
        data: place.data.clone(),
        written_by,
        installed: versions.join(", "),
    })
}

fn stop_left_behind(place: &Place) -> Result<(), ClusterError> {
    let Some(pid) = left_behind(&place.data) else {
        return Ok(());
    };
    signal(pid, Signal::SIGINT);
    if wait_for_end(pid, STOP_LIMIT) {
        return Ok(());
    }
    signal(pid, Signal::SIGQUIT);
    if wait_for_end(pid, STOP_LIMIT) { Ok(()) } else { Err(too_slow(pid, "stopping", STOP_LIMIT * 2, place)) }
}

fn wait_for_child(child: &mut Child, limit: Duration) -> bool {
    let started = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(_)) | Err(_) => return true,
            Ok(None) if started.elapsed() > limit => return false,
            Ok(None) => thread::sleep(PAUSE),
        }
    }
}

fn too_slow(pid: u32, state: &'static str, limit: Duration, place: &Place) -> ClusterError {
    ClusterError::TooSlow { pid, state, seconds: limit.as_secs(), log: place.log.clone() }
}

fn shorten_log(place: &Place) -> Result<(), ClusterError> {
    if fs::metadata(&place.log).is_ok_and(|log| log.len() > LONGEST_LOG) {
        fs::rename(&place.log, place.log.with_extension("log.old")).at("rename", &place.log)?;
    }
    Ok(())
}

fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.');
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_no_letter_that_would_end_it() {
        assert_eq!(percent_encoded("/a b/ü&c"), "/a%20b/%C3%BC%26c");
    }
}
