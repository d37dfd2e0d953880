//! What the first visit loads, against its budget.

use std::fs;

use crate::failure::{Context, Outcome, fail};
use crate::site_files::{manifest, path_of, with_suffix};
use crate::workspace::Workspace;

/// Brotli bytes of WASM, JavaScript and style sheet together.
const BUDGET: u64 = 350_000;

/// Prints the table and refuses a first load at or over the budget.
pub fn run(workspace: &Workspace) -> Outcome<()> {
    let site = workspace.site();
    let manifest = manifest(&site)?;
    let mut total = 0;
    println!("{:<8}{:>12}{:>12}{:>12}", "file", "bytes", "gzip", "brotli");
    for kind in ["wasm", "js", "css"] {
        let path = path_of(&site, &manifest, kind)?;
        let size = |suffix: &str| {
            let path = with_suffix(&path, suffix);
            fs::metadata(&path).map(|found| found.len()).context(format_args!("measure {}", path.display()))
        };
        let (plain, gzip, brotli) = (size("")?, size(".gz")?, size(".br")?);
        total += brotli;
        println!("{kind:<8}{plain:>12}{gzip:>12}{brotli:>12}");
    }
    println!("first load: {total} of {BUDGET} bytes");
    if total < BUDGET {
        return Ok(());
    }
    fail(format!("the first load is {} bytes over its budget", total - BUDGET + 1))
}
