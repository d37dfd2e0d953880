//! A question is no end: it is asked and answered on the record, and the clock stands still meanwhile.

use super::cast::{Story, refusal};
use crate::support::*;
use serde_json::{Value, json};

async fn answer(s: &Story, who: IdentityId, request: &str, text: &str) -> Reply {
    let version = s.show(who, request).await["version"].to_string();
    s.call(who, "requests/answer_question", &[("request", request), ("version", &version), ("answer", text)]).await
}

/// Titles of what somebody was told under a kind.
async fn told(s: &Story, who: IdentityId, kind: &str) -> Vec<String> {
    sqlx::query_scalar("select title from notification where recipient_id = $1 and kind = $2 order by at")
        .bind(who.0)
        .bind(kind)
        .fetch_all(&s.app.owner)
        .await
        .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_question_answered_in_words_lets_the_same_people_decide_on_the_same_revision(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.write).await;
    s.approve(s.mona, &request).await;
    s.decide(s.olga, &request, "return", "Which ledger is it about?").await;
    let view = s.show(s.ana, &request).await;
    assert_eq!((view["state"]["state"].as_str(), &view["may_answer"]), (Some("returned"), &json!(true)));
    assert_eq!(told(&s, s.ana, "question").await.len(), 1);
    assert!(answer(&s, s.ana, &request, "The one of the north branch.").await.status < 400);
    let view = s.show(s.ana, &request).await;
    assert_eq!((view["state"]["state"].as_str(), view["revision"].as_i64()), (Some("in_approval"), Some(1)));
    assert_eq!(view["stages"][0]["state"], "approved", "what was decided before still counts");
    let thread: Vec<(bool, &str, &str)> = view["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| (m["question"].as_bool().unwrap(), m["by"]["name"].as_str().unwrap(), m["body"].as_str().unwrap()))
        .collect();
    assert_eq!(thread, [(true, "Olga Example", "Which ledger is it about?"), (false, "Ana Example", "The one of the north branch.")]);
    assert_eq!(told(&s, s.olga, "answered").await.len(), 1);
    assert_eq!(told(&s, s.dan, "answered").await, Vec::<String>::new(), "nobody else asked");
    // Whoever asked may decide; a question was no decision.
    s.approve(s.olga, &request).await;
    assert_eq!(s.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn titles_of_questions_and_answers_carry_numbers_and_no_words_of_the_request(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.read).await;
    s.decide(s.mona, &request, "return", "Which secret project is it?").await;
    answer(&s, s.ana, &request, "Project Nightingale.").await;
    let all: Vec<String> = sqlx::query_scalar("select title || ' ' || body from notification").fetch_all(&s.app.owner).await.unwrap();
    assert!(!all.is_empty());
    for text in all {
        assert!(!text.contains("secret") && !text.contains("Nightingale") && !text.contains("Ledger"), "{text}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn while_the_requester_is_asked_nobody_decides_and_the_working_time_stands_still(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    // A Monday morning, so that working time passes.
    s.app.clock.set("2026-11-23T09:00:00Z".parse().unwrap());
    let reply = s.try_submit(s.ana, s.read, &[("starts_on", "2026-11-23")]).await;
    assert!(reply.status < 400, "{}", reply.text());
    let request = s.newest().await;
    let seen = s.shown(s.mona, &request).await;
    let due = |view: &Value| view["stages"][0]["due"]["at"].as_str().map(str::to_owned);
    let before = due(&s.show(s.mona, &request).await).unwrap();
    s.decide(s.mona, &request, "return", "For how long?").await;
    let mut late = seen.clone();
    late[3].1 = super::cast::uuid();
    assert_eq!(refusal(&s.decide_on(s.mona, &late, "approve", "").await), json!("changed"));
    assert_eq!(s.call(s.mona, "inbox/list", &[]).await.json()["page"]["total"], 0);
    s.app.advance(SignedDuration::from_hours(24));
    answer(&s, s.ana, &request, "Until Christmas.").await;
    let view = s.show(s.mona, &request).await;
    let after = due(&view).unwrap();
    assert!(after > before, "{before} moved to {after}");
    assert_ne!(view["stages"][0]["waited"], "", "the time spent waiting is kept: {view}");
    s.approve(s.mona, &request).await;
    assert_eq!(s.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn only_those_who_asked_for_access_answer_once_and_with_words(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.read).await;
    assert_eq!(refusal(&answer(&s, s.ana, &request, "Nobody asked.").await), json!("not_possible"));
    s.decide(s.mona, &request, "return", "For how long?").await;
    let version = s.show(s.ana, &request).await["version"].to_string();
    for (who, text, status, code) in [
        (s.stan, "I know it.", 404, json!("not_found")),
        (s.mona, "I know it.", 403, json!("forbidden")),
        (s.ana, "  ", 422, json!(["answer:required"])),
        (s.ana, "evil \u{202E}txt", 422, json!(["answer:forbidden_character"])),
        (s.ana, &*"x".repeat(2_001), 422, json!(["answer:too_long"])),
    ] {
        let reply = s.call(who, "requests/answer_question", &[("request", &request), ("version", &version), ("answer", text)]).await;
        assert_eq!((reply.status, refusal(&reply)), (status, code));
    }
    assert_eq!(s.app.count("select count(*) from request_message where kind = 'answer'").await, 0);
    assert!(answer(&s, s.ana, &request, "Until Christmas.").await.status < 400);
    let again = s.call(s.ana, "requests/answer_question", &[("request", &request), ("version", &version), ("answer", "Again.")]).await;
    assert_eq!(refusal(&again), json!("changed"), "the back button answers nothing twice");
    assert_eq!(s.app.count("select count(*) from request_message where kind = 'answer'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_thread_stands_on_both_pages_and_is_answered_without_javascript(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.read).await;
    s.decide(s.mona, &request, "return", "For how long?").await;
    let mut ana = Browser::of(s.app.sign_in_as(s.ana).await);
    ana.open(&format!("/requests/{request}")).await;
    assert!(ana.says("For how long?"), "{}", ana.page);
    let form = ana.form("/api/requests/answer_question", "Send the answer").fill("answer", " \u{202E}Until Christmas");
    ana.send(&form).await;
    assert!(ana.error("answer").contains("cannot be used here"), "{}", ana.page);
    let kept = ana.form("/api/requests/answer_question", "Send the answer");
    assert!(kept.value("answer").contains("Until Christmas"), "what was typed is kept");
    ana.send(&kept.fill("answer", "Until Christmas.")).await;
    assert!(ana.says("Answered. Those who were asked go on deciding."), "{}", ana.page);
    let mut mona = Browser::of(s.app.sign_in_as(s.mona).await);
    mona.open("/inbox").await;
    let stage = mona.link("/inbox/");
    mona.open(&stage).await;
    assert!(mona.says("For how long?") && mona.says("Until Christmas."), "{}", mona.page);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_stage_waited_for_the_requester_is_kept_however_the_question_ends(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let mut requests = vec![];
    for name in ["Ledger Viewer", "Ledger Printer", "Ledger Exporter"] {
        let what = s.app.entitlement(s.ledger, name, "standard").await;
        requests.push(s.submit(s.ana, what).await);
    }
    let [edited, withdrawn, lapsed] = [&requests[0], &requests[1], &requests[2]];
    // Monday, 13:00: four working hours are left of the day, and each of the three takes some seconds.
    s.app.clock.set("2026-11-23T13:00:00Z".parse().unwrap());
    for request in &requests {
        assert!(s.decide(s.mona, request, "return", "Which ledger is it about?").await.status < 400);
        assert_eq!(s.state(request).await, "returned");
    }
    // A working day later.
    s.app.clock.set("2026-11-24T13:00:00Z".parse().unwrap());
    let changed = [("justification", "It is about the ledger of the north branch alone."), ("starts_on", "2026-11-24")];
    s.edit(s.ana, edited, &changed).await;
    let version = s.show(s.ana, withdrawn).await["version"].to_string();
    let fields = [("request", withdrawn.as_str()), ("version", &version), ("reason", "Settled.")];
    assert!(s.call(s.ana, "requests/withdraw", &fields).await.status < 400);
    // Four hours of Monday, and twenty working days until the last one is over.
    s.app.clock.set("2026-12-22T00:00:00Z".parse().unwrap());
    s.jobs().await;
    for (request, state, hours) in [(edited, "lapsed", 8), (withdrawn, "withdrawn", 8), (lapsed, "lapsed", 164)] {
        assert_eq!(s.state(request).await, state);
        let waited: i64 = sqlx::query_scalar(
            "select waited_seconds from approval_stage where request_id = $1::uuid and revision = 1 and state = 'void' and paused_at is null",
        )
        .bind(request)
        .fetch_one(&s.app.owner)
        .await
        .unwrap();
        assert!((hours * 3_600 - 60..=hours * 3_600 + 60).contains(&waited), "{state}: {waited}");
        let view = s.show(s.ana, request).await;
        let words = view["time"]["words"].as_str().unwrap();
        assert!(words.contains("waiting for the requester"), "{state}: {words}");
    }
}
