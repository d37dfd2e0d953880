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
    let options = CatalogueOptions { apply: ApplyOptions { apply: true, confirm_mass_change: true, ..ApplyOptions::default() } };
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
        ("tier", "privileged"),           // guessed, follows the file
        ("longest_days", "14"),           // set by hand, although the tier changed
        ("review_every_days", "30"),      // follows the guessed tier
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
