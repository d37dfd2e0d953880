//! Where a page of a list starts: a number to order by and the id that breaks ties, as text that
//! may stand in an address. What cannot be read is the first page.

use jiff::Timestamp;
use uuid::Uuid;

/// Writes a start.
#[must_use]
pub fn write(order: i64, id: Uuid) -> String {
    format!("{order}~{id}")
}

/// Writes a start in a list ordered by time.
#[must_use]
pub fn write_time(at: Timestamp, id: Uuid) -> String {
    write(at.as_microsecond(), id)
}

/// Reads a start; `None` is the first page.
#[must_use]
pub fn read(text: &str) -> Option<(i64, Uuid)> {
    let (order, id) = text.split_once('~')?;
    Some((order.parse().ok()?, id.parse().ok()?))
}

/// Reads a start in a list ordered by time.
#[must_use]
pub fn read_time(text: &str) -> Option<(Timestamp, Uuid)> {
    let (micros, id) = read(text)?;
    Some((Timestamp::from_microsecond(micros).ok()?, id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_start_reads_back_and_any_other_text_is_the_first_page(order in any::<i64>(), id in any::<u128>(), junk in ".{0,60}") {
            let id = Uuid::from_u128(id);
            prop_assert_eq!(read(&write(order, id)), Some((order, id)));
            if let Some((order, id)) = read(&junk) {
                prop_assert_eq!(read(&write(order, id)), Some((order, id)));
            }
            let cut = format!("{junk}~");
            prop_assert!(read_time(&cut).is_none());
        }
    }

    #[test]
    fn a_moment_outside_of_the_calendar_is_the_first_page() {
        assert_eq!(read_time(&write(i64::MAX, Uuid::nil())), None);
    }
}
