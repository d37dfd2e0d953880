//! Delegation while somebody is away: what is refused as a table of cases, and what it does.

use super::world::{World, stage};
use crate::support::*;
use serde_json::json;

#[sqlx::test(migrations = "../migrations")]
async fn what_a_delegation_may_not_be_is_said_at_its_field_and_nothing_is_recorded(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let second = w.second_account("Monika", w.mona).await;
    w.sql("update identity set email = 'monika@example.org' where id = $1", &[second]).await;
    w.app.set_state(w.sue, "suspended").await;
    w.app.person("Twin", w.unit, None).await;
    let twin = w.app.person("Twin2", w.unit, None).await;
    w.sql("update identity set given_name = 'Twin' where id = $1", &[twin]).await;
    // Dan decides for Olga this week.
    assert_eq!(w.delegate(w.olga, "dan@example.org").await.location(), "/account?delegated");
    let long = "x".repeat(2_001);
    for (from, changes, sentence) in [
        (w.mona, vec![("to", "")], "This is needed"),
        (w.mona, vec![("to", "nobody@example.org")], "Nobody on record"),
        (w.mona, vec![("to", "Twin Example")], "Several people have this name"),
        (w.mona, vec![("to", "mona@example.org")], "This is you, or another account of yours"),
        (w.mona, vec![("to", "monika@example.org")], "This is you, or another account of yours"),
        (w.mona, vec![("to", "sue@example.org")], "This person is not active"),
        (w.mona, vec![("to", "olga@example.org")], "They let somebody else decide in this time"),
        (w.dan, vec![("to", "stan@example.org")], "You decide for somebody else in this time"),
        (w.dan, vec![("to", "olga@example.org")], "You decide for somebody else in this time"),
        (w.mona, vec![("starts_on", "")], "Enter a date"),
        (w.mona, vec![("starts_on", "2027-02-29")], "Enter a date"),
        (w.mona, vec![("starts_on", "2026-11-22")], "in the past"),
        (w.mona, vec![("starts_on", "0001-01-01")], "in the past"),
        (w.mona, vec![("ends_on", "2026-11-22")], "before the start"),
        (w.mona, vec![("ends_on", "")], "Enter a date"),
        (w.mona, vec![("ends_on", "9999-12-31")], "At most 366 days"),
        (w.mona, vec![("ends_on", "2027-11-25")], "At most 366 days"),
        (w.mona, vec![("tiers", "huge")], "Choose tiers from the list"),
        (w.mona, vec![("applications", "LEDGER")], "Choose applications from the list"),
        (w.mona, vec![("reason", "  ")], "Say why"),
        (w.mona, vec![("reason", long.as_str())], "too long"),
        (w.mona, vec![("reason", "a\u{202e}b")], "character that cannot be used"),
    ] {
        let mut fields = vec![("to", "stan@example.org")];
        fields.extend(changes.clone());
        let to = fields.iter().rfind(|(name, _)| *name == "to").map_or("", |(_, to)| to);
        let reply = w.delegate_with(from, to, &changes).await;
        let page = reply.text();
        assert_eq!(reply.status, 422, "{changes:?} {page}");
        assert!(page.contains(sentence), "{changes:?} should say {sentence}: {page}");
        assert!(to.is_empty() || page.contains(&format!("value=\"{to}\"")), "{changes:?}: what was typed stands there");
    }
    assert_eq!(w.app.count("select count(*) from delegation").await, 1);
    assert_eq!(w.events("delegation.made").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_delegate_is_asked_beside_whoever_is_away_and_every_decision_says_so(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let request = w.ask(w.ana, w.read).await;
    assert_eq!(w.delegate(w.mona, "stan@example.org").await.location(), "/account?delegated");
    assert!(w.told(w.stan).await.contains(&"delegation".to_owned()));
    w.jobs().await;
    assert_eq!(w.asked(&request).await, ["Mona", "Stan for Mona"]);
    assert!(w.told(w.stan).await.contains(&"decision_waiting".to_owned()));
    w.approve(w.stan, &request).await;
    let view = w.show(w.ana, &request).await;
    let decision = &view["stages"][0]["decisions"][0];
    assert_eq!((decision["by"]["name"].as_str(), decision["stood_in_for"]["name"].as_str()), (Some("Stan Example"), Some("Mona Example")));
    let page = w.app.sign_in_as(w.ana).await.get(&format!("/requests/{request}")).await.text();
    assert!(page.contains("standing in for") || page.contains("stood in for"), "{page}");
    assert_eq!(w.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_the_delegate_takes_on_stands_in_the_team_queue_of_whoever_is_away_and_in_no_other_list(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let w = World::begin(pool, connect).await;
    let request = w.ask(w.ana, w.read).await;
    w.delegate(w.mona, "stan@example.org").await;
    w.jobs().await;
    let stage = w.open(&request).await;
    assert!(w.call(w.stan, "approvals/claim", &[("stage", &stage)]).await.status < 400);
    for (whose, lines) in [("", 0), ("mine", 0), ("team", 1), ("claimed", 0)] {
        let list = w.call(w.mona, "inbox/list", &[("query[whose]", whose), ("query[filter]", "")]).await.json();
        assert_eq!(list["page"]["total"], lines, "{whose}: {list}");
    }
    assert!(w.call(w.stan, "approvals/give_back", &[("stage", &stage)]).await.status < 400);
    w.approve(w.mona, &request).await;
    assert_eq!(w.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_delegation_covers_its_scope_and_its_period_and_nothing_else(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let other = w.app.application("OTHER", w.olga, None).await;
    let elsewhere = w.app.entitlement(other, "Elsewhere", "standard").await;
    let ledger = w.ledger.to_string();
    let made = w
        .delegate_with(
            w.mona,
            "stan@example.org",
            &[("tiers", "standard"), ("applications", &ledger), ("starts_on", "2026-11-24"), ("ends_on", "2026-11-24")],
        )
        .await;
    assert_eq!(made.location(), "/account?delegated");
    let (standard, elevated, elsewhere) = (w.ask(w.ana, w.read).await, w.ask(w.ana, w.write).await, w.ask(w.ana, elsewhere).await);
    for (moment, expected) in [
        ("2026-11-23T23:59:59Z", vec!["Mona"]),
        ("2026-11-24T00:00:00Z", vec!["Mona", "Stan for Mona"]),
        ("2026-11-24T23:59:58Z", vec!["Mona", "Stan for Mona"]),
        ("2026-11-25T00:00:00Z", vec!["Mona"]),
    ] {
        w.at(moment).await;
        w.jobs().await;
        assert_eq!(w.asked(&standard).await, expected, "{moment}");
        assert_eq!((w.asked(&elevated).await, w.asked(&elsewhere).await), (vec!["Mona".to_owned()], vec!["Mona".to_owned()]), "{moment}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_delegated_ends_it_early_and_nobody_else_does(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let request = w.ask(w.ana, w.read).await;
    w.delegate(w.mona, "stan@example.org").await;
    w.jobs().await;
    let id: uuid::Uuid = sqlx::query_scalar("select id from delegation").fetch_one(&w.app.owner).await.unwrap();
    let id = id.to_string();
    for who in [w.stan, w.ana, w.cora] {
        let reply = w.call(who, "approvals/revoke", &[("delegation", &id)]).await;
        assert_eq!((reply.status, reply.code().as_str()), (404, "not_found"));
    }
    let stage = w.open(&request).await;
    for _ in 0..2 {
        assert!(w.call(w.mona, "approvals/revoke", &[("delegation", &id)]).await.status < 400);
    }
    assert_eq!(w.events("delegation.revoked").await, 1);
    // Before any job has run the delegate decides no more.
    let reply = w.decide(w.stan, &request, &stage, "approve").await;
    assert!(reply.status >= 400, "{}", reply.text());
    assert_eq!(w.decisions(&request).await, 0);
    w.jobs().await;
    assert_eq!(w.asked(&request).await, ["Mona"]);
    let page = w.app.sign_in_as(w.mona).await.get("/account").await.text();
    assert!(page.contains("Ended early") && page.contains("Stan Example"), "{page}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_delegation_that_is_sent_again_stands_once_and_ending_it_ends_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let standard = [("tiers", "standard")];
    let (one, other) =
        tokio::join!(w.delegate_with(w.mona, "stan@example.org", &standard), w.delegate_with(w.mona, "stan@example.org", &standard));
    let again = w.delegate_with(w.mona, "Stan Example", &[("tiers", "standard"), ("reason", "On holiday, as said.")]).await;
    for reply in [one, other, again] {
        assert_eq!(reply.location(), "/account?delegated");
    }
    assert_eq!((w.app.count("select count(*) from delegation").await, w.events("delegation.made").await), (1, 1));
    assert_eq!(w.told(w.stan).await, ["delegation"]);
    let id: uuid::Uuid = sqlx::query_scalar("select id from delegation").fetch_one(&w.app.owner).await.unwrap();
    assert!(w.call(w.mona, "approvals/revoke", &[("delegation", &id.to_string())]).await.status < 400);
    let request = w.ask(w.ana, w.read).await;
    assert_eq!(w.asked(&request).await, ["Mona"], "nothing is left in force");
    // What was ended can be made anew, and another scope or time is another delegation.
    for changes in [&standard[..], &[("tiers", "elevated")], &[], &[("ends_on", "2026-11-28")]] {
        assert_eq!(w.delegate_with(w.mona, "stan@example.org", changes).await.location(), "/account?delegated");
    }
    assert_eq!(w.app.count("select count(*) from delegation where revoked_at is null").await, 4);
    // The database says the same for whoever else writes, in whatever order the scope stands.
    let insert = "insert into delegation (id, from_id, to_id, starts_at, ends_at, tiers, reason, created_by, created_at)
        values (gen_random_uuid(), $1, $2, '2026-12-01', '2026-12-02', $3, 'x', $1, now())";
    let write = async |tiers: [&str; 2]| {
        let tiers = tiers.map(str::to_owned).to_vec();
        sqlx::query(insert).bind(w.mona.0).bind(w.stan.0).bind(tiers).execute(&w.app.owner).await
    };
    assert!(write(["standard", "elevated"]).await.is_ok());
    let twice = write(["elevated", "standard"]).await.unwrap_err();
    assert_eq!(twice.as_database_error().and_then(|e| e.constraint()), Some("delegation_stands_once"));
}

#[sqlx::test(migrations = "../migrations")]
async fn two_people_who_delegate_to_each_other_at_once_do_not_make_a_cycle(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let (one, other) = tokio::join!(w.delegate(w.mona, "olga@example.org"), w.delegate(w.olga, "mona@example.org"));
    let made = [one.location(), other.location()].into_iter().filter(|location| *location == "/account?delegated").count();
    assert_eq!(made, 1, "{} {}", one.status, other.status);
    assert_eq!(w.app.count("select count(*) from delegation").await, 1);
    let chain = sqlx::query(
        "insert into delegation (id, from_id, to_id, starts_at, ends_at, reason, created_by, created_at)
         select gen_random_uuid(), d.to_id, d.from_id, d.starts_at, d.ends_at, 'x', d.to_id, d.created_at from delegation d",
    )
    .execute(&w.app.owner)
    .await
    .unwrap_err();
    assert_eq!(chain.as_database_error().and_then(|e| e.constraint()), Some("delegation_is_no_chain"));
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_decides_for_somebody_who_is_suspended(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    w.delegate(w.mona, "stan@example.org").await;
    let request = w.ask(w.ana, w.read).await;
    assert_eq!(w.asked(&request).await, ["Mona", "Stan for Mona"]);
    w.app.set_state(w.mona, "suspended").await;
    w.jobs().await;
    assert_eq!(w.asked(&request).await, ["Boss"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_delegate_hands_nothing_on_so_that_a_quorum_of_two_stays_two_of_those_asked(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    for who in [w.dan, w.sue] {
        w.security(who).await;
    }
    w.plan("standard", json!([stage(1, "Security", &["group:security"], 2)])).await;
    assert_eq!(w.delegate(w.dan, "stan@example.org").await.location(), "/account?delegated");
    let request = w.ask(w.ana, w.read).await;
    assert_eq!(w.asked(&request).await, ["Dan", "Sue", "Stan for Dan"]);
    let stage = w.open(&request).await;
    let path = format!("/reassign/{stage}");
    let version = w.show(w.ana, &request).await["version"].to_string();
    let (stan, dan) = (w.stan.to_string(), w.dan.to_string());
    let send = async |who: IdentityId, from: &str, to: &str| {
        w.post(who, &path, &[("version", &version), ("from", from), ("to", to), ("reason", "Away for the week.")]).await
    };
    for (who, offered) in [(w.sue, true), (w.stan, false)] {
        let detail = w.app.sign_in_as(who).await.get(&format!("/inbox/{stage}")).await.text();
        assert!(detail.contains("Take it on") && detail.contains(&path) == offered, "{detail}");
    }
    let page = w.app.sign_in_as(w.stan).await.get(&path).await;
    assert_eq!(page.status, 403);
    assert!(page.text().contains("You stand in for somebody here"), "{}", page.text());
    for from in [&stan, &dan] {
        let reply = send(w.stan, from, "olga@example.org").await;
        assert_eq!(reply.status, 403, "{}", reply.text());
    }
    // Whoever keeps the rules replaces the person, not the one who stands in for them.
    let page = w.app.sign_in_as(w.cora).await.get(&path).await.text();
    assert!(page.contains(&format!("value=\"{dan}\"")) && !page.contains(&format!("value=\"{stan}\"")), "{page}");
    let reply = send(w.cora, &stan, "olga@example.org").await;
    assert!(reply.status == 422 && reply.text().contains("Only the place of somebody who is asked"), "{}", reply.text());
    let insert = "insert into stage_reassignment (id, stage_id, from_id, to_id, reason, reassigned_by, reassigned_at)
        values (gen_random_uuid(), $1::uuid, $2, $3, 'x', $4, now())";
    let written = sqlx::query(insert).bind(&stage).bind(w.stan.0).bind(w.olga.0).bind(w.cora.0).execute(&w.app.owner).await.unwrap_err();
    assert_eq!(written.as_database_error().and_then(|e| e.constraint()), Some("reassignment_not_of_a_delegate"));
    assert_eq!(
        (w.events("stage.reassigned").await, w.asked(&request).await),
        (0, ["Dan", "Sue", "Stan for Dan"].map(str::to_owned).to_vec())
    );
    assert_eq!(send(w.cora, &dan, "olga@example.org").await.location(), "/holds?reassigned");
    assert_eq!(w.asked(&request).await, ["Olga", "Sue"]);
    assert!(w.decide(w.stan, &request, &stage, "approve").await.status >= 400);
    w.approve(w.olga, &request).await;
    assert_eq!(w.state(&request).await, "in_approval");
    w.approve(w.sue, &request).await;
    assert_eq!(w.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_place_is_given_from_one_person_to_another_whatever_accounts_they_have(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let (stanley, susan) = (w.second_account("Stanley", w.stan).await, w.second_account("Susan", w.sue).await);
    for (account, mail) in [(stanley, "stanley@example.org"), (susan, "susan@example.org")] {
        sqlx::query("update identity set email = $2 where id = $1").bind(account.0).bind(mail).execute(&w.app.owner).await.unwrap();
    }
    for who in [w.stan, stanley, w.sue] {
        w.security(who).await;
    }
    w.plan("standard", json!([stage(1, "Security", &["group:security"], 1)])).await;
    let request = w.ask(w.ana, w.read).await;
    assert_eq!(w.asked(&request).await, ["Stan", "Stanley", "Sue"]);
    let stage = w.open(&request).await;
    let version = w.show(w.ana, &request).await["version"].to_string();
    let stan = w.stan.to_string();
    let send = async |to: &str| {
        let fields = [("version", version.as_str()), ("from", &stan), ("to", to), ("reason", "Away for the week.")];
        w.post(w.cora, &format!("/reassign/{stage}"), &fields).await
    };
    for to in ["susan@example.org", "stanley@example.org"] {
        let reply = send(to).await;
        assert!(reply.status == 422 && reply.text().contains("This person is asked already"), "{to}: {}", reply.text());
    }
    let insert = "insert into stage_reassignment (id, stage_id, from_id, to_id, reason, reassigned_by, reassigned_at)
        values (gen_random_uuid(), $1::uuid, $2, $3, 'x', $4, now())";
    let written = sqlx::query(insert).bind(&stage).bind(w.stan.0).bind(stanley.0).bind(w.cora.0).execute(&w.app.owner).await.unwrap_err();
    assert_eq!(written.as_database_error().and_then(|e| e.constraint()), Some("reassignment_to_somebody_else"));
    assert_eq!(send("dan@example.org").await.location(), "/holds?reassigned");
    assert_eq!(w.asked(&request).await, ["Dan", "Sue"], "Stan is asked through no other account either");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_delegate_decides_and_asks_names_the_delegation_with_its_scope_and_period(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let request = w.ask(w.ana, w.read).await;
    assert_eq!(w.delegate_with(w.mona, "stan@example.org", &[("tiers", "standard")]).await.location(), "/account?delegated");
    w.jobs().await;
    let stage = w.open(&request).await;
    assert!(w.decide(w.stan, &request, &stage, "return").await.status < 400);
    let record: uuid::Uuid = sqlx::query_scalar("select id from delegation").fetch_one(&w.app.owner).await.unwrap();
    let view = w.show(w.ana, &request).await;
    let (question, message) = (&view["stages"][0]["decisions"][0], &view["messages"][0]);
    assert_eq!(question["delegation"]["id"], record.to_string());
    assert_eq!(question["delegation"]["scope"], "standard tier");
    let period = (question["delegation"]["starts"]["text"].as_str(), question["delegation"]["ends"]["text"].as_str());
    assert_eq!(period, (Some("23 Nov 2026 00:00"), Some("30 Nov 2026 00:00")));
    assert_eq!((message["by"]["name"].as_str(), message["stood_in_for"]["name"].as_str()), (Some("Stan Example"), Some("Mona Example")));
    let page = w.app.sign_in_as(w.ana).await.get(&format!("/requests/{request}")).await.text().replace("<!>", "");
    assert!(page.contains("By a delegation of standard tier, from "), "{page}");
    let thread = page.split("id=\"conversation\"").nth(1).unwrap_or_default().split("</ol>").next().unwrap_or_default().to_owned();
    assert!(thread.contains("standing in for") && thread.contains("Mona Example"), "{thread}");
    let body: String =
        sqlx::query_scalar("select body from audit_event where kind = 'decision.returned'").fetch_one(&w.app.owner).await.unwrap();
    assert!(body.contains(&record.to_string()), "{body}");
    // A decision for somebody else without the record that allows it is none.
    let alone = sqlx::query("update decision set delegation_id = null").execute(&w.app.owner).await.unwrap_err();
    assert_eq!(alone.as_database_error().and_then(|e| e.constraint()), Some("decision_delegation_complete"));
}
