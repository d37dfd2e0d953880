//! Mail: what a digest looks like and how it leaves the house. No SQL here, and no decision about
//! who is told what (that is `usecase::notifying`) or when (that is `usecase::digests`).

mod message;
mod smtp;

pub use message::{Digest, Entry, NotAMessage, is_address};
pub use smtp::SmtpTransport;

use crate::config::Smtp;
use async_trait::async_trait;
use lettre::Message;
use lettre::message::Mailbox;
use std::sync::Arc;

/// Why a mail did not leave, in words for administrators.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The next server will not take this mail, now or later.
    #[error("{0}")]
    Refused(String),
    /// The next server would not take this mail now.
    #[error("{0}")]
    Deferred(String),
    /// There was no usable answer: other mails would fare the same.
    #[error("{0}")]
    Unreachable(String),
}

/// A way out of the house.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Hands a mail to the next server. `Ok` means that it took it over.
    async fn send(&self, message: Message) -> Result<(), SendError>;
}

/// Mail as it is set up.
#[derive(Clone)]
pub struct Mail {
    transport: Arc<dyn Transport>,
    /// Whom mails come from.
    pub from: Mailbox,
    /// The address people type, which links begin with.
    pub public_url: String,
}

impl Mail {
    /// Mail over any transport.
    #[must_use]
    pub fn new(transport: Arc<dyn Transport>, from: Mailbox, public_url: String) -> Self {
        Self { transport, from, public_url }
    }

    /// Mail by the settings.
    ///
    /// # Errors
    /// A sentence about what cannot be used.
    pub fn from_settings(settings: &Smtp, public_url: &str) -> Result<Self, String> {
        let transport = SmtpTransport::new(settings, host_of(public_url))?;
        Ok(Self::new(Arc::new(transport), settings.from.clone(), public_url.to_owned()))
    }

    /// Writes a digest and hands it over.
    ///
    /// # Errors
    /// [`SendError`]: why it did not leave.
    pub async fn send(&self, digest: &Digest<'_>) -> Result<(), SendError> {
        let message = digest.message(&self.from, &self.public_url).map_err(|error| SendError::Refused(error.to_string()))?;
        self.transport.send(message).await
    }
}

/// The host of an origin, without scheme and port.
fn host_of(origin: &str) -> &str {
    let authority = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn the_host_of_an_origin_has_no_scheme_and_no_port() {
        for (origin, host) in [
            ("https://id.example", "id.example"),
            ("http://127.0.0.1:3000", "127.0.0.1"),
            ("http://[::1]:3000", "[::1]"),
            ("http://[::1]", "[::1]"),
        ] {
            assert_eq!(host_of(origin), host);
        }
    }
}
