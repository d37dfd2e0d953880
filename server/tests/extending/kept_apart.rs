//! A change whose old and new access a rule keeps apart: the old one goes first, and its removal is
//! proven before the new one is given.

use crate::Held;
use crate::cast;
use crate::support::*;
use connector::memory::{Person, Standing};
use serde_json::Value;

/// A rule that keeps reader and writer apart; `low`: the order does not depend on how bad it is.
async fn keep_apart(h: &Held) {
    let conflict = cast::uuid();
    sqlx::query("insert into conflict (id, code, title, severity) values ($1::uuid, 'SOD-001', 'Read and write', 'high')")
        .bind(&conflict)
        .execute(&h.s.app.owner)
        .await
        .unwrap();
    for (entitlement, side) in [(h.s.read, "left"), (h.s.write, "right")] {
        sqlx::query("insert into conflict_member (conflict_id, entitlement_id, side) values ($1::uuid, $2, $3)")
            .bind(&conflict)
            .bind(entitlement.0)
            .bind(side)
            .execute(&h.s.app.owner)
            .await
            .unwrap();
    }
}

/// The release that removes what is replaced.
async fn removal(h: &Held) -> String {
    let id: uuid::Uuid = sqlx::query_scalar("select removal_release_id from access_grant where id = $1::uuid")
        .bind(&h.grant)
        .fetch_one(&h.s.app.owner)
        .await
        .unwrap();
    id.to_string()
}

/// Why an operator cannot carry a release out.
async fn obstacle(h: &Held, release: &str) -> String {
    let view = h.s.call(h.s.pia, "releases/show", &[("release", release)]).await.json();
    view["obstacle"].as_str().unwrap_or_default().to_owned()
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_rule_keeps_apart_is_never_held_at_the_same_time(pool: PgPoolOptions, connect: PgConnectOptions) {
    let h = Held::begin(pool, connect).await;
    keep_apart(&h).await;
    let s = &h.s;
    let beside = s.try_submit(s.ana, s.write, &[]).await;
    assert_eq!(beside.status, 422, "both together are a conflict");
    let (request, release) = h.change("2026-11-22").await;
    assert_eq!(h.standing().await, "active", "approval alone ends nothing");
    let said = obstacle(&h, &release).await;
    assert!(said.contains("Ledger Reader has to be removed first") && said.contains("“Read and write” (SOD-001)"), "{said}");
    s.execute(s.pia, &release).await;
    assert!(h.held_because(&release).await.contains("Ledger Reader has to be removed first"));
    assert_eq!(h.standing().await, "active", "a release that is held changes nothing");

    s.jobs().await;
    assert_eq!(h.standing().await, "ending: replaced");
    assert_eq!(s.app.count("select count(*) from release where kind = 'remove' and state = 'planned'").await, 1);
    s.jobs().await;
    assert_eq!(s.app.count("select count(*) from release where kind = 'remove'").await, 1, "once");
    let said = obstacle(&h, &release).await;
    assert!(said.contains("Carry out REL-"), "{said}");
    s.execute(s.pia, &release).await;
    assert!(h.held_because(&release).await.contains("Carry out REL-"));
    assert_eq!(s.app.count("select count(*) from access_grant").await, 1, "planned is not proven");

    let gone = s.execute(s.pol, &removal(&h).await).await;
    assert!(gone.status < 400, "{}", gone.text());
    assert_eq!(h.standing().await, "ended: replaced");
    assert_eq!(obstacle(&h, &release).await, "");
    let given = s.execute(s.pia, &release).await;
    assert!(given.status < 400, "{}", given.text());
    assert_eq!(s.state(&request).await, "released");
    let apart = "select count(*) from access_grant old join access_grant new on new.active_since > old.ended_at where old.state = 'ended' and new.state = 'active'";
    assert_eq!(s.app.count(apart).await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn who_asks_and_who_decides_read_that_the_old_access_goes_first(pool: PgPoolOptions, connect: PgConnectOptions) {
    let h = Held::begin(pool, connect).await;
    let s = &h.s;
    let write = s.write.to_string();
    let added = s.call(s.ana, "drafts/add", &[("entitlement", &write), ("kind", "change"), ("grant", &h.grant)]).await;
    assert!(added.status < 400, "{}", added.text());
    let goes_first = async || s.call(s.ana, "drafts/open", &[]).await.json()["Open"]["items"][0]["goes_first"].clone();
    assert_eq!(goes_first().await, Value::Null, "nothing keeps them apart");
    keep_apart(&h).await;
    let sentence = "Ledger Reader has to be removed first, because both must not be held at the same time: “Read and write” (SOD-001).";
    assert_eq!(goes_first().await, sentence);
    let kind = format!("change:{}", h.grant);
    let reply = s.try_submit(s.ana, s.write, &[("kind", &kind)]).await;
    assert!(reply.status < 400, "{}", reply.text());
    let request = s.newest().await;
    let stage = s.show(s.mona, &request).await;
    assert_eq!(stage["goes_first"], sentence);
    for (who, path) in [
        (s.mona, format!("/inbox/{}", stage["may_decide"].as_str().unwrap())),
        (s.ana, format!("/requests/{request}")),
        (s.ana, "/request".to_owned()),
    ] {
        let mut browser = Browser::of(s.app.sign_in_as(who).await);
        browser.open(&path).await;
        assert!(browser.says("Ledger Reader has to be removed first"), "{path} {}", browser.page);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_is_removed_before_the_start_nor_for_a_change_that_was_taken_back(pool: PgPoolOptions, connect: PgConnectOptions) {
    let h = Held::begin(pool, connect).await;
    keep_apart(&h).await;
    let (request, _) = h.change("2026-12-01").await;
    h.s.jobs().await;
    assert_eq!(h.standing().await, "active");
    let version = h.s.show(h.s.ana, &request).await["version"].to_string();
    let back = h.s.call(h.s.ana, "requests/withdraw", &[("request", &request), ("version", &version)]).await;
    assert!(back.status < 400, "{}", back.text());
    h.s.app.clock.set("2026-12-01T00:00:00Z".parse().unwrap());
    h.s.jobs().await;
    assert_eq!(h.standing().await, "active", "nobody loses what nothing takes the place of");
    let (_, release) = h.change("2026-12-02").await;
    h.s.jobs().await;
    assert_eq!(h.standing().await, "active");
    h.s.app.clock.set("2026-12-02T00:00:00Z".parse().unwrap());
    h.s.jobs().await;
    assert_eq!(h.standing().await, "ending: replaced");
    assert!(obstacle(&h, &release).await.contains("Carry out REL-"));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_order_follows_the_rules_of_today_not_those_of_the_approval(pool: PgPoolOptions, connect: PgConnectOptions) {
    let h = Held::begin(pool, connect).await;
    let (request, release) = h.change("2026-11-22").await;
    h.s.jobs().await;
    assert_eq!((h.standing().await, obstacle(&h, &release).await), ("active".to_owned(), String::new()));
    keep_apart(&h).await;
    h.s.execute(h.s.pia, &release).await;
    assert!(h.held_because(&release).await.contains("SOD-001"));
    h.s.jobs().await;
    assert_eq!(h.standing().await, "ending: replaced");
    sqlx::query("update conflict set state = 'retired'").execute(&h.s.app.owner).await.unwrap();
    let given = h.s.execute(h.s.pia, &release).await;
    assert!(given.status < 400, "{}", given.text());
    assert_eq!((h.standing().await.as_str(), h.s.state(&request).await.as_str()), ("ending: replaced", "released"));
    assert_eq!(h.s.app.count("select count(*) from release where kind = 'remove'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_machine_gives_in_place_of_what_has_to_go_first_goes_on_by_itself_when_that_is_gone(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let h = Held::begin(pool, connect).await;
    keep_apart(&h).await;
    let s = &h.s;
    let directory = s.app.in_memory(s.ledger).await;
    // Her account there has what was given by hand.
    let number: String =
        sqlx::query_scalar("select source_id from identity where id = $1").bind(s.ana.0).fetch_one(&s.app.owner).await.unwrap();
    let account = Person {
        id: "account-of-ana".to_owned(),
        state: connector::Account::Active,
        leaving: false,
        attributes: [].into(),
        entitlements: [("Ledger Reader".to_owned(), Standing::Effective)].into(),
    };
    directory.put(&number, account);
    let (request, release) = h.change("2026-11-22").await;
    s.app.drain().await;
    assert!(h.held_because(&release).await.contains("Ledger Reader has to be removed first"), "before the old access is gone");
    s.jobs().await;
    s.app.drain().await;
    assert_eq!(h.standing().await, "ended: replaced");
    let state: String =
        sqlx::query_scalar("select state from release where id = $1::uuid").bind(&release).fetch_one(&s.app.owner).await.unwrap();
    assert_eq!((state.as_str(), s.state(&request).await.as_str()), ("closed", "released"), "nobody had to press anything");
    assert!(directory.people().values().any(|person| person.holds("Ledger Writer")));
    let apart = "select count(*) from access_grant old join access_grant new on new.active_since >= old.ended_at where old.state = 'ended' and new.state = 'active'";
    assert_eq!(s.app.count(apart).await, 1);
}
