//! Working time: which calendar counts for a unit.

use super::Base;
use super::error::UseCaseError;
use super::work::Work;
use crate::store;
use crate::store::calendars::CalendarRow;
use app::when::When;
use domain::calendar::BusinessCalendar;
use domain::id::UnitId;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A calendar with the version it is.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// Its code.
    pub code: String,
    /// Which version.
    pub version: i32,
    /// Name as shown.
    pub name: String,
    /// Hours and holidays.
    pub calendar: BusinessCalendar,
}

/// The calendar in force for the unit; the standard one for whoever has no unit.
///
/// # Errors
/// [`UseCaseError`] when there is none or it cannot be used: without a calendar nothing has a due
/// time, and nothing is asked of anybody without one (law 1).
pub async fn calendar_of(work: &mut Work<'_>, base: &Base, unit: Option<UnitId>) -> Result<Calendar, UseCaseError> {
    let now = work.now();
    let row = store::calendars::of_unit(work.conn(), unit, now).await?;
    let row =
        row.ok_or_else(|| store::error::StoreError::inconsistent("business_calendar", "a unit names a calendar that is not there"))?;
    usable(row, base)
}

/// A version that was in force once: what was worked out with it can be worked out again.
///
/// # Errors
/// [`UseCaseError`] when there is none or it cannot be used.
pub async fn calendar_version(work: &mut Work<'_>, base: &Base, code: &str, version: i32) -> Result<Calendar, UseCaseError> {
    let row = store::calendars::version(work.conn(), code, version).await?;
    let row =
        row.ok_or_else(|| store::error::StoreError::inconsistent("business_calendar", "a stage names a version that is not there"))?;
    usable(row, base)
}

fn usable(row: CalendarRow, base: &Base) -> Result<Calendar, UseCaseError> {
    let calendar = BusinessCalendar::parse(&row.written, &base.zone, find_zone).map_err(|errors| {
        let problems: Vec<_> = errors.iter().map(|error| format!("{}: {}", error.field, error.code)).collect();
        store::error::StoreError::inconsistent(
            "business_calendar",
            format!("{} version {} cannot be used: {}", row.code, row.version, problems.join(", ")),
        )
    })?;
    Ok(Calendar { code: row.code, version: row.version, name: row.name, calendar })
}

/// A due time for people, in the installation's zone like every moment. Where the calendar that it was
/// worked out with follows another clock, the zone is named: nobody shall read the one for the other.
#[must_use]
pub fn due(at: Timestamp, calendar: &BusinessCalendar, base: &Base) -> When {
    let When { at, text } = When::new(at, &base.zone);
    match base.zone.iana_name() {
        Some(name) if *calendar.zone() != base.zone => When { at, text: format!("{text} ({name})") },
        _ => When { at, text },
    }
}

/// A zone by its IANA name, as the machine or the bundled data knows it.
#[must_use]
pub fn find_zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}
