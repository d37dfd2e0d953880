//! What the bytes of a file say. Each kind has its mark at the start and at the end, so that nothing
//! can hang behind a file that is something else to another program.

use super::FileKind;
use crate::text::is_forbidden;

const DIFFERS: &str = "kind_differs";
const NOT_WHOLE: &str = "not_whole";
const RUNS: &str = "runs_something";

/// Where the end mark of a PDF is looked for.
const TAIL: usize = 1024;

/// Whether the content is of the kind; otherwise the code of the refusal.
pub(super) fn check(kind: FileKind, content: &[u8]) -> Result<(), &'static str> {
    match kind {
        FileKind::Pdf => pdf(content),
        FileKind::Png => png(content),
        FileKind::Jpeg => jpeg(content),
        FileKind::Text => text(content).map(|_| ()),
        FileKind::Csv => text(content).and_then(table),
    }
}

fn pdf(content: &[u8]) -> Result<(), &'static str> {
    let numbered = content.get(5..8).is_some_and(|v| v[0].is_ascii_digit() && v[1] == b'.' && v[2].is_ascii_digit());
    if !content.starts_with(b"%PDF-") || !numbered {
        return Err(DIFFERS);
    }
    let tail = &content[content.len().saturating_sub(TAIL)..];
    let mark = b"%%EOF";
    let behind = tail.windows(mark.len()).rposition(|w| w == mark).map(|at| &tail[at + mark.len()..]).ok_or(NOT_WHOLE)?;
    if behind.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) { Ok(()) } else { Err(NOT_WHOLE) }
}

/// Walks the chunks: the header first, the end last, and nothing behind it.
fn png(content: &[u8]) -> Result<(), &'static str> {
    let mut rest = content.strip_prefix(b"\x89PNG\r\n\x1a\n").ok_or(DIFFERS)?;
    let mut first = true;
    loop {
        let (head, body) = rest.split_at_checked(8).ok_or(NOT_WHOLE)?;
        let (length, kind) = head.split_at(4);
        let length = length.iter().fold(0usize, |sum, byte| sum << 8 | usize::from(*byte));
        if first && (kind != b"IHDR" || length != 13) {
            return Err(DIFFERS);
        }
        first = false;
        // Behind each chunk stand four bytes of its checksum.
        rest = length.checked_add(4).and_then(|whole| body.get(whole..)).ok_or(NOT_WHOLE)?;
        if kind == b"IEND" {
            return if length == 0 && rest.is_empty() { Ok(()) } else { Err(NOT_WHOLE) };
        }
    }
}

fn jpeg(content: &[u8]) -> Result<(), &'static str> {
    if !content.starts_with(b"\xFF\xD8\xFF") {
        Err(DIFFERS)
    } else if content.len() < 8 || !content.ends_with(b"\xFF\xD9") {
        Err(NOT_WHOLE)
    } else {
        Ok(())
    }
}

/// UTF-8 without control characters, and neither markup nor a script.
fn text(content: &[u8]) -> Result<&str, &'static str> {
    let content = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content);
    let text = std::str::from_utf8(content).map_err(|_| DIFFERS)?;
    if text.chars().any(|c| is_forbidden(c) && c != '\r') {
        return Err(DIFFERS);
    }
    let start = text.trim_start();
    if start.is_empty() {
        return Err("empty");
    }
    let lower = text.to_ascii_lowercase();
    let markup = start.starts_with('<') || ["<script", "<svg", "<iframe", "<html", "javascript:"].iter().any(|tag| lower.contains(tag));
    let script = start.starts_with("#!") || start.starts_with("%PDF-");
    if markup || script { Err(RUNS) } else { Ok(text) }
}

/// No cell begins like a formula: a spreadsheet would carry it out when the file is opened.
fn table(text: &str) -> Result<(), &'static str> {
    let formula = |cell: &str| {
        let cell = cell.trim_matches([' ', '"', '\'']);
        let number = |rest: &str| rest.trim_start().starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == ',');
        match cell.chars().next() {
            Some('=' | '@') => true,
            // A sign before a number, and a dash that stands for "nothing".
            Some('+' | '-') => !number(&cell[1..]) && !cell[1..].trim().is_empty(),
            _ => false,
        }
    };
    if text.split(['\n', '\r', ',', ';', '\t']).any(formula) { Err(RUNS) } else { Ok(()) }
}
