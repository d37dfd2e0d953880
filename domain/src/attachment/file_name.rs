//! The name a file is kept under: the one it came with, without what could mislead a reader, a
//! header, or somebody's file system.

use crate::text::{composed, is_forbidden};

/// Most characters of a name.
const LONGEST: usize = 120;
/// Most characters of an ending that is kept when a name is cut.
const LONGEST_ENDING: usize = 10;
/// Names that Windows gives to devices, with any ending.
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

/// Cleans a name; empty when nothing is left of it.
#[must_use]
pub fn file_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible: String = last.chars().filter(|c| !is_forbidden(*c) && !matches!(c, '\u{AD}' | '\u{200C}' | '\u{200D}' | '\n')).collect();
    // Composed only now: what was taken out may have stood between a letter and its accent.
    let visible: String =
        composed(&visible).chars().map(|c| if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*' | '\t') { '_' } else { c }).collect();
    let spaced = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    let name = spaced.trim_matches(['.', ' ']);
    if name.is_empty() {
        return String::new();
    }
    let short = shortened(name);
    if is_device(&short) { format!("_{short}") } else { short }
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = |stem: &str| {
        let number = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
        number.is_some_and(|number| matches!(number, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³"))
    };
    DEVICES.contains(&stem.as_str()) || numbered(&stem)
}

/// Cuts in the middle: the ending says what the file is.
fn shortened(name: &str) -> String {
    // One less than the longest, so that a device's name may still get its underscore.
    if name.chars().count() < LONGEST {
        return name.to_owned();
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| ending).filter(|ending| ending.chars().count() <= LONGEST_ENDING);
    let room = LONGEST - 1 - ending.map_or(0, |ending| ending.chars().count() + 1);
    let cut: String = name.chars().take(room).collect();
    let stem = cut.trim_end_matches(['.', ' ']);
    match ending {
        Some(ending) => format!("{stem}.{ending}"),
        None => stem.to_owned(),
    }
}
