//! The server's own Postgres, for when nobody gave it a `DATABASE_URL`.
//!
//! A thin async door to the `cluster` crate, which does the work and blocks while it does: finding
//! the installed binaries, running them as another user when we are root, recovering what a killed
//! server left behind, and refusing data of another version.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cluster::{Cluster, ClusterError, Settings};

/// Why there is no Postgres of our own. Each text says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedPostgresError {
    /// The cluster could not be had.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The runtime ended before the answer was there.
    #[error("starting or stopping Postgres was given up because the server is shutting down")]
    Interrupted,
}

/// A running Postgres in `<data directory>/postgres`. Dropping it asks Postgres to stop;
/// [`EmbeddedPostgres::stop`] also waits until everything is written.
#[derive(Debug)]
pub struct EmbeddedPostgres {
    cluster: Arc<Cluster>,
}

impl EmbeddedPostgres {
    /// Starts Postgres on the data under the server's data directory (`./.countersign`), making an
    /// empty cluster when there is none. Committed data survives a power failure (`fsync=on`).
    pub async fn start(data_dir: &Path) -> Result<Self, EmbeddedPostgresError> {
        let data = data_dir.join("postgres");
        let cluster = blocking(move || Cluster::start(&data, Settings::DURABLE)).await?;
        tracing::info!(data = %cluster.place().data.display(), version = cluster.binaries().major, "started Postgres");
        Ok(Self { cluster: Arc::new(cluster) })
    }

    /// The address of one of its databases.
    pub fn url(&self, database: &str) -> String {
        self.cluster.url(database)
    }

    /// Creates a database unless it exists.
    pub async fn ensure_database(&self, database: &str) -> Result<(), EmbeddedPostgresError> {
        let (cluster, database) = (Arc::clone(&self.cluster), database.to_owned());
        blocking(move || cluster.ensure_database(&database)).await
    }

    /// Where Postgres keeps the data.
    pub fn data(&self) -> PathBuf {
        self.cluster.place().data.clone()
    }

    /// The process number of Postgres.
    pub fn pid(&self) -> Option<u32> {
        self.cluster.pid()
    }

    /// Ends all sessions, lets Postgres write everything, and waits until it has ended.
    pub async fn stop(self) -> Result<(), EmbeddedPostgresError> {
        match Arc::try_unwrap(self.cluster) {
            Ok(cluster) => blocking(move || cluster.stop()).await,
            // A call that was given up still holds the cluster: it stops with that call's end.
            Err(_) => Ok(()),
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, ClusterError> + Send + 'static) -> Result<T, EmbeddedPostgresError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| EmbeddedPostgresError::Interrupted)?.map_err(EmbeddedPostgresError::from)
}
