//! One digest as a mail: text and HTML that say the same, links that open, a subject without
//! anything sensitive. The same digest gives the same mail each time, byte for byte, so that a mail
//! that was sent twice is one mail to its receiver.

use super::host_of;
use app::paths;
use app::when::When;
use domain::id::DigestId;
use domain::notification::NotificationKind;
use domain::text::is_forbidden;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

/// Entries written out; a mail with more says how many there are besides.
const SHOWN: usize = 50;

/// What a mail says of one notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// One line.
    pub title: String,
    /// A sentence more; may be empty.
    pub body: String,
    /// Path inside the application.
    pub href: String,
    /// When.
    pub at: Timestamp,
}

/// Everything of one kind for one person.
#[derive(Clone, Debug)]
pub struct Digest<'a> {
    /// Which; it is also the mail's Message-ID.
    pub id: DigestId,
    /// Why it is sent.
    pub kind: NotificationKind,
    /// Where to.
    pub address: &'a str,
    /// When it was made; the date of the mail.
    pub made: Timestamp,
    /// Oldest first.
    pub entries: &'a [Entry],
    /// Zone of the times in it.
    pub zone: &'a TimeZone,
}

/// Why a digest is no mail.
#[derive(Debug, thiserror::Error)]
pub enum NotAMessage {
    /// The recorded address is none.
    #[error("The recorded mail address cannot be used.")]
    Address,
    /// A header or a part was refused.
    #[error("The mail could not be written: {0}.")]
    Parts(String),
}

/// Whether a recorded text is a mail address.
#[must_use]
pub fn is_address(text: &str) -> bool {
    text.parse::<Address>().is_ok()
}

impl Digest<'_> {
    /// The mail.
    ///
    /// # Errors
    /// [`NotAMessage`] when the address or a header cannot be used.
    pub fn message(&self, from: &Mailbox, public_url: &str) -> Result<Message, NotAMessage> {
        let to: Address = self.address.parse().map_err(|_| NotAMessage::Address)?;
        let host = host_of(public_url);
        let made = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(self.made.as_second()).unwrap_or(0));
        let parts = MultiPart::alternative()
            .boundary(format!("digest-{}", self.id.0.simple()))
            .singlepart(SinglePart::plain(self.text(public_url)))
            .singlepart(SinglePart::html(self.html(public_url)));
        Message::builder()
            .message_id(Some(format!("<{}@{host}>", self.id)))
            .date(made)
            .from(from.clone())
            .to(Mailbox::new(None, to))
            .subject(self.kind.subject(self.entries.len()))
            // Nobody's absence notice answers to it (RFC 3834), and rules can sort by its list (RFC 2919).
            .raw_header(raw("Auto-Submitted", "auto-generated".to_owned())?)
            .raw_header(raw("List-Id", format!("<{}.{host}>", self.kind.word().replace('_', "-")))?)
            .multipart(parts)
            .map_err(|error| NotAMessage::Parts(error.to_string()))
    }

    fn text(&self, public_url: &str) -> String {
        let mut text = format!("{}\r\n\r\n", self.kind.explained());
        for entry in self.entries.iter().take(SHOWN) {
            // Writing to a String does not fail.
            let _ = write!(text, "* {} ({})\r\n", line(&entry.title), When::new(entry.at, self.zone).text);
            if !entry.body.is_empty() {
                let _ = write!(text, "  {}\r\n", line(&entry.body));
            }
            let _ = write!(text, "  {public_url}{}\r\n\r\n", entry.href);
        }
        if let Some(more) = self.more() {
            let _ = write!(text, "{more} {public_url}{}\r\n\r\n", paths::NOTIFICATIONS);
        }
        let _ = write!(text, "-- \r\nWhat you are told about, and how: {public_url}{}\r\n", paths::NOTIFICATION_CHOICES);
        text
    }

    fn html(&self, public_url: &str) -> String {
        let mut html = format!(
            "<!DOCTYPE html>\r\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title></head>\r\n<body>\r\n<p>{}</p>\r\n<ul>\r\n",
            escaped(&self.kind.subject(self.entries.len())),
            escaped(self.kind.explained())
        );
        for entry in self.entries.iter().take(SHOWN) {
            let address = escaped(&format!("{public_url}{}", entry.href));
            let _ = write!(html, "<li><p><a href=\"{address}\">{}</a><br>", escaped(&line(&entry.title)));
            if !entry.body.is_empty() {
                let _ = write!(html, "{}<br>", escaped(&line(&entry.body)));
            }
            let _ = write!(html, "<small>{}</small></p></li>\r\n", escaped(&When::new(entry.at, self.zone).text));
        }
        html.push_str("</ul>\r\n");
        if let Some(more) = self.more() {
            let _ =
                write!(html, "<p><a href=\"{}\">{}</a></p>\r\n", escaped(&format!("{public_url}{}", paths::NOTIFICATIONS)), escaped(&more));
        }
        let choices = escaped(&format!("{public_url}{}", paths::NOTIFICATION_CHOICES));
        let _ = write!(html, "<p><small><a href=\"{choices}\">What you are told about, and how</a></small></p>\r\n</body></html>\r\n");
        html
    }

    fn more(&self) -> Option<String> {
        let more = self.entries.len().saturating_sub(SHOWN);
        (more > 0).then(|| format!("And {more} more."))
    }
}

fn raw(name: &'static str, value: String) -> Result<HeaderValue, NotAMessage> {
    let name = HeaderName::new_from_ascii(name.to_owned()).map_err(|error| NotAMessage::Parts(error.to_string()))?;
    Ok(HeaderValue::new(name, value))
}

/// One line of text: line breaks and characters that could rewrite what stands around them become
/// spaces.
fn line(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() || is_forbidden(c) { ' ' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use mail_parser::{MessageParser, MimeHeaders as _};

    const AT: &str = "2026-11-22T09:00:00Z";

    fn entry(title: &str, body: &str) -> Entry {
        Entry { title: title.to_owned(), body: body.to_owned(), href: "/inbox".to_owned(), at: AT.parse().unwrap() }
    }

    fn formatted(entries: &[Entry], address: &str) -> Result<Vec<u8>, NotAMessage> {
        let digest = Digest {
            id: DigestId::new(AT.parse().unwrap(), [7; 10]),
            kind: NotificationKind::DecisionWaiting,
            address,
            made: AT.parse().unwrap(),
            entries,
            zone: &TimeZone::UTC,
        };
        digest.message(&"Countersign <id@example.org>".parse().unwrap(), "https://id.example").map(|m| m.formatted())
    }

    #[test]
    fn text_and_html_say_the_same_and_the_same_digest_is_the_same_mail() {
        let entries = [entry("REQ-2026-000001 waits", "Due tomorrow, Ö."), entry("REQ-2026-000002 waits", "")];
        let mail = formatted(&entries, "bea@example.org").unwrap();
        assert_eq!(mail, formatted(&entries, "bea@example.org").unwrap());
        let parsed = MessageParser::default().parse(&mail).unwrap();
        assert_eq!(parsed.subject(), Some("Countersign: 2 decisions wait for you"));
        assert_eq!(parsed.content_type().map(|c| (c.ctype(), c.subtype())), Some(("multipart", Some("alternative"))));
        let (text, html) = (parsed.body_text(0).unwrap(), parsed.body_html(0).unwrap());
        for said in ["REQ-2026-000001 waits", "Due tomorrow, Ö.", "REQ-2026-000002 waits", "https://id.example/inbox", "22 Nov 2026 09:00"]
        {
            assert!(text.contains(said) && html.contains(said), "{said}");
        }
        assert!(!html.contains("<img") && !html.contains("src="), "nothing is fetched when the mail is opened");
    }

    #[test]
    fn a_title_can_neither_add_a_header_nor_markup() {
        let nasty = "x\r\nBcc: evil@example.org\r\n\r\n<script>alert(1)</script>\u{202E}\"&";
        let mail = formatted(&[entry(nasty, nasty)], "bea@example.org").unwrap();
        let parsed = MessageParser::default().parse(&mail).unwrap();
        assert!(parsed.bcc().is_none());
        let names: Vec<&str> = parsed.headers().iter().map(|h| h.name()).collect();
        assert_eq!(names, ["Message-ID", "Date", "From", "To", "Subject", "Auto-Submitted", "List-ID", "MIME-Version", "Content-Type"]);
        let (text, html) = (parsed.body_text(0).unwrap(), parsed.body_html(0).unwrap());
        assert!(text.contains("* x Bcc: evil@example.org <script>alert(1)</script> \"& ("), "{text}");
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt; &quot;&amp;") && !html.contains("<script"), "{html}");
    }

    #[test]
    fn an_address_that_is_none_is_refused() {
        for address in
            ["", "bea", "bea@", "a b@example.org", "bea@example.org\r\nBcc: evil@example.org", "<bea@example.org>, evil@example.org"]
        {
            assert!(matches!(formatted(&[entry("x", "")], address), Err(NotAMessage::Address)), "{address:?}");
            assert!(!is_address(address));
        }
        assert!(is_address("bea@example.org"));
    }

    #[test]
    fn a_long_digest_says_how_much_more_there_is() {
        let entries: Vec<Entry> = (0..53).map(|n| entry(&format!("Number {n}"), "")).collect();
        let mail = formatted(&entries, "bea@example.org").unwrap();
        let parsed = MessageParser::default().parse(&mail).unwrap();
        let text = parsed.body_text(0).unwrap();
        assert!(parsed.subject().is_some_and(|s| s.contains("53 ")) && text.contains("Number 49") && !text.contains("Number 50"));
        assert!(text.contains("And 3 more. https://id.example/notifications"));
    }
}
