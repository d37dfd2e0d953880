//! Work by hand: how an application without a machine behind it is served. Instructions, a checklist,
//! what evidence is asked for, by when it should be done, and where a second person has to look.
//!
//! Settings are those of a connection of the kind `manual`; an application without a connection has
//! [`ManualSettings::default`].

use crate::attachment::MOST_FILES;
use crate::catalogue::RiskTier;
use crate::error::FieldError;
use crate::release::ReleaseKind;
use crate::text::{REMARK_MAX, Remark, clean};
use crate::words::words;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

words! {
    /// What is asked for to show that a change was made.
    pub enum EvidenceKind: "kind of evidence" {
        /// What was seen, in words.
        Text = "text", "In words",
        /// Where it can be looked at.
        Link = "link", "A link",
        /// A file: a picture of the console, an export.
        File = "file", "A file",
    }
}

words! {
    /// A piece of evidence on record.
    pub enum Piece: "piece of evidence" {
        /// What was seen, in words.
        Text = "text", "In words",
        /// Where it can be looked at.
        Link = "link", "A link",
        /// A file.
        File = "file", "A file",
        /// A line of the checklist that was ticked.
        Check = "check", "A ticked line",
    }
}

/// How an application is served by hand. Units are in the names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ManualSettings {
    /// What to do, as paragraphs; may be empty.
    pub instructions: String,
    /// What has to be ticked before it is confirmed, a line each.
    pub checklist: Vec<String>,
    /// What evidence is asked for; with none, it is words.
    pub evidence: Vec<EvidenceKind>,
    /// Working hours until it should be done, counted from its earliest moment.
    pub due_hours: u32,
    /// Tiers at which another person looks whether it is there.
    pub second_look: Vec<RiskTier>,
}

impl Default for ManualSettings {
    fn default() -> Self {
        Self {
            instructions: String::new(),
            checklist: vec![],
            evidence: vec![EvidenceKind::Text],
            due_hours: 16,
            second_look: vec![RiskTier::Privileged],
        }
    }
}

impl ManualSettings {
    /// Whether evidence of this kind has to be given. Without any kind in the settings it is words:
    /// nothing is confirmed without evidence.
    #[must_use]
    pub fn asks_for(&self, kind: EvidenceKind) -> bool {
        self.evidence.contains(&kind) || (self.evidence.is_empty() && kind == EvidenceKind::Text)
    }

    /// Whether another person has to look before a release of this tier is closed.
    #[must_use]
    pub fn needs_second_look(&self, tier: RiskTier) -> bool {
        self.second_look.contains(&tier)
    }
}

/// Longest address of evidence, in characters.
pub const LONGEST_LINK: usize = 2_000;
/// The field of the words.
pub const TEXT: &str = "evidence";
/// The field of the link.
pub const LINK: &str = "link";

/// The field of a line of the checklist, counting from zero.
#[must_use]
pub fn line_field(line: usize) -> String {
    format!("ticked.{line}")
}

/// What somebody who confirms has given.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// The words, as typed.
    pub text: &'a str,
    /// The address, as typed.
    pub link: &'a str,
    /// The lines that are ticked, counting from zero.
    pub ticked: &'a [usize],
    /// Names of the files that the person has added.
    pub files: &'a [String],
}

/// Evidence that suffices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The words.
    pub text: Option<Remark>,
    /// The address.
    pub link: Option<String>,
    /// The lines of the checklist, all ticked.
    pub ticked: Vec<String>,
    /// Names of the files.
    pub files: Vec<String>,
}

impl Evidence {
    /// All of it as lines, as it stands on the release.
    #[must_use]
    pub fn in_words(&self) -> String {
        let text = self.text.iter().map(ToString::to_string);
        let link = self.link.iter().map(|link| format!("Link: {link}"));
        let files = self.files.iter().map(|name| format!("File: {name}"));
        let ticked = self.ticked.iter().map(|line| format!("Ticked: {line}"));
        text.chain(link).chain(files).chain(ticked).collect::<Vec<_>>().join("\n")
    }
}

/// Judges what was given against what is asked for. Everything wrong is said at once.
///
/// # Errors
/// A [`FieldError`] for each field: `required` at [`TEXT`], [`LINK`], the file field or a
/// [`line_field`]; `not_https` at [`LINK`]; `too_long` and `forbidden_character` as for every text.
pub fn judge(settings: &ManualSettings, given: &Given<'_>) -> Result<Evidence, Vec<FieldError>> {
    let mut errors = Vec::new();
    let text = if settings.asks_for(EvidenceKind::Text) {
        Remark::parse(TEXT, given.text, "Say what shows that the change was made.").map(Some)
    } else {
        Remark::parse_optional(TEXT, given.text)
    };
    let text = text.map_err(|error| errors.push(error)).ok().flatten();
    let link = link(settings.asks_for(EvidenceKind::Link), given.link).map_err(|error| errors.push(error)).ok().flatten();
    if settings.asks_for(EvidenceKind::File) && given.files.is_empty() {
        errors.push(FieldError::new(crate::attachment::FIELD, "required", "Add a file that shows it."));
    }
    if given.files.len() > MOST_FILES {
        errors.push(FieldError::new(crate::attachment::FIELD, "too_many", "At most five files fit."));
    }
    for (line, _) in settings.checklist.iter().enumerate().filter(|(line, _)| !given.ticked.contains(line)) {
        errors.push(FieldError::new(&line_field(line), "required", "Tick this once it is done."));
    }
    if errors.is_empty() {
        Ok(Evidence { text, link, ticked: settings.checklist.clone(), files: given.files.to_vec() })
    } else {
        Err(errors)
    }
}

/// An address that people can open: `https`, a name of a host, nobody's password in it.
fn link(required: bool, typed: &str) -> Result<Option<String>, FieldError> {
    let typed = clean(LINK, typed, LONGEST_LINK.min(REMARK_MAX))?;
    if typed.is_empty() {
        return if required { Err(FieldError::new(LINK, "required", "Give the link where it can be seen.")) } else { Ok(None) };
    }
    let refused = || FieldError::new(LINK, "not_https", "Give a whole link that begins with https://.");
    let rest = typed.strip_prefix("https://").ok_or_else(refused)?;
    // Browsers read a backslash as a slash (WHATWG URL, section 4.4).
    let host = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let fits = !host.is_empty() && !host.contains('@') && !typed.contains(|c: char| c.is_whitespace() || c == '\\');
    if fits { Ok(Some(typed)) } else { Err(refused()) }
}

/// What somebody has in an application, as references of the other side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed {
    /// What should be there after the change, by what is on record.
    pub planned: BTreeSet<String>,
    /// What is there, by the word of whoever did it or looked.
    pub actual: BTreeSet<String>,
}

/// What a person's word says of a change of `reference` beside the `others` that its holder keeps: it is
/// `made` over there, or everything is as it was before. A person speaks of this one change alone, so the
/// others count as there.
#[must_use]
pub fn confirmed(kind: ReleaseKind, reference: &str, others: &[String], made: bool) -> Confirmed {
    let others: BTreeSet<String> = others.iter().cloned().collect();
    let mut with = others.clone();
    with.insert(reference.to_owned());
    let mut without = others.clone();
    without.remove(reference);
    let gives = kind != ReleaseKind::Remove;
    let planned = if gives { with.clone() } else { others };
    let actual = match (made, gives) {
        (true, _) => planned.clone(),
        (false, true) => without,
        (false, false) => with,
    };
    Confirmed { planned, actual }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(evidence: &[EvidenceKind], checklist: &[&str]) -> ManualSettings {
        ManualSettings {
            evidence: evidence.to_vec(),
            checklist: checklist.iter().map(|line| (*line).to_owned()).collect(),
            ..ManualSettings::default()
        }
    }

    fn given<'a>(text: &'a str, link: &'a str, ticked: &'a [usize], files: &'a [String]) -> Given<'a> {
        Given { text, link, ticked, files }
    }

    fn codes(result: Result<Evidence, Vec<FieldError>>) -> Vec<String> {
        result.err().unwrap_or_default().into_iter().map(|error| format!("{}:{}", error.field, error.code)).collect()
    }

    #[test]
    fn everything_that_is_missing_is_said_at_once_and_at_its_field() {
        let all = asks(EvidenceKind::ALL, &["Ticket closed", "Told the owner"]);
        assert_eq!(
            codes(judge(&all, &given(" ", "", &[1], &[]))),
            ["evidence:required", "link:required", "file:required", "ticked.0:required"]
        );
        let files = ["console.png".to_owned()];
        let evidence = judge(&all, &given("Seen.", "https://wiki.example.org/x", &[0, 1], &files)).unwrap();
        assert_eq!(
            evidence.in_words(),
            "Seen.\nLink: https://wiki.example.org/x\nFile: console.png\nTicked: Ticket closed\nTicked: Told the owner"
        );
    }

    #[test]
    fn what_is_not_asked_for_may_be_given_and_without_any_kind_it_is_words() {
        assert_eq!(codes(judge(&asks(&[], &[]), &given("", "", &[], &[]))), ["evidence:required"]);
        let link_only = asks(&[EvidenceKind::Link], &[]);
        assert!(judge(&link_only, &given("", "https://example.org", &[], &[])).is_ok());
        assert_eq!(codes(judge(&asks(&[EvidenceKind::Text], &[]), &given("Seen.", "ftp://x", &[], &[]))), ["link:not_https"]);
    }

    #[test]
    fn only_links_that_people_can_open_safely_are_taken() {
        let settings = asks(&[EvidenceKind::Link], &[]);
        for (typed, fits) in [
            ("https://example.org/a?b#c", true),
            (" https://example.org ", true),
            ("http://example.org", false),
            ("HTTPS://example.org", false),
            ("https://", false),
            ("https:///path", false),
            ("https://user:secret@example.org", false),
            ("https://example.org\\@evil.example", false),
            ("https://example.org/a b", false),
            ("javascript:alert(1)", false),
            ("example.org", false),
        ] {
            assert_eq!(judge(&settings, &given("", typed, &[], &[])).is_ok(), fits, "{typed}");
        }
    }

    #[test]
    fn settings_have_defaults_and_know_no_other_words() {
        let read = |json: &str| serde_json::from_str::<ManualSettings>(json);
        assert_eq!(read("{}").unwrap(), ManualSettings::default());
        let written =
            read(r#"{"instructions":"Ask Bo.","checklist":["One"],"evidence":["file"],"due_hours":4,"second_look":["elevated"]}"#).unwrap();
        assert!(written.needs_second_look(RiskTier::Elevated) && !written.needs_second_look(RiskTier::Privileged));
        assert!(written.asks_for(EvidenceKind::File) && !written.asks_for(EvidenceKind::Text));
        assert!(read(r#"{"evidence":["photo"]}"#).is_err() && read(r#"{"password":"x"}"#).is_err());
    }

    #[test]
    fn a_word_is_about_the_change_and_the_rest_counts_as_it_should_be() {
        let set = |words: &[&str]| -> BTreeSet<String> { words.iter().map(|word| (*word).to_owned()).collect() };
        let others = ["Viewer".to_owned()];
        for (kind, made, planned, actual) in [
            (ReleaseKind::Activate, true, &["Reader", "Viewer"][..], &["Reader", "Viewer"][..]),
            (ReleaseKind::Activate, false, &["Reader", "Viewer"], &["Viewer"]),
            (ReleaseKind::Extend, true, &["Reader", "Viewer"], &["Reader", "Viewer"]),
            (ReleaseKind::Extend, false, &["Reader", "Viewer"], &["Viewer"]),
            (ReleaseKind::Remove, true, &["Viewer"], &["Viewer"]),
            (ReleaseKind::Remove, false, &["Viewer"], &["Reader", "Viewer"]),
        ] {
            let expected = Confirmed { planned: set(planned), actual: set(actual) };
            assert_eq!(confirmed(kind, "Reader", &others, made), expected, "{kind:?} {made}");
        }
        // Other access goes by the same name over there: whoever does not find it, does not find that either.
        let same = confirmed(ReleaseKind::Activate, "Viewer", &others, false);
        assert_eq!((same.planned, same.actual), (set(&["Viewer"]), set(&[])));
    }
}
