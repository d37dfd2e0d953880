//! The line through everything, and what asking refuses.

use super::cast::{Story, refusal, uuid};
use crate::support::*;
use serde_json::json;

#[sqlx::test(migrations = "../migrations")]
async fn an_elevated_request_goes_from_asking_to_removal_and_everyone_does_their_part(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.write).await;
    assert_eq!(s.state(&request).await, "in_approval");
    s.approve(s.mona, &request).await;
    assert_eq!(s.state(&request).await, "in_approval");
    s.approve(s.olga, &request).await;
    assert_eq!(s.state(&request).await, "approved");
    let release = s.open_release(&request).await;
    s.execute(s.pia, &release).await;
    let view = s.show(s.ana, &request).await;
    assert_eq!(view["state"]["state"], "released");
    assert_eq!(view["grants"][0]["state"], "active");
    assert_eq!(view["grants"][0]["ends"]["at"], "2026-12-22T00:00:00Z");

    s.app.clock.set("2026-12-22T00:00:00Z".parse().unwrap());
    s.jobs().await;
    assert_eq!(s.show(s.ana, &request).await["grants"][0]["state"], "ending");
    let removal = s.open_release(&request).await;
    assert_ne!(removal, release);
    s.execute(s.pol, &removal).await;
    let view = s.show(s.ana, &request).await;
    assert_eq!(view["state"]["state"], "closed");
    assert_eq!(view["grants"][0]["state"], "ended");
    assert_eq!(view["grants"][0]["end_reason"], "expired");

    let kinds: Vec<String> = s.events(&request).await.into_iter().map(|(trail, kind)| format!("{trail} {kind}")).collect();
    assert_eq!(
        kinds,
        [
            "decision request.submitted",
            "decision stage.opened",
            "decision decision.made",
            "decision decision.approved",
            "decision stage.opened",
            "decision decision.made",
            "decision decision.approved",
            "decision request.approved",
            "execution release.planned",
            "execution release.executed",
            "execution grant.activated",
            "execution grant.ending",
            "execution release.planned",
            "execution release.executed",
            "execution grant.ended",
            "execution request.closed",
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn the_form_shows_gates_with_remedies_and_who_would_decide(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let root = s.root.to_string();
    assert_eq!(s.call(s.ana, "drafts/add", &[("entitlement", &root)]).await.status, 200);
    let draft: uuid::Uuid = sqlx::query_scalar("select id from draft").fetch_one(&s.app.owner).await.unwrap();
    let draft = draft.to_string();
    let fields = [
        ("draft", draft.as_str()),
        ("version", "1"),
        ("reason_code", "incident"),
        ("justification", super::cast::WHY),
        ("starts_on", "2026-11-22"),
        ("ends_on", "2027-02-20"),
    ];
    assert_eq!(s.call(s.ana, "drafts/save", &fields).await.status, 200);
    let desk = s.call(s.ana, "drafts/open", &[("draft", &draft)]).await.json();
    let desk = &desk["Open"]["items"][0];
    let gates = desk["evaluation"]["results"].as_array().unwrap();
    let privileged = gates.iter().find(|g| g["control"] == "CS-PRIV-01").unwrap();
    assert_eq!(privileged["outcome"], "fail");
    assert_eq!(privileged["field"], "ends_on");
    assert_eq!(privileged["suggestion"], "2026-12-22");
    let plan: Vec<(&str, &str)> =
        desk["plan"].as_array().unwrap().iter().map(|stage| (stage["name"].as_str().unwrap(), stage["who"].as_str().unwrap())).collect();
    assert_eq!(plan[..2], [("Line manager", "Mona Example"), ("Application owner", "Olga Example or Dan Example")]);
    assert_eq!(desk["why_plan"], "Privileged tier: no plan of the application or the population applies.");
    assert_eq!(s.app.count("select count(*) from gate_evaluation where phase = 'preview' and request_id is null").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_unmet_mandatory_gate_refuses_the_submission_at_its_field_and_keeps_only_the_evaluation(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let s = Story::begin(pool, connect).await;
    let reply = s.try_submit(s.ana, s.root, &[("ends_on", "2027-02-20")]).await;
    assert_eq!(reply.status, 422);
    assert_eq!(refusal(&reply), json!(["ends_on:CS-PRIV-01"]));
    assert_eq!(s.app.count("select count(*) from request").await, 0);
    assert_eq!(
        s.app.count("select count(*) from gate_evaluation where phase = 'submission' and not passed and request_id is null").await,
        1
    );
    assert_eq!(s.app.count("select count(*) from audit_event where kind = 'request.refused'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn bad_fields_are_named_all_at_once_and_nothing_is_kept(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    for (changes, expected) in [
        (
            vec![("reason_code", "because"), ("justification", "short"), ("ends_on", "2026-11-01")],
            json!(["reason_code:required", "justification:too_short", "ends_on:ends_before_start"]),
        ),
        (vec![("starts_on", "2026-11-21")], json!(["starts_on:in_the_past"])),
        (vec![("starts_on", "9999-12-31"), ("ends_on", "")], json!(["starts_on:too_far"])),
        (vec![("starts_on", "2027-02-29")], json!(["starts_on:not_a_date"])),
        (vec![("justification", "Needed for the \u{202E}release\u{202C} work")], json!(["justification:forbidden_character"])),
        (vec![("entitlement", "no-such-id")], json!(["entitlement:required"])),
        (vec![("entitlement", "01930000-0000-7000-8000-00000000dead")], json!(["entitlement:required"])),
    ] {
        let reply = s.try_submit(s.ana, s.read, &changes).await;
        assert_eq!((reply.status, refusal(&reply)), (422, expected), "{changes:?}");
    }
    assert_eq!(s.app.count("select count(*) from request").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn sending_the_form_twice_makes_one_request_and_asking_twice_is_refused(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let key = uuid();
    for _ in 0..2 {
        assert!(s.try_submit(s.ana, s.read, &[("key", &key)]).await.status < 400);
    }
    assert_eq!(s.app.count("select count(*) from request").await, 1);
    let again = s.try_submit(s.ana, s.read, &[]).await;
    assert_eq!((again.status, refusal(&again)), (409, json!("already_there")));
}

#[sqlx::test(migrations = "../migrations")]
async fn separation_of_duties_counts_what_is_held_and_what_is_pending(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let pay = s.app.entitlement(s.ledger, "Pay", "standard").await;
    s.app.conflict("Read and pay", s.read, pay).await;
    let request = s.submit(s.ana, s.read).await;
    let pending = s.try_submit(s.ana, pay, &[]).await;
    assert_eq!(refusal(&pending), json!(["entitlement:CS-SOD-01"]));
    s.approve(s.mona, &request).await;
    let release = s.open_release(&request).await;
    s.execute(s.pia, &release).await;
    let held = s.try_submit(s.ana, pay, &[]).await;
    assert_eq!(refusal(&held), json!(["entitlement:CS-SOD-01"]));
    let reasons: Vec<String> = sqlx::query_scalar("select r ->> 'reason' from gate_evaluation e, jsonb_array_elements(e.results) r where r ->> 'control' = 'CS-SOD-01' and r ->> 'outcome' = 'fail' order by e.at, e.id").fetch_all(&s.app.owner).await.unwrap();
    assert!(reasons[0].contains("Ledger Reader, pending in another request"), "{reasons:?}");
    assert!(reasons[1].contains("Ledger Reader, already held"), "{reasons:?}");
}
