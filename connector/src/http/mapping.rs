//! What a status or a broken connection means.

use super::redact::{plain_words, without_known};
use crate::fault::Fault;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;
use std::error::Error;
use std::time::{Duration, UNIX_EPOCH};

/// The longest that another machine may tell us to wait. A longer wish is cut: a mistyped date must
/// not stop a removal for a year.
pub(super) const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

/// Characters of the other side's own words in our sentence.
const LONGEST_DETAIL: usize = 300;

/// What a status means that was not asked for; none when it is a success.
pub(super) fn fault(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    known: &[&str],
    unix_seconds: i64,
    waited: Duration,
) -> Option<Fault> {
    let asks_for_rest = headers.contains_key(RETRY_AFTER);
    match status.as_u16() {
        200..=299 => None,
        status @ 300..=399 => Some(Fault::Refused {
            said: format!("{status}: the machine sends us to another address, and redirects are not followed. Enter the final address."),
        }),
        // RFC 9110 section 15.5.9: it stopped waiting for our request, which may have been half there.
        408 => Some(Fault::Unclear { after: waited }),
        429 => Some(Fault::Throttled { retry_after: retry_after(headers, unix_seconds) }),
        503 if asks_for_rest => Some(Fault::Throttled { retry_after: retry_after(headers, unix_seconds) }),
        status @ 400..=499 => Some(refused(status, body, known)),
        status @ 500.. => Some(Fault::Broken { status }),
        status => Some(Fault::Garbled { why: format!("its status is {status}.") }),
    }
}

/// Retry-After (RFC 9110 section 10.2.3): seconds or a date. None when it cannot be read.
fn retry_after(headers: &HeaderMap, unix_seconds: i64) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().map_or(LONGEST_RETRY_AFTER, Duration::from_secs)
    } else {
        let date = httpdate::parse_http_date(text).ok()?;
        let now = UNIX_EPOCH + Duration::from_secs(u64::try_from(unix_seconds).unwrap_or(0));
        // A date that has passed allows trying at once.
        date.duration_since(now).unwrap_or(Duration::ZERO)
    };
    Some(wait.min(LONGEST_RETRY_AFTER))
}

/// A no, with the other side's words. Members that hold them: `detail` (RFC 7644 section 3.12,
/// RFC 9457), then what others use.
pub(super) fn refused(status: u16, body: &[u8], known: &[&str]) -> Fault {
    let detail = serde_json::from_slice::<Value>(body).ok().and_then(|value| {
        ["detail", "error_description", "message", "title", "error"]
            .iter()
            .find_map(|key| value.get(key).and_then(Value::as_str))
            .map(|text| plain_words(&without_known(text, known), LONGEST_DETAIL))
            .filter(|text| !text.is_empty())
    });
    let said = match (detail, status) {
        (Some(detail), _) => format!("{status}: {detail}"),
        (None, 401) => "401: the machine does not accept our credentials.".to_owned(),
        (None, 403) => "403: the machine does not allow us this.".to_owned(),
        (None, 404) => "404: there is nothing at this address.".to_owned(),
        (None, _) => format!("{status}: the machine said no and gave no reason."),
    };
    Fault::Refused { said }
}

/// An address that our own resolver refused; travels through the HTTP library as its error.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NotAllowedHere(pub(super) Fault);

/// What it means that no answer came.
pub(super) fn no_answer(error: &reqwest::Error, waited: Duration) -> Fault {
    if let Some(NotAllowedHere(fault)) = find(error) {
        return fault.clone();
    }
    let tls = find::<rustls::Error>(error);
    if error.is_connect() || error.is_builder() {
        let why = match tls {
            Some(error) => untrusted(error),
            None if error.is_dns() => "its name is not known.",
            None if error.is_timeout() => "it does not answer in time.",
            None => match find::<std::io::Error>(error).map(std::io::Error::kind) {
                Some(std::io::ErrorKind::ConnectionRefused) => "nothing is listening at this address.",
                Some(std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::UnexpectedEof) => {
                    "it broke off while the connection was made."
                }
                _ => "the connection could not be made.",
            },
        };
        return Fault::Unreachable { why: why.to_owned() };
    }
    // From here on the request may have arrived.
    Fault::Unclear { after: waited }
}

/// What is wrong with a certificate, for people who administer machines.
fn untrusted(error: &rustls::Error) -> &'static str {
    use rustls::CertificateError as Wrong;
    match error {
        rustls::Error::InvalidCertificate(wrong) => match wrong {
            Wrong::UnknownIssuer => "nobody whom we trust vouches for its certificate.",
            Wrong::Expired | Wrong::ExpiredContext { .. } => "its certificate has expired.",
            Wrong::NotValidYet | Wrong::NotValidYetContext { .. } => "its certificate is not valid yet.",
            Wrong::NotValidForName | Wrong::NotValidForNameContext { .. } => "its certificate is for another name.",
            Wrong::Revoked => "its certificate was revoked.",
            _ => "its certificate is not valid.",
        },
        _ => "no protected connection (TLS 1.2 or newer) could be agreed on.",
    }
}

/// The first cause of one type. An I/O error carries its cause inside instead of behind it.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        let inside = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if let Some(found) = inside.and_then(|inside| find::<T>(inside)) {
            return Some(found);
        }
        next = error.source();
    }
    None
}
