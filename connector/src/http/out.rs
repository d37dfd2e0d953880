//! Sending.

use super::address::{Networks, check, not_allowed, why_not};
use super::ask::{Answer, Ask};
use super::gate::Gate;
use super::mapping::{NotAllowedHere, fault, no_answer};
use super::redact::{address_to_record, without_secrets};
use super::roots::Roots;
use crate::connector::Surroundings;
use crate::exchange::{Exchange, Exchanges};
use crate::fault::Fault;
use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How long and how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Until the connection stands: name, TCP and TLS.
    pub connect: Duration,
    /// From the first byte sent to the last byte read.
    pub whole: Duration,
    /// The largest answer that is read, in bytes.
    pub largest_answer: usize,
}

impl Default for Limits {
    /// 5 s, 20 s, 1 MiB.
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), whole: Duration::from_secs(20), largest_answer: 1024 * 1024 }
    }
}

/// Where it may go and whom it trusts.
#[derive(Clone, Debug)]
pub struct Reach {
    /// Networks that are not public and may be reached nevertheless.
    pub networks: Networks,
    /// Whether addresses may begin with `http`.
    pub plain_http: bool,
    /// Who vouches for certificates.
    pub roots: Roots,
}

/// Who knows the addresses behind a name.
#[async_trait]
pub trait Names: Send + Sync {
    /// The addresses behind a name, now.
    ///
    /// # Errors
    /// When the name is not known or nobody answers.
    async fn addresses(&self, host: &str) -> std::io::Result<Vec<IpAddr>>;
}

/// The names as this machine knows them.
#[derive(Clone, Copy, Debug, Default)]
pub struct MachineNames;

#[async_trait]
impl Names for MachineNames {
    async fn addresses(&self, host: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// The way out for one connection. Cheap to share; holds its open connections.
pub struct HttpOut {
    client: reqwest::Client,
    limits: Limits,
    reach: Reach,
    gate: Arc<Gate>,
    surroundings: Arc<dyn Surroundings>,
}

impl HttpOut {
    /// Prepares; nothing is sent.
    ///
    /// # Errors
    /// [`Fault::Misconfigured`] when the limits contradict each other or TLS cannot be set up.
    pub fn new(
        limits: Limits,
        reach: Reach,
        gate: Arc<Gate>,
        surroundings: Arc<dyn Surroundings>,
        names: Arc<dyn Names>,
    ) -> Result<Self, Fault> {
        let wrong = |field, why: &str| Fault::Misconfigured { field, why: why.to_owned() };
        // Otherwise a machine that cannot be reached would count as one of which nothing is known.
        if limits.connect >= limits.whole {
            return Err(wrong("timeouts", "the time to connect has to be shorter than the whole time."));
        }
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(&reach.roots)?)
            .dns_resolver(CheckedNames { names, allowed: reach.networks.clone() })
            // A proxy from the environment would see everything and resolve names by itself.
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            // One exchange is one request; who tries again decides knowing what may have happened.
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(limits.connect)
            .timeout(limits.whole)
            .user_agent(concat!("Countersign/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|_| wrong("tls", "protected connections cannot be set up."))?;
        Ok(Self { client, limits, reach, gate, surroundings })
    }

    /// Reads an address from the settings and looks at whether it may be spoken to.
    ///
    /// # Errors
    /// [`Fault::Misconfigured`] when it is none; [`Fault::NotAllowed`] when it is not allowed. A name
    /// is looked at only when it is used.
    pub fn address(&self, text: &str) -> Result<Url, Fault> {
        let url = Url::parse(text.trim()).map_err(|_| Fault::Misconfigured {
            field: "address",
            why: "it is not an address such as https://machine.example/path.".to_owned(),
        })?;
        check(&url, &self.reach.networks, self.reach.plain_http)?;
        Ok(url)
    }

    /// Sends a request and reads the answer. What was said is in `log` also when this is dropped
    /// before it ends.
    ///
    /// # Errors
    /// [`Fault`] for everything but statuses 200 to 299 and those named with [`Ask::also`].
    pub async fn send(&self, ask: Ask, log: &mut Exchanges) -> Result<Answer, Fault> {
        check(&ask.url, &self.reach.networks, self.reach.plain_http)?;
        let _pass = self.gate.pass().await?;
        let known = ask.known();
        let start = self.surroundings.micros();
        let place = log.0.len();
        log.0.push(Exchange {
            purpose: ask.purpose.to_owned(),
            method: ask.method.to_string(),
            address: address_to_record(&ask.url),
            request: without_secrets(&ask.body, &known),
            status: None,
            answer: None,
            took_ms: 0,
        });
        let mut body = Vec::new();
        let came = self.exchange(&ask, &mut body).await;
        let waited = Duration::from_micros(self.surroundings.micros().saturating_sub(start));
        if let Some(exchange) = log.0.get_mut(place) {
            exchange.took_ms = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
            exchange.status = came.as_ref().ok().map(|(status, ..)| status.as_u16());
            exchange.answer = without_secrets(&body, &known);
        }
        let (status, headers, end) = came.map_err(|error| no_answer(&error, waited))?;
        if !ask.also.contains(&status.as_u16())
            && let Some(fault) = fault(status, &headers, &body, &known, self.surroundings.unix_seconds(), waited)
        {
            return Err(fault);
        }
        match end {
            End::Whole => Ok(Answer { status, headers, body, known: ask.known }),
            End::TooLarge => Err(Fault::Garbled { why: format!("it is larger than {} bytes.", self.limits.largest_answer) }),
            End::BrokenOff => Err(Fault::Unclear { after: waited }),
        }
    }

    /// The status and how the body ended, which is in `body` as far as it came.
    async fn exchange(
        &self,
        ask: &Ask,
        body: &mut Vec<u8>,
    ) -> Result<(reqwest::StatusCode, reqwest::header::HeaderMap, End), reqwest::Error> {
        let mut request = self.client.request(ask.method.clone(), ask.url.clone()).headers(ask.headers.clone());
        if !ask.body.is_empty() {
            request = request.body(ask.body.clone());
        }
        let mut response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let end = loop {
            match response.chunk().await {
                Ok(None) => break End::Whole,
                Ok(Some(chunk)) => {
                    let room = self.limits.largest_answer - body.len();
                    body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                    if chunk.len() > room {
                        break End::TooLarge;
                    }
                }
                Err(_) => break End::BrokenOff,
            }
        };
        Ok((status, headers, end))
    }
}

enum End {
    Whole,
    TooLarge,
    BrokenOff,
}

/// TLS 1.2 and 1.3 with ring; certificates are checked against `roots` and nothing else.
fn tls(roots: &Roots) -> Result<rustls::ClientConfig, Fault> {
    let mut config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| Fault::Misconfigured { field: "tls", why: "protected connections cannot be set up.".to_owned() })?
        .with_root_certificates(Arc::clone(&roots.0))
        .with_no_client_auth();
    // Left out, the HTTP library would speak HTTP/1.1 only with a configuration that it did not make.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Resolves a name for the connection that is about to be made, and drops what is not allowed: a
/// name that is checked first and resolved again afterwards can lead elsewhere the second time.
struct CheckedNames {
    names: Arc<dyn Names>,
    allowed: Networks,
}

impl Resolve for CheckedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, allowed) = (Arc::clone(&self.names), self.allowed.clone());
        Box::pin(async move {
            let host = name.as_str();
            let mut refused = None;
            let mut fine = Vec::new();
            for address in names.addresses(host).await? {
                match why_not(address, &allowed) {
                    None => fine.push(SocketAddr::new(address, 0)),
                    Some(why) => refused = Some(why),
                }
            }
            match refused {
                Some(why) if fine.is_empty() => Err(NotAllowedHere(not_allowed(host, why)).into()),
                _ => Ok(Box::new(fine.into_iter()) as Addrs),
            }
        })
    }
}
