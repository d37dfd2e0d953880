//! Ends sessions past their latest end, and any that a person who is no longer active still has.
//! Such a session is refused in any case; this puts the end on record when nobody comes back with
//! it. Idle sessions are ended when they are next used: how long idle is, is a setting of the
//! sign-in. What was typed into refused forms is forgotten here, too, an hour after it or with the
//! sign-in that it belongs to.

use super::JobReport;
use crate::store;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::refused_forms;
use crate::usecase::work::Work;
use domain::actor::Actor;
use domain::event::EventKind;
use serde_json::json;

/// Name in the job table.
pub const NAME: &str = "end-idle-sessions";

/// Sessions ended in one run; the rest follow in the next.
const BATCH: i64 = 500;

/// Runs once.
///
/// # Errors
/// [`UseCaseError`] when the database refuses; then no session was ended.
pub async fn run(base: &Base) -> Result<JobReport, UseCaseError> {
    let mut work = Work::begin(base, Actor::System { job: NAME.to_owned() }).await?;
    let now = work.now();
    let ended = store::jobs::end_sessions(work.conn(), now, BATCH).await?;
    for session in &ended {
        work.event(
            EventKind::SessionEnded,
            "session",
            session.id.0,
            None,
            json!({ "identity": session.identity, "reason": session.reason }),
        )
        .await?;
    }
    let forgotten = refused_forms::forget(&mut work).await?;
    work.commit().await?;
    let changed = i64::try_from(ended.len()).unwrap_or(i64::MAX);
    Ok(JobReport { changed, failed: 0, what: format!("{changed} sessions ended, {forgotten} refused forms forgotten") })
}
