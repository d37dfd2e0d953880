//! Reads the people feed on a thread of its own: every row is checked by `domain::feed::person`
//! and written in the text format of `copy`. Nothing but bad rows is kept.

use super::super::source::{Source, SourceProblem};
use super::super::{BAD_ROWS_MAX, BadRow, ImportError};
use csv::StringRecord;
use domain::feed::columns::{Column, ColumnMap, Layout};
use domain::feed::person::{self, PersonRow};
use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use tokio::sync::mpsc::Sender;

/// Bytes of copy text sent at a time.
const CHUNK: usize = 64 * 1024;

/// Some rows, ready for `copy`, and how far reading has come.
pub(super) struct Chunk {
    pub(super) text: Vec<u8>,
    pub(super) bytes: u64,
    pub(super) rows: u64,
}

/// What is known of a file once it is read.
pub(super) struct Reading {
    pub(super) rows: u64,
    pub(super) bad: Vec<BadRow>,
    /// Bad rows without even a readable employee number.
    pub(super) nameless: u64,
    pub(super) sha256: [u8; 32],
    pub(super) layout: Layout,
}

/// Reads `path` to its end and sends its rows to `out`. Ends early when nobody listens any more.
pub(super) fn read(path: PathBuf, columns: &ColumnMap, out: &Sender<Chunk>) -> Result<Reading, ImportError> {
    let name = path.display().to_string();
    let file = File::open(&path).map_err(|source| ImportError::Unreadable { file: name.clone(), source })?;
    read_from(file, &name, columns, |chunk| out.blocking_send(chunk).is_ok())
}

fn read_from(file: impl Read, name: &str, columns: &ColumnMap, mut send: impl FnMut(Chunk) -> bool) -> Result<Reading, ImportError> {
    let mut rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).buffer_capacity(CHUNK).from_reader(Source::new(file));
    let mut record = StringRecord::new();
    let problem = |e: csv::Error, line: u64| stream_problem(e, name, line);

    if !rows.read_record(&mut record).map_err(|e| problem(e, 1))? {
        return Err(ImportError::Empty { file: name.to_owned(), what: "header and no rows" });
    }
    rows.get_mut().row_ended();
    let header: Vec<&str> = record.iter().collect();
    let layout = columns.resolve(&header).map_err(|problem| ImportError::Header { file: name.to_owned(), problem })?;

    let mut reading = Reading { rows: 0, bad: Vec::new(), nameless: 0, sha256: [0; 32], layout };
    let mut text = String::with_capacity(CHUNK + 1_024);
    loop {
        let next_line = rows.position().line();
        if !rows.read_record(&mut record).map_err(|e| problem(e, next_line))? {
            break;
        }
        rows.get_mut().row_ended();
        reading.rows += 1;
        let (line, unclosed) = first_line(&record, rows.position().line(), rows.get_ref().has_ended());
        take(&record, line, unclosed, &mut reading, &mut text);
        if reading.bad.len() > BAD_ROWS_MAX {
            return Err(too_many(name, &reading.bad));
        }
        if text.len() >= CHUNK {
            let chunk = Chunk { text: std::mem::take(&mut text).into_bytes(), bytes: rows.get_ref().bytes(), rows: reading.rows };
            text.reserve(CHUNK + 1_024);
            if !send(chunk) {
                return Err(ImportError::Interrupted { file: name.to_owned() });
            }
        }
    }
    if reading.rows == 0 {
        return Err(ImportError::Empty { file: name.to_owned(), what: "rows below its header" });
    }
    let last = Chunk { text: text.into_bytes(), bytes: rows.get_ref().bytes(), rows: reading.rows };
    reading.sha256 = rows.get_ref().sha256();
    if send(last) { Ok(reading) } else { Err(ImportError::Interrupted { file: name.to_owned() }) }
}

/// The line a record begins on, from the line after it: the reader's own start is the line of the
/// blank lines before. The second value says that a quotation mark is still open at the end.
fn first_line(record: &StringRecord, after: u64, last: bool) -> (u64, bool) {
    let inside: u64 = record.iter().map(|v| v.bytes().filter(|b| *b == b'\n').count() as u64).sum();
    let unclosed = last && record.iter().next_back().is_some_and(|v| v.ends_with('\n'));
    (after.saturating_sub(inside + u64::from(!unclosed)).max(1), unclosed)
}

fn take(record: &StringRecord, line: u64, unclosed: bool, reading: &mut Reading, text: &mut String) {
    let layout = &reading.layout;
    let cell = |i| record.get(i).unwrap_or_default();
    let width = record.len();
    if unclosed {
        reading.bad.push(BadRow::new(line, "row", &joined(record), "has a quotation mark that is never closed"));
        reading.nameless += 1;
        return;
    }
    if width != layout.width() {
        let problem = format!("has {width} values where the header has {}", layout.width());
        reading.bad.push(BadRow::new(line, "row", &joined(record), problem));
    } else {
        match person::read(layout, cell) {
            Ok(row) => return good(&row, line, text),
            Err(problems) => {
                let bad = problems.into_iter().map(|p| BadRow::new(line, layout.title(p.column), p.value, p.problem));
                reading.bad.extend(bad);
            }
        }
    }
    // The row is out, but its person is in the feed and must not count as missing.
    match person::employee_number(layout, cell) {
        Some(number) if layout.position(Column::EmployeeNumber).is_some_and(|p| p < width) => {
            let _ = write!(text, "{line}\t");
            escape(number, text);
            text.push_str("\tf");
            text.push_str(&"\t\\N".repeat(9));
            text.push('\n');
        }
        _ => reading.nameless += 1,
    }
}

fn joined(record: &StringRecord) -> String {
    record.iter().collect::<Vec<_>>().join(",")
}

fn good(row: &PersonRow<'_>, line: u64, text: &mut String) {
    let _ = write!(text, "{line}\t");
    escape(row.employee_number, text);
    text.push_str("\tt\t");
    escape(row.given_name, text);
    text.push('\t');
    escape(row.family_name, text);
    for value in [row.email, row.department, row.title, row.manager] {
        text.push('\t');
        match value {
            Some(value) => escape(value, text),
            None => text.push_str("\\N"),
        }
    }
    for day in [row.starts_on, row.ends_on] {
        match day {
            Some(day) => {
                let _ = write!(text, "\t{day}");
            }
            None => text.push_str("\t\\N"),
        }
    }
    let _ = writeln!(text, "\t{}", row.population.word());
}

/// Values are one line without control characters, so only the backslash means something to `copy`.
fn escape(value: &str, text: &mut String) {
    for c in value.chars() {
        if c == '\\' {
            text.push('\\');
        }
        text.push(c);
    }
}

fn stream_problem(error: csv::Error, name: &str, line: u64) -> ImportError {
    let file = name.to_owned();
    let source = match error.into_kind() {
        csv::ErrorKind::Io(e) => e,
        other => std::io::Error::other(format!("{other:?}")),
    };
    match source.get_ref().and_then(|e| e.downcast_ref::<SourceProblem>()) {
        Some(SourceProblem::NotUtf8 { line, offset, byte }) => ImportError::NotUtf8 { file, line: *line, offset: *offset, byte: *byte },
        Some(SourceProblem::RowTooLong) => ImportError::RowTooLong { file, line },
        None => ImportError::Unreadable { file, source },
    }
}

/// The error for a file in which more is wrong than anybody corrects by hand.
pub(super) fn too_many(name: &str, bad: &[BadRow]) -> ImportError {
    let first = bad.iter().min_by_key(|b| b.line);
    ImportError::TooManyBad {
        file: name.to_owned(),
        line: first.map_or(0, |b| b.line),
        column: first.map(|b| b.column.clone()).unwrap_or_default(),
        problem: first.map(|b| b.problem.clone()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "employee_number,given_name,family_name,email,department,title,manager_employee_number,hire_date,end_date,worker_type";

    fn lines(rows: &str) -> (String, Vec<String>) {
        let file = format!("{HEADER}\n{rows}");
        let mut copied = Vec::new();
        let reading = read_from(file.as_bytes(), "people.csv", &ColumnMap::default(), |chunk| {
            copied.extend(chunk.text);
            true
        })
        .unwrap();
        let bad = reading.bad.iter().map(|b| format!("{} {} {:?}: {}", b.line, b.column, b.value, b.problem)).collect();
        (String::from_utf8(copied).unwrap(), bad)
    }

    #[test]
    fn rows_become_copy_text_with_their_line_whatever_stands_between_them() {
        let (text, bad) =
            lines("1,A\\B,\"O\"\"Neil, Jr\",,,,,,,employee\r\n\r\n\n2,C,D,c@example.com,Dep,T,1,2001-01-01,2002-01-01,vendor");
        assert_eq!(
            text,
            "2\t1\tt\tA\\\\B\tO\"Neil, Jr\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\temployee\n5\t2\tt\tC\tD\tc@example.com\tDep\tT\t1\t2001-01-01\t2002-01-01\tvendor\n"
        );
        assert!(bad.is_empty());
    }

    #[test]
    fn a_bad_row_is_named_and_its_number_still_counts_as_present() {
        let (text, bad) = lines("1,A,B,,,,,,,boss\n2,A\n3,\"A\n4,B\",C,,,,,,,employee\n,A,B,,,,,,,employee\n");
        assert_eq!(
            bad,
            [
                "2 worker_type \"boss\": is not employee, contractor or vendor",
                "3 row \"2,A\": has 2 values where the header has 10",
                "4 given_name \"A\\\\n4,B\": contains a line break (is a quotation mark not closed?)",
                "6 employee_number \"\": is blank",
            ]
        );
        let numbers: Vec<&str> = text.lines().filter_map(|l| l.split('\t').nth(1)).collect();
        assert_eq!(numbers, ["1", "2", "3"]);
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_is_found_where_it_opens() {
        let (_, bad) = lines("1,A,B,,,,,,,employee\n2,\"A,B,,,,,,,employee\n3,A,B,,,,,,,employee\n");
        assert_eq!(bad, ["3 row \"2,A,B,,,,,,,employee\\\\n3,A,B,,,,,,,employee\\\\n\": has a quotation mark that is never closed"]);
    }
}
