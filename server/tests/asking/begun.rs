//! Drafts as they are begun: what is proposed in them, which one things are put into, and how many there
//! may be.

use super::desk::{Desk, refusal};
use crate::support::*;
use serde_json::json;

#[sqlx::test(migrations = "../migrations")]
async fn the_end_that_is_proposed_is_counted_from_the_start_that_was_typed(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    sqlx::query("update entitlement set longest_days = 30 where id = $1").bind(s.root.0).execute(&s.app.owner).await.unwrap();
    // Typed as the start, and what is proposed then for 30 days at most: later than today it is counted
    // from there; what cannot be a start is counted from today and stays as it was typed.
    for (typed, proposed) in
        [("2027-01-01", "2027-01-31"), ("2026-11-22", "2026-12-22"), ("31.12.2026", "2026-12-22"), ("2026-01-01", "2026-12-22")]
    {
        let draft = s.add(s.ana, s.read).await;
        s.send(s.ana, "drafts/save", &draft, &[("starts_on", typed), ("ends_on", "")]).await;
        s.add(s.ana, s.root).await;
        let form = s.open(s.ana, &draft).await["form"].clone();
        assert_eq!((form["starts_on"].as_str(), form["ends_on"].as_str()), (Some(typed), Some(proposed)), "{form}");
        s.call(s.ana, "drafts/discard", &[("draft", &draft)]).await;

        // By a template as well.
        let draft = s.add(s.ana, s.read).await;
        s.send(s.ana, "drafts/save", &draft, &[("starts_on", typed), ("ends_on", "")]).await;
        sqlx::query("insert into request_template (id, code, name, description, reason_code, days, audience_units, entitlement_ids, version, updated_at) values ($1, 'month', 'month', 'For tests', 'new_role', 30, array[$2], array[$3], 1, now()) on conflict do nothing")
            .bind(uuid::Uuid::from_u128(1))
            .bind(s.unit.0)
            .bind(s.write.0)
            .execute(&s.app.owner)
            .await
            .unwrap();
        let used = s.call(s.ana, "drafts/add_template", &[("template", &uuid::Uuid::from_u128(1).to_string())]).await;
        assert_eq!(used.status, 200, "{}", used.text());
        let form = s.open(s.ana, &draft).await["form"].clone();
        assert_eq!((form["starts_on"].as_str(), form["ends_on"].as_str()), (Some(typed), Some(proposed)), "{form}");
        s.call(s.ana, "drafts/discard", &[("draft", &draft)]).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_ends_with_its_holder_is_proposed_until_then_wherever_it_begins(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    sqlx::query("update entitlement set longest_days = 30 where id = $1").bind(s.root.0).execute(&s.app.owner).await.unwrap();
    sqlx::query("update identity set ends_on = '2027-01-10' where id = $1").bind(s.ana.0).execute(&s.app.owner).await.unwrap();
    let draft = s.add(s.ana, s.read).await;
    s.send(s.ana, "drafts/save", &draft, &[("starts_on", "2027-01-01"), ("ends_on", "")]).await;
    s.add(s.ana, s.root).await;
    assert_eq!(s.open(s.ana, &draft).await["form"]["ends_on"], "2027-01-10");
}

/// Gives somebody drafts with something in them for the person who owns them, until they have `n`.
async fn fill(s: &Desk, who: IdentityId, n: i32) {
    sqlx::query(
        "insert into draft (id, owner_id, body, created_at, updated_at, idempotency_key)
         select gen_random_uuid(), $1, jsonb_build_object('form', jsonb_build_object('items', jsonb_build_array(jsonb_build_object('entitlement', $2::text)))),
                now() - interval '1 day', now() - interval '1 day', gen_random_uuid()
         from generate_series(1, $3)",
    )
    .bind(who.0)
    .bind(s.read.to_string())
    .bind(n)
    .execute(&s.app.owner)
    .await
    .unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_fifty_first_draft_is_refused_by_whatever_would_begin_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let draft = s.add_with(s.mona, s.read, &[("subject", &s.ana.to_string())]).await;
    let request = s.submit(s.mona, &draft, &[]).await.remove(0);
    fill(&s, s.mona, 50).await;
    let (write, ben) = (s.write.to_string(), s.ben.to_string());
    for (endpoint, fields) in
        [("drafts/add", vec![("entitlement", write.as_str()), ("subject", &ben)]), ("drafts/edit", vec![("request", request.as_str())])]
    {
        let reply = s.call(s.mona, endpoint, &fields).await;
        assert_eq!((reply.status, refusal(&reply)), (422, json!(["items:too_many_drafts"])), "{endpoint}");
    }
    assert_eq!(s.app.count("select count(*) from draft").await, 50);
    // The page says what to do, also without a script.
    let mut browser = s.browser(s.mona).await;
    browser.open(&format!("/requests/{request}")).await;
    let change = browser.form("/api/drafts/edit", "Change the request");
    browser.send(&change).await;
    assert!(browser.says("You have 50 drafts already: submit or discard some first."), "{}", browser.page);
    // One less, and there is room.
    sqlx::query("delete from draft where id = (select id from draft limit 1)").execute(&s.app.owner).await.unwrap();
    assert_eq!(s.call(s.mona, "drafts/edit", &[("request", &request)]).await.status, 200);
    // What was begun is found again among them all.
    assert_eq!(s.call(s.mona, "drafts/edit", &[("request", &request)]).await.status, 200);
    assert_eq!(s.app.count("select count(*) from draft where request_id is not null").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_draft_of_a_request_that_is_somebody_elses_by_now_takes_no_room_and_goes(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let robot = s.app.identity("Robot", "service_account", s.unit, Some(s.mona)).await;
    let sponsor = "update identity set owner_id = $2 where id = $1";
    sqlx::query(sponsor).bind(robot.0).bind(s.ben.0).execute(&s.app.owner).await.unwrap();
    let asked = s.add_with(s.ben, s.read, &[("subject", &robot.to_string())]).await;
    let robots = s.submit(s.ben, &asked, &[]).await.remove(0);
    let own = s.ask(s.stan, s.read).await;
    // Stan answers for the robot, and the change of its request is one of his fifty drafts.
    sqlx::query(sponsor).bind(robot.0).bind(s.stan.0).execute(&s.app.owner).await.unwrap();
    assert_eq!(s.call(s.stan, "drafts/edit", &[("request", &robots)]).await.status, 200);
    fill(&s, s.stan, 49).await;
    let reply = s.call(s.stan, "drafts/edit", &[("request", &own)]).await;
    assert_eq!((reply.status, refusal(&reply)), (422, json!(["items:too_many_drafts"])));
    let changes = "select count(*) from draft where request_id is not null";
    assert_eq!(s.app.count(changes).await, 1);
    // Dan answers for it from now on.
    sqlx::query(sponsor).bind(robot.0).bind(s.dan.0).execute(&s.app.owner).await.unwrap();
    let reply = s.call(s.stan, "drafts/edit", &[("request", &own)]).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!((s.app.count(changes).await, s.app.count("select count(*) from draft").await), (1, 50));
    assert_eq!(s.app.count("select count(*) from draft d join request r on r.id = d.request_id and r.subject_id = d.owner_id").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn two_things_added_at_the_same_moment_go_into_one_draft(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let (read, write, root) = (s.read.to_string(), s.write.to_string(), s.root.to_string());
    let (one, two, three) = (s.app.sign_in_as(s.ana).await, s.app.sign_in_as(s.ana).await, s.app.sign_in_as(s.ana).await);
    let (first, second, third) = ([("entitlement", read.as_str())], [("entitlement", write.as_str())], [("entitlement", root.as_str())]);
    let (one, two, three) =
        tokio::join!(one.server_fn("drafts/add", &first), two.server_fn("drafts/add", &second), three.server_fn("drafts/add", &third));
    assert_eq!((one.status, two.status, three.status), (200, 200, 200), "{} {} {}", one.text(), two.text(), three.text());
    assert_eq!(s.app.count("select count(*) from draft").await, 1);
    assert_eq!(s.app.count("select jsonb_array_length(body -> 'form' -> 'items')::bigint from draft").await, 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_change_that_is_begun_twice_at_the_same_moment_is_one_draft(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let request = s.ask(s.ana, s.read).await;
    let (one, two) = (s.app.sign_in_as(s.ana).await, s.app.sign_in_as(s.ana).await);
    let fields = [("request", request.as_str())];
    let (one, two) = tokio::join!(one.server_fn("drafts/edit", &fields), two.server_fn("drafts/edit", &fields));
    assert_eq!((one.status, two.status), (200, 200), "{} {}", one.text(), two.text());
    assert_eq!(s.app.count("select count(*) from draft").await, 1);
}
