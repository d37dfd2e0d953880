//! Waits before the next try.

use connector::Backoff;
use proptest::prelude::*;
use std::time::Duration;

const BACKOFF: Backoff = Backoff { base: Duration::from_secs(2), cap: Duration::from_secs(300) };

#[test]
fn waits_double_up_to_the_cap_and_are_spread_from_nothing_to_the_longest() {
    for (tries, longest) in [(1, 2), (2, 4), (3, 8), (4, 16), (5, 32), (6, 64), (7, 128), (8, 256), (9, 300), (11, 300)] {
        assert_eq!(BACKOFF.longest(tries), Duration::from_secs(longest), "{tries}");
        assert_eq!(BACKOFF.wait(tries, 0), Duration::ZERO, "{tries}");
        assert_eq!(BACKOFF.wait(tries, u64::MAX), Duration::from_secs(longest), "{tries}");
        let half = BACKOFF.wait(tries, 1 << 63);
        assert!(half.abs_diff(Duration::from_secs(longest) / 2) <= Duration::from_millis(1), "{tries}: {half:?}");
    }
    assert_eq!(BACKOFF.longest(u32::MAX), Duration::from_secs(300));
}

proptest! {
    #[test]
    fn a_wait_is_never_longer_than_its_longest_and_that_grows_up_to_the_cap(
        base in 0_u64..10_000, cap in 0_u64..1_000_000, tries in 1_u32..60, random: u64,
    ) {
        let backoff = Backoff { base: Duration::from_millis(base), cap: Duration::from_millis(cap) };
        let longest = backoff.longest(tries);
        prop_assert!(longest <= backoff.cap);
        prop_assert!(longest <= backoff.longest(tries + 1));
        let wait = backoff.wait(tries, random);
        prop_assert!(wait <= longest);
    }

    #[test]
    fn a_larger_random_number_never_waits_less(tries in 1_u32..12, one: u64, other: u64) {
        let (small, large) = (one.min(other), one.max(other));
        prop_assert!(BACKOFF.wait(tries, small) <= BACKOFF.wait(tries, large));
    }
}
