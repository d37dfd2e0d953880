//! Accounts: signing in and out, sessions, passwords, the first administrator.
//!
//! Sessions are rows; the browser holds a random token, the database its hash. How long they live
//! and when the token changes: `docs/adr/0004-sessions-of-our-own.md`. Cookies and addresses of
//! pages belong to `http`.

mod proof;
mod session;
mod set_up;
mod sign_in;
mod token;

pub use proof::{Proof, Proven};
pub use session::{Resolved, end_sessions};
pub use set_up::{NewAdministrator, SETUP_LINK_HOURS};
pub use sign_in::{Client, SignInRefused};
pub use token::{Handover, IssuedToken};

use super::Base;
use super::error::UseCaseError;
use super::work::Work;
use crate::config::Config;
use crate::password::{self, Hashing, Verdict};
use crate::rate_limit::RateLimits;
use crate::store;
use crate::store::error::StoreError;
use app::account::port::{AccountView, Accounts, DemoPerson, SessionLine};
use app::error::AppError;
use app::when::When;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::event::EventKind;
use domain::id::SessionId;
use jiff::SignedDuration;
use serde_json::json;
use std::sync::Arc;

/// Signing in, sessions and passwords.
#[derive(Clone)]
pub struct AccountService {
    base: Base,
    hashing: Hashing,
    limits: Arc<RateLimits>,
    idle: SignedDuration,
    absolute: SignedDuration,
    shortest_password: usize,
    /// Whom the demonstration offers; nobody outside demonstration mode.
    demonstration: Arc<[DemoPerson]>,
    handover: Handover,
}

impl AccountService {
    /// The service. `people` are offered without a password when the settings say that this is the
    /// demonstration, and ignored otherwise.
    ///
    /// # Errors
    /// A sentence when the settings ask for a hash that cannot be made.
    pub fn new(base: Base, config: &Config, limits: Arc<RateLimits>, people: Vec<DemoPerson>) -> Result<Self, String> {
        Ok(Self {
            hashing: Hashing::new(&base.system, config)?,
            base,
            limits,
            idle: config.session_idle,
            absolute: config.session_absolute,
            shortest_password: config.password_min_length,
            demonstration: if config.demonstration { people.into() } else { Arc::new([]) },
            handover: Handover::default(),
        })
    }

    /// The same service for one request: a new token of its session is left in `handover`.
    #[must_use]
    pub fn for_request(&self, handover: Handover) -> Self {
        Self { handover, ..self.clone() }
    }

    async fn view(&self, caller: &Caller) -> Result<AccountView, UseCaseError> {
        let mut work = Work::read(&self.base).await?;
        let (now, zone) = (work.now(), &self.base.zone);
        let account = store::accounts::of(work.conn(), caller.identity).await?;
        let seen_after = now.saturating_sub(self.idle).unwrap_or(now);
        let sessions = store::sessions::usable(work.conn(), caller.identity, now, seen_after).await?;
        let line = |s: store::sessions::Line| SessionLine {
            id: s.id,
            current: s.id == caller.session,
            since: When::new(s.authenticated_at, zone),
            seen: When::new(s.last_seen_at, zone),
            ends: When::new(s.expires_at, zone),
            address: s.address,
            user_agent: s.user_agent,
        };
        let password = account.as_ref().and_then(|account| account.password.as_ref());
        Ok(AccountView {
            name: caller.name.clone(),
            identity: caller.identity,
            password_changed: password.map(|password| When::new(password.changed_at, zone)),
            login: account.map(|account| account.login),
            sessions: sessions.into_iter().map(line).collect(),
        })
    }

    async fn change(&self, caller: &Caller, current: String, password: String, again: String) -> Result<(), UseCaseError> {
        if !self.limits.proof(caller.session) {
            return Err(AppError::TooMany.into());
        }
        let account = {
            let mut conn = self.base.pool.acquire().await.map_err(StoreError::from)?;
            store::accounts::of(&mut conn, caller.identity).await?
        };
        let account = account.ok_or(AppError::NotPossible)?;
        let stored = account.password_hash().map(str::to_owned);
        if self.hashing.verify(current, stored.clone()).await.map_err(|_| AppError::TooMany)? == Verdict::Wrong {
            return Err(AppError::field("current_password", "wrong").into());
        }
        password::check(&password, &again, self.shortest_password, &[&account.login, &caller.name])?;
        let hash = self.hashing.hash(password).await.map_err(|_| AppError::TooMany)?;

        let mut work = Work::begin(&self.base, caller.actor()).await?;
        // Hashing took its time: somebody else may have changed the password in it.
        if store::accounts::hold(work.conn(), caller.identity).await?.is_none_or(|held| held.password_hash != stored) {
            return Err(AppError::Changed.into());
        }
        let now = work.now();
        store::accounts::change_password(work.conn(), caller.identity, &hash, now).await?;
        work.event(EventKind::PasswordChanged, "account", caller.identity.0, None, json!({})).await?;
        end_sessions(&mut work, caller.identity, Some(caller.session), "password_changed").await?;
        let token = self.renew_after_proof(&mut work, caller, false).await?;
        work.commit().await?;
        self.handover.put(token);
        Ok(())
    }
}

#[async_trait]
impl Accounts for AccountService {
    async fn account(&self, caller: &Caller) -> Result<AccountView, AppError> {
        Ok(self.view(caller).await?)
    }

    async fn end_session(&self, caller: &Caller, session: SessionId) -> Result<(), AppError> {
        Ok(self.end_one(caller, session, "ended_by_owner").await?)
    }

    async fn end_other_sessions(&self, caller: &Caller) -> Result<(), AppError> {
        let mut work = Work::begin(&self.base, caller.actor()).await?;
        end_sessions(&mut work, caller.identity, Some(caller.session), "ended_by_owner").await?;
        Ok(work.commit().await?)
    }

    async fn change_password(&self, caller: &Caller, current: String, password: String, again: String) -> Result<(), AppError> {
        Ok(self.change(caller, current, password, again).await?)
    }

    async fn demonstration_people(&self) -> Result<Vec<DemoPerson>, AppError> {
        Ok(self.demonstration.to_vec())
    }

    async fn is_set_up(&self) -> Result<bool, AppError> {
        Ok(self.has_administrator().await?)
    }
}
