//! Whom it trusts.

use crate::bench::{Scripted, get, house, out, out_with, reach};
use crate::machine::Machine;
use connector::Fault;
use connector::http::{Limits, Reach, Roots};

#[tokio::test]
async fn a_certificate_counts_when_a_trusted_authority_vouches_for_it() {
    let machine = Machine::protected("good").await;
    assert_eq!(get(&out(), &machine.url("localhost")).await, Ok(200));
    assert!(machine.heard()[0].starts_with("GET /"));
}

#[tokio::test]
async fn a_certificate_that_is_not_vouched_for_is_refused() {
    for (certificate, host, roots, part) in [
        ("self_signed", "localhost", house(), "nobody whom we trust"),
        ("good", "localhost", Roots::none(), "nobody whom we trust"),
        ("good", "localhost", Roots::of_the_machine(), "nobody whom we trust"),
        ("expired", "localhost", house(), "expired"),
        ("elsewhere", "localhost", house(), "another name"),
        ("good", "other.example", house(), "another name"),
    ] {
        let machine = Machine::protected(certificate).await;
        let names = Scripted::new(&[&["127.0.0.1"]]);
        let out = out_with(Limits::default(), Reach { roots, ..reach(&["127.0.0.1"]) }, names);
        let fault = get(&out, &machine.url(host)).await.unwrap_err();
        assert!(matches!(&fault, Fault::Unreachable { why } if why.contains(part)), "{certificate} for {host}: {fault:?}");
        assert!(machine.heard().is_empty(), "{certificate}: something was said");
    }
}

#[test]
fn root_certificates_are_read_or_named_as_wrong() {
    assert_eq!(house().count(), 1);
    for wrong in ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert!(matches!(Roots::none().and_pem(wrong), Err(Fault::Misconfigured { field: "root_certificates", .. })), "{wrong}");
    }
}
