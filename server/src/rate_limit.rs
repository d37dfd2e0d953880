//! How often somebody may try. Limits hold per client address, never per sign-in name alone: who
//! knows a name must not be able to lock its owner out.

use crate::config::Config;
use crate::system::System;
use domain::id::SessionId;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Forgotten keys are swept out once in so many checks.
const SWEEP_EVERY: u32 = 1_024;

/// The system's stopwatch as the limiter wants it.
#[derive(Clone)]
struct Watch(System);

impl Clock for Watch {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::new(self.0.micros().saturating_mul(1_000))
    }
}

/// So many in a minute for each key, all of them at once if need be.
struct PerMinute<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, DashMapStateStore<K>, Watch, NoOpMiddleware<Nanos>>,
    checks: AtomicU32,
}

impl<K: Hash + Eq + Clone> PerMinute<K> {
    fn new(system: &System, most: u32) -> Self {
        let quota = Quota::per_minute(NonZeroU32::new(most).unwrap_or(NonZeroU32::MIN));
        Self { limiter: RateLimiter::new(quota, DashMapStateStore::default(), Watch(system.clone())), checks: AtomicU32::new(0) }
    }

    fn allows(&self, key: &K) -> bool {
        self.ask(key).is_ok()
    }

    /// Counts one; otherwise says after how long the next is allowed.
    fn ask(&self, key: &K) -> Result<(), Duration> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(key).map_err(|not_until| not_until.wait_time_from(self.limiter.clock().now()))
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Changer {
    Session(SessionId),
    Address(IpAddr),
}

/// The limits of one server.
pub struct RateLimits {
    sign_in_by_address: PerMinute<IpAddr>,
    sign_in_by_login: PerMinute<(String, IpAddr)>,
    changes: PerMinute<Changer>,
    completions: PerMinute<(String, IpAddr)>,
    proofs: PerMinute<SessionId>,
}

impl RateLimits {
    /// The limits that the settings name.
    #[must_use]
    pub fn new(system: &System, config: &Config) -> Self {
        Self {
            sign_in_by_address: PerMinute::new(system, config.sign_ins_per_address),
            sign_in_by_login: PerMinute::new(system, config.sign_ins_per_login),
            changes: PerMinute::new(system, config.changes_per_minute),
            completions: PerMinute::new(system, config.completions_per_minute),
            proofs: PerMinute::new(system, config.sign_ins_per_login),
        }
    }

    /// Whether `address` may try to sign in as `login`. The name is counted only for addresses
    /// that are still within their own limit, so that no address can fill the store with names.
    #[must_use]
    pub fn sign_in(&self, address: IpAddr, login: &str) -> bool {
        let address = whole_client(address);
        self.sign_in_by_address.allows(&address) && self.sign_in_by_login.allows(&(login.to_owned(), address))
    }

    /// Whether somebody may try their present password in this session: who found a session open
    /// must not find the password in it.
    #[must_use]
    pub fn proof(&self, session: SessionId) -> bool {
        self.proofs.allows(&session)
    }

    /// Whether a receiver at `address` may say now what came of something, for the connection with this
    /// code. Each address is counted by itself, so that nobody can speak for all others.
    ///
    /// # Errors
    /// How long it has to wait.
    pub fn completion(&self, connection: &str, address: IpAddr) -> Result<(), Duration> {
        self.completions.ask(&(connection.to_owned(), whole_client(address)))
    }

    /// Whether this session, or without one this address, may change something now.
    #[must_use]
    pub fn change(&self, session: Option<SessionId>, address: IpAddr) -> bool {
        self.changes.allows(&session.map_or(Changer::Address(whole_client(address)), Changer::Session))
    }
}

/// Somebody with an IPv6 connection has a whole /64 to come from.
fn whole_client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::{SeededEntropy, SetClock, Stopwatch};
    use std::sync::Arc;
    use std::sync::atomic::AtomicU64;

    #[derive(Default)]
    struct Hand(AtomicU64);

    impl Stopwatch for Hand {
        fn micros(&self) -> u64 {
            self.0.load(Ordering::Relaxed)
        }
    }

    fn limits() -> (RateLimits, Arc<Hand>) {
        let hand = Arc::new(Hand::default());
        let clock = SetClock::at(jiff::Timestamp::UNIX_EPOCH);
        let system = System::new(Arc::new(clock), Arc::new(SeededEntropy::new(1)), hand.clone());
        let config = Config::read(None, std::collections::HashMap::new(), &[]).unwrap();
        (RateLimits::new(&system, &config), hand)
    }

    #[test]
    fn one_address_trying_one_name_is_stopped_and_its_owner_elsewhere_is_not() {
        let (limits, _) = limits();
        let (thief, owner): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let tries = (0..20).filter(|_| limits.sign_in(thief, "ana")).count();
        assert_eq!(tries, 5);
        assert!(limits.sign_in(owner, "ana"));
    }

    #[test]
    fn one_address_trying_many_names_is_stopped_until_time_has_passed() {
        let (limits, hand) = limits();
        let address = "192.0.2.1".parse().unwrap();
        let tries = (0..20).filter(|n| limits.sign_in(address, &format!("name{n}"))).count();
        assert_eq!(tries, 10);
        hand.0.store(60_000_000, Ordering::Relaxed);
        assert!(limits.sign_in(address, "name0"));
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one() {
        let (limits, _) = limits();
        let tries = (0..20).filter(|n| limits.sign_in(format!("2001:db8::{n:x}").parse().unwrap(), &n.to_string())).count();
        assert_eq!(tries, 10);
        assert!(limits.sign_in("2001:db8:0:1::1".parse().unwrap(), "x"));
    }
}
