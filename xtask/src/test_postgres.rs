//! A throw-away Postgres for tests and for the offline query data.

use cluster::{Cluster, Settings};

use crate::failure::{Context, Outcome};
use crate::progress::work;
use crate::workspace::Workspace;

/// A running throw-away cluster; it is stopped and removed when dropped.
pub struct TestPostgres {
    cluster: Option<Cluster>,
    data: std::path::PathBuf,
}

impl TestPostgres {
    /// Starts an empty cluster. What an earlier, killed recipe left is stopped and removed first.
    pub fn start(workspace: &Workspace) -> Outcome<Self> {
        // One cluster per process: two recipes may run at the same time.
        let parent = workspace.target.join("test-postgres");
        remove_abandoned(&parent);
        let data = parent.join(std::process::id().to_string()).join("postgres");
        let cluster =
            work("start a throw-away Postgres", |_| Cluster::start(&data, Settings::THROW_AWAY).context("start a Postgres for the tests"))?;
        Ok(Self { cluster: Some(cluster), data })
    }

    /// The address of one of its databases.
    pub fn url(&self, database: &str) -> String {
        self.cluster.as_ref().map(|cluster| cluster.url(database)).unwrap_or_default()
    }

    /// The cluster itself.
    pub fn cluster(&self) -> Option<&Cluster> {
        self.cluster.as_ref()
    }
}

impl Drop for TestPostgres {
    fn drop(&mut self) {
        let stopped = self.cluster.take().map_or(Ok(()), Cluster::stop);
        if let Err(error) = stopped.and_then(|()| Cluster::remove(&self.data)) {
            eprintln!("xtask: the throw-away Postgres could not be put away: {error}");
        }
        if let Some(folder) = self.data.parent() {
            // Not vital: the next start tries again.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Removes the clusters of recipes that are no longer running.
fn remove_abandoned(parent: &std::path::Path) {
    let Ok(entries) = std::fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        // A cluster that is in use refuses to be removed, which is right.
        if Cluster::remove(&entry.path().join("postgres")).is_ok() {
            // Not vital: the next start tries again.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
