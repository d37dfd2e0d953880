//! The second answer: a receiver that took a step on with 202 says later, by a signed message to us,
//! what came of it.
//!
//! Pure: the caller brings headers, body, secrets and time, looks up the step that waits under the
//! release, the operation and the reference, and records the outcome once for each message id. What
//! the receiver says is believed as much as its 200 would have been: only reading back proves it.

use super::answer::{is_name, is_there};
use super::signing::{Rejected, SigningSecrets, TOLERANCE, verify};
use super::{LONGEST_DETAIL, LONGEST_NAME, VERSION};
use crate::http::plain_words;
use crate::order::{Account, Operation};
use http::HeaderMap;
use serde::Deserialize;
use uuid::Uuid;

/// Most bytes of a completion; a larger body is refused unread.
pub const LARGEST_COMPLETION: usize = 16 * 1024;

/// What came of a step that was taken on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The id of the message. The same message may come again and must then change nothing.
    pub message: String,
    /// The release, as it was sent.
    pub release: Uuid,
    /// The step.
    pub operation: Operation,
    /// What the receiver named in its 202.
    pub reference: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// Whether it was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done, says the receiver.
    Done {
        /// The account's id over there, when it says so.
        account: Option<String>,
        /// How it found an account that it did not make for this step.
        found: Option<Account>,
    },
    /// Not done, and why: one line of at most 500 characters.
    Failed {
        /// What the receiver says.
        detail: String,
    },
}

/// Why a completion is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// It was not signed, or not lately. Answer with 401.
    #[error("{0}")]
    Rejected(#[from] Rejected),
    /// Too many bytes. Answer with 413.
    #[error("The body has more than {LARGEST_COMPLETION} bytes.")]
    TooLarge,
    /// Not what the protocol says. Answer with 422; who reads this knows the secret.
    #[error("The body cannot be understood: {0}")]
    Unreadable(String),
}

#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(rename = "version")]
    _version: u64,
    reference: String,
    release: Uuid,
    operation: Operation,
    outcome: Word,
    detail: Option<String>,
    account: Option<String>,
    found: Option<Account>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Done,
    Failed,
}

impl NotTaken {
    /// The HTTP status to answer with.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Rejected(_) => 401,
            Self::TooLarge => 413,
            Self::Unreadable(_) => 422,
        }
    }
}

impl Completion {
    /// Verifies and reads a completion. `now` is in seconds since 1970.
    ///
    /// # Errors
    /// [`NotTaken`]; the signature is checked before anything of the body is read.
    pub fn read(secrets: &SigningSecrets, headers: &HeaderMap, body: &[u8], now: i64) -> Result<Self, NotTaken> {
        if body.len() > LARGEST_COMPLETION {
            return Err(NotTaken::TooLarge);
        }
        let verified = verify(secrets, headers, body, now, TOLERANCE)?;
        let Versioned { version } = serde_json::from_slice(body).map_err(|error| unreadable(error.to_string()))?;
        if version != u64::from(VERSION) {
            return Err(unreadable(format!("version {version} is not known, only {VERSION} is")));
        }
        let body: Body = serde_json::from_slice(body).map_err(|error| unreadable(error.to_string()))?;
        if !is_name(&body.reference) {
            return Err(unreadable(format!("reference must be one line of 1 to {LONGEST_NAME} characters")));
        }
        let outcome = match body.outcome {
            Word::Done if body.detail.is_some() => return Err(unreadable("detail belongs to outcome failed".to_owned())),
            Word::Done => match body.account {
                Some(account) if !is_name(&account) => {
                    return Err(unreadable(format!("account must be one line of 1 to {LONGEST_NAME} characters")));
                }
                _ if body.found.is_some_and(|state| !is_there(state)) => {
                    return Err(unreadable("found must be active or inactive".to_owned()));
                }
                account => Outcome::Done { account, found: body.found },
            },
            Word::Failed if body.found.is_some() => return Err(unreadable("found belongs to outcome done".to_owned())),
            Word::Failed if body.account.is_some() => return Err(unreadable("account belongs to outcome done".to_owned())),
            Word::Failed => {
                let detail = plain_words(&body.detail.unwrap_or_default(), LONGEST_DETAIL);
                if detail.is_empty() {
                    return Err(unreadable("outcome failed needs a detail that says why".to_owned()));
                }
                Outcome::Failed { detail }
            }
        };
        Ok(Self { message: verified.id, release: body.release, operation: body.operation, reference: body.reference, outcome })
    }
}

fn unreadable(why: String) -> NotTaken {
    NotTaken::Unreadable(plain_words(&why, LONGEST_DETAIL))
}

#[cfg(test)]
mod tests {
    use super::super::signing::{ID, SIGNATURE, TIMESTAMP, sign};
    use super::*;
    use crate::secret::Secret;
    use serde_json::{Value, json};

    const NOW: i64 = 1_763_800_000;
    const RELEASE: Uuid = Uuid::from_u128(0x11);

    fn secrets() -> SigningSecrets {
        SigningSecrets::parse(&SigningSecrets::generate([1; 32])).unwrap()
    }

    fn signed(by: &SigningSecrets, at: i64, body: &[u8]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ID, "done_1".parse().unwrap());
        headers.insert(TIMESTAMP, at.to_string().parse().unwrap());
        headers.insert(SIGNATURE, sign(by, "done_1", at, body).parse().unwrap());
        headers
    }

    fn read(body: &[u8]) -> Result<Completion, NotTaken> {
        Completion::read(&secrets(), &signed(&secrets(), NOW, body), body, NOW)
    }

    fn done() -> Value {
        json!({"version": 1, "reference": "JOB-17", "release": RELEASE, "operation": "give", "outcome": "done"})
    }

    fn with(changes: Value) -> Vec<u8> {
        let mut body = done();
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        body.to_string().into_bytes()
    }

    #[test]
    fn a_step_that_was_done_is_taken_with_all_that_finds_it_again() {
        let expected = Completion {
            message: "done_1".to_owned(),
            release: RELEASE,
            operation: Operation::Give,
            reference: "JOB-17".to_owned(),
            outcome: Outcome::Done { account: None, found: None },
        };
        assert_eq!(read(&with(json!({}))).unwrap(), expected);
        let outcome = read(&with(json!({"account": "u-4711", "found": "inactive"}))).unwrap().outcome;
        assert_eq!(outcome, Outcome::Done { account: Some("u-4711".to_owned()), found: Some(Account::Inactive) });
    }

    #[test]
    fn a_step_that_failed_says_why_in_plain_words() {
        let failed = read(&with(json!({"outcome": "failed", "detail": "no such\ngroup"}))).unwrap();
        assert_eq!(failed.outcome, Outcome::Failed { detail: "no such group".to_owned() });
        let long = read(&with(json!({"outcome": "failed", "detail": "x".repeat(5000)}))).unwrap();
        assert_eq!(long.outcome, Outcome::Failed { detail: format!("{}…", "x".repeat(LONGEST_DETAIL)) });
    }

    #[test]
    fn what_the_protocol_does_not_say_is_refused_with_the_reason() {
        for (changes, why) in [
            (json!({"version": 2}), "version 2 is not known, only 1 is"),
            (json!({"version": "1"}), "invalid type: string \"1\", expected u64"),
            (json!({"release": "R-2026-000123"}), "UUID parsing failed"),
            (json!({"operation": "grant"}), "unknown variant `grant`"),
            (json!({"outcome": "pending"}), "unknown variant `pending`, expected `done` or `failed`"),
            (json!({"reference": ""}), "reference must be one line of 1 to 200 characters"),
            (json!({"reference": "a\nb"}), "reference must be one line of 1 to 200 characters"),
            (json!({"reference": "x".repeat(201)}), "reference must be one line of 1 to 200 characters"),
            (json!({"reference": 17}), "invalid type: integer `17`, expected a string"),
            (json!({"account": "\u{202e}"}), "account must be one line of 1 to 200 characters"),
            (json!({"found": "absent"}), "found must be active or inactive"),
            (json!({"outcome": "failed", "detail": "x", "found": "active"}), "found belongs to outcome done"),
            (json!({"detail": "but slowly"}), "detail belongs to outcome failed"),
            (json!({"outcome": "failed"}), "outcome failed needs a detail that says why"),
            (json!({"outcome": "failed", "detail": " \n"}), "outcome failed needs a detail that says why"),
            (json!({"outcome": "failed", "detail": "x", "account": "u"}), "account belongs to outcome done"),
            (json!({"detial": "x"}), "unknown field `detial`"),
        ] {
            let refused = read(&with(changes.clone())).unwrap_err();
            assert_eq!(refused.status(), 422);
            let NotTaken::Unreadable(said) = refused else { panic!("{changes}: {refused}") };
            assert!(said.starts_with(why), "{changes}: {said}");
        }
    }

    #[test]
    fn a_body_that_lacks_something_or_says_it_twice_is_refused() {
        for name in ["version", "reference", "release", "operation", "outcome"] {
            let mut body = done();
            body.as_object_mut().unwrap().remove(name);
            let said = read(body.to_string().as_bytes()).unwrap_err().to_string();
            assert!(said.contains(&format!("missing field `{name}`")), "{said}");
        }
        let twice = done().to_string().replacen('{', "{\"outcome\":\"failed\",", 1);
        assert!(read(twice.as_bytes()).unwrap_err().to_string().contains("duplicate field `outcome`"));
        for body in [&b""[..], b"done", b"[]", b"{\"version\":1", b"\xff\xfe"] {
            assert!(matches!(read(body), Err(NotTaken::Unreadable(_))), "{body:?}");
        }
    }

    #[test]
    fn nothing_is_read_before_the_signature_fits() {
        let body = b"not even json";
        let strangers = SigningSecrets::parse(&SigningSecrets::generate([2; 32])).unwrap();
        let refused = Completion::read(&secrets(), &signed(&strangers, NOW, body), body, NOW).unwrap_err();
        assert_eq!(refused, NotTaken::Rejected(Rejected::Unsigned));
        assert_eq!(refused.status(), 401);
        let unsigned = Completion::read(&secrets(), &HeaderMap::new(), &with(json!({})), NOW).unwrap_err();
        assert_eq!(unsigned, NotTaken::Rejected(Rejected::Missing(ID)));
    }

    #[test]
    fn an_old_completion_is_refused() {
        let body = with(json!({}));
        let old = signed(&secrets(), NOW - 301, &body);
        assert_eq!(Completion::read(&secrets(), &old, &body, NOW), Err(NotTaken::Rejected(Rejected::TooOld)));
        let early = signed(&secrets(), NOW + 301, &body);
        assert_eq!(Completion::read(&secrets(), &early, &body, NOW), Err(NotTaken::Rejected(Rejected::TooNew)));
    }

    #[test]
    fn a_large_body_is_refused_unread() {
        let body = vec![b' '; LARGEST_COMPLETION + 1];
        let refused = Completion::read(&secrets(), &HeaderMap::new(), &body, NOW).unwrap_err();
        assert_eq!((refused.status(), refused), (413, NotTaken::TooLarge));
    }

    #[test]
    fn our_own_message_sent_back_to_us_is_no_completion() {
        let order = crate::webhook::message::example();
        let body = crate::webhook::message::Message::apply(&order, Operation::Give, "3f").to_bytes().unwrap();
        assert!(matches!(read(&body), Err(NotTaken::Unreadable(_))));
    }

    #[test]
    fn a_completion_signed_with_the_secret_that_is_being_replaced_is_taken() {
        let old = SigningSecrets::generate([1; 32]);
        let new = SigningSecrets::generate([3; 32]);
        let both = SigningSecrets::parse(&Secret::new(format!("{} {}", new.expose(), old.expose()))).unwrap();
        let body = with(json!({}));
        assert!(Completion::read(&both, &signed(&secrets(), NOW, &body), &body, NOW).is_ok());
    }
}
