use super::*;
use proptest::prelude::*;

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn day(text: &str) -> Vec<(String, String)> {
    text.split_whitespace().map(|part| part.split_once('-').unwrap()).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
}

/// The same hours Monday to Friday, others on Saturday and on Sunday.
fn written(workdays: &str, saturday: &str, sunday: &str, holidays: &[&str]) -> WrittenCalendar {
    let mut hours = vec![day(workdays); 5];
    hours.extend([day(saturday), day(sunday)]);
    let holidays = holidays.iter().map(|date| WrittenHoliday { date: (*date).to_owned(), name: "Holiday".to_owned() }).collect();
    WrittenCalendar { zone: None, hours, holidays }
}

fn calendar(zone_name: &str, workdays: &str, weekend: &str, holidays: &[&str]) -> BusinessCalendar {
    BusinessCalendar::parse(&written(workdays, weekend, weekend, holidays), &zone(zone_name), |_| None).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn minutes(n: i64) -> SignedDuration {
    SignedDuration::from_mins(n)
}

#[test]
fn working_time_is_added_over_nights_weekends_holidays_and_year_ends() {
    let office = calendar("Europe/Berlin", "09:00-12:00 13:00-17:00", "", &["2026-12-24", "2026-12-25", "2027-01-01"]);
    // In 2026 Berlin is at +02:00 until 25 October and at +01:00 after it.
    for (from, amount, expected, why) in [
        ("2026-11-23T09:00:00+01:00", 60, "2026-11-23T10:00:00+01:00", "inside a morning"),
        ("2026-11-23T11:00:00+01:00", 60, "2026-11-23T12:00:00+01:00", "used up exactly when the morning ends"),
        ("2026-11-23T11:00:00+01:00", 61, "2026-11-23T13:01:00+01:00", "over lunch"),
        ("2026-11-23T12:30:00+01:00", 10, "2026-11-23T13:10:00+01:00", "from within lunch"),
        ("2026-11-23T06:00:00+01:00", 30, "2026-11-23T09:30:00+01:00", "before the office opens"),
        ("2026-11-23T20:00:00+01:00", 30, "2026-11-24T09:30:00+01:00", "after it closes"),
        ("2026-11-20T16:00:00+01:00", 120, "2026-11-23T10:00:00+01:00", "over a weekend"),
        ("2026-11-21T10:00:00+01:00", 60, "2026-11-23T10:00:00+01:00", "from within a weekend"),
        ("2026-12-23T16:00:00+01:00", 120, "2026-12-28T10:00:00+01:00", "over two holidays and a weekend"),
        ("2026-12-25T10:00:00+01:00", 60, "2026-12-28T10:00:00+01:00", "from within a holiday"),
        ("2026-12-31T16:00:00+01:00", 120, "2027-01-04T10:00:00+01:00", "over the change of the year"),
        ("2028-02-28T16:00:00+01:00", 120, "2028-02-29T10:00:00+01:00", "into 29 February"),
        ("2028-02-29T16:00:00+01:00", 120, "2028-03-01T10:00:00+01:00", "out of 29 February"),
        ("2027-02-26T16:00:00+01:00", 120, "2027-03-01T10:00:00+01:00", "a February without 29th"),
        ("2026-11-21T10:00:00+01:00", 0, "2026-11-21T10:00:00+01:00", "nothing to add, outside of hours"),
        ("2026-11-23T10:00:00+01:00", 0, "2026-11-23T10:00:00+01:00", "nothing to add, within hours"),
        ("2026-11-23T10:00:00+01:00", -60, "2026-11-23T10:00:00+01:00", "less than nothing"),
        ("2026-11-23T08:00:00Z", 60, "2026-11-23T09:00:00Z", "asked in another zone: eight there is nine here"),
        ("2026-11-22T00:00:00+01:00", 35 * 60, "2026-11-27T17:00:00+01:00", "a whole week"),
        ("2026-11-22T00:00:00+01:00", 350 * 60, "2027-02-03T17:00:00+01:00", "ten weeks of hours with three days off"),
    ] {
        assert_eq!(office.add_working(at(from), minutes(amount)), at(expected), "{why}");
    }
}

#[test]
fn a_clock_change_counts_what_really_passes() {
    let spring = "2026-03-29"; // Berlin: 02:00 becomes 03:00.
    let autumn = "2026-10-25"; // Berlin: 03:00 becomes 02:00.
    let spring_there = "2026-03-08"; // New York: 02:00 becomes 03:00.
    let autumn_there = "2026-11-01"; // New York: 02:00 becomes 01:00.
    for (zone_name, hours, date, expected, why) in [
        ("Europe/Berlin", "00:00-24:00", spring, 23 * 60, "a day of 23 hours"),
        ("Europe/Berlin", "00:00-24:00", autumn, 25 * 60, "a day of 25 hours"),
        ("Europe/Berlin", "01:00-04:00", spring, 120, "an hour that is skipped is not worked"),
        ("Europe/Berlin", "01:00-04:00", autumn, 240, "an hour that is repeated is worked twice"),
        ("Europe/Berlin", "02:30-04:00", spring, 60, "an interval that begins inside the gap begins after it"),
        ("Europe/Berlin", "01:00-02:30", spring, 60, "an interval that ends inside the gap ends with it"),
        ("Europe/Berlin", "02:10-02:50", spring, 0, "an interval inside the gap does not take place"),
        ("Europe/Berlin", "01:00-02:30", autumn, 90, "ends when the clock first shows its end"),
        ("Europe/Berlin", "02:30-04:00", autumn, 150, "begins when the clock first shows its begin"),
        ("Europe/Berlin", "01:00-02:30 02:30-04:00", autumn, 240, "intervals that touch do not overlap"),
        ("Europe/Berlin", "09:00-17:00", spring, 480, "a working day does not see the night"),
        ("America/New_York", "00:00-24:00", spring_there, 23 * 60, "a day of 23 hours there"),
        ("America/New_York", "00:00-24:00", autumn_there, 25 * 60, "a day of 25 hours there"),
        ("America/New_York", "02:30-04:00", spring_there, 60, "a gap there"),
        ("America/New_York", "01:30-03:00", autumn_there, 150, "a fold there"),
        ("America/New_York", "00:00-24:00", spring, 24 * 60, "the other continent changes on another day"),
        // Havana repeats the hour before 01:00 at midnight: 01:00 becomes 00:00.
        ("America/Havana", "00:00-24:00", autumn_there, 25 * 60, "a fold at midnight"),
        ("America/Havana", "00:00-24:00", spring_there, 23 * 60, "a day that begins at one o'clock"),
        // Samoa moved over the date line: 30 December 2011 did not happen.
        ("Pacific/Apia", "00:00-24:00", "2011-12-30", 0, "a day that is skipped whole"),
        ("Australia/Lord_Howe", "00:00-24:00", "2026-04-05", 24 * 60 + 30, "a change of half an hour"),
    ] {
        let always = calendar(zone_name, hours, hours, &[]);
        let date: Date = date.parse().unwrap();
        let midnight = |date: Date| date.to_zoned(zone(zone_name)).unwrap().timestamp();
        let (begin, end) = (midnight(date), midnight(date.tomorrow().unwrap()));
        assert_eq!(always.working_between(begin, end), minutes(expected), "{why}");
        if expected > 0 {
            let used_up = always.add_working(begin, minutes(expected));
            assert!(begin < used_up && used_up <= end, "{why}: {used_up}");
            assert!(always.add_working(begin, minutes(expected) + SignedDuration::from_nanos(1)) > used_up, "{why}");
        }
    }
}

#[test]
fn a_due_time_keeps_its_hour_on_the_clock_over_a_clock_change() {
    let office = calendar("Europe/Berlin", "09:00-17:00", "", &[]);
    assert_eq!(office.add_working(at("2026-03-27T16:00:00+01:00"), minutes(120)), at("2026-03-30T10:00:00+02:00"));
    assert_eq!(office.add_working(at("2026-10-23T16:00:00+02:00"), minutes(120)), at("2026-10-26T10:00:00+01:00"));
    let there = calendar("America/New_York", "09:00-17:00", "", &[]);
    assert_eq!(there.add_working(at("2026-03-06T16:00:00-05:00"), minutes(120)), at("2026-03-09T10:00:00-04:00"));
    assert_eq!(there.add_working(at("2026-10-30T16:00:00-04:00"), minutes(120)), at("2026-11-02T10:00:00-05:00"));
}

#[test]
fn working_time_between_is_what_lies_inside_the_hours() {
    let office = calendar("Europe/Berlin", "09:00-17:00", "", &["2026-11-25"]);
    for (from, to, expected) in [
        ("2026-11-23T10:00:00+01:00", "2026-11-23T11:30:00+01:00", 90),
        ("2026-11-23T08:00:00+01:00", "2026-11-23T18:00:00+01:00", 480),
        ("2026-11-23T16:00:00+01:00", "2026-11-24T10:00:00+01:00", 120),
        ("2026-11-24T16:00:00+01:00", "2026-11-26T10:00:00+01:00", 120),
        ("2026-11-21T10:00:00+01:00", "2026-11-22T10:00:00+01:00", 0),
        ("2026-11-23T11:00:00+01:00", "2026-11-23T11:00:00+01:00", 0),
        ("2026-11-23T11:00:00+01:00", "2026-11-20T11:00:00+01:00", 0),
    ] {
        assert_eq!(office.working_between(at(from), at(to)), minutes(expected), "{from} to {to}");
    }
}

#[test]
fn at_the_ends_of_time_nothing_panics_and_nothing_runs_for_ever() {
    let office = calendar("Pacific/Kiritimati", "00:00-24:00", "00:00-24:00", &[]);
    assert_eq!(office.add_working(Timestamp::MAX, minutes(1)), Timestamp::MAX);
    assert_eq!(office.add_working(at("9999-12-01T00:00:00Z"), SignedDuration::MAX), Timestamp::MAX);
    assert_eq!(office.working_between(Timestamp::MAX, Timestamp::MAX), SignedDuration::ZERO);
    assert!(office.add_working(Timestamp::MIN, minutes(1)) <= Timestamp::MIN.checked_add(minutes(24 * 60 + 1)).unwrap());
}

#[test]
fn a_calendar_that_cannot_be_used_is_refused_at_its_fields() {
    let good = written("09:00-17:00", "", "", &["2026-12-25"]);
    let with = |change: &dyn Fn(&mut WrittenCalendar)| {
        let mut calendar = good.clone();
        change(&mut calendar);
        calendar
    };
    let holiday = |date: &str, name: &str| WrittenHoliday { date: date.to_owned(), name: name.to_owned() };
    for (calendar, expected) in [
        (good.clone(), vec![]),
        (with(&|c| c.zone = Some(" ".into())), vec![]),
        (with(&|c| c.zone = Some("Europe/Berlin".into())), vec![]),
        (with(&|c| c.zone = Some("Mars/Olympus".into())), vec!["zone:unknown_zone"]),
        (with(&|c| c.hours[5] = day("00:00-24:00")), vec![]),
        (with(&|c| c.hours[0] = day("13:00-17:00 09:00-13:00")), vec![]),
        (with(&|c| c.hours[0] = day("09:00-13:00 12:59-17:00")), vec!["hours:overlap"]),
        (with(&|c| c.hours[0] = day("09:00-17:00 09:00-17:00")), vec!["hours:overlap"]),
        (with(&|c| c.hours[0] = day("17:00-09:00")), vec!["hours:ends_before_start"]),
        (with(&|c| c.hours[0] = day("09:00-09:00")), vec!["hours:ends_before_start"]),
        (with(&|c| c.hours[0] = day("9:00-17:00")), vec!["hours:not_a_time"]),
        (with(&|c| c.hours[0] = day("09:00-24:01")), vec!["hours:not_a_time"]),
        (with(&|c| c.hours[0] = day("09:60-10:00")), vec!["hours:not_a_time"]),
        (with(&|c| c.hours[0] = day("+9:00-10:00")), vec!["hours:not_a_time"]),
        (
            with(&|c| c.hours[0] = day("00:00-01:00 02:00-03:00 04:00-05:00 06:00-07:00 08:00-09:00 10:00-11:00 12:00-13:00")),
            vec!["hours:too_many"],
        ),
        (with(&|c| c.hours.truncate(6)), vec!["hours:not_a_week"]),
        (with(&|c| c.hours = vec![vec![]; 7]), vec!["hours:no_working_time"]),
        (with(&|c| c.holidays.push(holiday("2027-02-29", "Leap day"))), vec!["holidays:not_a_date"]),
        (with(&|c| c.holidays.push(holiday("25.12.2026", "Christmas"))), vec!["holidays:not_a_date"]),
        (with(&|c| c.holidays.push(holiday("2026-12-25T10:00", "Christmas"))), vec!["holidays:not_a_date"]),
        (with(&|c| c.holidays.push(holiday("2028-02-29", "Leap day"))), vec![]),
        (with(&|c| c.holidays.push(holiday("2026-12-25", "Christmas again"))), vec!["holidays:twice"]),
        (with(&|c| c.holidays.push(holiday("2026-12-26", " "))), vec!["holidays:name"]),
        (with(&|c| c.holidays.push(holiday("2026-12-26", &"x".repeat(81)))), vec!["holidays:name"]),
        (with(&|c| c.holidays = vec![holiday("2026-12-26", "x"); 401]), vec!["holidays:too_many"]),
        (
            with(&|c| {
                c.zone = Some("Nowhere".into());
                c.hours[1] = day("10:00-09:00");
                c.holidays.push(holiday("soon", "Soon"));
            }),
            vec!["zone:unknown_zone", "hours:ends_before_start", "holidays:not_a_date"],
        ),
    ] {
        let answer = BusinessCalendar::parse(&calendar, &TimeZone::UTC, |name| TimeZone::get(name).ok());
        let codes: Vec<String> = answer.err().unwrap_or_default().into_iter().map(|e| format!("{}:{}", e.field, e.code)).collect();
        assert_eq!(codes, expected, "{calendar:?}");
    }
}

#[test]
fn a_calendar_in_force_stays_usable_where_a_new_holiday_would_be_refused() {
    let mut calendar = written("09:00-17:00", "", "", &["1999-12-31", "9999-12-31"]);
    calendar.holidays.push(WrittenHoliday { date: "2026-12-25".to_owned(), name: "Christm\u{430}s".to_owned() });
    assert!(BusinessCalendar::parse(&calendar, &TimeZone::UTC, |_| None).is_ok());
    let codes: Vec<String> = calendar.holidays.iter().filter_map(|holiday| holiday.check_new().err()).map(|error| error.code).collect();
    assert_eq!(codes, ["holiday_year", "holiday_year", "mixed_scripts"]);
}

#[test]
fn a_stored_calendar_is_read_as_it_is_written() {
    let stored =
        r#"{"zone":null,"hours":[[["09:00","17:00"]],[],[],[],[],[],[]],"holidays":[{"date":"2026-12-25","name":"Christmas Day"}]}"#;
    let written: WrittenCalendar = serde_json::from_str(stored).unwrap();
    let calendar = BusinessCalendar::parse(&written, &TimeZone::UTC, |_| None).unwrap();
    assert_eq!(calendar.holiday("2026-12-25".parse().unwrap()), Some("Christmas Day"));
    assert_eq!(serde_json::to_string(&written).unwrap(), stored);
}

fn calendars() -> impl Strategy<Value = BusinessCalendar> {
    let hours =
        prop_oneof![Just("09:00-17:00"), Just("00:00-24:00"), Just("00:30-02:30 02:30-06:00 22:00-24:00"), Just("02:10-02:50 23:00-23:30")];
    let zones =
        prop_oneof![Just("Europe/Berlin"), Just("America/New_York"), Just("America/Havana"), Just("Australia/Lord_Howe"), Just("UTC")];
    (zones, hours, prop_oneof![Just(""), Just("00:00-24:00")])
        .prop_map(|(zone_name, hours, weekend)| calendar(zone_name, hours, weekend, &["2026-12-25", "2026-10-26"]))
}

proptest! {
    /// Two years around the clock changes, amounts up to 40 days of 8 hours.
    #[test]
    fn what_was_added_lies_between(calendar in calendars(), start in 0_i64..63_072_000, amount in 0_i64..1_152_000) {
        let from = at("2026-01-01T00:00:00Z").checked_add(SignedDuration::from_secs(start)).unwrap();
        let amount = SignedDuration::from_secs(amount);
        let due = calendar.add_working(from, amount);
        prop_assert!(due >= from);
        prop_assert_eq!(calendar.working_between(from, due), amount);
    }

    #[test]
    fn later_or_more_is_never_due_earlier(calendar in calendars(), start in 0_i64..63_072_000, later in 0_i64..700_000, amount in 0_i64..200_000, more in 0_i64..100_000) {
        let from = at("2026-01-01T00:00:00Z").checked_add(SignedDuration::from_secs(start)).unwrap();
        let afterwards = from.checked_add(SignedDuration::from_secs(later)).unwrap();
        let (less, most) = (SignedDuration::from_secs(amount), SignedDuration::from_secs(amount + more));
        prop_assert!(calendar.add_working(from, less) <= calendar.add_working(from, most));
        prop_assert!(calendar.add_working(from, less) <= calendar.add_working(afterwards, less));
        let whole = calendar.working_between(from, afterwards);
        let middle = from.checked_add(SignedDuration::from_secs(later / 2)).unwrap();
        prop_assert_eq!(whole, calendar.working_between(from, middle) + calendar.working_between(middle, afterwards));
        prop_assert!(whole <= from.duration_until(afterwards));
    }
}
