//! A past day that somebody asks about: from its first moment to its last, or why nothing can be said.

use super::Base;
use super::error::UseCaseError;
use super::work::Work;
use crate::store;
use app::grants::port::OnDay;
use app::when::day;
use domain::time::{Period, today};
use jiff::Timestamp;
use jiff::civil::Date;

/// What was asked about.
pub enum AsOf {
    /// The present.
    Now,
    /// A day that something is known of: from its first moment to its last, or to now.
    Day {
        /// Which.
        day: Date,
        /// Its first moment.
        from: Timestamp,
        /// The last moment that counts.
        at: Timestamp,
    },
    /// A day of which nothing can be said, and why.
    Nothing {
        /// Which, if it is one.
        day: Option<Date>,
        /// Why.
        why: String,
    },
}

impl AsOf {
    /// As a page says it.
    #[must_use]
    pub fn told(&self, typed: &str) -> Option<OnDay> {
        let typed = typed.trim().to_owned();
        match self {
            Self::Now => None,
            Self::Day { day, .. } => Some(OnDay { typed, day: Some(*day), nothing: None }),
            Self::Nothing { day, why } => Some(OnDay { typed, day: *day, nothing: Some(why.clone()) }),
        }
    }
}

/// Reads a day as typed; an empty one is now.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn read(work: &mut Work<'_>, base: &Base, typed: &str) -> Result<AsOf, UseCaseError> {
    let (now, zone, typed) = (work.now(), &base.zone, typed.trim());
    if typed.is_empty() {
        return Ok(AsOf::Now);
    }
    let shaped = typed.len() == 10;
    let Some(asked) = typed.parse::<Date>().ok().filter(|_| shaped) else {
        return Ok(AsOf::Nothing { day: None, why: "This is no day: write it as year-month-day, for example 2026-05-01.".to_owned() });
    };
    let nothing = |why: String| Ok(AsOf::Nothing { day: Some(asked), why });
    if asked > today(now, zone) {
        return nothing(format!("{} has not come: nobody can say what will be held then.", day(asked)));
    }
    let whole = Period::from_stored(asked, Some(asked));
    let (from, until) = (whole.begins_at(zone), whole.ends_at(zone).unwrap_or(now));
    match store::access_lists::first_record(work.conn()).await? {
        Some(first) if first < until => Ok(AsOf::Day { day: asked, from, at: last_moment(until).min(now) }),
        Some(first) => nothing(format!("The first record is of {}: of {} nothing is known.", day(today(first, zone)), day(asked))),
        None => nothing("Nothing is on record yet.".to_owned()),
    }
}

/// The last moment before the midnight that closes a day, as precise as records are.
fn last_moment(until: Timestamp) -> Timestamp {
    until.checked_sub(jiff::SignedDuration::from_micros(1)).unwrap_or(until)
}
