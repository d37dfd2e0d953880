//! Settings of mail. Without a host there is no mail: people are told in the application only.

use super::{SettingsError, Written, bad};
use lettre::message::Mailbox;
use serde::Deserialize;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

/// Longest a mail server may take over one mail, in seconds: the lease of a mail is longer.
const LONGEST_TIMEOUT: u32 = 120;

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpTls {
    /// Begins in the clear and refuses to go on without TLS.
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// In the clear: for a server on the same machine or network. Never with a password elsewhere.
    None,
}

impl SmtpTls {
    const fn usual_port(self) -> u16 {
        match self {
            Self::Starttls => 587,
            Self::Tls => 465,
            Self::None => 25,
        }
    }
}

/// A text that is not written into logs.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text, for whoever has to send it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// The mail server, and whom mails come from.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// Name or address of the server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: SmtpTls,
    /// Name and password, where the server asks for them.
    pub credentials: Option<(String, Secret)>,
    /// Whom mails come from.
    pub from: Mailbox,
    /// Longest a mail may take.
    pub timeout: Duration,
}

impl Smtp {
    pub(super) fn check(written: &Written) -> Result<Option<Self>, SettingsError> {
        let Some(host) = written.smtp_host.clone().filter(|host| !host.trim().is_empty()) else {
            let others = [
                ("smtp_port", written.smtp_port.is_some()),
                ("smtp_user", written.smtp_user.is_some()),
                ("smtp_password", written.smtp_password.is_some()),
                ("smtp_from", written.smtp_from.is_some()),
            ];
            return match others.into_iter().find(|(_, there)| *there) {
                // Somebody meant to have mail.
                Some((name, _)) => Err(bad(name, "there is no smtp_host that it could be for".to_owned())),
                None => Ok(None),
            };
        };
        let tls = written.smtp_tls;
        let from = written.smtp_from.as_deref().ok_or_else(|| bad("smtp_from", "mail needs an address that it comes from".to_owned()))?;
        let from = from
            .parse()
            .map_err(|_| bad("smtp_from", format!("{from:?} is no mail address, for example Countersign <countersign@example.org>")))?;
        let credentials = match (written.smtp_user.clone(), written.smtp_password.clone()) {
            (Some(user), Some(password)) => Some((user, password)),
            (None, None) => None,
            (Some(_), None) => return Err(bad("smtp_password", "smtp_user needs one".to_owned())),
            (None, Some(_)) => return Err(bad("smtp_user", "smtp_password needs one".to_owned())),
        };
        if credentials.is_some() && tls == SmtpTls::None && !is_this_machine(&host) {
            return Err(bad("smtp_tls", "a password would travel in the clear: use starttls or tls".to_owned()));
        }
        if !(1..=LONGEST_TIMEOUT).contains(&written.smtp_timeout_seconds) {
            return Err(bad("smtp_timeout_seconds", format!("it must lie between 1 and {LONGEST_TIMEOUT}")));
        }
        Ok(Some(Self {
            host,
            port: written.smtp_port.unwrap_or_else(|| tls.usual_port()),
            tls,
            credentials,
            from,
            timeout: Duration::from_secs(u64::from(written.smtp_timeout_seconds)),
        }))
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
