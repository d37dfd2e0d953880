//! Every kind of record once around: proposed, confirmed, in force, changed, and every version
//! readable as it stood.

use crate::scene::{Scene, Wish, value};
use crate::support::*;
use serde_json::Value;

/// The fields of one version in words.
fn said<'a>(record: &'a Value, version: i32, label: &str) -> &'a str {
    let versions = record["versions"].as_array().unwrap();
    let found = versions.iter().find(|line| line["version"] == version).unwrap_or_else(|| panic!("no version {version} in {record}"));
    let fields = found["fields"].as_array().unwrap();
    fields.iter().find(|field| field[0] == label).unwrap_or_else(|| panic!("no {label} in {found}"))[1].as_str().unwrap()
}

/// Makes a record and changes one field; gives it as it is opened then.
async fn around(
    scene: &Scene,
    kind: &str,
    fields: &[(&str, &str)],
    table: &'static str,
    change: (&str, &str),
    label: &str,
    words: (&str, &str),
) -> Value {
    let made = scene.propose(scene.ada, &Wish { kind, key: "", base: 0, fields, on: "" }).await;
    if scene.state(&made).await == "proposed" {
        assert_eq!(scene.show(scene.cora, &made).await["record_opens"], false, "{kind} is not there before it is in force");
        scene.confirm(scene.cora, &made).await;
    }
    let key: String = sqlx::query_scalar(table).fetch_one(&scene.app.owner).await.unwrap();
    let record = scene.open(scene.ada, kind, &key).await;
    assert_eq!(record["version"], 1, "{kind}");
    for (name, text) in fields {
        assert_eq!(value(&record, name), *text, "{kind} {name}");
    }
    let changed = scene.propose(scene.ada, &Wish { kind, key: &key, base: 1, fields: &[change], on: "" }).await;
    if scene.state(&changed).await == "proposed" {
        let view = scene.show(scene.cora, &changed).await;
        assert_eq!((&view["differences"][0]["label"], &view["differences"][0]["needs_second"]), (&label.into(), &true.into()), "{kind}");
        scene.confirm(scene.cora, &changed).await;
    }
    let record = scene.open(scene.ada, kind, &key).await;
    assert_eq!((&record["version"], value(&record, change.0)), (&2.into(), change.1), "{kind}");
    assert_eq!((said(&record, 1, label), said(&record, 2, label)), words, "{kind}: both versions are readable");
    let numbers: Vec<_> = record["versions"].as_array().unwrap().iter().map(|line| line["change"][1].as_str().is_some()).collect();
    assert_eq!(numbers, [true, true], "{kind}: each version leads to its change");
    record
}

#[sqlx::test(migrations = "../migrations")]
async fn every_kind_of_record_goes_once_around_and_its_versions_stay_readable(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (read, write) = (scene.source_id(scene.read).await, scene.source_id(scene.write).await);
    let (vera, dan) = (scene.number_of(scene.vera).await, scene.number_of(scene.dan).await);
    around(
        &scene,
        "calendar",
        &[
            ("code", "support"),
            ("name", "Support"),
            ("zone", "Europe/Berlin"),
            ("monday", "07:00-12:00 13:00-21:00"),
            ("holidays", "2026-12-25 Christmas Day\n2028-02-29 Leap day"),
        ],
        "select code from business_calendar where code = 'support'",
        ("sunday", "10:00-12:00"),
        "Sunday",
        ("none", "10:00-12:00"),
    )
    .await;
    around(
        &scene,
        "unit",
        &[("name", "Night desk"), ("calendar", "standard"), ("state", "active")],
        "select id::text from unit where name = 'Night desk'",
        ("calendar", "support"),
        "Business calendar",
        ("standard", "support"),
    )
    .await;
    around(
        &scene,
        "application",
        &[
            ("code", "PAY"),
            ("name", "Payments"),
            ("owner", &vera),
            ("classification", "confidential"),
            ("logging", "covered"),
            ("state", "active"),
        ],
        "select id::text from application where code = 'PAY'",
        ("deputy", &dan),
        "Deputy",
        ("none", &format!("Dan Example ({dan})")),
    )
    .await;
    around(
        &scene,
        "entitlement",
        &[
            ("application", "PAY"),
            ("source_id", "pay-release"),
            ("name", "Release payments"),
            ("description", "Releases prepared payments."),
            ("tier", "privileged"),
            ("tier_reason", "it moves money"),
            ("longest_days", "30"),
            ("review_every_days", "30"),
            ("requestable", "yes"),
            ("state", "active"),
            ("audience_populations", "employee"),
            ("audience_units", "Ledger\nNight desk"),
            (
                "questions",
                "account | Which account | text | required | most 40\nside | Which side | choice | optional | options Debit; Credit",
            ),
            ("includes", &read),
        ],
        "select id::text from entitlement where source_id = 'pay-release'",
        ("longest_days", "7"),
        "Longest time in days",
        ("30", "7"),
    )
    .await;
    let sides = [
        ("code", "SOD-900"),
        ("title", "Read and write"),
        ("severity", "high"),
        ("shape", "sides"),
        ("at_most", "1"),
        ("left", read.as_str()),
        ("right", write.as_str()),
        ("state", "active"),
    ];
    around(
        &scene,
        "conflict",
        &sides,
        "select id::text from conflict",
        ("mitigation", "A weekly review by the unit."),
        "Permitted mitigation",
        ("none", "A weekly review by the unit."),
    )
    .await;
    around(
        &scene,
        "template",
        &[
            ("code", "books"),
            ("name", "Books"),
            ("items", &format!("{write}\n{read}")),
            ("reason_code", "operations"),
            ("days", "90"),
            ("audience_populations", "employee contractor"),
            ("state", "active"),
        ],
        "select id::text from request_template",
        ("days", "30"),
        "Days",
        ("90", "30"),
    )
    .await;
    around(
        &scene,
        "group",
        &[("code", "treasury"), ("name", "Treasury"), ("members", &sorted(&[&vera, &dan]))],
        "select id::text from approver_group where code = 'treasury'",
        ("members", &vera),
        "Members",
        (
            &sorted(&[&vera, &dan])
                .lines()
                .map(|number| if number == vera { format!("Vera Example ({number})") } else { format!("Dan Example ({number})") })
                .collect::<Vec<_>>()
                .join("\n"),
            &format!("Vera Example ({vera})"),
        ),
    )
    .await;
    let stages = "1 | Line manager | line_manager | quorum 1 | due 16 | remind 8\n1 | Treasury | group:treasury | quorum 1 | due 8 | escalate 24 to owners_manager";
    around(
        &scene,
        "plan",
        &[
            ("code", "payments"),
            ("name", "Payments"),
            ("tier", "privileged"),
            ("application", "PAY"),
            ("stages", stages),
            ("state", "active"),
        ],
        "select id::text from approval_plan where code = 'payments'",
        ("population", "employee"),
        "For the population",
        ("Any", "Employee"),
    )
    .await;
    // The tables that other rooms read have it as they read it.
    for (sql, expected) in [
        ("select count(*) from conflict_member", 2),
        ("select count(*) from approver_group_member m join approver_group g on g.id = m.group_id where g.code = 'treasury'", 1),
        ("select count(*) from request_template where cardinality(entitlement_ids) = 2 and version = 2", 1),
        ("select jsonb_array_length(questions)::bigint from entitlement where source_id = 'pay-release'", 2),
        ("select cardinality(includes)::bigint from entitlement where source_id = 'pay-release' and source = 'local'", 1),
        ("select count(*) from business_calendar where code = 'support'", 2),
        (
            "select count(*) from approval_plan where code = 'payments' and stages @> '[{\"step\": 1, \"sources\": [\"group:treasury\"], \"due_hours\": 8}]'",
            1,
        ),
        (
            "select count(*) from entitlement_version v join entitlement e on e.id = v.entitlement_id and e.version = v.version where e.source_id = 'pay-release' and v.review_every_days = 30 and v.questions = e.questions and v.longest_days = 7",
            1,
        ),
        // Besides those that are shipped.
        ("select count(*) from record_version where change_id is not null", 16),
        ("select count(*) from audit_event where kind = 'record.added'", 8),
        ("select count(*) from audit_event where kind = 'record.changed'", 8),
    ] {
        assert_eq!(scene.app.count(sql).await, expected, "{sql}");
    }
}

fn sorted(numbers: &[&str]) -> String {
    let mut numbers = numbers.to_vec();
    numbers.sort_unstable();
    numbers.join("\n")
}

#[sqlx::test(migrations = "../migrations")]
async fn a_specification_gets_its_next_version_and_the_old_one_stays(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    for population in ["employee", "contractor", "vendor", "service_account", "privileged_admin"] {
        let record = scene.open(scene.cora, "specification", population).await;
        let version = i32::try_from(record["version"].as_i64().unwrap()).unwrap();
        let wish = Wish {
            kind: "specification",
            key: population,
            base: version,
            fields: &[("highest_tier", "elevated"), ("required_attributes", "email unit")],
            on: "",
        };
        let change = scene.propose(scene.cora, &wish).await;
        scene.confirm(scene.ada, &change).await;
        let record = scene.open(scene.alma, "specification", population).await;
        assert_eq!(record["version"], version + 1);
        assert_eq!((said(&record, version, "Highest tier"), said(&record, version + 1, "Highest tier")), ("Privileged", "Elevated"));
        assert_eq!(said(&record, version + 1, "Required attributes"), "Mail address, Unit");
        assert!(record["versions"].as_array().unwrap().iter().any(|line| line["version"] == 1), "the shipped one, too");
    }
    let unchanged = "select count(*) from identity_specification where version = 2 and highest_tier = 'privileged' and change_id is null";
    assert_eq!(scene.app.count(unchanged).await, 5);
    assert_eq!(scene.app.count("select count(*) from identity_specification where version = 3 and change_id is not null").await, 5);
}

#[sqlx::test(migrations = "../migrations")]
async fn versions_from_before_change_control_are_readable_beside_those_that_it_made(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let change = scene.weaken().await;
    scene.confirm(scene.dan, &change).await;
    let record = scene.open(scene.olga, "entitlement", &scene.write.to_string()).await;
    let line = |version: i64| record["versions"].as_array().unwrap().iter().find(|line| line["version"] == version).unwrap().clone();
    assert_eq!((said(&record, 1, "Risk tier"), said(&record, 2, "Risk tier")), ("Elevated", "Standard"));
    assert_eq!((said(&record, 1, "Why this tier"), said(&record, 2, "Why this tier")), ("it only reads", "It turned out to read only."));
    assert_eq!((&line(2)["proposed_by"]["name"], &line(2)["confirmed_by"]["name"]), (&"Olga Example".into(), &"Dan Example".into()));
    assert_eq!((&line(1)["proposed_by"], &line(1)["change"]), (&Value::Null, &Value::Null));
    // Owners named with a shell on the machine are a version, too.
    let (olga, vera) = (scene.number_of(scene.olga).await, scene.number_of(scene.vera).await);
    for person in [scene.olga, scene.dan] {
        scene.app.set_state(person, "suspended").await;
    }
    server::usecase::by_command::name_owners(&scene.app.base, "LEDGER", &vera, None).await.unwrap();
    let record = scene.open(scene.ada, "application", &scene.ledger.to_string()).await;
    assert_eq!(
        (said(&record, 1, "Owner"), said(&record, 2, "Owner")),
        (format!("Olga Example ({olga})").as_str(), format!("Vera Example ({vera})").as_str())
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_name_that_one_person_has_stands_for_their_number(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let application = scene.ledger.to_string();
    let vera = scene.number_of(scene.vera).await;
    let wish = Wish { kind: "application", key: &application, base: 1, fields: &[("owner", "vera example"), ("deputy", "")], on: "" };
    let change = scene.propose(scene.olga, &wish).await;
    let view = scene.show(scene.dan, &change).await;
    assert_eq!(view["differences"][0]["after"], format!("Vera Example ({vera})"));
    scene.confirm(scene.dan, &change).await;
    assert_eq!(value(&scene.open(scene.ada, "application", &application).await, "owner"), vera);
    assert_eq!(scene.app.count("select count(*) from audit_event where kind = 'application.owners_named'").await, 1);
    let trail: Vec<String> = sqlx::query_scalar("select body::text from audit_event").fetch_all(&scene.app.owner).await.unwrap();
    assert!(trail.iter().all(|body| !body.contains("Vera")), "names are not on the trail: {trail:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_name_of_a_unit_from_the_feed_is_not_changed_here(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let unit = scene.unit.to_string();
    let record = scene.open(scene.ada, "unit", &unit).await;
    assert_eq!(record["fields"][0]["fixed"], true);
    let wish = Wish { kind: "unit", key: &unit, base: 1, fields: &[("name", "Elsewhere")], on: "" };
    assert_eq!(crate::cast::refusal(&scene.try_propose(scene.ada, &wish).await), serde_json::json!([":nothing_changed"]));
    let fields = [("name", "Night desk"), ("calendar", "standard"), ("state", "active")];
    let made = scene.propose(scene.ada, &Wish { kind: "unit", key: "", base: 0, fields: &fields, on: "" }).await;
    assert_eq!(scene.state(&made).await, "in_force");
    let local: String =
        sqlx::query_scalar("select id::text from unit where name = 'Night desk'").fetch_one(&scene.app.owner).await.unwrap();
    let renamed = scene.propose(scene.ada, &Wish { kind: "unit", key: &local, base: 1, fields: &[("name", "Day desk")], on: "" }).await;
    assert_eq!(scene.state(&renamed).await, "in_force");
}
