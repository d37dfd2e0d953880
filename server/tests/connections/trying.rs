//! The test button, and a rest that is seen and ended.

use super::far_side::FarSide;
use super::scene::*;
use connector::Breaker;
use connector::memory::{Moment, Trouble};

#[sqlx::test(migrations = "../migrations")]
async fn a_test_says_what_it_found_and_is_on_record(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let directory = scene.s.app.in_memory(scene.s.ledger).await;
    let id: String = sqlx::query_scalar("select id::text from connection").fetch_one(&scene.s.app.owner).await.unwrap();
    let reply = scene.step(scene.ada, &id, "test", "").await;
    assert!(reply.location().ends_with("?done=tested"), "{} {}", reply.status, reply.text());
    let page = scene.page(scene.cora, &id).await;
    assert!(page.contains("The directory answers and holds 0 accounts.") && page.contains(">Well<"), "{page}");
    directory.script(Moment::Test, Trouble::Fail, 1);
    assert_eq!(scene.step(scene.ada, &id, "test", "").await.status, 303);
    let page = scene.page(scene.cora, &id).await;
    assert!(page.contains("The machine failed with status 500.") && !page.contains("holds 0 accounts"), "{page}");
    let well: Vec<bool> =
        sqlx::query_scalar("select (body::jsonb ->> 'well')::boolean from audit_event where kind = 'connection.tested' order by at, id")
            .fetch_all(&scene.s.app.owner)
            .await
            .unwrap();
    assert_eq!(well, [true, false]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_receiver_is_tested_with_a_right_and_a_wrong_signature(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (good, careless) = (FarSide::start().await, FarSide::careless().await);
    for (side, code, well, said) in [
        (&good, "good", [true, true], "refuses a message with a wrong signature"),
        (&careless, "careless", [true, false], "so anybody could give orders to it"),
    ] {
        let id = scene.make(&webhook(&[("field.url", &side.url), ("field.code", code)])).await;
        assert_eq!(scene.step(scene.ada, &id, "test", "").await.status, 303);
        let findings = scene.show(scene.ada, &id).await["tested"]["findings"].clone();
        assert_eq!((&findings[0][0], &findings[1][0]), (&json!(well[0]), &json!(well[1])), "{findings}");
        assert!(findings[1][1].as_str().unwrap().contains(said) && side.asked() == 2, "{findings}");
    }
    // Nobody listens there.
    let id = scene.make(&webhook(&[])).await;
    assert_eq!(scene.step(scene.ada, &id, "test", "").await.status, 303);
    let findings = scene.show(scene.ada, &id).await["tested"]["findings"].clone();
    assert!(findings[0][0] == false && findings[0][1].as_str().unwrap().contains("cannot be reached"), "{findings}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_rest_is_seen_with_its_cause_and_ended_with_a_reason(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let directory = scene.s.app.in_memory(scene.s.ledger).await;
    let id: String = sqlx::query_scalar("select id::text from connection").fetch_one(&scene.s.app.owner).await.unwrap();
    assert_eq!(scene.step(scene.ada, &id, "close_breaker", "Nothing to end.").await.status, 409);
    directory.script(Moment::Plan, Trouble::Fail, u32::MAX);
    let request = scene.s.submit(scene.s.ana, scene.s.read).await;
    scene.s.approve(scene.s.mona, &request).await;
    for _ in 0..5 {
        sqlx::query("update release set next_try_at = $1 where state = 'failed'")
            .bind(jiff_sqlx::ToSqlx::to_sqlx(scene.s.app.now()))
            .execute(&scene.s.app.owner)
            .await
            .unwrap();
        let release: uuid::Uuid = sqlx::query_scalar("select id from release").fetch_one(&scene.s.app.owner).await.unwrap();
        server::usecase::carrying_out::advance(&scene.s.app.base, domain::id::ReleaseId(release)).await.unwrap();
    }
    let page = scene.page(scene.ada, &id).await;
    assert!(page.contains("Rests after failures, until 22 Nov 2026") && page.contains("The machine failed with status 500."), "{page}");
    assert!(page.contains("Releases under way") && page.contains("REL-2026-"), "{page}");
    let list = scene.s.app.sign_in_as(scene.ada).await.get("/admin/connections").await.text();
    assert!(list.contains("Rests after failures") && list.contains(&format!("/admin/connections/{id}#releases")), "{list}");
    let without = scene.step(scene.ada, &id, "close_breaker", " ").await;
    assert_eq!((without.status, without.text().contains("Say why.")), (422, true), "{}", without.text());
    assert_eq!(scene.step(scene.ada, &id, "close_breaker", "The directory was restarted.").await.status, 303);
    let breaker: Value = scene.one("select breaker from connection_health where connection_id = $1::uuid", &id).await;
    assert_eq!(breaker, json!(Breaker::closed_by_hand()));
    assert!(!scene.page(scene.ada, &id).await.contains("Rests after failures"));
    assert_eq!(scene.events(&id).await, ["connection.breaker_closed"]);
}
