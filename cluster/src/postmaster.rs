//! The main process of a cluster, as its pid file and the process table show it.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const PAUSE: Duration = Duration::from_millis(20);

/// What `postmaster.pid` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PidFile {
    /// The process.
    pub pid: u32,
    /// Whether it accepts connections (the eighth line, since Postgres 10).
    pub ready: bool,
}

impl PidFile {
    /// Reads the pid file of a data directory, if there is one.
    pub fn read(data: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(data.join("postmaster.pid")).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let pid = lines.first()?.parse().ok().filter(|&pid| pid > 1)?;
        Some(Self { pid, ready: lines.get(7) == Some(&"ready") })
    }
}

/// The Postgres that a killed predecessor left running on this data directory.
pub(crate) fn left_behind(data: &Path) -> Option<u32> {
    let pid = PidFile::read(data)?.pid;
    // The number may belong to another program by now. Postgres works in its data directory.
    if Path::new("/proc/self").exists() {
        let works_in = fs::read_link(format!("/proc/{pid}/cwd")).ok()?;
        return (works_in == data.canonicalize().ok()?).then_some(pid);
    }
    is_alive(pid).then_some(pid)
}

/// Sends a signal; a process that has ended is no error.
pub(crate) fn signal(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid) {
        // ESRCH: it has ended. EPERM: it is no longer ours.
        let _ = kill(Pid::from_raw(pid), signal);
    }
}

/// Waits until a process that is not our child has ended.
pub(crate) fn wait_for_end(pid: u32, limit: Duration) -> bool {
    let started = Instant::now();
    while is_alive(pid) {
        if started.elapsed() > limit {
            return false;
        }
        thread::sleep(PAUSE);
    }
    true
}

fn is_alive(pid: u32) -> bool {
    // A zombie has ended; only its parent has not noticed.
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let zombie = status.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'));
    match i32::try_from(pid) {
        Ok(number) => !zombie && kill(Pid::from_raw(number), None) != Err(Errno::ESRCH),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pid_file_names_the_process_and_whether_it_is_ready() {
        let text = "812\n/srv/data\n1700000000\n5432\n/srv/socket\n\n  5432001   8\nready   \n";
        assert_eq!(PidFile::parse(text), Some(PidFile { pid: 812, ready: true }));
        assert_eq!(PidFile::parse("812\n/srv/data\n"), Some(PidFile { pid: 812, ready: false }));
    }

    #[test]
    fn a_pid_file_that_makes_no_sense_is_as_good_as_none() {
        for text in ["", "\n", "no number\n", "-4\n", "1\n"] {
            assert_eq!(PidFile::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_pid_of_another_program_is_not_taken_for_postgres() {
        let folder = std::env::temp_dir().join(format!("countersign-pid-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("postmaster.pid"), format!("{}\n", std::process::id())).unwrap();
        assert_eq!(left_behind(&folder), None);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn an_ended_process_is_not_waited_for() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id();
        child.wait().unwrap();
        assert!(wait_for_end(pid, Duration::from_secs(5)));
    }
}
