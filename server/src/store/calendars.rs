//! Business calendars: the version in force of a unit's calendar.

use super::error::StoreError;
use domain::calendar::WrittenCalendar;
use domain::id::UnitId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use sqlx::types::Json;

/// Code of the calendar that applies where no unit says otherwise.
pub const STANDARD: &str = "standard";

/// One version of a calendar, as it is stored.
#[derive(Clone, Debug)]
pub struct CalendarRow {
    /// Its code.
    pub code: String,
    /// Which version.
    pub version: i32,
    /// Name as shown.
    pub name: String,
    /// Zone, hours and holidays.
    pub written: WrittenCalendar,
}

/// The newest version in force at `now` of the unit's calendar; of the standard one without a unit.
///
/// # Errors
/// [`StoreError`] when reading fails or what is stored is no calendar.
pub async fn of_unit(conn: &mut PgConnection, unit: Option<UnitId>, now: Timestamp) -> Result<Option<CalendarRow>, StoreError> {
    let row = sqlx::query!(
        r#"select code, version, name, zone, hours as "hours: Json<Vec<Vec<(String, String)>>>",
                  holidays as "holidays: Json<Vec<domain::calendar::WrittenHoliday>>"
           from business_calendar
           where code = coalesce((select calendar_code from unit where id = $1), $2) and effective_from <= $3
           order by version desc limit 1"#,
        unit.map(|id| id.0),
        STANDARD,
        now.to_sqlx() as _
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| CalendarRow {
        code: r.code,
        version: r.version,
        name: r.name,
        written: WrittenCalendar { zone: r.zone, hours: r.hours.0, holidays: r.holidays.0 },
    }))
}

/// One version of a calendar, whether it is in force or not.
///
/// # Errors
/// [`StoreError`] when reading fails or what is stored is no calendar.
pub async fn version(conn: &mut PgConnection, code: &str, version: i32) -> Result<Option<CalendarRow>, StoreError> {
    let row = sqlx::query!(
        r#"select code, version, name, zone, hours as "hours: Json<Vec<Vec<(String, String)>>>",
                  holidays as "holidays: Json<Vec<domain::calendar::WrittenHoliday>>"
           from business_calendar where code = $1 and version = $2"#,
        code,
        version
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| CalendarRow {
        code: r.code,
        version: r.version,
        name: r.name,
        written: WrittenCalendar { zone: r.zone, hours: r.hours.0, holidays: r.holidays.0 },
    }))
}
