//! Where it leads.

use crate::bench::{Scripted, get, out_with, reach};
use crate::machine::Machine;
use connector::http::{Limits, MachineNames, Networks, Reach, why_not};
use connector::{Fault, Retry};
use std::sync::Arc;

#[test]
fn only_public_addresses_may_be_spoken_to() {
    let refused = "0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.0.3 169.254.0.1 169.254.169.254 \
         172.16.0.1 172.31.255.255 192.0.0.8 192.0.0.170 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 \
         224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::2 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:10.0.0.1 \
         64:ff9b::1 64:ff9b::8.8.8.8 64:ff9b:1::1 100::1 2001::1 2001:20::1 2001:db8::1 2002:7f00:1:: 3fff::1 5f00::1 fc00::1 fd12:3456::1 \
         fe80::1 febf::1 fec0::1 ff02::1 ff0e::1";
    for address in refused.split_whitespace() {
        assert!(why_not(address.parse().unwrap(), &Networks::default()).is_some(), "{address} may be spoken to");
    }
    let fine = "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1 169.253.255.255 169.255.0.0 \
         172.15.255.255 172.32.0.0 192.0.1.1 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 203.0.112.1 223.255.255.255 \
         ::ffff:8.8.8.8 2001:200::1 2001:4860:4860::8888 2606:4700::1111 2a00:1450::1 3ffe::1";
    for address in fine.split_whitespace() {
        assert_eq!(why_not(address.parse().unwrap(), &Networks::default()), None, "{address} may not be spoken to");
    }
}

#[test]
fn an_allowed_network_opens_itself_and_nothing_beside() {
    let allowed = Networks::parse(&["10.20.0.0/16", " fd00:1::/64 ", "192.168.7.7"]).unwrap();
    for (address, fine) in [
        ("10.20.0.1", true),
        ("::ffff:10.20.255.255", true),
        ("10.21.0.1", false),
        ("fd00:1::9", true),
        ("fd00:1:0:1::9", false),
        ("192.168.7.7", true),
        ("192.168.7.8", false),
        ("169.254.169.254", false),
    ] {
        assert_eq!(why_not(address.parse().unwrap(), &allowed).is_none(), fine, "{address}");
    }
    assert!(matches!(Networks::parse(&["10.20.0.0/33"]), Err(Fault::Misconfigured { field: "allowed_networks", .. })));
    assert!(matches!(Networks::parse(&["intranet"]), Err(Fault::Misconfigured { .. })));
}

#[tokio::test]
async fn every_spelling_of_an_inner_address_is_refused() {
    let out = out_with(Limits::default(), reach(&[]), Arc::new(MachineNames));
    for spelling in [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://017700000001/",
        "http://127.0.0.1./",
        "http://①②⑦.0.0.1/",
        "http://0/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[0:0:0:0:0:ffff:a9fe:a9fe]/latest/meta-data/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1]/",
        "http://[64:ff9b::7f00:1]/",
    ] {
        assert!(matches!(out.address(spelling), Err(Fault::NotAllowed { .. })), "{spelling}");
        assert!(matches!(get(&out, spelling).await, Err(Fault::NotAllowed { .. })), "{spelling} when it is used");
    }
}

#[tokio::test]
async fn an_address_has_a_scheme_that_is_allowed_and_no_user() {
    let strict = out_with(Limits::default(), Reach { plain_http: false, ..reach(&[]) }, Arc::new(MachineNames));
    for (address, word) in [
        ("https://machine.example/scim/v2", None),
        ("http://machine.example/", Some("not_allowed")),
        ("ftp://machine.example/", Some("not_allowed")),
        ("file:///etc/passwd", Some("not_allowed")),
        ("https://user@machine.example/", Some("not_allowed")),
        ("https://user:password@machine.example/", Some("not_allowed")),
        ("machine.example", Some("misconfigured")),
        ("", Some("misconfigured")),
    ] {
        assert_eq!(strict.address(address).err().map(|fault| fault.word()), word, "{address}");
    }
}

#[tokio::test]
async fn a_name_that_later_leads_inside_is_refused_when_the_connection_is_made() {
    let machine = Machine::answering("200 OK", "", "{}").await;
    let names = Scripted::new(&[&["127.0.0.1"], &["169.254.169.254"]]);
    let out = out_with(Limits::default(), reach(&["127.0.0.1"]), names);
    let url = machine.url("turning.example");
    assert!(out.address(&url).is_ok());
    assert_eq!(get(&out, &url).await, Ok(200));
    let fault = get(&out, &url).await.unwrap_err();
    assert!(matches!(fault, Fault::NotAllowed { .. }), "{fault:?}");
    assert_eq!(fault.retry(), Retry::No);
    let sentence = fault.to_string();
    assert!(sentence.contains("turning.example") && !sentence.contains("169.254.169.254"), "{sentence}");
    assert_eq!(machine.heard().len(), 1);
}

#[tokio::test]
async fn of_several_addresses_only_the_allowed_ones_are_used() {
    let machine = Machine::answering("200 OK", "", "{}").await;
    let out = out_with(Limits::default(), reach(&["127.0.0.1"]), Scripted::new(&[&["127.0.0.2", "::1", "127.0.0.1"]]));
    assert_eq!(get(&out, &machine.url("several.example")).await, Ok(200));
}

#[tokio::test]
async fn localhost_is_a_name_like_any_other() {
    let machine = Machine::answering("200 OK", "", "{}").await;
    let out = out_with(Limits::default(), reach(&[]), Arc::new(MachineNames));
    assert!(matches!(get(&out, &machine.url("localhost")).await, Err(Fault::NotAllowed { .. })));
    assert!(machine.heard().is_empty());
}
