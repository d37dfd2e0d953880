//! What stands still, what runs on and what is kept: due times across a hold, stages while the
//! requester is asked, claims when it is time for the next level.

use super::world::{World, stage};
use crate::support::*;
use serde_json::{Value, json};

/// What the newest event of a kind says.
async fn newest(w: &World, kind: &'static str) -> Value {
    let body: String = sqlx::query_scalar("select body from audit_event where kind = $1 order by at desc, id desc limit 1")
        .bind(kind)
        .fetch_one(&w.app.owner)
        .await
        .unwrap();
    serde_json::from_str(&body).unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_hold_moves_the_due_time_by_what_was_left_of_it_and_both_stand_in_the_events(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let request = w.ask(w.ana, w.read).await;
    assert_eq!(w.due("Line manager").await, "25 09:00");
    w.at("2026-11-23T13:01:00Z").await;
    for who in [w.mona, w.boss] {
        w.app.set_state(who, "suspended").await;
    }
    w.jobs().await;
    assert_eq!(w.stages(&request).await, ["held"]);
    let held = newest(&w, "stage.held").await["due"].as_str().unwrap().to_owned();
    assert!(held.starts_with("2026-11-25T09:00:"), "{held}");
    assert!(w.show(w.ana, &request).await["stages"][0]["due"].is_null(), "while nobody can decide, nothing is due");
    w.at("2026-11-26T13:00:00Z").await;
    w.app.set_state(w.boss, "active").await;
    w.jobs().await;
    // Somewhat less than twelve working hours were left on Monday at one.
    assert_eq!((w.stages(&request).await, w.due("Line manager").await), (vec!["open".to_owned()], "27 16:59".to_owned()));
    let opened = newest(&w, "stage.opened").await;
    assert_eq!(opened["due_before"].as_str(), Some(held.as_str()), "{opened}");
    assert!(opened["due"].as_str().unwrap().starts_with("2026-11-27T16:59:"), "{opened}");
    assert_eq!(opened["held_since"], "2026-11-23T13:01:00Z");
    // What was late when it was held is late when it opens again.
    w.at("2026-11-30T10:00:00Z").await;
    w.app.set_state(w.boss, "suspended").await;
    w.jobs().await;
    w.at("2026-12-01T10:00:00Z").await;
    w.app.set_state(w.boss, "active").await;
    w.jobs().await;
    assert_eq!(w.due("Line manager").await, "27 16:59");
    let view = w.show(w.ana, &request).await;
    assert_eq!(
        (view["stages"][0]["late"].as_bool(), view["stages"][0]["opened"]["text"].as_str()),
        (Some(true), Some("23 Nov 2026 09:00"))
    );
    w.approve(w.boss, &request).await;
    assert_eq!(w.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn after_a_hold_who_was_reminded_is_not_reminded_again_and_who_comes_instead_is(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    w.plan("standard", json!([stage(1, "Manager", &["line_manager"], 1)])).await;
    let request = w.ask(w.ana, w.read).await;
    let reminders = async |who: IdentityId| w.told(who).await.into_iter().filter(|kind| kind == "reminder").count();
    w.at("2026-11-24T09:01:00Z").await;
    w.jobs().await;
    assert_eq!(reminders(w.mona).await, 1);
    for (state, stages) in [("suspended", "held"), ("active", "open")] {
        w.app.set_state(w.mona, state).await;
        w.jobs().await;
        assert_eq!(w.stages(&request).await, [stages]);
    }
    w.at("2026-11-24T15:00:00Z").await;
    w.jobs().await;
    assert_eq!(reminders(w.mona).await, 1);
    // Held once more, until compliance gives it to Stan.
    w.app.set_state(w.mona, "suspended").await;
    w.jobs().await;
    let view = w.show(w.cora, &request).await;
    let (held, version) = (view["stages"][0]["id"].as_str().unwrap().to_owned(), view["version"].to_string());
    let fields = [("version", version.as_str()), ("from", ""), ("to", "stan@example.org"), ("reason", "Stan leads the team for now.")];
    assert_eq!(w.post(w.cora, &format!("/reassign/{held}"), &fields).await.location(), "/holds?reassigned");
    assert_eq!(w.asked(&request).await, ["Stan"]);
    // Eight working hours are more than are left until it is due, on Wednesday some seconds after nine.
    for (moment, so_far) in [("2026-11-25T08:59:00Z", 0), ("2026-11-25T09:01:00Z", 1), ("2026-11-25T16:59:00Z", 1)] {
        w.at(moment).await;
        w.jobs().await;
        assert_eq!((reminders(w.mona).await, reminders(w.stan).await), (1, so_far), "{moment}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn while_the_requester_is_asked_no_stage_opens_and_none_is_held(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    w.security(w.stan).await;
    w.app.set_state(w.stan, "suspended").await;
    w.plan("standard", json!([stage(1, "Manager", &["line_manager"], 1), stage(1, "Security", &["group:security"], 1)])).await;
    let request = w.ask(w.ana, w.read).await;
    assert_eq!(w.stages(&request).await, ["open", "held"]);
    let open = w.open(&request).await;
    w.at("2026-11-23T13:00:00Z").await;
    assert!(w.decide(w.mona, &request, &open, "return").await.status < 400);
    // Nobody could decide at the one, and nobody can at the other any more, when compliance puts Sue on the one.
    w.app.set_state(w.mona, "suspended").await;
    let view = w.show(w.cora, &request).await;
    let (held, version) = (view["stages"][1]["id"].as_str().unwrap().to_owned(), view["version"].to_string());
    let fields = [("version", version.as_str()), ("from", ""), ("to", "sue@example.org"), ("reason", "Sue leads security for now.")];
    w.at("2026-11-24T13:00:00Z").await;
    assert_eq!(w.post(w.cora, &format!("/reassign/{held}"), &fields).await.location(), "/holds?reassigned");
    w.jobs().await;
    assert_eq!((w.events("stage.reassigned").await, w.stages(&request).await), (1, vec!["open".to_owned(), "held".to_owned()]));
    assert_eq!((w.due("Security").await, w.state(&request).await), (String::new(), "returned".to_owned()));
    w.app.set_state(w.mona, "active").await;
    w.at("2026-11-26T13:00:00Z").await;
    w.answer(w.ana, &request).await;
    assert_eq!(
        (w.stages(&request).await, w.asked(&request).await),
        (vec!["open".to_owned(); 2], vec!["Mona".to_owned(), "Sue".to_owned()])
    );
    // The one goes on where it stood for three working days, the other begins its sixteen hours.
    assert_eq!((w.due("Manager").await.as_str(), w.due("Security").await.as_str()), ("27 16:59", "30 13:00"));
    let waited = w.waited().await;
    assert!((86_300..=86_400).contains(&waited[0]) && waited[1] == 0, "{waited:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_escalation_takes_a_claim_back_and_a_later_one_does_not_keep_the_next_level_out(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let (request, stage) = w.ask_team().await;
    w.at("2026-11-26T08:00:00Z").await;
    assert!(w.call(w.stan, "approvals/claim", &[("stage", &stage)]).await.status < 400);
    w.at("2026-11-26T09:01:00Z").await;
    w.jobs().await;
    assert_eq!((w.events("stage.escalated").await, w.events("stage.unclaimed").await), (1, 1));
    assert_eq!(w.asked(&request).await, ["Boss", "Dan", "Stan", "Sue"]);
    assert!(w.show(w.ana, &request).await["stages"][0]["claimed"].is_null());
    // Stan takes it on once more: the team is kept out, Boss is not.
    assert!(w.call(w.stan, "approvals/claim", &[("stage", &stage)]).await.status < 400);
    assert_eq!(w.decide(w.sue, &request, &stage, "approve").await.code(), "claimed");
    for (who, team_queue) in [(w.boss, false), (w.sue, true)] {
        let list = w.call(who, "inbox/list", &[("query[whose]", "claimed"), ("query[filter]", "")]).await.json();
        assert_eq!(list["page"]["total"], 0, "{list}");
        let line = w.call(who, "inbox/list", &[("query[whose]", "team"), ("query[filter]", "")]).await.json();
        assert_eq!(line["page"]["rows"].as_array().map(Vec::len), Some(1), "{line}");
        let view = w.show(who, &request).await;
        assert_eq!(view["may_decide"].is_null(), team_queue, "{view}");
    }
    // Boss takes it over, which gives it back for Stan, and decides.
    assert!(w.call(w.boss, "approvals/claim", &[("stage", &stage)]).await.status < 400);
    assert_eq!((w.events("stage.claimed").await, w.events("stage.unclaimed").await), (3, 2));
    w.approve(w.boss, &request).await;
    assert_eq!(w.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_group_that_calls_itself_the_next_level_is_bound_by_a_claim_all_the_same(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    w.sql("update approver_group set name = 'Security, next level' where code = 'security'", &[]).await;
    let (request, stage) = w.ask_team().await;
    let named = "select count(*) from stage_candidate where because = 'member of Security, next level'";
    let next_level = "select count(*) from stage_candidate where next_level";
    assert_eq!((w.app.count(named).await, w.app.count(next_level).await), (3, 0));
    assert!(w.call(w.stan, "approvals/claim", &[("stage", &stage)]).await.status < 400);
    assert_eq!(w.decide(w.sue, &request, &stage, "approve").await.code(), "claimed");
    assert!(w.show(w.sue, &request).await["may_decide"].is_null());
    assert!(!w.told(w.sue).await.contains(&"escalated".to_owned()));
    // Where it was written down so before, it is put right when it is looked at again.
    w.sql("update stage_candidate set next_level = true", &[]).await;
    w.jobs().await;
    assert_eq!((w.app.count(named).await, w.app.count(next_level).await), (3, 0));
    w.approve(w.stan, &request).await;
    assert_eq!(w.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn while_the_requester_is_asked_no_claim_lapses(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let (request, stage) = w.ask_team().await;
    assert!(w.call(w.stan, "approvals/claim", &[("stage", &stage)]).await.status < 400);
    w.at("2026-11-23T13:00:00Z").await;
    assert!(w.decide(w.stan, &request, &stage, "return").await.status < 400);
    w.at("2026-11-26T13:00:00Z").await;
    w.jobs().await;
    assert_eq!(w.events("stage.unclaimed").await, 0);
    assert_eq!(w.show(w.ana, &request).await["stages"][0]["claimed"][0]["name"], "Stan Example");
    w.answer(w.ana, &request).await;
    // Not quite four of its eight working hours were left.
    for (moment, given_back) in [("2026-11-26T16:59:00Z", 0), ("2026-11-27T09:01:00Z", 1)] {
        w.at(moment).await;
        w.jobs().await;
        assert_eq!(w.events("stage.unclaimed").await, given_back, "{moment}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn while_one_of_a_team_has_a_decision_they_are_reminded_alone_and_the_others_once_it_is_given_back(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let w = World::begin(pool, connect).await;
    let (_, stage) = w.ask_team().await;
    let reminders = async |who: IdentityId| w.told(who).await.into_iter().filter(|kind| kind == "reminder").count();
    w.at("2026-11-24T08:00:00Z").await;
    assert!(w.call(w.stan, "approvals/claim", &[("stage", &stage)]).await.status < 400);
    for (moment, others, given_back) in
        [("2026-11-24T09:01:00Z", 0, 0), ("2026-11-24T16:59:00Z", 0, 0), ("2026-11-25T09:01:00Z", 1, 1), ("2026-11-25T16:59:00Z", 1, 1)]
    {
        w.at(moment).await;
        w.jobs().await;
        assert_eq!(w.events("stage.unclaimed").await, given_back, "{moment}");
        assert_eq!((reminders(w.stan).await, reminders(w.sue).await, reminders(w.dan).await), (1, others, others), "{moment}");
    }
}
