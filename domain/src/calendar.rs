//! Business time: when people work, and how much working time lies between two moments.
//!
//! Working hours are civil times in a zone, but what counts is time that really passes. Every bound
//! of an interval is the first moment at which the clock in the zone shows that time or a later
//! one. Clock changes follow from this single rule: an hour that is skipped is not worked, an hour
//! that is repeated is worked twice, and two intervals that touch never overlap.

use crate::error::FieldError;
use crate::text::{Name, is_blank};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most intervals on one day of the week.
pub const INTERVALS_MAX: usize = 6;
/// Most holidays of one calendar: more than ten years of any country's.
pub const HOLIDAYS_MAX: usize = 400;
/// Most characters of a holiday's name.
pub const HOLIDAY_NAME_MAX: usize = 80;

/// Names of the days, Monday first, as the intervals of a calendar are ordered.
pub const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The years in which a new holiday lies: no date that is a slip of the hand, and none that is beyond
/// what anything here is planned for.
pub const HOLIDAY_YEARS: std::ops::RangeInclusive<i16> = 2000..=2100;

const MINUTES_OF_A_DAY: i16 = 24 * 60;

/// A calendar as it is written down and stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenCalendar {
    /// IANA name of the zone; `None` is the zone of the installation.
    pub zone: Option<String>,
    /// Seven lists of `[from, to]` as `HH:MM`, Monday first; `24:00` closes a day.
    pub hours: Vec<Vec<(String, String)>>,
    /// Days without work.
    pub holidays: Vec<WrittenHoliday>,
}

/// A day without work, as it is written down and stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenHoliday {
    /// `YYYY-MM-DD`.
    pub date: String,
    /// What it is called.
    pub name: String,
}

impl WrittenHoliday {
    /// Checks a holiday as somebody writes it, beyond what [`BusinessCalendar::parse`] needs: a
    /// calendar that is stored already stays in force as it is.
    ///
    /// # Errors
    /// A [`FieldError`] at `holidays` with code `holiday_year`, `mixed_scripts`, `lookalike` or
    /// `forbidden_character`.
    pub fn check_new(&self) -> Result<(), FieldError> {
        let (first, last) = (HOLIDAY_YEARS.start(), HOLIDAY_YEARS.end());
        if self.date.parse::<Date>().is_ok_and(|date| !HOLIDAY_YEARS.contains(&date.year())) {
            return Err(FieldError::new("holidays", "holiday_year", format!("{}: choose a day from {first} to {last}.", self.date)));
        }
        match Name::parse("holidays", &self.name, HOLIDAY_NAME_MAX) {
            // Those two the calendar itself refuses.
            Err(error) if !["required", "too_long"].contains(&error.code.as_str()) => Err(error),
            _ => Ok(()),
        }
    }
}

/// Part of a day in minutes since midnight; `to` may be the midnight that closes the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Interval {
    from: i16,
    to: i16,
}

/// When people work. There is working time in every week without holidays: a calendar without any
/// is refused when it is parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusinessCalendar {
    zone: TimeZone,
    /// Monday first; the intervals of a day in order.
    week: [Vec<Interval>; 7],
    holidays: BTreeMap<Date, String>,
}

impl BusinessCalendar {
    /// Parses a calendar. `find_zone` looks a zone up by its IANA name; `default_zone` is the zone
    /// of a calendar that names none.
    ///
    /// # Errors
    /// A [`FieldError`] at `zone`, `hours` or `holidays` for everything that cannot be used.
    pub fn parse(
        written: &WrittenCalendar,
        default_zone: &TimeZone,
        find_zone: impl FnOnce(&str) -> Option<TimeZone>,
    ) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let zone = match written.zone.as_deref().map(str::trim) {
            None | Some("") => Some(default_zone.clone()),
            Some(name) => find_zone(name),
        };
        if zone.is_none() {
            errors.push(FieldError::new(
                "zone",
                "unknown_zone",
                "This time zone is not known: enter a name such as Europe/Berlin, or leave it empty for the zone of the installation.",
            ));
        }
        let week = parse_week(&written.hours, &mut errors);
        let holidays = parse_holidays(&written.holidays, &mut errors);
        match (zone, errors.is_empty()) {
            (Some(zone), true) => Ok(Self { zone, week, holidays }),
            _ => Err(errors),
        }
    }

    /// The zone whose clock it follows.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The name of the holiday on `date`, if it is one.
    #[must_use]
    pub fn holiday(&self, date: Date) -> Option<&str> {
        self.holidays.get(&date).map(String::as_str)
    }

    /// The moment at which `amount` of working time has passed since `from`. No amount, or less
    /// than none, gives `from` itself; an amount that is used up at the end of a working day ends
    /// then, not on the next morning. Beyond the end of representable time it is
    /// [`Timestamp::MAX`].
    #[must_use]
    pub fn add_working(&self, from: Timestamp, amount: SignedDuration) -> Timestamp {
        let mut left = amount;
        if left <= SignedDuration::ZERO {
            return from;
        }
        for (begin, end) in self.intervals(from) {
            let length = begin.duration_until(end);
            if length >= left {
                return begin.checked_add(left).unwrap_or(Timestamp::MAX);
            }
            left -= length;
        }
        Timestamp::MAX
    }

    /// The working time between two moments; none when `to` is not after `from`.
    #[must_use]
    pub fn working_between(&self, from: Timestamp, to: Timestamp) -> SignedDuration {
        self.intervals(from)
            .take_while(|(begin, _)| *begin < to)
            .fold(SignedDuration::ZERO, |sum, (begin, end)| sum + begin.duration_until(end.min(to)))
    }

    /// Working intervals after `from`, in order and without overlap, none of them empty; the first
    /// one is cut at `from`. Ends only with the end of representable time.
    fn intervals(&self, from: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        // A clock that is set back across midnight shows the day before once more.
        let first = self.zone.to_datetime(from).date();
        let first = first.yesterday().unwrap_or(first);
        std::iter::successors(Some(first), |date| date.tomorrow().ok())
            .filter(|date| !self.holidays.contains_key(date))
            .flat_map(move |date| {
                let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or_default();
                self.week[weekday].iter().map(move |interval| (self.moment(date, interval.from), self.moment(date, interval.to)))
            })
            .map(move |(begin, end)| (begin.max(from), end))
            .filter(|(begin, end)| begin < end)
    }

    /// The first moment at which the clock shows `minute` of `date` or something later.
    fn moment(&self, date: Date, minute: i16) -> Timestamp {
        let Some(shown) = clock_time(date, minute) else { return Timestamp::MAX };
        match self.zone.to_ambiguous_timestamp(shown).offset() {
            // Of a time that is shown twice the first moment; of one that is shown once the only.
            AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
                offset.to_timestamp(shown).unwrap_or_else(|_| out_of_range(date))
            }
            // A time that is never shown: the moment at which the clock jumps over it. `after` is
            // ahead, so that by it the moment lies before the jump.
            AmbiguousOffset::Gap { after, .. } => {
                let before_the_jump = after.to_timestamp(shown).unwrap_or_else(|_| out_of_range(date));
                self.zone.following(before_the_jump).next().map_or(before_the_jump, |jump| jump.timestamp())
            }
        }
    }
}

/// Civil times at the very edges of the range have no moment in zones ahead of or behind UTC.
fn out_of_range(date: Date) -> Timestamp {
    if date.year() < 0 { Timestamp::MIN } else { Timestamp::MAX }
}

fn clock_time(date: Date, minute: i16) -> Option<DateTime> {
    if minute >= MINUTES_OF_A_DAY {
        return Some(date.tomorrow().ok()?.to_datetime(Time::midnight()));
    }
    let (hour, rest) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
    Some(date.to_datetime(Time::new(hour, rest, 0, 0).ok()?))
}

fn parse_week(hours: &[Vec<(String, String)>], errors: &mut Vec<FieldError>) -> [Vec<Interval>; 7] {
    let mut week: [Vec<Interval>; 7] = Default::default();
    if hours.len() != week.len() {
        errors.push(FieldError::new("hours", "not_a_week", "Give the hours of seven days, Monday first; a day without work has none."));
        return week;
    }
    let before = errors.len();
    for ((written, day), intervals) in hours.iter().zip(DAYS).zip(&mut week) {
        if written.len() > INTERVALS_MAX {
            errors.push(FieldError::new("hours", "too_many", format!("{day}: give at most {INTERVALS_MAX} intervals.")));
            continue;
        }
        for (from, to) in written {
            match (minute_of(from), minute_of(to)) {
                (Some(from), Some(to)) if from < to => intervals.push(Interval { from, to }),
                (Some(_), Some(_)) => {
                    errors.push(FieldError::new("hours", "ends_before_start", format!("{day}: {to} is not after {from}.")));
                }
                _ => errors.push(FieldError::new(
                    "hours",
                    "not_a_time",
                    format!("{day}: enter hours and minutes from 00:00 to 24:00, for example 09:00 to 17:00."),
                )),
            }
        }
        intervals.sort_by_key(|interval| interval.from);
        if intervals.windows(2).any(|pair| pair[0].to > pair[1].from) {
            errors.push(FieldError::new("hours", "overlap", format!("{day}: two intervals overlap. Join them or move one.")));
        }
    }
    if errors.len() == before && week.iter().all(Vec::is_empty) {
        errors.push(FieldError::new(
            "hours",
            "no_working_time",
            "Without any working hour nothing would ever be due: give at least one interval.",
        ));
    }
    week
}

fn parse_holidays(written: &[WrittenHoliday], errors: &mut Vec<FieldError>) -> BTreeMap<Date, String> {
    let mut holidays = BTreeMap::new();
    if written.len() > HOLIDAYS_MAX {
        errors.push(FieldError::new("holidays", "too_many", format!("Give at most {HOLIDAYS_MAX} holidays.")));
        return holidays;
    }
    for holiday in written {
        let (date, name) = (holiday.date.trim(), holiday.name.trim());
        match date.parse::<Date>() {
            Ok(parsed) if parsed.to_string() == date => {
                if is_blank(name) || name.chars().count() > HOLIDAY_NAME_MAX {
                    errors.push(FieldError::new(
                        "holidays",
                        "name",
                        format!("{date}: give the holiday a name of at most {HOLIDAY_NAME_MAX} characters."),
                    ));
                }
                if holidays.insert(parsed, name.to_owned()).is_some() {
                    errors.push(FieldError::new("holidays", "twice", format!("{date} is there twice.")));
                }
            }
            _ => errors.push(FieldError::new(
                "holidays",
                "not_a_date",
                format!("“{date}” is not a date: enter year-month-day, for example 2026-12-25."),
            )),
        }
    }
    holidays
}

/// Minutes since midnight of `HH:MM`.
fn minute_of(text: &str) -> Option<i16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let two_digits = |part: &str| (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<i16>().ok()).flatten();
    let (hour, minute) = (two_digits(hour)?, two_digits(minute)?);
    let total = hour * 60 + minute;
    (minute < 60 && total <= MINUTES_OF_A_DAY).then_some(total)
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
