//! What cannot be accepted: every answer names the field, and nothing is kept of it.

use crate::cast::refusal;
use crate::scene::{Scene, WHY, Wish};
use crate::support::*;
use serde_json::json;

#[sqlx::test(migrations = "../migrations")]
async fn each_bad_field_is_answered_at_the_field_and_nothing_is_kept(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let app = &scene.app;
    let (read, write, keys) = (scene.source_id(scene.read).await, scene.source_id(scene.write).await, scene.source_id(scene.keys).await);
    // The keys include the writer, so the writer can include neither the keys nor itself.
    sqlx::query("update entitlement set includes = array[$1] where id = $2")
        .bind(scene.write.0)
        .bind(scene.keys.0)
        .execute(&app.owner)
        .await
        .unwrap();
    sqlx::query("update entitlement set state = 'retired' where id = $1").bind(scene.read.0).execute(&app.owner).await.unwrap();
    let (twin, machine, gone) = (
        app.person("Vera2", scene.unit, None).await,
        app.identity("Robot", "service_account", scene.unit, None).await,
        app.person("Gone", scene.unit, None).await,
    );
    sqlx::query("update identity set given_name = 'Vera' where id = $1").bind(twin.0).execute(&app.owner).await.unwrap();
    app.set_state(gone, "suspended").await;
    let (machine, gone, twin, olga) =
        (scene.number_of(machine).await, scene.number_of(gone).await, scene.number_of(twin).await, scene.number_of(scene.olga).await);
    let (w, ledger, unit) = (scene.write.to_string(), scene.ledger.to_string(), scene.unit.to_string());
    let plan: String =
        sqlx::query_scalar("select id::text from approval_plan where code = 'elevated'").fetch_one(&app.owner).await.unwrap();
    let group: String = sqlx::query_scalar("select id::text from approver_group").fetch_one(&app.owner).await.unwrap();
    let members = format!("{olga}\nnobody\n{twin}");
    let before = app
        .count(
            "select (select count(*) from catalogue_change) + (select count(*) from record_version) + (select count(*) from audit_event)",
        )
        .await;
    for (kind, key, base, field, text, expected) in [
        ("entitlement", w.as_str(), 1, "tier", "huge", json!(["tier:not_an_option"])),
        ("entitlement", &w, 1, "tier", "privileged", json!(["longest_days:privileged_limit"])),
        ("entitlement", &w, 1, "name", "", json!(["name:required"])),
        ("entitlement", &w, 1, "name", "Ledger\u{202E}retirW", json!(["name:forbidden_character"])),
        ("entitlement", &w, 1, "name", "Ledger Wr\u{456}ter", json!(["name:mixed_scripts"])),
        ("entitlement", &w, 1, "questions", "a | Which b\u{43e}oks | text | required", json!(["questions:mixed_scripts@1"])),
        (
            "entitlement",
            &w,
            1,
            "questions",
            "a | Where | choice | required | options Test; T\u{435}st",
            json!(["questions:mixed_scripts@1"]),
        ),
        ("entitlement", &w, 1, "longest_days", "29.02.", json!(["longest_days:not_a_number"])),
        ("entitlement", &w, 1, "audience_units", "Ledger\nNo such unit", json!(["audience_units:unknown_unit@2"])),
        ("entitlement", &w, 1, "includes", "no-such-thing", json!(["includes:unknown_entitlement@1"])),
        ("entitlement", &w, 1, "includes", &write, json!(["includes:cycle"])),
        ("entitlement", &w, 1, "includes", &keys, json!(["includes:cycle"])),
        ("entitlement", &w, 1, "includes", &read, json!(["includes:retired@1"])),
        ("entitlement", &w, 1, "questions", "a | Which | riddle | required", json!(["questions:unknown_kind@1"])),
        ("application", &ledger, 1, "owner", "Nobody Atall", json!(["owner:unknown_person"])),
        ("application", &ledger, 1, "owner", "Vera Example", json!(["owner:ambiguous_person"])),
        ("application", &ledger, 1, "owner", "%", json!(["owner:unknown_person"])),
        ("application", &ledger, 1, "owner", &gone, json!(["owner:not_active"])),
        ("application", &ledger, 1, "owner", &machine, json!(["owner:not_a_person"])),
        ("application", &ledger, 1, "deputy", &olga, json!(["deputy:same_person"])),
        ("application", &ledger, 1, "deputy", "Olga Example", json!(["deputy:same_person"])),
        ("unit", &unit, 1, "calendar", "no-such-calendar", json!(["calendar:unknown_calendar"])),
        ("calendar", "standard", 1, "monday", "9 to 5", json!(["monday:not_a_time", "monday:not_a_time", "monday:not_a_time"])),
        ("calendar", "standard", 1, "zone", "Mars/Olympus", json!(["zone:unknown_zone"])),
        ("calendar", "standard", 1, "holidays", "2028-02-29 Leap day\n2027-02-29 Leap day", json!(["holidays:not_a_date@2"])),
        ("calendar", "standard", 1, "holidays", "2026-12-25 Christm\u{430}s Day", json!(["holidays:mixed_scripts@1"])),
        (
            "calendar",
            "standard",
            1,
            "holidays",
            "0001-01-01 New Year\n2026-12-25 Christmas Day\n9999-12-31 New Year's Eve",
            json!(["holidays:holiday_year@1", "holidays:holiday_year@3"]),
        ),
        ("plan", &plan, 1, "stages", "1 | M\u{430}nager | line_manager | due 8", json!(["stages:mixed_scripts@1"])),
        ("plan", &plan, 1, "stages", "1 | \u{421}\u{415}\u{41e} | line_manager | due 8", json!(["stages:lookalike@1"])),
        ("plan", &plan, 1, "stages", "1 | Manager | line_manager | due 8 | escalate 24", json!(["stages:escalate@1"])),
        ("plan", &plan, 1, "stages", "1 | Manager | line_manager | due 8 | escalate to managers_manager", json!(["stages:escalate@1"])),
        ("plan", &plan, 1, "stages", "1 | Anybody | everybody | due 8", json!(["stages:unknown_source@1"])),
        ("plan", &plan, 1, "stages", "1 | Nobody | group:nobody | due 8", json!(["stages:unknown_group@1"])),
        (
            "plan",
            &plan,
            1,
            "stages",
            "1 | Manager | line_manager | due 8\n2 | Security | group:security | quorum 2 | due 8",
            json!(["stages:unreachable@2"]),
        ),
        ("plan", &plan, 1, "stages", " ", json!(["stages:required"])),
        ("plan", &plan, 1, "application", "NO-SUCH", json!(["application:unknown_application"])),
        ("plan", &plan, 1, "tier", "standard", json!(["tier:same_case"])),
        ("group", &group, 1, "name", "Secur\u{456}ty", json!(["name:mixed_scripts"])),
        ("group", &group, 1, "members", &members, json!(["members:unknown_person@2"])),
        ("specification", "vendor", 2, "applications", "LEDGER\nNO-SUCH", json!(["applications:unknown_application@2"])),
        ("specification", "vendor", 2, "required_attributes", "email shoe_size", json!(["required_attributes:not_an_option"])),
        ("unit", "", 0, "name", "Ledger", json!(["name:taken"])),
    ] {
        let (field, mut fields) = ((field, text), vec![]);
        if kind == "unit" && key.is_empty() {
            fields.extend([("calendar", "standard"), ("state", "active")]);
        }
        fields.push(field);
        let reply = scene.try_propose(scene.ada, &Wish { kind, key, base, fields: &fields, on: "" }).await;
        assert_eq!((reply.status, refusal(&reply)), (422, expected), "{kind} {field:?}: {}", reply.text());
    }
    // A week without any hour.
    let week = ["monday", "tuesday", "wednesday", "thursday", "friday"].map(|day| (day, ""));
    let reply = scene.try_propose(scene.ada, &Wish { kind: "calendar", key: "standard", base: 1, fields: &week, on: "" }).await;
    assert_eq!(refusal(&reply), json!(["monday:no_working_time"]));
    let after = app
        .count(
            "select (select count(*) from catalogue_change) + (select count(*) from record_version) + (select count(*) from audit_event)",
        )
        .await;
    assert_eq!(after, before);
    assert_eq!(scene.tier(scene.write).await, (1, "elevated".into()));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_day_the_reason_and_every_field_are_told_at_once(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let key = scene.write.to_string();
    for (on, code) in [
        ("2026-11-21", "in_the_past"),
        ("0001-01-01", "in_the_past"),
        ("9999-12-31", "too_far"),
        ("2027-11-23", "too_far"),
        ("2027-02-29", "not_a_date"),
        ("tomorrow", "not_a_date"),
    ] {
        let wish = Wish { kind: "entitlement", key: &key, base: 1, fields: &[("longest_days", "20")], on };
        assert_eq!(refusal(&scene.try_propose(scene.olga, &wish).await), json!([format!("effective_on:{code}")]), "{on}");
    }
    let long = "x".repeat(2_001);
    for (reason, code) in [("", "required"), (" \n ", "required"), (long.as_str(), "too_long"), ("a\u{2066}b", "forbidden_character")] {
        let fields = [
            ("kind", "entitlement"),
            ("record_key", key.as_str()),
            ("base_version", "1"),
            ("fields[tier]", "huge"),
            ("fields[name]", ""),
            ("reason", reason),
            ("effective_on", "2027-02-29"),
            ("key", "0190b0f0-0000-7000-8000-00000000000f"),
        ];
        let reply = scene.call(scene.olga, "changes/propose", &fields).await;
        assert_eq!(refusal(&reply), json!(["name:required", "tier:not_an_option", format!("reason:{code}"), "effective_on:not_a_date"]));
    }
    assert_eq!(scene.app.count("select count(*) from catalogue_change").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_no_record_no_kind_or_no_change_is_not_there(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let nobody = "0190b0f0-0000-7000-8000-0000000000ff";
    for (kind, key) in [
        ("entitlement", nobody),
        ("entitlement", "junk"),
        ("calendar", "nothing"),
        ("specification", "martian"),
        ("unit", "' or 1=1 --"),
        ("group", "\u{0}"),
    ] {
        assert_eq!(scene.call(scene.ada, "changes/open", &[("kind", kind), ("key", key)]).await.code(), "not_found", "{kind} {key:?}");
        let wish = Wish { kind, key, base: 1, fields: &[("name", "x")], on: "" };
        assert_eq!(scene.try_propose(scene.ada, &wish).await.code(), "not_found", "{kind} {key:?}");
    }
    for (endpoint, fields) in [
        ("changes/show", vec![("change", nobody)]),
        ("changes/decide", vec![("change", nobody), ("confirm", "true")]),
        ("changes/withdraw", vec![("change", nobody)]),
    ] {
        assert_eq!(scene.call(scene.ada, endpoint, &fields).await.code(), "not_found", "{endpoint}");
    }
    for filter in ["", "nothing", "mine", "plan", "'; --"] {
        assert_eq!(scene.call(scene.ada, "changes/list", &[("filter", filter), ("after", "junk~")]).await.status, 200, "{filter}");
    }
    assert_eq!(scene.call(scene.ada, "changes/records", &[("kind", "plan"), ("q", "%_\\'\u{0}"), ("after", "junk")]).await.status, 200);
    let same = [("reason", WHY), ("kind", "entitlement"), ("record_key", &scene.read.to_string()), ("base_version", "1"), ("key", nobody)];
    let reply = scene.call(scene.ada, "changes/propose", &same).await;
    assert_eq!(refusal(&reply), json!([":nothing_changed"]));
}
