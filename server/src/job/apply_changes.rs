//! Puts confirmed changes in force when their time has come, and marks those as overtaken whose
//! record has moved on.

use super::JobReport;
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
    let (mut changed, mut failure) = (0, None);
    for id in unsettled(base).await? {
        match settle(base, id, NAME).await {
            Ok(done) => changed += i64::from(done),
            // One change that cannot be carried out does not keep the others waiting.
            Err(error) => failure = Some(error),
        }
    }
    match failure {
        Some(error) => Err(error),
        None => Ok(JobReport { changed, what: format!("{changed} changes put in force or overtaken") }),
    }
}
