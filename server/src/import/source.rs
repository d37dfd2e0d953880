//! A file as a stream of text: it is hashed, counted and checked to be UTF-8 as it passes, a byte
//! order mark is dropped, and every kind of line end becomes `\n`, so that lines can be counted.

use sha2::{Digest, Sha256};
use std::io::{self, Read};

/// A row longer than this does not end: somewhere a quotation mark is not closed.
const ROW_MAX: u64 = 1_000_000;

/// What stops the stream, carried inside an [`io::Error`].
#[derive(Debug, thiserror::Error)]
pub(super) enum SourceProblem {
    /// Bytes that are not UTF-8.
    #[error("line {line}, byte {offset}: not UTF-8")]
    NotUtf8 { line: u64, offset: u64, byte: u8 },
    /// A row that does not end.
    #[error("a row is too long")]
    RowTooLong,
}

/// The stream. Give it large reads: each is checked as a whole.
pub(super) struct Source<R> {
    inner: R,
    hash: Sha256,
    /// Bytes of the file read so far.
    bytes: u64,
    /// Line ends passed so far.
    lines: u64,
    /// The last bytes of the previous read that may be the beginning of a character.
    unfinished: Vec<u8>,
    after_return: bool,
    ends_with_newline: bool,
    ended: bool,
    since_row: u64,
    row_max: u64,
    pending: Vec<u8>,
    handed_out: usize,
    block: Vec<u8>,
}

/// Bytes read at a time.
const BLOCK: usize = 64 * 1024;

impl<R: Read> Source<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            hash: Sha256::new(),
            bytes: 0,
            lines: 0,
            unfinished: Vec::new(),
            after_return: false,
            ends_with_newline: true,
            ended: false,
            since_row: 0,
            row_max: ROW_MAX,
            pending: Vec::new(),
            handed_out: 0,
            block: vec![0; BLOCK],
        }
    }

    /// The same stream without a limit between two rows, for files that are no rows.
    pub(super) fn with_rows_of_any_length(self) -> Self {
        Self { row_max: u64::MAX, ..self }
    }

    /// Bytes of the file read so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Tells the stream that a row has ended.
    pub(super) fn row_ended(&mut self) {
        self.since_row = 0;
    }

    /// Whether the end of the file was reached: more was asked for than there is.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// The hash of everything read.
    pub(super) fn sha256(&self) -> [u8; 32] {
        self.hash.clone().finalize().into()
    }

    /// Reads the next block of the file into `pending`.
    fn refill(&mut self) -> io::Result<()> {
        self.pending.clear();
        self.handed_out = 0;
        let length = loop {
            match self.inner.read(&mut self.block) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        let mut fresh = std::mem::take(&mut self.block);
        self.hash.update(&fresh[..length]);
        let checked = self.take_in(&fresh[..length]);
        fresh.resize(BLOCK, 0);
        self.block = fresh;
        checked?;
        if length == 0 {
            self.ended = true;
            if !self.ends_with_newline {
                self.pending.push(b'\n');
                self.ends_with_newline = true;
            }
        }
        Ok(())
    }

    /// Checks a block and appends it to `pending` with its line ends unified.
    fn take_in(&mut self, fresh: &[u8]) -> io::Result<()> {
        let mut joined = std::mem::take(&mut self.unfinished);
        let start = self.bytes - joined.len() as u64;
        self.bytes += fresh.len() as u64;
        let text: &[u8] = if joined.is_empty() {
            fresh
        } else {
            joined.extend_from_slice(fresh);
            &joined
        };
        let good = match std::str::from_utf8(text) {
            Ok(_) => text,
            // Cut in the middle of a character: the rest comes with the next block, if there is one.
            Err(e) if e.error_len().is_none() && !fresh.is_empty() => &text[..e.valid_up_to()],
            Err(e) => {
                let at = e.valid_up_to();
                let line = self.lines + 1 + count_newlines(&unify(&text[..at], self.after_return));
                let byte = text.get(at).copied().unwrap_or_default();
                return Err(io::Error::other(SourceProblem::NotUtf8 { line, offset: start + at as u64, byte }));
            }
        };
        self.unfinished = text[good.len()..].to_vec();
        let good_from_start = if start == 0 { good.strip_prefix(b"\xef\xbb\xbf").unwrap_or(good) } else { good };
        if good_from_start.contains(&b'\r') || self.after_return {
            let unified = unify(good_from_start, self.after_return);
            self.pending.extend_from_slice(&unified);
        } else {
            self.pending.extend_from_slice(good_from_start);
        }
        if let Some(last) = good_from_start.last() {
            self.after_return = *last == b'\r';
            self.ends_with_newline = matches!(last, b'\r' | b'\n');
        }
        self.lines += count_newlines(&self.pending);
        self.since_row += self.pending.len() as u64;
        if self.since_row > self.row_max { Err(io::Error::other(SourceProblem::RowTooLong)) } else { Ok(()) }
    }
}

fn count_newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|b| **b == b'\n').count() as u64
}

/// `\r\n` and lone `\r` become `\n`; `after_return` says that the text before ended with `\r`.
fn unify(text: &[u8], mut after_return: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            b'\r' => out.push(b'\n'),
            b'\n' if after_return => {}
            other => out.push(*other),
        }
        after_return = *byte == b'\r';
    }
    out
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.handed_out == self.pending.len() && !self.ended {
            self.refill()?;
        }
        let rest = &self.pending[self.handed_out..];
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.handed_out += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives its bytes in pieces of the given size.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let n = self.1.min(self.0.len()).min(buffer.len());
            buffer[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    fn read(bytes: &[u8], piece: usize) -> Result<String, String> {
        let mut text = String::new();
        match Source::new(Pieces(bytes, piece)).read_to_string(&mut text) {
            Ok(_) => Ok(text),
            Err(e) => Err(e.to_string()),
        }
    }

    #[test]
    fn the_byte_order_mark_goes_and_line_ends_become_one() {
        for piece in 1..8 {
            assert_eq!(read("\u{feff}ä\r\nb\rc\n\nd".as_bytes(), piece), Ok("ä\nb\nc\n\nd\n".to_owned()));
            assert_eq!(read(b"", piece), Ok(String::new()));
        }
    }

    #[test]
    fn a_byte_that_is_not_utf_8_is_named_by_line_and_offset_however_the_file_is_read() {
        for piece in 1..8 {
            assert_eq!(read(b"a\r\nb\xfcc\n", piece), Err("line 2, byte 4: not UTF-8".to_owned()));
            assert_eq!(read(b"a\n\xc3", piece), Err("line 2, byte 2: not UTF-8".to_owned()));
            assert_eq!(read(b"\xff", piece), Err("line 1, byte 0: not UTF-8".to_owned()));
        }
    }

    #[test]
    fn a_row_that_does_not_end_is_refused_before_it_fills_the_memory() {
        assert_eq!(read(&vec![b'x'; 1_100_000], BLOCK), Err("a row is too long".to_owned()));
    }

    proptest! {
        #[test]
        fn how_the_file_is_cut_into_reads_makes_no_difference(bytes in proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(0xc3), Just(0xa4), Just(0xff), any::<u8>()], 0..60), piece in 1_usize..9) {
            prop_assert_eq!(read(&bytes, piece), read(&bytes, BLOCK));
        }
    }
}
