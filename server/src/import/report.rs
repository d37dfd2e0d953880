//! What an import found, would do or did, and how the terminal shows it.

use domain::change::ChangeState;
use domain::feed::limit::{Counts, Share};
use domain::feed::shown;
use domain::id::ImportId;
use std::fmt;

/// Most bad values printed one by one; the rest is counted.
const PRINTED_BAD_ROWS: usize = 1_000;
/// Most proposals printed one by one; the rest is counted, and all stand under Changes.
const PRINTED_PROPOSALS: usize = 50;

/// What a file is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The people feed.
    People,
    /// The entitlement catalogue.
    Catalogue,
}

impl Kind {
    /// The word stored in the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Catalogue => "catalogue",
        }
    }

    /// Who the trail says did it.
    pub(super) fn process(self) -> &'static str {
        match self {
            Self::People => "import people",
            Self::Catalogue => "import catalogue",
        }
    }

    /// Kind of the event that it was applied.
    pub(super) fn applied(self) -> &'static str {
        match self {
            Self::People => "import.people_applied",
            Self::Catalogue => "import.catalogue_applied",
        }
    }

    /// What one record is called, in the plural.
    #[must_use]
    pub fn records(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Catalogue => "entitlements",
        }
    }
}

/// One value that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// Line the row begins on, from 1.
    pub line: u64,
    /// Column or field, as the file calls it; `row` when the row as a whole is wrong.
    pub column: String,
    /// The value, made safe to print and cut at 80 characters.
    pub value: String,
    /// What is wrong with it.
    pub problem: String,
    /// Whether skipping leaves only this value blank and not the whole row out.
    pub blank_only: bool,
}

impl BadRow {
    pub(super) fn new(line: u64, column: &str, value: &str, problem: impl Into<String>) -> Self {
        Self { line, column: column.to_owned(), value: shown(value), problem: problem.into(), blank_only: false }
    }

    pub(super) fn blank_only(self) -> Self {
        Self { blank_only: true, ..self }
    }
}

/// One record that is touched, for people to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// `added`, `changed` or `removed`.
    pub action: &'static str,
    /// Which record.
    pub who: String,
    /// What changes, or why it is removed.
    pub what: String,
}

/// What a second person has to agree to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Which record.
    pub who: String,
    /// What would change.
    pub what: String,
    /// Where the change of an earlier import stands that says the same; `None`: this import proposes it.
    pub answered: Option<ChangeState>,
}

/// Why a plan is not carried out as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The file has bad rows and nobody said to skip them.
    BadRows,
    /// More would be removed than the limit allows.
    MassChange {
        /// How many would be removed.
        removed: u64,
        /// Of how many.
        of: u64,
        /// The limit.
        limit: Share,
    },
}

/// The outcome of an import.
#[derive(Clone, Debug)]
pub struct ImportReport {
    /// What the file is about.
    pub kind: Kind,
    /// The file, as it was named.
    pub file: String,
    /// The run.
    pub import: ImportId,
    /// Rows or entries read.
    pub rows: u64,
    /// What happens to how many records.
    pub counts: Counts,
    /// In how many records each column changes.
    pub columns: Vec<(String, u64)>,
    /// The first few of each.
    pub examples: Vec<Example>,
    /// Sentences worth knowing.
    pub notes: Vec<String>,
    /// What is not changed and waits for a second person instead.
    pub proposals: Vec<Proposal>,
    /// How many rows have such values.
    pub bad_rows: u64,
    /// Every value that cannot be used, by line.
    pub bad: Vec<BadRow>,
    /// Whether bad rows were to be skipped.
    pub skip_bad: bool,
    /// Why the plan is not carried out as it stands; empty when it could be.
    pub refusals: Vec<Refusal>,
    /// Whether applying was asked for.
    pub asked_to_apply: bool,
    /// Whether it was applied.
    pub applied: bool,
}

impl ImportReport {
    /// Whether applying was asked for and refused: the command should then fail.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.asked_to_apply && !self.applied
    }

    /// Whether it proposes something that no import proposed before.
    #[must_use]
    pub fn proposes_anything(&self) -> bool {
        self.proposals.iter().any(|proposal| proposal.answered.is_none())
    }

    fn proposals(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nNot changed, because a second person has to agree (Changes, in the browser)")?;
        for Proposal { who, what, answered } in self.proposals.iter().take(PRINTED_PROPOSALS) {
            let stands = match answered {
                None => "proposed, waits for a second person",
                Some(ChangeState::Refused) => "was refused, not proposed again",
                Some(ChangeState::Overtaken) => "was confirmed and could not come into force, not proposed again",
                Some(_) => "proposed by an earlier import, waits",
            };
            writeln!(f, "  {who}: {what} ({stands})")?;
        }
        if self.proposals.len() > PRINTED_PROPOSALS {
            writeln!(f, "  … and {} more", self.proposals.len() - PRINTED_PROPOSALS)?;
        }
        Ok(())
    }

    fn title(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, file) = (self.kind.records(), &self.file);
        match (self.applied, self.asked_to_apply) {
            (true, _) => writeln!(f, "Applied: {what} from {file}"),
            (false, false) => writeln!(f, "Plan: {what} from {file} (nothing was changed)"),
            (false, true) => writeln!(f, "Refused: {what} from {file} (nothing was changed)"),
        }
    }

    fn bad_rows(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = if self.skip_bad { "Skipped" } else { "Bad" };
        writeln!(f, "\n{head} rows: {}", self.bad_rows)?;
        for bad in self.bad.iter().take(PRINTED_BAD_ROWS) {
            write!(f, "  {}, line {}, {} \"{}\": {}", self.file, bad.line, bad.column, bad.value, bad.problem)?;
            if self.skip_bad && bad.blank_only {
                write!(f, "; the row is taken with a blank {}", bad.column)?;
            }
            writeln!(f)?;
        }
        if self.bad.len() > PRINTED_BAD_ROWS {
            writeln!(f, "  … and {} more", self.bad.len() - PRINTED_BAD_ROWS)?;
        }
        Ok(())
    }

    fn advice(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for refusal in &self.refusals {
            match refusal {
                Refusal::BadRows => writeln!(
                    f,
                    "\nNothing of a file with bad rows is applied. Correct them where the file comes from, or apply the rest with --skip-bad: \
                     the figures above are what would then happen."
                )?,
                Refusal::MassChange { removed, of, limit } => writeln!(
                    f,
                    "\nThis file would remove {removed} of {of} {}, more than {limit}. Check that it is complete; if it is meant, add --confirm-mass-change.",
                    self.kind.records()
                )?,
            }
        }
        if !self.asked_to_apply && self.refusals.is_empty() {
            if self.counts.changes_anything() || self.proposes_anything() {
                writeln!(f, "\nTo carry this out, run the same command with --apply.")?;
            } else {
                let all = if self.proposals.is_empty() { "Everything in the file is" } else { "Everything else in the file is" };
                writeln!(f, "\n{all} already so.")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.title(f)?;
        writeln!(f, "\n  {:<12}{:>12}", "rows", self.rows)?;
        let Counts { added, changed, removed, unchanged, skipped } = self.counts;
        for (name, n) in [("added", added), ("changed", changed), ("removed", removed), ("unchanged", unchanged), ("skipped", skipped)] {
            writeln!(f, "  {name:<12}{n:>12}")?;
        }
        if !self.columns.is_empty() {
            writeln!(f, "\nChanges by column")?;
            for (column, n) in &self.columns {
                writeln!(f, "  {column:<28}{n:>12}")?;
            }
        }
        if !self.examples.is_empty() {
            writeln!(f, "\nFor example")?;
            for example in &self.examples {
                writeln!(f, "  {:<8} {}{}{}", example.action, example.who, if example.what.is_empty() { "" } else { ": " }, example.what)?;
            }
        }
        if !self.proposals.is_empty() {
            self.proposals(f)?;
        }
        if !self.notes.is_empty() {
            writeln!(f)?;
            for note in &self.notes {
                writeln!(f, "Note: {note}")?;
            }
        }
        if !self.bad.is_empty() {
            self.bad_rows(f)?;
        }
        self.advice(f)
    }
}
