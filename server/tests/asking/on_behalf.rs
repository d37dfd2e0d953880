//! Asking for somebody else: for who reports to me and for accounts I answer for, and for nobody
//! else.

use super::desk::{Desk, refusal};
use crate::support::*;
use serde_json::json;

#[sqlx::test(migrations = "../migrations")]
async fn a_manager_asks_for_who_reports_to_them_and_does_not_decide_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let draft = s.add(s.mona, s.read).await;
    let view = s.open(s.mona, &draft).await;
    let offered: Vec<&str> = view["subjects"].as_array().unwrap().iter().map(|line| line[1].as_str().unwrap()).collect();
    assert_eq!(offered, ["Mona Example (myself)", "Ana Example, Specialist", "Ben Example, Specialist"]);
    let request = s.submit(s.mona, &draft, &[("subject", &s.ana.to_string())]).await.remove(0);
    let view = s.show(s.ana, &request).await;
    assert_eq!((view["subject"]["name"].as_str(), view["requester"]["name"].as_str()), (Some("Ana Example"), Some("Mona Example")));
    // Law 4: who asked does not decide; her own manager is asked instead.
    assert_eq!(s.show(s.mona, &request).await["may_decide"], json!(null));
    assert_eq!(s.app.count("select count(*) from notification where kind = 'request_moved'").await, 1);
    let mut browser = s.browser(s.mona).await;
    browser.open("/requests").await;
    assert!(browser.says("for Ana Example by Mona Example"), "{}", browser.page);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_account_is_asked_for_by_who_answers_for_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let robot = s.app.identity("Robot", "service_account", s.unit, None).await;
    sqlx::query("update identity set owner_id = $2 where id = $1").bind(robot.0).bind(s.ben.0).execute(&s.app.owner).await.unwrap();
    let draft = s.add(s.ben, s.read).await;
    let request = s.submit(s.ben, &draft, &[("subject", &robot.to_string())]).await.remove(0);
    assert_eq!(s.show(s.ben, &request).await["subject"]["name"], "Robot Example");
    let draft = s.add(s.ana, s.read).await;
    let reply = s.send(s.ana, "drafts/submit", &draft, &[("subject", &robot.to_string())]).await;
    assert_eq!(refusal(&reply), json!(["subject:not_yours"]));
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_asks_for_a_stranger_and_learns_nothing_about_them(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let nobody = "01930000-0000-7000-8000-00000000dead".to_owned();
    // A peer, somebody's manager, somebody outside, somebody who does not exist, no id at all.
    for subject in [s.ben.to_string(), s.mona.to_string(), s.stan.to_string(), nobody, "x".to_owned()] {
        let draft = s.add(s.ana, s.read).await;
        let reply = s.send(s.ana, "drafts/submit", &draft, &[("subject", &subject)]).await;
        assert_eq!((reply.status, refusal(&reply)), (422, json!(["subject:not_yours"])), "{subject}");
        let view = s.open(s.ana, &draft).await;
        assert_eq!((&view["subject"], &view["items"][0]["evaluation"]), (&json!(null), &json!(null)), "{subject}");
        s.call(s.ana, "drafts/discard", &[("draft", &draft)]).await;
    }
    assert_eq!(s.records().await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn who_stopped_being_the_manager_between_draft_and_submission_is_refused_at_the_field(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let s = Desk::set(pool, connect).await;
    let draft = s.add_with(s.mona, s.read, &[("subject", &s.ana.to_string())]).await;
    sqlx::query("update identity set manager_id = $2 where id = $1").bind(s.ana.0).bind(s.olga.0).execute(&s.app.owner).await.unwrap();
    let reply = s.send(s.mona, "drafts/submit", &draft, &[]).await;
    assert_eq!(refusal(&reply), json!(["subject:not_yours"]));
    assert_eq!(s.records().await, 0);
    let mut browser = s.browser(s.mona).await;
    browser.open(&format!("/request/{draft}")).await;
    assert!(browser.error("subject").contains("choose one of them"), "{}", browser.page);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_subject_suspended_between_draft_and_submission_stops_it_at_the_item(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let draft = s.add_with(s.mona, s.read, &[("subject", &s.ana.to_string())]).await;
    s.app.set_state(s.ana, "suspended").await;
    let reply = s.send(s.mona, "drafts/submit", &draft, &[]).await;
    assert_eq!((reply.status, refusal(&reply)), (422, json!(["items.0.gates:CS-SRC-02"])));
    assert_eq!(s.records().await, 0);
    assert!(s.problems(s.mona, &draft).await.iter().any(|(field, words)| field == "items.0.gates" && words.contains("active")));
}

#[sqlx::test(migrations = "../migrations")]
async fn something_for_another_person_begins_a_basket_of_its_own(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let own = s.add(s.mona, s.read).await;
    let other = s.add_with(s.mona, s.write, &[("subject", &s.ana.to_string())]).await;
    assert_ne!(own, other);
    let view = s.open(s.mona, &other).await;
    assert_eq!(
        (view["items"].as_array().unwrap().len(), view["subject"]["name"].as_str(), view["others"].as_array().unwrap().len()),
        (1, Some("Ana Example"), 1)
    );
}
