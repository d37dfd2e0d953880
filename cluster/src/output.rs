//! What the Postgres programs say, for an error that shows it.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::process::Output;

use crate::error::{At, ClusterError};

/// The standard output of a program that did what it should.
pub(crate) fn succeeded(program: &str, output: std::io::Result<Output>) -> Result<String, ClusterError> {
    let output = output.at("run", program)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(ClusterError::Program { program: program.to_owned(), output: last_lines(&String::from_utf8_lossy(&said)) })
}

/// What a log holds after this offset.
pub(crate) fn read_from(path: &Path, offset: u64) -> Result<String, ClusterError> {
    let mut file = File::open(path).at("read", path)?;
    file.seek(SeekFrom::Start(offset)).at("read", path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).at("read", path)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The end of a text in one line.
pub(crate) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.iter().skip(lines.len().saturating_sub(5)).copied().collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_shows_the_end_of_a_long_log() {
        assert_eq!(last_lines("1\n2\n\n3\n4\n5\n6\n"), "2; 3; 4; 5; 6");
    }
}
