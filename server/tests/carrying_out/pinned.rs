//! What is given and taken over there is what was approved: the reference of the version that is pinned,
//! whatever the entitlement is called by now.

use super::scene::*;

/// Olga changes the reader; who it takes confirms it.
pub async fn change(scene: &Scene, base: &str, field: (&str, &str), takes_another: bool) {
    let (id, read, name) = (crate::cast::uuid(), scene.s.read.to_string(), format!("fields[{}]", field.0));
    let fields = [
        ("kind", "entitlement"),
        ("record_key", read.as_str()),
        ("base_version", base),
        (name.as_str(), field.1),
        ("reason", "Found in the review."),
        ("key", id.as_str()),
    ];
    let proposed = scene.s.call(scene.s.olga, "changes/propose", &fields).await;
    assert_eq!(proposed.status, 200, "{}", proposed.text());
    let change = proposed.json().as_str().unwrap().to_owned();
    let state = "select state from catalogue_change where id = $1::uuid";
    assert_eq!(scene.one::<String>(state, &change).await, if takes_another { "proposed" } else { "in_force" }, "{field:?}");
    if takes_another {
        let confirmed = scene.s.call(scene.s.dan, "changes/decide", &[("change", &change), ("confirm", "true")]).await;
        assert_eq!(confirmed.status, 200, "{}", confirmed.text());
    }
}

/// Everything that Ana has over there, and whether her account is active.
fn held(scene: &Scene) -> (Vec<String>, bool) {
    let Some(person) = scene.directory.people().into_values().next() else { return (vec![], false) };
    (person.held().into_iter().collect(), person.state == connector::Account::Active)
}

fn only(reference: &str) -> (Vec<String>, bool) {
    (vec![reference.to_owned()], true)
}

async fn give_back(scene: &Scene, request: &str) -> String {
    let grant: uuid::Uuid = scene.one("select id from access_grant where request_id = $1::uuid", request).await;
    let reply = scene.s.call(scene.s.ana, "grants/give_back", &[("grant", &grant.to_string())]).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    scene.one::<uuid::Uuid>("select id from release where request_id = $1::uuid and kind = 'remove'", request).await.to_string()
}

#[sqlx::test(migrations = "../migrations")]
async fn another_name_of_an_entitlement_changes_nothing_over_there(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    change(&scene, "1", ("name", "LEDGER_ADMINS"), false).await;
    let (request, _) = scene.approved().await;
    scene.s.app.drain().await;
    assert_eq!(held(&scene), only("Ledger Reader"));
    change(&scene, "2", ("name", "LEDGER_OWNERS"), false).await;
    let removal = give_back(&scene, &request).await;
    scene.s.app.drain().await;
    assert_eq!((scene.state(&removal).await.as_str(), held(&scene).0), ("closed", vec![]));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_approved_is_given_and_taken_whatever_it_is_called_by_then(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (request, release) = scene.approved().await;
    change(&scene, "1", ("reference", "LEDGER_ADMINS"), true).await;
    scene.s.app.drain().await;
    assert_eq!((scene.state(&release).await.as_str(), held(&scene)), ("closed", only("Ledger Reader")));
    let removal = give_back(&scene, &request).await;
    scene.s.app.drain().await;
    assert_eq!((scene.state(&removal).await.as_str(), held(&scene).0), ("closed", vec![]));
    let grant = "select state from access_grant where request_id = $1::uuid";
    assert_eq!(scene.one::<String>(grant, &request).await, "ended", "gone is what was given");
    // Who asks from now on gets what it is called now.
    scene.approved().await;
    scene.s.app.drain().await;
    assert_eq!(held(&scene), only("LEDGER_ADMINS"));
}

#[sqlx::test(migrations = "../migrations")]
async fn access_that_was_given_under_two_names_is_two_over_there(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (request, _) = scene.approved().await;
    scene.s.app.drain().await;
    change(&scene, "1", ("reference", "LEDGER_ADMINS"), true).await;
    let later = scene.s.app.asked(scene.s.ana, scene.s.read, "approved").await;
    let other = scene.s.app.given(later, scene.s.pia).await;
    sqlx::query("update access_grant set entitlement_version = 2 where id = $1").bind(other.0).execute(&scene.s.app.owner).await.unwrap();
    let removal = give_back(&scene, &request).await;
    scene.s.app.drain().await;
    let kept: Option<uuid::Uuid> = scene.one("select kept_by from release where id = $1::uuid", &removal).await;
    assert_eq!((scene.state(&removal).await.as_str(), kept), ("closed", None), "the other one keeps another name");
    assert_eq!(held(&scene), (vec![], true), "the account stays for what is left");
}

#[sqlx::test(migrations = "../migrations")]
async fn access_that_another_entitlement_gives_under_the_same_name_over_there_stays(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let viewer = scene.viewer().await;
    for table in [
        "update entitlement set reference = 'Ledger Reader' where id = $1",
        "update entitlement_version set reference = 'Ledger Reader' where entitlement_id = $1",
    ] {
        sqlx::query(table).bind(viewer.0).execute(&scene.s.app.owner).await.unwrap();
    }
    let (request, _) = scene.approved().await;
    scene.s.app.drain().await;
    let (_, second) = scene.approved_for(viewer).await;
    scene.s.app.drain().await;
    assert_eq!(scene.state(&second).await, "closed");
    let removal = give_back(&scene, &request).await;
    scene.s.app.drain().await;
    let kept: Option<uuid::Uuid> = scene.one("select kept_by from release where id = $1::uuid", &removal).await;
    assert_eq!((scene.state(&removal).await.as_str(), kept.is_some(), scene.ana_reads()), ("closed", true, true));
}
