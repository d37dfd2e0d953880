//! What is asked of another machine, and its answer.

use crate::fault::Fault;
use crate::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

/// One request. Headers are never written down; the body is, with its secrets removed.
#[derive(Debug)]
pub struct Ask {
    pub(super) purpose: &'static str,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) also: &'static [u16],
    pub(super) known: Vec<Secret>,
}

impl Ask {
    /// A request without a body. `purpose` is one word for the record: `find_account`.
    #[must_use]
    pub fn new(purpose: &'static str, method: Method, url: Url) -> Self {
        Self { purpose, method, url, headers: HeaderMap::new(), body: Vec::new(), also: &[], known: Vec::new() }
    }

    /// Sends a header.
    ///
    /// # Errors
    /// [`Fault::Misconfigured`] when name or value cannot stand in a header.
    pub fn header(mut self, name: &'static str, value: &str) -> Result<Self, Fault> {
        let wrong =
            |what: &str| Fault::Misconfigured { field: "headers", why: format!("{what} holds a character that headers cannot carry.") };
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong("a name"))?;
        let mut value = HeaderValue::from_str(value).map_err(|_| wrong("a value"))?;
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Ok(self)
    }

    /// Proves who we are with a bearer token (RFC 6750 section 2.1).
    ///
    /// # Errors
    /// [`Fault::Misconfigured`] when the token cannot stand in a header.
    pub fn bearer(self, token: &Secret) -> Result<Self, Fault> {
        self.authorization(format!("Bearer {}", token.expose()), vec![token.clone()])
    }

    /// Proves who we are with user and password (RFC 7617).
    ///
    /// # Errors
    /// [`Fault::Misconfigured`] when the user holds a colon.
    pub fn basic(self, user: &str, password: &Secret) -> Result<Self, Fault> {
        if user.contains(':') {
            return Err(Fault::Misconfigured { field: "user", why: "it holds a colon, which separates user and password.".to_owned() });
        }
        let both = STANDARD.encode(format!("{user}:{}", password.expose()));
        self.authorization(format!("Basic {both}"), vec![password.clone(), Secret::new(both)])
    }

    fn authorization(mut self, value: String, known: Vec<Secret>) -> Result<Self, Fault> {
        let mut value = HeaderValue::try_from(value).map_err(|_| Fault::Misconfigured {
            field: "secret",
            why: "it holds a line break or another character that headers cannot carry.".to_owned(),
        })?;
        value.set_sensitive(true);
        self.headers.insert(AUTHORIZATION, value);
        self.known.extend(known);
        Ok(self)
    }

    /// Sends a body as JSON. `kind` is its media type: `application/scim+json`.
    ///
    /// # Errors
    /// [`Fault::Garbled`] when it cannot be written as JSON.
    pub fn json(self, kind: &'static str, body: &impl Serialize) -> Result<Self, Fault> {
        let body = serde_json::to_vec(body).map_err(|_| Fault::Garbled { why: "our own request cannot be written as JSON.".to_owned() })?;
        Ok(self.bytes(kind, body))
    }

    /// Sends exactly these bytes, for bodies that are signed.
    #[must_use]
    pub fn bytes(mut self, kind: &'static str, body: Vec<u8>) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        self.body = body;
        self
    }

    /// Statuses beside 200 to 299 that are an answer, not a fault: 404 where nothing may be there.
    #[must_use]
    pub fn also(mut self, statuses: &'static [u16]) -> Self {
        self.also = statuses;
        self
    }

    pub(super) fn known(&self) -> Vec<&str> {
        exposed(&self.known)
    }
}

fn exposed(secrets: &[Secret]) -> Vec<&str> {
    secrets.iter().map(Secret::expose).collect()
}

/// An answer with a status that was asked for.
#[derive(Debug)]
pub struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) known: Vec<Secret>,
}

impl Answer {
    /// HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// A header, when it is there and is ASCII.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether there is no body (RFC 9110 section 15.3.5).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.body.is_empty()
    }

    /// The body as it came.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body, read as JSON.
    ///
    /// # Errors
    /// [`Fault::Garbled`] says what is wrong with it, without quoting it.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        if self.body.is_empty() {
            return Err(Fault::Garbled { why: format!("it is empty, with status {}.", self.status()) });
        }
        serde_json::from_slice(&self.body).map_err(|error| Fault::Garbled {
            why: match error.classify() {
                serde_json::error::Category::Data => "it is JSON, but a part is missing or of another kind than agreed.".to_owned(),
                _ => format!("it is not JSON (line {}, column {}).", error.line(), error.column()),
            },
        })
    }

    /// For a status named with [`Ask::also`] that turns out to be a no after all.
    #[must_use]
    pub fn refused(&self) -> Fault {
        super::mapping::refused(self.status.as_u16(), &self.body, &exposed(&self.known))
    }
}
