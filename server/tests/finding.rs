//! Finding anything by a few letters: who finds what, and that everything found opens.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers as well")]

mod support;

use domain::id::RequestId;
use domain::permission::Role;
use jiff_sqlx::ToSqlx as _;
use sqlx::query;
use std::collections::BTreeSet;
use support::*;

/// An organisation: Bea manages Ana; Olga owns the ledger and Dan deputises; Wim watches; Sam and
/// Ivo have nothing to do with it. Ana asked for the ledger, Ivo for the vault.
struct Scene {
    app: TestApp,
    ana: IdentityId,
    bea: IdentityId,
    olga: IdentityId,
    dan: IdentityId,
    wim: IdentityId,
    sam: IdentityId,
    ledger: RequestId,
    vault: RequestId,
}

async fn scene(pool: PgPoolOptions, connect: PgConnectOptions) -> Scene {
    let app = TestApp::new(pool, connect).await;
    app.specifications().await;
    let (payments, elsewhere) = (app.unit("Payments").await, app.unit("Elsewhere").await);
    let bea = app.person("Beatrix", payments, None).await;
    let ana = app.person("Anastasia", payments, Some(bea)).await;
    let olga = app.person("Olga", elsewhere, None).await;
    let dan = app.person("Daniel", elsewhere, None).await;
    let wim = app.person("Wilhelmina", elsewhere, None).await;
    let sam = app.person("Samuel", elsewhere, None).await;
    let ivo = app.person("Ivor", elsewhere, None).await;
    let ledger = app.application("LEDGER", olga, Some(dan)).await;
    let safe = app.application("SAFE", wim, None).await;
    let reader = app.entitlement(ledger, "Ledger Reader", "standard").await;
    let secrets = app.entitlement(safe, "Vault Secrets Officer", "privileged").await;
    let one = request(&app, 1, ana, reader).await;
    let two = request(&app, 2, ivo, secrets).await;
    query("insert into request_watcher (request_id, identity_id, since) values ($1, $2, $3)")
        .bind(one.0)
        .bind(wim.0)
        .bind(app.now().to_sqlx())
        .execute(&app.owner)
        .await
        .unwrap();
    Scene { app, ana, bea, olga, dan, wim, sam, ledger: one, vault: two }
}

/// An open request with this number.
async fn request(app: &TestApp, number: i64, subject: IdentityId, entitlement: EntitlementId) -> RequestId {
    let id = app.asked(subject, entitlement, "in_approval").await;
    query("update request set number = $2 where id = $1")
        .bind(id.0)
        .bind(domain::id::human_number("REQ", 2026, number))
        .execute(&app.owner)
        .await
        .unwrap();
    id
}

/// What somebody finds: kind, title and address.
async fn found(client: &Client, q: &str) -> Vec<(String, String, String)> {
    let reply = client.server_fn("find/list", &[("q", q)]).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let text = |line: &serde_json::Value, name: &str| line[name].as_str().unwrap().to_owned();
    reply.json().as_array().unwrap().iter().map(|line| (text(line, "kind"), text(line, "title"), text(line, "href"))).collect()
}

/// Titles of one kind.
async fn titles(client: &Client, kind: &str, q: &str) -> BTreeSet<String> {
    found(client, q).await.into_iter().filter(|(k, ..)| k == kind).map(|(_, title, _)| title).collect()
}

fn set(titles: &[&str]) -> BTreeSet<String> {
    titles.iter().map(|title| (*title).to_owned()).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn requests_are_found_by_those_who_may_read_them_and_by_nobody_else(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = scene(pool, connect).await;
    let app = &scene.app;
    let compliance = app.person_with("Cora", Role::Compliance).await;
    let administrator = app.person_with("Ada", Role::Administrator).await;
    let both = ["REQ-2026-000001", "REQ-2026-000002"];
    for (who, q, expected) in [
        (scene.ana, "Anastasia", &both[..1]),
        (scene.bea, "Anastasia", &both[..1]),
        (scene.olga, "ledger", &both[..1]),
        (scene.dan, "ledger", &both[..1]),
        (scene.wim, "Anastasia", &both[..1]),
        (scene.wim, "vault", &both[1..]),
        (scene.sam, "Anastasia", &[]),
        (scene.sam, "ledger", &[]),
        (scene.ana, "vault", &[]),
        (administrator, "ledger", &[]),
        (compliance, "ledger", &both[..1]),
        (compliance, "Ivor", &both[1..]),
        (scene.ana, "REQ-2026-000001", &both[..1]),
        (scene.ana, "req 1", &both[..1]),
        (scene.ana, "REQ-2026-000002", &[]),
        (scene.sam, "REQ-2026-000001", &[]),
        (administrator, "REQ-2026-000001", &[]),
        (compliance, "REQ-2026-000002", &both[1..]),
    ] {
        let client = app.sign_in_as(who).await;
        assert_eq!(titles(&client, "Request", q).await, set(expected), "{q} for {who}");
        for id in [scene.ledger, scene.vault] {
            let (path, wanted) = (format!("/requests/{id}"), found(&client, q).await);
            if wanted.iter().any(|(_, _, href)| *href == path) {
                assert_eq!(client.get(&path).await.status, 200, "what is found opens: {path} for {who}");
            }
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn people_are_found_by_those_who_may_read_their_page(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = scene(pool, connect).await;
    let app = &scene.app;
    query("update identity set owner_id = $1, population = 'service_account' where display_name like 'Samuel%'")
        .bind(scene.dan.0)
        .execute(&app.owner)
        .await
        .unwrap();
    let wide = [Role::Operator, Role::Compliance, Role::Auditor, Role::Administrator];
    for role in wide {
        let person = app.person_with(&format!("Wide{}", role.word()), role).await;
        let client = app.sign_in_as(person).await;
        assert_eq!(titles(&client, "Person", "Anastasia").await, set(&["Anastasia Example"]), "{role}");
        assert_eq!(titles(&client, "Person", "Anastasja").await, set(&["Anastasia Example"]), "{role}: with a typo");
        assert_eq!(titles(&client, "Person", "beatrix@EXAMPLE.org").await, set(&["Beatrix Example"]), "{role}: by mail address");
    }
    for (who, q, expected) in [
        (scene.bea, "Anastasia", &["Anastasia Example"][..]),
        (scene.bea, "Beatrix", &["Beatrix Example"]),
        (scene.bea, "Samuel", &[]),
        (scene.dan, "Samuel", &["Samuel Example"]),
        (scene.ana, "Beatrix", &[]),
        (scene.sam, "Anastasia", &[]),
    ] {
        let client = app.sign_in_as(who).await;
        assert_eq!(titles(&client, "Person", q).await, set(expected), "{q} for {who}");
        for (kind, _, href) in found(&client, q).await {
            assert!(kind != "Person" || client.get(&href).await.status == 200, "what is found opens: {href}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn entitlements_are_found_by_their_audience_and_by_those_who_keep_the_rules(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = scene(pool, connect).await;
    let app = &scene.app;
    let compliance = app.person_with("Cora", Role::Compliance).await;
    let (anas, sams, coras) = (app.sign_in_as(scene.ana).await, app.sign_in_as(scene.sam).await, app.sign_in_as(compliance).await);
    for client in [&anas, &sams, &coras] {
        assert_eq!(titles(client, "Entitlement", "ledg").await, set(&["Ledger Reader"]));
        assert_eq!(titles(client, "Entitlement", "Vault Secrts").await, set(&["Vault Secrets Officer"]), "with a typo");
    }
    query("update entitlement set audience_units = array(select unit_id from identity where id = $1) where name = 'Ledger Reader'")
        .bind(scene.ana.0)
        .execute(&app.owner)
        .await
        .unwrap();
    assert_eq!(titles(&anas, "Entitlement", "ledger").await, set(&["Ledger Reader"]));
    assert_eq!(titles(&coras, "Entitlement", "ledger").await, set(&["Ledger Reader"]));
    assert_eq!(titles(&sams, "Entitlement", "ledger").await, set(&[]));
    query("update entitlement set audience_units = '{}', audience_populations = '{vendor}' where name = 'Ledger Reader'")
        .execute(&app.owner)
        .await
        .unwrap();
    assert_eq!(titles(&anas, "Entitlement", "ledger").await, set(&[]));
    for retired in [
        "update application set state = 'retired'",
        "with again as (update application set state = 'active') update entitlement set state = 'retired', audience_populations = '{}'",
    ] {
        query(retired).execute(&app.owner).await.unwrap();
        assert_eq!(titles(&coras, "Entitlement", "ledger").await, set(&[]), "{retired}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn pages_are_those_that_the_roles_allow_and_each_of_them_opens(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = scene(pool, connect).await;
    let app = &scene.app;
    let everybodys = app.sign_in_as(scene.sam).await;
    for (q, expected) in [("inb", vec!["Inbox"]), ("adm", vec![]), ("controls", vec![]), ("releases", vec![])] {
        assert_eq!(titles(&everybodys, "Page", q).await, set(&expected), "{q}");
    }
    for (role, jobs, connections) in [
        (Role::Operator, vec![], vec!["Connections"]),
        (Role::Compliance, vec!["Jobs"], vec!["Connections"]),
        (Role::Administrator, vec!["Jobs"], vec!["Connections"]),
    ] {
        let client = app.sign_in_as(app.person_with(&format!("Keeper{}", role.word()), role).await).await;
        assert_eq!(titles(&client, "Page", "work queue").await, set(&jobs), "{role}");
        assert_eq!(titles(&client, "Page", "connect").await, set(&connections), "{role}");
    }
    assert_eq!(titles(&everybodys, "Page", "connect").await, set(&[]));
    let mut people = vec![scene.sam];
    for role in [Role::Operator, Role::Compliance, Role::Auditor, Role::Administrator] {
        people.push(app.person_with(&format!("Some{}", role.word()), role).await);
    }
    for person in people {
        let client = app.sign_in_as(person).await;
        let pages = found(&client, "").await;
        assert!(pages.len() >= 8 && pages.len() <= 20, "{pages:?}");
        for (kind, title, href) in pages {
            assert_eq!((kind.as_str(), client.get(href.split('#').next().unwrap()).await.status), ("Page", 200), "{title}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_record_named_by_its_number_comes_first_and_there_are_never_more_than_twenty(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = scene(pool, connect).await;
    let app = &scene.app;
    let compliance = app.person_with("Cora", Role::Compliance).await;
    let client = app.sign_in_as(compliance).await;
    let unit = app.unit("Requests 2026").await;
    for number in 0..30 {
        app.person(&format!("Req{number}"), unit, None).await;
        let application = app.application(&format!("REQ-{number}"), scene.olga, None).await;
        app.entitlement(application, &format!("Req 1 number {number}"), "standard").await;
    }
    let lines = found(&client, "req 1").await;
    assert_eq!(lines[0].1, "REQ-2026-000001");
    assert!(lines.len() <= 20 && lines.len() > 6, "{lines:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn changes_and_releases_are_found_by_number_within_scope(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = scene(pool, connect).await;
    let app = &scene.app;
    query(
        "insert into release (id, number, kind, request_id, revision, item_id, subject_id, entitlement_id, state, not_before, planned_at, state_since)
         select $1, 'REL-2026-000007', 'activate', m.request_id, 1, m.id, r.subject_id, m.entitlement_id, 'planned', $2, $2, $2
         from request_item m join request r on r.id = m.request_id where r.id = $3",
    )
    .bind(uuid::Uuid::from_u128(7))
    .bind(app.now().to_sqlx())
    .bind(scene.ledger.0)
    .execute(&app.owner)
    .await
    .unwrap();
    query(
        "insert into catalogue_change (id, number, kind, record_key, record_name, application_ids, after, base_version, needs_second, reason, proposed_by, proposed_at, effective_at, state, idempotency_key)
         select $1, 'CHG-2026-000003', 'application', a.id::text, 'LEDGER', array[a.id], '{}', 1, '{}', 'For the test', $2, $3, $3, 'proposed', $1 from application a where a.code = 'LEDGER'",
    )
    .bind(uuid::Uuid::from_u128(3))
    .bind(scene.dan.0)
    .bind(app.now().to_sqlx())
    .execute(&app.owner)
    .await
    .unwrap();
    let operator = app.person_with("Otto", Role::Operator).await;
    let compliance = app.person_with("Cora", Role::Compliance).await;
    for (who, release, change) in
        [(scene.sam, false, false), (scene.ana, false, false), (scene.olga, false, true), (operator, true, false), (compliance, true, true)]
    {
        let client = app.sign_in_as(who).await;
        assert_eq!(titles(&client, "Release", "rel-2026-7").await.len(), usize::from(release), "release for {who}");
        assert_eq!(titles(&client, "Change", "CHG-2026-000003").await.len(), usize::from(change), "change for {who}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn without_javascript_the_page_finds_the_same_as_the_palette(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = scene(pool, connect).await;
    let client = scene.app.sign_in_as(scene.ana).await;
    let home = client.get("/").await.text();
    assert!(home.contains("action=\"/find\""), "the form in the top bar leads there");
    let page = client.get("/find?q=ledger").await;
    assert_eq!(page.status, 200);
    let options = client.server_fn("find/search", &[("q", "ledger")]).await;
    let options = options.json().as_str().unwrap().to_owned();
    let lines = found(&client, "ledger").await;
    assert!(lines.len() >= 2, "{lines:?}");
    for (_, title, href) in lines {
        assert!(page.text().contains(&format!("href=\"{href}\"")), "{href}");
        assert!(options.contains(&format!("data-href=\"{href}\"")) && options.contains(&title), "{href} in {options}");
    }
    assert!(client.get("/find?q=zzzzzz").await.text().contains("Nothing was found"));
}

#[sqlx::test(migrations = "../migrations")]
async fn whatever_is_typed_is_only_looked_for(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = scene(pool, connect).await;
    let compliance = scene.app.person_with("Cora", Role::Compliance).await;
    let client = scene.app.sign_in_as(compliance).await;
    let long = "a".repeat(60_000);
    for q in [
        "'",
        "\\",
        "%",
        "_",
        "' or 1=1 --",
        "\u{0}\u{0}",
        "a:*&b",
        "<script>alert(1)</script>",
        "\u{202E}abc",
        "🦀🦀",
        "REQ--",
        "REQ-9999999999999999999999-1",
        long.as_str(),
    ] {
        let reply = client.server_fn("find/search", &[("q", q)]).await;
        assert_eq!(reply.status, 200, "{q:.20}: {:.200}", reply.text());
        assert!(!reply.text().contains("<script"));
    }
    assert_eq!(client.get("/find?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E").await.status, 200);
}
