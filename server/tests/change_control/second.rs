//! The second person.

use crate::cast::refusal;
use crate::scene::{Scene, Wish, value};
use crate::support::*;

#[sqlx::test(migrations = "../migrations")]
async fn an_owner_can_never_weaken_their_own_item_alone(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let change = scene.weaken().await;
    assert_eq!((scene.state(&change).await.as_str(), scene.tier(scene.write).await), ("proposed", (1, "elevated".into())));
    scene.app.advance(SignedDuration::from_hours(24 * 30));
    scene.jobs().await;
    assert_eq!(scene.tier(scene.write).await, (1, "elevated".into()));
    let own = scene.decide(scene.olga, &change, true).await;
    assert_eq!((own.status, own.code().as_str()), (403, "separation_of_duties"));
    scene.confirm(scene.dan, &change).await;
    assert_eq!((scene.state(&change).await.as_str(), scene.tier(scene.write).await), ("in_force", (2, "standard".into())));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_makes_a_record_no_weaker_needs_nobody_else_and_is_in_force_at_once(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let key = scene.write.to_string();
    let fields = [("name", "Ledger Bookkeeper"), ("description", "Books entries.")];
    let change = scene.propose(scene.olga, &Wish { kind: "entitlement", key: &key, base: 1, fields: &fields, on: "" }).await;
    assert_eq!(scene.state(&change).await, "in_force");
    let found = scene.call(scene.sam, "catalogue/search", &[("query[q]", "bookkeeper")]).await.json();
    assert_eq!(found["page"]["total"], 1, "the words it is found by follow: {found}");
    let record = scene.open(scene.olga, "entitlement", &key).await;
    assert_eq!(
        (value(&record, "name"), value(&record, "description"), &record["version"]),
        ("Ledger Bookkeeper", "Books entries.", &2.into())
    );
    let edited: Vec<String> =
        sqlx::query_scalar("select edited from entitlement where id = $1").bind(scene.write.0).fetch_one(&scene.app.owner).await.unwrap();
    assert_eq!(edited, ["description", "name"]);
}

/// Another account that reads Olga's mail.
async fn with_the_mailbox_of_olga(scene: &Scene) -> IdentityId {
    let account = scene.app.person("Olgamail", scene.unit, None).await;
    sqlx::query("update identity set email = 'OLGA@example.org' where id = $1").bind(account.0).execute(&scene.app.owner).await.unwrap();
    account
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_is_their_own_second_person_by_any_route(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    // Another account with the same mailbox, and one that is linked; both could confirm by their role.
    let mailbox = with_the_mailbox_of_olga(&scene).await;
    let linked = scene.app.person("Olga Admin", scene.unit, None).await;
    for account in [mailbox, linked] {
        scene.app.role(account, domain::permission::Role::Administrator).await;
    }
    sqlx::query("update identity set person_id = $1 where id = $2")
        .bind(scene.olga.0)
        .bind(linked.0)
        .execute(&scene.app.owner)
        .await
        .unwrap();
    let application = scene.ledger.to_string();
    let sam = scene.number_of(scene.sam).await;
    scene.app.role(scene.sam, domain::permission::Role::Administrator).await;
    let tier = scene.weaken().await;
    let owner =
        scene.propose(scene.olga, &Wish { kind: "application", key: &application, base: 1, fields: &[("owner", &sam)], on: "" }).await;
    for (who, change, status, code, why) in [
        (scene.olga, &tier, 403, "separation_of_duties", "who proposed it"),
        (mailbox, &tier, 403, "separation_of_duties", "an account with the proposer's mailbox"),
        (linked, &tier, 403, "separation_of_duties", "an account linked to the proposer's"),
        (scene.alma, &tier, 403, "forbidden", "who only reads"),
        (scene.vera, &tier, 404, "not_found", "the owner of another application"),
        (scene.sam, &owner, 403, "separation_of_duties", "whom it makes the owner"),
    ] {
        for confirm in [true, false] {
            let reply = scene.decide(who, change, confirm).await;
            assert_eq!((reply.status, reply.code().as_str()), (status, code), "{why}");
        }
        let shown = scene.call(who, "changes/show", &[("change", change)]).await;
        if shown.status == 200 {
            assert_eq!(shown.json()["may_confirm"], false, "{why}");
        }
    }
    assert_eq!((scene.state(&tier).await.as_str(), scene.state(&owner).await.as_str()), ("proposed", "proposed"));
    scene.confirm(scene.sam, &tier).await;
    scene.confirm(scene.dan, &owner).await;
    let record = scene.open(scene.ada, "application", &application).await;
    assert_eq!(value(&record, "owner"), sam);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_database_keeps_the_second_person_apart_as_well(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let mailbox = with_the_mailbox_of_olga(&scene).await;
    let change: uuid::Uuid = scene.weaken().await.parse().unwrap();
    for (by, constraint) in [(scene.olga, "change_not_confirmed_by_those_concerned"), (mailbox, "change_not_confirmed_by_those_concerned")]
    {
        let refused =
            sqlx::query("update catalogue_change set state = 'confirmed', decided_by = $2, decided_at = proposed_at where id = $1")
                .bind(change)
                .bind(by.0)
                .execute(&scene.app.pool)
                .await
                .unwrap_err();
        assert_eq!(refused.as_database_error().and_then(|error| error.constraint()), Some(constraint));
    }
    let nobody = sqlx::query("update catalogue_change set state = 'confirmed' where id = $1")
        .bind(change)
        .execute(&scene.app.pool)
        .await
        .unwrap_err();
    assert_eq!(nobody.as_database_error().and_then(|error| error.constraint()), Some("catalogue_change_second_person"));
}

#[sqlx::test(migrations = "../migrations")]
async fn of_two_who_confirm_at_once_one_does_and_it_is_in_force_once(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let change = scene.weaken().await;
    let (dan, ada) = (scene.app.sign_in_as(scene.dan).await, scene.app.sign_in_as(scene.ada).await);
    let fields = [("change", change.as_str()), ("confirm", "true")];
    let (one, two) = tokio::join!(dan.server_fn("changes/decide", &fields), ada.server_fn("changes/decide", &fields));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{} {}", one.text(), two.text());
    assert_eq!(scene.tier(scene.write).await, (2, "standard".into()));
    assert_eq!(scene.app.count("select count(*) from audit_event where kind in ('change.confirmed', 'change.in_force')").await, 2);
    assert_eq!(scene.app.count("select count(*) from entitlement_version v join catalogue_change c on c.id = v.change_id").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_could_confirm_is_told_and_the_proposer_hears_what_became_of_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let change = scene.weaken().await;
    let number = scene.show(scene.olga, &change).await["line"]["number"].as_str().unwrap().to_owned();
    assert!(number.starts_with("CHG-2026-0"), "{number}");
    for who in [scene.dan, scene.ada, scene.cora] {
        assert_eq!(scene.told(who).await, [format!("{number} waits for a second person")]);
    }
    for who in [scene.olga, scene.vera, scene.alma, scene.sam] {
        assert!(scene.told(who).await.is_empty());
    }
    let silent = scene.call(scene.dan, "changes/decide", &[("change", &change), ("confirm", "false")]).await;
    assert_eq!(refusal(&silent), serde_json::json!(["reason:required"]));
    assert_eq!(scene.decide(scene.dan, &change, false).await.status, 200);
    assert_eq!((scene.state(&change).await.as_str(), scene.tier(scene.write).await.0), ("refused", 1));
    assert_eq!(scene.told(scene.olga).await, [format!("{number} was refused")]);
    let view = scene.show(scene.olga, &change).await;
    assert_eq!((&view["decided"][0]["name"], &view["decided"][2]), (&"Dan Example".into(), &"Looked at it.".into()));
    assert_eq!(scene.decide(scene.ada, &change, true).await.code(), "not_possible");
}

#[sqlx::test(migrations = "../migrations")]
async fn only_the_proposer_takes_a_change_back_and_only_before_it_is_in_force(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let change = scene.weaken().await;
    for (who, status) in [(scene.dan, 403), (scene.ada, 403), (scene.alma, 403), (scene.vera, 404), (scene.sam, 404)] {
        assert_eq!(scene.call(who, "changes/withdraw", &[("change", &change)]).await.status, status);
    }
    assert_eq!(scene.call(scene.olga, "changes/withdraw", &[("change", &change)]).await.status, 200);
    assert_eq!(scene.state(&change).await, "withdrawn");
    assert_eq!(scene.decide(scene.dan, &change, true).await.code(), "not_possible");
    let again = scene.weaken().await;
    scene.confirm(scene.dan, &again).await;
    assert_eq!(scene.call(scene.olga, "changes/withdraw", &[("change", &again)]).await.code(), "not_possible");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_same_proposal_twice_is_one_change(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let key = scene.read.to_string();
    let wish = Wish { kind: "entitlement", key: &key, base: 1, fields: &[("name", "Reader of the ledger")], on: "" };
    let proposal = crate::cast::uuid();
    let (first, second) =
        (scene.propose_with_key(scene.olga, &wish, &proposal).await, scene.propose_with_key(scene.olga, &wish, &proposal).await);
    assert_eq!((first.status, first.text()), (second.status, second.text()));
    assert_eq!(scene.app.count("select count(*) from catalogue_change").await, 1);
}
