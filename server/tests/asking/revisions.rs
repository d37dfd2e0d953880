//! Changing a request before it is released: the next revision, with everything before it readable
//! and void.

use super::desk::{Desk, refusal};
use crate::support::*;
use axum::body::Body;
use axum::http::{Request, header};
use serde_json::json;

const MORE: &str = "Needed to look into the failed night runs of the ledger, also of October.";

#[sqlx::test(migrations = "../migrations")]
async fn an_edit_makes_the_next_revision_voids_decisions_and_shows_what_differs(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let request = s.ask(s.ana, s.write).await;
    s.approve(s.mona, &request).await;
    assert_eq!(s.call(s.ana, "drafts/edit", &[("request", &request)]).await.status, 200);
    let draft = s.newest_draft(s.ana).await;
    let view = s.open(s.ana, &draft).await;
    assert_eq!((view["revises"]["next"].as_i64(), view["revises"]["decisions"].as_i64()), (Some(2), Some(1)));
    let made = s.submit(s.ana, &draft, &[("justification", MORE), ("ends_on", "2026-12-10")]).await;
    assert_eq!(made, std::slice::from_ref(&request));
    let view = s.show(s.ana, &request).await;
    assert_eq!((view["revision"].as_i64(), view["state"]["state"].as_str()), (Some(2), Some("in_approval")));
    let fields: Vec<&str> = view["revisions"][0]["differences"].as_array().unwrap().iter().map(|d| d["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["Why is it needed", "Until"]);
    assert_eq!(view["revisions"][0]["differences"][0]["after"], MORE);
    // The decision on the first revision is readable and does not count: the manager is asked again.
    assert_eq!(view["revisions"][1]["void"][0][1]["by"]["name"], "Mona Example");
    assert_eq!(view["stages"][0]["state"], "open");
    s.approve(s.mona, &request).await;
    s.approve(s.olga, &request).await;
    assert_eq!(s.state(&request).await, "approved");
    let mut browser = s.browser(s.olga).await;
    browser.open(&format!("/requests/{request}")).await;
    assert!(browser.says("What revision 2 changed") && browser.says("no longer count"), "{}", browser.page);
    assert_eq!(s.app.count("select count(*) from audit_event where kind = 'request.edited'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_edit_after_approval_cancels_the_release_that_waits(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let request = s.ask(s.ana, s.read).await;
    s.approve(s.mona, &request).await;
    assert_eq!(s.state(&request).await, "approved");
    s.call(s.ana, "drafts/edit", &[("request", &request)]).await;
    let draft = s.newest_draft(s.ana).await;
    s.submit(s.ana, &draft, &[("justification", MORE)]).await;
    assert_eq!(s.state(&request).await, "in_approval");
    assert_eq!(s.app.count("select count(*) from release where state = 'cancelled'").await, 1);
    assert_eq!(s.app.count("select count(*) from release where state = 'planned'").await, 0);
    s.approve(s.mona, &request).await;
    s.execute(&request).await;
    assert_eq!(s.state(&request).await, "released");
    // Released is too late.
    let reply = s.call(s.ana, "drafts/edit", &[("request", &request)]).await;
    assert_eq!((reply.status, refusal(&reply)), (409, json!("not_possible")));
}

#[sqlx::test(migrations = "../migrations")]
async fn only_subject_and_requester_change_a_request(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let request = s.ask(s.ana, s.read).await;
    for (who, status) in [(s.stan, 404), (s.pia, 404), (s.mona, 403)] {
        assert_eq!(s.call(who, "drafts/edit", &[("request", &request)]).await.status, status);
    }
    assert_eq!(s.app.count("select count(*) from draft").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_edit_that_changes_nothing_voids_nothing(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let request = s.ask(s.ana, s.read).await;
    s.call(s.ana, "drafts/edit", &[("request", &request)]).await;
    let draft = s.newest_draft(s.ana).await;
    let reply = s.send(s.ana, "drafts/submit", &draft, &[]).await;
    assert_eq!(refusal(&reply), json!(["items:nothing_changed"]));
    assert_eq!(s.show(s.ana, &request).await["revision"], 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_second_edit_of_the_same_revision_is_told_that_it_changed(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let draft = s.add_with(s.mona, s.read, &[("subject", &s.ana.to_string())]).await;
    let request = s.submit(s.mona, &draft, &[]).await.remove(0);
    // Both the subject and the requester begin to change it.
    s.call(s.ana, "drafts/edit", &[("request", &request)]).await;
    s.call(s.mona, "drafts/edit", &[("request", &request)]).await;
    let (of_ana, of_mona) = (s.newest_draft(s.ana).await, s.newest_draft(s.mona).await);
    s.submit(s.ana, &of_ana, &[("justification", MORE)]).await;
    let reply = s.send(s.mona, "drafts/submit", &of_mona, &[("ends_on", "2026-12-10")]).await;
    assert_eq!((reply.status, refusal(&reply)), (409, json!("changed")));
    assert_eq!(s.show(s.ana, &request).await["revision"], 2);
    // What Mona typed is not lost: her draft shows what is asked for now, and beside it what she typed.
    let view = s.open(s.mona, &of_mona).await;
    assert_eq!((view["form"]["justification"].as_str(), view["form"]["ends_on"].as_str()), (Some(MORE), Some("2026-12-21")));
    assert_eq!(
        view["aside"],
        json!([
            { "field": "Why is it needed", "before": MORE, "after": super::desk::WHY },
            { "field": "Until", "before": "2026-12-21", "after": "2026-12-10" },
        ])
    );
    let mut browser = s.browser(s.mona).await;
    browser.open(&format!("/request/{of_mona}")).await;
    assert!(browser.says("Revision 2 was made meanwhile. Nothing you typed was lost."), "{}", browser.page);
    let take = browser.form("/api/drafts/settle", "Take what you had typed");
    browser.send(&take).await;
    assert!(!browser.says("was made meanwhile"), "{}", browser.page);
    s.submit(s.mona, &of_mona, &[("ends_on", "2026-12-10")]).await;
    let view = s.show(s.ana, &request).await;
    assert_eq!((view["revision"].as_i64(), view["ends_on"].as_str()), (Some(3), Some("2026-12-10")));
    // Sent twice, the first one says the same again.
    let again = s.call(s.ana, "drafts/submit", &[("draft", &of_ana), ("version", "1")]).await;
    assert_eq!(again.json(), json!([request]));
}

#[sqlx::test(migrations = "../migrations")]
async fn versions_are_pinned_afresh_and_a_new_tier_has_to_be_read(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let request = s.ask(s.ana, s.read).await;
    sqlx::query("insert into entitlement_version (entitlement_id, version, tier, tier_reason, requestable, name, description, recorded_at, reference) select entitlement_id, 2, 'elevated', tier_reason, requestable, name, description, recorded_at, reference from entitlement_version where entitlement_id = $1").bind(s.read.0).execute(&s.app.owner).await.unwrap();
    sqlx::query("update entitlement set tier = 'elevated', version = 2 where id = $1").bind(s.read.0).execute(&s.app.owner).await.unwrap();
    assert_eq!(s.show(s.ana, &request).await["items"][0]["version"], 1);
    s.call(s.ana, "drafts/edit", &[("request", &request)]).await;
    let draft = s.newest_draft(s.ana).await;
    let reply = s.send(s.ana, "drafts/submit", &draft, &[("justification", MORE)]).await;
    assert_eq!(refusal(&reply), json!(["items.0.accepts:retiered"]));
    let now = s.open(s.ana, &draft).await["items"][0]["changed"][1].as_str().unwrap().to_owned();
    s.submit(s.ana, &draft, &[("justification", MORE), ("items[0][accepts]", &now)]).await;
    let view = s.show(s.ana, &request).await;
    assert_eq!((view["items"][0]["version"].as_i64(), view["stages"].as_array().unwrap().len()), (Some(2), 2));
    assert!(view["revisions"][0]["differences"].as_array().unwrap().iter().any(|d| d["after"] == "2, Elevated"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_request_is_withdrawn_without_a_reason_at_any_time_before_release(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let request = s.ask(s.ana, s.read).await;
    s.approve(s.mona, &request).await;
    let mut browser = s.browser(s.ana).await;
    browser.open(&format!("/requests/{request}")).await;
    let form = browser.form("/api/requests/withdraw", "Withdraw");
    browser.send(&form).await;
    assert!(browser.says("Withdrawn."), "{}", browser.page);
    assert_eq!(s.state(&request).await, "withdrawn");
    assert_eq!(s.app.count("select count(*) from release where state = 'cancelled'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_change_that_was_begun_before_somebody_elses_is_kept_beside_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let draft = s.add_with(s.mona, s.read, &[("subject", &s.ana.to_string())]).await;
    let request = s.submit(s.mona, &draft, &[]).await.remove(0);
    s.call(s.mona, "drafts/edit", &[("request", &request)]).await;
    let begun = s.newest_draft(s.mona).await;
    let typed = s.send(s.mona, "drafts/save", &begun, &[("justification", "Typed by Mona before Ana was done with hers.")]).await;
    assert_eq!(typed.status, 200, "{}", typed.text());
    s.call(s.ana, "drafts/edit", &[("request", &request)]).await;
    let of_ana = s.newest_draft(s.ana).await;
    s.submit(s.ana, &of_ana, &[("justification", MORE)]).await;
    // She presses the same button again.
    assert_eq!(s.call(s.mona, "drafts/edit", &[("request", &request)]).await.status, 200);
    let view = s.open(s.mona, &s.newest_draft(s.mona).await).await;
    assert_eq!((view["form"]["justification"].as_str(), view["revises"]["next"].as_i64()), (Some(MORE), Some(3)));
    assert_eq!(view["aside"][0]["after"], "Typed by Mona before Ana was done with hers.");
    // Nobody made another one since, so what lies aside stays, and nothing is made aside twice.
    assert_eq!(s.call(s.mona, "drafts/edit", &[("request", &request)]).await.status, 200);
    assert_eq!(s.open(s.mona, &s.newest_draft(s.mona).await).await["aside"], view["aside"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_asked_is_not_named_as_deciding_when_the_subject_changes_the_request(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let draft = s.add_with(s.mona, s.read, &[("subject", &s.ana.to_string())]).await;
    let request = s.submit(s.mona, &draft, &[]).await.remove(0);
    s.call(s.ana, "drafts/edit", &[("request", &request)]).await;
    let draft = s.newest_draft(s.ana).await;
    let plan = s.open(s.ana, &draft).await["items"][0]["plan"].clone();
    assert_eq!(plan[0]["who"], "Boss Example", "{plan}");
    s.submit(s.ana, &draft, &[("justification", MORE)]).await;
    let asked = s.show(s.ana, &request).await["stages"][0]["candidates"].clone();
    assert_eq!(asked[0]["person"]["name"], plan[0]["who"], "the form said who is then asked: {asked}");
}

/// Puts a file on somebody's draft, as a browser does.
async fn upload(s: &Desk, who: IdentityId, draft: &str, name: &str, content: &str) {
    s.app.advance(SignedDuration::from_secs(1));
    let body = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/plain\r\n\r\n{content}\r\n--edge--\r\n"
    );
    let request = Request::post(format!("/attachments?draft={draft}"))
        .header(header::ACCEPT, "text/html")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
        .header("sec-fetch-site", "same-origin");
    let reply = s.app.sign_in_as(who).await.send(request, Body::from(body)).await;
    assert_eq!((reply.status, reply.location()), (303, format!("/request/{draft}#files").as_str()));
}

#[sqlx::test(migrations = "../migrations")]
async fn files_come_along_on_an_edit_and_another_file_alone_makes_the_next_revision(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let draft = s.add(s.ana, s.read).await;
    upload(&s, s.ana, &draft, "order.txt", "Three seats").await;
    let request = s.submit(s.ana, &draft, &[]).await.remove(0);
    s.approve(s.mona, &request).await;

    s.call(s.ana, "drafts/edit", &[("request", &request)]).await;
    let draft = s.newest_draft(s.ana).await;
    let along = "select count(*) from draft_attachment d join attachment a on a.id = d.attachment_id where a.name = 'order.txt'";
    assert_eq!(s.app.count(along).await, 1, "the file came along");
    let mut browser = s.browser(s.ana).await;
    browser.open(&format!("/request/{draft}")).await;
    assert!(browser.says("order.txt"), "{}", browser.page);
    let reply = s.send(s.ana, "drafts/submit", &draft, &[]).await;
    assert_eq!(refusal(&reply), json!(["items:nothing_changed"]), "the same files are no change");

    upload(&s, s.ana, &draft, "plan.txt", "One month").await;
    s.submit(s.ana, &draft, &[]).await;
    let view = s.show(s.ana, &request).await;
    assert_eq!((view["revision"].as_i64(), view["state"]["state"].as_str()), (Some(2), Some("in_approval")));
    let differences = &view["revisions"][0]["differences"];
    assert_eq!(differences.as_array().unwrap().len(), 1, "{differences}");
    assert_eq!((&differences[0]["field"], &differences[0]["before"]), (&json!("Files"), &json!("order.txt")));
    let after = differences[0]["after"].as_str().unwrap();
    assert!(after.contains("order.txt") && after.contains("plan.txt"), "{after}");
    let of = async |revision: i32| {
        let names: Vec<String> = sqlx::query_scalar(
            "select a.name from request_attachment r join attachment a on a.id = r.attachment_id where r.revision = $1 order by a.name",
        )
        .bind(revision)
        .fetch_all(&s.app.owner)
        .await
        .unwrap();
        names
    };
    assert_eq!((of(1).await, of(2).await), (vec!["order.txt".to_owned()], vec!["order.txt".to_owned(), "plan.txt".to_owned()]));
    // The approval of the first revision was given without the second file.
    assert_eq!(view["revisions"][1]["void"][0][1]["by"]["name"], "Mona Example");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_that_is_replaced_by_another_of_the_same_name_is_a_difference(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let draft = s.add(s.ana, s.read).await;
    upload(&s, s.ana, &draft, "order.txt", "Three seats").await;
    upload(&s, s.ana, &draft, "plan.txt", "One month").await;
    let request = s.submit(s.ana, &draft, &[]).await.remove(0);
    let since_look = async || {
        let stage = s.show(s.mona, &request).await["may_decide"].as_str().unwrap().to_owned();
        s.call(s.mona, "inbox/detail", &[("stage", &stage)]).await.json()["since_look"].clone()
    };
    assert!(since_look().await.is_null());

    s.call(s.ana, "drafts/edit", &[("request", &request)]).await;
    let draft = s.newest_draft(s.ana).await;
    let order: uuid::Uuid = sqlx::query_scalar("select id from attachment where name = 'order.txt'").fetch_one(&s.app.owner).await.unwrap();
    let removed = s.send(s.ana, "attachments/remove", &draft, &[("attachment", &order.to_string())]).await;
    assert!(removed.status < 400, "{}", removed.text());
    upload(&s, s.ana, &draft, "order.txt", "Thirty seats").await;
    s.submit(s.ana, &draft, &[]).await;

    // The first of sha256('Three seats') and of sha256('Thirty seats').
    let expected = json!([{
        "field": "Files",
        "before": "order.txt (76cee5bc), plan.txt",
        "after": "plan.txt, order.txt (4437caa1)",
    }]);
    assert_eq!(s.show(s.ana, &request).await["revisions"][0]["differences"], expected);
    assert_eq!(since_look().await["fields"], expected);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_answer_that_changed_is_a_difference_also_where_its_question_has_the_words_of_another_field(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let s = Desk::set(pool, connect).await;
    // The same words twice are refused by now; records from before may have them.
    let question = |id: &str, label: &str| json!({ "id": id, "label": label, "kind": "text", "required": true });
    s.questions(s.read, json!([question("first", "Comment"), question("second", "Comment"), question("hour", "Until")])).await;
    let answers = |second: &'static str, hour: &'static str| {
        [("items[0][answers][first]", "North"), ("items[0][answers][second]", second), ("items[0][answers][hour]", hour)]
    };
    let draft = s.add(s.ana, s.read).await;
    let request = s.submit(s.ana, &draft, &answers("South", "Noon")).await.remove(0);
    for (second, hour, expected) in [
        ("West", "Noon", json!([{ "field": "Comment", "before": "South", "after": "West" }])),
        ("West", "Night", json!([{ "field": "Until", "before": "Noon", "after": "Night" }])),
        (
            "North",
            "Noon",
            json!([{ "field": "Comment", "before": "West", "after": "North" }, { "field": "Until", "before": "Night", "after": "Noon" }]),
        ),
    ] {
        s.call(s.ana, "drafts/edit", &[("request", &request)]).await;
        let draft = s.newest_draft(s.ana).await;
        s.submit(s.ana, &draft, &answers(second, hour)).await;
        assert_eq!(s.show(s.ana, &request).await["revisions"][0]["differences"], expected, "{second} {hour}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn another_person_of_the_same_name_in_an_answer_is_a_difference(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    s.questions(s.read, json!([{ "id": "deputy", "label": "Who stands in?", "kind": "person", "required": true }])).await;
    for (who, number) in [(s.ben, "N00001"), (s.stan, "N00002")] {
        sqlx::query("update identity set given_name = 'Sam', source_id = $2 where id = $1")
            .bind(who.0)
            .bind(number)
            .execute(&s.app.owner)
            .await
            .unwrap();
    }
    let draft = s.add(s.ana, s.read).await;
    let request = s.submit(s.ana, &draft, &[("items[0][answers][deputy]", "N00001")]).await.remove(0);
    let since_look = async || {
        let stage = s.show(s.mona, &request).await["may_decide"].as_str().unwrap().to_owned();
        s.call(s.mona, "inbox/detail", &[("stage", &stage)]).await.json()["since_look"].clone()
    };
    assert!(since_look().await.is_null());
    s.call(s.ana, "drafts/edit", &[("request", &request)]).await;
    let draft = s.newest_draft(s.ana).await;
    s.submit(s.ana, &draft, &[("items[0][answers][deputy]", "N00002")]).await;
    let expected = json!([{ "field": "Who stands in?", "before": "Sam Example (N00001)", "after": "Sam Example (N00002)" }]);
    assert_eq!(s.show(s.ana, &request).await["revisions"][0]["differences"], expected);
    assert_eq!(since_look().await["fields"], expected);
}
