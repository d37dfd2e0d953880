//! From when a change shall be in force.

use crate::error::FieldError;
use crate::time::{parse_date, start_of_day, today};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// The moment a change takes effect, from what was typed into `effective_on`: at once when it is
/// empty or today, otherwise with the first moment of that day in the installation's zone.
///
/// # Errors
/// A [`FieldError`] when it is no date, lies in the past or more than a year ahead.
pub fn effective_from(typed: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, FieldError> {
    if typed.trim().is_empty() {
        return Ok(now);
    }
    let mut errors = Vec::new();
    let today = today(now, zone);
    match (parse_date("effective_on", typed, &mut errors), errors.pop()) {
        (Some(date), _) if date < today => Err(FieldError::new(
            "effective_on",
            "in_the_past",
            format!("A change cannot take effect in the past: choose {today} or later."),
        )),
        (Some(date), _) if date > today.saturating_add(1.year()) => {
            Err(FieldError::new("effective_on", "too_far", "Choose a day within a year."))
        }
        (Some(date), _) if date == today => Ok(now),
        (Some(date), _) => Ok(start_of_day(date, zone)),
        (None, Some(error)) => Err(error),
        (None, None) => Err(FieldError::new("effective_on", "not_a_date", "This is not a date.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_takes_effect_at_once_or_with_the_first_moment_of_a_day_within_a_year() {
        let now: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
        let east = TimeZone::fixed(jiff::tz::offset(2));
        for (typed, expected) in [
            ("", Ok("2026-11-22T09:00:00Z")),
            ("  ", Ok("2026-11-22T09:00:00Z")),
            ("2026-11-22", Ok("2026-11-22T09:00:00Z")),
            ("2026-11-23", Ok("2026-11-22T22:00:00Z")),
            ("2027-11-22", Ok("2027-11-21T22:00:00Z")),
            ("2027-11-23", Err("too_far")),
            ("2026-11-21", Err("in_the_past")),
            ("0001-01-01", Err("in_the_past")),
            ("9999-12-31", Err("too_far")),
            ("2027-02-29", Err("not_a_date")),
            ("23.11.2026", Err("not_a_date")),
            ("2026-11-23T10:00", Err("not_a_date")),
        ] {
            let found = effective_from(typed, now, &east).map(|at| at.to_string()).map_err(|error| error.code);
            assert_eq!(found, expected.map(str::to_owned).map_err(str::to_owned), "{typed:?}");
        }
    }
}
