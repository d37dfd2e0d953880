//! Usual times of entitlements, from their own history.

use super::Base;
use super::error::UseCaseError;
use super::work::Work;
use crate::store;
use domain::id::EntitlementId;
use domain::lead_time::{Case, UsualTime, usual_time};
use domain::time::Period;
use std::collections::HashMap;

/// How long each of the entitlements usually takes from asking to having it, in one statement. Time
/// before the first day that was asked for is nobody's delay and does not count; what waits is
/// counted for as long as it has waited.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn usual_times(
    work: &mut Work<'_>,
    base: &Base,
    entitlements: &[EntitlementId],
) -> Result<HashMap<EntitlementId, UsualTime>, UseCaseError> {
    let now = work.now();
    let mut cases: HashMap<EntitlementId, Vec<Case>> = entitlements.iter().map(|id| (*id, Vec::new())).collect();
    for row in store::lead_times::history(work.conn(), entitlements).await? {
        let begin = row.submitted_at.max(Period::from_stored(row.starts_on, None).begins_at(&base.zone));
        let lasted = begin.duration_until(row.released_at.unwrap_or(now));
        if !lasted.is_negative() {
            cases.entry(row.entitlement).or_default().push(Case { lasted, finished: row.released_at.is_some() });
        }
    }
    Ok(cases.into_iter().map(|(id, cases)| (id, usual_time(&cases))).collect())
}
