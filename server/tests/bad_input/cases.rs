//! What is typed into a field of some kind, with the code that answers it.

use app::error::Problem;

/// What is typed and the code that answers it.
pub type Case = (String, &'static str);

/// Text that must not rewrite what stands around it, whatever it is for.
pub fn dangerous(around: &str) -> Vec<Case> {
    ["\u{202E}", "\u{2066}", "\u{0}", "\u{7}", "\u{1B}[2J", "\u{200B}", "\u{2028}", "\u{FEFF}", "\u{E0041}"]
        .map(|bad| (format!("{around} {bad} {around}"), "forbidden_character"))
        .to_vec()
}

/// What is typed and yet blank to every reader.
const UNSEEN: [&str; 4] = ["\u{AD}", "\u{2800}", "\u{200D}\u{200D}\u{200D}\u{200D}", " \u{FE0F}\n\u{34F} "];

/// A remark that has to be there, at most 2,000 characters long.
pub fn remark() -> Vec<Case> {
    let mut cases = dangerous("Seen in the console.");
    cases.extend(UNSEEN.map(|unseen| (unseen.to_owned(), "required")));
    cases.extend([(String::new(), "required"), (" \r\n\t ".to_owned(), "required"), ("ü".repeat(2_001), "too_long")]);
    cases
}

/// A remark that may be left out.
pub fn optional_remark() -> Vec<Case> {
    remark().into_iter().filter(|(_, code)| *code != "required").collect()
}

/// Why access is needed: 20 to 2,000 characters.
pub fn justification() -> Vec<Case> {
    let mut cases =
        with(optional_remark(), &[("too short", "too_short"), ("", "too_short"), ("                              ", "too_short")]);
    cases.extend(UNSEEN.map(|unseen| (unseen.repeat(20), "too_short")));
    cases.push((format!("too{}short", "\u{200D}".repeat(20)), "too_short"));
    cases
}

/// A name on one line.
pub fn name(longest: usize) -> Vec<Case> {
    let mut cases = dangerous("Mine");
    cases.push(("x".repeat(longest + 1), "too_long"));
    with(
        cases,
        &[
            ("", "required"),
            ("  ", "required"),
            ("\u{2800}", "forbidden_character"),
            ("two\nlines", "forbidden_character"),
            ("soft\u{AD}hyphen", "forbidden_character"),
            ("L\u{435}dger", "mixed_scripts"),
            ("\u{1D400}dmin", "mixed_scripts"),
            ("\u{410}\u{421}\u{415}", "lookalike"),
        ],
    )
}

/// What is no day at all.
pub fn no_dates() -> Vec<Case> {
    ["2027-02-29", "2026-13-01", "2026-11-31", "22.11.2026", "tomorrow", "-0001-01-01", "10000-01-01", "2026-11-23T00:00:00Z\u{202E}"]
        .map(|text| (text.to_owned(), "not_a_date"))
        .to_vec()
}

/// The first day of a period that begins today or later; `too_far` is a day beyond the limit.
pub fn first_day() -> Vec<Case> {
    with(
        no_dates(),
        &[
            ("", "required"),
            ("2026-11-21", "in_the_past"),
            ("0001-01-01", "in_the_past"),
            ("2024-02-29", "in_the_past"),
            ("9999-12-31", "too_far"),
            ("2040-02-29", "too_far"),
        ],
    )
}

/// The last day of a period that begins on 23 November.
pub fn last_day() -> Vec<Case> {
    with(no_dates(), &[("2026-11-22", "ends_before_start"), ("0001-01-01", "ends_before_start"), ("9999-12-31", "too_far")])
}

/// These cases and more.
pub fn with(mut cases: Vec<Case>, more: &[(&str, &'static str)]) -> Vec<Case> {
    cases.extend(more.iter().map(|(text, code)| ((*text).to_owned(), *code)));
    cases
}

/// Whether a code at a field has a sentence of its own, and not the one for codes nobody thought of.
pub fn is_said(field: &str, code: &str) -> bool {
    let unheard_of = Problem { field: "no such field".to_owned(), code: "no such code".to_owned() }.text();
    Problem { field: field.to_owned(), code: code.to_owned() }.text() != unheard_of
}
