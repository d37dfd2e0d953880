//! The story with work by hand.

pub use crate::cast::{Story, refusal, uuid};
pub use crate::support::*;
pub use domain::permission::Role;
pub use serde_json::{Value, json};

use axum::body::Body;
use axum::http::{Request, header};

/// A picture that is one, as far as its marks go.
pub const NOTE: &[u8] = b"console: role assigned to ana";

/// An approved request of Ana for the reader, with its release.
pub async fn approved(s: &Story) -> (String, String) {
    let request = s.submit(s.ana, s.read).await;
    s.approve(s.mona, &request).await;
    let release = s.open_release(&request).await;
    (request, release)
}

/// Lets the ledger be served by hand with these settings.
pub async fn by_hand(s: &Story, settings: &Value) {
    s.app.connect(s.ledger, "desk", "manual", settings, None).await;
}

/// One value of one row, by an id.
pub async fn one<T>(s: &Story, sql: &'static str, id: &str) -> T
where
    T: Send + Unpin + for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    sqlx::query_scalar(sql).bind(id).fetch_one(&s.app.owner).await.unwrap()
}

pub async fn state(s: &Story, release: &str) -> String {
    one(s, "select state from release where id = $1::uuid", release).await
}

/// Runs one statement about one id.
pub async fn run(s: &Story, sql: &'static str, id: &str) {
    sqlx::query(sql).bind(id).execute(&s.app.owner).await.unwrap();
}

/// The release as somebody sees it.
pub async fn view(s: &Story, who: IdentityId, release: &str) -> Value {
    let reply = s.call(who, "releases/show", &[("release", release)]).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

/// Confirms with these fields besides release, version, settings and key.
pub async fn confirm(s: &Story, who: IdentityId, release: &str, fields: &[(&str, &str)]) -> Reply {
    let seen = view(s, s.pol, release).await;
    let (version, key) = (seen["version"].to_string(), uuid());
    let shown_as = seen["by_hand"]["shown_as"].as_str().unwrap_or_default().to_owned();
    let mut all = vec![("release", release), ("version", &version), ("shown_as", &shown_as), ("key", &key)];
    all.extend(fields);
    s.call(who, "releases/execute", &all).await
}

/// Confirms with words alone; it has to work.
pub async fn done(s: &Story, who: IdentityId, release: &str) {
    let reply = confirm(s, who, release, &[("evidence", "Seen in the console.")]).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
}

/// The second look.
pub async fn look(s: &Story, who: IdentityId, release: &str, there: bool, said: &str) -> Reply {
    let version = view(s, s.pol, release).await["version"].to_string();
    let there = there.to_string();
    s.call(who, "releases/look", &[("release", release), ("version", &version), ("there", &there), ("said", said)]).await
}

/// Somebody's browser without a script.
pub async fn browser(s: &Story, who: IdentityId) -> Browser {
    Browser::of(s.app.sign_in_as(who).await)
}

/// Adds a file to a release as the form does.
pub async fn upload(s: &Story, who: IdentityId, release: &str, name: &str, declared: &str, content: &[u8]) -> Reply {
    let head = format!("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {declared}\r\n\r\n");
    let body = [head.as_bytes(), content, b"\r\n--edge--\r\n"].concat();
    let request = Request::post(format!("/release-files?release={release}"))
        .header(header::ACCEPT, "text/html")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
        .header("sec-fetch-site", "same-origin");
    s.app.sign_in_as(who).await.send(request, Body::from(body)).await
}

/// What the job does that gives work back and reminds.
pub async fn remind(s: &Story) {
    server::job::remind_and_escalate::run(&s.app.base).await.unwrap();
}
