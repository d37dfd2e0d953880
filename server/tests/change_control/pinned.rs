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

/// The rules that the newest run of a phase looked at.
async fn rules(story: &Story, phase: &str) -> serde_json::Value {
    sqlx::query_scalar(
        "select facts -> 'rules' from gate_evaluation where request_id is not null and phase = $1 order by at desc, id desc limit 1",
    )
    .bind(phase)
    .fetch_one(&story.app.owner)
    .await
    .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn every_run_of_the_gates_keeps_the_versions_of_the_conflicts_it_looked_at_also_of_those_that_were_kept(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let story = Story::begin(pool, connect).await;
    story.app.conflict("Read and rule", story.read, story.root).await;
    let request = story.submit(story.ana, story.read).await;
    assert_eq!(rules(&story, "submission").await, serde_json::json!([["SOD-001", 1]]), "nothing is broken, and it was looked at");
    let key: String = sqlx::query_scalar("select id::text from conflict").fetch_one(&story.app.owner).await.unwrap();
    change(&story, "conflict", &key, "1", &[("fields[title]", "Read and rule the ledger")]).await;
    story.approve(story.mona, &request).await;
    let release = story.open_release(&request).await;
    story.execute(story.pia, &release).await;
    assert_eq!(rules(&story, "release").await, serde_json::json!([["SOD-001", 2]]));
    assert_eq!(rules(&story, "submission").await, serde_json::json!([["SOD-001", 1]]));
    let shown = story.app.sign_in_as(story.ana).await.get(&format!("/requests/{request}")).await.text();
    assert!(
        shown.contains("conflicts looked at: SOD-001 version 1") && shown.contains("conflicts looked at: SOD-001 version 2"),
        "{shown}"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_change_of_what_requests_do_not_pin_says_nothing_of_requests(pool: PgPoolOptions, connect: PgConnectOptions) {
    let story = Story::begin(pool, connect).await;
    let ada = story.app.person_with("Ada", Role::Administrator).await;
    let group: String = sqlx::query_scalar("select id::text from approver_group").fetch_one(&story.app.owner).await.unwrap();
    let read = story.read.to_string();
    for (kind, key, field, counted) in
        [("group", &group, ("fields[name]", "Safety"), false), ("entitlement", &read, ("fields[name]", "Book reader"), true)]
    {
        let id = uuid();
        let fields =
            [("kind", kind), ("record_key", key), ("base_version", "1"), field, ("reason", "A better name."), ("key", id.as_str())];
        let proposed = story.call(ada, "changes/propose", &fields).await;
        assert_eq!(proposed.status, 200, "{}", proposed.text());
        let change = proposed.json().as_str().unwrap().to_owned();
        let shown = story.app.sign_in_as(ada).await.get(&format!("/changes/{change}")).await.text();
        assert_eq!(shown.contains("Requests under way") && shown.contains("None is open"), counted, "{kind}: {shown}");
        assert_eq!(shown.contains("Requests under way"), counted, "{kind}: {shown}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn requester_and_approver_read_the_pinned_version_in_full_when_another_is_in_force(pool: PgPoolOptions, connect: PgConnectOptions) {
    let story = Story::begin(pool, connect).await;
    let key = story.read.to_string();
    let questions = "side | Which side | choice | optional | options Debit; Credit";
    let then = [
        ("fields[questions]", questions),
        ("fields[longest_days]", "60"),
        ("fields[audience_populations]", "employee contractor"),
        ("fields[reference]", "LEDGER_READERS"),
    ];
    change(&story, "entitlement", &key, "1", &then).await;
    let request = story.submit(story.ana, story.read).await;
    let now = [("fields[questions]", ""), ("fields[longest_days]", "90"), ("fields[audience_populations]", "")];
    change(&story, "entitlement", &key, "2", &now).await;
    for who in [story.ana, story.mona] {
        let mut browser = Browser::of(story.app.sign_in_as(who).await);
        browser.open(&format!("/requests/{request}")).await;
        let link = browser.link(&format!("/catalogue/{key}?before="));
        assert_eq!(link, format!("/catalogue/{key}?before=3#version-2"));
        let seen = story.call(who, "catalogue/entitlement", &[("id", &key), ("before", "3")]).await.json();
        let version = &seen["versions"][0];
        assert_eq!(version["version"], 2, "{seen}");
        let field = |label: &str| {
            let fields = version["fields"].as_array().unwrap();
            fields.iter().find(|field| field[0] == label).map(|field| field[1].as_str().unwrap().to_owned())
        };
        for (label, expected) in [
            ("Questions", Some(questions)),
            ("Longest time in days", Some("60")),
            ("Who may ask: populations", Some("Employee, Contractor")),
            ("State", Some("In use")),
            ("Includes", Some("none")),
            ("What it is called over there", None),
        ] {
            assert_eq!(field(label).as_deref(), expected, "{label}: {version}");
        }
        browser.open(link.split('#').next().unwrap()).await;
        assert!(browser.page.contains("id=\"version-2\"") && browser.says("Debit; Credit"), "{}", browser.page);
        assert!(!browser.page.contains("LEDGER_READERS"), "{}", browser.page);
    }
}
