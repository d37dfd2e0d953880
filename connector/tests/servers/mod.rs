//! Real SCIM servers on 127.0.0.1: scim2-server (Python) and scimmy (Node), one process of each for
//! a test program. Each test has a tenant of its own, so no test sees another's records. The
//! processes end when the test program does: they read its end of their standard input.

use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// What the servers accept.
pub const TOKEN: &str = "the-token-of-the-tests";

/// A server that runs.
struct Server {
    port: u16,
    /// Held, because the server ends when its standard input does.
    _child: Child,
    /// Held, because the server may still say something.
    _said: Lines<BufReader<ChildStdout>>,
}

/// Which server, and how it behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// scim2-server: versions, PATCH answered with 204, no `groups` at accounts.
    Scim2,
    /// The same, of which the settings say that it has no PATCH.
    Scim2WithoutPatch,
    /// scimmy: no versions, PATCH answered with 200, adds a member a second time if told so.
    Scimmy,
    /// The same, and it ignores filters.
    ScimmyUnfiltered,
}

/// A new place without records.
pub fn tenant(kind: Kind) -> String {
    static LAST: AtomicU32 = AtomicU32::new(0);
    static SCIM2: OnceLock<Server> = OnceLock::new();
    static SCIM2_WITHOUT_PATCH: OnceLock<Server> = OnceLock::new();
    static SCIMMY: OnceLock<Server> = OnceLock::new();
    let number = LAST.fetch_add(1, Ordering::Relaxed);
    let place = |server: &Server, path: &str| format!("http://127.0.0.1:{}/{path}", server.port);
    match kind {
        Kind::Scim2 => place(SCIM2.get_or_init(|| scim2(&[])), &format!("t{number}/v2")),
        Kind::Scim2WithoutPatch => {
            let config = script("no-patch.json");
            let options = ["--service-provider-config".as_ref(), config.as_os_str()];
            place(SCIM2_WITHOUT_PATCH.get_or_init(|| scim2(&options)), &format!("t{number}/v2"))
        }
        Kind::Scimmy => place(SCIMMY.get_or_init(scimmy), &format!("usual/t{number}/scim/v2")),
        Kind::ScimmyUnfiltered => place(SCIMMY.get_or_init(scimmy), &format!("unfiltered/t{number}/scim/v2")),
    }
}

fn scim2(options: &[&std::ffi::OsStr]) -> Server {
    let mut command = Command::new(program("COUNTERSIGN_SCIM_PYTHON"));
    command.arg(script("scim2.py")).args(["--port", "0", "--dynamic-tenants", "--bearer-token", TOKEN]).args(options);
    start(command)
}

fn scimmy() -> Server {
    let mut command = Command::new(program("COUNTERSIGN_SCIM_NODE"));
    command.arg(script("scimmy.mjs")).env("SCIM_TOKEN", TOKEN);
    start(command)
}

fn program(name: &str) -> PathBuf {
    let message = "the SCIM servers of the tests are not installed: run `make test`, which installs them and says where they are";
    std::env::var_os(name).map(PathBuf::from).unwrap_or_else(|| panic!("{message} ({name})"))
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../connector/tests/servers").join(name)
}

/// Starts a server and waits until it says where it listens.
fn start(mut command: Command) -> Server {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a SCIM server");
    let mut said = BufReader::new(child.stdout.take().expect("its output")).lines();
    let port = said.by_ref().map_while(Result::ok).find_map(|line| line.strip_prefix("listening on ")?.parse().ok());
    let port = port.unwrap_or_else(|| panic!("a SCIM server ended before it listened: {command:?}"));
    Server { port, _child: child, _said: said }
}
