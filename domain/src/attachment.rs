//! Files on a request: which are taken, how they are recognised, and under which name they are kept.
//!
//! What somebody says a file is (its name, and the type the browser declares) counts only when its
//! content says the same. Files are judged by their bytes, kept as they are, and given out as
//! downloads only; so the kinds taken are those that can be told apart by simple marks and that run
//! nothing when they are opened.

mod content;
mod file_name;

pub use file_name::file_name;

use crate::error::FieldError;
use crate::words::words;

/// Most bytes of one file.
pub const LARGEST_FILE: usize = 5 * 1024 * 1024;
/// Most files on one request.
pub const MOST_FILES: usize = 5;
/// The field of the upload form.
pub const FIELD: &str = "file";

words! {
    /// Kinds of files that are taken. The word is the media type.
    pub enum FileKind: "kind of file" {
        /// A PDF.
        Pdf = "application/pdf", "PDF",
        /// A PNG image.
        Png = "image/png", "PNG image",
        /// A JPEG image.
        Jpeg = "image/jpeg", "JPEG image",
        /// Plain text.
        Text = "text/plain", "Text",
        /// A table of text.
        Csv = "text/csv", "CSV table",
    }
}

impl FileKind {
    /// Endings of names, without the dot; the first is the usual one.
    #[must_use]
    pub const fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["pdf"],
            Self::Png => &["png"],
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Text => &["txt", "log", "md"],
            Self::Csv => &["csv"],
        }
    }

    /// The kind that the ending of a name says.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        let ending = ending.to_ascii_lowercase();
        Self::ALL.iter().copied().find(|kind| kind.endings().contains(&ending.as_str()))
    }

    /// Whether a browser that declares `media_type` means this kind. Browsers take the type from the
    /// system's list of endings, where tables and notes are often something else or nothing.
    #[must_use]
    pub fn is_declared_as(self, media_type: &str) -> bool {
        let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match self {
            Self::Pdf | Self::Png => essence == self.word(),
            Self::Jpeg => matches!(essence.as_str(), "image/jpeg" | "image/jpg" | "image/pjpeg"),
            Self::Text => {
                matches!(essence.as_str(), "text/plain" | "text/x-log" | "text/markdown" | "text/x-markdown" | "application/octet-stream")
            }
            Self::Csv => {
                matches!(
                    essence.as_str(),
                    "text/csv" | "application/csv" | "text/plain" | "application/vnd.ms-excel" | "application/octet-stream"
                )
            }
        }
    }

    /// The media type under which it is given out.
    #[must_use]
    pub const fn served_as(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Text => "text/plain; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// A file that may be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The name it is kept under.
    pub name: String,
    /// What it is.
    pub kind: FileKind,
}

/// Judges a file by name, declared type and content.
///
/// # Errors
/// A [`FieldError`] at [`FIELD`] with code `required` (no file or no name), `empty`, `too_large`,
/// `kind_not_taken` (the ending), `kind_differs` (declared type or content is something else),
/// `not_whole` (cut off, or something hangs behind its end) or `runs_something` (markup, a script, or
/// a formula).
pub fn accept(name: &str, declared: &str, content: &[u8]) -> Result<Accepted, FieldError> {
    let refuse = |code: &str, message: String| Err(FieldError::new(FIELD, code, message));
    let name = file_name(name);
    if name.is_empty() {
        return refuse("required", "Choose a file.".to_owned());
    }
    if content.is_empty() {
        return refuse("empty", "This file is empty.".to_owned());
    }
    if content.len() > LARGEST_FILE {
        return refuse("too_large", format!("A file may have at most {} MiB.", LARGEST_FILE / 1024 / 1024));
    }
    let Some(kind) = FileKind::of_name(&name) else {
        return refuse("kind_not_taken", format!("Files of these kinds are taken: {}.", kinds()));
    };
    if !kind.is_declared_as(declared) {
        return refuse("kind_differs", "The file is not what its name says it is.".to_owned());
    }
    if let Err(code) = content::check(kind, content) {
        return refuse(code, "The file is not what its name says it is, is cut off, or could run something.".to_owned());
    }
    Ok(Accepted { name, kind })
}

/// The kinds in words: for hints.
#[must_use]
pub fn kinds() -> String {
    FileKind::ALL.iter().map(|kind| kind.label()).collect::<Vec<_>>().join(", ")
}

/// The endings as the form's `accept` attribute wants them.
#[must_use]
pub fn endings() -> String {
    FileKind::ALL.iter().flat_map(|kind| kind.endings()).map(|ending| format!(".{ending}")).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
#[path = "attachment/tests.rs"]
mod tests;
