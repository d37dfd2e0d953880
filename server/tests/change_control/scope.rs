//! Who may see, propose and confirm what.

use crate::cast::refusal;
use crate::scene::{Scene, Wish};
use crate::support::*;
use serde_json::json;

#[sqlx::test(migrations = "../migrations")]
async fn everybody_proposes_within_their_scope_and_nowhere_else(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (write, ledger, unit) = (scene.write.to_string(), scene.ledger.to_string(), scene.unit.to_string());
    let one = async |sql: &'static str| sqlx::query_scalar::<_, String>(sql).fetch_one(&scene.app.owner).await.unwrap();
    let (plan, group) =
        (one("select id::text from approval_plan where code = 'standard'").await, one("select id::text from approver_group").await);
    let specification: i32 = sqlx::query_scalar("select max(version) from identity_specification where population = 'vendor'")
        .fetch_one(&scene.app.owner)
        .await
        .unwrap();
    // Empty: they may.
    for (kind, key, base, field, olga, vera, ada, cora, alma, sam) in [
        ("entitlement", write.as_str(), 1, ("longest_days", "10"), "", "not_found", "", "forbidden", "forbidden", "not_found"),
        ("application", &ledger, 1, ("description", "Books."), "", "not_found", "", "forbidden", "forbidden", "not_found"),
        ("unit", &unit, 1, ("calendar", "support"), "not_found", "not_found", "", "", "forbidden", "not_found"),
        ("plan", &plan, 1, ("name", "Everyday access"), "not_found", "not_found", "", "", "forbidden", "not_found"),
        ("group", &group, 1, ("name", "Safety"), "not_found", "not_found", "", "", "forbidden", "not_found"),
        ("calendar", "standard", 1, ("name", "The week"), "not_found", "not_found", "", "", "forbidden", "not_found"),
        ("specification", "vendor", specification, ("longest_days", "5"), "not_found", "not_found", "", "", "forbidden", "not_found"),
        ("application", "", 0, ("code", "NEW"), "forbidden", "forbidden", "", "forbidden", "forbidden", "not_found"),
        ("unit", "", 0, ("name", "New"), "not_found", "not_found", "", "", "forbidden", "not_found"),
        ("specification", "", 0, ("population", "vendor"), "not_found", "not_found", "forbidden", "forbidden", "forbidden", "not_found"),
    ] {
        for (who, name, expected) in [
            (scene.vera, "vera", vera),
            (scene.alma, "alma", alma),
            (scene.sam, "sam", sam),
            (scene.olga, "olga", olga),
            (scene.cora, "cora", cora),
            (scene.ada, "ada", ada),
        ] {
            // Wrong on purpose: whoever may propose is told so, and nothing is recorded.
            let fields = [field, ("no_such_field", "x")];
            let wish = Wish { kind, key, base, fields: &fields, on: "0001-01-01" };
            let reply = scene.try_propose(who, &wish).await;
            let found = if reply.status == 422 { String::new() } else { reply.code() };
            assert_eq!(found, expected, "{name} {kind} {key}: {}", reply.text());
        }
    }
    assert_eq!(scene.app.count("select count(*) from catalogue_change").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_owner_makes_rules_and_templates_only_over_what_is_theirs(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (read, write, keys) = (scene.source_id(scene.read).await, scene.source_id(scene.write).await, scene.source_id(scene.keys).await);
    let rule = async |who, left: &str, right: &str| {
        let fields = [
            ("code", "SOD-900"),
            ("title", "Read and write"),
            ("severity", "high"),
            ("shape", "sides"),
            ("at_most", "1"),
            ("state", "active"),
            ("left", left),
            ("right", right),
        ];
        scene.try_propose(who, &Wish { kind: "conflict", key: "", base: 0, fields: &fields, on: "" }).await
    };
    assert_eq!(rule(scene.olga, &read, &keys).await.code(), "forbidden", "one side is somebody else's");
    assert_eq!(rule(scene.vera, &read, &write).await.code(), "forbidden");
    let made = rule(scene.olga, &read, &write).await;
    assert_eq!(made.status, 200, "{}", made.text());
    let change = made.json().as_str().unwrap().to_owned();
    assert_eq!(scene.decide(scene.vera, &change, true).await.status, 404);
    scene.confirm(scene.dan, &change).await;
    let conflict: String = sqlx::query_scalar("select id::text from conflict").fetch_one(&scene.app.owner).await.unwrap();
    // Reaching over to another application takes it out of the owner's hands.
    let over = Wish { kind: "conflict", key: &conflict, base: 1, fields: &[("right", &keys)], on: "" };
    assert_eq!(scene.try_propose(scene.olga, &over).await.code(), "forbidden");
    let over = scene.propose(scene.cora, &over).await;
    assert_eq!(scene.decide(scene.dan, &over, true).await.code(), "forbidden", "the deputy of one side only");
    scene.confirm(scene.ada, &over).await;
    assert_eq!(scene.open(scene.vera, "conflict", &conflict).await["may_edit"], false, "who owns one side reads it");

    let items = format!("{read}\n{write}");
    let template = [("code", "books"), ("name", "Books"), ("items", items.as_str()), ("state", "active")];
    let change = scene.propose(scene.olga, &Wish { kind: "template", key: "", base: 0, fields: &template, on: "" }).await;
    assert_eq!(scene.state(&change).await, "in_force", "a template gives nothing by itself");
}

#[sqlx::test(migrations = "../migrations")]
async fn lists_show_what_is_in_scope_and_what_waits_for_whom(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    scene.weaken().await;
    let records = async |who, kind: &str| scene.call(who, "changes/records", &[("kind", kind)]).await;
    for (who, expected, may_add) in
        [(scene.olga, 2, true), (scene.vera, 1, true), (scene.ada, 3, true), (scene.cora, 3, false), (scene.alma, 3, false)]
    {
        let page = records(who, "entitlement").await.json();
        assert_eq!((&page["page"]["total"], &page["may_add"]), (&expected.into(), &may_add.into()), "{page}");
    }
    let waits = records(scene.olga, "entitlement").await.json();
    let waits: Vec<_> = waits["page"]["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["name"].as_str().unwrap(), row["change_waits"].as_bool().unwrap()))
        .collect();
    assert_eq!(waits, [("Ledger Reader", false), ("Ledger Writer", true)]);
    let found = scene.call(scene.ada, "changes/records", &[("kind", "entitlement"), ("q", "vault")]).await.json();
    assert_eq!(found["page"]["total"], 1);
    assert_eq!(
        (records(scene.olga, "plan").await.code(), records(scene.sam, "entitlement").await.code()),
        ("forbidden".into(), "forbidden".into())
    );
    assert_eq!(records(scene.alma, "specification").await.json()["page"]["total"], 5);

    for (who, mine, open) in
        [(scene.olga, 0, 1), (scene.dan, 1, 1), (scene.ada, 1, 1), (scene.cora, 1, 1), (scene.alma, 0, 1), (scene.vera, 0, 0)]
    {
        let page = scene.call(who, "changes/list", &[("filter", "mine")]).await.json();
        let counts: Vec<i64> = page["filters"].as_array().unwrap().iter().map(|filter| filter[2].as_i64().unwrap()).collect();
        assert_eq!((counts[0], counts[1], &page["page"]["total"]), (mine, open, &mine.into()), "{page}");
        let overview = scene.call(who, "changes/overview", &[]).await.json();
        assert_eq!((&overview["mine_total"], overview["mine"].as_array().unwrap().len()), (&mine.into(), usize::try_from(mine).unwrap()));
    }
    let kinds =
        |overview: serde_json::Value| overview["kinds"].as_array().unwrap().iter().map(|kind| kind["kind"].clone()).collect::<Vec<_>>();
    assert_eq!(kinds(scene.call(scene.sam, "changes/overview", &[]).await.json()), Vec::<serde_json::Value>::new());
    assert_eq!(
        json!(kinds(scene.call(scene.olga, "changes/overview", &[]).await.json())),
        json!(["application", "entitlement", "conflict", "template"])
    );
    assert_eq!(kinds(scene.call(scene.alma, "changes/overview", &[]).await.json()).len(), 9);
    assert_eq!(refusal(&scene.call(scene.sam, "changes/list", &[]).await), json!("forbidden"));
}

#[sqlx::test(migrations = "../migrations")]
async fn who_no_longer_owns_an_application_has_no_more_say_in_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let change = scene.weaken().await;
    sqlx::query("update application set deputy_id = null where id = $1").bind(scene.ledger.0).execute(&scene.app.owner).await.unwrap();
    assert_eq!(scene.decide(scene.dan, &change, true).await.status, 404);
    sqlx::query("update application set owner_id = $2 where id = $1")
        .bind(scene.ledger.0)
        .bind(scene.vera.0)
        .execute(&scene.app.owner)
        .await
        .unwrap();
    assert_eq!(scene.show(scene.olga, &change).await["may_withdraw"], true, "what they proposed they still see");
    let key = scene.read.to_string();
    let wish = Wish { kind: "entitlement", key: &key, base: 1, fields: &[("name", "Mine")], on: "" };
    assert_eq!(scene.try_propose(scene.olga, &wish).await.code(), "not_found");
    scene.confirm(scene.vera, &change).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_say_is_the_named_accounts_alone_and_no_other_account_of_the_owner_helps_to_weaken_it(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let scene = Scene::set(pool, connect).await;
    // Sam's and Dan's accounts are Olga's as well: one without any part, one that deputises.
    for account in [scene.sam, scene.dan] {
        sqlx::query("update identity set person_id = $2 where id = $1")
            .bind(account.0)
            .bind(scene.olga.0)
            .execute(&scene.app.owner)
            .await
            .unwrap();
    }
    let key = scene.read.to_string();
    let wish = Wish { kind: "entitlement", key: &key, base: 1, fields: &[("description", "Reads the books.")], on: "" };
    assert_eq!(scene.try_propose(scene.sam, &wish).await.code(), "not_found");
    assert_eq!(scene.call(scene.sam, "changes/open", &[("kind", "entitlement"), ("key", &key)]).await.code(), "not_found");
    assert_eq!(scene.call(scene.sam, "changes/records", &[("kind", "entitlement")]).await.code(), "forbidden");
    assert_eq!(scene.state(&scene.propose(scene.olga, &wish).await).await, "in_force", "the account that is named has its say");

    let change = scene.weaken().await;
    assert_eq!(scene.decide(scene.sam, &change, true).await.code(), "separation_of_duties");
    let deputy = scene.decide(scene.dan, &change, true).await;
    assert_eq!((deputy.status, deputy.code()), (403, "separation_of_duties".to_owned()), "one person, whatever the account");
    assert_eq!((scene.state(&change).await, scene.tier(scene.write).await), ("proposed".to_owned(), (1, "elevated".to_owned())));
    scene.confirm(scene.ada, &change).await;
}
