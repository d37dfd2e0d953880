//! Ten seconds to think again: until then nothing is on record, from then on nothing is undone.

use super::cast::{Story, refusal, uuid};
use crate::support::*;
use serde_json::json;

#[sqlx::test(migrations = "../migrations")]
async fn a_decision_is_on_record_after_ten_seconds_and_not_a_moment_before(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.read).await;
    let shown = s.shown(s.mona, &request).await;
    assert!(s.decide_on(s.mona, &shown, "approve", "").await.status < 400);
    s.app.advance(SignedDuration::from_millis(9_999));
    assert_eq!(server::job::finalise_decisions::run(&s.app.base).await.unwrap().changed, 0);
    assert_eq!((s.state(&request).await.as_str(), s.app.count("select count(*) from decision").await), ("in_approval", 0));
    s.app.advance(SignedDuration::from_millis(1));
    assert_eq!(server::job::finalise_decisions::run(&s.app.base).await.unwrap().changed, 1);
    assert_eq!((s.state(&request).await.as_str(), s.app.count("select count(*) from decision").await), ("approved", 1));
    assert_eq!(server::job::finalise_decisions::run(&s.app.base).await.unwrap().changed, 0, "a second run changes nothing");
    // The record is of the moment at which the button was pressed.
    assert_eq!(
        s.app.count("select count(*) from decision d join pending_decision p on p.id = d.id and p.decided_at = d.decided_at").await,
        1
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn undone_in_time_it_waits_again_and_can_be_decided_anew(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.read).await;
    let shown = s.shown(s.mona, &request).await;
    s.decide_on(s.mona, &shown, "reject", "Two people have it.").await;
    assert_eq!(s.call(s.mona, "inbox/list", &[]).await.json()["page"]["total"], 0, "what was decided does not wait any more");
    for _ in 0..2 {
        let undone = s.call(s.mona, "inbox/undo", &[("decision", &s.pending().await)]).await;
        assert!(undone.status < 400, "twice is once: {}", undone.text());
    }
    s.become_final().await;
    assert_eq!(s.state(&request).await, "in_approval");
    assert_eq!(s.call(s.mona, "inbox/list", &[]).await.json()["page"]["total"], 1);
    // The same form sent again decides nothing: its key was used.
    assert!(s.decide_on(s.mona, &shown, "reject", "Two people have it.").await.status < 400);
    s.become_final().await;
    assert_eq!(s.app.count("select count(*) from decision").await, 0);
    s.approve(s.mona, &request).await;
    assert_eq!(s.state(&request).await, "approved");
    let kinds: Vec<String> =
        s.events(&request).await.into_iter().map(|(_, kind)| kind).filter(|kind| kind.starts_with("decision.")).collect();
    assert_eq!(kinds, ["decision.made", "decision.undone", "decision.made", "decision.approved"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_final_is_not_undone_and_nobody_undoes_for_another(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.read).await;
    let shown = s.shown(s.mona, &request).await;
    s.decide_on(s.mona, &shown, "approve", "").await;
    let pending = s.pending().await;
    for (who, id) in [(s.ana, pending.clone()), (s.olga, pending.clone()), (s.mona, uuid())] {
        assert_eq!(refusal(&s.call(who, "inbox/undo", &[("decision", &id)]).await), json!("not_found"));
    }
    s.app.advance(SignedDuration::from_secs(10));
    // Final, although no job has looked yet.
    let late = s.call(s.mona, "inbox/undo", &[("decision", &pending)]).await;
    assert_eq!((late.status, refusal(&late)), (409, json!("not_possible")));
    s.become_final().await;
    assert_eq!(s.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn while_one_decision_can_be_undone_the_same_person_makes_no_other(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.read).await;
    let shown = s.shown(s.mona, &request).await;
    s.decide_on(s.mona, &shown, "approve", "").await;
    let mut again = shown.clone();
    again[3].1 = uuid();
    assert_eq!(refusal(&s.decide_on(s.mona, &again, "reject", "On second thought.").await), json!("not_possible"));
    // A second account of the same person is the same person.
    let other = s.app.person("Moni", s.app.unit("Elsewhere").await, None).await;
    sqlx::query("update identity set person_id = $2 where id = $1").bind(other.0).bind(s.mona.0).execute(&s.app.owner).await.unwrap();
    sqlx::query("insert into stage_candidate (stage_id, identity_id, because) select id, $1, 'for the test' from approval_stage where state = 'open'")
        .bind(other.0)
        .execute(&s.app.owner)
        .await
        .unwrap();
    assert!(s.decide_on(other, &again, "reject", "On second thought.").await.status >= 400);
    assert_eq!(s.app.count("select count(*) from pending_decision").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn when_the_request_moves_on_within_the_ten_seconds_nothing_is_recorded_and_the_decider_is_told(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.read).await;
    let shown = s.shown(s.mona, &request).await;
    s.decide_on(s.mona, &shown, "approve", "").await;
    let version = s.show(s.ana, &request).await["version"].to_string();
    assert!(
        s.call(s.ana, "requests/withdraw", &[("request", &request), ("version", &version), ("reason", "Not needed any more.")])
            .await
            .status
            < 400
    );
    s.become_final().await;
    assert_eq!((s.state(&request).await.as_str(), s.app.count("select count(*) from decision").await), ("withdrawn", 0));
    assert_eq!(s.app.count("select count(*) from pending_decision where state = 'refused' and refusal = 'changed'").await, 1);
    let told: Vec<(uuid::Uuid, String)> =
        sqlx::query_as("select recipient_id, title from notification where kind = 'not_recorded'").fetch_all(&s.app.owner).await.unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].0, s.mona.0);
    assert!(told[0].1.starts_with("Your decision on REQ-"), "{}", told[0].1);
    assert_eq!(s.events(&request).await.last().unwrap().1, "decision.not_recorded");
    let list = s.call(s.mona, "inbox/list", &[]).await.json();
    assert_eq!(list["recent"][0]["refusal"], "changed", "the list says so, too: {list}");
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_may_no_longer_decide_when_it_becomes_final_has_not_decided(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    // What happens within the ten seconds, and the code that the decider is told.
    for (what, refusal) in [
        ("update identity set state = 'suspended', state_reason = 'for the test' where given_name = 'Mona'", "not_found"),
        ("update identity set manager_id = null where given_name = 'Ana'", "not_found"),
        (
            "update identity set person_id = (select id from identity where given_name = 'Ana') where given_name = 'Mona'",
            "separation_of_duties",
        ),
    ] {
        let request = s.submit(s.ana, s.read).await;
        let shown = s.shown(s.mona, &request).await;
        assert!(s.decide_on(s.mona, &shown, "approve", "").await.status < 400);
        sqlx::query(what).execute(&s.app.owner).await.unwrap();
        s.become_final().await;
        assert_eq!(s.state(&request).await, "in_approval", "{what}");
        let found: String = sqlx::query_scalar("select refusal from pending_decision order by decided_at desc limit 1")
            .fetch_one(&s.app.owner)
            .await
            .unwrap();
        assert_eq!(found, refusal, "{what}");
        sqlx::query("update identity set state = 'active', state_reason = null, person_id = null, manager_id = case when given_name = 'Ana' then $1 else manager_id end where given_name in ('Ana', 'Mona')")
            .bind(s.mona.0)
            .execute(&s.app.owner)
            .await
            .unwrap();
        let version = s.show(s.ana, &request).await["version"].to_string();
        s.call(s.ana, "requests/withdraw", &[("request", &request), ("version", &version), ("reason", "Next case.")]).await;
    }
    assert_eq!(s.app.count("select count(*) from decision").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_list_counts_down_with_an_undo_that_works_without_javascript(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.read).await;
    let shown = s.shown(s.mona, &request).await;
    s.decide_on(s.mona, &shown, "approve", "").await;
    let mut browser = Browser::of(s.app.sign_in_as(s.mona).await);
    browser.open("/inbox?filter=standard").await;
    assert!(browser.says("seconds left"), "{}", browser.page);
    let undo = browser.form("/api/inbox/undo", "Undo");
    browser.send(&undo).await;
    assert!(browser.path.starts_with("/inbox?filter=standard&undone="), "{}", browser.path);
    assert!(browser.says("Undone. Nothing was recorded"), "{}", browser.page);
    // The button of a page that stood open too long is answered with a sentence.
    let shown = s.shown(s.mona, &request).await;
    s.decide_on(s.mona, &shown, "approve", "").await;
    browser.open("/inbox").await;
    let undo = browser.form("/api/inbox/undo", "Undo");
    s.app.advance(SignedDuration::from_secs(10));
    browser.send(&undo).await;
    assert!(browser.says("It was not undone."), "{}", browser.page);
    assert!(browser.says("It is final by now."), "{}", browser.page);
}
