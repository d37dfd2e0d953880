//! Who is looking: the caller of this render or server function, made once by the server's session
//! middleware. This is the only way a server function learns it.

use crate::error::AppError;
use domain::actor::Caller;
use leptos::prelude::use_context;

/// What the session middleware found, provided in context for each render and call.
#[derive(Clone, Debug, Default)]
pub struct MaybeCaller(pub Option<Caller>);

/// The signed-in caller.
///
/// # Errors
/// [`AppError::NotSignedIn`] without a live session.
pub fn caller() -> Result<Caller, AppError> {
    use_context::<MaybeCaller>().and_then(|maybe| maybe.0).ok_or(AppError::NotSignedIn)
}
