//! Records decisions whose ten seconds have passed. Each is checked again on the facts of this
//! moment; when the request has moved on, nothing is recorded and the decider is told.

use super::{JobReport, Tally};
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
    let mut tally = Tally::new(NAME);
    for decision in deciding::due(base).await? {
        tally.count(decision, deciding::settle(base, decision, NAME).await);
    }
    Ok(tally.report(format!("{} decisions became final", tally.changed())))
}
