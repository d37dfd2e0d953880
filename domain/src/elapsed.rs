//! How long something has been waiting, in three numbers that are never mixed: what the clock on
//! the wall says, how much of it was working time, and how much of that waited for the requester.

use crate::calendar::BusinessCalendar;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// When something was opened, paused and closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course {
    /// When it began.
    pub opened_at: Timestamp,
    /// When it came to its end.
    pub closed_at: Option<Timestamp>,
    /// Since when it waits for the requester, if it does.
    pub paused_at: Option<Timestamp>,
    /// Working time of earlier pauses.
    pub waited: SignedDuration,
}

/// How long it took, or has taken so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Time on the wall.
    pub elapsed: SignedDuration,
    /// Working time of those who decide: without the time in which they waited.
    pub working: SignedDuration,
    /// Working time in which the requester was asked something.
    pub waiting: SignedDuration,
}

impl Spent {
    /// What the course of something comes to at `now`.
    #[must_use]
    pub fn of(course: &Course, calendar: &BusinessCalendar, now: Timestamp) -> Self {
        let until = course.closed_at.unwrap_or(now).max(course.opened_at);
        let in_all = calendar.working_between(course.opened_at, until);
        let present = course.paused_at.map_or(SignedDuration::ZERO, |since| calendar.working_between(since.max(course.opened_at), until));
        let waiting = course.waited.saturating_add(present).min(in_all);
        Self { elapsed: course.opened_at.duration_until(until), working: in_all - waiting, waiting }
    }

    /// In words: "1 d 3 h elapsed, 9 h 20 min working, 2 h waiting for the requester".
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = format!("{} elapsed, {} working", in_days(self.elapsed), in_hours(self.working));
        if self.waiting > SignedDuration::ZERO {
            words.push_str(&format!(", {} waiting for the requester", in_hours(self.waiting)));
        }
        words
    }
}

/// Time on the wall, in its two largest units: "2 d 3 h", "5 h 20 min", "40 min".
#[must_use]
pub fn in_days(time: SignedDuration) -> String {
    let (days, rest) = (time.as_hours() / 24, time.as_hours() % 24);
    match (days, rest) {
        (0, _) => in_hours(time),
        (days, 0) => format!("{days} d"),
        (days, rest) => format!("{days} d {rest} h"),
    }
}

/// Working time, which has no days: "27 h 5 min", "40 min", "under a minute".
#[must_use]
pub fn in_hours(time: SignedDuration) -> String {
    let (hours, minutes) = (time.as_mins() / 60, time.as_mins() % 60);
    match (hours, minutes) {
        (0, 0) if time.is_zero() => "0 min".to_owned(),
        (0, 0) => "under a minute".to_owned(),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::WrittenCalendar;
    use jiff::tz::TimeZone;

    fn office() -> BusinessCalendar {
        let mut hours = vec![vec![("09:00".to_owned(), "17:00".to_owned())]; 5];
        hours.extend([vec![], vec![]]);
        BusinessCalendar::parse(&WrittenCalendar { zone: None, hours, holidays: vec![] }, &TimeZone::UTC, |_| None).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn elapsed_working_and_waiting_time_are_kept_apart() {
        // Monday 23 November 2026, 15:00.
        let opened_at = at("2026-11-23T15:00:00Z");
        for (closed, paused, waited, now, expected) in [
            (None, None, 0, "2026-11-23T15:00:20Z", "under a minute elapsed, under a minute working"),
            (None, None, 0, "2026-11-24T10:00:00Z", "19 h elapsed, 3 h working"),
            (None, None, 60, "2026-11-24T18:20:00Z", "1 d 3 h elapsed, 9 h working, 1 h waiting for the requester"),
            // Asked on Monday at 16:00 and not answered since.
            (None, Some("2026-11-23T16:00:00Z"), 0, "2026-11-24T11:00:00Z", "20 h elapsed, 1 h working, 3 h waiting for the requester"),
            (
                None,
                Some("2026-11-24T09:00:00Z"),
                30,
                "2026-11-24T11:00:00Z",
                "20 h elapsed, 1 h 30 min working, 2 h 30 min waiting for the requester",
            ),
            // Closed on Tuesday; what comes after it does not count.
            (Some("2026-11-24T09:20:00Z"), None, 0, "2026-12-24T09:20:00Z", "18 h 20 min elapsed, 2 h 20 min working"),
            // Over a weekend nobody works.
            (None, None, 0, "2026-11-30T15:00:00Z", "7 d elapsed, 40 h working"),
            // More waiting than there was time cannot be: nothing goes below zero.
            (None, None, 600, "2026-11-23T16:00:00Z", "1 h elapsed, 0 min working, 1 h waiting for the requester"),
            (None, None, 0, "2026-11-23T14:00:00Z", "0 min elapsed, 0 min working"),
        ] {
            let course =
                Course { opened_at, closed_at: closed.map(at), paused_at: paused.map(at), waited: SignedDuration::from_mins(waited) };
            assert_eq!(Spent::of(&course, &office(), at(now)).words(), expected, "{closed:?} {paused:?} {waited} {now}");
        }
    }
}
