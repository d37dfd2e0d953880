//! What answers mean, and what no answer means.

use crate::bench::{Scripted, get, out, out_with, reach};
use crate::machine::Machine;
use connector::http::{Ask, Limits};
use connector::{Exchanges, Fault, Retry};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use url::Url;

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
