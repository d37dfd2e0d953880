//! Which addresses connectors may speak to.
//!
//! Sources: the special-purpose address registries of IANA for IPv4 and IPv6 (RFC 6890, RFC 8190)
//! and the IPv6 global unicast assignments (2000::/3 is all there is).

use crate::fault::Fault;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

/// Networks that may be reached although they are not public, by configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Reads networks in CIDR notation (`10.20.0.0/16`, `fd00:1::/64`) or single addresses.
    ///
    /// # Errors
    /// [`Fault::Misconfigured`] names the text that is neither.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, Fault> {
        texts
            .iter()
            .map(|text| {
                let text = text.as_ref().trim();
                text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).map_err(|_| Fault::Misconfigured {
                    field: "allowed_networks",
                    why: format!("“{}” is neither a network (10.20.0.0/16) nor an address.", super::redact::plain_words(text, 60)),
                })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether an address lies in one of them. An IPv4 address written as IPv6 counts as IPv4.
    #[must_use]
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Why an address may not be spoken to; none when it may.
#[must_use]
pub fn why_not(address: IpAddr, allowed: &Networks) -> Option<&'static str> {
    let address = address.to_canonical();
    if allowed.contain(address) {
        return None;
    }
    match address {
        IpAddr::V4(address) => why_not_v4(address),
        IpAddr::V6(address) => why_not_v6(address),
    }
}

const SPECIAL_V4: [([u8; 4], u8, &str); 16] = [
    ([0, 0, 0, 0], 8, "it means this machine itself"),
    ([10, 0, 0, 0], 8, "it is a private network"),
    ([100, 64, 0, 0], 10, "it is shared between a carrier and its customers"),
    ([127, 0, 0, 0], 8, "it is this machine itself"),
    ([169, 254, 0, 0], 16, "it is link-local, where clouds keep the machine's own credentials"),
    ([172, 16, 0, 0], 12, "it is a private network"),
    ([192, 0, 0, 0], 24, "it is reserved for protocols"),
    ([192, 0, 2, 0], 24, "it is for documentation"),
    ([192, 88, 99, 0], 24, "it is a relay to IPv6"),
    ([192, 168, 0, 0], 16, "it is a private network"),
    ([198, 18, 0, 0], 15, "it is for measurements"),
    ([198, 51, 100, 0], 24, "it is for documentation"),
    ([203, 0, 113, 0], 24, "it is for documentation"),
    ([224, 0, 0, 0], 4, "it is multicast"),
    ([255, 255, 255, 255], 32, "it is broadcast"),
    ([240, 0, 0, 0], 4, "it is reserved"),
];

/// Inside 2000::/3; all else is refused without a list.
const SPECIAL_V6: [([u16; 8], u8, &str); 4] = [
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, "it is for documentation"),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, "it is reserved for protocols and tunnels"),
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, "it is a tunnel to an IPv4 address"),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, "it is for documentation"),
];

fn why_not_v4(address: Ipv4Addr) -> Option<&'static str> {
    SPECIAL_V4
        .iter()
        .find(|(network, length, _)| Ipv4Net::new(Ipv4Addr::from(*network), *length).is_ok_and(|network| network.contains(&address)))
        .map(|(_, _, why)| *why)
}

fn why_not_v6(address: Ipv6Addr) -> Option<&'static str> {
    let first = address.segments()[0];
    if first & 0xe000 != 0x2000 {
        return Some(match first {
            0 if address.is_loopback() || address.is_unspecified() => "it is this machine itself",
            0x64 => "it stands for an IPv4 address behind a translator",
            _ if first & 0xfe00 == 0xfc00 => "it is a private network",
            _ if first & 0xffc0 == 0xfe80 => "it is link-local",
            _ if first & 0xff00 == 0xff00 => "it is multicast",
            _ => "it is not a public address",
        });
    }
    SPECIAL_V6
        .iter()
        .find(|(network, length, _)| Ipv6Net::new(Ipv6Addr::from(*network), *length).is_ok_and(|network| network.contains(&address)))
        .map(|(_, _, why)| *why)
}

/// Looks at an address before anything is sent: its scheme, its user, and its host when that is
/// written as a number. Names are looked at when they are resolved.
pub(super) fn check(url: &Url, allowed: &Networks, plain_http: bool) -> Result<(), Fault> {
    let refuse = |why: &str| Err(Fault::NotAllowed { why: why.to_owned() });
    match url.scheme() {
        "https" => {}
        "http" if plain_http => {}
        "http" => return refuse("it begins with http, so anyone on the way could read along; use https."),
        _ => return refuse("it begins neither with https nor with http."),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("it holds a user or a password; those belong into the fields for them.");
    }
    let literal = match url.host() {
        None => return refuse("it names no machine."),
        Some(Host::Domain(_)) => None,
        // The `url` crate has read 0x7f.1, 017700000001 and 2130706433 as the numbers that they are.
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
    };
    match literal.and_then(|address| why_not(address, allowed).map(|why| (address, why))) {
        Some((address, why)) => Err(not_allowed(&address.to_canonical().to_string(), why)),
        None => Ok(()),
    }
}

/// The sentence for an address that is not allowed. `host` is what the settings say, never what a
/// name resolved to: that would draw a map of our network.
pub(super) fn not_allowed(host: &str, why: &str) -> Fault {
    let host = super::redact::plain_words(host, 120);
    Fault::NotAllowed { why: format!("what {host} leads to is not public ({why}). An administrator can allow its network.") }
}
