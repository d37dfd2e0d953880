//! Making, changing and retiring connections, and who may.

use super::scene::*;

#[sqlx::test(migrations = "../migrations")]
async fn a_connection_is_made_and_changed_and_every_save_is_a_version(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let form = scene.s.app.sign_in_as(scene.ada).await.get("/admin/connections/new?kind=scim").await.text();
    assert!(form.contains("name=\"field.base_url\"") && form.contains("type=\"password\"") && form.contains("method=\"post\""), "{form}");
    let id = scene.make(&scim(&[])).await;
    let page = scene.page(scene.ada, &id).await;
    assert!(page.contains("http://127.0.0.1:9/scim/v2") && page.contains("Set on 22 Nov 2026"), "{page}");
    assert!(
        page.contains("emails[type eq &quot;work&quot;].value = mail") || page.contains("emails[type eq \"work\"].value = mail"),
        "{page}"
    );

    let changed = scim(&[("base_version", "1"), ("field.page_size", "50"), ("field.name", "Directory"), ("secret", "")]);
    let reply = scene.post(scene.ada, &id, &changed).await;
    assert_eq!((reply.status, reply.location().ends_with("?done=changed")), (303, true), "{}", reply.text());
    let stale = scene.post(scene.ada, &id, &scim(&[("base_version", "1"), ("field.page_size", "70"), ("secret", "")])).await;
    assert_eq!(stale.status, 409);
    assert!(stale.text().contains("value=\"70\"") && stale.text().contains("name=\"base_version\" value=\"2\""), "{}", stale.text());
    let same = scene
        .post(scene.ada, &id, &scim(&[("base_version", "2"), ("field.page_size", "50"), ("field.name", "Directory"), ("secret", "")]))
        .await;
    assert_eq!((same.status, same.text().contains("Nothing differs")), (422, true));

    let versions: Vec<(i32, i64)> = sqlx::query_as(
        "select version, (settings ->> 'page_size')::bigint from connection_version where connection_id = $1::uuid order by version",
    )
    .bind(&id)
    .fetch_all(&scene.s.app.owner)
    .await
    .unwrap();
    assert_eq!(versions, [(1, 100), (2, 50)]);
    assert_eq!(scene.events(&id).await, ["connection.created", "connection.secret_set", "connection.changed"]);
    let taken = scene.post(scene.ada, "new", &scim(&[])).await;
    assert_eq!((taken.status, sentence_at(&taken.text(), "code").is_some()), (422, true), "{}", taken.text());
}

#[sqlx::test(migrations = "../migrations")]
async fn what_cannot_be_used_is_refused_at_its_field_and_stands_as_typed(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    for (form, field) in [
        (scim(&[("field.code", "Ledger SCIM")]), "code"),
        (scim(&[("field.name", " ")]), "name"),
        (scim(&[("field.base_url", "directory")]), "base_url"),
        (scim(&[("field.base_url", "https://user:pass@directory.example/")]), "base_url"),
        (scim(&[("field.authentication", "basic")]), "user"),
        (scim(&[("field.matching_path", "a b")]), "matching_path"),
        (scim(&[("field.attributes", "displayName")]), "attributes"),
        (scim(&[("field.entitlement", "attribute")]), "entitlement_path"),
        (scim(&[("field.timeout_seconds", "60")]), "timeout_seconds"),
        (scim(&[("secret", "")]), "secret"),
        (scim(&[("reason", " ")]), "reason"),
        (webhook(&[("field.url", "")]), "url"),
        (webhook(&[("field.reads_back", "no"), ("field.read_url", "https://a.example/")]), "read_url"),
        (webhook(&[("secret", "not-whsec")]), "secret"),
    ] {
        let reply = scene.post(scene.ada, "new", &form).await;
        let page = reply.text();
        assert_eq!(reply.status, 422, "{field}: {page}");
        let said = sentence_at(&page, field).unwrap_or_else(|| panic!("nothing at {field}: {page}"));
        assert!(!said.trim().is_empty() && page.contains(&format!("href=\"#field-{field}\"")), "{field}: {said}");
        assert!(page.contains("The ledger ") || field == "reason", "{field}: what was typed stands there");
    }
    assert_eq!(scene.s.app.count("select count(*) from connection").await, 0);
    assert_eq!(scene.s.app.count("select count(*) from audit_event where kind like 'connection.%'").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn without_a_setting_no_connection_leads_into_our_own_network(pool: PgPoolOptions, connect: PgConnectOptions) {
    let mut scene = Scene::set(pool, connect).await;
    scene.s.app = scene.s.app.with_keys(KEY, false);
    for address in [
        "https://127.0.0.1/scim",
        "https://10.0.0.7/scim",
        "https://169.254.169.254/latest",
        "https://[::1]/scim",
        "https://2130706433/scim",
        "http://directory.example/scim",
    ] {
        let reply = scene.post(scene.ada, "new", &scim(&[("field.base_url", address)])).await;
        let said = sentence_at(&reply.text(), "base_url");
        assert_eq!((reply.status, said.is_some_and(|said| said.contains("not allowed"))), (422, true), "{address}: {}", reply.text());
    }
    // A name is looked at when it is used.
    let id = scene.make(&scim(&[("field.base_url", "https://localhost/scim")])).await;
    assert_eq!(scene.step(scene.ada, &id, "test", "").await.status, 303);
    let tested = &scene.show(scene.ada, &id).await["tested"]["findings"];
    assert!(tested[0][0] == false && tested[0][1].as_str().unwrap().contains("not allowed"), "{tested}");
}

#[sqlx::test(migrations = "../migrations")]
async fn owners_see_their_connections_others_none_and_only_administrators_change_them(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (used, unused) = (scene.make(&scim(&[])).await, scene.make(&webhook(&[])).await);
    scene.use_it(&used).await;
    let listed = async |who| -> Vec<String> {
        let reply = scene.s.call(who, "connections/list", &[]).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()["lines"].as_array().unwrap().iter().map(|line| line["code"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(listed(scene.s.olga).await, ["ledger-scim"]);
    assert_eq!(listed(scene.s.pia).await, ["ledger-scim", "ledger-hook"]);
    assert_eq!(scene.s.call(scene.s.stan, "connections/list", &[]).await.status, 403);
    assert_eq!(scene.s.call(scene.s.stan, "connections/show", &[("connection", &used)]).await.status, 404);
    assert_eq!(scene.s.call(scene.s.olga, "connections/show", &[("connection", &unused)]).await.status, 404);
    for who in [scene.s.olga, scene.s.pia, scene.cora] {
        assert!(!scene.page(who, &used).await.contains("name=\"step\""), "who may not is offered nothing");
        for step in ["save", "test", "retire", "close_breaker"] {
            let form = scim(&[("base_version", "1"), ("step", step), ("secret", "")]);
            assert_eq!(scene.post(who, &used, &form).await.status, 403, "{step}");
        }
        assert_eq!(scene.post(who, "new", &webhook(&[("field.code", "mine")])).await.status, 403);
    }
    assert_eq!(scene.s.app.count("select count(*) from connection_version").await, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_connection_in_use_stays_and_a_retired_one_is_not_chosen(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let id = scene.make(&scim(&[])).await;
    scene.use_it(&id).await;
    assert_eq!(scene.step(scene.ada, &id, "retire", "Not needed.").await.status, 409);
    sqlx::query("update application set connection_id = null").execute(&scene.s.app.owner).await.unwrap();
    let without = scene.step(scene.ada, &id, "retire", " ").await;
    assert_eq!((without.status, without.text().contains("Say why.")), (422, true), "{}", without.text());
    assert_eq!(scene.step(scene.ada, &id, "retire", "Not needed.").await.status, 303);
    assert!(scene.page(scene.ada, &id).await.contains("Retired"));
    assert_eq!(scene.post(scene.ada, &id, &scim(&[("base_version", "1"), ("field.page_size", "5"), ("secret", "")])).await.status, 409);
    let chosen = sqlx::query("update application set connection_id = $1::uuid").bind(&id).execute(&scene.s.app.owner).await.unwrap_err();
    assert_eq!(chosen.as_database_error().and_then(|error| error.constraint()), Some("application_connection_is_active"));
    assert_eq!(scene.events(&id).await.last().map(String::as_str), Some("connection.retired"));
}

/// Access of Ana that was given through the connection of the ledger.
pub async fn given_through(scene: &Scene, id: &str) -> String {
    let request = scene.s.granted().await;
    sqlx::query("update release set connection_id = $1::uuid, connection_version = 1 where request_id = $2::uuid")
        .bind(id)
        .bind(&request)
        .execute(&scene.s.app.owner)
        .await
        .unwrap();
    request
}

#[sqlx::test(migrations = "../migrations")]
async fn what_gave_access_is_changed_by_two_people_also_when_no_application_uses_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let id = scene.make(&scim(&[])).await;
    let request = given_through(&scene, &id).await;
    // Whoever leads it elsewhere alone would have the end of the access proven there.
    let elsewhere = scim(&[("base_version", "1"), ("field.base_url", "http://127.0.0.2:9/scim"), ("secret", "another-8412")]);
    assert_eq!(scene.post(scene.ada, &id, &elsewhere).await.status, 303);
    assert_eq!(scene.version(&id).await, 1, "it waits for a second person");
    // Another machine knows none of the accounts that this one named.
    let known = "update release set account_connection_id = connection_id, account_reference = 'account-1', account_seen_at = now() where connection_id = $1::uuid";
    sqlx::query(known).bind(&id).execute(&scene.s.app.owner).await.unwrap();
    assert_eq!(scene.step(scene.cora, &id, "confirm", "").await.status, 303);
    assert_eq!(scene.s.app.count("select count(*) from release where account_reference is not null").await, 0);
    // A removal that was begun through it keeps it; one for which nobody could ask it does not, and goes to
    // people, with a word about that.
    let grant: uuid::Uuid = scene.one("select id from access_grant where request_id = $1::uuid", &request).await;
    assert!(scene.s.call(scene.s.ana, "grants/give_back", &[("grant", &grant.to_string())]).await.status < 400);
    let pin = "update release set connection_id = $1::uuid, connection_version = 2 where kind = 'remove'";
    sqlx::query(pin).bind(&id).execute(&scene.s.app.owner).await.unwrap();
    assert!(scene.page(scene.ada, &id).await.contains("no release that was begun goes through it"));
    assert_eq!(scene.step(scene.ada, &id, "retire", "Not needed.").await.status, 409);
    sqlx::query("update release set connection_id = null, connection_version = null where kind = 'remove'")
        .execute(&scene.s.app.owner)
        .await
        .unwrap();
    assert!(scene.page(scene.ada, &id).await.contains("Access that was given through it and is not over: 1."));
    assert_eq!(scene.step(scene.ada, &id, "retire", "Not needed.").await.status, 303);
    let removal: uuid::Uuid = scene.one("select id from release where request_id = $1::uuid and kind = 'remove'", &request).await;
    let reply = scene.s.execute(scene.s.pia, &removal.to_string()).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    assert_eq!(scene.one::<String>("select state from access_grant where request_id = $1::uuid", &request).await, "ended");
}

#[sqlx::test(migrations = "../migrations")]
async fn work_by_hand_is_set_up_in_the_browser_and_memory_only_in_the_demonstration(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let mut ada = Browser::of(scene.s.app.sign_in_as(scene.ada).await);
    ada.open("/admin/connections/new?kind=manual").await;
    let begun = ada.form("/admin/connections/new?kind=manual", "field.due_hours");
    assert_eq!(begun.value("field.due_hours"), "16");
    assert_eq!(begun.values("field.second_look"), ["", "privileged"], "a new one begins with the second look");
    let fields = vec![
        ("step", "save"),
        ("kind", "manual"),
        ("base_version", "0"),
        ("field.code", "desk"),
        ("field.name", "Service desk"),
        ("field.instructions", "Use the console of the ledger."),
        ("field.checklist", "Ask the owner\r\nAdd to the group"),
        ("field.evidence", ""),
        ("field.evidence", "link"),
        ("field.due_hours", "16"),
        ("field.second_look", ""),
        ("field.second_look", "privileged"),
        ("reason", "The desk does it."),
    ];
    let id = scene.make(&fields).await;
    let settings: Value = scene.one("select settings from connection where id = $1::uuid", &id).await;
    let expected = json!({
        "instructions": "Use the console of the ledger.", "checklist": ["Ask the owner", "Add to the group"],
        "evidence": ["link"], "due_hours": 16, "second_look": ["privileged"],
    });
    assert_eq!(settings, expected);
    assert_eq!(scene.step(scene.ada, &id, "test", "").await.status, 409, "there is no machine to ask");
}

#[sqlx::test(migrations = "../migrations")]
async fn outside_of_the_demonstration_a_directory_in_memory_is_neither_offered_nor_made_nor_asked(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let scene = Scene::set(pool, connect).await;
    // A connection that is there all the same, as after a demonstration.
    let directory = scene.s.app.in_memory(scene.s.ledger).await;
    let request = scene.s.submit(scene.s.ana, scene.s.read).await;
    scene.s.approve(scene.s.mona, &request).await;
    let release = scene.s.open_release(&request).await;
    let app = scene.s.app.with_keys(KEY, false);
    let memory = [("step", "save"), ("kind", "memory"), ("base_version", "0"), ("field.code", "m"), ("reason", "Why.")];
    let ada = app.sign_in_as(scene.ada).await;
    assert_eq!(ada.post_form("/admin/connections/new?kind=memory", &memory).await.status, 404);
    assert!(!ada.get("/admin/connections").await.text().contains("kind=memory"));
    app.drain().await;
    let (state, said): (String, String) = sqlx::query_as("select state, failure ->> 'said' from release where id = $1::uuid")
        .bind(&release)
        .fetch_one(&app.owner)
        .await
        .unwrap();
    assert_eq!((state.as_str(), directory.all_effects()), ("failed", 0));
    assert!(said.contains("for the demonstration alone"), "{said}");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_page_says_what_a_connection_can(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let directory = scene.make(&scim(&[])).await;
    let receiver = scene.make(&webhook(&[])).await;
    for (id, can) in [
        (&directory, "Makes accounts, says what is there, can undo; answers at once."),
        (&receiver, "Makes no accounts, says what is there, cannot undo; may answer later."),
    ] {
        let page = scene.page(scene.cora, id).await;
        assert!(page.contains("What it can") && page.contains(can), "{page}");
    }
    let silent =
        webhook(&[("base_version", "1"), ("field.accounts", "yes"), ("field.reads_back", "no"), ("field.undoes", "yes"), ("secret", "")]);
    assert_eq!(scene.post(scene.ada, &receiver, &silent).await.status, 303);
    let page = scene.page(scene.cora, &receiver).await;
    assert!(page.contains("Makes accounts, does not say what is there, can undo; may answer later."), "{page}");
    scene.s.app.connect(scene.s.ledger, "desk", "manual", &json!({}), None).await;
    let desk: String =
        sqlx::query_scalar("select id::text from connection where code = 'desk'").fetch_one(&scene.s.app.owner).await.unwrap();
    assert!(!scene.page(scene.cora, &desk).await.contains("What it can"), "people do the work");
}
