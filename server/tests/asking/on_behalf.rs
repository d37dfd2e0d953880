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

#[sqlx::test(migrations = "../migrations")]
async fn whoever_answers_for_an_account_by_now_answers_changes_and_withdraws_what_was_asked_for_it(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let s = Desk::set(pool, connect).await;
    let robot = s.app.identity("Robot", "service_account", s.unit, Some(s.mona)).await;
    let sponsor = "update identity set owner_id = $2 where id = $1";
    sqlx::query(sponsor).bind(robot.0).bind(s.ben.0).execute(&s.app.owner).await.unwrap();
    let draft = s.add_with(s.ben, s.read, &[("subject", &robot.to_string())]).await;
    let request = s.submit(s.ben, &draft, &[]).await.remove(0);
    // Ben leaves; Stan answers for the robot.
    s.app.set_state(s.ben, "suspended").await;
    sqlx::query(sponsor).bind(robot.0).bind(s.stan.0).execute(&s.app.owner).await.unwrap();

    let ask = async |question: &str| {
        let view = s.show(s.mona, &request).await;
        let text = |name: &str| view[name].as_str().unwrap_or_default().to_owned();
        let (stage, version, hash, key) = (text("may_decide"), view["version"].to_string(), text("content_hash"), text("key"));
        let fields = [
            ("stage", stage.as_str()),
            ("verdict", "return"),
            ("comment", question),
            ("shown_version", &version),
            ("shown_hash", &hash),
            ("key", &key),
        ];
        let reply = s.call(s.mona, "inbox/decide", &fields).await;
        assert!(reply.status < 400, "{}", reply.text());
        s.app.advance(SignedDuration::from_secs(11));
        server::job::finalise_decisions::run(&s.app.base).await.unwrap();
        assert_eq!(s.state(&request).await, "returned");
    };
    ask("Which ledger is it about?").await;
    let told =
        "select count(*) from notification n join identity i on i.id = n.recipient_id where n.kind = 'question' and i.given_name = 'Stan'";
    assert_eq!(s.app.count(told).await, 1, "he hears of the question");

    // It waits for him at home, says so to others, and opens with the answer.
    let mut browser = s.browser(s.stan).await;
    browser.open("/").await;
    assert!(browser.page.contains(&format!("/requests/{request}")), "{}", browser.page);
    browser.open("/requests?state=returned").await;
    assert!(browser.says("Ben Example or you"), "{}", browser.page);
    let again = s.add_with(s.stan, s.read, &[("subject", &robot.to_string())]).await;
    let standing = s.open(s.stan, &again).await["items"][0]["standing"].clone();
    assert_eq!(standing["Asked"]["holder"], "Ben Example or you", "{standing}");
    s.call(s.stan, "drafts/discard", &[("draft", &again)]).await;
    let mut others = s.browser(s.mona).await;
    others.open(&format!("/requests/{request}")).await;
    assert!(others.says("Ben Example or Stan Example has to answer the question"), "{}", others.page);
    browser.open(&format!("/requests/{request}")).await;
    let answer = browser.form("/api/requests/answer_question", "answer").fill("answer", "It is about the ledger of the north branch.");
    browser.send(&answer).await;
    assert!(browser.says("Answered."), "{}", browser.page);
    assert_eq!(s.state(&request).await, "in_approval");

    // He changes it, which makes it his as well, and takes it back.
    browser.open(&format!("/requests/{request}")).await;
    let change = browser.form("/api/drafts/edit", "Change the request");
    browser.send(&change).await;
    let form = browser.form("/api/drafts/save", "justification").fill("ends_on", "2026-12-10");
    browser.press("/api/drafts/submit", &form).await;
    assert_eq!(s.show(s.stan, &request).await["revision"], 2, "{}", browser.page);
    // Nobody else does, whoever answered for it once included: by now that is Dan.
    s.call(s.stan, "drafts/edit", &[("request", &request)]).await;
    let draft = s.newest_draft(s.stan).await;
    sqlx::query(sponsor).bind(robot.0).bind(s.dan.0).execute(&s.app.owner).await.unwrap();
    let version = s.show(s.dan, &request).await["version"].to_string();
    for (who, status) in [(s.pia, 404), (s.mona, 403), (s.stan, 404)] {
        for (endpoint, field) in [("requests/withdraw", "reason"), ("requests/answer_question", "answer")] {
            let reply = s.call(who, endpoint, &[("request", &request), ("version", &version), (field, "North.")]).await;
            assert_eq!(reply.status, status, "{endpoint}: {}", reply.text());
        }
    }
    assert_eq!(s.call(s.stan, "drafts/open", &[("draft", &draft)]).await.status, 404);
    assert_eq!(s.send(s.stan, "drafts/submit", &draft, &[("ends_on", "2026-12-11")]).await.status, 404);
    assert_eq!(s.show(s.dan, &request).await["revision"], 2);
    let mut browser = s.browser(s.dan).await;
    browser.open(&format!("/requests/{request}")).await;
    let withdraw = browser.form("/api/requests/withdraw", "Withdraw");
    browser.send(&withdraw).await;
    assert!(browser.says("Withdrawn."), "{}", browser.page);
    assert_eq!(s.state(&request).await, "withdrawn");
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_answered_for_an_account_once_and_did_not_ask_has_no_part_in_it_any_more(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let robot = s.app.identity("Robot", "service_account", s.unit, Some(s.mona)).await;
    let sponsor = "update identity set owner_id = $2 where id = $1";
    sqlx::query(sponsor).bind(robot.0).bind(s.ben.0).execute(&s.app.owner).await.unwrap();
    let draft = s.add_with(s.ben, s.read, &[("subject", &robot.to_string())]).await;
    let request = s.submit(s.ben, &draft, &[]).await.remove(0);
    for (next, former) in [(s.stan, s.dan), (s.dan, s.stan)] {
        sqlx::query(sponsor).bind(robot.0).bind(next.0).execute(&s.app.owner).await.unwrap();
        assert_eq!(s.show(next, &request).await["may_withdraw"], true);
        // Dan deputises for the owner of the ledger, so he reads it; Stan does not.
        let status = if former == s.dan { 403 } else { 404 };
        assert_eq!(s.call(former, "drafts/edit", &[("request", &request)]).await.status, status);
    }
    let mut browser = s.browser(s.ben).await;
    browser.open("/requests").await;
    assert!(browser.page.contains(&format!("/requests/{request}")), "whoever asked still has it: {}", browser.page);
    // A person who happens to have an owner on record is nobody's account.
    sqlx::query("update identity set owner_id = $2 where id = $1").bind(s.ana.0).bind(s.stan.0).execute(&s.app.owner).await.unwrap();
    let own = s.ask(s.ana, s.write).await;
    assert_eq!(s.call(s.stan, "drafts/edit", &[("request", &own)]).await.status, 404);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_draft_shows_a_request_only_while_whoever_writes_it_may_change_that(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let robot = s.app.identity("Robot", "service_account", s.unit, Some(s.mona)).await;
    let sponsor = "update identity set owner_id = $2 where id = $1";
    sqlx::query(sponsor).bind(robot.0).bind(s.ben.0).execute(&s.app.owner).await.unwrap();
    let asked = s.add_with(s.ben, s.read, &[("subject", &robot.to_string())]).await;
    let request = s.submit(s.ben, &asked, &[]).await.remove(0);
    let file: uuid::Uuid = sqlx::query_scalar(
        "with new as (insert into attachment (id, sha256, name, media_type, size, content, uploaded_by, uploaded_at)
                      values (gen_random_uuid(), sha256('text'), 'why.txt', 'text/plain', 4, 'text', $1, now()) returning id)
         insert into request_attachment (request_id, revision, attachment_id) select $2::uuid, 1, id from new returning attachment_id",
    )
    .bind(s.ben.0)
    .bind(&request)
    .fetch_one(&s.app.owner)
    .await
    .unwrap();
    let (file, path) = (file.to_string(), format!("/attachments/{file}"));

    // Stan answers for the robot, makes a revision, and begins another one.
    sqlx::query(sponsor).bind(robot.0).bind(s.stan.0).execute(&s.app.owner).await.unwrap();
    s.call(s.stan, "drafts/edit", &[("request", &request)]).await;
    let made = s.newest_draft(s.stan).await;
    s.submit(s.stan, &made, &[("justification", "It is about the ledger of the north branch alone.")]).await;
    s.call(s.stan, "drafts/edit", &[("request", &request)]).await;
    let draft = s.newest_draft(s.stan).await;
    assert_eq!(s.open(s.stan, &draft).await["files"][0]["id"], file.as_str());
    let mut browser = s.browser(s.stan).await;
    assert_eq!(s.app.sign_in_as(s.stan).await.get(&path).await.status, 200);
    browser.open(&format!("/request/{draft}")).await;
    let form = browser.form("/api/drafts/save", "justification").fill("ends_on", "2026-12-10");

    // Dan does from now on.
    sqlx::query(sponsor).bind(robot.0).bind(s.dan.0).execute(&s.app.owner).await.unwrap();
    for (endpoint, of) in [
        ("drafts/open", &draft),
        ("drafts/save", &draft),
        ("drafts/submit", &draft),
        ("drafts/remove_item", &draft),
        ("drafts/settle", &draft),
        ("attachments/remove", &draft),
        // What became of the one before is no way to it either.
        ("drafts/open", &made),
        ("drafts/submit", &made),
    ] {
        let fields = [("draft", of.as_str()), ("version", "1"), ("remove", "0"), ("attachment", file.as_str()), ("ends_on", "2026-12-10")];
        let reply = s.call(s.stan, endpoint, &fields).await;
        assert_eq!(reply.status, 404, "{endpoint}: {}", reply.text());
    }
    assert_eq!(s.app.sign_in_as(s.stan).await.get(&path).await.status, 404);
    assert_eq!(s.app.sign_in_as(s.dan).await.get(&path).await.status, 200);
    // Where the form was open it says so, and another draft of his does not name the request.
    for submits in [true, false] {
        if submits {
            browser.press("/api/drafts/submit", &form).await;
        } else {
            browser.send(&form).await;
        }
        assert!(browser.says("Nothing was submitted, and what you typed was not saved."), "{submits}: {}", browser.page);
        assert!(browser.says("changing its request is up to somebody else by now"), "{submits}: {}", browser.page);
    }
    let own = s.add(s.stan, s.read).await;
    assert_eq!(s.open(s.stan, &own).await["others"], json!([]));
    assert_eq!(s.show(s.dan, &request).await["revision"], 2);
    // It went when he began that one.
    assert_eq!(s.app.count("select count(*) from draft").await, 1);
    assert_eq!(s.call(s.stan, "drafts/discard", &[("draft", &draft)]).await.status, 404);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_pressed_for_something_that_is_gone_is_said_not_to_be_done(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let request = s.ask(s.ana, s.read).await;
    let mut browser = s.browser(s.ana).await;
    browser.open(&format!("/requests/{request}")).await;
    let change = browser.form("/api/drafts/edit", "Change the request");
    sqlx::query("update request set subject_id = $1, requester_id = $1").bind(s.dan.0).execute(&s.app.owner).await.unwrap();
    for with_a_draft in [false, true] {
        if with_a_draft {
            s.add(s.ana, s.read).await;
        }
        browser.send(&change).await;
        assert!(browser.says("What you pressed was not done"), "{with_a_draft}: {}", browser.page);
        assert!(browser.says("Nothing was submitted."), "{with_a_draft}: {}", browser.page);
    }
}
