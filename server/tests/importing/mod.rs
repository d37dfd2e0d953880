//! What tests of both imports stand on.

use server::import::ImportReport;
use server::system::{CountingStopwatch, SeededEntropy, SetClock, System};
use sqlx::PgPool;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What one run stands on: a clock that stands still, and numbers that no other run draws.
pub fn system() -> System {
    static RUN: AtomicU64 = AtomicU64::new(1);
    let entropy = SeededEntropy::new(RUN.fetch_add(1, Ordering::Relaxed));
    System::new(Arc::new(SetClock::at("2026-11-22T10:00:00Z".parse().unwrap())), Arc::new(entropy), Arc::new(CountingStopwatch::default()))
}

/// A file that goes when the test ends.
pub struct Feed(pub PathBuf);

impl Feed {
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let path = std::env::temp_dir().join(format!("countersign-feed-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed)));
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Values that could not be used, as sentences.
pub fn bad(report: &ImportReport) -> Vec<String> {
    report.bad.iter().map(|b| format!("line {}, {} \"{}\": {}", b.line, b.column, b.value, b.problem)).collect()
}

/// One number from the database.
pub async fn number(pool: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}
