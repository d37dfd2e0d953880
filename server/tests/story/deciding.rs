//! Deciding: only on what was shown, only by those asked, never for oneself, never through a gap.

use super::cast::{Story, refusal};
use crate::support::*;
use serde_json::json;

#[sqlx::test(migrations = "../migrations")]
async fn a_decision_on_something_that_changed_is_not_recorded(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.write).await;
    let seen = s.shown(s.mona, &request).await;
    s.decide(s.mona, &request, "return", "Which ledger is it about?").await;
    s.edit(s.ana, &request, &[("justification", "It is about the ledger of the north branch."), ("ends_on", "2026-12-01")]).await;
    let mut fresh_key = seen.clone();
    fresh_key[3].1 = super::cast::uuid();
    // The stage of the first revision is void; deciding on it changes nothing.
    let late = s.decide_on(s.mona, &fresh_key, "approve", "").await;
    assert_eq!((late.status, refusal(&late)), (409, json!("changed")));
    let now = s.shown(s.mona, &request).await;
    // Another hash than what is there, and a version that the record has not reached.
    for (field, stale) in [(1, "999"), (2, &*"0".repeat(64))] {
        let mut wrong = now.clone();
        wrong[field].1 = stale.to_owned();
        assert_eq!(refusal(&s.decide_on(s.mona, &wrong, "approve", "").await), json!("changed"));
    }
    assert_eq!(s.app.count("select count(*) from decision").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_was_asked_hears_that_a_withdrawn_request_changed(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.read).await;
    let seen = s.shown(s.mona, &request).await;
    let version = s.show(s.ana, &request).await["version"].to_string();
    s.call(s.ana, "requests/withdraw", &[("request", &request), ("version", &version), ("reason", "")]).await;
    let late = s.decide_on(s.mona, &seen, "approve", "").await;
    assert_eq!((late.status, refusal(&late)), (409, json!("changed")));
    assert_eq!(s.app.count("select count(*) from decision").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_decides_for_themselves_even_when_they_own_the_application(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    sqlx::query("update identity set manager_id = $2, mfa = 'passkey' where id = $1")
        .bind(s.olga.0)
        .bind(s.mona.0)
        .execute(&s.app.owner)
        .await
        .unwrap();
    let request = s.submit(s.olga, s.write).await;
    s.approve(s.mona, &request).await;
    let view = s.show(s.olga, &request).await;
    let names: Vec<_> =
        view["stages"][1]["candidates"].as_array().unwrap().iter().map(|c| c["person"]["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, [s.dan.to_string()], "the deputy is asked instead");
    let stage = view["stages"][1]["id"].as_str().unwrap().to_owned();
    let shown = vec![
        ("stage", stage),
        ("shown_version", view["version"].to_string()),
        ("shown_hash", view["content_hash"].as_str().unwrap().to_owned()),
        ("key", super::cast::uuid()),
    ];
    let own = s.decide_on(s.olga, &shown, "approve", "").await;
    assert_eq!((own.status, refusal(&own)), (403, json!("separation_of_duties")));
    let by_sql = sqlx::query("insert into decision (id, stage_id, request_id, revision, decided_by, verdict, shown_version, shown_hash, decided_at, idempotency_key) select gen_random_uuid(), s.id, s.request_id, 1, $1, 'approve', 1, sha256(''), now(), gen_random_uuid() from approval_stage s where s.state = 'open'")
        .bind(s.olga.0)
        .execute(&s.app.owner)
        .await
        .unwrap_err();
    assert_eq!(by_sql.as_database_error().unwrap().constraint(), Some("decision_not_by_those_concerned"));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_database_takes_a_privileged_decision_only_with_its_signature_and_bulk_only_of_the_standard_tier(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let s = Story::begin(pool, connect).await;
    let (root, write, read) = (s.submit(s.ana, s.root).await, s.submit(s.ana, s.write).await, s.submit(s.ana, s.read).await);
    let record = async |request: &str, verdict: &str, bulk: bool, signed: bool| {
        let mut transaction = s.app.owner.begin().await.unwrap();
        let decision: uuid::Uuid = sqlx::query_scalar(
            "insert into decision (id, stage_id, request_id, revision, decided_by, verdict, comment, bulk, shown_version, shown_hash, decided_at, idempotency_key)
             select gen_random_uuid(), s.id, s.request_id, s.revision, $2, $3, 'As agreed.', $4, 1, sha256(''), now(), gen_random_uuid()
             from approval_stage s where s.request_id = $1::uuid and s.state = 'open' returning id",
        )
        .bind(request)
        .bind(s.mona.0)
        .bind(verdict)
        .bind(bulk)
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
        let signature = "insert into signature (decision_id, printed_name, meaning, signed_at, shown_hash, method)
            select $1, 'Mona Example', 'I approve this.', now(), sha256(''), 'password' where $2";
        sqlx::query(signature).bind(decision).bind(signed).execute(&mut *transaction).await.unwrap();
        match transaction.commit().await {
            Ok(()) => "recorded".to_owned(),
            Err(error) => error.as_database_error().and_then(|e| e.constraint()).map_or_else(|| error.to_string(), str::to_owned),
        }
    };
    let (unsigned, many) = ("decision_privileged_is_signed", "decision_in_bulk_is_standard");
    for (request, verdict, bulk, signed, expected) in [
        (&root, "approve", false, false, unsigned),
        (&root, "reject", false, false, unsigned),
        (&root, "approve", true, true, many),
        (&root, "return", false, false, "recorded"),
        (&root, "approve", false, true, "recorded"),
        (&write, "approve", true, false, many),
        (&write, "approve", false, false, "recorded"),
    ] {
        assert_eq!(record(request, verdict, bulk, signed).await, expected, "{verdict} bulk: {bulk} signed: {signed}");
    }
    // What gives privileged access as well is privileged.
    let include = "update entitlement set includes = $2 where id = $1";
    for (inside, expected) in [(vec![s.root.0], unsigned), (vec![s.write.0], many), (vec![], "recorded")] {
        sqlx::query(include).bind(s.read.0).bind(inside).execute(&s.app.owner).await.unwrap();
        assert_eq!(record(&read, "approve", true, false).await, expected);
    }
    assert_eq!(s.app.count("select count(*) from decision").await, 4);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_manager_who_also_owns_the_application_decides_once_and_the_deputy_does_the_rest(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    sqlx::query("update application set owner_id = $1").bind(s.mona.0).execute(&s.app.owner).await.unwrap();
    let request = s.submit(s.ana, s.write).await;
    s.approve(s.mona, &request).await;
    let again = s.decide(s.mona, &request, "approve", "").await;
    assert_eq!(again.status, 404, "no stage is hers any more");
    s.approve(s.dan, &request).await;
    assert_eq!(s.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn where_nobody_can_decide_the_stage_is_held_and_goes_on_when_somebody_can(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.write).await;
    s.app.set_state(s.olga, "suspended").await;
    s.app.set_state(s.dan, "retired").await;
    s.approve(s.mona, &request).await;
    let view = s.show(s.ana, &request).await;
    assert_eq!(view["stages"][1]["state"], "held");
    let reason = view["stages"][1]["hold_reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("Olga") && reason.contains("Dan") && reason.contains("is not active"), "{reason}");
    assert_eq!(s.state(&request).await, "in_approval");
    s.jobs().await;
    assert_eq!(s.show(s.ana, &request).await["stages"][1]["state"], "held", "asking again changes nothing by itself");
    sqlx::query("update application set deputy_id = $1").bind(s.stan.0).execute(&s.app.owner).await.unwrap();
    s.jobs().await;
    s.approve(s.stan, &request).await;
    assert_eq!(s.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_approver_who_leaves_is_replaced_by_the_present_manager(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.read).await;
    s.app.set_state(s.mona, "retired").await;
    sqlx::query("update identity set manager_id = $2 where id = $1").bind(s.ana.0).bind(s.stan.0).execute(&s.app.owner).await.unwrap();
    s.jobs().await;
    s.approve(s.stan, &request).await;
    assert_eq!(s.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn reject_and_return_need_a_reason_and_end_or_pause_the_request(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.write).await;
    for verdict in ["reject", "return"] {
        let reply = s.decide(s.mona, &request, verdict, "  ").await;
        assert_eq!((reply.status, refusal(&reply)), (422, json!(["comment:required"])), "{verdict}");
    }
    s.decide(s.mona, &request, "reject", "Two people of the team have it already.").await;
    let view = s.show(s.ana, &request).await;
    assert_eq!(view["state"], json!({ "state": "rejected", "reason": "Two people of the team have it already." }));
    assert_eq!(view["stages"][1]["state"], "void");
    let after = s.decide(s.olga, &request, "approve", "").await;
    assert!(after.status >= 400);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_edit_makes_the_next_revision_and_everyone_decides_again(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.write).await;
    s.approve(s.mona, &request).await;
    s.decide(s.olga, &request, "return", "Could it end earlier?").await;
    let view = s.show(s.ana, &request).await;
    assert_eq!((&view["may_answer"], &view["may_edit"]), (&json!(true), &json!(true)));
    s.edit(s.ana, &request, &[("justification", "It now ends a week earlier, as asked."), ("ends_on", "2026-12-14")]).await;
    let view = s.show(s.ana, &request).await;
    assert_eq!((view["revision"].as_i64(), view["state"]["state"].as_str()), (Some(2), Some("in_approval")));
    assert_eq!(view["stages"][0]["state"], "open", "the first decision does not count for the second revision");
    s.approve(s.mona, &request).await;
    s.approve(s.olga, &request).await;
    assert_eq!(s.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn for_anyone_not_involved_the_answer_is_that_of_an_unknown_id(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.write).await;
    let unknown = super::cast::uuid();
    let stage: uuid::Uuid = sqlx::query_scalar("select id from approval_stage where state = 'open'").fetch_one(&s.app.owner).await.unwrap();
    let hash = "0".repeat(64);
    let key = super::cast::uuid();
    for (known, other) in [(request.clone(), unknown.clone())] {
        let seen = s.call(s.stan, "requests/show", &[("request", &known)]).await;
        let absent = s.call(s.stan, "requests/show", &[("request", &other)]).await;
        assert_eq!((seen.status, seen.text()), (absent.status, absent.text()));
        assert_eq!(seen.status, 404);
    }
    for stage in [stage.to_string(), unknown] {
        let reply = s
            .call(
                s.stan,
                "inbox/decide",
                &[("stage", &stage), ("verdict", "approve"), ("shown_version", "1"), ("shown_hash", &hash), ("key", &key), ("comment", "")],
            )
            .await;
        assert_eq!((reply.status, refusal(&reply)), (404, json!("not_found")));
    }
    let page = s.app.sign_in_as(s.stan).await.get(&format!("/requests/{request}")).await;
    assert_eq!(page.status, 404);
}
