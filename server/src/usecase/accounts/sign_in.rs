//! Signing in with a password, or as one of the demonstration's people.

use super::token::IssuedToken;
use super::{AccountService, UseCaseError, Work};
use crate::password::{self, Verdict};
use crate::store;
use crate::store::error::StoreError;
use app::error::AppError;
use domain::actor::{Actor, Caller};
use domain::id::IdentityId;
use std::net::IpAddr;

/// Longest sign-in name.
const LONGEST_LOGIN: usize = 254;

/// Where somebody signs in from.
#[derive(Clone, Debug)]
pub struct Client {
    /// The client's address.
    pub address: IpAddr,
    /// The browser, as it names itself.
    pub user_agent: Option<String>,
    /// Who the browser was signed in as: that session ends.
    pub caller: Option<Caller>,
}

/// Why somebody was not signed in. Name and password are never told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInRefused {
    /// Not the password of an active person with this name.
    Credentials,
    /// Too many tries, or too many at once.
    TooMany,
    /// A fault of ours; it is logged.
    Fault,
}

impl From<UseCaseError> for SignInRefused {
    fn from(error: UseCaseError) -> Self {
        match AppError::from(error) {
            AppError::TooMany => Self::TooMany,
            AppError::NotSignedIn | AppError::NotFound => Self::Credentials,
            _ => Self::Fault,
        }
    }
}

/// A sign-in name as it is kept.
pub(super) fn normal(login: &str) -> String {
    login.trim().to_lowercase()
}

impl AccountService {
    /// Signs in with a password.
    ///
    /// # Errors
    /// [`SignInRefused`]; what it was is logged without the name that was typed, because people
    /// type passwords into that field.
    pub async fn sign_in(&self, login: &str, password: String, client: &Client) -> Result<IssuedToken, SignInRefused> {
        let login = normal(login);
        // The database keeps no name with this character, so nobody has one.
        if login.contains('\0') || login.chars().count() > LONGEST_LOGIN || password.chars().count() > password::LONGEST {
            return Err(SignInRefused::Credentials);
        }
        if !self.limits.sign_in(client.address, &login) {
            tracing::warn!(address = %client.address, "sign-in refused: too many tries");
            return Err(SignInRefused::TooMany);
        }
        let account = {
            let mut conn = self.base.pool.acquire().await.map_err(|error| UseCaseError::from(StoreError::from(error)))?;
            store::accounts::by_login(&mut conn, &login).await.map_err(UseCaseError::from)?
        };
        let stored = account.as_ref().and_then(|account| account.password_hash().map(str::to_owned));
        let verdict = self.hashing.verify(password, stored.clone()).await.map_err(|_| SignInRefused::TooMany)?;
        match (account, verdict) {
            (Some(account), Verdict::Right { fresh_hash }) if account.active => {
                let issued = self.admit(account.identity, stored.as_deref(), fresh_hash.as_deref(), client).await?;
                tracing::info!(identity = %account.identity, address = %client.address, "signed in");
                Ok(issued)
            }
            (account, _) => {
                let identity = account.map(|account| account.identity);
                tracing::warn!(?identity, address = %client.address, "sign-in refused: wrong name, wrong password, or not active");
                Err(SignInRefused::Credentials)
            }
        }
    }

    /// Signs in as one of the demonstration's people, without a password. Outside demonstration
    /// mode there are none.
    ///
    /// # Errors
    /// [`SignInRefused`].
    pub async fn sign_in_to_demonstration(&self, login: &str, client: &Client) -> Result<IssuedToken, SignInRefused> {
        if !self.demonstration.iter().any(|person| person.login == login) {
            return Err(SignInRefused::Credentials);
        }
        let account = {
            let mut conn = self.base.pool.acquire().await.map_err(|error| UseCaseError::from(StoreError::from(error)))?;
            store::accounts::by_login(&mut conn, login).await.map_err(UseCaseError::from)?
        };
        let account = account.ok_or(SignInRefused::Credentials)?;
        Ok(self.admit(account.identity, None, None, client).await?)
    }

    /// Starts the session. `proven` is the hash that the password was compared with, or that was made
    /// of it: it has to be the one in force now, and the person active. Without it no password was
    /// proven.
    pub(super) async fn admit(
        &self,
        identity: IdentityId,
        proven: Option<&str>,
        fresh_hash: Option<&str>,
        client: &Client,
    ) -> Result<IssuedToken, UseCaseError> {
        let mut work = Work::begin(&self.base, Actor::Person { identity }).await?;
        let held = store::accounts::hold(work.conn(), identity).await?.ok_or(AppError::NotSignedIn)?;
        if proven.is_some() && proven != held.password_hash.as_deref() {
            return Err(AppError::NotSignedIn.into());
        }
        if let Some(hash) = fresh_hash {
            store::accounts::rehash(work.conn(), identity, hash).await?;
        }
        let issued = self.start(&mut work, identity, client).await?;
        work.commit().await?;
        Ok(issued)
    }
}
