//! Our two cookies: the session's, which scripts cannot read, and the choice of colours.

use crate::config::Config;
use axum::http::HeaderMap;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};

/// Name of the cookie with the choice of colours; `app::ui::theme` writes it too.
pub const THEME: &str = "theme";
const ONE_YEAR_SECONDS: i64 = 31_536_000;

/// Name of the session cookie. `__Host-` makes browsers insist on Secure, on the root path and on
/// this very host; without TLS they would refuse it.
pub fn session_name(config: &Config) -> &'static str {
    if config.is_https() { "__Host-countersign" } else { "countersign" }
}

/// The session token a request came with.
pub fn session_token(headers: &HeaderMap, config: &Config) -> Option<String> {
    CookieJar::from_headers(headers).get(session_name(config)).map(|cookie| cookie.value().to_owned())
}

/// `Set-Cookie` for a session token. It lasts as long as the browser runs; the server ends it
/// earlier. Lax, so that a link in a mail finds its reader signed in; changes have the guard.
pub fn session(config: &Config, token: String) -> String {
    let mut cookie = base(config, session_name(config), token);
    cookie.set_http_only(true);
    cookie.to_string()
}

/// `Set-Cookie` that removes the session token.
pub fn no_session(config: &Config) -> String {
    format!("{}; Max-Age=0", session(config, String::new()))
}

/// `Set-Cookie` for the choice of colours.
pub fn theme(config: &Config, word: &'static str) -> String {
    format!("{}; Max-Age={ONE_YEAR_SECONDS}", base(config, THEME, word.to_owned()))
}

/// The choice of colours a request came with.
pub fn theme_word(headers: &HeaderMap) -> Option<String> {
    CookieJar::from_headers(headers).get(THEME).map(|cookie| cookie.value().to_owned())
}

fn base(config: &Config, name: &'static str, value: String) -> Cookie<'static> {
    Cookie::build((name, value)).path("/").same_site(SameSite::Lax).secure(config.is_https()).build()
}
