//! What an import tells the person who waits for it. Progress goes to standard error, so that the
//! report on standard output can be piped.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};

/// Receives the progress of an import.
pub trait Progress: Send + Sync {
    /// Reading begins; the file has so many bytes.
    fn reading(&self, total_bytes: u64);
    /// So many bytes and rows are read by now.
    fn read(&self, bytes: u64, rows: u64);
    /// The file is read; the import is now at this step.
    fn step(&self, what: &str);
    /// The import is over.
    fn finished(&self);
}

/// Says nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn reading(&self, _total_bytes: u64) {}
    fn read(&self, _bytes: u64, _rows: u64) {}
    fn step(&self, _what: &str) {}
    fn finished(&self) {}
}

/// A bar if a person is watching, otherwise a line now and then.
#[must_use]
pub fn for_this_terminal() -> Box<dyn Progress> {
    if std::io::stderr().is_terminal() { Box::new(Bar::new()) } else { Box::new(Lines::default()) }
}

/// A bar by bytes read, then a line that says which step is running.
#[derive(Debug)]
pub struct Bar(ProgressBar);

impl Bar {
    /// A bar that is not drawn before reading begins.
    #[must_use]
    pub fn new() -> Self {
        Self(ProgressBar::hidden())
    }
}

impl Default for Bar {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress for Bar {
    fn reading(&self, total_bytes: u64) {
        self.0.set_draw_target(indicatif::ProgressDrawTarget::stderr());
        self.0.set_length(total_bytes);
        if let Ok(style) = ProgressStyle::with_template("Reading {bar:40} {percent:>3} %  {msg}") {
            self.0.set_style(style);
        }
    }

    fn read(&self, bytes: u64, rows: u64) {
        self.0.set_position(bytes);
        self.0.set_message(format!("{rows} rows"));
    }

    fn step(&self, what: &str) {
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            self.0.set_style(style);
        }
        self.0.set_message(what.to_owned());
        self.0.tick();
    }

    fn finished(&self) {
        self.0.finish_and_clear();
    }
}

/// A plain line for every 100,000 rows and every step, for logs.
#[derive(Debug, Default)]
pub struct Lines {
    said: AtomicU64,
}

/// Rows between two lines.
const ROWS_A_LINE: u64 = 100_000;

impl Progress for Lines {
    fn reading(&self, _total_bytes: u64) {}

    fn read(&self, _bytes: u64, rows: u64) {
        let hundred_thousands = rows / ROWS_A_LINE;
        if self.said.fetch_max(hundred_thousands, Ordering::Relaxed) < hundred_thousands {
            eprintln!("{} rows read", hundred_thousands * ROWS_A_LINE);
        }
    }

    fn step(&self, what: &str) {
        eprintln!("{what}");
    }

    fn finished(&self) {}
}
