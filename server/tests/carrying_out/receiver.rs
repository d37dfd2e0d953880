//! A receiver of signed messages that answers as it is told, remembers what it answered, and says what is
//! there.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use connector::Secret;
use connector::webhook::signing::{SigningSecrets, verify};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How steps are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Done, and the answer says so.
    Does,
    /// Not done, and the answer says that it is.
    SaysSo,
    /// Taken on; what came of it would follow.
    Later,
    /// Status 500. Nothing happens.
    Fails,
}

/// A receiver, and the address that it takes messages at.
pub struct Receiver {
    pub url: String,
    inside: Arc<Mutex<Inside>>,
}

struct Inside {
    secrets: SigningSecrets,
    manner: Manner,
    messages: Vec<Value>,
    answered: HashMap<String, (StatusCode, Value)>,
    held: BTreeSet<String>,
}

impl Receiver {
    pub async fn start(secret: &str) -> Self {
        let secrets = SigningSecrets::parse(&Secret::new(secret)).unwrap();
        let inside = Inside { secrets, manner: Manner::Does, messages: vec![], answered: HashMap::new(), held: BTreeSet::new() };
        let inside = Arc::new(Mutex::new(inside));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/access", listener.local_addr().unwrap());
        let router = Router::new().route("/access", post(take)).with_state(inside.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, inside }
    }

    /// The settings of a connection to it: it reads back, undoes and may answer later.
    pub fn settings(&self) -> Value {
        json!({ "url": self.url, "accounts": false, "reads_back": true, "undoes": true, "answers_later": true, "calls_per_second": 100 })
    }

    pub fn behave(&self, manner: Manner) {
        self.inside.lock().unwrap().manner = manner;
    }

    /// Messages so far, those with a wrong signature included.
    pub fn asked(&self) -> usize {
        self.inside.lock().unwrap().messages.len()
    }

    /// Ids of the messages that asked for a step, in order.
    pub fn applied(&self) -> Vec<String> {
        let inside = self.inside.lock().unwrap();
        let steps = inside.messages.iter().filter(|message| message["message"] == "apply");
        steps.map(|message| message["id"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// From now on it is held, or not.
    pub fn turn(&self, reference: &str, held: bool) {
        let mut inside = self.inside.lock().unwrap();
        if held {
            inside.held.insert(reference.to_owned());
        } else {
            inside.held.remove(reference);
        }
    }

    /// Whether something is held by whoever is asked about.
    pub fn holds(&self, reference: &str) -> bool {
        self.inside.lock().unwrap().held.contains(reference)
    }
}

async fn take(State(inside): State<Arc<Mutex<Inside>>>, headers: HeaderMap, body: Bytes) -> Response {
    let mut inside = inside.lock().unwrap();
    let message: Value = serde_json::from_slice(&body).unwrap_or_default();
    inside.messages.push(message.clone());
    // The clock of the server under test stands still, so only the signature counts.
    let at = headers.get("webhook-timestamp").and_then(|at| at.to_str().ok()).and_then(|at| at.parse().ok()).unwrap_or(0);
    if verify(&inside.secrets, &headers, &body, at, Duration::from_secs(1)).is_err() {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "detail": "The signature does not fit." }))).into_response();
    }
    if message["message"] == "read" {
        return Json(json!({ "account": "active", "entitlements": inside.held })).into_response();
    }
    let id = message["id"].as_str().unwrap_or_default().to_owned();
    if let Some((status, answer)) = inside.answered.get(&id) {
        return (*status, Json(answer.clone())).into_response();
    }
    let answer = match inside.manner {
        Manner::Fails => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Manner::Later => (StatusCode::ACCEPTED, json!({ "reference": format!("JOB-{}", inside.answered.len() + 1) })),
        Manner::SaysSo => (StatusCode::OK, json!({})),
        Manner::Does => {
            let reference = message["entitlement"]["reference"].as_str().unwrap_or_default().to_owned();
            if message["wanted"]["held"] == true {
                inside.held.insert(reference);
            } else {
                inside.held.remove(&reference);
            }
            (StatusCode::OK, json!({}))
        }
    };
    inside.answered.insert(id, answer.clone());
    (answer.0, Json(answer.1)).into_response()
}
