//! Filters of the inbox: in the address, with counts that agree with the list, and kept by name.

use super::cast::{Story, refusal};
use crate::support::*;
use serde_json::{Value, json};

fn counts(list: &Value, group: &str) -> Vec<(String, i64)> {
    list[group].as_array().unwrap().iter().map(|c| (c[0].as_str().unwrap().to_owned(), c[2].as_i64().unwrap())).collect()
}

async fn list(s: &Story, who: IdentityId, whose: &str, filter: &str) -> Value {
    s.call(who, "inbox/list", &[("query[whose]", whose), ("query[filter]", filter)]).await.json()
}

#[sqlx::test(migrations = "../migrations")]
async fn every_count_is_the_number_of_lines_behind_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    // Mona manages Ana; of the elevated plan's second step, Olga and Dan are one team.
    s.submit(s.ana, s.read).await;
    let write = s.submit(s.ana, s.write).await;
    s.approve(s.mona, &write).await;
    s.submit(s.ana, s.root).await;
    for who in [s.mona, s.olga, s.dan, s.ana] {
        for whose in ["", "mine", "team", "claimed", "delegated"] {
            for filter in ["", "late", "today", "standard", "elevated", "privileged"] {
                let page = list(&s, who, whose, filter).await;
                let rows = i64::try_from(page["page"]["rows"].as_array().unwrap().len()).unwrap();
                assert_eq!(page["page"]["total"], rows, "{whose} {filter}");
                let chosen = if filter.is_empty() { "all" } else { filter };
                assert!(counts(&page, "filters").contains(&(chosen.to_owned(), rows)), "{whose} {filter}: {page}");
                assert!(counts(&page, "whose").contains(&(whose.to_owned(), rows)), "{whose} {filter}: {page}");
            }
        }
    }
    let mona = list(&s, s.mona, "", "").await;
    assert_eq!(
        counts(&mona, "whose"),
        [("", 2), ("mine", 2), ("team", 0), ("claimed", 0), ("delegated", 0)].map(|(w, n)| (w.to_owned(), n))
    );
    let olga = list(&s, s.olga, "team", "").await;
    assert_eq!(olga["page"]["rows"][0]["team"], true);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_one_of_a_team_takes_on_leaves_the_lists_of_the_others_and_stays_in_their_team_queue(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.write).await;
    s.approve(s.mona, &request).await;
    let stage = list(&s, s.olga, "", "").await["page"]["rows"][0]["stage"].as_str().unwrap().to_owned();
    let claimed = s.call(s.olga, "approvals/claim", &[("stage", &stage)]).await;
    assert!(claimed.status < 400, "{}", claimed.text());
    assert_eq!(list(&s, s.olga, "claimed", "").await["page"]["total"], 1);
    assert_eq!(list(&s, s.dan, "", "").await["page"]["total"], 0);
    let team = list(&s, s.dan, "team", "").await;
    assert_eq!(team["page"]["rows"][0]["claimed_by"], "Olga Example");
    let shown: Vec<(&'static str, String)> = {
        let mut shown = s.shown(s.olga, &request).await;
        shown[3].1 = super::cast::uuid();
        shown
    };
    assert_eq!(refusal(&s.decide_on(s.dan, &shown, "approve", "").await), json!("claimed"));
    let page = s.app.sign_in_as(s.dan).await.get(&format!("/inbox/{stage}")).await.text();
    assert!(page.contains("has taken this on") && !page.contains("id=\"decide-approve\""), "{page}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_filter_is_kept_by_name_replaced_and_forgotten_without_javascript(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    s.submit(s.ana, s.read).await;
    let mut browser = Browser::of(s.app.sign_in_as(s.mona).await);
    browser.open("/inbox?whose=mine&filter=standard").await;
    for _ in 0..2 {
        let form = browser.form("/api/inbox/save_filter", "Keep it").fill("name", "Quick ones");
        browser.send(&form).await;
        assert_eq!(browser.path, "/inbox?filter=standard&whose=mine");
    }
    assert_eq!(s.app.count("select count(*) from saved_filter").await, 1, "the same name is the same filter");
    browser.open("/inbox").await;
    assert!(browser.says("Quick ones") && browser.page.contains("href=\"/inbox?filter=standard&amp;whose=mine\""), "{}", browser.page);
    let forget = browser.form("/api/inbox/forget_filter", "Quick ones");
    browser.send(&forget).await;
    assert_eq!(s.app.count("select count(*) from saved_filter").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_kept_filter_is_its_owners_alone_and_holds_nothing_but_known_words(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    for (name, filter, code) in [
        ("  ", "late", "name:required"),
        ("evil \u{202E}eman", "late", "name:forbidden_character"),
        (&*"x".repeat(61), "late", "name:too_long"),
        ("Mine", "//evil.example", "filter:unknown"),
    ] {
        let reply = s.call(s.mona, "inbox/save_filter", &[("name", name), ("filter", filter)]).await;
        assert_eq!((reply.status, refusal(&reply)), (422, json!([code])), "{name}");
    }
    for n in 0..20 {
        assert!(s.call(s.mona, "inbox/save_filter", &[("name", &format!("Filter {n}")), ("filter", "late")]).await.status < 400);
    }
    assert_eq!(refusal(&s.call(s.mona, "inbox/save_filter", &[("name", "One more"), ("filter", "late")]).await), json!(["name:too_many"]));
    assert!(s.call(s.mona, "inbox/save_filter", &[("name", "Filter 7"), ("filter", "today")]).await.status < 400, "replacing is no adding");
    let id: uuid::Uuid = sqlx::query_scalar("select id from saved_filter limit 1").fetch_one(&s.app.owner).await.unwrap();
    assert_eq!(refusal(&s.call(s.olga, "inbox/forget_filter", &[("id", &id.to_string())]).await), json!("not_found"));
    assert_eq!(s.call(s.olga, "inbox/list", &[]).await.json()["saved"], json!([]));
    assert_eq!(s.app.count("select count(*) from saved_filter").await, 20);
}
