//! What the home page and the frame around every page ask of the server.

use crate::error::AppError;
use crate::record::{GrantLine, RequestLine};
use async_trait::async_trait;
use domain::actor::Caller;
use domain::id::IdentityId;
use domain::permission::Role;
use serde::{Deserialize, Serialize};

/// Who is signed in and what waits for them: the frame around every page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// The caller.
    pub identity: IdentityId,
    /// Name.
    pub name: String,
    /// Up to two letters.
    pub initials: String,
    /// Assigned roles, which decide what the navigation shows.
    pub roles: Vec<Role>,
    /// Decisions that wait for the caller.
    pub decisions: i64,
    /// Releases that wait, for operators.
    pub releases: i64,
    /// Changes to the catalogue and the rules that wait for the caller as the second person;
    /// nothing for callers who see no changes.
    pub changes: Option<i64>,
    /// Notifications that were not read; at most a hundred are counted.
    pub unread: i64,
}

/// What waits for me, what I hold, what I asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HomeView {
    /// Decisions that wait for the caller.
    pub decisions: i64,
    /// Of these, past their due time.
    pub decisions_late: i64,
    /// Releases that wait, for operators; zero for others.
    pub releases: i64,
    /// Changes that wait for the caller as the second person.
    pub changes: i64,
    /// My requests that came back with a question.
    pub returned: Vec<RequestLine>,
    /// My open requests (the newest fifty), with holder and age.
    pub open_requests: Vec<RequestLine>,
    /// How many open requests I have.
    pub open_requests_total: i64,
    /// My access, soonest end first.
    pub grants: Vec<GrantLine>,
}

/// The home page.
#[async_trait]
pub trait Home: Send + Sync {
    /// The frame around every page.
    async fn frame(&self, caller: &Caller) -> Result<Frame, AppError>;
    /// The home page, read in one snapshot.
    async fn home(&self, caller: &Caller) -> Result<HomeView, AppError>;
}
