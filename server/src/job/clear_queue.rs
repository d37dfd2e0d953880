//! Takes away what is left in the work queue of tasks that were replaced while they ran on a server
//! that then died. Their replacements stand beside them; nobody would ever take them up.

use super::JobReport;
use crate::store;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use domain::actor::Actor;

/// Name in the job table.
pub const NAME: &str = "clear-queue";

/// Runs once.
///
/// # Errors
/// [`UseCaseError`] when the database refuses.
pub async fn run(base: &Base) -> Result<JobReport, UseCaseError> {
    let mut work = Work::begin(base, Actor::System { job: NAME.to_owned() }).await?;
    let cleared = store::queue::clear_replaced(work.conn()).await?;
    work.commit().await?;
    Ok(JobReport { changed: cleared, failed: 0, what: format!("{cleared} replaced tasks were cleared away") })
}
