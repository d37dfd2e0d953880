//! Requests under way keep the versions that they were made with; the gates at release look at what
//! is in force then (law 6).

use crate::cast::{Story, uuid};
use crate::support::*;
use domain::permission::Role;

async fn change(story: &Story, kind: &str, key: &str, base: &str, fields: &[(&str, &str)]) {
    let id = uuid();
    let mut all =
        vec![("kind", kind), ("record_key", key), ("base_version", base), ("reason", "Found in the review."), ("key", id.as_str())];
    all.extend_from_slice(fields);
    let proposed = story.call(story.olga, "changes/propose", &all).await;
    assert_eq!(proposed.status, 200, "{}", proposed.text());
    let change = proposed.json().as_str().unwrap().to_owned();
    let confirmed = story.call(story.dan, "changes/decide", &[("change", &change), ("confirm", "true")]).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_request_under_way_keeps_its_versions_and_the_release_looks_at_what_is_in_force(pool: PgPoolOptions, connect: PgConnectOptions) {
    let story = Story::begin(pool, connect).await;
    let request = story.submit(story.ana, story.read).await;
    let pins = "select count(*) from request_item i join request_revision v on v.request_id = i.request_id and v.revision = i.revision
                where i.entitlement_version = 1 and v.specification_version = 2";
    assert_eq!(story.app.count(pins).await, 1);
    let key = story.read.to_string();
    change(&story, "entitlement", &key, "1", &[("fields[longest_days]", "7"), ("fields[name]", "Reader for a week")]).await;
    let shown = story.call(story.ana, "requests/show", &[("request", &request)]).await.json();
    assert!(
        shown.to_string().contains("Ledger Reader") && !shown.to_string().contains("Reader for a week"),
        "the page shows what was asked for: {shown}"
    );
    assert_eq!(story.app.count(pins).await, 1);

    story.approve(story.mona, &request).await;
    let release = story.open_release(&request).await;
    story.execute(story.pia, &release).await;
    let held: String = sqlx::query_scalar("select state from release").fetch_one(&story.app.owner).await.unwrap();
    assert_eq!(held, "held", "29 days are more than the week that is in force now");
    assert_eq!(story.app.count("select count(*) from access_grant").await, 0);

    change(&story, "entitlement", &key, "2", &[("fields[longest_days]", "30")]).await;
    story.execute(story.pia, &release).await;
    assert_eq!(
        story.app.count("select count(*) from access_grant where entitlement_version = 1").await,
        1,
        "what is given is what was asked for"
    );
    assert_eq!(story.app.count(pins).await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_new_specification_leaves_the_pin_of_a_request_under_way_and_a_new_request_gets_the_new_one(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let story = Story::begin(pool, connect).await;
    let (ada, cora) = (story.app.person_with("Ada", Role::Administrator).await, story.app.person_with("Cora", Role::Compliance).await);
    story.submit(story.ana, story.read).await;
    let (id, key) = (uuid(), "employee");
    let fields = [
        ("kind", "specification"),
        ("record_key", key),
        ("base_version", "2"),
        ("fields[longest_days]", "100"),
        ("reason", "Shorter."),
        ("key", id.as_str()),
    ];
    let proposed = story.call(cora, "changes/propose", &fields).await.json();
    let change = proposed.as_str().unwrap().to_owned();
    let view = story.call(ada, "changes/show", &[("change", &change)]).await.json();
    assert_eq!(view["pinned_requests"], 1, "the second person sees what is under way");
    assert_eq!(story.call(ada, "changes/decide", &[("change", &change), ("confirm", "true")]).await.status, 200);
    story.submit(story.stan, story.read).await;
    the_number_opens(&story, &change, cora, ada).await;
    let versions: Vec<i32> = sqlx::query_scalar(
        "select v.specification_version from request r join request_revision v on v.request_id = r.id order by r.number",
    )
    .fetch_all(&story.app.owner)
    .await
    .unwrap();
    assert_eq!(versions, [2, 3]);
}

/// One request keeps the version before the change, one was made after it. The number leads those who
/// may list all requests to the first; for the others it is a number.
async fn the_number_opens(story: &Story, change: &str, lists: IdentityId, does_not: IdentityId) {
    let (page, list) = (format!("/changes/{change}"), format!("/requests?change={change}"));
    for (who, opens) in [(lists, true), (does_not, false)] {
        let shown = story.app.sign_in_as(who).await.get(&page).await.text();
        assert!(shown.contains("1 keeps the version it was made with"), "{shown}");
        assert_eq!(shown.contains(&format!("href=\"{list}\"")), opens, "{shown}");
    }
    let found = story.call(lists, "requests/list", &[("query[change]", change)]).await.json();
    let subjects: Vec<&str> =
        found["page"]["rows"].as_array().unwrap().iter().map(|row| row["subject"]["name"].as_str().unwrap()).collect();
    assert_eq!((subjects, &found["page"]["total"]), (vec!["Ana Example"], &serde_json::json!(1)), "{found}");
    for (state, count) in [("in_approval", 1), ("returned", 0)] {
        let found = story.call(lists, "requests/list", &[("query[change]", change), ("query[state]", state)]).await.json();
        assert_eq!(
            (found["page"]["rows"].as_array().unwrap().len(), &found["page"]["total"]),
            (count, &serde_json::json!(count)),
            "{state}"
        );
    }
    let shown = story.app.sign_in_as(lists).await.get(&list).await.text();
    assert!(shown.contains("Requests that keep the version they were made with") && shown.contains(&format!("href=\"{page}\"")), "{shown}");
    for (who, which, status) in
        [(does_not, change, 403), (story.ana, change, 403), (lists, "0190b0f0-0000-7000-8000-0000000000ff", 404), (lists, "x", 404)]
    {
        assert_eq!(story.call(who, "requests/list", &[("query[change]", which)]).await.status, status, "{which}");
    }
}
