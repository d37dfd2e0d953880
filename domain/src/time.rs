//! Time as a parameter: the clock the outer rooms inject, and the period a piece of access is
//! asked for. No function here reads a clock.

use crate::error::FieldError;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// Where the present comes from. The server has one that reads the machine, tests have one they move.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// The furthest a period may reach, in days. Longer wishes are an extension, not a date in 9999.
pub const LONGEST_PERIOD_DAYS: i32 = 3_660;

/// A first and an optional last day, both included, in the installation's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    starts_on: Date,
    ends_on: Option<Date>,
}

impl Period {
    /// Parses two dates as typed (`YYYY-MM-DD`; an empty end means "no end").
    ///
    /// # Errors
    /// One [`FieldError`] for each field that is not a date, lies in the past, ends before it
    /// starts, or reaches further than [`LONGEST_PERIOD_DAYS`].
    pub fn parse(starts_on: &str, ends_on: &str, today: Date) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let start = parse_date("starts_on", starts_on, &mut errors);
        let end = if ends_on.trim().is_empty() { None } else { parse_date("ends_on", ends_on, &mut errors) };
        if let Some(start) = start {
            if start < today {
                errors.push(FieldError::new(
                    "starts_on",
                    "in_the_past",
                    format!("Access cannot start in the past: choose {today} or later."),
                ));
            } else if days_between(today, start) > LONGEST_PERIOD_DAYS {
                errors.push(FieldError::new("starts_on", "too_far", "Choose a start within the next ten years."));
            }
            if let Some(end) = end {
                if end < start {
                    errors.push(FieldError::new(
                        "ends_on",
                        "ends_before_start",
                        format!("The end lies before the start: choose {start} or later."),
                    ));
                } else if days_between(start, end) > LONGEST_PERIOD_DAYS {
                    errors.push(FieldError::new("ends_on", "too_far", "Choose an end within ten years of the start."));
                }
            }
        }
        match (start, errors.is_empty()) {
            (Some(starts_on), true) => Ok(Self { starts_on, ends_on: end }),
            _ => Err(errors),
        }
    }

    /// A period read back from the store, where it was checked when it was written.
    #[must_use]
    pub fn from_stored(starts_on: Date, ends_on: Option<Date>) -> Self {
        Self { starts_on, ends_on }
    }

    /// First day.
    #[must_use]
    pub fn starts_on(&self) -> Date {
        self.starts_on
    }

    /// Last day, if there is one.
    #[must_use]
    pub fn ends_on(&self) -> Option<Date> {
        self.ends_on
    }

    /// Days from the first to the last day (a period that ends the day it starts has 0), the
    /// measure that limits are stated in; `None` without an end.
    #[must_use]
    pub fn duration_days(&self) -> Option<i32> {
        self.ends_on.map(|end| days_between(self.starts_on, end))
    }

    /// The period as limits count it for access that goes on without a break: an extension begins when
    /// it is decided, whatever later first day it names.
    #[must_use]
    pub fn without_a_break(self, today: Date) -> Self {
        Self { starts_on: self.starts_on.min(today), ..self }
    }

    /// Whether the two have a day in common.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let begins_in_time = |one: &Self, two: &Self| two.ends_on.is_none_or(|end| one.starts_on <= end);
        begins_in_time(self, other) && begins_in_time(other, self)
    }

    /// The moment access may begin: midnight that opens the first day in `zone`.
    #[must_use]
    pub fn begins_at(&self, zone: &TimeZone) -> Timestamp {
        start_of_day(self.starts_on, zone)
    }

    /// The moment access ends: midnight that closes the last day in `zone`.
    #[must_use]
    pub fn ends_at(&self, zone: &TimeZone) -> Option<Timestamp> {
        self.ends_on.map(|end| start_of_day(end.saturating_add(1.day()), zone))
    }
}

/// Whole days from `from` to `to`; negative when `to` is earlier.
#[must_use]
pub fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(i32::MAX, |span| span.get_days())
}

/// Today's date in `zone`.
#[must_use]
pub fn today(now: Timestamp, zone: &TimeZone) -> Date {
    now.to_zoned(zone.clone()).date()
}

/// The last day of what ends at `ends_at`: the one before the midnight at which it ends.
#[must_use]
pub fn last_day(ends_at: Timestamp, zone: &TimeZone) -> Date {
    today(ends_at, zone).yesterday().unwrap_or(Date::MAX)
}

/// The first moment of `date` in `zone`; on a day whose midnight a clock change skips, the first
/// moment that exists.
pub(crate) fn start_of_day(date: Date, zone: &TimeZone) -> Timestamp {
    date.to_zoned(zone.clone()).map_or(Timestamp::MAX, |midnight| midnight.timestamp())
}

pub(crate) fn parse_date(field: &str, text: &str, errors: &mut Vec<FieldError>) -> Option<Date> {
    let trimmed = text.trim();
    // Exactly the shape a date field sends: `jiff` alone would take a whole timestamp as well.
    let shaped =
        trimmed.len() == 10 && trimmed.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    match trimmed.parse::<Date>() {
        Ok(date) if shaped => Some(date),
        _ if trimmed.is_empty() => {
            errors.push(FieldError::new(field, "required", "Enter a date as year-month-day, for example 2026-12-23."));
            None
        }
        _ => {
            errors.push(FieldError::new(field, "not_a_date", "This is not a date: enter year-month-day, for example 2026-12-23."));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn codes(result: Result<Period, Vec<FieldError>>) -> Vec<String> {
        result.err().unwrap_or_default().into_iter().map(|e| format!("{}:{}", e.field, e.code)).collect()
    }

    #[test]
    fn a_period_refuses_what_is_not_a_date_and_says_where() {
        let today = date(2026, 11, 22);
        for (start, end, expected) in [
            ("", "", vec!["starts_on:required"]),
            ("2027-02-29", "", vec!["starts_on:not_a_date"]),
            ("2026-11-23T10:00", "", vec!["starts_on:not_a_date"]),
            ("2026-11-21", "", vec!["starts_on:in_the_past"]),
            ("0001-01-01", "", vec!["starts_on:in_the_past"]),
            ("9999-12-31", "", vec!["starts_on:too_far"]),
            ("2026-11-23", "2026-11-22", vec!["ends_on:ends_before_start"]),
            ("2026-11-23", "9999-12-31", vec!["ends_on:too_far"]),
            ("2026-11-22", "2026-11-22", vec![]),
            ("2028-02-29", "2028-03-01", vec![]),
        ] {
            assert_eq!(codes(Period::parse(start, end, today)), expected, "{start} to {end}");
        }
    }

    #[test]
    fn two_periods_overlap_when_they_have_a_day_in_common() {
        let period = |from: i8, to: Option<i8>| Period::from_stored(date(2026, 11, from), to.map(|to| date(2026, 11, to)));
        for (one, two, overlap) in [
            (period(1, Some(10)), period(10, Some(20)), true),
            (period(1, Some(10)), period(11, Some(20)), false),
            (period(1, None), period(11, Some(20)), true),
            (period(11, None), period(1, Some(10)), false),
            (period(5, Some(6)), period(1, Some(30)), true),
        ] {
            assert_eq!((one.overlaps(&two), two.overlaps(&one)), (overlap, overlap), "{one:?} {two:?}");
        }
    }

    #[test]
    fn a_period_ends_at_the_midnight_that_closes_its_last_day() {
        let period = Period::from_stored(date(2026, 11, 22), Some(date(2026, 12, 22)));
        assert_eq!(period.duration_days(), Some(30));
        assert_eq!(period.ends_at(&TimeZone::UTC).map(|t| t.to_string()), Some("2026-12-23T00:00:00Z".to_owned()));
    }
}
