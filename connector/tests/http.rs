//! The one way out: where it leads, whom it trusts, how long it waits, what it writes down.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers as well")]

mod machine;
mod support;

use async_trait::async_trait;
use connector::http::{Ask, Gate, HttpOut, Limits, MachineNames, Names, Networks, Reach, Roots, Throughput, why_not};
use connector::{Exchanges, Fault, Retry, Secret};
use machine::Machine;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::RuntimeTime;
use url::Url;

/// Names that lead where the test says, one answer after the other; the last one stays.
struct Scripted(Mutex<VecDeque<Vec<IpAddr>>>);

impl Scripted {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let answers = answers.iter().map(|addresses| addresses.iter().map(|address| address.parse().unwrap()).collect()).collect();
        Arc::new(Self(Mutex::new(answers)))
    }
}

#[async_trait]
impl Names for Scripted {
    async fn addresses(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
        let mut answers = self.0.lock().unwrap();
        let next = answers.front().cloned().ok_or(std::io::ErrorKind::NotFound)?;
        if answers.len() > 1 {
            answers.pop_front();
        }
        Ok(next)
    }
}

fn house() -> Roots {
    Roots::none().and_pem(include_str!("certificates/authority.pem")).unwrap()
}

fn reach(networks: &[&str]) -> Reach {
    Reach { networks: Networks::parse(networks).unwrap(), plain_http: true, roots: house() }
}

fn out_with(limits: Limits, reach: Reach, names: Arc<dyn Names>) -> HttpOut {
    // A gate that is in nobody's way.
    let gate = Gate::new(throughput(1000, 1000, 1000, 60), RuntimeTime::new());
    HttpOut::new(limits, reach, Arc::new(gate), RuntimeTime::new(), names).unwrap()
}

/// May speak to this machine; every name leads here.
fn out() -> HttpOut {
    out_with(Limits::default(), reach(&["127.0.0.1"]), Scripted::new(&[&["127.0.0.1"]]))
}

async fn get(out: &HttpOut, url: &str) -> Result<u16, Fault> {
    out.send(Ask::new("look", Method::GET, Url::parse(url).unwrap()), &mut Exchanges::default()).await.map(|answer| answer.status())
}

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

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let target = Machine::answering("200 OK", "", "{}").await;
    for status in ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let machine = Machine::answering(status, &format!("location: {}\r\n", target.url("127.0.0.1")), "").await;
        let fault = get(&out(), &machine.url("machine.example")).await.unwrap_err();
        assert!(matches!(&fault, Fault::Refused { said } if said.contains("redirects are not followed")), "{status}: {fault:?}");
    }
    assert!(target.heard().is_empty());
}

#[tokio::test]
async fn each_status_has_its_meaning() {
    let seconds = |wait: u64| Fault::Throttled { retry_after: Some(Duration::from_secs(wait)) };
    let said = |said: &str| Fault::Refused { said: said.to_owned() };
    let garbage = "{\"detail\":\"  No\\u0000\\r\\nsuch\\u202e  group\\u001b[31m  \"}";
    let long = json!({ "detail": "x".repeat(400) }).to_string();
    let cut = format!("400: {}…", "x".repeat(300));
    for (status, headers, body, fault) in [
        ("400 Bad Request", "", garbage, said("400: No such group [31m")),
        ("400 Bad Request", "", long.as_str(), said(&cut)),
        ("400 Bad Request", "", "{\"error\":\"invalid_token\",\"error_description\":\"Gone.\"}", said("400: Gone.")),
        ("401 Unauthorized", "", "<html>", said("401: the machine does not accept our credentials.")),
        ("403 Forbidden", "", "", said("403: the machine does not allow us this.")),
        ("404 Not Found", "", "", said("404: there is nothing at this address.")),
        ("409 Conflict", "", "{\"detail\":7}", said("409: the machine said no and gave no reason.")),
        ("429 Too Many Requests", "", "", Fault::Throttled { retry_after: None }),
        ("429 Too Many Requests", "retry-after: 7\r\n", "", seconds(7)),
        ("429 Too Many Requests", "retry-after: 99999999999999999999999\r\n", "", seconds(3600)),
        ("429 Too Many Requests", "retry-after: -5\r\n", "", Fault::Throttled { retry_after: None }),
        ("429 Too Many Requests", "retry-after: soon\r\n", "", Fault::Throttled { retry_after: None }),
        ("503 Service Unavailable", "retry-after: Sun, 06 Nov 1994 08:51:37 GMT\r\n", "", seconds(120)),
        ("503 Service Unavailable", "retry-after: Sunday, 06-Nov-94 08:51:37 GMT\r\n", "", seconds(120)),
        ("503 Service Unavailable", "retry-after: Sun Nov  6 08:51:37 1994\r\n", "", seconds(120)),
        ("503 Service Unavailable", "retry-after: Sun, 06 Nov 1994 08:00:00 GMT\r\n", "", seconds(0)),
        ("503 Service Unavailable", "retry-after: Tue, 31 Dec 2199 23:59:59 GMT\r\n", "", seconds(3600)),
        ("503 Service Unavailable", "", "", Fault::Broken { status: 503 }),
        ("500 Internal Server Error", "retry-after: 7\r\n", "", Fault::Broken { status: 500 }),
        ("501 Not Implemented", "", "", Fault::Broken { status: 501 }),
        ("599 Odd", "", "", Fault::Broken { status: 599 }),
    ] {
        let machine = Machine::answering(status, headers, body).await;
        assert_eq!(get(&out(), &machine.url("machine.example")).await, Err(fault), "{status} {headers} {body}");
    }
    let machine = Machine::answering("408 Request Timeout", "", "").await;
    assert!(matches!(get(&out(), &machine.url("machine.example")).await, Err(Fault::Unclear { .. })));
}

#[tokio::test]
async fn a_status_that_is_asked_for_is_an_answer() {
    for (status, number) in
        [("404 Not Found", 404), ("412 Precondition Failed", 412), ("501 Not Implemented", 501), ("304 Not Modified", 304)]
    {
        let machine = Machine::answering(status, "etag: W/\"1\"\r\n", "").await;
        let ask = Ask::new("look", Method::GET, Url::parse(&machine.url("machine.example")).unwrap()).also(&[304, 404, 412, 501]);
        let answer = out().send(ask, &mut Exchanges::default()).await.unwrap();
        assert_eq!((answer.status(), answer.header("ETag"), answer.is_empty()), (number, Some("W/\"1\""), true));
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_garbled_and_not_quoted() {
    for body in ["", "<html>hunter22</html>", "{\"id\":", "{\"id\":7}", "[]", "\u{feff}{}"] {
        let machine = Machine::answering("200 OK", "", body).await;
        let ask = Ask::new("look", Method::GET, Url::parse(&machine.url("machine.example")).unwrap());
        let answer = out().send(ask, &mut Exchanges::default()).await.unwrap();
        #[derive(Debug, serde::Deserialize)]
        struct Wanted {
            #[expect(dead_code, reason = "only its kind matters")]
            id: String,
        }
        let fault = answer.json::<Wanted>().unwrap_err();
        assert!(matches!(&fault, Fault::Garbled { why } if !why.contains("hunter22")), "{body}: {fault:?}");
    }
}

#[tokio::test]
async fn no_more_is_read_than_allowed() {
    let limits = Limits { largest_answer: 1000, ..Limits::default() };
    for (length, fine) in [(998, true), (1000, true), (1001, false), (5_000_000, false)] {
        let body = format!("\"{}\"", "x".repeat(length - 2));
        let machine = Machine::answering("200 OK", "", &body).await;
        let out = out_with(limits, reach(&["127.0.0.1"]), Scripted::new(&[&["127.0.0.1"]]));
        let came = get(&out, &machine.url("machine.example")).await;
        match came {
            Ok(_) => assert!(fine, "{length}"),
            Err(fault) => assert!(matches!(&fault, Fault::Garbled { why } if why.contains("1000 bytes") && !fine), "{length}: {fault:?}"),
        }
    }
    // What was refused stays refused, however much the machine has to say about it.
    let machine = Machine::answering("403 Forbidden", "", &"x".repeat(5000)).await;
    let out = out_with(limits, reach(&["127.0.0.1"]), Scripted::new(&[&["127.0.0.1"]]));
    assert!(matches!(get(&out, &machine.url("machine.example")).await, Err(Fault::Refused { .. })));
}

#[tokio::test]
async fn a_machine_that_is_not_there_is_unreachable() {
    let gone = Machine::gone().await;
    let fault = get(&out(), &gone).await.unwrap_err();
    assert_eq!(fault, Fault::Unreachable { why: "nothing is listening at this address.".to_owned() });
    let nameless = out_with(Limits::default(), reach(&["127.0.0.1"]), Scripted::new(&[]));
    let fault = get(&nameless, "http://unknown.example/").await.unwrap_err();
    assert_eq!(fault, Fault::Unreachable { why: "its name is not known.".to_owned() });
    assert_eq!(fault.retry(), Retry::Later);
}

#[tokio::test]
async fn a_name_that_leads_nowhere_is_unreachable() {
    let nowhere = out_with(Limits::default(), reach(&[]), Scripted::new(&[&[]]));
    assert!(matches!(get(&nowhere, "http://empty.example/").await, Err(Fault::Unreachable { .. })));
}

#[tokio::test]
async fn when_no_answer_comes_in_time_it_is_not_known_what_happened() {
    for begun in ["", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{"] {
        let mut machine = Machine::hanging(begun).await;
        let (out, url) = (out(), machine.url("machine.example"));
        let mut call = tokio::spawn(async move { get(&out, &url).await });
        tokio::select! {
            came = &mut call => panic!("nothing was waited for: {came:?}"),
            () = machine.arrived() => {}
        }
        // From here on nothing more comes, and time passes as soon as nobody has anything to do.
        tokio::time::pause();
        // Jumps as well, so a way out without a limit is noticed at once.
        let came = tokio::time::timeout(Duration::from_secs(60), call).await;
        let fault = came.unwrap().unwrap().unwrap_err();
        assert!(matches!(fault, Fault::Unclear { after } if after >= Duration::from_secs(19)), "{begun}: {fault:?}");
        assert_eq!(fault.retry(), Retry::Later);
        tokio::time::resume();
    }
}

#[tokio::test]
async fn when_the_answer_breaks_off_it_is_not_known_what_happened() {
    for begun in ["", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{"] {
        let machine = Machine::raw(begun).await;
        assert!(matches!(get(&out(), &machine.url("machine.example")).await, Err(Fault::Unclear { .. })), "{begun}");
        assert_eq!(machine.heard().len(), 1, "it was asked again");
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_stays_in_the_record() {
    let mut machine = Machine::hanging("").await;
    let (out, mut log) = (out(), Exchanges::default());
    let ask = Ask::new("create_account", Method::POST, Url::parse(&machine.url("machine.example")).unwrap());
    tokio::select! {
        _ = out.send(ask, &mut log) => panic!("no answer was sent"),
        () = machine.arrived() => {}
    }
    assert_eq!(log.0.len(), 1);
    assert_eq!((log.0[0].purpose.as_str(), log.0[0].status), ("create_account", None));
}

#[tokio::test]
async fn what_is_written_down_holds_no_secret() {
    let echo = json!({
        "id": "17",
        "accessToken": "t0p-secret-a",
        "nested": [{ "Client-Secret": { "deep": "t0p-secret-b" } }],
        "detail": "you sent t0p-secret-bearer",
        "Operations": [{ "op": "replace", "path": "password", "value": "t0p-secret-c" }],
    });
    let machine = Machine::answering("200 OK", "set-cookie: session=t0p-secret-d\r\n", &echo.to_string()).await;
    let url = Url::parse(&format!("{}Users?filter=t0p-secret-e#t0p-secret-f", machine.url("machine.example"))).unwrap();
    let body = json!({ "userName": "ada", "PASSWORD": "t0p-secret-g", "list": [[{ "api_key": 7 }]], "authorization": null });
    let ask = Ask::new("create_account", Method::POST, url)
        .bearer(&Secret::new("t0p-secret-bearer"))
        .and_then(|ask| ask.header("x-signature", "t0p-secret-h"))
        .and_then(|ask| ask.json("application/scim+json", &body))
        .unwrap();
    let mut log = Exchanges::default();
    let answer = out().send(ask, &mut log).await.unwrap();
    assert_eq!(answer.json::<Value>().unwrap()["accessToken"], "t0p-secret-a", "the caller gets everything");
    let heard = machine.heard()[0].to_lowercase();
    assert!(heard.contains("authorization: bearer t0p-secret-bearer") && heard.contains("content-type: application/scim+json"), "{heard}");
    assert!(heard.contains("user-agent: countersign/") && heard.contains("post /users?filter="), "{heard}");
    let record = &log.0[0];
    let written = serde_json::to_string(record).unwrap();
    assert!(!written.contains("t0p-secret"), "{written}");
    assert_eq!(record.address, format!("{}Users", machine.url("machine.example")));
    assert_eq!((record.method.as_str(), record.status), ("POST", Some(200)));
    let request = record.request.clone().unwrap();
    assert_eq!(
        request,
        json!({ "userName": "ada", "PASSWORD": "[removed]", "list": [[{ "api_key": "[removed]" }]], "authorization": "[removed]" })
    );
    let written = record.answer.clone().unwrap();
    assert_eq!((&written["id"], &written["detail"]), (&json!("17"), &json!("you sent [removed]")));
    assert_eq!(written["Operations"][0], json!({ "op": "replace", "path": "password", "value": "[removed]" }));
}

#[tokio::test]
async fn a_refusal_does_not_repeat_our_own_secret() {
    let machine = Machine::answering("401 Unauthorized", "", "{\"detail\":\"token t0p-secret-bearer is old\"}").await;
    let ask = || Ask::new("look", Method::GET, Url::parse(&machine.url("machine.example")).unwrap());
    let knowing = || ask().bearer(&Secret::new("t0p-secret-bearer")).unwrap();
    let said = |said: &str| Fault::Refused { said: said.to_owned() };
    let mut log = Exchanges::default();
    assert_eq!(out().send(ask(), &mut log).await.unwrap_err(), said("401: token t0p-secret-bearer is old"));
    assert_eq!(out().send(knowing(), &mut log).await.unwrap_err(), said("401: token [removed] is old"));
    assert_eq!(out().send(knowing().also(&[401]), &mut log).await.unwrap().refused(), said("401: token [removed] is old"));
}

#[tokio::test]
async fn what_is_written_down_is_shortened_after_secrets_are_removed() {
    for filler in ["x", "\"", "\\", "ü", "\u{1}", "😀"] {
        let body = json!({ "text": filler.repeat(20_000), "password": "t0p-secret", "z": "end" }).to_string();
        let machine = Machine::answering("200 OK", "", &body).await;
        let mut log = Exchanges::default();
        out().send(Ask::new("look", Method::GET, Url::parse(&machine.url("machine.example")).unwrap()), &mut log).await.unwrap();
        let written = log.0[0].answer.clone().unwrap();
        assert!(written.to_string().len() <= connector::http::LARGEST_RECORD, "{filler}: {}", written.to_string().len());
        assert_eq!(written["bytes"], json!(body.len()));
        assert!(!written.to_string().contains("t0p-secret"));
    }
}

#[test]
fn secrets_that_headers_cannot_carry_are_named_without_being_told() {
    let ask = || Ask::new("look", Method::GET, Url::parse("https://machine.example/").unwrap());
    let fault = ask().bearer(&Secret::new("two\nlines")).unwrap_err();
    assert!(matches!(&fault, Fault::Misconfigured { field: "secret", why } if !why.contains("lines")), "{fault:?}");
    assert!(matches!(ask().header("x-reference", "two\nlines"), Err(Fault::Misconfigured { field: "headers", .. })));
    assert!(matches!(ask().basic("a:b", &Secret::new("x")), Err(Fault::Misconfigured { field: "user", .. })));
    let shown = format!("{:?}", ask().bearer(&Secret::new("t0p-secret")).unwrap());
    assert!(!shown.contains("t0p-secret"), "{shown}");
}

#[test]
fn a_time_to_connect_that_is_not_shorter_than_the_whole_is_refused() {
    let limits = Limits { connect: Duration::from_secs(20), ..Limits::default() };
    let surroundings = Arc::new(Frozen);
    let gate = Arc::new(Gate::new(throughput(1, 1, 1, 1), surroundings.clone()));
    let came = HttpOut::new(limits, reach(&[]), gate, surroundings, Arc::new(MachineNames));
    assert!(matches!(came.err(), Some(Fault::Misconfigured { field: "timeouts", .. })));
}

struct Frozen;

impl connector::Surroundings for Frozen {
    fn micros(&self) -> u64 {
        0
    }
    fn unix_seconds(&self) -> i64 {
        0
    }
}

#[test]
fn a_proxy_from_the_environment_is_not_used() {
    // The environment belongs to the whole program, so the call is made in one of its own.
    if std::env::var_os("CALLS_THE_MACHINE").is_some() {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (machine, proxy) =
        runtime.block_on(async { (Machine::answering("200 OK", "", "{}").await, Machine::answering("200 OK", "", "{}").await) });
    let proxied = proxy.url("127.0.0.1");
    let done = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "calls_the_machine_of_the_environment"])
        .env("CALLS_THE_MACHINE", machine.url("machine.example"))
        .envs([("HTTP_PROXY", &proxied), ("http_proxy", &proxied), ("ALL_PROXY", &proxied), ("all_proxy", &proxied)])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
    assert_eq!((machine.heard().len(), proxy.heard().len()), (1, 0));
}

/// The inner half of the test above; by itself it calls a machine of its own.
#[tokio::test]
async fn calls_the_machine_of_the_environment() {
    let machine = Machine::answering("200 OK", "", "{}").await;
    let url = std::env::var("CALLS_THE_MACHINE").unwrap_or_else(|_| machine.url("machine.example"));
    assert_eq!(get(&out(), &url).await, Ok(200));
}

fn throughput(at_once: u32, per_second: u32, burst: u32, longest_wait: u64) -> Throughput {
    let number = |number| NonZeroU32::new(number).unwrap();
    Throughput {
        at_once: number(at_once),
        per_second: number(per_second),
        burst: number(burst),
        longest_wait: Duration::from_secs(longest_wait),
    }
}

#[tokio::test(start_paused = true)]
async fn a_gate_lets_a_burst_through_and_then_keeps_the_pace() {
    let time = RuntimeTime::new();
    let gate = Gate::new(throughput(100, 2, 3, 60), time.clone());
    let start = tokio::time::Instant::now();
    let mut passed = Vec::new();
    for _ in 0..7 {
        drop(gate.pass().await.unwrap());
        passed.push(start.elapsed().as_millis());
    }
    for (passed, due) in passed.iter().zip([0, 0, 0, 500, 1000, 1500, 2000]) {
        assert!(passed.abs_diff(due) <= 2, "{passed} instead of {due}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_gate_lets_no_more_calls_through_at_once_than_allowed() {
    let gate = Gate::new(throughput(2, 1000, 1000, 5), RuntimeTime::new());
    let first = gate.pass().await.unwrap();
    let _second = gate.pass().await.unwrap();
    let fault = gate.pass().await.unwrap_err();
    assert_eq!(fault, Fault::Throttled { retry_after: Some(Duration::from_secs(5)) });
    assert!(!fault.counts_against());
    drop(first);
    assert!(gate.pass().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_would_wait_too_long_is_given_back_at_once() {
    let gate = Gate::new(throughput(100, 1, 1, 2), RuntimeTime::new());
    let start = tokio::time::Instant::now();
    let passes = futures::future::join_all((0..5).map(|_| gate.pass())).await;
    assert_eq!(passes.iter().filter(|pass| pass.is_ok()).count(), 3);
    assert!(start.elapsed() < Duration::from_millis(2100));
    assert!(matches!(passes[4], Err(Fault::Throttled { retry_after: Some(wait) }) if wait > Duration::from_secs(2)));
}
