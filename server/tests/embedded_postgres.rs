//! The server's own Postgres: it starts from nothing, keeps its data through a kill, and refuses
//! what it cannot read.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers as well")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use server::embedded_postgres::EmbeddedPostgres;
use sqlx::{Connection, PgConnection};

/// A data directory of this test, removed at its end.
struct DataDirectory(PathBuf);

impl DataDirectory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("countersign-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for DataDirectory {
    fn drop(&mut self) {
        cluster::Cluster::remove(&self.0.join("postgres")).unwrap();
        fs::remove_dir_all(&self.0).unwrap();
    }
}

async fn connect(postgres: &EmbeddedPostgres, database: &str) -> PgConnection {
    PgConnection::connect(&postgres.url(database)).await.unwrap()
}

async fn number_of_notes(postgres: &EmbeddedPostgres) -> i64 {
    let mut connection = connect(postgres, "notes").await;
    sqlx::query_scalar("SELECT count(*) FROM note").fetch_one(&mut connection).await.unwrap()
}

async fn with_one_note(directory: &DataDirectory) -> EmbeddedPostgres {
    let postgres = EmbeddedPostgres::start(directory.path()).await.unwrap();
    postgres.ensure_database("notes").await.unwrap();
    let mut connection = connect(&postgres, "notes").await;
    sqlx::raw_sql("CREATE TABLE note (text text); INSERT INTO note VALUES ('kept')").execute(&mut connection).await.unwrap();
    postgres
}

fn kill_hard(pid: u32) {
    kill(Pid::from_raw(i32::try_from(pid).unwrap()), Signal::SIGKILL).unwrap();
}

#[tokio::test]
async fn data_survives_a_kill_of_postgres() {
    let directory = DataDirectory::new("killed-postgres");
    let postgres = with_one_note(&directory).await;
    kill_hard(postgres.pid().unwrap());
    drop(postgres);

    let again = EmbeddedPostgres::start(directory.path()).await.unwrap();
    assert_eq!(number_of_notes(&again).await, 1);
    again.stop().await.unwrap();
}

#[tokio::test]
async fn a_postgres_left_by_a_killed_server_is_replaced() {
    let directory = DataDirectory::new("killed-server");
    let data = directory.path().join("postgres");
    let postgres = with_one_note(&directory).await;
    postgres.stop().await.unwrap();

    // As after a kill -9 of the server: a postmaster runs on the data and nobody holds the lock.
    let orphan = Orphan::start(&data);
    let again = EmbeddedPostgres::start(directory.path()).await.unwrap();
    assert_ne!(again.pid(), Some(orphan.pid()));
    assert_eq!(number_of_notes(&again).await, 1);
    again.stop().await.unwrap();
}

/// A postmaster that no supervisor knows of.
struct Orphan {
    child: std::process::Child,
    /// Where it writes its log; open for as long as it runs.
    _log: BufReader<std::process::ChildStderr>,
}

impl Orphan {
    fn start(data: &Path) -> Self {
        use std::os::unix::fs::MetadataExt;
        use std::os::unix::process::CommandExt;
        let owner = fs::metadata(data).unwrap();
        let program = cluster::Binaries::newest().unwrap().program("postgres");
        let mut command = std::process::Command::new(program);
        // The log in English and on standard error, whatever the cluster was set up with.
        let log = ["-c", "lc_messages=C", "-c", "logging_collector=off", "-c", "log_destination=stderr"];
        command.arg("-D").arg(data).args(log).args(["-c", "listen_addresses=", "-c"]);
        command.arg(format!("unix_socket_directories={}", data.with_file_name("socket").display()));
        command.current_dir(data).stderr(std::process::Stdio::piped()).uid(owner.uid()).gid(owner.gid());
        let mut child = command.spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        // Waits for each line; the log ends when the postmaster does.
        let ready = log.by_ref().lines().any(|line| line.unwrap().contains("ready to accept connections"));
        assert!(ready, "the orphan did not start");
        Self { child, _log: log }
    }

    fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Orphan {
    fn drop(&mut self) {
        // It has been stopped by the start under test; this only collects the zombie.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[tokio::test]
async fn a_second_server_on_the_same_data_is_refused() {
    let directory = DataDirectory::new("second");
    let first = EmbeddedPostgres::start(directory.path()).await.unwrap();
    let refused = EmbeddedPostgres::start(directory.path()).await.unwrap_err().to_string();
    assert!(refused.contains("in use by another Countersign process"), "{refused}");
    first.stop().await.unwrap();
}

#[tokio::test]
async fn data_of_another_version_is_refused_with_the_way_out() {
    let directory = DataDirectory::new("version");
    let data = directory.path().join("postgres");
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("PG_VERSION"), "9.6\n").unwrap();

    let refused = EmbeddedPostgres::start(directory.path()).await.unwrap_err().to_string();
    for part in [data.display().to_string().as_str(), "written by Postgres 9.6", "install Postgres 9.6", "move the directory away"] {
        assert!(refused.contains(part), "{part:?} is missing: {refused}");
    }
    assert_eq!(fs::read_to_string(data.join("PG_VERSION")).unwrap(), "9.6\n");
}

#[tokio::test]
async fn a_folder_that_is_no_data_directory_is_left_alone() {
    let directory = DataDirectory::new("stranger");
    let data = directory.path().join("postgres");
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("holiday.jpg"), "not ours").unwrap();

    let refused = EmbeddedPostgres::start(directory.path()).await.unwrap_err().to_string();
    assert!(refused.contains("not a Postgres data directory"), "{refused}");
    assert!(data.join("holiday.jpg").exists());
}

#[tokio::test]
async fn postgres_writes_through_to_the_disk() {
    let directory = DataDirectory::new("durable");
    let postgres = EmbeddedPostgres::start(directory.path()).await.unwrap();
    let mut connection = connect(&postgres, "postgres").await;
    let fsync: String = sqlx::query_scalar("SHOW fsync").fetch_one(&mut connection).await.unwrap();
    let addresses: String = sqlx::query_scalar("SHOW listen_addresses").fetch_one(&mut connection).await.unwrap();
    assert_eq!((fsync.as_str(), addresses.as_str()), ("on", ""));
    connection.close().await.unwrap();
    postgres.stop().await.unwrap();
}
