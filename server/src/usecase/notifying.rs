//! Telling people what they should know, in the transaction in which it happened: what rolls back
//! was never said. Mails are made of it later, by a job.

use super::error::UseCaseError;
use super::work::Work;
use crate::store;
use crate::store::error::StoreError;
use crate::system::System;
use domain::id::{IdentityId, NotificationId, RequestId};
use domain::notification::{NotificationKind, Preference};
use jiff::Timestamp;
use sqlx::PgConnection;

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

/// Tells each of `recipients` once, as they chose to be told. Nobody is told what they did
/// themselves. What somebody switched off in the application as well as by mail is not written; what
/// they want by mail only is written for the mail and does not show in the application. Kinds that
/// something waits for always show (`NotificationKind::always_shows`). Where mail is not set up
/// nothing is kept for it: setting it up later sends no old news.
///
/// # Errors
/// [`UseCaseError`] when the database refuses.
pub async fn tell(work: &mut Work<'_>, recipients: &[IdentityId], notice: &Notice<'_>) -> Result<(), UseCaseError> {
    let author = work.author();
    let mut people: Vec<IdentityId> = Vec::with_capacity(recipients.len());
    for recipient in recipients {
        if author != Some(*recipient) && !people.contains(recipient) {
            people.push(*recipient);
        }
    }
    if people.is_empty() {
        return Ok(());
    }
    let (conn, telling) = work.telling();
    Ok(tell_people(conn, &telling, &people, notice).await?)
}

/// When and how somebody is told.
#[derive(Clone, Copy)]
pub struct Telling<'a> {
    /// Entropy for the ids.
    pub system: &'a System,
    /// The moment.
    pub now: Timestamp,
    /// Whether mails are sent.
    pub sends_mail: bool,
}

/// The same for what is no unit of work, with everybody once in `people`.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn tell_people(
    conn: &mut PgConnection,
    telling: &Telling<'_>,
    people: &[IdentityId],
    notice: &Notice<'_>,
) -> Result<(), StoreError> {
    let chosen = store::notifications::preferences_for(conn, people, notice.kind).await?;
    for recipient in people {
        let choice = chosen.get(recipient).copied().unwrap_or(Preference::UNCHOSEN).for_kind(notice.kind);
        let told = Preference { mail: choice.mail && telling.sends_mail, ..choice };
        if !told.tells() {
            continue;
        }
        let new = store::notifications::New {
            id: NotificationId::new(telling.now, telling.system.random()),
            recipient: *recipient,
            kind: notice.kind,
            title: notice.title,
            body: notice.body,
            href: notice.href,
            request: notice.request,
            at: telling.now,
            told,
        };
        store::notifications::insert(conn, &new).await?;
    }
    Ok(())
}
