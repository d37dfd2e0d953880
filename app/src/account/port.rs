//! What the account page asks of the server. Signing in and out are plain form posts of the HTTP
//! room, because they set cookies; see `server/src/http/sign_in.rs`.

use crate::error::AppError;
use crate::when::When;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::id::{IdentityId, SessionId};
use serde::{Deserialize, Serialize};

/// One live session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLine {
    /// Which.
    pub id: SessionId,
    /// It is the one this page was asked with.
    pub current: bool,
    /// Since when.
    pub since: When,
    /// Last seen.
    pub seen: When,
    /// When it ends at the latest.
    pub ends: When,
    /// From which address.
    pub address: Option<String>,
    /// With which browser, as it names itself.
    pub user_agent: Option<String>,
}

/// The account page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    /// Name.
    pub name: String,
    /// Sign-in name; people who never signed in with a password have none.
    pub login: Option<String>,
    /// The caller's identity.
    pub identity: IdentityId,
    /// When the password was last changed.
    pub password_changed: Option<When>,
    /// Live sessions, newest first.
    pub sessions: Vec<SessionLine>,
}

/// A person the demonstration offers to sign in as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoPerson {
    /// Sign-in name, sent back by the form.
    pub login: String,
    /// Name.
    pub name: String,
    /// What they are there to show ("Application owner", "Operator").
    pub part: String,
}

/// The caller's own account.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// The page.
    async fn account(&self, caller: &Caller) -> Result<AccountView, AppError>;
    /// Ends one of the caller's own sessions.
    async fn end_session(&self, caller: &Caller, session: SessionId) -> Result<(), AppError>;
    /// Ends all of the caller's sessions but this one.
    async fn end_other_sessions(&self, caller: &Caller) -> Result<(), AppError>;
    /// Changes the password; every other session ends.
    async fn change_password(&self, caller: &Caller, current: String, password: String, again: String) -> Result<(), AppError>;
    /// The demonstration's people; empty outside demonstration mode. Needs no caller.
    async fn demonstration_people(&self) -> Result<Vec<DemoPerson>, AppError>;
    /// Whether there is an administrator, so that nobody is set up as the first one. Needs no caller.
    async fn is_set_up(&self) -> Result<bool, AppError>;
}
