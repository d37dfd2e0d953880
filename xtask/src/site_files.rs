//! The files of a site: content-hashed names, compressed copies, and the manifest that tells the
//! server which file is which.
//!
//! `manifest.json` holds `{"js": "/pkg/…", "wasm": "/pkg/…", "css": "/pkg/…", "inputs": "…"}` and is
//! written last: a site with a manifest is whole.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::failure::{Context, Outcome, fail};
use crate::inputs::{files, short_hash};

/// What the compilers left.
pub struct Built {
    /// The JavaScript that loads the WASM.
    pub js: PathBuf,
    /// The WASM.
    pub wasm: PathBuf,
    /// The style sheet.
    pub css: PathBuf,
    /// JavaScript that crates brought along; the folder may be missing.
    pub snippets: PathBuf,
}

/// The hash of the inputs that a site was made from; nothing when there is no whole site.
pub fn inputs_of(site: &Path) -> Option<String> {
    let manifest = manifest(site).ok()?;
    let present = ["js", "wasm", "css"].iter().all(|kind| path_of(site, &manifest, kind).is_ok_and(|path| path.is_file()));
    present.then(|| manifest["inputs"].as_str().map(str::to_owned))?
}

/// The manifest of a site.
pub fn manifest(site: &Path) -> Outcome<Value> {
    let path = site.join("manifest.json");
    let text = fs::read_to_string(&path).context(format_args!("read {}", path.display()))?;
    serde_json::from_str(&text).context(format_args!("understand {}", path.display()))
}

/// Where a file named in the manifest lies.
pub fn path_of(site: &Path, manifest: &Value, kind: &str) -> Outcome<PathBuf> {
    match manifest[kind].as_str() {
        Some(address) => Ok(site.join(address.trim_start_matches('/'))),
        None => fail(format!("the manifest of {} names no `{kind}`", site.display())),
    }
}

/// Writes a site into `finished`.
pub fn write(built: &Built, finished: &Path, inputs: &str, compress: bool) -> Outcome<()> {
    let folder = finished.with_extension("unfinished");
    if folder.exists() {
        fs::remove_dir_all(&folder).context(format_args!("empty {}", folder.display()))?;
    }
    let package = folder.join("pkg");
    fs::create_dir_all(&package).context(format_args!("create {}", package.display()))?;

    let wasm = read(&built.wasm)?;
    let wasm_name = format!("countersign.{}.wasm", short_hash(&wasm));
    // The script's own idea of where the WASM lies must follow the new name.
    let script = String::from_utf8(read(&built.js)?).context("read the JavaScript as UTF-8")?;
    let script = script.replace("countersign_bg.wasm", &wasm_name).into_bytes();
    let script_name = format!("countersign.{}.js", short_hash(&script));
    let style = read(&built.css)?;
    let style_name = format!("countersign.{}.css", short_hash(&style));
    for (name, content) in [(&wasm_name, &wasm), (&script_name, &script), (&style_name, &style)] {
        write_file(&package.join(name), content)?;
    }
    copy_folder(&built.snippets, &package.join("snippets"))?;
    if compress {
        for path in files(&package, &["."])? {
            write_compressed(&path)?;
        }
    }
    let manifest = json!({
        "js": format!("/pkg/{script_name}"),
        "wasm": format!("/pkg/{wasm_name}"),
        "css": format!("/pkg/{style_name}"),
        "inputs": inputs,
    });
    write_file(&folder.join("manifest.json"), format!("{manifest:#}\n").as_bytes())?;
    if finished.exists() {
        fs::remove_dir_all(finished).context(format_args!("empty {}", finished.display()))?;
    }
    fs::rename(&folder, finished).context(format_args!("move the site to {}", finished.display()))
}

/// Puts a finished site where it is served from. A server that runs on the old one goes on until
/// the old files are removed at the end.
pub fn install(finished: &Path, site: &Path) -> Outcome<()> {
    let old = files(site, &["."])?;
    copy_folder(&finished.join("pkg"), &site.join("pkg"))?;
    let manifest = site.join("manifest.json");
    let fresh = site.join("manifest.json.new");
    write_file(&fresh, &read(&finished.join("manifest.json"))?)?;
    fs::rename(&fresh, &manifest).context(format_args!("replace {}", manifest.display()))?;
    for path in old {
        let inside = path.strip_prefix(site).unwrap_or(&path);
        if !finished.join(inside).exists() {
            fs::remove_file(&path).context(format_args!("remove {}", path.display()))?;
        }
    }
    Ok(())
}

fn write_compressed(path: &Path) -> Outcome<()> {
    let content = read(path)?;
    let mut smaller = Vec::new();
    let quality = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut content.as_slice(), &mut smaller, &quality).context(format_args!("compress {}", path.display()))?;
    write_file(&with_suffix(path, ".br"), &smaller)?;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zipped = encoder.write_all(&content).and_then(|()| encoder.finish());
    write_file(&with_suffix(path, ".gz"), &zipped.context(format_args!("compress {}", path.display()))?)
}

/// The path with something more at its end.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn copy_folder(from: &Path, to: &Path) -> Outcome<()> {
    for path in files(from, &["."])? {
        let place = to.join(path.strip_prefix(from).unwrap_or(&path));
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent).context(format_args!("create {}", parent.display()))?;
        }
        fs::copy(&path, &place).context(format_args!("copy {}", path.display()))?;
    }
    Ok(())
}

fn read(path: &Path) -> Outcome<Vec<u8>> {
    fs::read(path).context(format_args!("read {}", path.display()))
}

fn write_file(path: &Path, content: &[u8]) -> Outcome<()> {
    fs::write(path, content).context(format_args!("write {}", path.display()))
}
