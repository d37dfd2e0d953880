//! What is there after work by hand, by the word of whoever did it or looked: planned and actual with
//! what differs, as after a reading. Nobody asked a machine, and the record says who said it.

use crate::store;
use crate::store::releases::ReleaseRow;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use domain::id::IdentityId;
use domain::manual::confirmed;
use domain::saga;
use serde_json::json;

/// Puts on record what somebody says: the change is made over there, or it is not.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub(in crate::usecase) async fn says(work: &mut Work<'_>, release: &ReleaseRow, by: IdentityId, made: bool) -> Result<(), UseCaseError> {
    let facts = store::connections::order_facts(work.conn(), release.id).await?;
    let said = confirmed(release.kind, &facts.reference, &facts.others, made);
    let differs = saga::variance(said.planned.iter().map(String::as_str), said.actual.iter().map(String::as_str));
    let variance = json!({ "missing": differs.missing, "unexpected": differs.unexpected });
    let (planned, actual) = (json!(said.planned), json!(said.actual));
    Ok(store::release_hands::set_said(work.conn(), release.id, by, &planned, &actual, &variance).await?)
}
