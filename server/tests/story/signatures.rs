//! Decisions about privileged access ask for the password again and are signed.

use super::cast::{Story, refusal, uuid};
use crate::support::*;
use serde_json::{Value, json};

const PASSWORD: &str = "blue tram to work";

/// Mona with a password, signed in long enough ago that it has to be given again.
async fn signed_in(s: &Story) -> Client {
    s.app.account(s.mona, "mona", PASSWORD).await;
    let client = s.app.sign_in_as(s.mona).await;
    s.app.advance(SignedDuration::from_mins(6));
    client
}

/// What Mona would decide on, as fields.
async fn fields(client: &Client, request: &str) -> Vec<(&'static str, String)> {
    let view = client.server_fn("requests/show", &[("request", request)]).await.json();
    vec![
        ("stage", view["may_decide"].as_str().unwrap().to_owned()),
        ("shown_version", view["version"].to_string()),
        ("shown_hash", view["content_hash"].as_str().unwrap().to_owned()),
        ("key", uuid()),
    ]
}

async fn decide(client: &Client, fields: &[(&'static str, String)], verdict: &str, comment: &str, password: &str) -> Reply {
    let mut sent: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    sent.extend([("verdict", verdict), ("comment", comment), ("password", password)]);
    client.server_fn("inbox/decide", &sent).await
}

#[sqlx::test(migrations = "../migrations")]
async fn a_privileged_decision_needs_the_password_and_stores_a_signature_over_what_was_shown(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let s = Story::begin(pool, connect).await;
    let client = signed_in(&s).await;
    let request = s.submit(s.ana, s.root).await;
    let shown = fields(&client, &request).await;
    for (password, code) in [("", "password:required"), ("not it", "password:wrong"), (&"x".repeat(200), "password:wrong")] {
        let reply = decide(&client, &shown, "approve", "", password).await;
        assert_eq!((reply.status, refusal(&reply)), (422, json!([code])));
    }
    assert_eq!(s.app.count("select count(*) from pending_decision").await, 0);
    assert_eq!(s.app.count("select count(*) from audit_event where kind like 'decision.%'").await, 0);
    let token = client.cookie(s.app.cookie_name()).unwrap();
    assert!(decide(&client, &shown, "approve", "Fits.", PASSWORD).await.status < 400);
    assert_ne!(client.cookie(s.app.cookie_name()).unwrap(), token, "a proven password changes the token");
    s.become_final().await;
    let (name, meaning, hash, method, same_time): (String, String, Vec<u8>, String, bool) = sqlx::query_as(
        "select g.printed_name, g.meaning, g.shown_hash, g.method, g.signed_at = d.decided_at from signature g join decision d on d.id = g.decision_id",
    )
    .fetch_one(&s.app.owner)
    .await
    .unwrap();
    assert_eq!(
        (name.as_str(), meaning.as_str(), method.as_str()),
        ("Mona Example", "I approve this access in revision 1 as shown.", "password")
    );
    assert!(same_time);
    assert_eq!(server::usecase::shown::hex(&hash), shown[2].1);
    let decision = s.show(s.ana, &request).await["stages"][0]["decisions"][0].clone();
    assert_eq!(decision["signature"]["hash"].as_str().unwrap(), shown[2].1);
    let page = s.app.sign_in_as(s.ana).await.get(&format!("/requests/{request}")).await.text();
    assert!(page.contains("I approve this access in revision 1 as shown.") && page.contains(&shown[2].1), "{page}");
}

#[sqlx::test(migrations = "../migrations")]
async fn for_five_minutes_a_proven_password_counts_for_further_signatures(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let client = signed_in(&s).await;
    let mut requests = vec![];
    for name in ["Root", "Root of tests", "Root of logs"] {
        let what = s.app.entitlement(s.ledger, name, "privileged").await;
        requests.push(s.submit(s.ana, what).await);
    }
    let [one, two, three] = [fields(&client, &requests[0]).await, fields(&client, &requests[1]).await, fields(&client, &requests[2]).await];
    assert!(decide(&client, &one, "approve", "", PASSWORD).await.status < 400);
    s.app.advance(SignedDuration::from_secs(299));
    assert!(decide(&client, &two, "approve", "", "").await.status < 400);
    let detail = client.server_fn("inbox/detail", &[("stage", &three[0].1)]).await.json();
    assert!(detail["signing"]["proven_until"]["text"].is_string(), "{}", detail["signing"]);
    s.app.advance(SignedDuration::from_secs(1));
    assert_eq!(refusal(&decide(&client, &three, "approve", "", "").await), json!(["password:required"]));
    // A signature without the password does not count as a proof of it.
    s.become_final().await;
    assert_eq!(s.app.count("select count(*) from signature").await, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn no_door_proves_a_password_and_the_first_signature_does_for_five_minutes(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin_with(pool, connect, Setup { demonstration: Some(vec!["mona"]), ..Setup::default() }).await;
    s.app.account(s.mona, "mona", PASSWORD).await;
    let first = s.submit(s.ana, s.root).await;
    let tests = s.app.entitlement(s.ledger, "Root of tests", "privileged").await;
    let second = s.submit(s.ana, tests).await;
    let (door, signed_in) = (s.app.stranger(), s.app.stranger());
    assert_eq!(door.post_form("/sign-in", &[("demo_login", "mona"), ("return_to", "/inbox")]).await.location(), "/inbox");
    let typed = [("login", "mona"), ("password", PASSWORD), ("return_to", "/inbox")];
    assert_eq!(signed_in.post_form("/sign-in", &typed).await.location(), "/inbox");
    let [one, two] = [fields(&signed_in, &first).await, fields(&signed_in, &second).await];
    for client in [&door, &signed_in] {
        assert_eq!(refusal(&decide(client, &one, "approve", "", "").await), json!(["password:required"]), "right after the door");
    }
    assert!(decide(&signed_in, &one, "approve", "", PASSWORD).await.status < 400);
    s.app.advance(SignedDuration::from_secs(299));
    assert_eq!(refusal(&decide(&door, &two, "approve", "", "").await), json!(["password:required"]), "it counts for its own session");
    assert!(decide(&signed_in, &two, "approve", "", "").await.status < 400, "a second before the five minutes are over");
    s.become_final().await;
    assert_eq!(s.app.count("select count(*) from signature").await, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_changed_password_is_proven_again_at_the_next_signature(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    s.app.account(s.mona, "mona", PASSWORD).await;
    let request = s.submit(s.ana, s.root).await;
    let client = s.app.sign_in_as(s.mona).await;
    let new = "green ferry to the island";
    let fields_of_it = [("current_password", PASSWORD), ("password", new), ("password_again", new)];
    let changed = client.server_fn("account/change_password", &fields_of_it).await;
    assert!(changed.status < 400, "{}", changed.text());
    let shown = fields(&client, &request).await;
    assert_eq!(refusal(&decide(&client, &shown, "approve", "", "").await), json!(["password:required"]));
    assert!(decide(&client, &shown, "approve", "", new).await.status < 400);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_that_changes_takes_the_time_of_the_proof_along_and_makes_no_new_one(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    s.app.account(s.mona, "mona", PASSWORD).await;
    let (idle, signing) = (s.app.stranger(), s.app.stranger());
    for client in [&idle, &signing] {
        client.post_form("/sign-in", &[("login", "mona"), ("password", PASSWORD)]).await;
    }
    let first = s.submit(s.ana, s.root).await;
    let shown = fields(&signing, &first).await;
    assert!(decide(&signing, &shown, "approve", "", PASSWORD).await.status < 400);
    let proven = "select password_proven_at::text from session where ended_at is null and identity_id = $1 order by 1";
    let proofs = async || sqlx::query_scalar::<_, Option<String>>(proven).bind(s.mona.0).fetch_all(&s.app.owner).await.unwrap();
    let before = proofs().await;
    assert!(matches!(before.as_slice(), [Some(_), None]), "{before:?}");
    for _ in 0..3 {
        s.app.advance(SignedDuration::from_mins(25));
        for client in [&idle, &signing] {
            assert_eq!(client.get("/inbox").await.status, 200);
        }
    }
    let replaced =
        "select count(distinct n.id) from session o join session n on n.sign_in_id = o.sign_in_id and n.created_at > o.created_at
        where o.end_reason = 'rotated' and n.ended_at is null and n.created_at > o.created_at + interval '1 hour'";
    assert_eq!((s.app.count(replaced).await, proofs().await), (2, before), "both tokens changed at their hour");
    let tests = s.app.entitlement(s.ledger, "Root of tests", "privileged").await;
    let second = s.submit(s.ana, tests).await;
    for client in [&idle, &signing] {
        let shown = fields(client, &second).await;
        assert_eq!(refusal(&decide(client, &shown, "approve", "", "").await), json!(["password:required"]));
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn rejections_are_signed_questions_and_other_tiers_are_not(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let client = signed_in(&s).await;
    let (root, read) = (s.submit(s.ana, s.root).await, s.submit(s.ana, s.read).await);
    let privileged = fields(&client, &root).await;
    assert_eq!(refusal(&decide(&client, &privileged, "reject", "Too much.", "").await), json!(["password:required"]));
    let standard = fields(&client, &read).await;
    assert!(decide(&client, &standard, "approve", "", "").await.status < 400);
    assert!(decide(&client, &privileged, "return", "For how long?", "").await.status < 400);
    s.become_final().await;
    assert_eq!((s.app.count("select count(*) from decision").await, s.app.count("select count(*) from signature").await), (2, 0));
    assert_eq!(s.state(&root).await, "returned");
}

#[sqlx::test(migrations = "../migrations")]
async fn guessing_the_password_is_stopped_as_at_the_sign_in(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin_with(pool, connect, Setup { settings: vec![("SIGN_INS_PER_LOGIN", "5")], ..Setup::default() }).await;
    let client = signed_in(&s).await;
    let request = s.submit(s.ana, s.root).await;
    let shown = fields(&client, &request).await;
    let mut answers = vec![];
    for _ in 0..6 {
        answers.push(decide(&client, &shown, "approve", "", "not it").await.status);
    }
    assert_eq!(answers, [422, 422, 422, 422, 422, 429]);
    assert_eq!(decide(&client, &shown, "approve", "", PASSWORD).await.status, 429, "not even with the right one");
    assert_eq!(s.app.count("select count(*) from pending_decision").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn to_those_who_may_not_decide_a_password_says_nothing(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let mona = signed_in(&s).await;
    let request = s.submit(s.ana, s.root).await;
    let shown = fields(&mona, &request).await;
    s.app.account(s.stan, "stan", PASSWORD).await;
    let stan = s.app.sign_in_as(s.stan).await;
    s.app.advance(SignedDuration::from_mins(6));
    for password in [PASSWORD, "not it"] {
        let reply = decide(&stan, &shown, "approve", "", password).await;
        assert_eq!((reply.status, refusal(&reply)), (404, json!("not_found")), "{password}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_tier_that_rises_within_the_ten_seconds_needs_the_signature_that_is_missing(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.read).await;
    let shown = s.shown(s.mona, &request).await;
    s.decide_on(s.mona, &shown, "approve", "").await;
    sqlx::query("update entitlement set tier = 'privileged' where id = $1").bind(s.read.0).execute(&s.app.owner).await.unwrap();
    s.become_final().await;
    assert_eq!(s.app.count("select count(*) from pending_decision where state = 'refused' and refusal = 'changed'").await, 1);
    assert_eq!(s.app.count("select count(*) from decision").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn without_javascript_a_wrong_password_is_said_at_its_field_and_what_was_typed_is_kept(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let s = Story::begin(pool, connect).await;
    let client = signed_in(&s).await;
    s.submit(s.ana, s.root).await;
    let mut browser = Browser::of(client);
    browser.open("/inbox?filter=privileged").await;
    let stage = browser.link("/inbox/");
    browser.open(&stage).await;
    // As long as it may be, and too long for any address.
    let reason = "\u{20BB7}\u{1F331}".repeat(1_000);
    let form = browser.form("/api/inbox/decide", "Reject the request").fill("comment", &reason).fill("password", "not it");
    browser.send(&form).await;
    assert!(browser.says("This is not your password."), "{}", browser.page);
    let kept = browser.form("/api/inbox/decide", "Reject the request");
    assert_eq!((kept.value("comment"), kept.value("password")), (reason.as_str(), ""));
    assert_eq!(kept.value("filter"), "privileged");
    assert!(
        !browser.path.contains("not+it") && !browser.path.contains("not%20it"),
        "a password never stands in an address: {}",
        browser.path
    );
    assert_eq!(s.app.count("select count(*) from refused_form where typed::text like '%not it%'").await, 0, "and is not kept");
    assert_eq!(s.app.count("select count(*) from refused_form").await, 1);
    browser.send(&kept.fill("password", PASSWORD)).await;
    assert!(browser.path.starts_with("/inbox?filter=privileged&decided="), "{}", browser.path);
    s.become_final().await;
    assert_eq!(s.app.count("select count(*) from signature g join decision d on d.id = g.decision_id where d.verdict = 'reject'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn in_the_demonstration_people_without_a_password_sign_with_the_one_that_is_shown(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin_with(pool, connect, Setup { demonstration: Some(vec!["mona"]), ..Setup::default() }).await;
    s.app.account_without_password(s.mona, "mona").await;
    s.app.account_without_password(s.olga, "olga").await;
    let client = s.app.sign_in_as(s.mona).await;
    s.app.advance(SignedDuration::from_mins(6));
    let request = s.submit(s.ana, s.root).await;
    let shown = fields(&client, &request).await;
    let page = client.get(&format!("/inbox/{}", shown[0].1)).await.text();
    assert!(page.contains("countersigned"), "the hint stands beside the field: {page}");
    assert_eq!(refusal(&decide(&client, &shown, "approve", "", "not it").await), json!(["password:wrong"]));
    assert!(decide(&client, &shown, "approve", "", "countersigned").await.status < 400);
    // It opens no account: it is no password of anybody.
    let stranger = s.app.stranger();
    let refused = stranger.post_form("/sign-in", &[("login", "mona"), ("password", "countersigned"), ("return_to", "/")]).await;
    assert!(refused.location().contains("error=credentials"), "{}", refused.location());
}

#[sqlx::test(migrations = "../migrations")]
async fn outside_the_demonstration_an_account_without_a_password_signs_nothing(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    s.app.account_without_password(s.mona, "mona").await;
    let client = s.app.sign_in_as(s.mona).await;
    s.app.advance(SignedDuration::from_mins(6));
    let request = s.submit(s.ana, s.root).await;
    let shown = fields(&client, &request).await;
    for password in ["countersigned", "!", ""] {
        assert_eq!(decide(&client, &shown, "approve", "", password).await.status, 422, "{password}");
    }
    let page = client.get(&format!("/inbox/{}", shown[0].1)).await.text();
    assert!(!page.contains("countersigned"), "{page}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_signature_on_an_earlier_revision_is_struck_through(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    s.app.account(s.mona, "mona", PASSWORD).await;
    let request = s.submit(s.ana, s.root).await;
    s.approve(s.mona, &request).await;
    s.edit(s.ana, &request, &[("justification", "It is about the ledger of the north branch alone.")]).await;
    let view = s.show(s.ana, &request).await;
    assert_eq!(view["revision"], 2);
    let void: &Value = view["revisions"].as_array().unwrap().iter().find(|line| line["revision"] == 1).unwrap();
    assert_eq!(void["void"][0][1]["signature"]["overtaken"], "changed", "{void}");
    let page = s.app.sign_in_as(s.ana).await.get(&format!("/requests/{request}")).await.text();
    assert!(page.contains("the request was changed after this was signed"), "{page}");
    assert_eq!(s.app.count("select count(*) from signature").await, 1, "it stays on record");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_signature_is_struck_through_with_the_reason_when_the_request_ends_without_a_release(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let s = Story::begin(pool, connect).await;
    let mut requests = vec![];
    for name in ["Root", "Root of tests", "Root of logs"] {
        let what = s.app.entitlement(s.ledger, name, "privileged").await;
        let request = s.submit(s.ana, what).await;
        s.approve(s.mona, &request).await;
        requests.push(request);
    }
    let [withdrawn, rejected, lapsed] = requests.as_slice() else { panic!("three were asked for") };
    let version = s.show(s.ana, withdrawn).await["version"].to_string();
    let fields = [("request", withdrawn.as_str()), ("version", &version), ("reason", "Settled.")];
    assert!(s.call(s.ana, "requests/withdraw", &fields).await.status < 400);
    assert!(s.decide(s.olga, rejected, "reject", "Not with this role.").await.status < 400);
    s.app.clock.set("2026-12-22T00:00:00Z".parse().unwrap());
    s.jobs().await;
    for (request, state, reasons, sentence) in [
        (withdrawn, "withdrawn", vec![json!("withdrawn")], "the request was withdrawn after this was signed"),
        // The rejection ended it, and its own signature counts.
        (rejected, "rejected", vec![json!("rejected"), Value::Null], "the request was rejected after this was signed"),
        (lapsed, "lapsed", vec![json!("lapsed")], "the request lapsed after this was signed"),
    ] {
        assert_eq!(s.state(request).await, state);
        let file = s.app.sign_in_as(s.ana).await.get(&format!("/requests/{request}/record")).await.json();
        let stages = file["record"]["stages"].as_array().unwrap();
        let decisions = stages.iter().flat_map(|stage| stage["decisions"].as_array().unwrap());
        let found: Vec<Value> = decisions.map(|decision| decision["signature"]["overtaken"].clone()).collect();
        assert_eq!(found, reasons, "{state}");
        let page = s.app.sign_in_as(s.ana).await.get(&format!("/requests/{request}")).await.text().replace("<!>", "");
        assert!(page.contains("No longer counts: ") && page.contains(sentence), "{state}: {page}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_request_saved_as_a_file_carries_its_signature_and_a_hash_that_checks(pool: PgPoolOptions, connect: PgConnectOptions) {
    use sha2::{Digest as _, Sha256};
    let s = Story::begin(pool, connect).await;
    let client = signed_in(&s).await;
    let request = s.submit(s.ana, s.root).await;
    let shown = fields(&client, &request).await;
    assert!(decide(&client, &shown, "approve", "Fits.", PASSWORD).await.status < 400);
    s.become_final().await;
    let reply = s.app.sign_in_as(s.ana).await.get(&format!("/requests/{request}/record")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert!(reply.header("content-disposition").unwrap().starts_with("attachment; filename=\"REQ-2026-"));
    let file = reply.json();
    let record = &file["record"];
    assert_eq!(record["stages"][0]["decisions"][0]["signature"]["hash"].as_str().unwrap(), shown[2].1);
    assert_eq!(record["may_decide"], Value::Null, "nothing of the screen is in the file");
    let canonical = serde_json_canonicalizer::to_string(record).unwrap();
    assert_eq!(file["sha256"].as_str().unwrap(), server::usecase::shown::hex(&Sha256::digest(canonical.as_bytes())));
    assert_eq!(record["stages"][0]["decisions"][0]["signature"]["overtaken"], Value::Null);
    let stranger = s.app.sign_in_as(s.stan).await.get(&format!("/requests/{request}/record")).await;
    assert_eq!(stranger.status, 404);
    // After an edit the file says of the signature that it no longer counts.
    s.edit(s.ana, &request, &[("justification", "It is about the ledger of the north branch alone.")]).await;
    let file = s.app.sign_in_as(s.ana).await.get(&format!("/requests/{request}/record")).await.json();
    let record = &file["record"];
    assert_eq!((record["revision"].as_i64(), record["stages"][0]["decisions"].as_array().map(Vec::len)), (Some(2), Some(0)));
    let before = record["revisions"].as_array().unwrap().iter().find(|line| line["revision"] == 1).unwrap();
    let signature = &before["void"][0][1]["signature"];
    assert_eq!((signature["overtaken"].as_str(), signature["hash"].as_str()), (Some("changed"), Some(shown[2].1.as_str())), "{before}");
    let canonical = serde_json_canonicalizer::to_string(record).unwrap();
    assert_eq!(file["sha256"].as_str().unwrap(), server::usecase::shown::hex(&Sha256::digest(canonical.as_bytes())));
}
