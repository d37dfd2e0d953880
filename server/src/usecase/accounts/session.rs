//! The life of a session: started, found again by its token, renewed, ended.

use super::sign_in::Client;
use super::token::{self, IssuedToken};
use super::{AccountService, UseCaseError, Work};
use crate::store;
use crate::store::error::StoreError;
use crate::store::sessions::{Found, HandedOn, New};
use app::error::AppError;
use domain::actor::{Actor, Caller};
use domain::event::EventKind;
use domain::id::{IdentityId, SessionId};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// "Last seen" is written at most this often.
const TOUCH_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// A token is replaced when it has been in use for this long.
const RENEW_EVERY: SignedDuration = SignedDuration::from_hours(1);
/// A replaced token opens its successor for this long: requests may be on their way with it.
const GRACE: SignedDuration = SignedDuration::from_secs(30);

/// Who sent a request.
pub struct Resolved {
    /// The caller.
    pub caller: Caller,
    /// A token that replaces the one the request came with.
    pub renewed: Option<IssuedToken>,
}

impl AccountService {
    /// The caller that a token belongs to, if its session may still be used. A session that may
    /// not is ended here.
    ///
    /// # Errors
    /// [`AppError::Internal`] when the database fails.
    pub async fn resolve(&self, token: &str) -> Result<Option<Resolved>, AppError> {
        let Some(hash) = token::hash(token) else { return Ok(None) };
        Ok(self.look_up(&hash).await?)
    }

    async fn look_up(&self, hash: &[u8; 32]) -> Result<Option<Resolved>, UseCaseError> {
        let now = self.base.system.now();
        let mut conn = self.base.pool.acquire().await.map_err(StoreError::from)?;
        let Some(found) = store::sessions::find(&mut conn, hash).await? else { return Ok(None) };
        if let Some((at, reason)) = &found.ended {
            let in_grace = reason == "rotated" && found.active && now.duration_since(*at) <= GRACE;
            let successor = if in_grace { store::sessions::successor(&mut conn, &found).await? } else { None };
            return Ok(successor.map(|id| Resolved { caller: caller(&found, id), renewed: None }));
        }
        if let Some(reason) = self.why_over(&found, now) {
            drop(conn);
            self.end_for(&found, reason).await?;
            return Ok(None);
        }
        if now.duration_since(found.created_at) >= RENEW_EVERY {
            drop(conn);
            return Ok(Some(self.renew(&found).await?));
        }
        if now.duration_since(found.last_seen_at) >= TOUCH_EVERY {
            store::sessions::touch(&mut conn, found.id, now).await?;
        }
        Ok(Some(Resolved { caller: caller(&found, found.id), renewed: None }))
    }

    fn why_over(&self, found: &Found, now: Timestamp) -> Option<&'static str> {
        if !found.active {
            Some("identity_stopped")
        } else if now >= found.expires_at {
            Some("expired")
        } else if now.duration_since(found.last_seen_at) >= self.idle {
            Some("idle")
        } else {
            None
        }
    }

    async fn end_for(&self, found: &Found, reason: &'static str) -> Result<(), UseCaseError> {
        let mut work = Work::begin(&self.base, Actor::System { job: "sessions".to_owned() }).await?;
        let now = work.now();
        if store::sessions::end(work.conn(), found.id, found.identity, now, reason).await? {
            event_ended(&mut work, found.identity, found.id, reason).await?;
        }
        work.commit().await
    }

    /// Replaces a token. No event: it is the same sign-in.
    async fn renew(&self, found: &Found) -> Result<Resolved, UseCaseError> {
        let mut work = Work::begin(&self.base, Actor::Person { identity: found.identity }).await?;
        let now = work.now();
        if !store::sessions::end(work.conn(), found.id, found.identity, now, "rotated").await? {
            // Another request of the same browser was first; its answer carries the new token.
            let id = store::sessions::successor(work.conn(), found).await?.ok_or(AppError::NotSignedIn)?;
            return Ok(Resolved { caller: caller(found, id), renewed: None });
        }
        let before = store::sessions::handed_on(work.conn(), found.id).await?;
        let issued = self.insert_after(&mut work, before, found.identity, found.authenticated_at, found.expires_at).await?;
        work.commit().await?;
        Ok(Resolved { caller: caller(found, issued.session), renewed: Some(issued) })
    }

    /// Replaces the token of a caller who just gave their password, for a signature (`signs`) or to
    /// change it. The old one opens nothing any more: the owner of its successor was let in at another
    /// time. Only what was given for a signature counts for further ones.
    pub(super) async fn renew_after_proof(&self, work: &mut Work<'_>, caller: &Caller, signs: bool) -> Result<IssuedToken, UseCaseError> {
        let now = work.now();
        if !store::sessions::end(work.conn(), caller.session, caller.identity, now, "rotated").await? {
            return Err(AppError::NotSignedIn.into());
        }
        let before = store::sessions::handed_on(work.conn(), caller.session).await?;
        let proven = HandedOn { password_proven_at: signs.then_some(now), ..before };
        self.insert_after(work, proven, caller.identity, now, self.latest_end(now)).await
    }

    async fn insert_after(
        &self,
        work: &mut Work<'_>,
        before: HandedOn,
        identity: IdentityId,
        authenticated_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<IssuedToken, UseCaseError> {
        let (token, token_hash) = token::fresh(&self.base.system);
        let id = work.id(SessionId::new);
        let new = New {
            id,
            token_hash,
            sign_in: before.sign_in,
            identity,
            created_at: work.now(),
            authenticated_at,
            password_proven_at: before.password_proven_at,
            expires_at,
            address: before.address.as_deref(),
            user_agent: before.user_agent.as_deref(),
        };
        store::sessions::insert(work.conn(), &new).await?;
        Ok(IssuedToken { token, session: id })
    }

    /// Starts a session for somebody who may sign in, within a unit of work of theirs. Whatever door
    /// they came through, the password is asked for again at the first signature.
    pub(super) async fn start(&self, work: &mut Work<'_>, identity: IdentityId, client: &Client) -> Result<IssuedToken, UseCaseError> {
        let now = work.now();
        if let Some(before) = &client.caller
            && store::sessions::end(work.conn(), before.session, before.identity, now, "signed_out").await?
        {
            event_ended(work, before.identity, before.session, "signed_out").await?;
        }
        let (token, token_hash) = token::fresh(&self.base.system);
        let id = work.id(SessionId::new);
        let address = client.address.to_string();
        let new = New {
            id,
            token_hash,
            sign_in: id,
            identity,
            created_at: now,
            authenticated_at: now,
            password_proven_at: None,
            expires_at: self.latest_end(now),
            address: Some(&address),
            user_agent: client.user_agent.as_deref(),
        };
        store::sessions::insert(work.conn(), &new).await?;
        work.event(EventKind::SessionStarted, "session", id.0, None, json!({ "identity": identity, "address": address })).await?;
        Ok(IssuedToken { token, session: id })
    }

    /// Signs the caller out.
    ///
    /// # Errors
    /// [`AppError`] when the database fails.
    pub async fn sign_out(&self, caller: &Caller) -> Result<(), AppError> {
        match self.end_one(caller, caller.session, "signed_out").await {
            // It ended meanwhile, which is what was asked for.
            Err(UseCaseError::Answer(AppError::NotFound)) => Ok(()),
            other => Ok(other?),
        }
    }

    pub(super) async fn end_one(&self, caller: &Caller, session: SessionId, reason: &'static str) -> Result<(), UseCaseError> {
        let mut work = Work::begin(&self.base, caller.actor()).await?;
        let now = work.now();
        if !store::sessions::end(work.conn(), session, caller.identity, now, reason).await? {
            return Err(AppError::NotFound.into());
        }
        event_ended(&mut work, caller.identity, session, reason).await?;
        work.commit().await
    }

    fn latest_end(&self, now: Timestamp) -> Timestamp {
        now.saturating_add(self.absolute).unwrap_or(now)
    }
}

/// Ends every session of an identity but `keep`, as part of a larger unit of work: whoever
/// suspends or retires an identity calls this with `identity_stopped`.
///
/// # Errors
/// [`UseCaseError`] when the database fails; then nothing of the unit may be kept.
pub async fn end_sessions(
    work: &mut Work<'_>,
    identity: IdentityId,
    keep: Option<SessionId>,
    reason: &'static str,
) -> Result<(), UseCaseError> {
    let now = work.now();
    for session in store::sessions::end_all(work.conn(), identity, keep, now, reason).await? {
        event_ended(work, identity, session, reason).await?;
    }
    Ok(())
}

async fn event_ended(work: &mut Work<'_>, identity: IdentityId, session: SessionId, reason: &'static str) -> Result<(), UseCaseError> {
    work.event(EventKind::SessionEnded, "session", session.0, None, json!({ "identity": identity, "reason": reason })).await
}

fn caller(found: &Found, session: SessionId) -> Caller {
    Caller {
        session,
        identity: found.identity,
        name: found.name.clone(),
        roles: found.roles.clone(),
        applications: found.applications.clone(),
    }
}
