//! Keyset pages: a cursor says after which record the next page starts, so that a page costs the
//! same at the beginning and at the end of a list and never shows a record twice.

use serde::{Deserialize, Serialize};

/// Records on a page.
pub const PAGE_SIZE: i64 = 50;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The records, at most [`PAGE_SIZE`].
    pub rows: Vec<T>,
    /// How many records the whole list has, under the same filter and in the same snapshot.
    pub total: i64,
    /// Opaque start of the next page, if there is one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page from one row more than fits: the extra row only says that there is a next page.
    pub fn from_rows(mut rows: Vec<T>, total: i64, cursor: impl Fn(&T) -> String) -> Self {
        let more = rows.len() > PAGE_SIZE as usize;
        rows.truncate(PAGE_SIZE as usize);
        let next = if more { rows.last().map(cursor) } else { None };
        Self { rows, total, next }
    }
}
