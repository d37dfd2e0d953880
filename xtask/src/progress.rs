//! Tells that a long step is alive: one changing line on a terminal, a line now and then in a log.

use std::io::{IsTerminal, Write, stdout};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::failure::Outcome;

const WIDTH: usize = 100;
const LOG_EVERY: Duration = Duration::from_secs(20);

/// Shows a step's age and the last thing its program said, until dropped.
pub struct Progress {
    last: Arc<Mutex<String>>,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Starts to show progress after the first seconds.
    pub fn start(label: &str) -> Self {
        let last = Arc::new(Mutex::new(String::new()));
        let (stop, stopped) = mpsc::channel::<()>();
        let label = label.to_owned();
        let shown = Arc::clone(&last);
        let thread = thread::spawn(move || {
            let started = Instant::now();
            let terminal = stdout().is_terminal();
            let pause = if terminal { Duration::from_millis(500) } else { LOG_EVERY };
            let mut drawn = false;
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(pause) {
                let said = shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let line = format!("{label}: {} so far  {said}", whole_seconds(started.elapsed()));
                let line: String = line.chars().take(WIDTH).collect();
                if !terminal {
                    println!("{}", line.trim_end());
                } else if started.elapsed() > Duration::from_secs(2) {
                    print!("\r\x1b[2K{line}");
                    // Only cosmetic: the step goes on without its line.
                    let _ = stdout().flush();
                    drawn = true;
                }
            }
            if drawn {
                print!("\r\x1b[2K");
                let _ = stdout().flush();
            }
        });
        Self { last, stop: Some(stop), thread: Some(thread) }
    }

    /// Notes the last thing that was said.
    pub fn say(&self, line: &str) {
        let line = line.trim();
        if !line.is_empty() {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            line.clone_into(&mut last);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // A panic in the drawing thread loses the line, not the step.
            let _ = thread.join();
        }
    }
}

/// Does a step in this process: one line when it is done, progress while it runs.
pub fn work<T>(label: &str, work: impl FnOnce(&Progress) -> Outcome<T>) -> Outcome<T> {
    let started = Instant::now();
    let progress = Progress::start(label);
    let result = work(&progress);
    drop(progress);
    if result.is_ok() {
        println!("{label}: ok ({})", whole_seconds(started.elapsed()));
    }
    result
}

/// A duration as a person reads it.
pub fn whole_seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64().round();
    if seconds < 90.0 { format!("{seconds} s") } else { format!("{} min {} s", (seconds / 60.0).floor(), seconds % 60.0) }
}
