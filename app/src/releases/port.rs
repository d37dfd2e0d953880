//! What the operators' queue asks of the server.

use crate::error::AppError;
use crate::record::{EntitlementCard, ReleaseLine, TimelineEvent};
use crate::requests::port::StageView;
use crate::when::When;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::gate::Evaluation;
use domain::id::{IdempotencyKey, ReleaseId};
use domain::page::Page;
use serde::{Deserialize, Serialize};

/// Which releases the queue shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleasesQuery {
    /// `open` (default: planned and held), `held`, `activate`, `remove`, `extend` or `executed`.
    #[serde(default)]
    pub filter: String,
    /// Start of the page, opaque.
    #[serde(default)]
    pub after: String,
}

/// The queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleasesPage {
    /// Earliest first.
    pub page: Page<ReleaseLine>,
    /// Filters with their counts: value, label, count.
    pub filters: Vec<(String, String, i64)>,
    /// As of when.
    pub as_of: When,
}

/// One release with both trails side by side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseView {
    /// The release.
    pub line: ReleaseLine,
    /// Version of the record; an execution carries it back.
    pub version: i32,
    /// What is planned.
    pub planned: EntitlementCard,
    /// What is there: "not yet", "active since …", "removed …".
    pub actual: String,
    /// Who approved, in order.
    pub stages: Vec<StageView>,
    /// Gates of the newest attempt.
    pub gates: Option<Evaluation>,
    /// What happened to the request, both trails, oldest first.
    pub timeline: Vec<TimelineEvent>,
    /// Why the caller may not carry it out, if they may not.
    pub obstacle: Option<String>,
    /// Key for one execution from this page.
    pub key: IdempotencyKey,
    /// As of when.
    pub as_of: When,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Execution {
    /// It is done.
    Executed,
    /// Gates were not met on fresh facts; nothing was released.
    Held {
        /// One sentence for each gate.
        reasons: Vec<String>,
    },
}

/// Carrying out.
#[async_trait]
pub trait Releases: Send + Sync {
    /// The queue.
    async fn list(&self, caller: &Caller, query: ReleasesQuery) -> Result<ReleasesPage, AppError>;
    /// One release.
    async fn show(&self, caller: &Caller, release: ReleaseId) -> Result<ReleaseView, AppError>;
    /// Carries it out with evidence. The gates of an activation run again, in this transaction.
    async fn execute(
        &self,
        caller: &Caller,
        release: ReleaseId,
        version: i32,
        evidence: String,
        key: IdempotencyKey,
    ) -> Result<Execution, AppError>;
}
