//! Joining a request that asks for the same: who may, what it gives, and who hears of what.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "story/cast.rs"]
#[expect(dead_code, reason = "this program tells its own part of the story")]
mod cast;
mod support;

use cast::{Story, refusal};
use domain::permission::Role;
use serde_json::json;
use support::*;

async fn told(s: &Story, who: IdentityId) -> Vec<String> {
    sqlx::query_scalar("select title from notification where kind = 'request_moved' and recipient_id = $1 order by at, id")
        .bind(who.0)
        .fetch_all(&s.app.owner)
        .await
        .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn who_could_have_asked_joins_reads_on_and_hears_when_it_moves(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.write).await;
    let number: String = sqlx::query_scalar("select number from request").fetch_one(&s.app.owner).await.unwrap();
    // What she approved before stays approved.
    s.approve(s.mona, &request).await;
    for _ in 0..2 {
        let reply = s.call(s.mona, "requests/join", &[("request", &request)]).await;
        assert!(reply.status < 400, "{}", reply.text());
    }
    assert_eq!(s.app.count("select count(*) from request_watcher").await, 1);
    assert_eq!(s.app.count("select count(*) from audit_event where kind = 'request.joined'").await, 1);
    s.approve(s.olga, &request).await;
    assert_eq!(told(&s, s.mona).await, [format!("{number} was approved")]);
    assert_eq!(told(&s, s.ana).await, [format!("{number} was approved")]);
    // Ana gets another manager; Mona asked for the same and goes on reading.
    sqlx::query("update identity set manager_id = $1 where id = $2").bind(s.olga.0).bind(s.ana.0).execute(&s.app.owner).await.unwrap();
    let release = s.open_release(&request).await;
    assert!(s.execute(s.pia, &release).await.status < 400);
    assert_eq!(told(&s, s.mona).await.last(), Some(&format!("{number} was carried out")));
    assert_eq!(s.show(s.mona, &request).await["state"]["state"], "released");
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_joins_who_could_not_have_asked(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.write).await;
    let (cora, ada) = (s.app.person_with("Cora", Role::Compliance).await, s.app.person_with("Ada", Role::Administrator).await);
    for (who, status) in [(s.stan, 404), (s.pia, 404), (ada, 404), (s.olga, 403), (cora, 403)] {
        let reply = s.call(who, "requests/join", &[("request", &request)]).await;
        assert_eq!(reply.status, status, "{}", reply.text());
    }
    assert_eq!(s.app.count("select count(*) from request_watcher").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_answers_for_an_account_joins_for_the_time_after_that(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.write).await;
    let owner = "update identity set population = 'service_account', owner_id = $2 where id = $1";
    sqlx::query(owner).bind(s.ana.0).bind(s.mona.0).execute(&s.app.owner).await.unwrap();
    assert!(s.call(s.mona, "requests/join", &[("request", &request)]).await.status < 400);
    assert_eq!(s.app.count("select count(*) from request_watcher").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_hears_of_it_anyway_needs_no_place_and_what_is_over_is_not_joined(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.read).await;
    assert!(s.call(s.ana, "requests/join", &[("request", &request)]).await.status < 400);
    assert_eq!(s.app.count("select count(*) from request_watcher").await, 0);
    let version = s.show(s.ana, &request).await["version"].to_string();
    s.call(s.ana, "requests/withdraw", &[("request", &request), ("version", &version), ("reason", "Settled.")]).await;
    let late = s.call(s.mona, "requests/join", &[("request", &request)]).await;
    assert_eq!((late.status, refusal(&late)), (409, json!("not_possible")));
}

#[sqlx::test(migrations = "../migrations")]
async fn who_joined_what_they_had_approved_hears_of_its_withdrawal_once(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.write).await;
    let number: String = sqlx::query_scalar("select number from request").fetch_one(&s.app.owner).await.unwrap();
    s.approve(s.mona, &request).await;
    s.call(s.mona, "requests/join", &[("request", &request)]).await;
    let version = s.show(s.ana, &request).await["version"].to_string();
    s.call(s.ana, "requests/withdraw", &[("request", &request), ("version", &version), ("reason", "Settled.")]).await;
    assert_eq!(told(&s, s.mona).await, [format!("{number} was withdrawn")]);
}

#[sqlx::test(migrations = "../migrations")]
async fn everybody_concerned_hears_of_an_end_but_not_who_made_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let rejected = s.submit(s.ana, s.read).await;
    let reply = s.decide(s.mona, &rejected, "reject", "Not with this role.").await;
    assert!(reply.status < 400, "{}", reply.text());
    assert!(told(&s, s.ana).await[0].ends_with("was rejected"));

    let withdrawn = s.submit(s.ana, s.read).await;
    s.call(s.mona, "requests/join", &[("request", &withdrawn)]).await;
    let version = s.show(s.ana, &withdrawn).await["version"].to_string();
    s.call(s.ana, "requests/withdraw", &[("request", &withdrawn), ("version", &version), ("reason", "Settled.")]).await;
    assert!(told(&s, s.mona).await.last().unwrap().ends_with("was withdrawn"));
    assert_eq!(told(&s, s.ana).await.len(), 1, "nobody is told what they did themselves");

    s.submit(s.ana, s.read).await;
    s.app.clock.set("2026-12-22T00:00:00Z".parse().unwrap());
    s.jobs().await;
    assert!(told(&s, s.ana).await.last().unwrap().ends_with("lapsed"));
}

#[sqlx::test(migrations = "../migrations")]
async fn who_joined_or_answers_for_the_subject_does_not_carry_it_out(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.read).await;
    s.approve(s.mona, &request).await;
    let release = s.open_release(&request).await;
    // Pia becomes Ana's manager, could have asked, and joins.
    sqlx::query("update identity set manager_id = $1 where id = $2").bind(s.pia.0).bind(s.ana.0).execute(&s.app.owner).await.unwrap();
    assert!(s.call(s.pia, "requests/join", &[("request", &request)]).await.status < 400);
    assert_eq!(refusal(&s.execute(s.pia, &release).await), json!("separation_of_duties"));
    refused_by_the_database(&s, &release).await;
    assert!(s.execute(s.pol, &release).await.status < 400);

    sqlx::query("update identity set manager_id = $1 where id = $2").bind(s.mona.0).bind(s.ana.0).execute(&s.app.owner).await.unwrap();
    let of_machine = s.submit(s.ana, s.write).await;
    s.approve(s.mona, &of_machine).await;
    s.approve(s.olga, &of_machine).await;
    let release = s.open_release(&of_machine).await;
    let unit: uuid::Uuid =
        sqlx::query_scalar("select unit_id from identity where id = $1").bind(s.ana.0).fetch_one(&s.app.owner).await.unwrap();
    let robot = s.app.identity("Robot", "service_account", domain::id::UnitId(unit), Some(s.mona)).await;
    sqlx::query("update identity set owner_id = $2 where id = $1").bind(robot.0).bind(s.pia.0).execute(&s.app.owner).await.unwrap();
    sqlx::query("update release set subject_id = $1 where state = 'planned'").bind(robot.0).execute(&s.app.owner).await.unwrap();
    assert_eq!(refusal(&s.execute(s.pia, &release).await), json!("separation_of_duties"));
    refused_by_the_database(&s, &release).await;
}

/// The law stands in the database as well, for carrying out and for taking on.
async fn refused_by_the_database(s: &Story, release: &str) {
    for (write, constraint) in [
        ("update release set executed_by = $1 where id = $2::uuid", "release_not_by_subject"),
        (
            "update release set claimed_by = $1, claimed_at = now(), claim_lapses_at = now() + interval '1 hour' where id = $2::uuid",
            "release_hand_not_by_subject",
        ),
    ] {
        let refused = sqlx::query(write).bind(s.pia.0).bind(release).execute(&s.app.owner).await.unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().constraint(), Some(constraint), "{refused}");
    }
}
