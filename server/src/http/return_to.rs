//! Where to go after signing in: an address of ours or nowhere.

const LONGEST: usize = 2_000;

/// The address, if it is a page of this site.
pub fn page(address: &str) -> Option<&str> {
    let plain = address.len() <= LONGEST && address.bytes().all(|b| (0x21..0x7f).contains(&b) && b != b'\\');
    let elsewhere = address.starts_with("//") || !address.starts_with('/');
    let no_page = ["/sign-out", "/theme", "/healthz", "/csp-report", "/favicon.ico"].contains(&path(address))
        || address.starts_with("/api/")
        || address.starts_with("/pkg/");
    (plain && !elsewhere && !no_page).then_some(address)
}

/// The address, if it is a page of this site for people who are signed in.
pub fn local(address: &str) -> Option<&str> {
    page(address).filter(|address| !["/sign-in", "/setup"].contains(&path(address)))
}

fn path(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or(address)
}

/// A value for a query string.
pub fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~' | b'/');
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_site_are_gone_back_to() {
        for page in ["/", "/requests/new?application=42", "/inbox#top"] {
            assert_eq!(local(page), Some(page));
        }
        for other in [
            "",
            "//evil",
            "/\\evil",
            "\\evil",
            "https:evil",
            "https://evil",
            "javascript:alert(1)",
            "/a\r\nb",
            "/a b",
            "/sign-in?x",
            "/api/x",
            "inbox",
            "/\u{e9}",
        ] {
            assert_eq!(local(other), None, "{other}");
        }
    }

    #[test]
    fn a_value_cannot_end_the_query() {
        assert_eq!(encoded("/a?b=c&d=é#"), "/a%3Fb%3Dc%26d%3D%C3%A9%23");
    }
}
