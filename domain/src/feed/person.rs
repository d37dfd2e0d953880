//! What a usable row of the people feed is. Every problem of a row is found, not only the first.

use super::columns::{Column, Layout};
use super::line_problem;
use crate::identity::Population;
use jiff::civil::Date;

/// Most characters of an employee number.
pub const NUMBER_MAX: usize = 64;
/// Most characters of a given or family name.
pub const NAME_MAX: usize = 100;
/// Most characters of an address (RFC 5321, section 4.5.3.1.3, less the angle brackets).
pub const EMAIL_MAX: usize = 254;
/// Most characters of a department or title.
pub const LABEL_MAX: usize = 200;
/// Dates before this year are typing errors.
const FIRST_YEAR: i16 = 1900;

/// A row in which every value on its own can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRow<'a> {
    /// The number the source of truth knows the person by.
    pub employee_number: &'a str,
    /// Given name.
    pub given_name: &'a str,
    /// Family name.
    pub family_name: &'a str,
    /// Address.
    pub email: Option<&'a str>,
    /// Organisational unit.
    pub department: Option<&'a str>,
    /// Job title.
    pub title: Option<&'a str>,
    /// The manager's employee number.
    pub manager: Option<&'a str>,
    /// First day.
    pub starts_on: Option<Date>,
    /// Last day.
    pub ends_on: Option<Date>,
    /// Which specification applies.
    pub population: Population,
}

/// One value that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellProblem<'a> {
    /// Where.
    pub column: Column,
    /// The value as it stands in the file.
    pub value: &'a str,
    /// What is wrong with it.
    pub problem: String,
}

/// The employee number of a row, when at least that can be read. A row that is skipped still says
/// that its person is in the feed.
#[must_use]
pub fn employee_number<'a>(layout: &Layout, cell: impl Fn(usize) -> &'a str) -> Option<&'a str> {
    let number = layout.position(Column::EmployeeNumber).map(cell)?.trim();
    (!number.is_empty() && line_problem(number, NUMBER_MAX).is_none()).then_some(number)
}

/// Reads one row; `cell` gives the value at a position of the file.
///
/// # Errors
/// Every value that cannot be used.
pub fn read<'a>(layout: &Layout, cell: impl Fn(usize) -> &'a str) -> Result<PersonRow<'a>, Vec<CellProblem<'a>>> {
    let mut problems = Vec::new();
    let value = |column| layout.position(column).map_or("", &cell).trim();
    let mut text = |column: Column, longest: usize| -> &'a str {
        let value = value(column);
        if value.is_empty() && column.is_required() {
            problems.push(CellProblem { column, value, problem: "is blank".to_owned() });
        } else if let Some(problem) = line_problem(value, longest) {
            problems.push(CellProblem { column, value, problem });
        }
        value
    };
    let employee_number = text(Column::EmployeeNumber, NUMBER_MAX);
    let given_name = text(Column::GivenName, NAME_MAX);
    let family_name = text(Column::FamilyName, NAME_MAX);
    let department = text(Column::Department, LABEL_MAX);
    let title = text(Column::Title, LABEL_MAX);
    let manager = text(Column::Manager, NUMBER_MAX);
    let email = text(Column::Email, EMAIL_MAX);
    if !email.is_empty() && line_problem(email, EMAIL_MAX).is_none() && !is_address(email) {
        problems.push(CellProblem { column: Column::Email, value: email, problem: "is not an email address".to_owned() });
    }
    let mut day = |column: Column| {
        let value = value(column);
        match parse_day(value) {
            Ok(day) => day,
            Err(problem) => {
                problems.push(CellProblem { column, value, problem });
                None
            }
        }
    };
    let starts_on = day(Column::HireDate);
    let ends_on = day(Column::EndDate);
    if let (Some(start), Some(end)) = (starts_on, ends_on)
        && end < start
    {
        problems.push(CellProblem {
            column: Column::EndDate,
            value: value(Column::EndDate),
            problem: format!("lies before the hire date {start}"),
        });
    }
    let worker_type = value(Column::WorkerType);
    let population = population(worker_type);
    if population.is_none() {
        let problem = if worker_type.is_empty() { "is blank" } else { "is not employee, contractor or vendor" };
        problems.push(CellProblem { column: Column::WorkerType, value: worker_type, problem: problem.to_owned() });
    }
    match population {
        Some(population) if problems.is_empty() => Ok(PersonRow {
            employee_number,
            given_name,
            family_name,
            email: some(email),
            department: some(department),
            title: some(title),
            manager: some(manager),
            starts_on,
            ends_on,
            population,
        }),
        _ => {
            problems.sort_by_key(|p| p.column);
            Err(problems)
        }
    }
}

fn some(value: &str) -> Option<&str> {
    (!value.is_empty()).then_some(value)
}

/// Which population a worker type means. Non-human identities do not come from the people feed.
fn population(worker_type: &str) -> Option<Population> {
    [Population::Employee, Population::Contractor, Population::Vendor].into_iter().find(|p| p.word().eq_ignore_ascii_case(worker_type))
}

/// The shape of an address: something, `@`, and a domain with at least two labels.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let label = |l: &str| !l.is_empty() && !l.starts_with('-') && !l.ends_with('-') && l.chars().all(|c| c.is_alphanumeric() || c == '-');
    !local.is_empty()
        && local.len() <= 64
        && !local.chars().any(|c| c.is_whitespace() || matches!(c, '"' | '(' | ')' | ',' | ':' | ';' | '<' | '>' | '[' | ']' | '\\'))
        && domain.contains('.')
        && domain.split('.').all(label)
}

/// Exactly `YYYY-MM-DD`: `jiff` alone would take a whole timestamp as well.
fn parse_day(text: &str) -> Result<Option<Date>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let shaped = text.len() == 10 && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    match text.parse::<Date>() {
        Ok(day) if shaped && day.year() >= FIRST_YEAR => Ok(Some(day)),
        Ok(_) if shaped => Err(format!("lies before the year {FIRST_YEAR}")),
        _ => Err("is not a date of the form year-month-day, for example 2026-12-23".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::columns::ColumnMap;
    use super::*;

    const GOOD: [&str; 10] = [
        "10001",
        "Georgi",
        "Facello",
        "georgi.facello@example.com",
        "Development",
        "Senior Engineer",
        "10567",
        "1986-06-26",
        "",
        "employee",
    ];

    fn layout() -> Layout {
        let header: Vec<&str> = Column::ALL.iter().map(|c| c.word()).collect();
        ColumnMap::default().resolve(&header).unwrap()
    }

    fn problems(column: Column, value: &str) -> Vec<String> {
        let mut row = GOOD;
        row[column as usize] = value;
        read(&layout(), |i| row[i]).err().unwrap_or_default().into_iter().map(|p| format!("{} {}", p.column.word(), p.problem)).collect()
    }

    #[test]
    fn a_good_row_is_trimmed_and_blanks_become_absent() {
        let row = ["10001", " Georgi ", "Facello", "", "", "", "", "1986-06-26", "2026-12-31", "Contractor"];
        let person = read(&layout(), |i| row[i]).unwrap();
        assert_eq!((person.given_name, person.email, person.manager), ("Georgi", None, None));
        assert_eq!(person.population, Population::Contractor);
        assert_eq!(person.ends_on.map(|d| d.to_string()), Some("2026-12-31".to_owned()));
    }

    #[test]
    fn every_kind_of_unusable_value_is_named_with_its_column() {
        for (column, value, expected) in [
            (Column::EmployeeNumber, " ", "employee_number is blank"),
            (Column::GivenName, "", "given_name is blank"),
            (Column::FamilyName, "a\u{202e}b", "family_name contains the character U+202E, which is refused"),
            (Column::FamilyName, "a\nb", "family_name contains a line break (is a quotation mark not closed?)"),
            (Column::GivenName, &"x".repeat(101), "given_name has 101 characters; at most 100 fit"),
            (Column::Email, "georgi", "email is not an email address"),
            (Column::Email, "a b@example.com", "email is not an email address"),
            (Column::Email, "a@b@example.com", "email is not an email address"),
            (Column::Email, "a@localhost", "email is not an email address"),
            (Column::HireDate, "26.06.1986", "hire_date is not a date of the form year-month-day, for example 2026-12-23"),
            (Column::HireDate, "1999-02-29", "hire_date is not a date of the form year-month-day, for example 2026-12-23"),
            (Column::HireDate, "0201-01-01", "hire_date lies before the year 1900"),
            (Column::EndDate, "1986-06-25", "end_date lies before the hire date 1986-06-26"),
            (Column::WorkerType, "service_account", "worker_type is not employee, contractor or vendor"),
            (Column::WorkerType, "", "worker_type is blank"),
        ] {
            assert_eq!(problems(column, value), [expected], "{value:?}");
        }
    }

    #[test]
    fn all_problems_of_a_row_are_found_in_the_order_of_the_columns() {
        let row = ["", "", "Facello", "x", "", "", "", "1986", "", "boss"];
        let columns: Vec<_> = read(&layout(), |i| row[i]).err().unwrap_or_default().into_iter().map(|p| p.column).collect();
        assert_eq!(columns, [Column::EmployeeNumber, Column::GivenName, Column::Email, Column::HireDate, Column::WorkerType]);
    }

    #[test]
    fn the_open_end_other_systems_write_is_a_date_like_any_other() {
        assert!(problems(Column::EndDate, "9999-12-31").is_empty());
    }
}
