//! Steps that these tests share.

pub use crate::cast::{Story, refusal};
pub use crate::scene::{Moment, Operation, Scene, Trouble};
pub use crate::support::*;
pub use domain::permission::Role;
pub use serde_json::{Value, json};

/// When the access of the story ends.
pub const END: &str = "2026-12-22T00:00:00Z";

/// What the reader and the writer are called in the directory.
pub const READER: &str = "Ledger Reader";
pub const WRITER: &str = "Ledger Writer";

pub fn at(s: &Story, moment: &str) {
    s.app.clock.set(moment.parse().unwrap());
}

/// Ends what is due, and lets machines carry it out.
pub async fn end_what_is_due(s: &Story) {
    server::job::end_grants::run(&s.app.base).await.unwrap();
    s.app.drain().await;
}

pub async fn remind(s: &Story) {
    server::job::announce_ends::run(&s.app.base).await.unwrap();
}

/// One text for one id.
pub async fn one(s: &Story, sql: &'static str, id: &str) -> String {
    sqlx::query_scalar(sql).bind(id).fetch_one(&s.app.owner).await.unwrap()
}

pub async fn grant_of(s: &Story, request: &str) -> String {
    one(s, "select id::text from access_grant where request_id = $1::uuid", request).await
}

/// State of the grant of a request, with why it ends.
pub async fn grant_state(s: &Story, request: &str) -> String {
    one(s, "select state || coalesce(': ' || end_reason, '') from access_grant where request_id = $1::uuid", request).await
}

pub async fn removal_of(s: &Story, request: &str) -> String {
    one(s, "select id::text from release where request_id = $1::uuid and kind = 'remove'", request).await
}

pub async fn release_state(s: &Story, release: &str) -> String {
    one(s, "select state from release where id = $1::uuid", release).await
}

/// An approved request of Ana for the reader between two days.
pub async fn approved(s: &Story, starts_on: &str, ends_on: &str) -> String {
    let reply = s.try_submit(s.ana, s.read, &[("starts_on", starts_on), ("ends_on", ends_on)]).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    let request = s.newest().await;
    s.approve(s.mona, &request).await;
    request
}

/// Carries out by hand what a request asked for.
pub async fn carry_out(s: &Story, request: &str) {
    let release = s.open_release(request).await;
    let reply = s.execute(s.pia, &release).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
}

pub async fn give_back(s: &Story, request: &str) {
    let reply = s.call(s.ana, "grants/give_back", &[("grant", &grant_of(s, request).await)]).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
}

/// Whether the directory says that somebody has this.
pub fn has(scene: &Scene, reference: &str) -> bool {
    scene.directory.people().values().any(|person| person.holds(reference))
}

/// Whether the directory says that Ana has the reader.
pub fn reads(scene: &Scene) -> bool {
    has(scene, READER)
}

/// Ana has the reader by two requests at once, until 6 January by the first, until 21 January by the
/// second: the second was asked for when the first should have ended by then, and was then extended.
/// By hand, or by the machine that serves the ledger.
pub async fn twice(s: &Story, machine: bool) -> (String, String) {
    let carry = async |request: &str| if machine { s.app.drain().await } else { carry_out(s, request).await };
    let first = approved(s, "2026-11-22", "2026-12-21").await;
    carry(&first).await;
    let second = approved(s, "2026-12-22", "2027-01-20").await;
    let longer = s.extension(&first, "2026-11-22", "2027-01-05").await;
    carry(&longer).await;
    at(s, "2026-12-22T00:00:00Z");
    carry(&second).await;
    assert_eq!((grant_state(s, &first).await.as_str(), grant_state(s, &second).await.as_str()), ("active", "active"));
    (first, second)
}
