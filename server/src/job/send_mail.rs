//! Hands mails to the mail server. A mail that fails waits longer each time and is given up after
//! the fifth attempt; the job itself has then done its work. What failed, and why, stands on the
//! administration page.

use super::JobReport;
use crate::usecase::error::UseCaseError;
use crate::usecase::{Base, digests};

/// Name in the job table.
pub const NAME: &str = "send-mail";

/// Runs once.
///
/// # Errors
/// [`UseCaseError`] when the database refuses.
pub async fn run(base: &Base) -> Result<JobReport, UseCaseError> {
    let digests::Sent { sent, failed } = digests::send(base).await?;
    Ok(JobReport { changed: sent + failed, failed: 0, what: format!("{sent} mails were sent, {failed} were not") })
}
