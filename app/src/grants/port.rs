//! What pages ask of the server about access that somebody holds.

use crate::error::AppError;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::id::{GrantId, IdentityId};

/// What was given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GaveBack {
    /// Who held it.
    pub holder: IdentityId,
}

/// Access that somebody holds.
#[async_trait]
pub trait Grants: Send + Sync {
    /// Gives access back: it begins to end at once, and what was asked for about it is withdrawn.
    /// Doing it twice does it once.
    async fn give_back(&self, caller: &Caller, grant: GrantId) -> Result<GaveBack, AppError>;
}
