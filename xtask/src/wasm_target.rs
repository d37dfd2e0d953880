//! How the front end is compiled on this machine: with rustup's compiler where it has the WASM
//! target or can fetch it, and else with Debian's own, whose standard library for the target is
//! built here once.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::command::{ask, attempt, step};
use crate::failure::{Context, Outcome, fail};
use crate::progress::whole_seconds;
use crate::setup::{Apt, privileged};
use crate::workspace::Workspace;

const TARGET: &str = "wasm32-unknown-unknown";
const DEBIAN_COMPILER: &str = "/usr/bin/rustc";
const DEBIAN_LIBRARIES: &str = "/usr/lib/rustlib/wasm32-unknown-unknown/lib";
/// In [`DEBIAN_LIBRARIES`]: the compiler that the libraries were built with. An upgraded compiler
/// refuses them, so they are built anew when it differs.
const BUILT_WITH: &str = "countersign-built-with";
/// `rust-version` of the workspace.
const OLDEST: (u32, u32) = (1, 95);

/// A compiler that has the WASM target.
#[derive(Debug, Clone)]
pub enum WasmTarget {
    /// The compiler that also builds the server.
    Default,
    /// Debian's `rustc-web`, linking with this program.
    Debian { linker: PathBuf },
}

impl WasmTarget {
    /// Finds the target or brings it. `COUNTERSIGN_WASM_COMPILER=debian` skips the first two ways.
    pub fn provide(workspace: &Workspace, apt: &Apt) -> Outcome<Self> {
        let debian_wanted = env::var_os("COUNTERSIGN_WASM_COMPILER").is_some_and(|way| way == "debian");
        if !debian_wanted {
            if default_compiler_has_it() {
                println!("WASM target: present (the default compiler's)");
                return Ok(Self::Default);
            }
            if !debian_is_ready() && added_by_rustup(workspace)? {
                return Ok(Self::Default);
            }
        }
        if !debian_is_ready() {
            build_with_debian(workspace, apt)?;
        }
        println!("WASM target: present (Debian's compiler)");
        Ok(Self::Debian { linker: linker()? })
    }

    /// `cargo` for the front end, in a target directory of its own.
    pub fn cargo(&self, workspace: &Workspace, verb: &str) -> Command {
        let mut command = workspace.cargo();
        command.arg(verb);
        self.choose_compiler(workspace, &mut command);
        command.args(["--package", "frontend", "--lib", "--target", TARGET]);
        command
    }

    /// `cargo clippy` for the front end.
    pub fn clippy(&self, workspace: &Workspace, apt: &Apt) -> Outcome<Command> {
        let Self::Debian { .. } = self else {
            return Ok(self.cargo(workspace, "clippy"));
        };
        let program = "/usr/bin/cargo-clippy";
        if !Path::new(program).is_file() {
            apt.install(workspace, &["rust-web-clippy"])?;
        }
        let mut command = workspace.cargo_like(program);
        command.arg("clippy");
        self.choose_compiler(workspace, &mut command);
        let inherited = env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(PathBuf::from("/usr/bin")).chain(env::split_paths(&inherited));
        command.env("PATH", env::join_paths(folders).context("put Debian's clippy on the PATH")?);
        command.args(["--package", "frontend", "--lib", "--target", TARGET]);
        Ok(command)
    }

    /// The compiled library, for a build with this profile.
    pub fn artefact(workspace: &Workspace, profile: &str) -> PathBuf {
        let folder = if profile == "dev" { "debug" } else { profile };
        workspace.wasm_target().join(TARGET).join(folder).join("frontend.wasm")
    }

    /// The compiler's version: part of what the site is built from.
    pub fn compiler(&self) -> String {
        let program = match self {
            Self::Default => "rustc",
            Self::Debian { .. } => DEBIAN_COMPILER,
        };
        ask(Command::new(program).arg("--version")).unwrap_or_default()
    }

    fn choose_compiler(&self, workspace: &Workspace, command: &mut Command) {
        command.env("CARGO_TARGET_DIR", workspace.wasm_target());
        if let Self::Debian { linker } = self {
            command.env("RUSTC", DEBIAN_COMPILER).env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
    }
}

fn default_compiler_has_it() -> bool {
    let sysroot = ask(Command::new("rustc").args(["--print", "sysroot"]));
    sysroot.is_some_and(|sysroot| has_standard_library(&Path::new(&sysroot).join("lib/rustlib").join(TARGET).join("lib")))
}

fn has_standard_library(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else {
        return false;
    };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libstd-") && name.ends_with(".rlib")
    })
}

fn added_by_rustup(workspace: &Workspace) -> Outcome<bool> {
    if ask(Command::new("rustup").arg("--version")).is_none() {
        return Ok(false);
    }
    // Where its servers cannot be reached rustup tries for minutes; half a minute is enough to know.
    let mut command = workspace.command("timeout");
    let finished = attempt("add the WASM target", command.args(["30", "rustup", "target", "add", TARGET]))?;
    let added = finished.status.success() && default_compiler_has_it();
    let outcome = if added { "ok" } else { "not from rustup on this machine" };
    println!("add the WASM target: {outcome} ({})", whole_seconds(finished.took));
    Ok(added)
}

fn debian_is_ready() -> bool {
    let folder = Path::new(DEBIAN_LIBRARIES);
    let version = ask(Command::new(DEBIAN_COMPILER).arg("--version"));
    let built_with = fs::read_to_string(folder.join(BUILT_WITH)).ok();
    has_standard_library(folder) && version.is_some() && version == built_with
}

fn build_with_debian(workspace: &Workspace, apt: &Apt) -> Outcome<()> {
    if !has_debian_compiler() {
        apt.install(workspace, &["rustc-web", "rust-web-src"])?;
    }
    if !has_debian_compiler() {
        return fail(
            "no compiler with the WASM target can be had: run `rustup target add wasm32-unknown-unknown` where rustup \
             reaches its servers, or use a Debian whose `rustc-web` is 1.95 or later",
        );
    }
    let package = workspace.target.join("wasm-std");
    let source = package.join("src");
    fs::create_dir_all(&source).context(format_args!("create {}", source.display()))?;
    let manifest = "[package]\nname = \"wasm-std\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n";
    fs::write(package.join("Cargo.toml"), manifest).context("write the package that std is built for")?;
    fs::write(source.join("lib.rs"), "").context("write the package that std is built for")?;
    let mut cargo = workspace.cargo();
    cargo
        .current_dir(&package)
        .env("CARGO_TARGET_DIR", package.join("target"))
        .env("RUSTC", DEBIAN_COMPILER)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker()?)
        .args(["build", "-Zbuild-std=std,panic_abort", "--target", TARGET, "--release"]);
    step("build Rust's standard library for WASM", &mut cargo)?;
    install_libraries(workspace, &package.join("target").join(TARGET).join("release/deps"))
}

fn install_libraries(workspace: &Workspace, built: &Path) -> Outcome<()> {
    let version = ask(Command::new(DEBIAN_COMPILER).arg("--version")).unwrap_or_default();
    let marker = built.join(BUILT_WITH);
    fs::write(&marker, version).context(format_args!("write {}", marker.display()))?;
    let entries = fs::read_dir(built).context(format_args!("list {}", built.display()))?;
    let libraries = entries.flatten().map(|entry| entry.path()).filter(|path| {
        let ours = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("libwasm_std"));
        path.extension().is_some_and(|extension| extension == "rlib") && !ours
    });
    let libraries: Vec<PathBuf> = libraries.collect();
    step("prepare Debian's library folder", privileged(workspace, "rm")?.args(["-rf", DEBIAN_LIBRARIES]))?;
    step("prepare Debian's library folder", privileged(workspace, "mkdir")?.args(["-p", DEBIAN_LIBRARIES]))?;
    let mut copy = privileged(workspace, "cp")?;
    step("install Rust's standard library for WASM", copy.args(libraries).arg(marker).arg(DEBIAN_LIBRARIES)).map(|_| ())
}

fn has_debian_compiler() -> bool {
    let source = Path::new("/usr/lib/rustlib/src/rust/library/std/Cargo.toml");
    compiler_version(DEBIAN_COMPILER).is_some_and(|version| version >= OLDEST) && source.is_file()
}

fn compiler_version(program: &str) -> Option<(u32, u32)> {
    let text = ask(Command::new(program).arg("--version"))?;
    let mut numbers = text.split_whitespace().nth(1)?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// The linker for WASM: the default tool chain's, or LLVM's.
fn linker() -> Outcome<PathBuf> {
    let sysroot = ask(Command::new("rustc").args(["--print", "sysroot"])).unwrap_or_default();
    let host = ask(Command::new("rustc").args(["--version", "--verbose"])).unwrap_or_default();
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    let bundled = Path::new(&sysroot).join("lib/rustlib").join(host).join("bin/rust-lld");
    [bundled, PathBuf::from("/usr/bin/wasm-ld")]
        .into_iter()
        .find(|program| program.is_file())
        .map_or_else(|| fail("no linker for WASM was found: `apt-get install lld` brings one"), Ok)
}
