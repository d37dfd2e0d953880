//! A password proven once more, for a signature: within a session that is open already, and
//! counted for five minutes.

use super::token::IssuedToken;
use super::{AccountService, UseCaseError, Work};
use crate::password::{LONGEST, Verdict};
use crate::store;
use crate::store::error::StoreError;
use app::error::AppError;
use domain::actor::Caller;
use domain::decision::PROOF_COUNTS_FOR;
use jiff::Timestamp;

/// The password of everybody whom the demonstration's sign-in page offers. It opens no account: it
/// is compared here only, and only in demonstration mode.
pub const DEMONSTRATION_PASSWORD: &str = "countersigned";

/// A proof that counts for a signature now.
#[derive(Clone, Debug)]
pub enum Proof {
    /// One from up to five minutes ago.
    Earlier,
    /// One that was just given.
    Now(Proven),
}

/// What a password was compared with: it has to be in force still when the signature is kept.
#[derive(Clone, Debug)]
pub struct Proven {
    /// Nothing where the demonstration's password was given for an account without one.
    hash: Option<String>,
}

impl AccountService {
    /// Until when the caller signs without being asked for the password; nothing when they are asked.
    ///
    /// # Errors
    /// [`UseCaseError`] when reading fails.
    pub async fn proven_until(&self, caller: &Caller) -> Result<Option<Timestamp>, UseCaseError> {
        let mut conn = self.base.pool.acquire().await.map_err(StoreError::from)?;
        let at = store::sessions::password_proven_at(&mut conn, caller.session, caller.identity).await?;
        let until = at.and_then(|at| at.checked_add(PROOF_COUNTS_FOR).ok());
        Ok(until.filter(|until| self.base.system.now() < *until))
    }

    /// What to type in the demonstration, where nobody chose a password; nothing outside of it.
    #[must_use]
    pub fn password_to_show(&self) -> Option<&'static str> {
        (!self.demonstration.is_empty()).then_some(DEMONSTRATION_PASSWORD)
    }

    /// Proves the caller's password, unless that was done in the last five minutes.
    ///
    /// # Errors
    /// [`AppError::Invalid`] at `password` when it is missing or wrong; [`AppError::TooMany`] after
    /// too many tries in this session.
    pub async fn prove(&self, caller: &Caller, password: &str) -> Result<Proof, UseCaseError> {
        if self.proven_until(caller).await?.is_some() {
            return Ok(Proof::Earlier);
        }
        if password.is_empty() {
            return Err(AppError::field("password", "required").into());
        }
        if !self.limits.proof(caller.session) {
            return Err(AppError::TooMany.into());
        }
        let account = {
            let mut conn = self.base.pool.acquire().await.map_err(StoreError::from)?;
            store::accounts::of(&mut conn, caller.identity).await?
        };
        let account = account.ok_or(AppError::NotPossible)?;
        let hash = account.password_hash().map(str::to_owned);
        let right = if hash.is_none() {
            self.demonstration.iter().any(|person| person.login == account.login) && password == DEMONSTRATION_PASSWORD
        } else if password.chars().count() > LONGEST {
            false
        } else {
            self.hashing.verify(password.to_owned(), hash.clone()).await.map_err(|_| AppError::TooMany)? != Verdict::Wrong
        };
        if !right {
            tracing::warn!(identity = %caller.identity, "a signature was refused: wrong password");
            return Err(AppError::field("password", "wrong").into());
        }
        Ok(Proof::Now(Proven { hash }))
    }

    /// Keeps a proof with the session, in the unit of work of what it was given for. The token
    /// changes; [`AccountService::hand_over`] passes it on once the unit is committed.
    ///
    /// # Errors
    /// [`AppError::Changed`] when the password was changed while it was compared.
    pub async fn keep_proof(&self, work: &mut Work<'_>, caller: &Caller, proof: &Proof) -> Result<Option<IssuedToken>, UseCaseError> {
        let Proof::Now(proven) = proof else { return Ok(None) };
        if store::accounts::hold(work.conn(), caller.identity).await?.is_none_or(|held| held.password_hash != proven.hash) {
            return Err(AppError::Changed.into());
        }
        Ok(Some(self.renew_after_proof(work, caller, true).await?))
    }

    /// Leaves a new token for the answer that is being made.
    pub fn hand_over(&self, token: IssuedToken) {
        self.handover.put(token);
    }
}
