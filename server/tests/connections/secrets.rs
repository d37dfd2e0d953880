//! Secrets: sealed, seen nowhere, bound to their connection, sealed again when the key changes.

use super::scene::*;

#[sqlx::test(migrations = "../migrations")]
async fn a_secret_is_on_no_page_and_in_no_event_row_or_refusal(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let refused = scene.post(scene.ada, "new", &scim(&[("field.base_url", "directory")])).await;
    assert_eq!((refused.status, refused.text().contains(TOKEN)), (422, false));
    let too_long = "8412".repeat(1_001);
    let refused = scene.post(scene.ada, "new", &scim(&[("secret", &too_long)])).await;
    assert_eq!((refused.status, refused.text().contains("84128412")), (422, false));
    let id = scene.make(&scim(&[])).await;
    scene.use_it(&id).await;
    assert_eq!(scene.post(scene.ada, &id, &scim(&[("base_version", "1"), ("secret", "another-8412-tram")])).await.status, 303);
    assert_eq!(scene.step(scene.ada, &id, "test", "").await.status, 303);
    let mut seen = vec![scene.show(scene.ada, &id).await.to_string()];
    for who in [scene.ada, scene.adam, scene.cora, scene.s.olga, scene.s.pia] {
        seen.push(scene.page(who, &id).await);
        seen.push(scene.s.app.sign_in_as(who).await.get("/admin/connections").await.text());
    }
    for text in seen {
        assert!(!text.contains(TOKEN) && !text.contains("another-8412"), "{text}");
    }
    for table in [
        "select count(*) from audit_event where body::text like '%8412%'",
        "select count(*) from connection where row_to_json(connection)::text like '%8412%' or position('8412'::bytea in secret_sealed) > 0",
        "select count(*) from connection_version where row_to_json(connection_version)::text like '%8412%'",
        "select count(*) from connection_change where row_to_json(connection_change)::text like '%8412%' or position('8412'::bytea in secret_sealed) > 0",
        "select count(*) from connection_test where findings::text like '%8412%'",
        "select count(*) from refused_form where row_to_json(refused_form)::text like '%8412%'",
        "select count(*) from notification where row_to_json(notification)::text like '%8412%'",
    ] {
        assert_eq!(scene.s.app.count(table).await, 0, "{table}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_empty_field_keeps_the_secret_but_takes_it_nowhere_else(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let id = scene.make(&scim(&[])).await;
    let sealed = "select secret_sealed from connection where id = $1::uuid";
    let before: Vec<u8> = scene.one(sealed, &id).await;
    assert_eq!(scene.post(scene.ada, &id, &scim(&[("base_version", "1"), ("field.page_size", "5"), ("secret", "")])).await.status, 303);
    assert_eq!(scene.one::<Vec<u8>>(sealed, &id).await, before);
    for changes in [&[("field.base_url", "http://127.0.0.2:9/")][..], &[("field.authentication", "basic"), ("field.user", "countersign")]] {
        let changes = [&[("base_version", "2"), ("secret", "")][..], changes].concat();
        let reply = scene.post(scene.ada, &id, &scim(&changes)).await;
        let said = sentence_at(&reply.text(), "secret").unwrap_or_default();
        assert_eq!((reply.status, said.contains("enter the secret")), (422, true), "{changes:?}: {said}");
    }
    let moved = scim(&[("base_version", "2"), ("field.base_url", "http://127.0.0.2:9/"), ("secret", "another")]);
    assert_eq!(scene.post(scene.ada, &id, &moved).await.status, 303);
    assert_ne!(scene.one::<Vec<u8>>(sealed, &id).await, before);
}

#[sqlx::test(migrations = "../migrations")]
async fn with_another_key_or_in_another_row_it_does_not_open_and_says_what_to_do(pool: PgPoolOptions, connect: PgConnectOptions) {
    let mut scene = Scene::set(pool, connect).await;
    let (id, other) = (scene.make(&scim(&[])).await, scene.make(&scim(&[("field.code", "second")])).await);
    sqlx::query("update connection c set secret_sealed = o.secret_sealed from connection o where c.id = $1::uuid and o.id = $2::uuid")
        .bind(&other)
        .bind(&id)
        .execute(&scene.s.app.owner)
        .await
        .unwrap();
    let moved = scene.page(scene.ada, &other).await;
    assert!(moved.contains("Its secret cannot be opened.") && moved.contains("belongs to another connection"), "{moved}");
    scene.s.app = scene.s.app.with_keys(OTHER_KEY, true);
    let page = scene.page(scene.ada, &id).await;
    assert!(page.contains("Its secret cannot be opened.") && page.contains("add that key again"), "{page}");
    assert_eq!(scene.step(scene.ada, &id, "test", "").await.status, 303);
    let tested = scene.show(scene.ada, &id).await["tested"]["findings"].clone();
    assert!(tested[0][0] == false && tested[0][1].as_str().unwrap().contains("secret"), "{tested}");
    let kept = scene.post(scene.ada, &id, &scim(&[("base_version", "1"), ("field.page_size", "5"), ("secret", "")])).await;
    assert!(sentence_at(&kept.text(), "secret").is_some_and(|said| said.contains("enter it again")), "{}", kept.text());
    assert_eq!(scene.post(scene.ada, &id, &scim(&[("base_version", "1"), ("field.page_size", "5")])).await.status, 303);
    assert!(!scene.page(scene.ada, &id).await.contains("cannot be opened"));
}

#[sqlx::test(migrations = "../migrations")]
async fn old_secrets_are_sealed_again_with_the_present_key(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (id, bad) = (scene.make(&scim(&[])).await, scene.make(&scim(&[("field.code", "bad")])).await);
    scene.use_it(&id).await;
    assert_eq!(scene.post(scene.ada, &id, &scim(&[("base_version", "1"), ("secret", "another")])).await.status, 303);
    sqlx::query("update connection set secret_sealed = '\\x00' where id = $1::uuid").bind(&bad).execute(&scene.s.app.owner).await.unwrap();
    let seal = async |app: &TestApp| server::job::seal_secrets::run(&app.base).await.map(|report| (report.changed, report.failed)).unwrap();
    assert_eq!(seal(&scene.s.app).await, (0, 0));
    let both = scene.s.app.with_keys(&format!("{OTHER_KEY},{KEY}"), true);
    assert_eq!(seal(&both).await, (1, 1), "what does not open keeps nothing else from its turn");
    assert_eq!(seal(&both).await, (0, 1));
    let only_new = scene.s.app.with_keys(OTHER_KEY, true);
    let page = only_new.sign_in_as(scene.ada).await.get(&format!("/admin/connections/{id}")).await.text();
    assert!(!page.contains("cannot be opened"), "{page}");
    let old =
        "select count(*) from connection_change where secret_key_id = (select secret_key_id from connection where code = 'ledger-scim')";
    assert_eq!(scene.s.app.count(old).await, 1, "the secret of a change that waits as well");
    assert!(scene.events(&id).await.contains(&"connection.secret_sealed".to_owned()));
}
