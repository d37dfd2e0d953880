//! What is wrong with a policy set, in sentences for the person who has to correct it.

use std::fmt;

/// One thing that is wrong with a policy set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Name of the file (or of the directory).
    pub file: String,
    /// Line in the file, counted from 1, where it is known.
    pub line: Option<usize>,
    /// Policy id or name of the case concerned.
    pub subject: Option<String>,
    /// What is wrong.
    pub message: String,
}

impl Problem {
    /// A problem of a whole file.
    pub(super) fn of_file(file: &str, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, subject: None, message: message.into() }
    }

    /// A problem of a policy or case in a file.
    pub(super) fn of(file: &str, line: Option<usize>, subject: &str, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, subject: Some(subject.to_owned()), message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(subject) = &self.subject {
            write!(f, " ({subject})")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Why a policy set is not used: every problem that was found, never just the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyLoadError {
    /// The problems, ordered by file and line; never empty.
    pub problems: Vec<Problem>,
}

impl PolicyLoadError {
    /// The error for one problem.
    pub(super) fn one(problem: Problem) -> Self {
        Self { problems: vec![problem] }
    }

    /// Passes when there is no problem.
    pub(super) fn none_of(mut problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() {
            return Ok(());
        }
        problems.sort();
        problems.dedup();
        Err(Self { problems })
    }
}

impl fmt::Display for PolicyLoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.len() {
            1 => f.write_str("the policy set cannot be used, it has a problem:")?,
            many => write!(f, "the policy set cannot be used, it has {many} problems:")?,
        }
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for PolicyLoadError {}
