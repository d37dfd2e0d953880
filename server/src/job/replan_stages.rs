//! Asks again who can decide, where nobody could or where everyone who was asked has left.

use super::JobReport;
use crate::store;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::planning;
use crate::usecase::work::Work;
use domain::actor::Actor;

/// Name in the job table.
pub const NAME: &str = "replan-held-stages";

/// Runs once.
///
/// # Errors
/// [`UseCaseError`] when the database refuses; requests done before that stay done.
pub async fn run(base: &Base) -> Result<JobReport, UseCaseError> {
    let mut work = Work::read(base).await?;
    let waiting = store::approvals::requests_with_undecided_stage(work.conn()).await?;
    work.commit().await?;
    let mut changed = 0;
    for request in waiting {
        let mut work = Work::begin(base, Actor::System { job: NAME.to_owned() }).await?;
        if planning::ask_again(&mut work, request).await? {
            work.commit().await?;
            changed += 1;
        }
    }
    Ok(JobReport { changed, what: format!("{changed} stages were planned again") })
}
