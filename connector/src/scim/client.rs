//! Asking a SCIM server: addresses, proof of who we are, lists page by page.

use super::record::Record;
use super::settings::Authentication;
use crate::exchange::Exchanges;
use crate::fault::Fault;
use crate::http::{Answer, Ask, HttpOut};
use crate::secret::Secret;
use reqwest::Method;
use scim_v2::filter::Filter;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use url::Url;

/// The media type of SCIM (RFC 7644 section 3.1).
const SCIM_JSON: &str = "application/scim+json";

/// What is accepted; some servers know plain JSON only.
const ACCEPTED: &str = "application/scim+json, application/json;q=0.9";

/// No list of a server that keeps its word has more pages; with the usual page size this is a
/// million records.
const MOST_PAGES: usize = 10_000;

/// How often a list is read that changes meanwhile.
const MOST_READINGS: u32 = 4;

/// The server's two kinds of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    Users,
    Groups,
}

impl Endpoint {
    fn segment(self) -> &'static str {
        match self {
            Self::Users => "Users",
            Self::Groups => "Groups",
        }
    }
}

/// What a list is asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Question {
    pub filter: Option<Filter>,
    /// Leave the members of groups out: there may be very many.
    pub without_members: bool,
}

/// What a server says about its list (RFC 7644 section 3.4.2).
#[derive(Deserialize)]
struct Page {
    #[serde(rename = "totalResults", alias = "totalresults", alias = "TotalResults")]
    total_results: usize,
    #[serde(rename = "Resources", alias = "resources", default)]
    resources: Option<Vec<Record>>,
}

/// One server.
pub(super) struct Client {
    out: Arc<HttpOut>,
    base: Url,
    authentication: Authentication,
    secret: Secret,
    page_size: u32,
}

impl Client {
    pub fn new(out: Arc<HttpOut>, base_url: &str, authentication: Authentication, secret: Secret, page_size: u32) -> Result<Self, Fault> {
        let base = out.address(base_url)?;
        Ok(Self { out, base, authentication, secret, page_size })
    }

    /// An address under the base; each segment is one segment, whatever it contains.
    pub fn address(&self, segments: &[&str]) -> Result<Url, Fault> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| Fault::Misconfigured { field: "base_url", why: "nothing can be added to it.".to_owned() })?
            .pop_if_empty()
            .extend(segments);
        Ok(url)
    }

    /// The address of one record.
    pub fn record_address(&self, endpoint: Endpoint, id: &str) -> Result<Url, Fault> {
        self.address(&[endpoint.segment(), id])
    }

    /// A request that says who we are and what we understand.
    pub fn ask(&self, purpose: &'static str, method: Method, url: Url) -> Result<Ask, Fault> {
        let ask = Ask::new(purpose, method, url).header("accept", ACCEPTED)?;
        match &self.authentication {
            Authentication::Bearer => ask.bearer(&self.secret),
            Authentication::Basic { user } => ask.basic(user, &self.secret),
        }
    }

    /// Sends a request.
    pub async fn send(&self, ask: Ask, log: &mut Exchanges) -> Result<Answer, Fault> {
        self.out.send(ask, log).await
    }

    /// One record, with the version that the answer's head states; none when it is not there.
    pub async fn read(
        &self,
        purpose: &'static str,
        endpoint: Endpoint,
        id: &str,
        log: &mut Exchanges,
    ) -> Result<Option<(Record, Option<String>)>, Fault> {
        let ask = self.ask(purpose, Method::GET, self.record_address(endpoint, id)?)?.also(&[404]);
        let answer = self.send(ask, log).await?;
        if answer.status() == 404 {
            return Ok(None);
        }
        let record: Record = answer.json()?;
        // RFC 7644 section 3.14: the header is a must, `meta.version` only a should.
        let version = answer.header("etag").or_else(|| record.version()).map(str::to_owned);
        Ok(Some((record, version)))
    }

    /// Makes a record; 409 is an answer.
    pub async fn create(
        &self,
        purpose: &'static str,
        endpoint: Endpoint,
        body: &(impl Serialize + Sync),
        log: &mut Exchanges,
    ) -> Result<Answer, Fault> {
        let url = self.address(&[endpoint.segment()])?;
        let ask = self.ask(purpose, Method::POST, url)?.json(SCIM_JSON, body)?.also(&[409]);
        self.send(ask, log).await
    }

    /// Changes or removes a record, if it still has this version. The statuses in `also` are answers.
    pub async fn write(&self, write: Write<'_>, log: &mut Exchanges) -> Result<Answer, Fault> {
        let mut ask = self.ask(write.purpose, write.method, self.record_address(write.endpoint, write.id)?)?.also(write.also);
        if let Some(body) = &write.body {
            ask = ask.json(SCIM_JSON, body)?;
        }
        if let Some(version) = write.version {
            ask = ask.header("if-match", version)?;
        }
        self.send(ask, log).await
    }

    /// A list, page by page, until `take` has seen enough. When its length changes in between, records
    /// may have moved to a page that was read already, so it is read from the start again; `take` gets
    /// each record once.
    pub async fn list(
        &self,
        purpose: &'static str,
        endpoint: Endpoint,
        question: &Question,
        log: &mut Exchanges,
        mut take: impl FnMut(Record) -> ControlFlow<()> + Send,
    ) -> Result<(), Fault> {
        // Each record, with the reading in which it came last.
        let mut seen = BTreeMap::new();
        let (mut start, mut length, mut reading) = (1, None, 1);
        for _ in 0..MOST_PAGES {
            let page = self.page(purpose, endpoint, question, start, self.page_size, &[], log).await?;
            let (total, records) = page.map_err(|answer| answer.refused())?;
            let came = records.len();
            let mut new = 0;
            for record in records {
                // A record that moves while pages are read may come twice.
                let before = seen.insert(record.id()?.to_owned(), reading);
                new += usize::from(before != Some(reading));
                if before.is_none() && take(record).is_break() {
                    return Ok(());
                }
            }
            start += came;
            if length.is_some_and(|length| length != total) {
                if reading == MOST_READINGS {
                    return Err(Fault::Garbled { why: format!("the length of a list changed in each of {MOST_READINGS} readings.") });
                }
                (start, length, reading) = (1, None, reading + 1);
                continue;
            }
            length = Some(total);
            if start > total {
                return Ok(());
            }
            if came == 0 {
                return Err(Fault::Garbled { why: format!("of {total} records only {} came.", start - 1) });
            }
            if new == 0 {
                return Err(Fault::Garbled { why: "the same page came again and again: it does not follow startIndex.".to_owned() });
            }
        }
        Err(Fault::Garbled { why: format!("a list did not end within {MOST_PAGES} pages.") })
    }

    /// One page: how many there are in all, and the records of this page. Of the statuses in `also`
    /// the answer itself.
    #[expect(clippy::too_many_arguments, reason = "the parts of one question, each used once")]
    pub async fn page(
        &self,
        purpose: &'static str,
        endpoint: Endpoint,
        question: &Question,
        start: usize,
        count: u32,
        also: &'static [u16],
        log: &mut Exchanges,
    ) -> Result<Result<(usize, Vec<Record>), Answer>, Fault> {
        let mut url = self.address(&[endpoint.segment()])?;
        {
            let mut query = url.query_pairs_mut();
            if let Some(filter) = &question.filter {
                query.append_pair("filter", &filter.to_string());
            }
            if question.without_members {
                query.append_pair("excludedAttributes", "members");
            }
            query.append_pair("startIndex", &start.to_string()).append_pair("count", &count.to_string());
        }
        let ask = self.ask(purpose, Method::GET, url)?.also(also);
        let answer = self.send(ask, log).await?;
        if also.contains(&answer.status()) {
            return Ok(Err(answer));
        }
        let Page { total_results, resources } = answer.json()?;
        Ok(Ok((total_results, resources.unwrap_or_default())))
    }
}

/// A change of one record.
pub(super) struct Write<'a> {
    pub purpose: &'static str,
    pub method: Method,
    pub endpoint: Endpoint,
    pub id: &'a str,
    pub version: Option<&'a str>,
    pub body: Option<serde_json::Value>,
    pub also: &'static [u16],
}
