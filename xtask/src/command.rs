//! Starts programs: with progress, with their output kept for the case of failure, and never left
//! behind when the person presses Ctrl-C.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::failure::{Context, Outcome, fail};
use crate::progress::{Progress, whole_seconds};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static RUNNING: Mutex<Vec<i32>> = Mutex::new(Vec::new());

/// From now on Ctrl-C ends the running program and lets the recipe put away what it started;
/// a second Ctrl-C ends the recipe at once.
pub fn watch_signals() -> Outcome<()> {
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]).context("watch for Ctrl-C")?;
    thread::spawn(move || {
        for _ in signals.forever() {
            if INTERRUPTED.swap(true, Ordering::SeqCst) {
                std::process::exit(130);
            }
            for &pid in running().iter() {
                // It may have ended by itself: the terminal sends Ctrl-C to it as well.
                let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
            }
        }
    });
    Ok(())
}

/// Whether the person has asked to stop.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

fn running() -> std::sync::MutexGuard<'static, Vec<i32>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes a child so that Ctrl-C reaches it.
pub fn remember(child: &Child) {
    if let Ok(pid) = i32::try_from(child.id()) {
        running().push(pid);
    }
}

/// Forgets a child that has been waited for.
pub fn forget(child: &Child) {
    running().retain(|&pid| i64::from(pid) != i64::from(child.id()));
}

/// What a program said and how it ended.
pub struct Finished {
    /// Its exit status.
    pub status: ExitStatus,
    /// Standard output and standard error, line by line as they came.
    pub lines: Vec<String>,
    /// How long it ran.
    pub took: Duration,
}

/// Runs a step of a recipe: one line when it is done, progress while it runs, everything the
/// program said when it fails.
pub fn step(label: &str, command: &mut Command) -> Outcome<Finished> {
    let finished = attempt(label, command)?;
    if finished.status.success() {
        println!("{label}: ok ({})", whole_seconds(finished.took));
        return Ok(finished);
    }
    print_lines(&finished.lines);
    fail(format!("{label}: {} after {}: {}", ending(finished.status), whole_seconds(finished.took), describe(command)))
}

/// Runs a program with progress and leaves the judgement to the caller.
pub fn attempt(label: &str, command: &mut Command) -> Outcome<Finished> {
    if interrupted() {
        return fail("stopped on request");
    }
    let started = Instant::now();
    let progress = Progress::start(label);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().context(format_args!("run {}", describe(command)))?;
    remember(&child);
    let (sender, receiver) = mpsc::channel();
    read_lines(child.stdout.take(), sender.clone());
    read_lines(child.stderr.take(), sender);
    let mut lines = Vec::new();
    let mut ended: Option<Instant> = None;
    loop {
        match receiver.recv_timeout(Duration::from_millis(200)) {
            Ok(line) => {
                progress.say(&line);
                lines.push(line);
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                // A grandchild may hold the pipe open after the program has ended.
                let status = child.try_wait().context(format_args!("wait for {}", describe(command)))?;
                if status.is_some() && ended.get_or_insert_with(Instant::now).elapsed() > Duration::from_secs(2) {
                    break;
                }
            }
        }
    }
    let status = child.wait().context(format_args!("wait for {}", describe(command)));
    forget(&child);
    drop(progress);
    let status = status?;
    if interrupted() {
        return fail("stopped on request");
    }
    Ok(Finished { status, lines, took: started.elapsed() })
}

/// The output of a short program, or nothing when it is missing or fails.
pub fn ask(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The command as a person would type it.
pub fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Prints what a failed program said, without the list of what cargo compiled.
pub fn print_lines(lines: &[String]) {
    let noise = ["Compiling ", "Checking ", "Fresh ", "Downloaded ", "Downloading ", "Blocking "];
    for line in lines {
        if !noise.iter().any(|word| line.trim_start().starts_with(word)) {
            println!("{line}");
        }
    }
}

fn ending(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("failed with status {code}"),
        None => "ended by a signal".to_owned(),
    }
}

fn read_lines(pipe: Option<impl Read + Send + 'static>, sender: mpsc::Sender<String>) {
    let Some(pipe) = pipe else { return };
    thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            match reader.read_until(b'\n', &mut bytes) {
                Ok(0) | Err(_) => break,
                Ok(_) => {
                    let line = String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']).to_owned();
                    if sender.send(line).is_err() {
                        break;
                    }
                }
            }
        }
    });
}
