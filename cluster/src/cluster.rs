//! One cluster: initialised when new, recovered when left behind, started, stopped.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::process::{Child, Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::account::Account;
use crate::binaries::Binaries;
use crate::error::{At, ClusterError};
use crate::place::Place;
use crate::postmaster::{PidFile, left_behind, signal, wait_for_end};

/// The database user of the cluster, its owner.
const USER: &str = "countersign";
const PAUSE: Duration = Duration::from_millis(20);
/// Recovery after a crash replays what was not yet on disk; that can take a while.
const START_LIMIT: Duration = Duration::from_secs(300);
const STOP_LIMIT: Duration = Duration::from_secs(60);
/// After a killed postmaster its children need a moment to notice and to release shared memory.
const SURVIVORS_LIMIT: Duration = Duration::from_secs(20);
const LONGEST_LOG: u64 = 8 << 20;

/// What a cluster is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Whether committed data must survive a power failure. Only tests may say no.
    pub durable: bool,
    /// How many connections it accepts.
    pub connections: u16,
}

impl Settings {
    /// For data that matters: `fsync=on`.
    pub const DURABLE: Self = Self { durable: true, connections: 100 };
    /// For tests: fast, many connections, lost in a power failure.
    pub const THROW_AWAY: Self = Self { durable: false, connections: 200 };

    fn options(self) -> Vec<String> {
        let on = if self.durable { "on" } else { "off" };
        let mut options = vec![
            format!("fsync={on}"),
            format!("full_page_writes={on}"),
            format!("synchronous_commit={on}"),
            format!("max_connections={}", self.connections),
            "listen_addresses=".to_owned(),
            "port=5432".to_owned(),
            "unix_socket_permissions=0700".to_owned(),
            "logging_collector=off".to_owned(),
            "log_destination=stderr".to_owned(),
            "timezone=UTC".to_owned(),
            "log_timezone=UTC".to_owned(),
        ];
        if !self.durable {
            options.push("max_wal_size=4GB".to_owned());
            options.push("autovacuum_naptime=1h".to_owned());
        }
        options
    }
}

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
        let Some(mut postmaster) = self.postmaster.take() else { return Ok(()) };
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
    if !place.data.exists() {
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
    let Some(pid) = left_behind(&place.data) else { return Ok(()) };
    signal(pid, Signal::SIGINT);
    if wait_for_end(pid, STOP_LIMIT) {
        return Ok(());
    }
    signal(pid, Signal::SIGQUIT);
    if wait_for_end(pid, STOP_LIMIT) { Ok(()) } else { Err(too_slow(pid, "stopping", STOP_LIMIT * 2, place)) }
}

/// Initialises beside the final place and moves the result there whole: a start that is killed
/// half-way leaves no half data directory.
fn initialise(place: &Place, binaries: &Binaries, account: &Account, settings: Settings) -> Result<(), ClusterError> {
    let unfinished = place.unfinished();
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).at("remove", &unfinished)?;
    }
    account.own_folder(&unfinished)?;
    let mut command = account.command(&binaries.program("initdb"));
    command.current_dir(&unfinished).arg("--pgdata").arg(&unfinished);
    // `trust` among those who can open the socket, and only our user can enter its folder.
    command.args(["--auth-local=trust", "--auth-host=reject", "--username", USER]);
    command.args(["--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"]);
    if !settings.durable {
        command.arg("--no-sync");
    }
    succeeded("initdb", command.output())?;
    fs::rename(&unfinished, &place.data).at("move the new cluster to", &place.data)
}

fn succeeded(program: &str, output: std::io::Result<Output>) -> Result<String, ClusterError> {
    let output = output.at("run", program)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(ClusterError::Program { program: program.to_owned(), output: last_lines(&String::from_utf8_lossy(&said)) })
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

fn read_from(path: &Path, offset: u64) -> Result<String, ClusterError> {
    let mut file = File::open(path).at("read", path)?;
    file.seek(SeekFrom::Start(offset)).at("read", path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).at("read", path)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.iter().skip(lines.len().saturating_sub(5)).copied().collect::<Vec<_>>().join("; ")
}

fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.');
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_throw_away_cluster_goes_without_fsync() {
        assert!(Settings::DURABLE.options().contains(&"fsync=on".to_owned()));
        assert!(Settings::THROW_AWAY.options().contains(&"fsync=off".to_owned()));
    }

    #[test]
    fn an_address_holds_no_letter_that_would_end_it() {
        assert_eq!(percent_encoded("/a b/ü&c"), "/a%20b/%C3%BC%26c");
    }

    #[test]
    fn an_error_shows_the_end_of_a_long_log() {
        assert_eq!(last_lines("1\n2\n\n3\n4\n5\n6\n"), "2; 3; 4; 5; 6");
    }
}
