//! Two connections to one machine: two ways to the same accounts and access.

use super::line::{moves, taken};
use super::relied_on::alias_of_the_reader;
use super::scene::*;
use connector::memory::{Person, Standing};
use std::collections::BTreeMap;

/// The ledger goes over to another connection, which leads to the same machine.
pub async fn goes_another_way(scene: &Scene) -> Directory {
    let elsewhere = moves(scene).await;
    sqlx::query("update connection set machine_id = (select machine_id from connection where code = 'directory') where code = 'elsewhere'")
        .execute(&scene.s.app.owner)
        .await
        .unwrap();
    elsewhere
}

#[sqlx::test(migrations = "../migrations")]
async fn the_end_of_what_one_way_gave_closes_no_account_that_access_of_the_other_needs(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (first, _) = scene.approved().await;
    scene.s.app.drain().await;
    goes_another_way(&scene).await;
    let viewer = scene.viewer().await;
    let (_, second) = scene.approved_for(viewer).await;
    scene.s.app.drain().await;
    assert_eq!(scene.state(&second).await, "closed");
    let removal = taken(&scene, &first).await;
    assert_eq!((scene.state(&removal).await.as_str(), scene.ana_reads()), ("closed", false), "taken through the connection that gave it");
    assert_eq!(scene.calls(&removal, Moment::Apply(Operation::CloseAccount)), 0);
    assert!(scene.directory.people().values().all(|person| person.state == connector::Account::Active));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_account_is_kept_for_what_the_other_way_gave_meanwhile(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, removal) = scene.ending().await;
    scene.directory.script(Moment::Apply(Operation::CloseAccount), Trouble::Refuse, 1);
    scene.s.app.drain().await;
    goes_another_way(&scene).await;
    let viewer = scene.viewer().await;
    let (_, second) = scene.approved_for(viewer).await;
    scene.s.app.drain().await;
    assert_eq!(scene.state(&second).await, "closed");
    scene.wait_and_drain().await;
    assert_eq!(scene.state(&removal).await, "closed");
    assert_eq!(scene.calls(&removal, Moment::Apply(Operation::CloseAccount)), 1, "the refused call, and none after it");
    assert!(scene.page(&removal).await.says("Kept for other access"));
}

#[sqlx::test(migrations = "../migrations")]
async fn access_that_the_other_way_gives_too_stays_when_one_of_them_ends(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (first, _) = scene.approved().await;
    scene.s.app.drain().await;
    goes_another_way(&scene).await;
    let alias = alias_of_the_reader(&scene).await;
    let (second, release) = scene.approved_for(alias).await;
    scene.s.app.drain().await;
    assert_eq!(scene.state(&release).await, "closed");
    let before = scene.directory.calls().len();
    let removal = taken(&scene, &first).await;
    assert_eq!((scene.state(&removal).await.as_str(), scene.directory.calls().len()), ("closed", before), "nobody is asked");
    let number: String = scene.one("select number from request where id = $1::uuid", &second).await;
    assert!(scene.page(&removal).await.says(&format!("{number} still gives the same access, so nothing is taken away.")));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_retired_connection_gave_is_ended_through_the_other_way(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (first, _) = scene.approved().await;
    scene.s.app.drain().await;
    let elsewhere = goes_another_way(&scene).await;
    // It is one machine: what is there is seen through both.
    let number: String = scene.one("select source_id from identity where id = $1::uuid", &scene.s.ana.to_string()).await;
    let account = Person {
        id: "account-0".to_owned(),
        state: connector::Account::Active,
        leaving: false,
        attributes: BTreeMap::new(),
        entitlements: BTreeMap::from([("Ledger Reader".to_owned(), Standing::Effective)]),
    };
    elsewhere.put(&number, account);
    sqlx::query("update connection set state = 'retired' where code = 'directory'").execute(&scene.s.app.owner).await.unwrap();
    let before = scene.directory.calls().len();
    let removal = taken(&scene, &first).await;
    assert_eq!(
        (scene.state(&removal).await.as_str(), scene.directory.calls().len()),
        ("closed", before),
        "nobody asks a retired connection"
    );
    let person = elsewhere.people().into_values().next().unwrap();
    assert_eq!((person.state, person.held().len()), (connector::Account::Inactive, 0));
    assert!(scene.page(&removal).await.says("Read back through Elsewhere: Ledger Reader is gone."));
}

/// A second application that the directory of the ledger serves too, and access of Ana there that was given.
async fn other_application(scene: &Scene, reference: &str) -> (String, String) {
    let s = &scene.s;
    let archive = s.app.application("archive", s.olga, None).await;
    sqlx::query("update application set connection_id = (select id from connection where code = 'directory') where id = $1")
        .bind(archive.0)
        .execute(&s.app.owner)
        .await
        .unwrap();
    let what = s.app.entitlement(archive, reference, "standard").await;
    let (request, release) = scene.approved_for(what).await;
    s.app.drain().await;
    assert_eq!(scene.state(&release).await, "closed");
    (request, release)
}

#[sqlx::test(migrations = "../migrations")]
async fn an_account_stays_for_another_application_on_the_same_machine(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (first, _) = scene.approved().await;
    scene.s.app.drain().await;
    let (second, release) = other_application(&scene, "Archive Reader").await;
    let variance = "select variance = '{\"missing\": [], \"unexpected\": []}' from release where id = $1::uuid";
    assert!(scene.one::<bool>(variance, &release).await, "what the ledger gave is no surprise there");
    let removal = taken(&scene, &first).await;
    assert_eq!((scene.state(&removal).await.as_str(), scene.ana_reads()), ("closed", false));
    let person = || scene.directory.people().into_values().next().unwrap();
    assert_eq!((person().state, person().held().len()), (connector::Account::Active, 1), "the archive needs it");
    let removal = taken(&scene, &second).await;
    assert_eq!(scene.state(&removal).await, "closed");
    assert_eq!((person().state, person().held().len()), (connector::Account::Inactive, 0));
}

#[sqlx::test(migrations = "../migrations")]
async fn one_thing_on_one_machine_stays_while_any_application_gives_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (first, _) = scene.approved().await;
    scene.s.app.drain().await;
    let (second, _) = other_application(&scene, "Ledger Reader").await;
    let removal = taken(&scene, &first).await;
    assert_eq!((scene.state(&removal).await.as_str(), scene.ana_reads()), ("closed", true));
    let number: String = scene.one("select number from request where id = $1::uuid", &second).await;
    assert!(scene.page(&removal).await.says(&format!("{number} still gives the same access, so nothing is taken away.")));
    taken(&scene, &second).await;
    assert!(!scene.ana_reads());
}

#[sqlx::test(migrations = "../migrations")]
async fn both_ways_know_the_account_by_its_id(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    scene.approved().await;
    scene.s.app.drain().await;
    let directory = "select account_reference from release where account_reference is not null and $1 <> ''";
    let id: String = scene.one(directory, "any").await;
    goes_another_way(&scene).await;
    let viewer = scene.viewer().await;
    let (_, second) = scene.approved_for(viewer).await;
    let mut conn = scene.s.app.pool.acquire().await.unwrap();
    let elsewhere = server::store::connection_records::by_code(&mut conn, "elsewhere").await.unwrap().unwrap();
    let known = server::store::account_references::known(&mut conn, second.parse().unwrap(), elsewhere).await.unwrap();
    assert_eq!(known.map(|account| (account.reference, account.own)), Some((id, false)));
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_begins_with_a_connection_that_is_retired_at_that_moment(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, release) = scene.approved().await;
    let elsewhere = "with other as (insert into connection (id, code, name, connector, settings, state, changed_at)
                       values (gen_random_uuid(), 'old', 'Old', 'memory', '{}', 'retired', now()) returning id)
                     insert into connection_version (connection_id, version, connector, settings, recorded_at)
                     select id, 1, 'memory', '{}', now() from other";
    sqlx::query(elsewhere).execute(&scene.s.app.owner).await.unwrap();
    let begun = sqlx::query(
        "update release set connection_id = (select id from connection where code = 'old'), connection_version = 1 where id = $1::uuid",
    )
    .bind(&release)
    .execute(&scene.s.app.owner)
    .await
    .unwrap_err();
    assert_eq!(begun.as_database_error().and_then(|error| error.constraint()), Some("release_begins_with_an_active_connection"));
}
