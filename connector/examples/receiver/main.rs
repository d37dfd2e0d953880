//! Runs the example receiver.
//!
//! ```text
//! SECRET=whsec_… ROLES=ledger-clerk,ledger-head cargo run -p connector --example receiver
//! ```
//!
//! With `COMPLETIONS=https://countersign.example/connectors/…/completions` it answers 202 and says
//! later what came of each step.

mod receiver;

use receiver::{Completion, Receiver, router};
use std::env;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;

/// How often outcomes are sent until they are taken.
const EVERY: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let secret = env::var("SECRET").map_err(|_| "SECRET is missing: whsec_ and base64, as in Countersign")?;
    let roles = env::var("ROLES").unwrap_or_default();
    let roles: Vec<&str> = roles.split(',').filter(|role| !role.is_empty()).collect();
    let completions = env::var("COMPLETIONS").ok();
    let bind = env::var("BIND").unwrap_or_else(|_| "127.0.0.1:8099".to_owned());
    let receiver = Receiver::new(&secret, &roles, completions.is_some(), Arc::new(now))
        .ok_or("SECRET is not whsec_ and base64 of at least 24 bytes")?;
    let receiver = Arc::new(receiver);
    if let Some(address) = completions {
        let provider = rustls::crypto::ring::default_provider();
        provider.install_default().map_err(|_| "TLS was set up twice")?;
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(Duration::from_secs(20)).build()?;
        tokio::spawn(tell(Arc::clone(&receiver), client, address));
    }
    let listener = TcpListener::bind(&bind).await?;
    println!("Taking messages at http://{}/access", listener.local_addr()?);
    axum::serve(listener, router(receiver)).await?;
    Ok(())
}

/// Does what was taken on and says what came of it, again and again until it is taken.
async fn tell(receiver: Arc<Receiver>, client: reqwest::Client, address: String) {
    let mut turn = tokio::time::interval(EVERY);
    loop {
        turn.tick().await;
        for reference in receiver.work() {
            let Some(Completion { headers, body }) = receiver.completion(&reference) else { continue };
            let request = headers.into_iter().fold(client.post(&address), |request, (name, value)| request.header(name, value));
            match request.header("content-type", "application/json").body(body).send().await {
                // 408 and 429 ask for another try; other refusals would be the same again.
                Ok(answer) if answer.status().is_server_error() || matches!(answer.status().as_u16(), 408 | 429) => {
                    println!("{reference}: {}, will be told again", answer.status());
                }
                Ok(answer) => {
                    println!("{reference}: {} ({} changes so far)", answer.status(), receiver.changes());
                    receiver.taken(&reference);
                }
                Err(_) => println!("{reference}: no answer, will be told again"),
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "an example of a program outside of Countersign, with a clock of its own")]
fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|since| i64::try_from(since.as_secs()).ok()).unwrap_or(0)
}
