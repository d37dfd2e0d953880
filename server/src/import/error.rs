//! Why an import could not even be planned. Every sentence says what happened, that nothing was
//! changed, and what to do.

use super::BAD_ROWS_MAX;
use crate::store::error::StoreError;
use domain::feed::columns::HeaderProblem;

/// An import that ended before there was a plan.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("{file} cannot be read: {source}. Nothing was changed. Check the path and that this user may read the file.")]
    Unreadable {
        /// The file.
        file: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// Bytes that are not UTF-8.
    #[error(
        "{file}, line {line}: byte {offset} of the file (0x{byte:02x}) is not UTF-8. Nothing was changed. Export the file as UTF-8, or convert it: iconv -f WINDOWS-1252 -t UTF-8."
    )]
    NotUtf8 {
        /// The file.
        file: String,
        /// Line, from 1.
        line: u64,
        /// Offset of the byte in the file, from 0.
        offset: u64,
        /// The byte.
        byte: u8,
    },
    /// A row that does not end.
    #[error(
        "{file}, line {line}: the row is longer than a million bytes; a quotation mark is probably not closed. Nothing was changed. Correct the row and import again."
    )]
    RowTooLong {
        /// The file.
        file: String,
        /// Line the row begins on.
        line: u64,
    },
    /// The header line does not fit.
    #[error(
        "{file}, line 1: {problem}. Nothing was changed. Correct the header, or say which title means which column (--map employee_number=PersonalNr; --map title= if there is none)."
    )]
    Header {
        /// The file.
        file: String,
        /// What is wrong with it.
        problem: HeaderProblem,
    },
    /// No rows.
    #[error(
        "{file} contains no {what}. Nothing was changed: an empty file would retire everything, and is more often a failed export. Check where the file comes from."
    )]
    Empty {
        /// The file.
        file: String,
        /// What it should contain.
        what: &'static str,
    },
    /// More bad rows than anybody corrects one by one.
    #[error(
        "{file} has more than {BAD_ROWS_MAX} bad values; reading stopped. Nothing was changed. This is usually one mistake in the export: the first is line {line}, {column}: {problem}."
    )]
    TooManyBad {
        /// The file.
        file: String,
        /// Line of the first.
        line: u64,
        /// Its column.
        column: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Not JSON, or not a list of roles.
    #[error("{file}, line {line}, column {column}: {problem}. Nothing was changed. The file has to be a JSON array of role definitions.")]
    Syntax {
        /// The file.
        file: String,
        /// Line, from 1.
        line: u64,
        /// Column, from 1.
        column: u64,
        /// What is wrong there.
        problem: String,
    },
    /// Too large to be a catalogue.
    #[error("{file} has {bytes} bytes; a catalogue of more than {most} bytes is not read. Nothing was changed.")]
    TooLarge {
        /// The file.
        file: String,
        /// Its size.
        bytes: u64,
        /// The largest that is read.
        most: u64,
    },
    /// Somebody else is importing.
    #[error("another import is running. Nothing was changed. Try again when it has finished.")]
    Busy,
    /// The database refused or went away.
    #[error(
        "the database did not carry the import out: {0}. Nothing was changed. Import the file again; if it happens again, this message is what to report."
    )]
    Database(#[from] sqlx::Error),
    /// A record could not be read or written.
    #[error(
        "the database did not carry the import out: {0}. Nothing was changed. Import the file again; if it happens again, this message is what to report."
    )]
    Records(#[from] StoreError),
    /// The reading thread ended without a result.
    #[error("reading {file} ended unexpectedly. Nothing was changed. Import the file again.")]
    Interrupted {
        /// The file.
        file: String,
    },
}
