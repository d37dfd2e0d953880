//! Session tokens and set-up tokens: 256 random bits in the browser, their SHA-256 in the database.

use crate::system::System;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::SessionId;
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex, PoisonError};

/// A token on its way to the browser. It is shown nowhere else, so it has no `Debug`.
pub struct IssuedToken {
    /// For the cookie.
    pub token: String,
    /// The session it opens.
    pub session: SessionId,
}

/// Where a use-case leaves a new token for the answer that is being made.
#[derive(Clone, Default)]
pub struct Handover(Arc<Mutex<Option<IssuedToken>>>);

impl Handover {
    /// Leaves a token.
    pub fn put(&self, token: IssuedToken) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
    }

    /// Takes the token that was left, if one was.
    #[must_use]
    pub fn take(&self) -> Option<IssuedToken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A new token and its hash.
pub(super) fn fresh(system: &System) -> (String, [u8; 32]) {
    let bytes: [u8; 32] = system.random();
    (URL_SAFE_NO_PAD.encode(bytes), Sha256::digest(bytes).into())
}

/// The hash of a token as the browser sent it; nothing if it is not shaped like one.
pub(super) fn hash(token: &str) -> Option<[u8; 32]> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok().filter(|bytes| bytes.len() == 32)?;
    Some(Sha256::digest(&bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_to_the_hash_that_was_kept_and_nothing_else_does() {
        let (token, kept) = fresh(&System::real());
        assert_eq!(hash(&token), Some(kept));
        for other in ["", "x", &token[1..], &format!("{token}A")] {
            assert_eq!(hash(other), None, "{other}");
        }
    }
}
