//! Between asking and deciding: claim and release, reassignment, holds, reminders, escalation, and
//! the clock that stands still while the requester is asked.

use super::world::{World, stage};
use crate::support::*;
use serde_json::json;

#[sqlx::test(migrations = "../migrations")]
async fn one_of_a_team_takes_a_decision_on_and_until_it_is_given_back_nobody_else_decides(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let (request, stage) = w.ask_team().await;
    for _ in 0..2 {
        assert!(w.call(w.stan, "approvals/claim", &[("stage", &stage)]).await.status < 400);
    }
    assert_eq!(w.events("stage.claimed").await, 1);
    let seen = w.show(w.ana, &request).await;
    assert_eq!(seen["stages"][0]["claimed"][0]["name"], "Stan Example");
    let since = seen["stages"][0]["claimed_since"]["text"].as_str().unwrap();
    let page = w.app.sign_in_as(w.ana).await.get(&format!("/requests/{request}")).await.text();
    assert!(page.contains(" has taken it on") && page.contains(since), "{page}");
    let taken = w.call(w.sue, "approvals/claim", &[("stage", &stage)]).await;
    assert_eq!((taken.status, taken.code().as_str()), (409, "claimed"));
    let decided = w.decide(w.sue, &request, &stage, "approve").await;
    assert_eq!((decided.status, decided.code().as_str()), (409, "claimed"));
    assert_eq!(w.call(w.sue, "approvals/give_back", &[("stage", &stage)]).await.code(), "not_possible");
    for (who, code) in [(w.ana, "separation_of_duties"), (w.boss, "not_found")] {
        assert_eq!(w.call(who, "approvals/claim", &[("stage", &stage)]).await.code(), code);
    }
    assert!(w.call(w.stan, "approvals/give_back", &[("stage", &stage)]).await.status < 400);
    w.approve(w.sue, &request).await;
    assert_eq!(w.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_claim_lapses_after_eight_working_hours_and_with_the_claimant(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let (request, stage) = w.ask_team().await;
    // Monday at nine, a few seconds in: eight working hours end on Tuesday, those seconds after nine.
    w.call(w.stan, "approvals/claim", &[("stage", &stage)]).await;
    w.at("2026-11-24T08:59:00Z").await;
    w.jobs().await;
    assert_eq!(w.events("stage.unclaimed").await, 0);
    w.at("2026-11-24T09:01:00Z").await;
    w.jobs().await;
    assert_eq!(w.events("stage.unclaimed").await, 1);
    w.call(w.sue, "approvals/claim", &[("stage", &stage)]).await;
    w.app.set_state(w.sue, "suspended").await;
    w.jobs().await;
    assert_eq!(w.events("stage.unclaimed").await, 2);
    w.approve(w.dan, &request).await;
    assert_eq!(w.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_last_one_of_a_quorum_has_the_decision_to_themselves(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    for who in [w.dan, w.sue] {
        w.security(who).await;
    }
    w.plan("standard", json!([stage(1, "Security", &["group:security"], 2)])).await;
    let request = w.ask(w.ana, w.read).await;
    let lines = async |whose: &str| {
        let list = w.call(w.sue, "inbox/list", &[("query[whose]", whose), ("query[filter]", "")]).await.json();
        list["page"]["total"].as_i64().unwrap()
    };
    assert_eq!((lines("mine").await, lines("team").await), (0, 1));
    // Who asks a question has not decided.
    let stage = w.open(&request).await;
    assert!(w.decide(w.dan, &request, &stage, "return").await.status < 400);
    w.answer(w.ana, &request).await;
    assert_eq!((lines("mine").await, lines("team").await), (0, 1));
    w.approve(w.dan, &request).await;
    assert_eq!((lines("mine").await, lines("team").await), (1, 0));
    assert_eq!(w.call(w.sue, "approvals/claim", &[("stage", &stage)]).await.code(), "not_possible", "there is nobody to keep out");
    w.approve(w.sue, &request).await;
    assert_eq!(w.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_decision_of_one_person_cannot_be_claimed(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let request = w.ask(w.ana, w.read).await;
    let stage = w.open(&request).await;
    assert_eq!(w.call(w.mona, "approvals/claim", &[("stage", &stage)]).await.code(), "not_possible");
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_is_asked_gives_their_place_to_somebody_with_a_reason(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let request = w.ask(w.ana, w.read).await;
    let stage = w.open(&request).await;
    let path = format!("/reassign/{stage}");
    assert_eq!(w.app.sign_in_as(w.mona).await.get(&path).await.status, 200);
    for (who, status) in [(w.sue, 404), (w.ana, 403), (w.audra, 403)] {
        assert_eq!(w.app.sign_in_as(who).await.get(&path).await.status, status);
    }
    let version = w.show(w.ana, &request).await["version"].to_string();
    let (mona, boss) = (w.mona.to_string(), w.boss.to_string());
    let send = |from: String, to: &'static str, reason: &'static str| {
        let (path, version) = (path.clone(), version.clone());
        let w = &w;
        async move { w.post(w.mona, &path, &[("version", &version), ("from", &from), ("to", to), ("reason", reason)]).await }
    };
    for (from, to, reason, sentence) in [
        (mona.clone(), "stan@example.org", " ", "Say why"),
        (mona.clone(), "nobody", "I am away.", "Nobody on record"),
        (boss, "stan@example.org", "I am away.", "Only the place of somebody who is asked"),
        (String::new(), "stan@example.org", "I am away.", "Only the place of somebody who is asked"),
    ] {
        let reply = send(from, to, reason).await;
        assert_eq!(reply.status, 422);
        assert!(reply.text().contains(sentence), "{sentence}: {}", reply.text());
    }
    assert_eq!(w.asked(&request).await, ["Mona"]);
    assert_eq!(send(mona, "Stan Example", "I am away tomorrow.").await.location(), "/inbox?reassigned");
    let inbox = w.app.sign_in_as(w.mona).await.get("/inbox?reassigned").await.text();
    // The first status below the bar, which has one of its own.
    let status = inbox.split("<main").nth(1).and_then(|main| main.split("role=\"status\"").nth(1)).unwrap_or_default();
    let said = status.split("</p>").next().unwrap_or_default();
    assert!(said.ends_with("Reassigned. Whoever shall decide now has it in their inbox and was told."), "{said}: {inbox}");
    assert_eq!(w.asked(&request).await, ["Stan"]);
    assert!(w.told(w.stan).await.contains(&"decision_waiting".to_owned()));
    w.jobs().await;
    assert_eq!(w.asked(&request).await, ["Stan"], "the plan does not ask Mona again");
    assert!(w.decide(w.mona, &request, &stage, "approve").await.status >= 400);
    let view = w.show(w.ana, &request).await;
    let moved = &view["stages"][0]["reassignments"][0];
    assert_eq!((moved["from"]["name"].as_str(), moved["reason"].as_str()), (Some("Mona Example"), Some("I am away tomorrow.")));
    w.approve(w.stan, &request).await;
    assert_eq!(w.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn who_gave_a_decision_to_somebody_else_still_reads_the_request_and_decides_nothing(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let (request, stage) = w.ask_team().await;
    let path = format!("/reassign/{stage}");
    let version = w.show(w.ana, &request).await["version"].to_string();
    let number = w.show(w.ana, &request).await["number"].as_str().unwrap().to_owned();
    // Stan gives his own place away; Cora, who keeps the rules then and not later, gives Sue's.
    let away = |from: IdentityId, to: &'static str| {
        let (path, version, from) = (path.clone(), version.clone(), from.to_string());
        let w = &w;
        async move {
            let fields = [("version", version.as_str()), ("from", from.as_str()), ("to", to), ("reason", "Away for the week.")];
            let by = if from == w.stan.to_string() { w.stan } else { w.cora };
            assert_eq!(w.post(by, &path, &fields).await.status, 303);
        }
    };
    away(w.stan, "boss@example.org").await;
    away(w.sue, "olga@example.org").await;
    w.jobs().await;
    assert_eq!(w.asked(&request).await, ["Boss", "Dan", "Olga"]);
    w.sql("update role_assignment set ended_at = now() where identity_id = $1", &[w.cora]).await;
    for who in [w.stan, w.sue, w.cora] {
        let client = w.app.sign_in_as(who).await;
        assert_eq!(client.get(&format!("/requests/{request}")).await.status, 200);
        let found = client.server_fn("find/search", &[("q", "Ledger Reader")]).await.text();
        assert!(found.contains(&number), "{found}");
        let view = client.server_fn("requests/show", &[("request", &request)]).await.json();
        assert!(view["may_decide"].is_null(), "{view}");
        let fields = [
            ("stage", stage.as_str()),
            ("verdict", "approve"),
            ("comment", ""),
            ("shown_version", &view["version"].to_string()),
            ("shown_hash", view["content_hash"].as_str().unwrap()),
            ("key", &uuid()),
        ];
        let decided = client.server_fn("inbox/decide", &fields).await;
        assert_eq!((decided.status, decided.code().as_str()), (404, "not_found"));
        assert_eq!(client.server_fn("approvals/claim", &[("stage", &stage)]).await.status, 404);
        // There is no place of theirs to give away any more.
        assert_eq!(client.get(&path).await.status, 403);
    }
    assert_eq!(w.decisions(&request).await, 0);
    w.approve(w.boss, &request).await;
    assert_eq!(w.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_nobody_can_decide_stands_in_a_queue_from_which_compliance_gives_it_to_somebody(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let w = World::begin(pool, connect).await;
    let administrator = w.app.person_with("Adam", domain::permission::Role::Administrator).await;
    let request = w.ask(w.ana, w.read).await;
    w.app.set_state(w.mona, "suspended").await;
    w.app.set_state(w.boss, "suspended").await;
    w.app.advance(SignedDuration::from_hours(1));
    w.jobs().await;
    assert_eq!(w.stages(&request).await, ["held"]);
    for who in [w.cora, w.audra, administrator] {
        let page = w.app.sign_in_as(who).await.get("/holds").await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains("Mona Example (line manager) is not active"), "{}", page.text());
        assert_eq!(page.text().contains("/reassign/"), who == w.cora);
    }
    for who in [w.ana, w.olga] {
        assert_eq!(w.app.sign_in_as(who).await.get("/holds").await.status, 403);
    }
    // Whoever comes from the administration finds the queue.
    let overview = w.app.sign_in_as(administrator).await.get("/admin").await.text();
    assert!(overview.contains("<a href=\"/holds\">All held decisions</a>"), "{overview}");
    let view = w.show(w.cora, &request).await;
    let since = view["stages"][0]["held"]["text"].as_str().unwrap();
    assert!(overview.contains(since), "since the stage is held, and not since the request was made: {overview}");
    let own = w.app.sign_in_as(w.ana).await.get(&format!("/requests/{request}")).await.text();
    assert!(own.contains("Held since") && own.contains(since), "{own}");
    let (stage, version) = (view["stages"][0]["id"].as_str().unwrap().to_owned(), view["version"].to_string());
    let path = format!("/reassign/{stage}");
    let fields = [("version", version.as_str()), ("from", ""), ("to", "stan@example.org"), ("reason", "Stan leads the team for now.")];
    let stale = w.post(w.cora, &path, &[("version", "99"), ("from", ""), ("to", "stan@example.org"), ("reason", "x")]).await;
    assert_eq!(stale.status, 409);
    assert_eq!(w.post(w.cora, &path, &fields).await.location(), "/holds?reassigned");
    assert_eq!(w.asked(&request).await, ["Stan"]);
    w.approve(w.stan, &request).await;
    assert_eq!(w.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn those_asked_are_reminded_once_and_then_the_next_level_is_asked_as_well(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let request = w.ask(w.ana, w.read).await;
    let reminded = |told: Vec<String>| told.into_iter().filter(|kind| kind == "reminder").count();
    // Remind after 8 working hours, due after 16, escalate after 24: Monday's, Tuesday's, Wednesday's end.
    for (moment, reminders, escalations) in [
        ("2026-11-23T16:59:00Z", 0, 0),
        ("2026-11-24T09:01:00Z", 1, 0),
        ("2026-11-25T09:01:00Z", 1, 0),
        ("2026-11-25T16:59:00Z", 1, 0),
        ("2026-11-26T09:01:00Z", 1, 1),
        ("2026-11-30T09:01:00Z", 1, 1),
    ] {
        w.at(moment).await;
        w.jobs().await;
        assert_eq!((reminded(w.told(w.mona).await), w.events("stage.escalated").await), (reminders, escalations), "{moment}");
    }
    assert_eq!(w.asked(&request).await, ["Boss", "Mona"]);
    assert!(w.told(w.boss).await.contains(&"escalated".to_owned()));
    let view = w.show(w.ana, &request).await;
    assert_eq!((view["stages"][0]["late"].as_bool(), view["stages"][0]["escalated"].is_null()), (Some(true), false));
    w.approve(w.boss, &request).await;
    assert_eq!(w.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn where_nobody_of_the_next_level_can_be_asked_the_page_and_compliance_are_told_why_and_whoever_can_be_later_is_asked_then(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let w = World::begin(pool, connect).await;
    // Pia reports to Sue, who reports to Dan, who is away; Ana to Mona, who reports to Ana; Stan to Boss.
    let pia = w.app.person("Pia", w.unit, Some(w.sue)).await;
    w.sql("update identity set manager_id = $2 where id = $1", &[w.sue, w.dan]).await;
    w.sql("update identity set manager_id = $2 where id = $1", &[w.mona, w.ana]).await;
    w.app.set_state(w.dan, "suspended").await;
    let cases = [
        (pia, w.ask(pia, w.read).await, "Dan Example (manager's manager) is not active."),
        (w.ana, w.ask(w.ana, w.read).await, "Ana Example (manager's manager) cannot decide on their own request."),
        (w.stan, w.ask(w.stan, w.read).await, "the line manager has no manager on record."),
    ];
    // Without the marks between two texts of a page.
    let page = async |who: IdentityId, request: &str| {
        w.app.sign_in_as(who).await.get(&format!("/requests/{request}")).await.text().replace("<!>", "")
    };
    let held = async || w.told(w.cora).await.into_iter().filter(|kind| kind == "held").count();
    w.at("2026-11-26T09:01:00Z").await;
    for _ in 0..2 {
        w.jobs().await;
        assert_eq!((w.events("stage.escalated").await, w.events("stage.not_escalated").await, held().await), (0, 3, 3), "said once");
    }
    for (who, request, why) in &cases {
        let text = page(*who, request).await;
        assert!(text.contains(&format!("The next level could not be asked: {why}")), "{why}: {text}");
        assert!(text.contains("Next level could not be asked") && !text.contains("Next level asked as well"), "{text}");
        let detail: String = sqlx::query_scalar(
            "select body::jsonb ->> 'detail' from audit_event where kind = 'stage.not_escalated' and request_id = $1::uuid",
        )
        .bind(request)
        .fetch_one(&w.app.owner)
        .await
        .unwrap();
        assert_eq!(detail, format!("Line manager: {why}"));
    }
    let (_, request, _) = &cases[0];
    assert_eq!(w.asked(request).await, ["Sue"]);
    w.app.set_state(w.dan, "active").await;
    w.jobs().await;
    assert_eq!(w.asked(request).await, ["Dan", "Sue"]);
    assert_eq!((w.events("stage.escalated").await, w.events("stage.not_escalated").await), (1, 3));
    assert!(w.told(w.dan).await.contains(&"escalated".to_owned()));
    let text = page(pia, request).await;
    assert!(text.contains("Next level asked as well") && !text.contains("The next level could not be asked"), "{text}");
    w.approve(w.dan, request).await;
    assert_eq!(w.state(request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn with_the_answer_whoever_can_decide_now_is_asked_at_once(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let request = w.ask(w.ana, w.read).await;
    let stage = w.open(&request).await;
    assert!(w.decide(w.mona, &request, &stage, "return").await.status < 400);
    w.app.set_state(w.mona, "suspended").await;
    w.answer(w.ana, &request).await;
    // No job has run.
    assert_eq!(w.asked(&request).await, ["Boss"]);
    assert!(w.told(w.boss).await.contains(&"decision_waiting".to_owned()));
    w.approve(w.boss, &request).await;
    assert_eq!(w.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn while_the_requester_is_asked_the_clock_stands_still(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let request = w.ask(w.ana, w.read).await;
    let stage = w.open(&request).await;
    // Asked some seconds after nine: sixteen working hours end as many after nine on Wednesday.
    assert_eq!(w.due("Line manager").await, "25 09:00");
    w.at("2026-11-23T13:00:00Z").await;
    assert!(w.decide(w.mona, &request, &stage, "return").await.status < 400);
    assert_eq!((w.state(&request).await, w.stages(&request).await), ("returned".to_owned(), vec!["open".to_owned()]));
    // Three days pass: nobody is reminded, nothing is late.
    w.at("2026-11-26T13:00:00Z").await;
    w.jobs().await;
    assert_eq!((w.events("stage.reminded").await, w.events("stage.escalated").await), (0, 0));
    let view = w.show(w.ana, &request).await;
    assert_eq!(view["stages"][0]["late"], false);
    assert!(!view["stages"][0]["paused"].is_null());
    w.answer(w.ana, &request).await;
    assert_eq!(w.state(&request).await, "in_approval");
    // Some seconds less than twelve working hours were left on Monday; from Thursday at one they end
    // on Friday, as many seconds before five.
    assert_eq!(w.due("Line manager").await, "27 16:59");
    let waited = w.waited().await;
    assert!((86_300..=86_400).contains(&waited[0]), "three working days: {waited:?}");
    w.at("2026-11-27T16:00:00Z").await;
    w.approve(w.mona, &request).await;
    assert_eq!(w.state(&request).await, "approved");
}
