//! What the database can answer instead of rows.

use domain::words::UnknownWord;

/// A failure of the store. None of it is shown to people; it is logged.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or could not be reached.
    #[error("the database did not carry out a statement")]
    Database(#[from] sqlx::Error),
    /// A stored word is outside its vocabulary.
    #[error("a stored word is outside its vocabulary")]
    Word(#[from] UnknownWord),
    /// A row that the schema's constraints should have made impossible.
    #[error("table {table} has an impossible row: {what}")]
    Inconsistent {
        /// Which table.
        table: &'static str,
        /// What is impossible about it.
        what: String,
    },
    /// A write did not touch the rows it had to.
    #[error("{table}: {affected} rows were written instead of one")]
    NotOneRow {
        /// Which table.
        table: &'static str,
        /// How many.
        affected: u64,
    },
}

impl StoreError {
    /// An impossible row.
    pub(crate) fn inconsistent(table: &'static str, what: impl Into<String>) -> Self {
        Self::Inconsistent { table, what: what.into() }
    }

    /// The name of the constraint that refused a write, if one did.
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Database(sqlx::Error::Database(error)) => error.constraint(),
            _ => None,
        }
    }
}

/// Checks that a write touched exactly one row.
pub(crate) fn one_row(table: &'static str, done: &sqlx::postgres::PgQueryResult) -> Result<(), StoreError> {
    match done.rows_affected() {
        1 => Ok(()),
        affected => Err(StoreError::NotOneRow { table, affected }),
    }
}
