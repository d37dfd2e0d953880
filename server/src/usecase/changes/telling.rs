//! Who hears of a change. Titles carry its number and plain words only.

use crate::store;
use crate::store::changes::{ChangeRow, lookup};
use crate::usecase::error::UseCaseError;
use crate::usecase::notifying::{Notice, tell};
use crate::usecase::work::Work;
use app::paths;
use domain::id::IdentityId;
use domain::notification::NotificationKind;

/// Tells those who could be the second person that a change waits.
///
/// # Errors
/// [`UseCaseError`] when the database refuses.
pub async fn second_people(work: &mut Work<'_>, change: &ChangeRow) -> Result<(), UseCaseError> {
    let applications = if change.kind.belongs_to_applications() { change.applications.as_slice() } else { &[] };
    let candidates = lookup::second_people(work.conn(), applications).await?;
    let concerned: Vec<IdentityId> = change.proposed_by.id.into_iter().chain(change.named.iter().copied()).collect();
    let concerned = store::identities::accounts_of(work.conn(), &concerned).await?;
    let recipients: Vec<IdentityId> = candidates.into_iter().filter(|person| !concerned.contains(person)).collect();
    let title = format!("{} waits for a second person", change.number);
    notice(work, change, &recipients, &title, "A change to the catalogue or the rules was proposed. Read it, then confirm or refuse it.")
        .await
}

/// Tells the proposer what became of it; a command has nobody to tell.
///
/// # Errors
/// [`UseCaseError`] when the database refuses.
pub async fn proposer(work: &mut Work<'_>, change: &ChangeRow, what: &str, body: &str) -> Result<(), UseCaseError> {
    let title = format!("{} {what}", change.number);
    notice(work, change, change.proposed_by.id.as_slice(), &title, body).await
}

async fn notice(work: &mut Work<'_>, change: &ChangeRow, to: &[IdentityId], title: &str, body: &str) -> Result<(), UseCaseError> {
    let href = paths::change(change.id);
    tell(work, to, &Notice { kind: NotificationKind::Change, title, body, href: &href, request: None }).await
}
