//! What browsers report about our content security policy: a fault of ours, or an attack.

use axum::body::Bytes;
use axum::http::StatusCode;
use serde_json::Value;

/// Longest text that is logged.
const LONGEST: usize = 200;

/// Logs the parts of a report that cannot hold what people typed.
pub async fn receive(body: Bytes) -> StatusCode {
    let report: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |name: &str| report["csp-report"][name].as_str().map(shortened);
    tracing::warn!(
        directive = text("effective-directive"),
        blocked = text("blocked-uri"),
        page = text("document-uri"),
        "a browser reports a breach of the content security policy"
    );
    StatusCode::NO_CONTENT
}

/// Without query, fragment and anything that could change how the log reads.
fn shortened(text: &str) -> String {
    let head = text.split(['?', '#']).next().unwrap_or_default();
    head.chars().filter(char::is_ascii_graphic).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_cut_and_cleaned_before_it_is_logged() {
        assert_eq!(shortened("https://id.example/a?token=secret#x"), "https://id.example/a");
        assert_eq!(shortened("in\nline\u{1b}[31m\u{202e}"), "inline[31m");
        assert_eq!(shortened(&"x".repeat(900)).len(), LONGEST);
    }
}
