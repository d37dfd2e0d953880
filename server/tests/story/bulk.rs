//! Many approvals with one press: standard tier only, at most fifty, each checked by itself.

use super::cast::{Story, refusal, uuid};
use crate::support::*;
use serde_json::{Value, json};

async fn outcome(s: &Story) -> Value {
    sqlx::query_scalar("select results from bulk_decision order by decided_at desc limit 1").fetch_one(&s.app.owner).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn everything_selected_is_approved_by_itself_and_marked_with_the_time_spent(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let second = s.app.entitlement(s.ledger, "Ledger Viewer", "standard").await;
    s.submit(s.ana, s.read).await;
    s.submit(s.ana, second).await;
    let (items, shown_at, key) = s.lines(s.mona).await;
    assert_eq!(items.len(), 2);
    s.app.advance(SignedDuration::from_secs(74));
    for _ in 0..2 {
        let reply = s.press(s.mona, &items, &shown_at, &key).await;
        assert!(reply.status < 400, "{}", reply.text());
    }
    assert_eq!(s.app.count("select count(*) from bulk_decision").await, 1, "the same press twice is one");
    assert_eq!(s.app.count("select count(*) from decision").await, 0, "they can be undone");
    s.become_final().await;
    let recorded: Vec<(bool, Option<i32>, String)> =
        sqlx::query_as("select bulk, seconds_spent, verdict from decision").fetch_all(&s.app.owner).await.unwrap();
    assert_eq!(recorded, vec![(true, Some(75), "approve".to_owned()); 2]);
    assert_eq!(s.app.count("select count(*) from request where state = 'approved'").await, 2);
    assert_eq!(
        s.app.count("select count(*) from audit_event where kind = 'decision.approved' and body::jsonb ->> 'bulk' is not null").await,
        2
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn what_may_not_be_decided_in_bulk_is_named_and_holds_up_nothing_else(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let changed = s.app.entitlement(s.ledger, "Ledger Viewer", "standard").await;
    let good = s.submit(s.ana, s.read).await;
    s.submit(s.ana, s.write).await;
    let withdrawn = s.submit(s.ana, changed).await;
    let stans = s.app.person("Sue", s.app.unit("Elsewhere").await, Some(s.stan)).await;
    let (mut items, shown_at, key) = s.lines(s.mona).await;
    s.submit(stans, s.read).await;
    items.extend(s.lines(s.stan).await.0);
    items.push(format!("{}~1~{}", uuid(), "0".repeat(64)));
    let version = s.show(s.ana, &withdrawn).await["version"].to_string();
    s.call(s.ana, "requests/withdraw", &[("request", &withdrawn), ("version", &version), ("reason", "Not needed any more.")]).await;
    let reply = s.press(s.mona, &items, &shown_at, &key).await;
    assert!(reply.status < 400, "{}", reply.text());
    let outcome = outcome(&s).await;
    let mut refusals: Vec<&str> = outcome.as_array().unwrap().iter().map(|line| line["refusal"].as_str().unwrap_or("approved")).collect();
    refusals.sort_unstable();
    assert_eq!(refusals, ["approved", "changed", "not_found", "not_found", "not_standard"]);
    for line in outcome.as_array().unwrap().iter().filter(|line| line["refusal"] == "not_found") {
        assert_eq!((&line["number"], &line["request"]), (&json!(""), &Value::Null), "nothing is told of what is not theirs");
    }
    s.become_final().await;
    assert_eq!(s.state(&good).await, "approved");
    assert_eq!(s.app.count("select count(*) from decision").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_and_more_than_fifty_are_refused_at_the_list(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let item = || format!("{}~1~{}", uuid(), "0".repeat(64));
    let shown_at = s.app.now().to_string();
    let many: Vec<String> = (0..51).map(|_| item()).collect();
    for (items, code) in [(vec![], "selected:required"), (many, "selected:too_many"), (vec!["junk".to_owned()], "selected:invalid")] {
        let reply = s.press(s.mona, &items, &shown_at, &uuid()).await;
        assert_eq!((reply.status, refusal(&reply)), (422, json!([code])));
    }
    // The same line fifty-one times is one line.
    let same = vec![item(); 51];
    assert!(s.press(s.mona, &same, &shown_at, &uuid()).await.status < 400);
    assert_eq!(outcome(&s).await.as_array().unwrap().len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_time_spent_stays_within_its_bounds_whatever_the_form_says(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    s.submit(s.ana, s.read).await;
    for (shown_at, seconds) in [("2020-01-01T00:00:00Z", 86_400), ("2099-01-01T00:00:00Z", 0)] {
        let (items, _, key) = s.lines(s.mona).await;
        assert!(s.press(s.mona, &items, shown_at, &key).await.status < 400);
        let spent: i32 = sqlx::query_scalar("select seconds_spent from bulk_decision order by decided_at desc limit 1")
            .fetch_one(&s.app.owner)
            .await
            .unwrap();
        assert_eq!(spent, seconds);
        s.call(s.mona, "inbox/undo", &[("decision", &s.pending().await)]).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_entitlement_that_rose_above_the_standard_tier_meanwhile_is_not_recorded_in_bulk(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.read).await;
    let (items, shown_at, key) = s.lines(s.mona).await;
    s.press(s.mona, &items, &shown_at, &key).await;
    sqlx::query("update entitlement set tier = 'privileged' where id = $1").bind(s.read.0).execute(&s.app.owner).await.unwrap();
    s.become_final().await;
    assert_eq!((s.state(&request).await.as_str(), s.app.count("select count(*) from decision").await), ("in_approval", 0));
    assert_eq!(s.app.count("select count(*) from pending_decision where state = 'refused'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_press_is_made_shown_and_undone_as_a_whole_or_by_line_without_javascript(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let second = s.app.entitlement(s.ledger, "Ledger Viewer", "standard").await;
    s.submit(s.ana, s.read).await;
    s.submit(s.ana, second).await;
    s.submit(s.ana, s.write).await;
    let mut browser = Browser::of(s.app.sign_in_as(s.mona).await);
    browser.open("/inbox").await;
    assert_eq!(browser.page.matches("name=\"items[]\"").count(), 2, "only standard lines have a box: {}", browser.page);
    // Boxes belong to the form by its id; a browser sends the ticked ones with it.
    let mut form = browser.form("/api/inbox/approve_selected", "shown_at");
    for tag in browser.page.split("<input").filter(|tag| tag.contains("name=\"items[]\"")) {
        let value = tag.split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        form = form.with("items[]", value);
    }
    browser.send(&form).await;
    assert!(browser.path.starts_with("/inbox?bulk="), "{}", browser.path);
    assert!(browser.says("2 approved."), "{}", browser.page);
    let all = browser.form("/api/inbox/undo_selected", "Undo all");
    let one = browser.form("/api/inbox/undo", "Undo");
    browser.send(&one).await;
    assert_eq!(s.app.count("select count(*) from pending_decision where state = 'open'").await, 1);
    browser.send(&all).await;
    assert_eq!(s.app.count("select count(*) from pending_decision where state = 'undone'").await, 2);
    s.become_final().await;
    assert_eq!(s.app.count("select count(*) from decision").await, 0);
    // Somebody else's press does not exist.
    let press: uuid::Uuid = sqlx::query_scalar("select id from bulk_decision").fetch_one(&s.app.owner).await.unwrap();
    assert_eq!(refusal(&s.call(s.olga, "inbox/undo_selected", &[("press", &press.to_string())]).await), json!("not_found"));
}
