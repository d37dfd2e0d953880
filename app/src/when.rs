//! Moments for the screen. The server writes the local text once, in the installation's zone, so
//! that the page rendered on the server and the page in the browser say the same.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A moment and its text in the installation's zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// The moment.
    pub at: Timestamp,
    /// For people, for example `21 Nov 2026 09:42`.
    pub text: String,
}

impl When {
    /// Writes the moment in `zone`.
    #[must_use]
    pub fn new(at: Timestamp, zone: &TimeZone) -> Self {
        Self { at, text: at.to_zoned(zone.clone()).strftime("%-d %b %Y %H:%M").to_string() }
    }
}

/// A date for people, for example `23 Dec 2026`.
#[must_use]
pub fn day(date: Date) -> String {
    // By hand: the general formatter would be a tenth of what the browser loads.
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = usize::from(date.month().unsigned_abs()).checked_sub(1).and_then(|at| MONTHS.get(at)).copied().unwrap_or_default();
    format!("{} {month} {}", date.day(), date.year())
}

/// How long from `from` to `to`, in the largest sensible unit: `3 h 10 min`, `2 d 4 h`, `5 min`.
#[must_use]
pub fn span(from: Timestamp, to: Timestamp) -> String {
    let minutes = (to.as_second() - from.as_second()).unsigned_abs() / 60;
    let (days, hours, rest) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    match (days, hours, rest) {
        (0, 0, m) => format!("{m} min"),
        (0, h, 0) => format!("{h} h"),
        (0, h, m) => format!("{h} h {m} min"),
        (d, 0, _) => format!("{d} d"),
        (d, h, _) if d < 7 => format!("{d} d {h} h"),
        (d, _, _) => format!("{d} d"),
    }
}

/// How often something comes: in seconds below two minutes where it is no whole minute, else as [`span`].
#[must_use]
pub fn interval(seconds: u32) -> String {
    if seconds < 120 && !seconds.is_multiple_of(60) {
        return format!("{seconds} s");
    }
    let zero = Timestamp::UNIX_EPOCH;
    span(zero, zero.saturating_add(SignedDuration::from_secs(i64::from(seconds))).unwrap_or(zero))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_every_few_seconds_is_said_in_seconds() {
        for (seconds, said) in
            [(5, "5 s"), (59, "59 s"), (60, "1 min"), (90, "90 s"), (120, "2 min"), (150, "2 min"), (3_600, "1 h"), (86_400, "1 d")]
        {
            assert_eq!(interval(seconds), said);
        }
    }

    #[test]
    fn a_moment_is_written_for_people_in_the_zone_of_the_installation() {
        let at: Timestamp = "2026-11-21T09:42:31Z".parse().unwrap();
        assert_eq!(When::new(at, &TimeZone::UTC).text, "21 Nov 2026 09:42");
        assert_eq!(day("2026-02-03".parse().unwrap()), "3 Feb 2026");
    }

    #[test]
    fn a_span_uses_the_largest_sensible_unit() {
        let zero = Timestamp::UNIX_EPOCH;
        for (minutes, text) in
            [(0, "0 min"), (59, "59 min"), (60, "1 h"), (190, "3 h 10 min"), (1_440, "1 d"), (1_680, "1 d 4 h"), (20_000, "13 d")]
        {
            let later = Timestamp::from_second(minutes * 60).unwrap();
            assert_eq!(span(zero, later), text);
            assert_eq!(span(later, zero), text);
        }
    }
}
