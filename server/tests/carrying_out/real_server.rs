//! From an approval to a real SCIM server and back out of it: two servers of different make.

use super::scene::*;
use crate::servers::{Kind, TOKEN, tenant};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Asks the server as somebody else would, without any code of ours in between.
async fn ask(method: &str, base: &str, path: &str, body: Option<&Value>) -> Value {
    let (authority, prefix) = base.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let body = body.map(Value::to_string).unwrap_or_default();
    let message = format!(
        "{method} /{prefix}{path} HTTP/1.1\r\nHost: {authority}\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/scim+json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut connection = tokio::net::TcpStream::connect(authority).await.unwrap();
    connection.write_all(message.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (_, content) = answer.split_once("\r\n\r\n").unwrap();
    // One of the servers sends its answer in pieces.
    let json = content.find('{').map_or("null", |start| &content[start..=content.rfind('}').unwrap()]);
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

/// The first account over there.
pub async fn account(base: &str) -> Value {
    ask("GET", base, "/Users", None).await["Resources"][0].clone()
}

/// How many the first group has.
pub async fn members(base: &str) -> usize {
    let groups = ask("GET", base, "/Groups", None).await;
    groups["Resources"][0]["members"].as_array().map_or(0, Vec::len)
}

/// The ledger served by a real server that has these groups; with where it answers.
pub async fn served(pool: PgPoolOptions, connect: PgConnectOptions, kind: Kind, groups: &[&str]) -> (Scene, String) {
    let s = Story::begin(pool, connect).await;
    let base = tenant(kind);
    for name in groups {
        let group = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name });
        ask("POST", &base, "/Groups", Some(&group)).await;
    }
    let settings = json!({
        "base_url": base,
        "matching": { "path": "userName", "attribute": "number" },
        "attributes": { "displayName": "display_name" },
        "entitlement": { "as": "group", "named_by": "display_name" },
    });
    s.app.connect(s.ledger, "scim", "scim", &settings, Some(TOKEN)).await;
    let directory = s.app.base.machines.directory("unused");
    (Scene { s, directory }, base)
}

async fn the_whole_way(pool: PgPoolOptions, connect: PgConnectOptions, kind: Kind) {
    let (scene, base) = served(pool, connect, kind, &["Ledger Reader"]).await;
    let (request, release) = scene.approved().await;
    scene.s.app.drain().await;
    let stands = scene.stands(&release).await;
    assert_eq!(stands.state, "closed", "{stands:?}");
    // It is there, says the server to anybody who asks.
    let there = account(&base).await;
    assert_eq!((there["active"].clone(), there["displayName"].clone()), (json!(true), json!("Ana Example")));
    assert_eq!(members(&base).await, 1);
    // Planned and actual stand on the record, and no page of it has the secret.
    let (planned, actual): (Value, Value) =
        sqlx::query_as("select planned_entitlements, actual_entitlements from release where id = $1::uuid")
            .bind(&release)
            .fetch_one(&scene.s.app.owner)
            .await
            .unwrap();
    assert_eq!((planned, actual), (json!(["Ledger Reader"]), json!(["Ledger Reader"])));
    let calls: String = scene.one("select string_agg(exchanges::text, ' ') from release_call where release_id = $1::uuid", &release).await;
    assert!(calls.contains("/Users") && !calls.contains(TOKEN));
    let page = scene.page(&release).await;
    assert!(!page.page.contains(TOKEN));
    // Words of the page stand beside each other without what separates them.
    let said = ["Read back through Scim", "Read over there", "PlannedLedger ReaderFoundLedger Reader", "No difference"];
    for words in said {
        assert!(page.says(words), "{words}: {}", page.text());
    }
    // It ends by itself over there.
    scene.s.app.clock.set("2026-12-22T00:00:01Z".parse().unwrap());
    server::job::run_due(&scene.s.app.base).await.unwrap();
    scene.s.app.drain().await;
    let state: String = scene.one("select state from access_grant where request_id = $1::uuid", &request).await;
    assert_eq!(state, "ended");
    assert_eq!((members(&base).await, account(&base).await["active"].clone()), (0, json!(false)));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_approved_request_reaches_scim2_server_is_proven_and_ends_there(pool: PgPoolOptions, connect: PgConnectOptions) {
    the_whole_way(pool, connect, Kind::Scim2).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_approved_request_reaches_scimmy_is_proven_and_ends_there(pool: PgPoolOptions, connect: PgConnectOptions) {
    the_whole_way(pool, connect, Kind::Scimmy).await;
}
