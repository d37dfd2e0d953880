//! A text that must not be seen.

use serde::{Serialize, Serializer};
use std::fmt;
use zeroize::Zeroizing;

/// What stands where a secret would.
const REDACTED: &str = "(secret)";

/// A password, token or key. It is wiped from memory when it is dropped, and no log, event, page or
/// record shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a text in.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself, for the one place that sends it or computes with it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(REDACTED)
    }
}

/// There is no `Deserialize` beside it: what this wrote would be read as the word "(secret)".
impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(REDACTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_form_of_printing_shows_it() {
        let secret = Secret::new("token-8412");
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"(secret)\"");
        assert_eq!(format!("{secret:?}"), "(secret)");
        assert_eq!(format!("{:#?}", Some(&secret)), "Some(\n    (secret),\n)");
        assert_eq!(secret.expose(), "token-8412");
    }
}
