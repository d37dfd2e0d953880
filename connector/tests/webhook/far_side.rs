//! A receiver on 127.0.0.1 that can be made to misbehave, and connectors that speak to it.

use crate::receiver::{Receiver, router};
use crate::support::{NOW, RuntimeTime};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use connector::http::{Gate, HttpOut, Limits, MachineNames, Networks, Reach, Roots, Throughput};
use connector::webhook::{Webhook, WebhookSettings};
use connector::{Before, Change, Connector, Entitlement, Exchanges, Fault, Operation, Order, Secret, Step, Subject};
use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use uuid::Uuid;

pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub const ROLE: &str = "ledger-clerk";
const MANY: NonZeroU32 = NonZeroU32::new(1000).unwrap();

/// What happens to one message.
pub enum Mishap {
    /// It is done, and the answer breaks off.
    LoseAnswer,
    /// It is done, and no answer ever comes.
    NeverAnswer,
    /// It is not done, and this is the answer.
    Say(u16, &'static [(&'static str, &'static str)], &'static str),
}

pub struct FarSide {
    pub receiver: Arc<Receiver>,
    /// How far its clock is ahead, in seconds.
    pub ahead: Arc<AtomicI64>,
    pub url: String,
    script: Arc<Script>,
}

#[derive(Default)]
struct Script {
    mishaps: Mutex<VecDeque<Mishap>>,
    heard: Mutex<Vec<(HeaderMap, Bytes)>>,
}

impl FarSide {
    pub async fn start() -> Self {
        Self::with(SECRET, false).await
    }

    pub async fn answering_later() -> Self {
        Self::with(SECRET, true).await
    }

    pub async fn with(secret: &str, later: bool) -> Self {
        let ahead = Arc::new(AtomicI64::new(0));
        let clock = Arc::clone(&ahead);
        let receiver =
            Receiver::new(secret, &[ROLE, "\"ledger\\head\""], later, Arc::new(move || NOW + clock.load(Ordering::Relaxed))).unwrap();
        let receiver = Arc::new(receiver);
        let script = Arc::new(Script::default());
        let app = router(Arc::clone(&receiver)).layer(from_fn_with_state(Arc::clone(&script), misbehave));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/access", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { receiver, ahead, url, script }
    }

    /// What happens to the next messages, one after the other.
    pub fn next(&self, mishaps: impl IntoIterator<Item = Mishap>) {
        self.script.mishaps.lock().unwrap().extend(mishaps);
    }

    /// The messages that came, as they came.
    pub fn heard(&self) -> Vec<(HeaderMap, Bytes)> {
        self.script.heard.lock().unwrap().clone()
    }

    /// Settings with everything the example receiver can do.
    pub fn settings(&self) -> WebhookSettings {
        WebhookSettings { reads_back: true, undoes: true, ..WebhookSettings::usual(&self.url) }
    }

    pub fn connector(&self) -> Webhook {
        webhook(self.settings(), SECRET, &["127.0.0.1"]).unwrap()
    }

    /// One that waits no longer than a second for an answer that never comes.
    pub fn impatient(&self) -> Webhook {
        let limits = WebhookSettings { timeout_seconds: 1, ..self.settings() }.limits();
        with_limits(self.settings(), SECRET, &["127.0.0.1"], limits).unwrap()
    }

    pub fn connector_with(&self, change: impl FnOnce(&mut WebhookSettings)) -> Webhook {
        let mut settings = self.settings();
        change(&mut settings);
        webhook(settings, SECRET, &["127.0.0.1"]).unwrap()
    }

    /// Asks through the connector what the receiver has.
    pub async fn holds_role(&self) -> bool {
        self.connector().read_back(&order(Change::Give), &mut Exchanges::default()).await.unwrap().entitlements.contains(ROLE)
    }
}

async fn misbehave(State(script): State<Arc<Script>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    script.heard.lock().unwrap().push((parts.headers.clone(), body.clone()));
    let mishap = script.mishaps.lock().unwrap().pop_front();
    if let Some(Mishap::Say(status, headers, said)) = mishap {
        let mut response = Response::new(Body::from(said));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        for (name, value) in headers {
            response.headers_mut().insert(*name, value.parse().unwrap());
        }
        return response;
    }
    let answer = next.run(Request::from_parts(parts, Body::from(body))).await;
    match mishap {
        Some(Mishap::LoseAnswer) => {
            let begun = futures::stream::iter([Ok(Bytes::from_static(b"{\"acc")), Err(std::io::Error::other("cut"))]);
            Response::new(Body::from_stream(begun))
        }
        Some(Mishap::NeverAnswer) => std::future::pending().await,
        _ => answer,
    }
}

/// A connector that may speak to `networks`.
pub fn webhook(settings: WebhookSettings, secrets: &str, networks: &[&str]) -> Result<Webhook, Fault> {
    let limits = settings.limits();
    with_limits(settings, secrets, networks, limits)
}

fn with_limits(settings: WebhookSettings, secrets: &str, networks: &[&str], limits: Limits) -> Result<Webhook, Fault> {
    let reach = Reach { networks: Networks::parse(networks).unwrap(), plain_http: true, roots: Roots::none() };
    let gate = Gate::new(Throughput { per_second: MANY, burst: MANY, at_once: MANY, ..settings.throughput() }, RuntimeTime::new());
    let http = HttpOut::new(limits, reach, Arc::new(gate), RuntimeTime::new(), Arc::new(MachineNames))?;
    Webhook::new(settings, &Secret::new(secrets), http, RuntimeTime::new())
}

pub fn order(change: Change) -> Order {
    Order {
        release: Uuid::from_u128(71),
        number: "R-2026-000071".to_owned(),
        change,
        subject: Subject::new(Uuid::from_u128(42), [("login".to_owned(), "mkern".to_owned())].into()),
        entitlement: Entitlement { id: Uuid::from_u128(9), reference: ROLE.to_owned(), name: "Ledger: clerk".to_owned() },
        last: change == Change::Take,
    }
}

pub fn key(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// A step of which nothing is known.
pub fn step(operation: Operation) -> Step {
    Step { operation, before: Before::Unknown, needed: true }
}

/// Does what the plan says and gives the steps.
pub async fn carry_out(connector: &Webhook, order: &Order, first_key: u128) -> Vec<Step> {
    let log = &mut Exchanges::default();
    let plan = connector.plan(order, log).await.unwrap();
    for (step, number) in plan.steps.iter().zip(first_key..) {
        if step.needed {
            connector.apply(order, step, key(number), log).await.unwrap();
        }
    }
    plan.steps
}
