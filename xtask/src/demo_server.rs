//! The server in demonstration mode, as a child: started on a free port, waited for, stopped by its
//! process number.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use cluster::Cluster;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::command::{forget, interrupted, remember};
use crate::failure::{Context, Outcome, fail};
use crate::progress::work;
use crate::workspace::Workspace;

const READY_LIMIT: Duration = Duration::from_secs(180);
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// A running demonstration with data of its own; stopped and its data removed when dropped.
pub struct DemoServer {
    child: Child,
    address: SocketAddr,
    data: PathBuf,
    log: PathBuf,
}

impl DemoServer {
    /// Starts the compiled server on fresh data and waits until it answers.
    pub fn start(workspace: &Workspace) -> Outcome<Self> {
        let folder = workspace.target.join("browser-tests");
        let data = folder.join("data");
        remove_data(&data)?;
        fs::create_dir_all(&data).context(format_args!("create {}", data.display()))?;
        let log = folder.join("server.log");
        let output = File::create(&log).context(format_args!("create {}", log.display()))?;
        let errors = output.try_clone().context(format_args!("open {}", log.display()))?;
        let address = free_address()?;
        let mut command = workspace.command(workspace.server_program());
        command.arg("demo").arg("--bind").arg(address.to_string()).arg("--data-dir").arg(&data);
        command.arg("--site-root").arg(workspace.site());
        // Its own embedded Postgres, as on a fresh machine.
        command.env_remove("DATABASE_URL").env("COUNTERSIGN_BIND", address.to_string());
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        let child = command.spawn().context("start the server")?;
        remember(&child);
        let mut server = Self { child, address, data, log };
        work("start the demonstration", |_| server.wait_until_ready())?;
        Ok(server)
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn wait_until_ready(&mut self) -> Outcome<()> {
        let started = Instant::now();
        while !answers(self.address) {
            if interrupted() {
                return fail("stopped on request");
            }
            if let Some(status) = self.child.try_wait().context("wait for the server")? {
                return fail(format!("the server ended with {status} instead of serving:\n{}", end_of(&self.log)));
            }
            if started.elapsed() > READY_LIMIT {
                return fail(format!("the server did not answer on {}/healthz in time:\n{}", self.url(), end_of(&self.log)));
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}

impl Drop for DemoServer {
    fn drop(&mut self) {
        stop(&mut self.child, STOP_LIMIT);
        if let Err(failure) = remove_data(&self.data) {
            eprintln!("xtask: {failure}");
        }
    }
}

/// Asks a child to stop, and makes it stop when it does not.
pub fn stop(child: &mut Child, limit: Duration) {
    forget(child);
    if let Ok(pid) = i32::try_from(child.id()) {
        // It may have ended already.
        let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
    }
    let started = Instant::now();
    while matches!(child.try_wait(), Ok(None)) {
        if started.elapsed() > limit {
            eprintln!("xtask: the server did not stop in {} s and was killed", limit.as_secs());
            // Nothing more can be done when even that fails.
            let _ = child.kill();
            let _ = child.wait();
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Removes a data directory with the cluster in it.
pub fn remove_data(data: &Path) -> Outcome<()> {
    if fs::symlink_metadata(data).is_err() {
        return Ok(());
    }
    Cluster::remove(&data.join("postgres")).context(format_args!("remove the cluster in {}", data.display()))?;
    fs::remove_dir_all(data).context(format_args!("remove {}", data.display()))
}

fn free_address() -> Outcome<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("find a free port")?;
    listener.local_addr().context("find a free port")
}

fn answers(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes())?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(status.ends_with(b" 200"))
    };
    ask().unwrap_or(false)
}

fn end_of(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines.iter().skip(lines.len().saturating_sub(40)).copied().collect::<Vec<_>>().join("\n")
}
