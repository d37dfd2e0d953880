//! Changes that need a second person: of a connection in use, of which connection an application uses,
//! and of what an entitlement is called over there.

use super::scene::*;
use domain::permission::Role;

#[sqlx::test(migrations = "../migrations")]
async fn a_connection_in_use_changes_only_when_a_second_person_says_so(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let id = scene.make(&scim(&[])).await;
    scene.use_it(&id).await;
    let elsewhere = scim(&[("base_version", "1"), ("field.base_url", "http://127.0.0.2:9/scim"), ("secret", "another-8412")]);
    let reply = scene.post(scene.ada, &id, &elsewhere).await;
    assert!(reply.location().ends_with("?done=proposed"), "{} {}", reply.status, reply.text());
    let in_force: String = scene.one("select settings ->> 'base_url' from connection where id = $1::uuid", &id).await;
    assert_eq!((scene.version(&id).await, in_force.as_str()), (1, "http://127.0.0.1:9/scim/v2"));
    let page = scene.page(scene.adam, &id).await;
    assert!(page.contains("A change waits for a second person") && page.contains("http://127.0.0.2:9/scim"), "{page}");
    assert!(!page.contains("another-8412") && page.contains("another one, which nobody is shown"), "{page}");

    // Its proposer cannot, by whatever account; nor can who only reads. Meanwhile nothing else is changed.
    let twin = scene.s.app.person_with("Ada Two", Role::Administrator).await;
    sqlx::query("update identity set person_id = $2 where id = $1")
        .bind(twin.0)
        .bind(scene.ada.0)
        .execute(&scene.s.app.owner)
        .await
        .unwrap();
    for who in [scene.ada, twin, scene.s.pia] {
        assert_eq!(scene.step(who, &id, "confirm", "").await.status, 403);
    }
    assert_eq!(scene.post(scene.adam, &id, &scim(&[("base_version", "1"), ("field.page_size", "7"), ("secret", "")])).await.status, 409);
    let reply = scene.step(scene.cora, &id, "confirm", "").await;
    assert_eq!(reply.status, 303, "{}", reply.text());
    let (by, second): (uuid::Uuid, uuid::Uuid) =
        sqlx::query_as("select recorded_by, confirmed_by from connection_version where connection_id = $1::uuid and version = 2")
            .bind(&id)
            .fetch_one(&scene.s.app.owner)
            .await
            .unwrap();
    assert_eq!((by, second), (scene.ada.0, scene.cora.0));
    assert_eq!(scene.s.app.count("select count(*) from connection_change where secret_sealed is not null").await, 0);
    let kinds = scene.events(&id).await;
    assert_eq!(kinds[2..], ["connection.change_proposed", "connection.changed", "connection.secret_set"]);
    let told: Vec<String> = sqlx::query_scalar("select title from notification where recipient_id = $1 and kind = 'change'")
        .bind(scene.adam.0)
        .fetch_all(&scene.s.app.owner)
        .await
        .unwrap();
    assert_eq!(told, ["A change to the connection ledger-scim waits for a second person"]);
    assert_eq!(scene.step(scene.adam, &id, "confirm", "").await.status, 409);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_change_is_refused_by_another_and_taken_back_by_its_proposer(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let id = scene.make(&scim(&[])).await;
    scene.use_it(&id).await;
    for (who, detail) in [(scene.adam, "refused"), (scene.ada, "taken back")] {
        let form = scim(&[("base_version", "1"), ("field.page_size", "7"), ("secret", "")]);
        assert_eq!(scene.post(scene.ada, &id, &form).await.status, 303);
        assert_eq!(scene.step(scene.s.pia, &id, "refuse", "").await.status, 403);
        assert_eq!(scene.step(who, &id, "refuse", "").await.status, 303);
        let said: String = scene.one("select body::jsonb ->> 'detail' from audit_event where kind = 'connection.change_refused' and subject_id = $1::uuid order by at desc limit 1", &id).await;
        assert_eq!((scene.version(&id).await, said.as_str()), (1, detail));
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_second_person_decides_on_the_change_that_they_saw_and_on_no_other(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let id = scene.make(&scim(&[])).await;
    scene.use_it(&id).await;
    assert_eq!(scene.post(scene.ada, &id, &scim(&[("base_version", "1"), ("field.page_size", "7"), ("secret", "")])).await.status, 303);
    let seen = scene.waiting(&id).await;
    assert!(scene.page(scene.cora, &id).await.contains(&format!("name=\"change\" value=\"{seen}\"")));
    // Cora's page shows the first one while it is taken back and another one is written.
    assert_eq!(scene.step(scene.ada, &id, "refuse", "").await.status, 303);
    let elsewhere = scim(&[("base_version", "1"), ("field.base_url", "http://127.0.0.2:9/scim"), ("secret", "another-8412")]);
    assert_eq!(scene.post(scene.ada, &id, &elsewhere).await.status, 303);
    for (step, shown) in [("confirm", seen.as_str()), ("refuse", &seen), ("confirm", ""), ("refuse", "")] {
        let reply = scene.step_on(scene.cora, &id, step, "", shown).await;
        assert_eq!(reply.status, 409, "{step} {shown}");
        assert!(reply.text().contains("Changed since you looked."), "{}", reply.text());
    }
    assert_eq!(scene.version(&id).await, 1);
    let now = scene.waiting(&id).await;
    assert_eq!((now != seen, scene.step_on(scene.cora, &id, "confirm", "", &now).await.status), (true, 303));
    assert_eq!(scene.version(&id).await, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_waits_is_not_tried_out(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (kept, stolen) = (super::far_side::FarSide::start().await, super::far_side::FarSide::start().await);
    let id = scene.make(&webhook(&[("field.url", &kept.url)])).await;
    scene.use_it(&id).await;
    let form = webhook(&[("base_version", "1"), ("field.url", &stolen.url)]);
    assert!(scene.post(scene.ada, &id, &form).await.location().ends_with("?done=proposed"));
    assert_eq!(scene.step(scene.ada, &id, "test", "").await.status, 303);
    assert_eq!((kept.asked() > 0, stolen.asked()), (true, 0));
}

/// Proposes a change under change control and gives it.
async fn propose(scene: &Scene, kind: &str, key: &str, base: &str, field: (&str, &str)) -> Reply {
    let (name, idempotency) = (format!("fields[{}]", field.0), crate::cast::uuid());
    let fields = [
        ("kind", kind),
        ("record_key", key),
        ("base_version", base),
        ("reason", "The ledger moves."),
        ("effective_on", ""),
        ("key", &idempotency),
        (name.as_str(), field.1),
    ];
    scene.s.call(scene.ada, "changes/propose", &fields).await
}

#[sqlx::test(migrations = "../migrations")]
async fn applications_choose_a_connection_and_entitlements_their_name_with_a_second_person(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (id, old) = (scene.make(&scim(&[])).await, scene.make(&webhook(&[])).await);
    assert_eq!(scene.step(scene.ada, &old, "retire", "Not needed.").await.status, 303);
    let (ledger, read) = (scene.s.ledger.to_string(), scene.s.read.to_string());
    let opened = scene.s.call(scene.ada, "changes/open", &[("kind", "application"), ("key", &ledger)]).await.json();
    let field = opened["fields"].as_array().unwrap().iter().find(|field| field["name"] == "connection").unwrap();
    assert!(field.to_string().contains("ledger-scim") && !field.to_string().contains("ledger-hook"), "{field}");
    for (code, said) in [("ledger-hook", "connection:retired"), ("nowhere", "connection:unknown_connection")] {
        let reply = propose(&scene, "application", &ledger, "1", ("connection", code)).await;
        assert_eq!((reply.status, refusal(&reply)), (422, json!([said])));
    }
    let confirm = async |reply: Reply| {
        assert_eq!(reply.status, 200, "{}", reply.text());
        let change = reply.json().as_str().unwrap().to_owned();
        let own = scene.s.call(scene.ada, "changes/decide", &[("change", &change), ("confirm", "true")]).await;
        assert_eq!(own.status, 403, "a second person is needed");
        let reply = scene.s.call(scene.cora, "changes/decide", &[("change", &change), ("confirm", "true")]).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    };
    confirm(propose(&scene, "application", &ledger, "1", ("connection", "ledger-scim")).await).await;
    let used: String = scene.one("select connection_id::text from application where id = $1::uuid", &ledger).await;
    assert_eq!(used, id);
    confirm(propose(&scene, "entitlement", &read, "1", ("reference", "LEDGER_READERS")).await).await;
    let versions: Vec<String> = sqlx::query_scalar("select reference from entitlement_version where entitlement_id = $1 order by version")
        .bind(scene.s.read.0)
        .fetch_all(&scene.s.app.owner)
        .await
        .unwrap();
    assert_eq!(versions, ["Ledger Reader", "LEDGER_READERS"]);
    let page = scene.s.app.sign_in_as(scene.s.olga).await.get(&format!("/rules/application/{ledger}")).await.text();
    assert!(page.contains("Ledger directory"), "{page}");
    confirm(propose(&scene, "application", &ledger, "2", ("connection", "")).await).await;
    assert_eq!(scene.s.app.count("select count(*) from application where connection_id is not null").await, 0);
}
