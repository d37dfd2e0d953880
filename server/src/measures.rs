//! How long tasks took on this server, for `/metrics`. Lost with the process, as such counters are.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Upper bounds of the buckets, in microseconds: from a look at a record to a slow machine.
pub const BOUNDS: [u64; 7] = [10_000, 50_000, 250_000, 1_000_000, 5_000_000, 15_000_000, 60_000_000];

/// Durations of one kind of task with one outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Durations {
    /// How many took at most each of [`BOUNDS`].
    pub within: [u64; BOUNDS.len()],
    /// How many there were.
    pub count: u64,
    /// Together, in microseconds.
    pub micros: u64,
}

/// What was measured, by name of the kind and whether it was carried out.
#[derive(Debug, Default)]
pub struct Measures(Mutex<BTreeMap<(&'static str, bool), Durations>>);

impl Measures {
    /// Counts one task.
    pub fn record(&self, task: &'static str, done: bool, micros: u64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let durations = all.entry((task, done)).or_default();
        durations.count += 1;
        durations.micros = durations.micros.saturating_add(micros);
        for (within, bound) in durations.within.iter_mut().zip(BOUNDS) {
            *within += u64::from(micros <= bound);
        }
    }

    /// All of it.
    #[must_use]
    pub fn all(&self) -> BTreeMap<(&'static str, bool), Durations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bucket_holds_what_took_at_most_so_long() {
        let measures = Measures::default();
        for micros in [10_000, 10_001, 70_000_000] {
            measures.record("a-task", true, micros);
        }
        measures.record("a-task", false, 1);
        let all = measures.all();
        assert_eq!(all[&("a-task", true)], Durations { within: [1, 2, 2, 2, 2, 2, 2], count: 3, micros: 70_020_001 });
        assert_eq!(all[&("a-task", false)].count, 1);
    }
}
