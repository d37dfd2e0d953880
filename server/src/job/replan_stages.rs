//! Asks again who can decide at every stage that is open or held: managers, owners, members of
//! groups and delegations change while a request waits, and people leave. Writes only where those
//! asked are others now.

use super::JobReport;
use crate::store;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::planning;
use crate::usecase::work::Work;
use domain::actor::Actor;

/// Name in the job table.
pub const NAME: &str = "replan-held-stages";

/// Requests read at a time.
const BATCH: i64 = 500;

/// Runs once.
///
/// # Errors
/// [`UseCaseError`] when the database refuses; requests done before that stay done.
pub async fn run(base: &Base) -> Result<JobReport, UseCaseError> {
    let mut changed = 0;
    let mut after = None;
    loop {
        let mut work = Work::read(base).await?;
        let waiting = store::approvals::requests_with_undecided_stage(work.conn(), after, BATCH).await?;
        work.commit().await?;
        let Some(last) = waiting.last() else { break };
        after = Some(*last);
        for request in waiting {
            let mut work = Work::begin(base, Actor::System { job: NAME.to_owned() }).await?;
            if planning::ask_again(&mut work, base, request).await? {
                work.commit().await?;
                changed += 1;
            }
        }
    }
    Ok(JobReport { changed, what: format!("{changed} stages were planned again") })
}
