//! From notifications to mails, and mails out of the house: two jobs, so that a mail server that
//! hangs holds up nothing but mail.
//!
//! Gathering makes one mail of everything of a kind that waits for a person, at once when the last
//! one is an hour old, otherwise later. Behind a lock on the person it looks again, so two servers
//! make one mail.
//!
//! Sending is at least once. A mail is leased, handed over outside of any transaction, and then
//! recorded as sent. A server that dies between the hand-over and the record leaves a lease that
//! runs out, and the mail is sent again: the same bytes under the same Message-ID, by which
//! receivers know it for the one they have. The other order would lose mails, and nobody would know.

use super::Base;
use super::error::UseCaseError;
use super::work::Work;
use crate::mail::{Digest, Mail, SendError, is_address};
use crate::store;
use crate::store::digests::{Leased, Outcome};
use crate::store::error::StoreError;
use domain::actor::Actor;
use domain::id::{DigestId, IdentityId};
use domain::notification::{DIGEST_EVERY, NotificationKind, may_make_digest, wait_after_attempt};
use jiff::{SignedDuration, Timestamp};

/// People and kinds looked at in one run; the rest follow in the next.
const BATCH: i64 = 500;
/// Notifications in one mail; the rest go into the next.
const ENTRIES: i64 = 500;
/// Mails sent in one run.
const MAILS: i64 = 100;
/// A run takes no further mail after this time, in microseconds: a server that is told to stop waits for it.
const RUN_FOR: u64 = 30_000_000;
/// A server that has not said what came of a mail after this time is taken for dead. Longer than a
/// mail may take by the settings.
const LEASE: SignedDuration = SignedDuration::from_mins(5);

/// Makes the mails that are due; says how many.
///
/// # Errors
/// [`UseCaseError`] when the database refuses; mails made before that are kept.
pub async fn gather(base: &Base, job: &'static str) -> Result<i64, UseCaseError> {
    if base.mail.is_none() {
        return Ok(0);
    }
    let mut work = Work::read(base).await?;
    let quiet_since = work.now().saturating_sub(DIGEST_EVERY).unwrap_or(Timestamp::MIN);
    let waiting = store::digests::waiting(work.conn(), quiet_since, BATCH).await?;
    work.commit().await?;
    let mut made = 0;
    for (person, kind) in waiting {
        made += i64::from(make(base, job, person, kind).await?);
    }
    Ok(made)
}

async fn make(base: &Base, job: &'static str, person: IdentityId, kind: NotificationKind) -> Result<bool, UseCaseError> {
    let mut work = Work::begin(base, Actor::System { job: job.to_owned() }).await?;
    let Some(recipient) = store::digests::lock_recipient(work.conn(), person, kind).await? else { return Ok(false) };
    let now = work.now();
    if !may_make_digest(recipient.last, now) {
        return Ok(false);
    }
    let address = recipient.email.filter(|email| recipient.active && is_address(email));
    let Some(address) = address else {
        // Nobody to send it to. It stands in the application, and is not kept for later.
        store::digests::leave_out(work.conn(), person, kind).await?;
        work.commit().await?;
        return Ok(false);
    };
    store::digests::leave_out_what_was_read(work.conn(), person, kind).await?;
    let id = work.id(DigestId::new);
    let carried = store::digests::make(work.conn(), id, person, kind, &address, now, ENTRIES).await?;
    work.commit().await?;
    Ok(carried > 0)
}

/// What a run of sending came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Mails that left.
    pub sent: i64,
    /// Mails that did not.
    pub failed: i64,
}

/// Sends what is due, until there is nothing left, the server cannot be used, or the run has taken
/// long enough.
///
/// # Errors
/// [`UseCaseError`] when the database refuses; mails sent before that are on record, apart from the
/// one at which it happened.
pub async fn send(base: &Base) -> Result<Sent, UseCaseError> {
    let mut done = Sent::default();
    let Some(mail) = &base.mail else { return Ok(done) };
    let started = base.system.micros();
    while done.sent + done.failed < MAILS && base.system.micros().saturating_sub(started) < RUN_FOR {
        match send_next(base, mail).await? {
            None => break,
            Some(Ok(())) => done.sent += 1,
            Some(Err(SendError::Refused(_) | SendError::Deferred(_))) => done.failed += 1,
            Some(Err(SendError::Unreachable(_))) => {
                done.failed += 1;
                break;
            }
        }
    }
    Ok(done)
}

/// Sends the mail that waits longest; `None` when none is due.
async fn send_next(base: &Base, mail: &Mail) -> Result<Option<Result<(), SendError>>, UseCaseError> {
    let mut conn = base.pool.acquire().await.map_err(StoreError::from)?;
    let now = base.system.now();
    let until = now.saturating_add(LEASE).unwrap_or(now);
    let Some(leased) = store::digests::lease(&mut conn, now, until).await? else { return Ok(None) };
    let entries = store::digests::entries(&mut conn, leased.id).await?;
    // Nobody else gets to wait for the mail server's sake.
    drop(conn);
    let digest =
        Digest { id: leased.id, kind: leased.kind, address: &leased.address, made: leased.made, entries: &entries, zone: &base.zone };
    let outcome = match wait_after_attempt(leased.attempts - 1) {
        // Every attempt so far ended with a server that died, not with an answer.
        None if leased.attempts > 1 => Err(SendError::Refused("The server stopped each time while it was sending this mail.".to_owned())),
        _ => mail.send(&digest).await,
    };
    record(base, &leased, until, &outcome).await?;
    Ok(Some(outcome))
}

async fn record(base: &Base, leased: &Leased, lease: Timestamp, outcome: &Result<(), SendError>) -> Result<(), UseCaseError> {
    let now = base.system.now();
    let text = outcome.as_ref().err().map(ToString::to_string).unwrap_or_default();
    let outcome = match outcome {
        Ok(()) => Outcome::Sent,
        Err(SendError::Refused(_)) => Outcome::GivenUp { error: &text },
        Err(SendError::Deferred(_) | SendError::Unreachable(_)) => match wait_after_attempt(leased.attempts) {
            Some(wait) => Outcome::Later { at: now.saturating_add(wait).unwrap_or(now), error: &text },
            None => Outcome::GivenUp { error: &text },
        },
    };
    if let Outcome::Later { error, .. } | Outcome::GivenUp { error } = &outcome {
        tracing::warn!(mail = %leased.id, attempt = leased.attempts, "a mail was not sent: {error}");
    }
    let mut conn = base.pool.acquire().await.map_err(StoreError::from)?;
    if !store::digests::finish(&mut conn, leased.id, lease, &outcome, now).await? {
        tracing::warn!(mail = %leased.id, "a mail took longer than its lease; another server may have sent it as well");
    }
    Ok(())
}
