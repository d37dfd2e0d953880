//! Settings of a receiver, as they are kept; the secret is kept elsewhere.

use crate::connector::Capabilities;
use crate::fault::Fault;
use crate::http::{Limits, Pace, Throughput};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Longest address, in bytes.
const LONGEST_ADDRESS: usize = 2000;
/// Longest a message waits for its turn before it is tried again later.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Where messages go and what the receiver can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// The address that messages are sent to.
    pub url: String,
    /// Another address for questions what is there; without it they go to `url`.
    #[serde(default)]
    pub read_url: Option<String>,
    /// The receiver makes accounts and closes them; otherwise they are there already.
    #[serde(default = "yes")]
    pub accounts: bool,
    /// The receiver says what is there.
    #[serde(default)]
    pub reads_back: bool,
    /// The receiver can undo.
    #[serde(default)]
    pub undoes: bool,
    /// The receiver may answer 202 and say later what came of it.
    #[serde(default)]
    pub answers_later: bool,
    /// Longest an answer may take, 1 to 50 seconds. Receivers that need longer answer 202.
    #[serde(default = "usual_timeout")]
    pub timeout_seconds: u16,
    /// Most messages at the same time, 1 to 32.
    #[serde(default = "usual_at_once")]
    pub calls_at_once: u16,
    /// Most messages a second, over time, 1 to 100.
    #[serde(default = "usual_per_second")]
    pub calls_per_second: u16,
}

fn yes() -> bool {
    true
}

fn usual_timeout() -> u16 {
    20
}

fn usual_at_once() -> u16 {
    4
}

fn usual_per_second() -> u16 {
    5
}

impl WebhookSettings {
    /// Settings with an address and everything else as usual: accounts are made, nothing is read
    /// back or undone, answers come at once.
    #[must_use]
    pub fn usual(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            read_url: None,
            accounts: yes(),
            reads_back: false,
            undoes: false,
            answers_later: false,
            timeout_seconds: usual_timeout(),
            calls_at_once: usual_at_once(),
            calls_per_second: usual_per_second(),
        }
    }

    /// Whether the settings can work together. Addresses are looked at more closely by the way out
    /// ([`crate::http::HttpOut::address`]), which knows where it may go.
    ///
    /// # Errors
    /// [`Fault::Misconfigured`] with the first field that is wrong.
    pub fn check(&self) -> Result<(), Fault> {
        let wrong = |field, why: String| Err(Fault::Misconfigured { field, why });
        for (field, address) in [("url", Some(&self.url)), ("read_url", self.read_url.as_ref())] {
            let Some(address) = address else { continue };
            if address.trim().is_empty() {
                return wrong(field, "it is empty.".to_owned());
            }
            if address.len() > LONGEST_ADDRESS {
                return wrong(field, format!("it is longer than {LONGEST_ADDRESS} characters."));
            }
            if address.contains('#') {
                return wrong(field, "it holds a part after #, which is never sent.".to_owned());
            }
        }
        if self.read_url.is_some() && !self.reads_back {
            return wrong("read_url", "it would never be asked, because the receiver is not said to read back.".to_owned());
        }
        match self.pace().out_of_range(1).into_iter().next() {
            Some((field, possible)) => wrong(field, format!("it must lie between {} and {}.", possible.start(), possible.end())),
            None => Ok(()),
        }
    }

    /// What the receiver is said to be able to do.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        let Self { accounts, reads_back, undoes, answers_later, .. } = *self;
        Capabilities { accounts, reads_back, undoes, answers_later }
    }

    fn pace(&self) -> Pace {
        let Self { timeout_seconds, calls_at_once, calls_per_second, .. } = *self;
        Pace { timeout_seconds, calls_at_once, calls_per_second }
    }

    /// How long a message may take.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.pace().limits(Limits::default().largest_answer)
    }

    /// How many messages the receiver gets.
    #[must_use]
    pub fn throughput(&self) -> Throughput {
        self.pace().throughput(LONGEST_WAIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(change: impl FnOnce(&mut WebhookSettings)) -> (&'static str, String) {
        let mut settings = WebhookSettings::usual("https://receiver.example/access");
        change(&mut settings);
        match settings.check() {
            Err(Fault::Misconfigured { field, why }) => (field, why),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_address_is_enough_and_the_rest_is_as_usual() {
        let read: WebhookSettings = serde_json::from_value(json!({"url": "https://receiver.example/access"})).unwrap();
        assert_eq!(read, WebhookSettings::usual("https://receiver.example/access"));
        assert_eq!(read.check(), Ok(()));
        assert_eq!(read.limits().whole, Duration::from_secs(20));
        assert_eq!(read.limits().connect, Duration::from_secs(5));
    }

    #[test]
    fn settings_that_are_kept_come_back_the_same_and_misspelt_ones_do_not_pass() {
        let mut settings = WebhookSettings::usual("https://receiver.example/access");
        settings.reads_back = true;
        settings.read_url = Some("https://receiver.example/state".to_owned());
        let kept = serde_json::to_value(&settings).unwrap();
        assert_eq!(serde_json::from_value::<WebhookSettings>(kept).unwrap(), settings);
        assert!(serde_json::from_value::<WebhookSettings>(json!({"url": "https://a.example", "read_back": true})).is_err());
    }

    #[test]
    fn settings_that_cannot_work_are_refused_with_the_field() {
        assert_eq!(refused(|s| s.url = " ".to_owned()).0, "url");
        assert_eq!(refused(|s| s.url = format!("https://a.example/{}", "a".repeat(2000))).0, "url");
        assert_eq!(refused(|s| s.url = "https://a.example/#part".to_owned()).0, "url");
        assert_eq!(refused(|s| s.read_url = Some("https://a.example".to_owned())).0, "read_url");
        assert_eq!(refused(|s| s.timeout_seconds = 0), ("timeout_seconds", "it must lie between 1 and 50.".to_owned()));
        assert_eq!(refused(|s| s.timeout_seconds = 51).0, "timeout_seconds");
        assert_eq!(refused(|s| s.calls_at_once = 33).0, "calls_at_once");
        assert_eq!(refused(|s| s.calls_per_second = 0).0, "calls_per_second");
    }
}
