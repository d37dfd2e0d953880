//! What it writes down.

use crate::bench::out;
use crate::machine::Machine;
use connector::http::Ask;
use connector::{Exchanges, Fault, Secret};
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

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
