//! The machine's clock, entropy and stopwatch: the only place that reads them.
//!
//! Everything else takes them from [`System`], so that tests can move time and repeat identifiers.

use domain::time::Clock;
use jiff::Timestamp;
use std::sync::{Arc, Mutex, PoisonError};

/// What the rest of the server knows of the outside world's time and chance.
#[derive(Clone)]
pub struct System {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    stopwatch: Arc<dyn Stopwatch>,
}

/// Where random bytes come from.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with random bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// A clock that only goes forward, for measuring how long something took.
pub trait Stopwatch: Send + Sync {
    /// Microseconds since some fixed moment.
    fn micros(&self) -> u64;
}

impl System {
    /// The machine's own clock and entropy.
    #[must_use]
    pub fn real() -> Self {
        Self { clock: Arc::new(MachineClock), entropy: Arc::new(MachineEntropy), stopwatch: Arc::new(MachineStopwatch::start()) }
    }

    /// A system made of the given parts, for tests.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>, stopwatch: Arc<dyn Stopwatch>) -> Self {
        Self { clock, entropy, stopwatch }
    }

    /// The present, cut to microseconds because that is what the database keeps.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let now = self.clock.now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// `N` random bytes.
    #[must_use]
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes);
        bytes
    }

    /// Microseconds on the stopwatch.
    #[must_use]
    pub fn micros(&self) -> u64 {
        self.stopwatch.micros()
    }
}

struct MachineClock;

impl Clock for MachineClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

struct MachineEntropy;

impl Entropy for MachineEntropy {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's entropy")]
    fn fill(&self, bytes: &mut [u8]) {
        use rand::RngCore;
        rand::rng().fill_bytes(bytes);
    }
}

struct MachineStopwatch(std::time::Instant);

impl MachineStopwatch {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's stopwatch")]
    fn start() -> Self {
        Self(std::time::Instant::now())
    }
}

impl Stopwatch for MachineStopwatch {
    fn micros(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// A clock that stands still until it is moved, for tests and for making demonstration history.
#[derive(Clone)]
pub struct SetClock(Arc<Mutex<Timestamp>>);

impl SetClock {
    /// A clock standing at `now`.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    /// Moves the clock to `now`.
    pub fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: jiff::SignedDuration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.saturating_add(by).unwrap_or(*now);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Repeatable bytes from a seed (SplitMix64), for tests and for making demonstration history.
pub struct SeededEntropy(Mutex<u64>);

impl SeededEntropy {
    /// A source that gives the same bytes for the same seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in bytes.chunks_mut(8) {
            *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = *state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}

/// A stopwatch that counts its readings: durations in tests are then the same every time.
#[derive(Default)]
pub struct CountingStopwatch(std::sync::atomic::AtomicU64);

impl Stopwatch for CountingStopwatch {
    fn micros(&self) -> u64 {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
    }
}
