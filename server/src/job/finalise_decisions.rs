//! Records decisions whose ten seconds have passed. Each is checked again on the facts of this
//! moment; when the request has moved on, nothing is recorded and the decider is told.

use super::JobReport;
use crate::usecase::Base;
use crate::usecase::deciding;
use crate::usecase::error::UseCaseError;

/// Name in the job table.
pub const NAME: &str = "finalise-decisions";

/// Runs once. A fault with one decision leaves it for the next run and holds up no other.
///
/// # Errors
/// [`UseCaseError`] when the database refuses; decisions recorded before that stay recorded.
pub async fn run(base: &Base) -> Result<JobReport, UseCaseError> {
    let mut changed = 0;
    let mut fault = None;
    for decision in deciding::due(base).await? {
        match deciding::settle(base, decision, NAME).await {
            Ok(settled) => changed += i64::from(settled),
            Err(error) => fault = Some(error),
        }
    }
    match fault {
        Some(error) => Err(error),
        None => Ok(JobReport { changed, what: format!("{changed} decisions became final") }),
    }
}
