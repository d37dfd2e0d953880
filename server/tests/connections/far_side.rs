//! A receiver on this machine that takes signed messages, answers steps later, and says what is there.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use connector::Secret;
use connector::webhook::signing::{SigningSecrets, verify};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The secret that it knows.
pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A receiver, and the address that it takes messages at.
pub struct FarSide {
    pub url: String,
    kept: Arc<Kept>,
}

struct Kept {
    secrets: SigningSecrets,
    messages: Mutex<Vec<Value>>,
    held: Mutex<Vec<String>>,
    takes_anything: bool,
}

impl FarSide {
    pub async fn start() -> Self {
        Self::that(false).await
    }

    /// One that does not look at signatures.
    pub async fn careless() -> Self {
        Self::that(true).await
    }

    async fn that(takes_anything: bool) -> Self {
        let secrets = SigningSecrets::parse(&Secret::new(SECRET)).unwrap();
        let kept = Arc::new(Kept { secrets, messages: Mutex::default(), held: Mutex::default(), takes_anything });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/access", listener.local_addr().unwrap());
        let router = Router::new().route("/access", post(take)).with_state(kept.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, kept }
    }

    /// Messages so far, wrong signatures included.
    pub fn asked(&self) -> usize {
        self.kept.messages.lock().unwrap().len()
    }

    /// How often a step was asked for.
    pub fn applied(&self) -> usize {
        self.kept.messages.lock().unwrap().iter().filter(|message| message["message"] == "apply").count()
    }

    /// From now on access is there.
    pub fn give(&self, reference: &str) {
        self.kept.held.lock().unwrap().push(reference.to_owned());
    }
}

async fn take(State(kept): State<Arc<Kept>>, headers: HeaderMap, body: Bytes) -> Response {
    let message: Value = serde_json::from_slice(&body).unwrap_or_default();
    kept.messages.lock().unwrap().push(message.clone());
    // The clock of the server under test stands still, so only the signature counts.
    let at = headers.get("webhook-timestamp").and_then(|at| at.to_str().ok()).and_then(|at| at.parse().ok()).unwrap_or(0);
    if !kept.takes_anything && verify(&kept.secrets, &headers, &body, at, Duration::from_secs(1)).is_err() {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "detail": "The signature does not fit." }))).into_response();
    }
    match message["message"].as_str() {
        Some("read") => Json(json!({ "account": "active", "entitlements": *kept.held.lock().unwrap() })).into_response(),
        Some("apply") => (StatusCode::ACCEPTED, Json(json!({ "reference": "JOB-17" }))).into_response(),
        _ => Json(json!({})).into_response(),
    }
}
