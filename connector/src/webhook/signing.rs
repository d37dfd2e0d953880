//! Signing messages and verifying signed ones, in the shape of the Standard Webhooks specification
//! 1.0.0 ("Signature scheme", "Webhook headers", "Verifying signatures"): HMAC-SHA256 (RFC 2104)
//! over `id.timestamp.body`, in three headers.

use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::HeaderMap;
use sha2::Sha256;
use std::fmt;
use std::time::Duration;
use zeroize::Zeroizing;

/// The header that names the message; the same each time it is sent, so the key by which a repeated
/// message is recognised.
pub const ID: &str = "webhook-id";
/// The header with the time of sending, in whole seconds since 1970; a new one each time it is sent.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// The header with the signatures, a space between two.
pub const SIGNATURE: &str = "webhook-signature";

/// How far a timestamp may lie from the present, in either direction.
pub const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// What a written secret begins with.
const PREFIX: &str = "whsec_";
/// The one kind of signature that is understood.
const VERSION: &str = "v1,";
/// Fewest and most bytes of a secret, by the specification.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Most secrets at a time: the new one, and the old one until the other side knows the new one.
const MOST_SECRETS: usize = 4;
/// Most signatures that are looked at, so that a header cannot cost much.
const MOST_SIGNATURES: usize = 16;
/// Longest id that is taken.
const LONGEST_ID: usize = 200;

/// The secrets both sides know, the newest first. While a secret is replaced there are two: everything
/// is signed with both, and a signature with either is accepted.
#[derive(Clone)]
pub struct SigningSecrets(Vec<Zeroizing<Vec<u8>>>);

/// Why a written secret cannot be used. Repeats none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSecret {
    /// Nothing is written.
    #[error("there is no secret")]
    Missing,
    /// More than four.
    #[error("there are more than {MOST_SECRETS} secrets")]
    TooMany,
    /// It does not begin with `whsec_`.
    #[error("a secret begins with {PREFIX}")]
    Prefix,
    /// What follows is no base64.
    #[error("what follows {PREFIX} is no base64")]
    Base64,
    /// Too short or too long.
    #[error("a secret has between 24 and 64 bytes, written in base64")]
    Length,
}

/// Why a message is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// A header is not there.
    #[error("The header {0} is missing.")]
    Missing(&'static str),
    /// A header is there more than once, so that two readers could see different messages.
    #[error("The header {0} is there more than once.")]
    Twice(&'static str),
    /// A header cannot be read.
    #[error("The header {0} cannot be read.")]
    Unreadable(&'static str),
    /// Sent too long ago: a message that somebody kept, or a clock that is slow.
    #[error("The message is older than five minutes.")]
    TooOld,
    /// Sent in the future: a clock that is fast.
    #[error("The message is from the future; set the clock of the sender.")]
    TooNew,
    /// No signature fits.
    #[error("No signature fits the message.")]
    Unsigned,
}

/// A message that was signed by somebody who knows a secret, not long ago.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Its id. Within the tolerance the same message can come again: whoever acts on it does so once
    /// for each id.
    pub id: String,
    /// When it was sent, in seconds since 1970, by the sender's clock.
    pub sent_at: i64,
}

impl SigningSecrets {
    /// Reads secrets as they are written, `whsec_` and base64, the newest first, with spaces or line
    /// ends between them.
    ///
    /// # Errors
    /// [`BadSecret`].
    pub fn parse(written: &Secret) -> Result<Self, BadSecret> {
        let mut secrets = Vec::new();
        for word in written.expose().split_ascii_whitespace() {
            if secrets.len() == MOST_SECRETS {
                return Err(BadSecret::TooMany);
            }
            let encoded = word.strip_prefix(PREFIX).ok_or(BadSecret::Prefix)?;
            let bytes = STANDARD.decode(encoded).map(Zeroizing::new).map_err(|_| BadSecret::Base64)?;
            if !SECRET_BYTES.contains(&bytes.len()) {
                return Err(BadSecret::Length);
            }
            secrets.push(bytes);
        }
        if secrets.is_empty() { Err(BadSecret::Missing) } else { Ok(Self(secrets)) }
    }

    /// A new secret, from 32 random bytes, as it is written.
    #[must_use]
    pub fn generate(random: [u8; 32]) -> Secret {
        Secret::new(format!("{PREFIX}{}", STANDARD.encode(random)))
    }

    /// Secrets that no receiver has, for asking whether it looks.
    pub(super) fn wrong() -> Self {
        Self(vec![Zeroizing::new(vec![0; 32])])
    }

    fn macs(&self, id: &str, timestamp: &str, body: &[u8]) -> impl Iterator<Item = Hmac<Sha256>> {
        self.0.iter().filter_map(move |secret| {
            // HMAC takes keys of any length, so there is no error to lose.
            let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
            for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
                mac.update(part);
            }
            Some(mac)
        })
    }
}

impl fmt::Debug for SigningSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningSecrets({})", self.0.len())
    }
}

/// The value of the signature header: one signature for each secret. `id` must hold no full stop.
#[must_use]
pub fn sign(secrets: &SigningSecrets, id: &str, sent_at: i64, body: &[u8]) -> String {
    let signatures: Vec<String> = secrets
        .macs(id, &sent_at.to_string(), body)
        .map(|mac| format!("{VERSION}{}", STANDARD.encode(mac.finalize().into_bytes())))
        .collect();
    signatures.join(" ")
}

/// Verifies a signed message: the headers are there once and readable, the time of sending is within
/// `tolerance` of `now` (seconds since 1970), and one of the signatures fits one of the secrets.
/// Signatures are compared in constant time; kinds of signatures that are not known are passed over.
///
/// # Errors
/// [`Rejected`]. Who sends learns which header is wrong, and nothing about the secret.
pub fn verify(secrets: &SigningSecrets, headers: &HeaderMap, body: &[u8], now: i64, tolerance: Duration) -> Result<Verified, Rejected> {
    let id = only(headers, ID)?;
    let timestamp = only(headers, TIMESTAMP)?;
    let signatures = only(headers, SIGNATURE)?;
    // A full stop could move the border between the signed parts.
    if id.is_empty() || id.len() > LONGEST_ID || id.bytes().any(|byte| byte == b'.' || !byte.is_ascii_graphic()) {
        return Err(Rejected::Unreadable(ID));
    }
    if timestamp.is_empty() || !timestamp.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Rejected::Unreadable(TIMESTAMP));
    }
    let sent_at: i64 = timestamp.parse().map_err(|_| Rejected::Unreadable(TIMESTAMP))?;
    let given: Vec<&str> = signatures.split(' ').filter(|part| !part.is_empty()).take(MOST_SIGNATURES + 1).collect();
    if given.is_empty() || given.len() > MOST_SIGNATURES {
        return Err(Rejected::Unreadable(SIGNATURE));
    }
    let given: Vec<Vec<u8>> = given.iter().filter_map(|part| STANDARD.decode(part.strip_prefix(VERSION)?).ok()).collect();
    // Every pair is looked at, so the time taken does not tell which one fitted.
    let fits = secrets
        .macs(id, timestamp, body)
        .fold(false, |fits, mac| given.iter().fold(fits, |fits, signature| mac.clone().verify_slice(signature).is_ok() || fits));
    if !fits {
        return Err(Rejected::Unsigned);
    }
    let tolerance = i64::try_from(tolerance.as_secs()).unwrap_or(i64::MAX);
    if sent_at < now.saturating_sub(tolerance) {
        return Err(Rejected::TooOld);
    }
    if sent_at > now.saturating_add(tolerance) {
        return Err(Rejected::TooNew);
    }
    Ok(Verified { id: id.to_owned(), sent_at })
}

fn only<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Rejected> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or(Rejected::Missing(name))?;
    if values.next().is_some() {
        return Err(Rejected::Twice(name));
    }
    value.to_str().map_err(|_| Rejected::Unreadable(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    /// The vector of the reference libraries of Standard Webhooks
    /// (github.com/standard-webhooks/standard-webhooks, `test_sign_function`).
    const VECTOR: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const VECTOR_ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const VECTOR_TIME: i64 = 1_614_265_330;
    const VECTOR_BODY: &[u8] = br#"{"test": 2432232314}"#;
    const VECTOR_SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    const OTHER: &str = "whsec_c2Vjb25kIHNlY3JldCBvZiBleGFjdGx5IDMyIGJ5dCE=";

    fn secrets(written: &str) -> SigningSecrets {
        SigningSecrets::parse(&Secret::new(written.to_owned())).unwrap()
    }

    fn headers(id: &str, timestamp: &str, signature: &str) -> HeaderMap {
        [(ID, id), (TIMESTAMP, timestamp), (SIGNATURE, signature)]
            .into_iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    fn vector_headers() -> HeaderMap {
        headers(VECTOR_ID, &VECTOR_TIME.to_string(), VECTOR_SIGNATURE)
    }

    fn at(headers: &HeaderMap, now: i64) -> Result<Verified, Rejected> {
        verify(&secrets(VECTOR), headers, VECTOR_BODY, now, TOLERANCE)
    }

    #[test]
    fn the_published_vector_comes_out_to_the_digit() {
        assert_eq!(sign(&secrets(VECTOR), VECTOR_ID, VECTOR_TIME, VECTOR_BODY), VECTOR_SIGNATURE);
        let verified = at(&vector_headers(), VECTOR_TIME).unwrap();
        assert_eq!(verified, Verified { id: VECTOR_ID.to_owned(), sent_at: VECTOR_TIME });
    }

    #[test]
    fn no_part_of_a_signed_message_can_be_changed() {
        let time = VECTOR_TIME.to_string();
        let next = (VECTOR_TIME + 1).to_string();
        for changed in [headers("msg_other", &time, VECTOR_SIGNATURE), headers(VECTOR_ID, &next, VECTOR_SIGNATURE)] {
            assert_eq!(at(&changed, VECTOR_TIME), Err(Rejected::Unsigned));
        }
        let good = vector_headers();
        assert_eq!(verify(&secrets(VECTOR), &good, br#"{"test": 2432232315}"#, VECTOR_TIME, TOLERANCE), Err(Rejected::Unsigned));
        assert_eq!(verify(&secrets(OTHER), &good, VECTOR_BODY, VECTOR_TIME, TOLERANCE), Err(Rejected::Unsigned));
    }

    #[test]
    fn a_message_kept_for_more_than_five_minutes_is_refused() {
        let good = vector_headers();
        assert!(at(&good, VECTOR_TIME + 300).is_ok());
        assert!(at(&good, VECTOR_TIME - 300).is_ok());
        assert_eq!(at(&good, VECTOR_TIME + 301), Err(Rejected::TooOld));
        assert_eq!(at(&good, VECTOR_TIME - 301), Err(Rejected::TooNew));
        assert_eq!(at(&good, i64::MAX), Err(Rejected::TooOld));
        assert_eq!(at(&good, i64::MIN), Err(Rejected::TooNew));
    }

    #[test]
    fn a_stranger_does_not_learn_from_the_time_whether_the_signature_was_good() {
        let forged = headers(VECTOR_ID, &VECTOR_TIME.to_string(), "v1,AAAA");
        assert_eq!(at(&forged, VECTOR_TIME + 9999), Err(Rejected::Unsigned));
    }

    #[test]
    fn either_secret_is_good_while_one_replaces_the_other() {
        let both = secrets(&format!("{OTHER}\n{VECTOR}"));
        let signatures = sign(&both, VECTOR_ID, VECTOR_TIME, VECTOR_BODY);
        assert_eq!(signatures.split(' ').count(), 2);
        let signed = headers(VECTOR_ID, &VECTOR_TIME.to_string(), &signatures);
        for receiver in [VECTOR, OTHER] {
            assert!(verify(&secrets(receiver), &signed, VECTOR_BODY, VECTOR_TIME, TOLERANCE).is_ok());
        }
        // And the other way round: who still signs with the old one is understood.
        assert!(verify(&both, &vector_headers(), VECTOR_BODY, VECTOR_TIME, TOLERANCE).is_ok());
    }

    #[test]
    fn one_good_signature_among_others_is_enough_and_unknown_kinds_prove_nothing() {
        let wrong = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";
        let time = VECTOR_TIME.to_string();
        let with = |signature: &str| at(&headers(VECTOR_ID, &time, signature), VECTOR_TIME);
        assert!(with(&format!("{wrong} v2,x v1a,AAAA {VECTOR_SIGNATURE} {wrong}")).is_ok());
        let digest = VECTOR_SIGNATURE.strip_prefix("v1,").unwrap();
        for other in
            [wrong.to_owned(), digest.to_owned(), format!("v2,{digest}"), format!("v1a,{digest}"), format!("v1={digest}"), "v1,".to_owned()]
        {
            assert_eq!(with(&other), Err(Rejected::Unsigned), "{other}");
        }
        // A part of the right signature is not the right signature.
        assert_eq!(with("v1,g0hM9SsE+OTPJTGt"), Err(Rejected::Unsigned));
    }

    #[test]
    fn headers_that_are_missing_doubled_or_unreadable_are_refused_by_name() {
        for name in [ID, TIMESTAMP, SIGNATURE] {
            let mut without = vector_headers();
            let value = without.remove(name).unwrap();
            assert_eq!(at(&without, VECTOR_TIME), Err(Rejected::Missing(name)));
            let mut twice = vector_headers();
            twice.append(name, value);
            assert_eq!(at(&twice, VECTOR_TIME), Err(Rejected::Twice(name)));
            let mut unreadable = vector_headers();
            unreadable.insert(name, HeaderValue::from_bytes(&[0xff]).unwrap());
            assert_eq!(at(&unreadable, VECTOR_TIME), Err(Rejected::Unreadable(name)));
        }
        for id in ["", "a.b", "a b", &"a".repeat(201)] {
            assert_eq!(at(&headers(id, "1614265330", VECTOR_SIGNATURE), VECTOR_TIME), Err(Rejected::Unreadable(ID)), "{id}");
        }
        for time in ["", "hello", "-1614265330", "+1614265330", "1614265330.0", "99999999999999999999"] {
            assert_eq!(at(&headers(VECTOR_ID, time, VECTOR_SIGNATURE), VECTOR_TIME), Err(Rejected::Unreadable(TIMESTAMP)), "{time}");
        }
        let many = [VECTOR_SIGNATURE; 17].join(" ");
        for signature in ["", "  ", many.as_str()] {
            assert_eq!(at(&headers(VECTOR_ID, "1614265330", signature), VECTOR_TIME), Err(Rejected::Unreadable(SIGNATURE)));
        }
    }

    #[test]
    fn secrets_that_are_too_weak_or_no_secrets_are_refused() {
        let parse = |written: &str| SigningSecrets::parse(&Secret::new(written.to_owned())).map(|_| ());
        assert_eq!(parse("  "), Err(BadSecret::Missing));
        assert_eq!(parse("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), Err(BadSecret::Prefix));
        assert_eq!(parse("whsec_not!base64"), Err(BadSecret::Base64));
        assert_eq!(parse(&format!("whsec_{}", STANDARD.encode([1; 23]))), Err(BadSecret::Length));
        assert_eq!(parse(&format!("whsec_{}", STANDARD.encode([1; 65]))), Err(BadSecret::Length));
        assert_eq!(parse(&[VECTOR; 5].join(" ")), Err(BadSecret::TooMany));
        assert_eq!(parse(SigningSecrets::generate([5; 32]).expose()), Ok(()));
        assert_eq!(format!("{:?}", secrets(VECTOR)), "SigningSecrets(1)");
    }
}
