//! Where things lie: the checkout, the compiled dependencies outside of it, the site, the tools.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Context, Outcome, fail};

/// Packages and features of every native build. One selection for all of them: another selection
/// could unify features differently and compile the dependencies a second time.
pub const NATIVE: [&str; 3] = ["--workspace", "--exclude", "frontend"];

/// The places that recipes read and write.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// The checkout.
    pub root: PathBuf,
    /// Compiled code, outside the checkout so that a fresh clone finds its dependencies compiled.
    pub target: PathBuf,
    /// Compile against the committed query data even when the developer has a `DATABASE_URL`.
    pub offline: bool,
}

impl Workspace {
    /// Finds the checkout from where cargo runs this package, and the target directory from
    /// `COUNTERSIGN_TARGET_DIR`.
    pub fn locate() -> Outcome<Self> {
        let start = match env::var_os("CARGO_MANIFEST_DIR") {
            Some(package) => PathBuf::from(package),
            None => env::current_dir().context("read the current directory")?,
        };
        let Some(root) = start.ancestors().find(|folder| folder.join("xtask/Cargo.toml").is_file()) else {
            return fail("this is not a checkout of Countersign: run `cargo xtask` inside one");
        };
        let target = match (env::var_os("COUNTERSIGN_TARGET_DIR"), env::var_os("CARGO_TARGET_DIR"), env::var_os("HOME")) {
            (Some(chosen), _, _) | (None, Some(chosen), _) if !chosen.is_empty() => root.join(chosen),
            (_, _, Some(home)) => Path::new(&home).join(".cache/countersign/target"),
            _ => {
                return fail("set COUNTERSIGN_TARGET_DIR: there is no HOME to keep compiled code under");
            }
        };
        Ok(Self { root: root.to_owned(), target, offline: false })
    }

    /// Front end builds: a folder of their own, their compiler may be another one.
    pub fn wasm_target(&self) -> PathBuf {
        self.target.join("wasm")
    }

    /// What the browser loads.
    pub fn site(&self) -> PathBuf {
        self.root.join("target/site")
    }

    /// A program that `npm ci` brought.
    pub fn npm_program(&self, name: &str) -> PathBuf {
        self.root.join("node_modules/.bin").join(name)
    }

    /// The server as `cargo build` leaves it.
    pub fn server_program(&self) -> PathBuf {
        self.target.join("debug/countersign")
    }

    /// A command in the checkout that builds where all builds go.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("COUNTERSIGN_TARGET_DIR", &self.target)
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        command
    }

    /// `cargo` with the SQL macros reading the committed query data, unless the developer works
    /// against a database of their own.
    pub fn cargo(&self) -> Command {
        // Not `$CARGO`: that is one tool chain's cargo, and the WASM recipes choose theirs by PATH.
        self.cargo_like("cargo")
    }

    /// The same for another program that takes cargo's environment.
    pub fn cargo_like(&self, program: &str) -> Command {
        let mut command = self.command(program);
        // Set by the `cargo run` that started us; a nested cargo must not take them for its own.
        for name in ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_PKG_NAME", "CARGO_PKG_VERSION"] {
            command.env_remove(name);
        }
        if self.offline || env::var_os("DATABASE_URL").is_none() {
            command.env("SQLX_OFFLINE", "true");
        }
        command
    }
}
