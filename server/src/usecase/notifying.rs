//! Telling people what they should know, in the transaction in which it happened: what rolls back
//! was never said. Mails are made of it later, by a job.

use super::error::UseCaseError;
use super::work::Work;
use crate::store;
use domain::id::{IdentityId, NotificationId, RequestId};
use domain::notification::NotificationKind;

/// What to say.
#[derive(Clone, Debug)]
pub struct Notice<'a> {
    /// Why.
    pub kind: NotificationKind,
    /// One line without anything sensitive: numbers and plain words, no names of entitlements.
    pub title: &'a str,
    /// A sentence more; may be empty.
    pub body: &'a str,
    /// Path inside the application, from `app::paths`.
    pub href: &'a str,
    /// The request it belongs to.
    pub request: Option<RequestId>,
}

/// Tells each of `recipients` once. Nobody is told what they did themselves.
///
/// # Errors
/// [`UseCaseError`] when the database refuses.
pub async fn tell(work: &mut Work<'_>, recipients: &[IdentityId], notice: &Notice<'_>) -> Result<(), UseCaseError> {
    let mut told: Vec<IdentityId> = work.author().into_iter().collect();
    for recipient in recipients {
        if told.contains(recipient) {
            continue;
        }
        told.push(*recipient);
        let new = store::notifications::New {
            id: work.id(NotificationId::new),
            recipient: *recipient,
            kind: notice.kind,
            title: notice.title,
            body: notice.body,
            href: notice.href,
            request: notice.request,
            at: work.now(),
        };
        store::notifications::insert(work.conn(), &new).await?;
    }
    Ok(())
}
