//! The right to carry a task out, which a server loses when it is taken for dead.

use crate::store;
use crate::usecase::error::UseCaseError;
use graphile_worker::WorkerContext;
use jiff::Timestamp;
use sqlx::PgConnection;

/// Who took which task, and when. Worker and moment together name one claim: the same worker may
/// lose a task and take it again.
#[derive(Clone, Debug)]
pub struct Claim {
    task: i64,
    worker: String,
    taken_at: Timestamp,
}

impl Claim {
    pub(super) fn of(context: &WorkerContext) -> Self {
        let taken_at = context.job().locked_at().and_then(|at| Timestamp::from_microsecond(at.timestamp_micros()).ok());
        Self { task: *context.job().id(), worker: context.worker_id().to_owned(), taken_at: taken_at.unwrap_or(Timestamp::UNIX_EPOCH) }
    }

    /// Whether the task is still in these hands. A handler that stalled asks before it does what
    /// cannot be taken back; a `true` is as old as the answer, so effects elsewhere need a fence of
    /// their own.
    ///
    /// # Errors
    /// [`UseCaseError`] when the database cannot be asked.
    pub async fn is_ours(&self, conn: &mut PgConnection) -> Result<bool, UseCaseError> {
        Ok(store::queue::is_claimed(conn, self.task, &self.worker, self.taken_at).await?)
    }
}
