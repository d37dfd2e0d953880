//! What pages ask of the server when somebody wants to hear about a request that is there already.

use crate::error::AppError;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::id::RequestId;

/// Joining requests.
#[async_trait]
pub trait Joining: Send + Sync {
    /// Makes the caller hear about a request for somebody for whom they could have asked; they may
    /// read it from then on. Doing it twice does it once.
    async fn join(&self, caller: &Caller, request: RequestId) -> Result<(), AppError>;
}
