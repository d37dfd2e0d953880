//! The clock of the tests.

use connector::Surroundings;
use std::sync::Arc;
use tokio::time::Instant;

/// Sunday, 6 November 1994, 08:49:37: the date that RFC 9110 uses in its examples.
pub const NOW: i64 = 784_111_777;

/// Time as the runtime has it, so that it stands still when the runtime's does.
pub struct RuntimeTime(Instant);

impl RuntimeTime {
    pub fn new() -> Arc<Self> {
        Arc::new(Self(Instant::now()))
    }
}

impl Surroundings for RuntimeTime {
    fn micros(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap()
    }

    fn unix_seconds(&self) -> i64 {
        NOW
    }
}
