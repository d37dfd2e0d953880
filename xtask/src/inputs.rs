//! One hash over the files that a product is made from, to know whether it must be made again.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::failure::{Context, Outcome};

/// All files under these files and folders, sorted; what does not exist is left out.
pub fn files(root: &Path, places: &[&str]) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = places.iter().map(|place| root.join(place)).collect();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).context(format_args!("list {}", path.display()))?;
            open.extend(entries.flatten().map(|entry| entry.path()));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The hash of names and contents under `places`, begun with `salt`.
pub fn hash(root: &Path, places: &[&str], salt: &str) -> Outcome<String> {
    let mut digest = Sha256::new();
    digest.update(salt);
    for path in files(root, places)? {
        let content = fs::read(&path).context(format_args!("read {}", path.display()))?;
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        digest.update(format!("\0{name}\0{}\0", content.len()));
        digest.update(content);
    }
    Ok(hexadecimal(&digest.finalize()))
}

/// The hash of one content, short enough for a file name.
pub fn short_hash(content: &[u8]) -> String {
    hexadecimal(&Sha256::digest(content)).chars().take(16).collect()
}

/// The newest change under `places`.
pub fn newest_change(root: &Path, places: &[&str]) -> Outcome<Option<SystemTime>> {
    let times = files(root, places)?.into_iter().filter_map(|path| fs::metadata(path).ok()?.modified().ok());
    Ok(times.max())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
