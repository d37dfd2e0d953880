//! Which machine a connection leads to, as it is said in its form.

use super::scene::*;

async fn machine(scene: &Scene, id: &str) -> uuid::Uuid {
    scene.one("select machine_id from connection where id = $1::uuid", id).await
}

/// What stands in the form of a connection.
async fn said(scene: &Scene, id: &str) -> String {
    said_to(scene, scene.ada, id).await
}

async fn said_to(scene: &Scene, who: IdentityId, id: &str) -> String {
    let seen = scene.show(who, id).await;
    let field = seen["fields"].as_array().unwrap().iter().find(|field| field["name"] == "machine").unwrap();
    field["value"].as_str().unwrap().to_owned()
}

#[sqlx::test(migrations = "../migrations")]
async fn one_address_is_one_machine_unless_somebody_says_otherwise(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let first = scene.make(&scim(&[])).await;
    let same = scene.make(&scim(&[("field.code", "ledger-two"), ("field.name", "Ledger once more"), ("field.machine", "")])).await;
    let tenant = scene.make(&scim(&[("field.code", "ledger-three"), ("field.machine", "(own)")])).await;
    let other = scene.make(&webhook(&[("field.machine", "")])).await;
    assert_eq!(machine(&scene, &same).await, machine(&scene, &first).await);
    assert_ne!(machine(&scene, &tenant).await, machine(&scene, &first).await, "one address may serve several, told by the secret");
    assert_ne!(machine(&scene, &other).await, machine(&scene, &first).await);
    assert!(scene.page(scene.ada, &first).await.contains("Also leads there"));
    assert!(!scene.page(scene.ada, &other).await.contains("Also leads there"));
    // The form says so again, and saving something else changes nothing of it.
    for (id, expected) in [(&first, "ledger-two"), (&same, "ledger-scim"), (&tenant, "(own)"), (&other, "")] {
        assert_eq!(said(&scene, id).await, expected);
    }
    let before = machine(&scene, &tenant).await;
    let form = scim(&[
        ("base_version", "1"),
        ("field.code", "ledger-three"),
        ("field.machine", "(own)"),
        ("field.page_size", "7"),
        ("secret", ""),
    ]);
    assert_eq!(scene.post(scene.ada, &tenant, &form).await.status, 303);
    assert_eq!((scene.version(&tenant).await, machine(&scene, &tenant).await), (2, before));
}

#[sqlx::test(migrations = "../migrations")]
async fn another_kind_leads_to_the_same_machine_when_two_people_say_so(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let directory = scene.make(&scim(&[])).await;
    let receiver = scene.make(&webhook(&[])).await;
    scene.use_it(&receiver).await;
    let apart = machine(&scene, &receiver).await;
    let form = |version: &'static str, to: &'static str| webhook(&[("base_version", version), ("field.machine", to), ("secret", "")]);
    // What is not offered is refused at its field: itself, what nobody made, and what people do.
    for nowhere in ["ledger-hook", "nobody", "(OWN)"] {
        let reply = scene.post(scene.ada, &receiver, &form("1", nowhere)).await;
        assert_eq!((reply.status, sentence_at(&reply.text(), "machine").as_deref()), (422, Some("Choose from the list.")), "{nowhere}");
    }
    assert!(scene.post(scene.ada, &receiver, &form("1", "ledger-scim")).await.location().ends_with("?done=proposed"));
    assert_eq!(machine(&scene, &receiver).await, apart, "it waits for a second person");
    let page = scene.page(scene.adam, &receiver).await;
    assert!(page.contains("A machine of its own") && page.contains("The same as Ledger directory"), "{page}");
    assert_eq!(scene.step(scene.cora, &receiver, "confirm", "").await.status, 303);
    assert_eq!(machine(&scene, &receiver).await, machine(&scene, &directory).await);
    let kept: uuid::Uuid =
        scene.one("select machine_id from connection_version where connection_id = $1::uuid and version = 2", &receiver).await;
    assert_eq!(kept, machine(&scene, &directory).await);
    // And apart again; the directory stays where it is.
    let before = machine(&scene, &directory).await;
    assert_eq!(scene.post(scene.ada, &receiver, &form("2", "(own)")).await.status, 303);
    assert_eq!(scene.step(scene.cora, &receiver, "confirm", "").await.status, 303);
    assert_eq!(machine(&scene, &directory).await, before);
    assert_ne!(machine(&scene, &receiver).await, before);
}

#[sqlx::test(migrations = "../migrations")]
async fn work_by_hand_leads_to_no_machine(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let new = scene.s.app.sign_in_as(scene.ada).await.get("/admin/connections/new?kind=manual").await;
    assert!(new.status == 200 && !new.text().contains("field-machine"), "{}", new.text());
    let new = scene.s.app.sign_in_as(scene.ada).await.get("/admin/connections/new?kind=webhook").await;
    assert!(new.text().contains("field-machine") && new.text().contains("A machine of its own"), "{}", new.text());
}

#[sqlx::test(migrations = "../migrations")]
async fn what_gave_access_is_not_led_to_another_machine(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let id = scene.make(&scim(&[])).await;
    super::editing::given_through(&scene, &id).await;
    let moved = ("field.base_url", "http://127.0.0.2:9/scim");
    let elsewhere = scim(&[("base_version", "1"), moved, ("field.machine", "(own)"), ("secret", "another-8412")]);
    let other = scene.make(&webhook(&[])).await;
    let to_other = scim(&[("base_version", "1"), moved, ("field.machine", "ledger-hook"), ("secret", "another-8412")]);
    assert_ne!(machine(&scene, &other).await, machine(&scene, &id).await);
    let reply = scene.post(scene.ada, &id, &to_other).await;
    let sentence = sentence_at(&reply.text(), "machine").unwrap_or_default();
    assert!(reply.status == 422 && sentence.contains("make another connection"), "{} {sentence}", reply.status);
    // By its address it would be another one, too; that it is the same at another address has to be said.
    let by_address = scim(&[("base_version", "1"), moved, ("field.machine", ""), ("secret", "another-8412")]);
    assert_eq!(scene.post(scene.ada, &id, &by_address).await.status, 422);
    assert!(scene.post(scene.ada, &id, &elsewhere).await.location().ends_with("?done=proposed"));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_given_since_a_change_was_proposed_is_not_led_elsewhere_by_confirming_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let id = scene.make(&scim(&[])).await;
    scene.make(&webhook(&[])).await;
    scene.use_it(&id).await;
    let moved = [
        ("base_version", "1"),
        ("field.base_url", "http://127.0.0.2:9/scim"),
        ("field.machine", "ledger-hook"),
        ("secret", "another-8412"),
    ];
    assert!(scene.post(scene.ada, &id, &scim(&moved)).await.location().ends_with("?done=proposed"), "nothing was given through it yet");
    // By hand, and then on record as its doing: nobody answers at its address.
    sqlx::query("update application set connection_id = null").execute(&scene.s.app.owner).await.unwrap();
    super::editing::given_through(&scene, &id).await;
    assert_eq!(scene.step(scene.cora, &id, "confirm", "").await.status, 409);
    assert_eq!(scene.version(&id).await, 1);
    assert_eq!(scene.step(scene.cora, &id, "refuse", "").await.status, 303);
}

#[sqlx::test(migrations = "../migrations")]
async fn owners_are_told_of_no_connection_that_they_may_not_see(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let used = scene.make(&scim(&[])).await;
    let hidden = scene.make(&webhook(&[("field.name", "Payroll of the board"), ("field.machine", "ledger-scim")])).await;
    scene.use_it(&used).await;
    assert_eq!(machine(&scene, &used).await, machine(&scene, &hidden).await);
    let seen = scene.show(scene.s.olga, &used).await.to_string();
    assert!(!seen.contains("Payroll of the board") && !seen.contains("ledger-hook") && !seen.contains(&hidden), "{seen}");
    assert_eq!(said_to(&scene, scene.s.olga, &used).await, "The same as another connection");
    assert!(scene.show(scene.s.pia, &used).await.to_string().contains("Payroll of the board"), "operators see all of them");
}
