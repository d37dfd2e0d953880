//! Every address of the server, taken from the running router, with who is refused there. An
//! address without a row fails the first test; the others walk the rows.
//!
//! To add an endpoint: add its row to its area in `endpoints/rows.rs`. `refused` names everyone who
//! may not, with the status they get; where every signed-in person may, it stays empty and strangers
//! are refused.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a scene that cannot be set fails the test that needs it")]

mod support;

mod endpoints {
    pub mod limits;
    pub mod rows;
    pub mod scene;
}

use axum::body::Body;
use axum::http::Request;
use domain::change::RecordKind;
use endpoints::limits;
use endpoints::rows::{REQUEST_FIELDS, Row, Who, table};
use endpoints::scene::Scene;
use server::http::{Endpoint, endpoints};
use std::collections::BTreeSet;
use support::*;

fn endpoint(row: &Row) -> Endpoint {
    Endpoint { method: row.method.to_owned(), path: row.path.to_owned() }
}

#[tokio::test]
async fn every_endpoint_has_a_row_and_every_row_an_endpoint() {
    let rows: BTreeSet<Endpoint> = table().iter().map(endpoint).collect();
    let running: BTreeSet<Endpoint> = endpoints().into_iter().collect();
    assert_eq!(running.difference(&rows).collect::<Vec<_>>(), Vec::<&Endpoint>::new(), "endpoints without a row: who is refused there?");
    assert_eq!(rows.difference(&running).collect::<Vec<_>>(), Vec::<&Endpoint>::new(), "rows without an endpoint");
    assert_eq!(rows.len(), table().len(), "an endpoint has two rows");
}

#[tokio::test]
async fn server_functions_are_posts() {
    let other: Vec<Endpoint> = endpoints().into_iter().filter(|e| e.path.starts_with("/api/") && e.method != "POST").collect();
    assert_eq!(other, vec![], "a function that GET reaches passes the guard: keep it POST, or prove that it only reads");
}

#[sqlx::test(migrations = "../migrations")]
async fn strangers_are_refused_everywhere_but_at_the_door(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let scene = Scene::set(&app).await;
    let stranger = app.stranger();
    for row in table() {
        let reply = scene.attempt(&stranger, &row).await;
        let what = format!("{} {}", row.method, row.path);
        if row.open {
            assert!(!reply.location().starts_with("/sign-in?return_to"), "{what} is open");
            assert_ne!(reply.status, 401, "{what}");
        } else if row.path.starts_with("/api/") {
            assert_eq!((reply.status, reply.code().as_str()), (401, "not_signed_in"), "{what}");
        } else {
            assert_eq!(reply.status, 303, "{what}");
            assert!(reply.location().starts_with("/sign-in"), "{what}: {}", reply.location());
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_may_not_is_refused_and_nothing_changes(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let scene = Scene::set(&app).await;
    let sessions = "select count(*) from session where ended_at is null";
    let (before, open) = (contents(&app).await, app.count(sessions).await);
    let mut wrong = vec![];
    for row in table() {
        for (who, status) in row.refused {
            let reply = scene.attempt(&scene.people[who], &row).await;
            if reply.status != *status {
                wrong.push(format!("{} {} as {who:?}: {} instead of {status}: {:.200}", row.method, row.path, reply.status, reply.text()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let after = contents(&app).await;
    let changed: Vec<&String> = after.iter().filter(|(table, rows)| before.get(*table) != Some(*rows)).map(|(table, _)| table).collect();
    assert_eq!((changed, app.count(sessions).await), (vec![], open), "a refusal changed something");
}

#[sqlx::test(migrations = "../migrations")]
async fn no_change_is_accepted_from_another_site(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let unit = app.unit("Payments").await;
    let person = app.person("Ana", unit, None).await;
    let client = app.sign_in_as(person).await;
    let from: [&[(&str, &str)]; 5] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("origin", "https://evil.example")],
        &[],
    ];
    for row in table().iter().filter(|row| row.method != "GET") {
        for headers in from {
            let request = headers
                .iter()
                .fold(Request::post(row.path).header("content-type", "application/x-www-form-urlencoded"), |request, (name, value)| {
                    request.header(*name, *value)
                });
            assert_eq!(client.send(request, Body::from("x=y")).await.status, 403, "{} with {headers:?}", row.path);
        }
        let reply = client.send(Request::get(row.path).header("x-http-method-override", "POST"), Body::empty()).await;
        assert!([200, 404, 405].contains(&reply.status), "{}: GET is answered with {}", row.path, reply.status);
    }
    assert_eq!(app.count("select count(*) from session where ended_at is null").await, 1);
    assert_eq!(app.count("select count(*) from audit_event").await, 0);
}

/// Pages of the scene that have fields only under some circumstances: a draft of somebody who answers
/// for many people, for something with questions of every kind; a decision that is signed; new records.
async fn pages_with_more_fields(app: &TestApp, scene: &Scene) -> Vec<(Who, String)> {
    let owner = &app.owner;
    sqlx::query(
        "insert into identity (id, source_id, source, population, given_name, family_name, email, unit_id, title, manager_id, mfa, state, state_since, updated_at)
         select gen_random_uuid(), 'N' || n, 'feed', 'employee', 'Nr' || n, 'Report', 'nr' || n || '@example.org', b.unit_id, 'Clerk', b.id, 'passkey', 'active', now(), now()
         from identity b, generate_series(1, 60) n where b.given_name = 'Bea'",
    )
    .execute(owner)
    .await
    .unwrap();
    let kinds = ["text", "person", "number", "choice", "date"];
    let mut questions: Vec<serde_json::Value> =
        kinds.iter().map(|kind| serde_json::json!({ "id": kind, "label": kind, "kind": kind, "options": ["North", "South"] })).collect();
    questions.push(serde_json::json!({ "id": "short", "label": "Short", "kind": "text", "most": 40 }));
    sqlx::query("update entitlement set questions = $1 where name = 'Export'")
        .bind(serde_json::Value::from(questions))
        .execute(owner)
        .await
        .unwrap();
    let (export, ledger, bea): (uuid::Uuid, uuid::Uuid, uuid::Uuid) = sqlx::query_as(
        "select e.id, e.application_id, b.id from entitlement e, identity b where e.name = 'Export' and b.given_name = 'Bea'",
    )
    .fetch_one(owner)
    .await
    .unwrap();
    let reply = scene.people[&Who::Bea].server_fn("drafts/add", &[("entitlement", &export.to_string())]).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let draft: uuid::Uuid = sqlx::query_scalar("select id from draft where owner_id = $1").bind(bea).fetch_one(owner).await.unwrap();

    app.account(IdentityId(bea), "bea", "blue tram to work").await;
    let root = app.entitlement(ApplicationId(ledger), "Root", "privileged").await.to_string();
    let key = uuid();
    let fields = with(REQUEST_FIELDS.to_vec(), &[("entitlement", &root), ("key", &key)]);
    let reply = scene.people[&Who::Ana].server_fn("requests/submit", &fields).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let stage: uuid::Uuid = sqlx::query_scalar(
        "select s.id from approval_stage s join request_item i on i.request_id = s.request_id join entitlement e on e.id = i.entitlement_id
         where e.name = 'Root' and s.state = 'open'",
    )
    .fetch_one(owner)
    .await
    .unwrap();
    // Longer than a proven password counts.
    app.advance(SignedDuration::from_mins(10));

    let mut pages = vec![(Who::Bea, format!("/request/{draft}")), (Who::Bea, format!("/inbox/{stage}"))];
    pages.extend(["scim", "webhook", "manual"].map(|kind| (Who::Administrator, format!("/admin/connections/new?kind={kind}"))));
    pages.extend(RecordKind::ALL.iter().map(|kind| (Who::Administrator, format!("/rules/{}/new", kind.word()))));
    pages
}

#[sqlx::test(migrations = "../migrations")]
async fn every_text_field_of_every_page_says_how_much_it_takes(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let scene = Scene::set(&app).await;
    let (mut names, mut missing) = (BTreeSet::new(), BTreeSet::new());
    let mut look = |what: &str, reply: &Reply| {
        if reply.status == 200 && reply.header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
            let fields = limits::of(&reply.text());
            names.extend(fields.names);
            missing.extend(fields.missing.into_iter().map(|field| format!("{what}: {field}")));
        }
    };
    let stranger = app.stranger();
    for row in table().iter().filter(|row| row.method == "GET") {
        for client in scene.people.values().chain([&stranger]) {
            look(row.path, &scene.attempt(client, row).await);
        }
    }
    for (who, path) in pages_with_more_fields(&app, &scene).await {
        let reply = scene.people[&who].get(&path).await;
        // Some records are made by imports alone and have no form for a new one.
        assert!(reply.status == 200 || path.starts_with("/rules/"), "{path}: {} {:.300}", reply.status, reply.text());
        look(&path, &reply);
    }
    assert!(missing.is_empty(), "{}", missing.into_iter().collect::<Vec<_>>().join("\n"));
    for name in [
        "login",
        "password",
        "password_again",
        "current_password",
        "given_name",
        "q",
        "find",
        "justification",
        "comment",
        "name",
        "to",
        "reason",
        "secret",
        "field.name",
        "items[0][answers][text]",
        "items[0][answers][short]",
        "items[0][answers][person]",
        "items[0][answers][number]",
    ] {
        assert!(names.contains(name), "no page had a field {name}, so nothing was said of it: {names:?}");
    }
}

/// While Leptos works out its routes, no page of the same process gets its data
/// (leptos-rs/leptos#4773): a page asked at that moment never came.
#[sqlx::test(migrations = "../migrations")]
async fn pages_come_while_another_server_is_set_up_in_the_same_process(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let unit = app.unit("Payments").await;
    let ana = app.person("Ana", unit, None).await;
    let client = app.sign_in_as(ana).await;
    let state = app.state.clone();
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let set_up = std::thread::spawn(move || {
        while stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
            drop(server::http::router(state.clone()));
        }
    });
    let mut statuses = BTreeSet::new();
    for _ in 0..10 {
        statuses.insert(client.get("/account").await.status);
    }
    drop(stop);
    set_up.join().unwrap();
    assert_eq!(statuses, BTreeSet::from([200]));
}
