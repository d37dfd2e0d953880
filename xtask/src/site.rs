//! Builds what the browser loads: WASM, its JavaScript and the style sheet, under names that change
//! with their content and compressed once here instead of on every request.
//!
//! Finished sites are kept beside the compiled code by the hash of their inputs, so that a fresh
//! clone, or a return to an earlier state, takes its site from there.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use wasm_bindgen_cli_support::Bindgen;

use crate::command::step;
use crate::failure::{Context, Outcome, fail};
use crate::inputs;
use crate::progress::work;
use crate::setup::Tools;
use crate::site_files::{self, Built};
use crate::wasm_target::WasmTarget;
use crate::workspace::Workspace;

/// Everything the site depends on, this recipe included.
const INPUTS: [&str; 14] = [
    "domain/src",
    "domain/Cargo.toml",
    "app/src",
    "app/Cargo.toml",
    "frontend/src",
    "frontend/Cargo.toml",
    "style",
    "Cargo.toml",
    "Cargo.lock",
    "package-lock.json",
    "xtask/src/site.rs",
    "xtask/src/site_files.rs",
    "xtask/src/wasm_target.rs",
    "xtask/Cargo.toml",
];
const KEPT_SITES: usize = 6;

/// `wasm-opt` by default allows less than what the compiler emits; all features at once give a
/// file that browsers refuse.
const WASM_FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// How much time to spend on a small site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// What is served and measured.
    Release,
    /// For `watch`: not optimised, not compressed.
    Quick,
}

/// Builds the site that is served.
pub fn build(workspace: &Workspace, tools: &Tools) -> Outcome<()> {
    build_with(workspace, tools, Care::Release)
}

/// Builds the site, unless it is there or an equal one was built before.
pub fn build_with(workspace: &Workspace, tools: &Tools, care: Care) -> Outcome<()> {
    let inputs = inputs::hash(&workspace.root, &INPUTS, &format!("{care:?} {}", tools.wasm.compiler()))?;
    let site = workspace.site();
    if site_files::inputs_of(&site).is_some_and(|found| found == inputs) {
        println!("site: present");
        return Ok(());
    }
    let kept = workspace.target.join("sites");
    let finished = kept.join(&inputs);
    if site_files::inputs_of(&finished).is_none() {
        make(workspace, tools, care, &inputs, &finished)?;
        forget_old(&kept)?;
    } else {
        println!("site: built before");
    }
    site_files::install(&finished, &site)
}

fn make(workspace: &Workspace, tools: &Tools, care: Care, inputs: &str, finished: &Path) -> Outcome<()> {
    let profile = match care {
        Care::Release => "wasm-release",
        Care::Quick => "dev",
    };
    let mut cargo = tools.wasm.cargo(workspace, "build");
    step("compile the front end", cargo.args(["--profile", profile]))?;
    let folder = workspace.target.join("site-parts");
    if folder.exists() {
        fs::remove_dir_all(&folder).context(format_args!("empty {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).context(format_args!("create {}", folder.display()))?;
    work("bind the front end to JavaScript", |_| bind(&WasmTarget::artefact(workspace, profile), &folder, care))?;
    let mut wasm = folder.join("countersign_bg.wasm");
    if care == Care::Release {
        wasm = shrink(workspace, tools, &wasm, &folder)?;
    }
    let css = style_sheet(workspace, tools, &folder)?;
    let built = Built { js: folder.join("countersign.js"), wasm, css, snippets: folder.join("snippets") };
    let label = if care == Care::Release { "name and compress the site" } else { "name the site's files" };
    work(label, |_| site_files::write(&built, finished, inputs, care == Care::Release))
}

fn bind(library: &Path, folder: &Path, care: Care) -> Outcome<()> {
    // The library must equal the `wasm-bindgen` in Cargo.lock to the digit: Cargo.toml pins both.
    let mut bindgen = Bindgen::new();
    let small = care == Care::Release;
    let generated = bindgen.input_path(library).web(true).and_then(|bindgen| {
        let bindgen = bindgen.out_name("countersign").typescript(false);
        bindgen.remove_name_section(small).remove_producers_section(small).generate(folder)
    });
    generated.map_err(|error| format!("{error:#}")).context(format_args!("bind {}", library.display()))
}

fn shrink(workspace: &Workspace, tools: &Tools, wasm: &Path, folder: &Path) -> Outcome<PathBuf> {
    let smaller = folder.join("countersign_small.wasm");
    let mut command = tools.node_command(workspace, workspace.npm_program("wasm-opt"));
    command.arg("-Oz").args(WASM_FEATURES).arg(wasm).arg("-o").arg(&smaller);
    step("shrink the WASM", &mut command)?;
    Ok(smaller)
}

fn style_sheet(workspace: &Workspace, tools: &Tools, folder: &Path) -> Outcome<PathBuf> {
    let source = workspace.root.join("style/main.css");
    if !source.is_file() {
        return fail("style/main.css is missing: the style sheet is made from it");
    }
    let css = folder.join("countersign.css");
    let mut command = tools.node_command(workspace, workspace.npm_program("tailwindcss"));
    command.arg("--input").arg(source).arg("--output").arg(&css).arg("--minify");
    step("compile the style sheet", &mut command)?;
    Ok(css)
}

fn forget_old(kept: &Path) -> Outcome<()> {
    let entries = fs::read_dir(kept).context(format_args!("list {}", kept.display()))?;
    let mut sites: Vec<(SystemTime, PathBuf)> =
        entries.flatten().filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path()))).collect();
    sites.sort();
    let surplus = sites.len().saturating_sub(KEPT_SITES);
    for (_, old) in sites.into_iter().take(surplus) {
        fs::remove_dir_all(&old).context(format_args!("remove {}", old.display()))?;
    }
    Ok(())
}
