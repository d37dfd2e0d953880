//! What operators see and do about releases that a machine carries out.

use super::scene::*;
use connector::Operation;
use connector::memory::{Moment, Trouble};

/// A release that fails at giving and needs a person.
async fn refused(s: &Story) -> (String, connector::memory::Directory) {
    let directory = s.app.in_memory(s.ledger).await;
    let (_, release) = approved(s).await;
    directory.script(Moment::Apply(Operation::Give), Trouble::Refuse, u32::MAX);
    s.app.drain().await;
    assert_eq!(state(s, &release).await, "failed");
    (release, directory)
}

const FORMS: [&str; 4] = ["/api/releases/retry", "/api/releases/roll_back", "/api/releases/propose_skip", "/api/releases/answer_skip"];

async fn forms(s: &Story, who: IdentityId, release: &str) -> Vec<&'static str> {
    let mut page = browser(s, who).await;
    page.open(&format!("/releases/{release}")).await;
    assert_eq!(page.status, 200);
    FORMS.into_iter().filter(|form| page.has_form(form, "")).map(|form| form.rsplit('/').next().unwrap()).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn each_form_is_shown_to_those_who_may_and_when_it_is_possible(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (release, directory) = refused(&s).await;
    assert_eq!(forms(&s, s.pia, &release).await, ["retry", "roll_back", "propose_skip"]);
    let cora = s.app.person_with("Cora", Role::Compliance).await;
    s.app.role(s.mona, Role::Operator).await;
    for who in [cora, s.mona] {
        assert!(forms(&s, who, &release).await.is_empty(), "a reader and an approver do nothing about it");
    }
    let mut pia = browser(&s, s.pia).await;
    pia.open(&format!("/releases/{release}")).await;
    assert!(pia.says("Failed, and does not try again by itself."), "{}", pia.text());
    let form = pia.form("/api/releases/propose_skip", "reason");
    pia.send(&form.fill("reason", "Added by hand in the console.")).await;
    assert!(pia.says("You proposed it: a second person answers."), "{}", pia.text());
    assert!(pia.says("Somebody has proposed it already."), "why not otherwise: {}", pia.text());
    assert_eq!(forms(&s, s.pia, &release).await, ["retry", "roll_back"]);
    assert_eq!(forms(&s, s.pol, &release).await, ["retry", "roll_back", "answer_skip"]);
    let mut pol = browser(&s, s.pol).await;
    pol.open(&format!("/releases/{release}")).await;
    let answer = pol.form("/api/releases/answer_skip", &release);
    pol.send(&answer.with("confirm", "false")).await;
    assert_eq!(forms(&s, s.pol, &release).await, ["retry", "roll_back", "propose_skip"], "{}", pol.text());

    let form = pol.form("/api/releases/roll_back", "reason");
    let long = "x".repeat(2_001);
    pol.send(&form.clone().fill("reason", &long)).await;
    assert!(pol.error("reason").contains("too long"), "{}", pol.text());
    assert_eq!(pol.form("/api/releases/roll_back", "reason").value("reason"), long, "what was typed comes back");
    pol.send(&form.fill("reason", "The group does not exist.")).await;
    s.app.drain().await;
    assert_eq!((state(&s, &release).await.as_str(), forms(&s, s.pia, &release).await), ("rolled_back", vec!["retry"]));
    directory.recover();
    pia.open(&format!("/releases/{release}")).await;
    assert!(pia.says("The group does not exist."), "{}", pia.text());
    let retry = pia.form("/api/releases/retry", &release);
    pia.send(&retry).await;
    s.app.drain().await;
    assert_eq!((state(&s, &release).await.as_str(), forms(&s, s.pia, &release).await), ("closed", vec![]));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_page_shows_planned_and_found_steps_and_every_call(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (release, directory) = refused(&s).await;
    let before = view(&s, s.pia, &release).await;
    assert!(before["calls"].as_array().unwrap().iter().any(|call| call["outcome"] == json!("refused")), "{}", before["calls"]);
    directory.recover();
    let version = before["version"].to_string();
    assert!(s.call(s.pia, "releases/retry", &[("release", &release), ("version", &version)]).await.status < 400);
    s.app.drain().await;
    let shown = view(&s, s.pia, &release).await;
    assert_eq!(
        (&shown["found"]["planned"], &shown["found"]["actual"], &shown["found"]["missing"]),
        (&json!(["Ledger Reader"]), &json!(["Ledger Reader"]), &json!([]))
    );
    for moment in ["planned", "gated", "account_ready", "activated", "verified", "closed"] {
        assert!(shown["moments"][moment]["at"].is_string(), "{moment} in {}", shown["moments"]);
    }
    assert_eq!(shown["connection"], json!("Directory (memory), version 1 of its settings"));
    let rows: i64 = one(&s, "select count(*) from release_call where release_id = $1::uuid", &release).await;
    assert_eq!((shown["calls_total"].as_i64(), shown["calls"].as_array().map(Vec::len)), (Some(rows), usize::try_from(rows).ok()));
    let mut page = browser(&s, s.pia).await;
    page.open(&format!("/releases/{release}")).await;
    for words in ["Read over there", "No difference", "Give the entitlement", "Read back", "Refused", "Account ready", "Carried out"] {
        assert!(page.says(words), "{words} in {}", page.text());
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_does_by_hand_what_a_machine_does_unless_it_was_rolled_back_and_switched(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let directory = s.app.in_memory(s.ledger).await;
    let (request, release) = approved(&s).await;
    for _ in 0..2 {
        let reply = confirm(&s, s.pia, &release, &[("evidence", "Done.")]).await;
        assert_eq!((reply.status, refusal(&reply)), (409, json!("by_machine")));
        assert_eq!(s.call(s.pia, "releases/claim", &[("release", &release)]).await.status, 409);
        directory.script(Moment::Apply(Operation::Give), Trouble::Refuse, u32::MAX);
        s.app.drain().await;
    }
    by_hand(&s, &json!({})).await;
    let reply = confirm(&s, s.pia, &release, &[("evidence", "Done.")]).await;
    assert_eq!(reply.status, 409, "what the machine began is undone first: {}", reply.text());
    let version = view(&s, s.pia, &release).await["version"].to_string();
    let fields = [("release", release.as_str()), ("version", version.as_str()), ("reason", "It goes by hand now.")];
    assert!(s.call(s.pia, "releases/roll_back", &fields).await.status < 400);
    s.app.drain().await;
    assert_eq!(state(&s, &release).await, "rolled_back");
    let version = view(&s, s.pia, &release).await["version"].to_string();
    assert!(s.call(s.pia, "releases/retry", &[("release", &release), ("version", &version)]).await.status < 400);
    s.app.drain().await;
    done(&s, s.pia, &release).await;
    assert_eq!(s.state(&request).await, "released");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_proposal_to_take_a_step_as_done_ends_with_the_failure_that_it_is_about(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (release, directory) = refused(&s).await;
    let act = async |who: IdentityId, endpoint: &str, more: &[(&str, &str)]| {
        let version = view(&s, s.pia, &release).await["version"].to_string();
        let mut fields = vec![("release", release.as_str()), ("version", version.as_str())];
        fields.extend(more);
        s.call(who, endpoint, &fields).await.status
    };
    let reason = [("reason", "Added by hand in the console.")];
    let open = "select count(*) from release_skip where confirmed_at is null and refused_at is null and overtaken_at is null";
    // Tried again by a person: what it was about is over, and something else may fail now.
    assert_eq!(act(s.pia, "releases/propose_skip", &reason).await, 200);
    assert_eq!((act(s.pia, "releases/retry", &[]).await, s.app.count(open).await), (200, 0));
    s.app.drain().await;
    assert_eq!(act(s.pol, "releases/answer_skip", &[("confirm", "true")]).await, 409, "nothing waits for an answer");
    // A new one stands in nobody's way, and ends with rolling back.
    assert_eq!(act(s.pia, "releases/propose_skip", &reason).await, 200);
    assert_eq!(act(s.pol, "releases/roll_back", &[("reason", "The group does not exist.")]).await, 200);
    s.app.drain().await;
    assert_eq!((state(&s, &release).await.as_str(), s.app.count(open).await), ("rolled_back", 0));
    assert_eq!(act(s.pia, "releases/retry", &[]).await, 200);
    s.app.drain().await;
    assert_eq!(state(&s, &release).await, "failed");
    assert!(!forms(&s, s.pol, &release).await.contains(&"answer_skip"), "the first round's is not shown");
    // Who refuses stands on the record, and the round as well.
    assert_eq!(act(s.pia, "releases/propose_skip", &reason).await, 200);
    assert_eq!(act(s.pol, "releases/answer_skip", &[("confirm", "false")]).await, 200);
    let refused: (i32, uuid::Uuid) =
        sqlx::query_as("select round, refused_by from release_skip where refused_at is not null").fetch_one(&s.app.owner).await.unwrap();
    assert_eq!(refused, (2, s.pol.0));
    // It succeeds by itself while one waits: that one is closed with the proof.
    assert_eq!(act(s.pia, "releases/propose_skip", &reason).await, 200);
    directory.recover();
    assert_eq!(act(s.pol, "releases/retry", &[]).await, 200);
    s.app.drain().await;
    assert_eq!((state(&s, &release).await.as_str(), s.app.count(open).await), ("closed", 0));
}

#[sqlx::test(migrations = "../migrations")]
async fn who_approved_does_not_even_refuse_such_a_proposal_in_the_database(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (release, _) = refused(&s).await;
    let version = view(&s, s.pia, &release).await["version"].to_string();
    let fields = [("release", release.as_str()), ("version", version.as_str()), ("reason", "Added by hand.")];
    assert!(s.call(s.pia, "releases/propose_skip", &fields).await.status < 400);
    for who in [s.mona, s.ana] {
        for answer in ["confirmed", "refused"] {
            let sql = format!("update release_skip set {answer}_by = $1, {answer}_at = now()");
            let forced = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(who.0).execute(&s.app.owner).await;
            assert!(forced.unwrap_err().to_string().contains("execute"), "{answer}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_machine_does_late_is_told_to_the_operators_once(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let directory = s.app.in_memory(s.ledger).await;
    let (_, release) = approved(&s).await;
    // It rests behind a machine that does not answer well.
    directory.script(Moment::Plan, Trouble::Fail, u32::MAX);
    s.app.drain().await;
    s.app.clock.set("2026-12-01T09:00:00Z".parse().unwrap());
    let told = "select count(*) from notification where title like 'REL-% is late'";
    for _ in 0..2 {
        remind(&s).await;
        assert_eq!(s.app.count(told).await, 2, "both operators, once");
    }
    let body: String =
        sqlx::query_scalar("select min(body) from notification where title like 'REL-% is late'").fetch_one(&s.app.owner).await.unwrap();
    assert!(body.starts_with("A machine carries it out, and it was due "), "{body}");
    let reminded = "select count(*) from audit_event where kind = 'release.reminded'";
    assert_eq!(
        (s.app.count(reminded).await, one::<bool>(&s, "select reminded_at is not null from release where id = $1::uuid", &release).await),
        (1, true)
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn every_call_of_a_release_that_was_tried_for_long_can_be_opened(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (release, _) = refused(&s).await;
    let before: i64 = one(&s, "select count(*) from release_call where release_id = $1::uuid", &release).await;
    // Three of each moment, so that moments alone do not tell them apart.
    run(
        &s,
        "insert into release_call (id, release_id, round, purpose, connection_id, connector, fence, began_at, ended_at, took_ms, outcome, said, exchanges)
         select gen_random_uuid(), l.id, 1, 'plan', l.connection_id, 'memory', 1, t.at, t.at, 1, 'unreachable', 'Attempt ' || t.n || '.', '[]'
         from release l, lateral (select n, (select max(began_at) from release_call) + n / 3 * interval '1 minute' as at from generate_series(3, 232) n) t
         where l.id = $1::uuid",
        &release,
    )
    .await;
    let total = before + 230;
    let (mut page, mut seen, mut pages) = (browser(&s, s.pia).await, vec![], 0);
    let mut next = format!("/releases/{release}");
    loop {
        page.open(next.split('#').next().unwrap()).await;
        assert_eq!(page.status, 200);
        let words = page.text();
        // Oldest first on each page.
        let shown: Vec<u32> = words.split("Attempt ").skip(1).map(|rest| rest.split('.').next().unwrap().parse().unwrap()).collect();
        assert!(shown.windows(2).all(|pair| pair[0] / 3 <= pair[1] / 3), "{shown:?}");
        seen.extend(shown);
        let last = total - 100 * pages;
        assert!(page.says(&format!("{} to {last} of {total}", (last - 99).max(1))), "{words}");
        pages += 1;
        if !page.says("Older calls") {
            break;
        }
        next = page.link(&format!("/releases/{release}?calls="));
        assert!(next.ends_with("#calls"), "{next}");
    }
    seen.sort_unstable();
    assert_eq!(seen, (3..=232).collect::<Vec<_>>(), "each call is on one page");
    assert_eq!(pages, 3);
    page.open(page.link(&format!("/releases/{release}#")).split('#').next().unwrap()).await;
    assert!(page.says("Attempt 232.") && page.says(&format!("{} to {total} of {total}", total - 99)), "{}", page.text());
    // What cannot be read is the newest page.
    page.open(&format!("/releases/{release}?calls=nonsense")).await;
    assert!(page.says("Attempt 232.") && !page.says("Newest calls"), "{}", page.text());
}
