//! What finding asks of the server.

use crate::error::AppError;
use async_trait::async_trait;
use domain::actor::Caller;
use serde::{Deserialize, Serialize};

/// Fewest letters that records are looked for with; pages are found by one.
pub const SHORTEST: usize = 2;
/// Most letters that are looked at.
pub const LONGEST: usize = 100;

/// Something that was found, and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// What it is: "Page", "Person", "Entitlement", "Request", "Release", "Change".
    pub kind: String,
    /// Its name.
    pub title: String,
    /// What tells it from others by that name.
    pub hint: String,
    /// Where it is.
    pub href: String,
}

/// Finding.
#[async_trait]
pub trait Finding: Send + Sync {
    /// At most twenty of what the caller may see, a record named by its number first.
    async fn find(&self, caller: &Caller, q: String) -> Result<Vec<Found>, AppError>;
}
