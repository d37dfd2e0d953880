//! The files of a policy set before anybody reads meaning into them: which may lie there, what
//! bytes they may hold, and the hash over those that decide.

use super::problem::{PolicyLoadError, Problem};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// Name of the schema.
pub(super) const SCHEMA_FILE: &str = "schema.cedarschema";
/// Name of the facts that every case starts from.
pub(super) const BASE_FACTS_FILE: &str = "base-facts.json";
/// How the name of a policy file ends.
pub(super) const POLICY_SUFFIX: &str = ".cedar";
/// How the name of a file with cases ends.
pub(super) const CASES_SUFFIX: &str = ".cases.json";

/// Files by name, so that they are always visited in the same order.
pub(super) type Files = BTreeMap<String, String>;

/// Reads the files of a directory. Names that begin with a dot are passed over (a mounted
/// configuration volume has such entries); anything else that is not part of a policy set is
/// refused, because a control in a file with a misspelt name would silently not exist.
pub(super) fn read_directory(directory: &Path) -> Result<Files, PolicyLoadError> {
    let shown = directory.display().to_string();
    let unreadable =
        |error: std::io::Error| PolicyLoadError::one(Problem::of_file(&shown, format!("the directory cannot be read: {error}")));
    let mut contents = Vec::new();
    let mut problems = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let Ok(name) = entry.file_name().into_string() else {
            problems.push(Problem::of_file(&entry.file_name().to_string_lossy(), "the file name is not UTF-8"));
            continue;
        };
        if name.starts_with('.') {
            continue;
        }
        match std::fs::read(entry.path()) {
            Ok(bytes) => contents.push((name, bytes)),
            Err(error) => problems.push(Problem::of_file(&name, format!("cannot be read: {error}"))),
        }
    }
    PolicyLoadError::none_of(problems)?;
    if contents.is_empty() {
        return Err(PolicyLoadError::one(Problem::of_file(&shown, "the directory holds no policy set")));
    }
    check_files(contents.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())))
}

/// Accepts only files that belong to a policy set and are plain UTF-8 with plain line ends, so
/// that what an editor shows, what is hashed and what is evaluated are the same thing.
pub(super) fn check_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Files, PolicyLoadError> {
    let mut checked = Files::new();
    let mut problems = Vec::new();
    for (name, bytes) in files {
        if name == "README.md" {
            continue;
        }
        let belongs = name == SCHEMA_FILE || name == BASE_FACTS_FILE || name.ends_with(POLICY_SUFFIX) || name.ends_with(CASES_SUFFIX);
        if !belongs {
            problems.push(Problem::of_file(name, "does not belong in a policy set: expected controls (.cedar), their cases (.cases.json), schema.cedarschema and base-facts.json"));
            continue;
        }
        match check_text(bytes) {
            Ok(text) => {
                if checked.insert(name.to_owned(), text.to_owned()).is_some() {
                    problems.push(Problem::of_file(name, "there are two files of this name"));
                }
            }
            Err(message) => problems.push(Problem::of_file(name, message)),
        }
    }
    for needed in [SCHEMA_FILE, BASE_FACTS_FILE] {
        if !checked.contains_key(needed) && !problems.iter().any(|problem| problem.file == needed) {
            problems.push(Problem::of_file(needed, "is missing"));
        }
    }
    if !checked.keys().any(|name| name.ends_with(POLICY_SUFFIX)) {
        problems.push(Problem::of_file("policy set", "there is not one control in it"));
    }
    PolicyLoadError::none_of(problems)?;
    Ok(checked)
}

fn check_text(bytes: &[u8]) -> Result<&str, &'static str> {
    let text = std::str::from_utf8(bytes).map_err(|_| "is not UTF-8: save it as UTF-8")?;
    if text.starts_with('\u{FEFF}') {
        return Err("begins with a byte order mark: save it as UTF-8 without one");
    }
    if text.contains('\r') {
        return Err("has carriage returns: save it with line feeds only");
    }
    Ok(text)
}

/// SHA-256 over the names and bytes of policies and schema, in the order of their names, each
/// preceded by its length so that no two sets share an encoding. Cases do not decide anything and
/// are left out: adding one does not make a new policy set.
pub(super) fn hash(files: &Files) -> String {
    let mut hasher = Sha256::new();
    for (name, text) in files.iter().filter(|(name, _)| name.as_str() == SCHEMA_FILE || name.ends_with(POLICY_SUFFIX)) {
        for part in [name.as_bytes(), text.as_bytes()] {
            hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(part);
        }
    }
    hasher.finalize().iter().fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The line, counted from 1, of a byte offset.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn files(list: &[(&str, &str)]) -> Files {
        list.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn text_that_moves_between_name_and_contents_or_between_files_changes_the_hash() {
        let sets = [
            files(&[("a.cedar", "xy"), ("b.cedar", "z")]),
            files(&[("a.cedar", "x"), ("b.cedar", "yz")]),
            files(&[("a.cedar", "xyb.cedarz")]),
            files(&[("a.cedar", "xy"), ("c.cedar", "z")]),
        ];
        let hashes: std::collections::BTreeSet<String> = sets.iter().map(hash).collect();
        assert_eq!(hashes.len(), sets.len());
    }

    #[test]
    fn a_line_is_counted_from_one() {
        assert_eq!((line_of("a\nb", 0), line_of("a\nb", 1), line_of("a\nb", 2), line_of("", 9)), (1, 1, 2, 1));
    }

    proptest! {
        #[test]
        fn any_byte_that_changes_changes_the_hash(text in "[ -~\n]{1,200}", at in 0_usize..200, to in "[ -~\n]") {
            let at = at % text.len();
            let mut other = text.clone();
            other.replace_range(at..=at, &to);
            let same = hash(&files(&[("a.cedar", &text)])) == hash(&files(&[("a.cedar", &other)]));
            prop_assert_eq!(same, text == other);
        }
    }
}
