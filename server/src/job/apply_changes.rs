//! Puts confirmed changes in force when their time has come, and marks those as overtaken whose
//! record has moved on.

use super::{JobReport, Tally};
use crate::usecase::Base;
use crate::usecase::changes::{settle, unsettled};
use crate::usecase::error::UseCaseError;

/// Name in the job table.
pub const NAME: &str = "apply-changes";

/// Runs once.
///
/// # Errors
/// [`UseCaseError`] when the database refused one of them; the others are done all the same.
pub async fn run(base: &Base) -> Result<JobReport, UseCaseError> {
    let mut tally = Tally::new(NAME);
    for id in unsettled(base).await? {
        tally.count(id, settle(base, id, NAME).await);
    }
    Ok(tally.report(format!("{} changes put in force or overtaken", tally.changed())))
}
