//! Makes mails of what people should know: one a kind and person, at most one an hour.

use super::JobReport;
use crate::usecase::error::UseCaseError;
use crate::usecase::{Base, digests};

/// Name in the job table.
pub const NAME: &str = "gather-digests";

/// Runs once.
///
/// # Errors
/// [`UseCaseError`] when the database refuses; mails made before that are kept.
pub async fn run(base: &Base) -> Result<JobReport, UseCaseError> {
    let changed = digests::gather(base, NAME).await?;
    Ok(JobReport { changed, failed: 0, what: format!("{changed} mails were made") })
}
