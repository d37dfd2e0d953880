//! The import of the catalogue leaves alone what somebody changed or made under change control.

use crate::scene::{Scene, Wish, value};
use crate::support::*;
use serde_json::{Value, json};
use server::import::progress::Silent;
use server::import::{ApplyOptions, CatalogueOptions, ImportReport, import_catalogue};

fn role(id: &str, name: &str, description: &str, actions: &[&str]) -> Value {
    json!({ "name": id, "roleName": name, "description": description, "permissions": [{ "actions": actions, "dataActions": [] }] })
}

async fn import(scene: &Scene, roles: &[Value]) -> ImportReport {
    let file = std::env::temp_dir().join(format!("countersign-changed-{}-{}.json", std::process::id(), crate::cast::uuid()));
    std::fs::write(&file, Value::from(roles).to_string()).unwrap();
    let apply = ApplyOptions { apply: true, confirm_mass_change: true, ..ApplyOptions::default() };
    let options = CatalogueOptions { apply, ..CatalogueOptions::default() };
    let report = import_catalogue(&scene.app.owner, &scene.app.system, &file, &options, &Silent).await.unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(report.applied, "{report}");
    report
}

#[sqlx::test(migrations = "../migrations")]
async fn an_import_keeps_what_was_changed_by_hand_and_brings_the_rest_up_to_date(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (a, b) = ("11111111-0000-0000-0000-000000000001", "11111111-0000-0000-0000-000000000002");
    let first =
        [role(a, "Reader", "Reads.", &["Microsoft.Compute/disks/read"]), role(b, "Eraser", "Erases.", &["Microsoft.Compute/disks/delete"])];
    import(&scene, &first).await;
    let key: String =
        sqlx::query_scalar("select id::text from entitlement where source_id = $1").bind(b).fetch_one(&scene.app.owner).await.unwrap();
    let fields =
        [("name", "Remover of disks"), ("longest_days", "14"), ("state", "retired"), ("questions", "why | Which disk | text | required")];
    let change = scene.propose(scene.ada, &Wish { kind: "entitlement", key: &key, base: 1, fields: &fields, on: "" }).await;
    scene.confirm(scene.cora, &change).await;
    let local = [
        ("application", "LEDGER"),
        ("source_id", "made-here"),
        ("name", "Made here"),
        ("tier", "standard"),
        ("tier_reason", "it only reads"),
        ("review_every_days", "365"),
        ("requestable", "yes"),
        ("state", "active"),
    ];
    let made = scene.propose(scene.ada, &Wish { kind: "entitlement", key: "", base: 0, fields: &local, on: "" }).await;
    scene.confirm(scene.cora, &made).await;

    let later = [
        role(a, "Disk reader", "Reads disks.", &["Microsoft.Compute/disks/read"]),
        role(b, "Eraser", "Erases disks.", &["Microsoft.Compute/disks/delete", "Microsoft.Authorization/roleAssignments/write"]),
        role("made-here", "Somebody else's", "Not ours.", &["*"]),
    ];
    import(&scene, &later).await;
    let record = scene.open(scene.ada, "entitlement", &key).await;
    for (name, expected) in [
        ("name", "Remover of disks"),     // set by hand
        ("description", "Erases disks."), // follows the file
        ("tier", "elevated"),             // guessed otherwise now, which waits for a second person
        ("longest_days", "14"),           // set by hand
        ("review_every_days", "90"),      // goes with the tier
        ("state", "retired"),             // retired by hand, although the file has it
        ("questions", "why | Which disk | text | required"),
    ] {
        assert_eq!(value(&record, name), expected, "{name}");
    }
    assert_eq!(record["version"], 3);
    let kept = "select count(*) from entitlement_version v join entitlement e on e.id = v.entitlement_id and e.version = v.version
                where e.name = 'Remover of disks' and v.name = e.name and v.questions = e.questions and v.review_every_days = e.review_every_days and v.longest_days = 14";
    assert_eq!(scene.app.count(kept).await, 1, "versions of the import carry every column");
    assert_eq!(scene.app.count("select count(*) from entitlement where source_id = 'made-here' and name = 'Made here' and tier = 'standard' and version = 1").await, 1);

    // The new guess takes the limits along that nobody set, and stays a guess.
    scene.confirm(scene.cora, &waiting(&scene).await[0]).await;
    let record = scene.open(scene.ada, "entitlement", &key).await;
    for (name, expected) in [("tier", "privileged"), ("longest_days", "14"), ("review_every_days", "30"), ("state", "retired")] {
        assert_eq!(value(&record, name), expected, "{name}");
    }
    assert_eq!(scene.app.count("select count(*) from entitlement where version = 4 and tier_origin = 'guessed'").await, 1);

    // Missing from the file: what was made here stays, what the file brought goes.
    import(&scene, &[role(b, "Eraser", "Erases disks.", &["Microsoft.Compute/disks/delete"])]).await;
    let states: Vec<(String, String)> =
        sqlx::query_as("select source_id, state from entitlement where source_id in ('made-here', $1) order by source_id")
            .bind(a)
            .fetch_all(&scene.app.owner)
            .await
            .unwrap();
    assert_eq!(states, [(a.to_owned(), "retired".to_owned()), ("made-here".to_owned(), "active".to_owned())]);
    let found = scene.call(scene.sam, "catalogue/search", &[("query[q]", "made here")]).await.json();
    assert_eq!(found["page"]["total"], 1);
}

/// Changes that imports proposed and that wait, the oldest first.
async fn waiting(scene: &Scene) -> Vec<String> {
    sqlx::query_scalar(
        "select id::text from catalogue_change where proposed_by_command is not null and state = 'proposed' order by proposed_at, record_name",
    )
    .fetch_all(&scene.app.owner)
    .await
    .unwrap()
}

async fn stands(scene: &Scene, source: &str) -> (String, Option<i32>, i32, String, bool, i32) {
    sqlx::query_as("select tier, longest_days, review_every_days, state, requestable, version from entitlement where source_id = $1")
        .bind(source)
        .fetch_one(&scene.app.owner)
        .await
        .unwrap()
}

const READS: &[&str] = &["Microsoft.Compute/disks/read"];
const ALL: &[&str] = &["Microsoft.Compute/*"];

#[sqlx::test(migrations = "../migrations")]
async fn what_a_file_says_about_tier_and_limits_waits_for_a_second_person_and_is_proposed_once(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let scene = Scene::set(pool, connect).await;
    import(&scene, &[role("role-a", "Disks", "Reads.", READS)]).await;
    let wider = [role("role-a", "Disks", "Reads.", ALL)];
    let report = import(&scene, &wider).await;
    assert_eq!(report.proposals.len(), 1, "{report}");
    assert!(report.to_string().contains("Disks: Risk tier: Standard to Elevated"), "{report}");
    assert!(report.to_string().contains("(proposed, waits for a second person)"), "{report}");
    assert_eq!(stands(&scene, "role-a").await, ("standard".into(), None, 365, "active".into(), true, 2));
    assert_eq!(scene.told(scene.cora).await, ["A change waits for a second person"]);

    // The same file again proposes nothing, and writes nothing.
    let events = scene.app.count("select count(*) from audit_event").await;
    let again = import(&scene, &wider).await;
    assert!(!again.proposes_anything() && !again.counts.changes_anything(), "{again}");
    assert!(again.to_string().contains("(proposed by an earlier import, waits)"), "{again}");
    assert_eq!((scene.app.count("select count(*) from audit_event").await, waiting(&scene).await.len()), (events, 1));

    // The page says who proposed it, and it is on the list of whoever may confirm it.
    let change = waiting(&scene).await.remove(0);
    let view = scene.show(scene.cora, &change).await;
    assert_eq!((&view["line"]["proposed_by"]["name"], &view["line"]["proposed_by"]["id"]), (&"import catalogue".into(), &Value::Null));
    assert_eq!((&view["may_confirm"], &view["may_withdraw"]), (&true.into(), &false.into()));
    for address in [format!("/changes/{change}"), "/changes?filter=mine".to_owned()] {
        let page = scene.app.sign_in_as(scene.cora).await.get(&address).await.text();
        assert!(page.contains("import catalogue"), "{address}: {page}");
    }
    // Another description makes another version: the change is made again on top of it.
    let described = [role("role-a", "Disks", "Reads and writes.", ALL)];
    assert_eq!(import(&scene, &described).await.proposals.len(), 1);
    scene.jobs().await;
    assert_eq!((scene.state(&change).await, waiting(&scene).await.len()), ("overtaken".to_owned(), 1));

    scene.confirm(scene.cora, &waiting(&scene).await.remove(0)).await;
    assert_eq!(stands(&scene, "role-a").await, ("elevated".into(), Some(365), 90, "active".into(), true, 4));
    assert!(import(&scene, &described).await.proposals.is_empty());

    // It still follows the file: a narrower one is proposed, and a refusal is an answer.
    import(&scene, &[role("role-a", "Disks", "Reads and writes.", READS)]).await;
    let refused = waiting(&scene).await.remove(0);
    assert_eq!(scene.decide(scene.cora, &refused, false).await.status, 200);
    let report = import(&scene, &[role("role-a", "Disks", "Reads and writes.", READS)]).await;
    assert!(!report.proposes_anything() && report.to_string().contains("(was refused, not proposed again)"), "{report}");
    assert_eq!(stands(&scene, "role-a").await.0, "elevated");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_retired_role_that_is_in_the_file_again_stays_retired_until_somebody_confirms_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (kept, comes_back) = (role("role-a", "Disks", "Reads.", READS), role("role-b", "Nets", "Reads.", READS));
    import(&scene, &[kept.clone(), comes_back.clone()]).await;
    import(&scene, std::slice::from_ref(&kept)).await;
    import(&scene, &[kept, comes_back]).await;
    assert_eq!(stands(&scene, "role-b").await.3, "retired");
    scene.confirm(scene.cora, &waiting(&scene).await.remove(0)).await;
    assert_eq!(stands(&scene, "role-b").await, ("standard".into(), None, 365, "active".into(), true, 3));
    assert_eq!(scene.app.count("select count(*) from entitlement where source_id = 'role-b' and edited = '{}'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_new_role_of_an_application_with_an_owner_cannot_be_asked_for_until_somebody_confirms_it(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let scene = Scene::set(pool, connect).await;
    let three: Vec<Value> = ["a", "b", "c"].map(|id| role(&format!("role-{id}"), &format!("Disks {id}"), "Reads.", READS)).into();
    assert!(import(&scene, &three).await.proposals.is_empty(), "nobody answers for the application yet");
    assert!(stands(&scene, "role-a").await.4);
    let code: String =
        sqlx::query_scalar("select a.code from application a join entitlement e on e.application_id = a.id where e.source_id = 'role-a'")
            .fetch_one(&scene.app.owner)
            .await
            .unwrap();
    server::usecase::by_command::name_owners(&scene.app.base, &code, &scene.number_of(scene.olga).await, None).await.unwrap();

    let four = [three.as_slice(), &[role("role-d", "Disks d", "Everything.", ALL)]].concat();
    let report = import(&scene, &four).await;
    assert_eq!(
        report.proposals.iter().map(|p| (p.who.as_str(), p.what.as_str())).collect::<Vec<_>>(),
        [("Disks d", "Can be asked for: No to Yes")]
    );
    assert!(!stands(&scene, "role-d").await.4 && stands(&scene, "role-a").await.4);
    assert!(!import(&scene, &four).await.proposes_anything());
    // A later edition of the file overtakes the change and makes it again.
    let later = [three.as_slice(), &[role("role-d", "Disks d", "Everything there is.", ALL)]].concat();
    import(&scene, &later).await;
    scene.jobs().await;
    scene.confirm(scene.olga, &waiting(&scene).await.remove(0)).await;
    assert_eq!(stands(&scene, "role-d").await, ("elevated".into(), Some(365), 90, "active".into(), true, 3));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_database_puts_nothing_in_force_that_a_command_alone_proposed(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    import(&scene, &[role("role-a", "Disks", "Reads.", READS)]).await;
    import(&scene, &[role("role-a", "Disks", "Reads.", ALL)]).await;
    for (statement, constraint) in [
        ("update catalogue_change set state = 'confirmed'", "catalogue_change_second_person"),
        ("update catalogue_change set needs_second = '{}'", "catalogue_change_command_needs_second"),
        ("update catalogue_change set proposed_by_command = null", "catalogue_change_one_proposer"),
        ("update catalogue_change set proposed_by = (select id from identity limit 1)", "catalogue_change_one_proposer"),
    ] {
        let refused = sqlx::query(statement).execute(&scene.app.owner).await.unwrap_err();
        assert_eq!(refused.as_database_error().and_then(|error| error.constraint()), Some(constraint), "{statement}");
    }
}
