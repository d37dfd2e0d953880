//! Business calendars: working hours of seven days, and days without work.

use super::field::{FieldSpec, Shape, Typed};
use super::form::Form;
use crate::calendar::{BusinessCalendar, DAYS, WrittenCalendar, WrittenHoliday};
use jiff::tz::TimeZone;

/// Calendars are addressed by their code; this word is the address of the form for a new one.
const NOT_A_CODE: &str = "new";

const HOURS: &str = "For example 09:00-12:00 13:00-17:00. Empty: no work.";

/// Names of the seven fields, Monday first.
const DAY_FIELDS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

pub(super) const FIELDS: &[FieldSpec] = &[
    FieldSpec::new(
        "code",
        "Code",
        Shape::Line(41),
        "2 to 41 lower-case letters, digits, _ and -; units name it. Never changed afterwards.",
    )
    .required()
    .fixed(),
    FieldSpec::new("name", "Name", Shape::Line(200), "Up to 200 characters.").required(),
    FieldSpec::new("zone", "Time zone", Shape::Line(60), "For example Europe/Berlin. Empty: the zone of the installation.")
        .empty_means("the zone of the installation")
        .always(),
    FieldSpec::new("monday", "Monday", Shape::Line(100), HOURS).always(),
    FieldSpec::new("tuesday", "Tuesday", Shape::Line(100), HOURS).always(),
    FieldSpec::new("wednesday", "Wednesday", Shape::Line(100), HOURS).always(),
    FieldSpec::new("thursday", "Thursday", Shape::Line(100), HOURS).always(),
    FieldSpec::new("friday", "Friday", Shape::Line(100), HOURS).always(),
    FieldSpec::new("saturday", "Saturday", Shape::Line(100), HOURS).always(),
    FieldSpec::new("sunday", "Sunday", Shape::Line(100), HOURS).always(),
    FieldSpec::new("holidays", "Holidays", Shape::Lines(40_000, 6), "One a line, for example 2026-12-25 Christmas Day.").always(),
];

/// A business calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarBody {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Zone, hours and holidays.
    pub written: WrittenCalendar,
}

impl CalendarBody {
    pub(super) fn read(form: &mut Form<'_>) -> Self {
        let (code, name, zone) = (form.code("code"), form.name("name"), form.text("zone"));
        if code == NOT_A_CODE {
            form.refuse("code", "taken", "This word stands for the form of a new calendar.");
        }
        let hours: Vec<Vec<(String, String)>> = DAY_FIELDS.into_iter().enumerate().map(|(day, field)| read_day(form, day, field)).collect();
        if hours.iter().all(Vec::is_empty) {
            form.refuse("monday", "no_working_time", "Without any working hour nothing would ever be due: give at least one interval.");
        }
        let holidays = read_holidays(form);
        let zone = Some(zone).filter(|zone| !zone.is_empty());
        Self { code, name, written: WrittenCalendar { zone, hours, holidays } }
    }

    pub(super) fn text(&self) -> Typed {
        let mut typed = Typed::from([
            ("code".to_owned(), self.code.clone()),
            ("name".to_owned(), self.name.clone()),
            ("zone".to_owned(), self.written.zone.clone().unwrap_or_default()),
            (
                "holidays".to_owned(),
                self.written.holidays.iter().map(|day| format!("{} {}", day.date, day.name)).collect::<Vec<_>>().join("\n"),
            ),
        ]);
        for (at, field) in DAY_FIELDS.into_iter().enumerate() {
            let intervals = self.written.hours.get(at).map(Vec::as_slice).unwrap_or_default();
            let text = intervals.iter().map(|(from, to)| format!("{from}-{to}")).collect::<Vec<_>>().join(" ");
            typed.insert(field.to_owned(), text);
        }
        typed
    }
}

/// A week or holidays by themselves, checked by the calendar's own rules.
fn problems(hours: Vec<Vec<(String, String)>>, holidays: Vec<WrittenHoliday>) -> Vec<crate::error::FieldError> {
    let written = WrittenCalendar { zone: None, hours, holidays };
    BusinessCalendar::parse(&written, &TimeZone::UTC, |_| None).err().unwrap_or_default()
}

fn read_day(form: &mut Form<'_>, day: usize, field: &'static str) -> Vec<(String, String)> {
    let text = form.text(field);
    let intervals: Vec<(String, String)> = text
        .split_whitespace()
        .map(|interval| interval.split_once('-').unwrap_or((interval, "")))
        .map(|(from, to)| (from.to_owned(), to.to_owned()))
        .collect();
    if !intervals.is_empty() {
        let week = (0..DAYS.len()).map(|other| if other == day { intervals.clone() } else { vec![] }).collect();
        for error in problems(week, vec![]) {
            form.refuse(field, &error.code, error.message);
        }
    }
    intervals
}

fn read_holidays(form: &mut Form<'_>) -> Vec<WrittenHoliday> {
    let whole_week = || vec![vec![("00:00".to_owned(), "24:00".to_owned())]; DAYS.len()];
    let mut holidays: Vec<WrittenHoliday> = Vec::new();
    for (at, line) in form.lines("holidays") {
        let (date, name) = line.split_once(char::is_whitespace).unwrap_or((&line, ""));
        // In a page two spaces look like one.
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let holiday = WrittenHoliday { date: date.to_owned(), name };
        if holidays.iter().any(|other| other.date == holiday.date) {
            form.refuse_line("holidays", "twice", at, "This day is there twice.");
            continue;
        }
        for error in problems(whole_week(), vec![holiday.clone()]).into_iter().chain(holiday.check_new().err()) {
            form.refuse_line("holidays", &error.code, at, error.message);
        }
        holidays.push(holiday);
    }
    if holidays.len() > crate::calendar::HOLIDAYS_MAX {
        form.refuse("holidays", "too_many", "These are too many holidays.");
    }
    holidays.sort_by(|a, b| a.date.cmp(&b.date));
    holidays
}
