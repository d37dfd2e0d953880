//! The list: every count opens exactly the releases that it counts (law 10).

use super::scene::*;
use connector::Operation;
use connector::memory::{Moment, Trouble};

/// Filters with counts and rows as somebody sees them.
async fn list(s: &Story, who: IdentityId, fields: &[(&str, &str)]) -> Value {
    let reply = s.call(who, "releases/list", fields).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

async fn counts(s: &Story, who: IdentityId, narrow: &[(&str, &str)]) -> Vec<(String, i64)> {
    let all = list(s, who, narrow).await;
    let filters = all["filters"].as_array().unwrap().iter();
    filters.map(|filter| (filter[0].as_str().unwrap().to_owned(), filter[2].as_i64().unwrap())).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn every_count_opens_the_releases_that_it_counts(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let boss: uuid::Uuid =
        sqlx::query_scalar("select manager_id from identity where id = $1").bind(s.pia.0).fetch_one(&s.app.owner).await.unwrap();
    let vault = s.app.application("VAULT", IdentityId(boss), None).await;
    let open_vault = s.app.entitlement(vault, "Open the vault", "standard").await;
    let directory = s.app.in_memory(vault).await;
    by_hand(&s, &json!({ "second_look": ["standard"] })).await;
    // One that waits for a second look, one claimed and early, one closed, one that failed over there.
    let (_, looked_at) = approved(&s).await;
    let reply = confirm(&s, s.pia, &looked_at, &[("evidence", "Seen.")]).await;
    assert!(reply.status < 400, "{}", reply.text());
    directory.script(Moment::Apply(Operation::Give), Trouble::Refuse, u32::MAX);
    let request = s.submit(s.ana, open_vault).await;
    s.approve(s.mona, &request).await;
    s.app.drain().await;
    let export = s.app.entitlement(s.ledger, "Export", "standard").await;
    let reply = s.try_submit(s.ana, export, &[("starts_on", "2026-12-01")]).await;
    assert!(reply.status < 400, "{}", reply.text());
    let request = s.newest().await;
    s.approve(s.mona, &request).await;
    let early = s.open_release(&request).await;
    assert!(s.call(s.pia, "releases/claim", &[("release", &early)]).await.status < 400);
    assert!(look(&s, s.pol, &looked_at, true, "It is there.").await.status < 400);
    let print = s.app.entitlement(s.ledger, "Print", "standard").await;
    let request = s.submit(s.ana, print).await;
    s.approve(s.mona, &request).await;
    let second = s.open_release(&request).await;
    done(&s, s.pia, &second).await;

    for (who, mine) in [(s.pia, 1), (s.pol, 0)] {
        let counted = counts(&s, who, &[]).await;
        let of = |word: &str| counted.iter().find(|(filter, _)| filter == word).unwrap().1;
        assert_eq!(
            [
                of("open"),
                of("ready"),
                of("mine"),
                of("needs_person"),
                of("failed"),
                of("second_look"),
                of("by_machine"),
                of("activate"),
                of("closed")
            ],
            [3, 2, mine, 1, 1, 1, 1, 3, 1]
        );
        for narrow in
            [&[][..], &[("connection", "desk")], &[("connection", "directory")], &[("application", "VAULT")], &[("application", "NONE")]]
        {
            for (filter, count) in counts(&s, who, narrow).await {
                let fields: Vec<_> = [("filter", filter.as_str())].into_iter().chain(narrow.iter().copied()).collect();
                let rows = list(&s, who, &fields).await["page"]["rows"].as_array().unwrap().len();
                assert_eq!(i64::try_from(rows).unwrap(), count, "{filter} {narrow:?}");
            }
        }
    }
    let narrowed = counts(&s, s.pia, &[("connection", "directory")]).await;
    assert_eq!(narrowed[0], ("open".to_owned(), 1));

    // The same counts stand on the pages that lead there.
    let mut pia = browser(&s, s.pia).await;
    pia.open("/").await;
    assert!(pia.says("2 releases to carry out"), "{}", pia.text());
    assert!(pia.page.contains("href=\"/releases?filter=ready\""), "{}", pia.page);
    assert!(pia.page.contains("href=\"/releases\" class=\"nav-link\">Releases<span class=\"nav-count\">3<"), "{}", pia.page);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_list_says_who_has_it_and_how_late_it_is_and_keeps_what_narrows_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    by_hand(&s, &json!({ "due_hours": 2 })).await;
    let (_, release) = approved(&s).await;
    assert!(s.call(s.pia, "releases/claim", &[("release", &release)]).await.status < 400);
    s.app.clock.set("2026-11-23T12:30:00Z".parse().unwrap());
    let mut pol = browser(&s, s.pol).await;
    pol.open("/releases?filter=late&connection=desk").await;
    assert!(pol.says("Pia Example") && pol.says(" late"), "{}", pol.text());
    assert!(pol.says("Only Desk.") && pol.page.contains("/releases?filter=held&amp;connection=desk"), "{}", pol.page);
}
