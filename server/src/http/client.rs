//! From where a request came. `X-Forwarded-For` is believed from the proxies that the settings
//! name, and from nobody else.

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap, header};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Longest name of a browser that is kept.
const LONGEST_AGENT: usize = 200;

/// Whose word about the client's address counts.
#[derive(Clone, Debug, Default)]
pub struct Forwarding {
    /// The proxies.
    pub trusted: Vec<IpAddr>,
}

impl Forwarding {
    /// The client's address.
    pub fn client(&self, extensions: &Extensions, headers: &HeaderMap) -> IpAddr {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip().to_canonical());
        if !self.trusted.contains(&peer) {
            return peer;
        }
        let hops = headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|hop| hop.trim().parse::<IpAddr>());
        let hops: Vec<IpAddr> = hops.map_while(Result::ok).map(|hop| hop.to_canonical()).collect();
        // The last hop that no proxy of ours wrote about itself is the one our proxy saw.
        hops.into_iter().rev().find(|hop| !self.trusted.contains(hop)).unwrap_or(peer)
    }
}

/// How the browser names itself.
pub fn user_agent(headers: &HeaderMap) -> Option<String> {
    let name = headers.get(header::USER_AGENT)?.to_str().ok()?;
    Some(name.chars().take(LONGEST_AGENT).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: Option<&str>) -> String {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 9)));
        let mut headers = HeaderMap::new();
        if let Some(value) = forwarded {
            headers.insert("x-forwarded-for", value.parse().unwrap());
        }
        Forwarding { trusted: vec!["10.0.0.1".parse().unwrap()] }.client(&extensions, &headers).to_string()
    }

    #[test]
    fn only_a_named_proxy_may_say_who_the_client_is() {
        assert_eq!(client("192.0.2.9", Some("198.51.100.1")), "192.0.2.9");
        assert_eq!(client("10.0.0.1", Some("203.0.113.7, 198.51.100.1")), "198.51.100.1");
        assert_eq!(client("10.0.0.1", Some("198.51.100.1, 10.0.0.1")), "198.51.100.1");
        assert_eq!(client("10.0.0.1", None), "10.0.0.1");
        assert_eq!(client("::ffff:192.0.2.9", None), "192.0.2.9");
    }
}
