//! What of an exchange may be written down.

use serde_json::{Value, json};
use url::Url;

/// The largest body that is written down, in bytes.
pub const LARGEST_RECORD: usize = 8 * 1024;

const REMOVED: &str = "[removed]";

/// Parts of keys whose values are never written down; compared in lower case, without `-`, `_`, `.`
/// and spaces.
const SECRET_KEYS: [&str; 13] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "credential",
    "authorization",
    "authorisation",
    "apikey",
    "privatekey",
    "signature",
    "cookie",
];

/// Keys that name another member whose value stands in `value`: in a PATCH (RFC 7644 section 3.5.2)
/// `{"path": "password", "value": "…"}`.
const NAMING_KEYS: [&str; 4] = ["path", "name", "key", "attribute"];

/// Shorter secrets would be found in ordinary words.
const SHORTEST_KNOWN: usize = 6;

/// A body without the values of secret keys and without the texts in `known`, shortened to
/// [`LARGEST_RECORD`]. None when there is no body; what is not JSON becomes a text.
#[must_use]
pub(super) fn without_secrets(body: &[u8], known: &[&str]) -> Option<Value> {
    if body.is_empty() {
        return None;
    }
    let mut value = serde_json::from_slice(body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()));
    remove(&mut value, known);
    let text = value.to_string();
    if text.len() <= LARGEST_RECORD {
        return Some(value);
    }
    // Quotes and backslashes are escaped once more inside a text, so half is kept: always in bounds.
    let kept = text.floor_char_boundary(LARGEST_RECORD / 2 - 64);
    Some(json!({ "shortened": text[..kept], "bytes": body.len() }))
}

fn remove(value: &mut Value, known: &[&str]) {
    match value {
        Value::Object(members) => {
            let named = NAMING_KEYS.iter().any(|key| members.get(*key).and_then(Value::as_str).is_some_and(is_secret));
            for (key, member) in members.iter_mut() {
                if is_secret(key) || (named && key == "value") {
                    *member = Value::String(REMOVED.to_owned());
                } else {
                    remove(member, known);
                }
            }
        }
        Value::Array(members) => members.iter_mut().for_each(|member| remove(member, known)),
        Value::String(text) => *text = without_known(text, known),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn is_secret(key: &str) -> bool {
    let key: String = key.chars().filter(|letter| !matches!(letter, '-' | '_' | '.' | ' ')).flat_map(char::to_lowercase).collect();
    SECRET_KEYS.iter().any(|part| key.contains(part))
}

/// A text without the secrets that were sent along, should the other side have echoed them.
pub(super) fn without_known(text: &str, known: &[&str]) -> String {
    known
        .iter()
        .filter(|secret| secret.len() >= SHORTEST_KNOWN)
        .fold(text.to_owned(), |text, secret| if text.contains(secret) { text.replace(secret, REMOVED) } else { text })
}

/// An address as it is written down: without user, password, query and fragment.
#[must_use]
pub(super) fn address_to_record(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // These fail only for addresses that cannot hold them, which then do not.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

/// A foreign text for a sentence of ours: without control characters and without the invisible ones
/// that turn the direction of writing, white space in one piece, at most `most` characters.
#[must_use]
pub(crate) fn plain_words(text: &str, most: usize) -> String {
    let words: Vec<String> = text
        .split(|letter: char| letter.is_whitespace() || letter.is_control())
        .map(|word| word.chars().filter(|letter| !turns_direction(*letter)).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect();
    let text = words.join(" ");
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text,
    }
}

fn turns_direction(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}')
}
