//! Writing and reading a query string, the same on both sides.

/// `path` with those parameters that have a value.
#[must_use]
pub fn with(path: &str, parameters: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        parameters.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name}={}", encode(value))).collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

/// Reads a parameter from a query string; empty when it is not there, the last one when it is there
/// more than once: a button's value comes after the field's that it replaces. The router's own
/// parameters decode twice and turn a typed `%41` into `A`.
#[must_use]
pub fn parameter(search: &str, name: &str) -> String {
    search
        .trim_start_matches('?')
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .rfind(|(key, _)| decode(key) == name)
        .map(|(_, value)| decode(value))
        .unwrap_or_default()
}

/// Whether a parameter is there, with or without a value.
#[must_use]
pub fn has_parameter(search: &str, name: &str) -> bool {
    search.trim_start_matches('?').split('&').any(|pair| decode(pair.split_once('=').map_or(pair, |(key, _)| key)) == name)
}

/// Text as it may stand in a query string or a form, as a name or as a value.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.extend(
                [byte >> 4, byte & 15]
                    .into_iter()
                    .filter_map(|nibble| char::from_digit(u32::from(nibble), 16))
                    .map(|digit| digit.to_ascii_uppercase()),
            );
        }
    }
    out
}

fn decode(text: &str) -> String {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16)).and_then(|value| u8::try_from(value).ok());
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (*byte, digit(bytes.get(at + 1)), digit(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                out.push(high << 4 | low);
                at += 3;
            }
            (b'+', ..) => {
                out.push(b' ');
                at += 1;
            }
            (other, ..) => {
                out.push(other);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_that_was_sent_by_the_browser_reads_back() {
        let search = "?q=100%25+sure&empty=&flag";
        assert_eq!(parameter(search, "q"), "100% sure");
        assert_eq!(parameter(search, "empty"), "");
        assert_eq!(parameter(search, "none"), "");
        assert_eq!(parameter("ends_on=2027-02-21&ends_on=2026-12-23", "ends_on"), "2026-12-23");
        assert!(has_parameter(search, "flag") && !has_parameter(search, "none"));
    }

    #[test]
    fn any_text_survives_the_address() {
        for text in ["", "plain", "a+b=c&d", "%41 100% %", "Grüße ☂", "\u{0}\n/..?#"] {
            let path = with("/x", &[("t", text)]);
            assert!(path.is_ascii());
            let search = path.split_once('?').map_or("", |(_, search)| search);
            assert_eq!(parameter(search, "t"), text);
        }
    }
}
