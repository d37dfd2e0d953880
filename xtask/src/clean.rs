//! Puts a checkout back to how it was cloned. Compiled dependencies stay: they belong to all
//! checkouts.

use std::fs;

use crate::demo_server::remove_data;
use crate::failure::{Context, Outcome};
use crate::workspace::Workspace;

/// Removes the site, the Node packages, the reports and the demonstration data.
pub fn run(workspace: &Workspace) -> Outcome<()> {
    remove_data(&workspace.root.join(".countersign"))?;
    remove_data(&workspace.target.join("browser-tests/data"))?;
    for name in ["target", "node_modules", "test-results", "playwright-report"] {
        let folder = workspace.root.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).context(format_args!("remove {}", folder.display()))?;
            println!("{name}: removed");
        }
    }
    println!("compiled code stays in {}", workspace.target.display());
    Ok(())
}
