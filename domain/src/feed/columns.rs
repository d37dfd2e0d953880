//! The columns of the people feed and how the titles of a particular file are matched to them.

use crate::words::words;
use std::collections::BTreeMap;

words! {
    /// A column of the people feed.
    pub enum Column: "column" {
        /// The number the source of truth knows the person by.
        EmployeeNumber = "employee_number", "Employee number",
        /// Given name.
        GivenName = "given_name", "Given name",
        /// Family name.
        FamilyName = "family_name", "Family name",
        /// Address; may be blank.
        Email = "email", "Email",
        /// Organisational unit; may be blank.
        Department = "department", "Department",
        /// Job title; may be blank.
        Title = "title", "Title",
        /// The manager's employee number; may be blank.
        Manager = "manager_employee_number", "Manager",
        /// First day; may be blank.
        HireDate = "hire_date", "Hire date",
        /// Last day; may be blank.
        EndDate = "end_date", "End date",
        /// Employee, contractor or vendor.
        WorkerType = "worker_type", "Worker type",
    }
}

impl Column {
    /// Whether a row without a value here is unusable, so that the column cannot be left out.
    #[must_use]
    pub fn is_required(self) -> bool {
        matches!(self, Self::EmployeeNumber | Self::GivenName | Self::FamilyName | Self::WorkerType)
    }
}

/// Titles that differ from the columns' own words. An empty title means that the file does not
/// have the column, which has to be said: a renamed column must not empty a field of everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnMap(BTreeMap<Column, String>);

/// A mapping that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingProblem {
    /// Not `column=title`.
    #[error("the mapping {0:?} is not of the form column=title, for example employee_number=PersonalNr")]
    Shape(String),
    /// A column the feed does not have.
    #[error("there is no column {0:?}; the columns are {columns}", columns = column_words())]
    UnknownColumn(String),
    /// The same column twice.
    #[error("the column {0} is mapped twice")]
    Twice(&'static str),
    /// A required column declared absent.
    #[error("the column {0} is required and cannot be left out")]
    Required(&'static str),
}

fn column_words() -> String {
    Column::ALL.iter().map(|c| c.word()).collect::<Vec<_>>().join(", ")
}

/// A header line that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderProblem {
    /// Columns that were not found.
    #[error("the header has no column {missing}; it has {present}", missing = .missing.join(", "), present = .present.join(", "))]
    Missing {
        /// The titles that were looked for.
        missing: Vec<String>,
        /// The titles of the file.
        present: Vec<String>,
    },
    /// The same title twice.
    #[error("the header has the column {0} twice")]
    Twice(String),
}

impl ColumnMap {
    /// Parses `column=title` pairs; `column=` says that the file does not have that column.
    ///
    /// # Errors
    /// A [`MappingProblem`] for the first pair that does not fit.
    pub fn parse<S: AsRef<str>>(pairs: &[S]) -> Result<Self, MappingProblem> {
        let mut map = BTreeMap::new();
        for pair in pairs {
            let (column, title) = pair.as_ref().split_once('=').ok_or_else(|| MappingProblem::Shape(super::shown(pair.as_ref())))?;
            let column: Column = column.trim().parse().map_err(|_| MappingProblem::UnknownColumn(super::shown(column.trim())))?;
            if title.trim().is_empty() && column.is_required() {
                return Err(MappingProblem::Required(column.word()));
            }
            if map.insert(column, title.trim().to_owned()).is_some() {
                return Err(MappingProblem::Twice(column.word()));
            }
        }
        Ok(Self(map))
    }

    /// The title a column has in the file; `None` when the file does not have it.
    #[must_use]
    pub fn title(&self, column: Column) -> Option<&str> {
        match self.0.get(&column) {
            Some(title) if title.is_empty() => None,
            Some(title) => Some(title),
            None => Some(column.word()),
        }
    }

    /// Finds every column in a header line. Titles are compared without surrounding spaces.
    ///
    /// # Errors
    /// A [`HeaderProblem`] that names all missing columns, or a title that stands there twice.
    pub fn resolve(&self, header: &[&str]) -> Result<Layout, HeaderProblem> {
        let titles: Vec<&str> = header.iter().map(|t| t.trim()).collect();
        let mut positions = [None; Column::ALL.len()];
        let mut missing = Vec::new();
        for column in Column::ALL {
            let Some(title) = self.title(*column) else { continue };
            let mut found = titles.iter().enumerate().filter(|(_, t)| **t == title).map(|(i, _)| i);
            match (found.next(), found.next()) {
                (Some(position), None) => positions[*column as usize] = Some(position),
                (Some(_), Some(_)) => return Err(HeaderProblem::Twice(super::shown(title))),
                (None, _) => missing.push(super::shown(title)),
            }
        }
        if !missing.is_empty() {
            return Err(HeaderProblem::Missing { missing, present: titles.iter().map(|t| super::shown(t)).collect() });
        }
        let ignored = titles.iter().enumerate().filter(|(i, _)| !positions.contains(&Some(*i))).map(|(_, t)| super::shown(t)).collect();
        Ok(Layout { positions, width: titles.len(), titles: titles.iter().map(|t| super::shown(t)).collect(), ignored })
    }
}

/// Where the columns stand in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    positions: [Option<usize>; Column::ALL.len()],
    width: usize,
    titles: Vec<String>,
    ignored: Vec<String>,
}

impl Layout {
    /// The position of a column; `None` when the file does not have it.
    #[must_use]
    pub fn position(&self, column: Column) -> Option<usize> {
        self.positions[column as usize]
    }

    /// The title of a column as it stands in the file.
    #[must_use]
    pub fn title(&self, column: Column) -> &str {
        self.position(column).and_then(|p| self.titles.get(p)).map_or(column.word(), String::as_str)
    }

    /// How many values a row must have.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Titles that mean nothing to the import.
    #[must_use]
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_title_in_any_order_and_the_rest_is_named_as_ignored() {
        let map = ColumnMap::parse(&["employee_number=PersonalNr", "title="]).unwrap();
        let header = [
            "given_name",
            "family_name",
            "email",
            "department",
            "cost centre",
            "manager_employee_number",
            "hire_date",
            "end_date",
            "worker_type",
            " PersonalNr ",
        ];
        let layout = map.resolve(&header).unwrap();
        assert_eq!(layout.position(Column::EmployeeNumber), Some(9));
        assert_eq!(layout.title(Column::EmployeeNumber), "PersonalNr");
        assert_eq!(layout.position(Column::Title), None);
        assert_eq!(layout.ignored(), ["cost centre"]);
    }

    #[test]
    fn a_header_names_every_column_it_lacks_and_every_column_it_has_twice() {
        let message = ColumnMap::default().resolve(&["employee_number", "E-Mail"]).unwrap_err().to_string();
        assert!(message.starts_with("the header has no column given_name, family_name, email, department"), "{message}");
        assert!(message.ends_with("it has employee_number, E-Mail"), "{message}");
        let mut twice: Vec<&str> = Column::ALL.iter().map(|c| c.word()).collect();
        twice.push("email");
        assert_eq!(ColumnMap::default().resolve(&twice), Err(HeaderProblem::Twice("email".to_owned())));
    }

    #[test]
    fn a_mapping_that_cannot_be_meant_is_refused_with_what_is_wrong() {
        for (pairs, message) in [
            (
                &["employee_number"][..],
                "the mapping \"employee_number\" is not of the form column=title, for example employee_number=PersonalNr",
            ),
            (
                &["number=Nr"],
                "there is no column \"number\"; the columns are employee_number, given_name, family_name, email, department, title, manager_employee_number, hire_date, end_date, worker_type",
            ),
            (&["email=a", "email=b"], "the column email is mapped twice"),
            (&["worker_type="], "the column worker_type is required and cannot be left out"),
        ] {
            assert_eq!(ColumnMap::parse(pairs).unwrap_err().to_string(), message);
        }
    }
}
