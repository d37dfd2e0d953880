//! What changed since somebody last looked, and what stands beside a decision.

use super::cast::Story;
use crate::support::*;
use serde_json::{Value, json};

async fn open(s: &Story, who: IdentityId) -> Value {
    let list = s.call(who, "inbox/list", &[]).await.json();
    let stage = list["page"]["rows"][0]["stage"].as_str().unwrap_or_else(|| panic!("{list}")).to_owned();
    s.call(who, "inbox/detail", &[("stage", &stage)]).await.json()
}

#[sqlx::test(migrations = "../migrations")]
async fn the_first_look_has_nothing_to_compare_and_a_later_one_names_what_differs(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.read).await;
    assert_eq!(open(&s, s.mona).await["since_look"], Value::Null);
    assert_eq!(open(&s, s.mona).await["since_look"], Value::Null, "the same once more is no change");
    s.edit(s.ana, &request, &[("ends_on", "2026-12-12")]).await;
    let list = s.call(s.mona, "inbox/list", &[]).await.json();
    assert_eq!(list["page"]["rows"][0]["changed"], true, "the line says so before it is opened");
    let since = open(&s, s.mona).await["since_look"].clone();
    assert_eq!(since["revision"], 1);
    assert_eq!(since["fields"], json!([{ "field": "Until", "before": "21 Dec 2026", "after": "12 Dec 2026" }]));
    assert!(!since["events"].as_array().unwrap().is_empty());
    assert_eq!(open(&s, s.mona).await["since_look"]["revision"], 1, "it stays while nothing else changes");
    assert_eq!(s.call(s.mona, "inbox/list", &[]).await.json()["page"]["rows"][0]["changed"], false);
}

#[sqlx::test(migrations = "../migrations")]
async fn history_comparison_and_conflicts_stand_beside_the_decision(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    // Ana asked for it before and was refused; she holds something of the same application.
    let before = s.submit(s.ana, s.write).await;
    s.decide(s.mona, &before, "reject", "Two people have it already.").await;
    s.granted().await;
    let inside = s.app.entitlement(s.ledger, "Ledger Export", "standard").await;
    sqlx::query("update entitlement set includes = array[$2] where id = $1")
        .bind(s.write.0)
        .bind(inside.0)
        .execute(&s.app.owner)
        .await
        .unwrap();
    sqlx::query("insert into conflict (id, code, title, severity) values ('01930000-0000-7000-8000-00000000c001', 'SOD-009', 'Read and export', 'low')").execute(&s.app.owner).await.unwrap();
    sqlx::query("insert into conflict_member select '01930000-0000-7000-8000-00000000c001', id, case when name = 'Ledger Export' then 'left' else 'right' end from entitlement where name in ('Ledger Export', 'Ledger Reader')").execute(&s.app.owner).await.unwrap();
    sqlx::query("delete from conflict_member where conflict_id = '01930000-0000-7000-8000-00000000c001' and side = 'right'")
        .execute(&s.app.owner)
        .await
        .unwrap();
    s.submit(s.ana, s.write).await;
    sqlx::query("insert into conflict_member select '01930000-0000-7000-8000-00000000c001', id, 'right' from entitlement where name = 'Ledger Reader'").execute(&s.app.owner).await.unwrap();
    let weigh = open(&s, s.mona).await["weigh"].clone();
    let earlier = &weigh["earlier"][0];
    assert_eq!((&earlier["state"]["state"], &earlier["decided"]), (&json!("rejected"), &json!(["Mona Example", "reject"])));
    let rows: Vec<(&str, bool, &Value, bool)> = weigh["comparison"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["name"].as_str().unwrap(), row["gives"].as_bool().unwrap(), &row["through"], row["holds"].as_bool().unwrap()))
        .collect();
    assert_eq!(
        rows,
        [
            ("Ledger Writer", true, &Value::Null, false),
            ("Ledger Export", true, &json!("Ledger Writer"), false),
            ("Ledger Reader", false, &Value::Null, true),
        ]
    );
    assert_eq!((&weigh["conflicts"][0]["code"], &weigh["conflicts"][0]["has"]), (&json!("SOD-009"), &json!(["Ledger Reader"])));
}

#[sqlx::test(migrations = "../migrations")]
async fn looking_is_no_event_and_changes_nothing_that_others_see(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.read).await;
    let before = s.show(s.ana, &request).await;
    let events = s.app.count("select count(*) from audit_event").await;
    open(&s, s.mona).await;
    let after = s.show(s.ana, &request).await;
    assert_eq!((&after["version"], &after["content_hash"]), (&before["version"], &before["content_hash"]));
    assert_eq!(s.app.count("select count(*) from audit_event").await, events);
}
