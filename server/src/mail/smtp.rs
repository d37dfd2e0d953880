//! SMTP: one connection a mail, one limit of time for all of it.

use super::{SendError, Transport};
use crate::config::{Smtp, SmtpTls};
use async_trait::async_trait;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Category;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::error::Error as _;
use std::time::Duration;

/// Characters of a server's answer that are kept.
const KEPT: usize = 200;

/// The next mail server.
pub struct SmtpTransport {
    inner: AsyncSmtpTransport<Tokio1Executor>,
    timeout: Duration,
}

impl SmtpTransport {
    /// A transport that greets with `host`.
    ///
    /// # Errors
    /// A sentence when TLS cannot be set up for the server's name.
    pub fn new(settings: &Smtp, host: &str) -> Result<Self, String> {
        let tls =
            || TlsParameters::new(settings.host.clone()).map_err(|error| format!("TLS to {} cannot be set up: {error}.", settings.host));
        let tls = match settings.tls {
            SmtpTls::Starttls => Tls::Required(tls()?),
            SmtpTls::Tls => Tls::Wrapper(tls()?),
            SmtpTls::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port)
            .tls(tls)
            .hello_name(greeting(host))
            .timeout(Some(settings.timeout));
        if let Some((user, password)) = &settings.credentials {
            builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        Ok(Self { inner: builder.build(), timeout: settings.timeout })
    }
}

/// How this server introduces itself.
fn greeting(host: &str) -> ClientId {
    match host.trim_matches(['[', ']']).parse() {
        Ok(std::net::IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(std::net::IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::Domain(host.to_owned()),
    }
}

#[async_trait]
impl Transport for SmtpTransport {
    async fn send(&self, message: Message) -> Result<(), SendError> {
        // The library limits the connecting only; a server may also be silent afterwards.
        match tokio::time::timeout(self.timeout, self.inner.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(in_words(&error)),
            Err(_) => Err(SendError::Unreachable(format!("The mail server did not answer within {} s.", self.timeout.as_secs_f32()))),
        }
    }
}

fn in_words(error: &lettre::transport::smtp::Error) -> SendError {
    let Some(code) = error.status() else {
        let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        return SendError::Unreachable(format!("The mail server could not be used: {}.", kept(&cause)));
    };
    let said = error.source().map(|source| format!(": {}", kept(&source.to_string()))).unwrap_or_default();
    let text = format!("The mail server answered {code}{said}.");
    match (error.is_permanent(), code.category) {
        // About this mail or its recipient (RFC 5321, 4.2.1): it would say the same again.
        (true, Category::MailSystem) => SendError::Refused(text),
        // About us: signing in, order of commands. Somebody will put that right.
        (true, _) => SendError::Unreachable(text),
        (false, _) => SendError::Deferred(text),
    }
}

/// The server's words, without what could rewrite the page that shows them.
fn kept(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(KEPT).collect();
    plain.trim().trim_end_matches('.').to_owned()
}
