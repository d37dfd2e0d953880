//! Plans as data: steps, parallel stages, quorum, sources, fallback, and which plan applies.

use super::world::{World, stage};
use crate::support::*;
use domain::approval::{PlanStage, check_stages};
use serde_json::json;

#[sqlx::test(migrations = "../migrations")]
async fn the_plan_of_the_application_comes_before_that_of_the_population_and_of_the_tier(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let request = w.ask(w.ana, w.read).await;
    assert_eq!(w.asked(&request).await, ["Mona"]);
    let pinned: (String, i32) =
        sqlx::query_as("select plan_code, plan_version from request_revision").fetch_one(&w.app.owner).await.unwrap();
    assert_eq!(pinned, ("standard".to_owned(), 1));

    let second = w.app.entitlement(w.ledger, "Second", "standard").await;
    for (code, population, application, source) in
        [("people", Some("employee"), None, "application_owner"), ("ledger", None, Some(w.ledger.0), "application_deputy")]
    {
        sqlx::query("insert into approval_plan (id, code, version, name, population, application_id, stages, updated_at) values (gen_random_uuid(), $1, 3, $1, $2, $3, $4, now())")
            .bind(code)
            .bind(population)
            .bind(application)
            .bind(json!([stage(1, code, &[source], 1)]))
            .execute(&w.app.owner)
            .await
            .unwrap();
        let request = if code == "people" { w.ask(w.stan, w.read).await } else { w.ask(w.sue, second).await };
        let pinned: (String, i32) = sqlx::query_as("select plan_code, plan_version from request_revision where request_id = $1::uuid")
            .bind(&request)
            .fetch_one(&w.app.owner)
            .await
            .unwrap();
        assert_eq!(pinned, (code.to_owned(), 3));
        assert_eq!(w.asked(&request).await, [if code == "people" { "Olga" } else { "Dan" }]);
    }
    // A request keeps the plan it was laid out by.
    w.jobs().await;
    assert_eq!(w.asked(&request).await, ["Mona"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn without_a_plan_that_fits_nothing_is_asked_for(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    sqlx::query("update approval_plan set state = 'retired'").execute(&w.app.owner).await.unwrap();
    let what = w.read.to_string();
    assert_eq!(w.call(w.ana, "drafts/add", &[("entitlement", &what)]).await.status, 200);
    let draft: uuid::Uuid = sqlx::query_scalar("select id from draft").fetch_one(&w.app.owner).await.unwrap();
    let draft = draft.to_string();
    let why = "Needed to look into the failed night run of the ledger.";
    let fields = [
        ("draft", draft.as_str()),
        ("version", "1"),
        ("reason_code", "incident"),
        ("justification", why),
        ("starts_on", "2026-11-23"),
        ("ends_on", "2026-12-20"),
        ("items[0][kind]", ""),
    ];
    let sent = w.call(w.ana, "drafts/submit", &fields).await;
    assert_eq!((sent.status, refusal(&sent)), (503, json!("policies_unavailable")), "{}", sent.text());
    assert_eq!(
        w.app
            .count("select (select count(*) from request) + (select count(*) from submission) + (select count(*) from approval_stage)")
            .await,
        0
    );
    // The form still opens with what was typed, and says why nobody would decide.
    let open = w.call(w.ana, "drafts/open", &[("draft", &draft)]).await.json();
    let item = &open["Open"]["items"][0];
    assert_eq!((&open["Open"]["form"]["justification"], &item["plan"]), (&json!(why), &json!([])), "{open}");
    assert!(item["why_plan"].as_str().unwrap().starts_with("No approval plan fits this"), "{item}");
    let page = w.app.sign_in_as(w.ana).await.get(&format!("/request/{draft}")).await;
    assert_eq!(page.status, 200);
    let page = page.text();
    assert!(
        page.contains(why) && page.contains("No approval plan fits this") && !page.contains("All gates that stop a request are met"),
        "{page}"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn stages_of_one_step_are_asked_at_the_same_time_and_the_next_step_waits_for_all(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    w.security(w.stan).await;
    w.plan(
        "standard",
        json!([
            stage(1, "Line manager", &["line_manager"], 1),
            stage(1, "Owner", &["application_owner"], 1),
            stage(2, "Security", &["group:security"], 1)
        ]),
    )
    .await;
    let request = w.ask(w.ana, w.read).await;
    assert_eq!(w.stages(&request).await, ["open", "open", "waiting"]);
    assert_eq!(w.asked(&request).await, ["Mona", "Olga"]);
    let page = w.app.sign_in_as(w.ana).await.get(&format!("/requests/{request}")).await.text();
    assert!(page.contains("Line manager decides next: Mona") && page.contains("Owner decides next: Olga"), "{page}");
    let owner = w.show(w.ana, &request).await["stages"][1]["id"].as_str().unwrap().to_owned();
    let reply = w.decide(w.olga, &request, &owner, "approve").await;
    assert!(reply.status < 400, "{}", reply.text());
    assert_eq!(w.stages(&request).await, ["open", "approved", "waiting"]);
    w.approve(w.mona, &request).await;
    assert_eq!(w.stages(&request).await, ["approved", "approved", "open"]);
    assert_eq!(w.asked(&request).await, ["Stan"]);
    w.approve(w.stan, &request).await;
    assert_eq!(w.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_stage_is_approved_when_its_quorum_of_different_people_is(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let other_stan = w.second_account("Stanley", w.stan).await;
    for who in [w.stan, other_stan, w.sue, w.dan] {
        w.security(who).await;
    }
    w.plan("standard", json!([stage(1, "Security", &["group:security"], 2)])).await;
    let request = w.ask(w.ana, w.read).await;
    assert_eq!(w.asked(&request).await, ["Dan", "Stan", "Stanley", "Sue"]);
    w.approve(w.stan, &request).await;
    assert_eq!((w.stages(&request).await, w.state(&request).await), (vec!["open".to_owned()], "in_approval".to_owned()));
    let view = w.show(w.ana, &request).await;
    assert_eq!((view["stages"][0]["approvals"].as_i64(), view["stages"][0]["quorum"].as_i64()), (Some(1), Some(2)));
    assert_eq!(w.asked(&request).await, ["Dan", "Sue"], "nobody approves twice through two accounts");
    let stage = w.open(&request).await;
    for again in [w.stan, other_stan] {
        let reply = w.decide(again, &request, &stage, "approve").await;
        assert!(reply.status >= 400, "{}", reply.text());
    }
    assert_eq!(w.decisions(&request).await, 1);
    w.approve(w.sue, &request).await;
    assert_eq!(w.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_quorum_that_cannot_be_reached_any_more_holds_the_stage_and_keeps_what_was_decided(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let w = World::begin(pool, connect).await;
    for who in [w.stan, w.sue] {
        w.security(who).await;
    }
    w.plan("standard", json!([stage(1, "Security", &["group:security"], 2)])).await;
    let request = w.ask(w.ana, w.read).await;
    w.approve(w.stan, &request).await;
    w.app.set_state(w.sue, "suspended").await;
    w.jobs().await;
    assert_eq!(w.stages(&request).await, ["held"]);
    assert!(w.held(&request).await.contains("Sue Example (member of Security) is not active"), "{}", w.held(&request).await);
    assert!(w.told(w.cora).await.contains(&"held".to_owned()));
    w.security(w.dan).await;
    w.jobs().await;
    assert_eq!(w.asked(&request).await, ["Dan"]);
    w.approve(w.dan, &request).await;
    assert_eq!(w.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_missing_suspended_or_conflicted_approver_leads_to_the_next_by_rule_or_is_held(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let request = w.ask(w.ana, w.read).await;
    assert_eq!(w.asked(&request).await, ["Mona"]);
    w.app.set_state(w.mona, "suspended").await;
    w.jobs().await;
    assert_eq!(w.asked(&request).await, ["Boss"], "the plan's fallback");
    w.app.set_state(w.boss, "suspended").await;
    w.jobs().await;
    assert_eq!(w.stages(&request).await, ["held"]);
    let reason = w.held(&request).await;
    assert!(reason.contains("Mona Example (line manager) is not active; Boss Example (manager's manager) is not active"), "{reason}");
    let stage = w.show(w.cora, &request).await["stages"][0]["id"].as_str().unwrap().to_owned();
    let through = w.decide(w.mona, &request, &stage, "approve").await;
    assert!(through.status >= 400);
    assert_eq!(w.decisions(&request).await, 0);
    w.sql("update identity set manager_id = null where id = $1", &[w.ana]).await;
    w.jobs().await;
    assert!(w.held(&request).await.contains("no line manager is recorded"));
    w.app.set_state(w.mona, "active").await;
    w.sql("update identity set manager_id = $2 where id = $1", &[w.ana, w.mona]).await;
    w.jobs().await;
    w.approve(w.mona, &request).await;
    assert_eq!(w.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn who_decides_is_worked_out_at_the_moment_of_deciding(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let request = w.ask(w.ana, w.read).await;
    let stage = w.open(&request).await;
    // No job has run since: the table still says Mona.
    w.sql("update identity set manager_id = $2 where id = $1", &[w.ana, w.stan]).await;
    assert_eq!(w.asked(&request).await, ["Mona"]);
    let reply = w.decide(w.mona, &request, &stage, "approve").await;
    assert!(reply.status >= 400, "{}", reply.text());
    assert_eq!(w.decisions(&request).await, 0);
    w.jobs().await;
    assert_eq!(w.asked(&request).await, ["Stan"]);
    w.approve(w.stan, &request).await;
    assert_eq!(w.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_loses_the_authority_while_a_decision_can_be_undone_does_not_decide(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let request = w.ask(w.ana, w.read).await;
    let stage = w.open(&request).await;
    assert!(w.press(w.mona, &request, &stage, "approve").await.status < 400);
    w.sql("update identity set manager_id = $2 where id = $1", &[w.ana, w.stan]).await;
    w.app.advance(SignedDuration::from_secs(11));
    server::job::finalise_decisions::run(&w.app.base).await.unwrap();
    assert_eq!((w.decisions(&request).await, w.state(&request).await), (0, "in_approval".to_owned()));
}

#[sqlx::test(migrations = "../migrations")]
async fn every_shipped_plan_is_one_that_could_be_proposed_and_the_earlier_version_of_one_stays_readable(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let w = World::begin(pool, connect).await;
    let plans: Vec<(String, String, i32, serde_json::Value)> =
        sqlx::query_as("select id::text, code, version, stages from approval_plan order by code").fetch_all(&w.app.owner).await.unwrap();
    assert_eq!(plans.len(), 3);
    for (_, code, _, stages) in &plans {
        assert_eq!(check_stages(&serde_json::from_value::<Vec<PlanStage>>(stages.clone()).unwrap()), vec![], "{code}");
    }
    let (key, _, version, _) = plans.iter().find(|(_, code, ..)| code == "privileged").unwrap();
    assert_eq!(*version, 2);
    let record = w.call(w.cora, "changes/open", &[("kind", "plan"), ("key", key)]).await.json();
    let versions = record["versions"].as_array().unwrap();
    let stages = |line: &serde_json::Value| {
        let fields = line["fields"].as_array().unwrap();
        fields.iter().find(|field| field[0] == "Stages").and_then(|field| field[1].as_str()).unwrap().to_owned()
    };
    assert_eq!(versions.iter().map(|line| line["version"].as_i64()).collect::<Vec<_>>(), [Some(2), Some(1)], "{record}");
    assert!(stages(&versions[0]).ends_with("remind 4 | escalate 16 to owners_manager"), "{record}");
    assert!(stages(&versions[1]).ends_with("remind 4 | escalate 16"), "{record}");
    let kept: serde_json::Value = sqlx::query_scalar("select body from record_version where record_key = $1 and version = 2")
        .bind(key)
        .fetch_one(&w.app.owner)
        .await
        .unwrap();
    // What is kept of it is word for word what stands in its form.
    let form: std::collections::BTreeMap<String, String> = serde_json::from_value(kept).unwrap();
    let body = domain::change::Body::parse(domain::change::RecordKind::Plan, &form, false).unwrap();
    assert_eq!(body.text(), form);
    // And the database takes no plan with hours and nobody to ask then.
    for broken in
        [json!([{ "escalate_hours": 16, "escalate_to": [] }]), json!([{ "escalate_hours": null, "escalate_to": ["owners_manager"] }])]
    {
        let refused = sqlx::query("update approval_plan set stages = $1 where code = 'standard'")
            .bind(broken)
            .execute(&w.app.owner)
            .await
            .unwrap_err();
        assert_eq!(refused.as_database_error().and_then(|e| e.constraint()), Some("approval_plan_escalation_complete"));
    }
}
