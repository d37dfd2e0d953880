//! The catalogue import against a real database: the real 928 roles, later editions of the file,
//! and every way a file can be wrong.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers as well")]

mod importing;

use domain::feed::limit::{Counts, Share};
use importing::{Feed, bad, number, system};
use serde_json::{Value, json};
use server::import::progress::Silent;
use server::import::{ApplyOptions, CatalogueOptions, ImportError, ImportReport, Refusal, import_catalogue};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::path::Path;

const AZURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../demo/azure_builtin_roles.json");

fn role(id: &str, name: &str, actions: &[&str]) -> Value {
    json!({ "name": id, "roleName": name, "description": format!("About {name}."), "permissions": [{ "actions": actions, "dataActions": [] }] })
}

fn apply() -> CatalogueOptions {
    CatalogueOptions { apply: ApplyOptions { apply: true, ..ApplyOptions::default() }, ..CatalogueOptions::default() }
}

fn confirmed() -> CatalogueOptions {
    let apply = ApplyOptions { apply: true, skip_bad: true, confirm_mass_change: true, ..ApplyOptions::default() };
    CatalogueOptions { apply, ..CatalogueOptions::default() }
}

async fn import(pool: &PgPool, file: &Path, options: &CatalogueOptions) -> Result<ImportReport, ImportError> {
    import_catalogue(pool, &system(), file, options, &Silent).await
}

async fn applied(pool: &PgPool, roles: &[Value]) -> ImportReport {
    let feed = Feed::of(Value::from(roles).to_string());
    let report = import(pool, &feed.0, &confirmed()).await.unwrap();
    assert!(report.applied, "{report}");
    report
}

async fn everything(pool: &PgPool) -> [i64; 7] {
    [
        number(pool, "select count(*) from application").await,
        number(pool, "select count(*) from entitlement").await,
        number(pool, "select count(*) from entitlement_version").await,
        number(pool, "select count(*) from audit_event").await,
        number(pool, "select count(*) from import_run").await,
        number(pool, "select count(*) from import_role").await,
        number(pool, "select count(*) from import_role_step").await,
    ]
}

async fn entitlement(pool: &PgPool, id: &str) -> (String, String, Option<i32>, i32, String, i32) {
    sqlx::query_as("select name, tier, longest_days, review_every_days, state, version from entitlement where source_id = $1")
        .bind(id)
        .fetch_one(pool)
        .await
        .unwrap()
}

async fn found(pool: &PgPool, words: &str) -> Vec<String> {
    sqlx::query_scalar(
        "select name from entitlement, plainto_tsquery('simple', $1) q where search @@ q order by ts_rank(search, q) desc, name limit 20",
    )
    .bind(words)
    .fetch_all(pool)
    .await
    .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn the_real_catalogue_is_planned_then_imported_once_and_a_second_time_changes_nothing(pool: PgPool) {
    let planned = import(&pool, Path::new(AZURE), &CatalogueOptions::default()).await.unwrap();
    assert_eq!(planned.counts, Counts { added: 928, ..Counts::default() });
    assert!(planned.bad.is_empty() && planned.refusals.is_empty());
    assert_eq!(everything(&pool).await, [0; 7]);

    let first = import(&pool, Path::new(AZURE), &apply()).await.unwrap();
    assert!(first.applied, "{first}");
    let [applications, entitlements, versions, events, ..] = everything(&pool).await;
    assert_eq!((entitlements, versions, events), (928, 928, 928 + applications + 1));
    assert!((30..=120).contains(&applications), "{applications} applications");
    assert_eq!(number(&pool, "select count(*) from entitlement where tier_origin <> 'guessed' or tier_reason = ''").await, 0);
    assert_eq!(
        number(&pool, "select count(*) from entitlement where (tier, coalesce(longest_days, 0), review_every_days) not in (('privileged', 30, 30), ('elevated', 365, 90), ('standard', 0, 365))").await,
        0
    );
    for tier in ["standard", "elevated", "privileged"] {
        let n: i64 = sqlx::query_scalar("select count(*) from entitlement where tier = $1").bind(tier).fetch_one(&pool).await.unwrap();
        assert!(n > 50, "{n} {tier}");
    }
    let before = everything(&pool).await;
    let second = import(&pool, Path::new(AZURE), &apply()).await.unwrap();
    assert_eq!(second.counts, Counts { unchanged: 928, ..Counts::default() });
    let mut after = everything(&pool).await;
    assert_eq!(after[4], before[4] + 1, "that the file was imported is recorded");
    after[4] = before[4];
    assert_eq!(after, before, "nothing else is");
}

#[sqlx::test(migrations = "../migrations")]
async fn imported_roles_are_found_by_their_words_however_they_are_joined(pool: PgPool) {
    assert!(import(&pool, Path::new(AZURE), &apply()).await.unwrap().applied);
    for words in ["key vault administrator", "keyvault administrator", "KeyVault administrator"] {
        assert_eq!(found(&pool, words).await.first().map(String::as_str), Some("Key Vault Administrator"), "{words}");
    }
    assert!(found(&pool, "container registry pull read").await.contains(&"AcrPull".to_owned()));
    assert_eq!(found(&pool, "acr pull").await.first().map(String::as_str), Some("AcrPull"));
    let application: String = sqlx::query_scalar(
        "select a.name from entitlement e join application a on a.id = e.application_id where e.name = 'Key Vault Administrator'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(application, "Key Vault");
}

/// What an import proposes and no import proposed before.
fn waiting(report: &ImportReport) -> Vec<String> {
    report.proposals.iter().filter(|p| p.answered.is_none()).map(|p| format!("{}: {}", p.who, p.what)).collect()
}

/// The versions of an entitlement, each with its state.
async fn states(pool: &PgPool, source: &str) -> Vec<(i32, String)> {
    sqlx::query_as(
        "select v.version, v.state from entitlement_version v join entitlement e on e.id = v.entitlement_id where e.source_id = $1 order by v.version",
    )
    .bind(source)
    .fetch_all(pool)
    .await
    .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn what_changes_gets_a_new_version_and_what_is_missing_is_retired_until_somebody_agrees_to_its_return(pool: PgPool) {
    let (one, two) = (role("id-1", "One", &["A.B/c/read"]), role("id-2", "Two", &["A.B/c/read"]));
    applied(&pool, &[one.clone(), two.clone()]).await;
    let report = applied(&pool, &[role("id-1", "One", &["A.B/*"]), role("id-3", "Three", &[])]).await;
    assert_eq!(report.counts, Counts { added: 1, changed: 1, removed: 1, ..Counts::default() });
    assert_eq!(entitlement(&pool, "id-1").await, ("One".into(), "standard".into(), None, 365, "active".into(), 2));
    assert_eq!(
        waiting(&report),
        [
            "One: Risk tier: Standard to Elevated; Why this tier: it only reads to A.B/* covers a whole service; Longest time in days: no limit to 365; Days between reviews: 365 to 90"
        ]
    );
    assert_eq!(entitlement(&pool, "id-2").await, ("Two".into(), "standard".into(), None, 365, "retired".into(), 2));
    assert_eq!(number(&pool, "select count(*) from entitlement_version").await, 5);
    assert_eq!(states(&pool, "id-2").await, [(1, "active".to_owned()), (2, "retired".to_owned())], "that it was retired is a version");
    let body: String =
        sqlx::query_scalar("select body from audit_event where kind = 'entitlement.changed'").fetch_one(&pool).await.unwrap();
    assert_eq!(body, format!(r#"{{"changed":{{"actions":true}},"entry":0,"import":"{}","version":2}}"#, report.import));
    let report = applied(&pool, &[one, two]).await;
    assert_eq!(report.counts, Counts { changed: 1, removed: 1, unchanged: 1, ..Counts::default() });
    assert_eq!(waiting(&report), ["Two: State: Retired to In use"]);
    assert_eq!(entitlement(&pool, "id-2").await, ("Two".into(), "standard".into(), None, 365, "retired".into(), 2));
    assert_eq!(number(&pool, "select count(*) from catalogue_change where state = 'proposed' and proposed_by is null and proposed_by_command = 'import catalogue'").await, 2);
    assert_eq!(number(&pool, "select count(*) from audit_event where kind = 'change.proposed' and actor_kind = 'operator' and actor_process = 'import catalogue'").await, 2);
    for body in sqlx::query_scalar::<_, String>("select body from audit_event").fetch_all(&pool).await.unwrap() {
        let value: std::collections::BTreeMap<String, Value> = serde_json::from_str(&body).unwrap();
        assert_eq!(serde_json::to_string(&value).unwrap(), body, "sorted and without spaces");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_tier_and_limits_that_somebody_edited_are_kept_and_the_guess_is_reported(pool: PgPool) {
    applied(&pool, &[role("id-1", "One", &["A.B/c/read"]), role("id-2", "Two", &["A.B/c/read"])]).await;
    sqlx::query("update entitlement set tier = 'privileged', tier_origin = 'edited', tier_reason = 'Payroll.' where source_id = 'id-1'")
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("update entitlement set longest_days = 7 where source_id = 'id-2'").execute(&pool).await.unwrap();
    let report = applied(&pool, &[role("id-1", "One", &["A.B/*"]), role("id-2", "Two", &["A.B/*"])]).await;
    assert!(
        report
            .notes
            .contains(&"One stays privileged, as somebody set it; the guess would be elevated: A.B/* covers a whole service.".to_owned()),
        "{report}"
    );
    assert_eq!(entitlement(&pool, "id-1").await, ("One".into(), "privileged".into(), None, 365, "active".into(), 2));
    assert_eq!(entitlement(&pool, "id-2").await, ("Two".into(), "standard".into(), Some(7), 365, "active".into(), 2));
    let [said] = waiting(&report).try_into().unwrap();
    assert!(said.starts_with("Two: Risk tier: Standard to Elevated;") && said.ends_with("; Days between reviews: 365 to 90"), "{said}");
    assert!(!said.contains("Longest time"), "{said}");
    let reason: String = sqlx::query_scalar("select tier_reason from entitlement where source_id = 'id-1'").fetch_one(&pool).await.unwrap();
    assert_eq!(reason, "Payroll.");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_catalogue_that_retires_too_many_stops_until_it_is_confirmed(pool: PgPool) {
    let roles: Vec<Value> = (0..20).map(|i| role(&format!("id-{i}"), &format!("Role {i}"), &[])).collect();
    applied(&pool, &roles).await;
    let before = everything(&pool).await;
    let feed = Feed::of(Value::from(&roles[..17]).to_string());
    let report = import(&pool, &feed.0, &apply()).await.unwrap();
    assert!(report.is_refused());
    assert_eq!(report.refusals, [Refusal::MassChange { removed: 3, of: 20, limit: Share::TENTH }]);
    assert_eq!(everything(&pool).await, before);
    assert!(import(&pool, &feed.0, &confirmed()).await.unwrap().applied);
    assert_eq!(number(&pool, "select count(*) from entitlement where state = 'retired'").await, 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn every_bad_entry_is_named_with_line_field_and_value_and_nothing_is_applied(pool: PgPool) {
    let feed = Feed::of(format!(
        "[\n{},\n{},\n{},\n{},\n{},\n{},\n{}\n]",
        role("id-1", "One", &["A.B/c/read"]),
        json!({ "name": 5, "roleName": "", "permissions": [] }),
        json!({ "name": "id-3", "roleName": "Three", "description": "a\u{202e}b", "permissions": [{ "actions": ["x", 7], "dataActions": "all" }] }),
        role("ID-1", "Four", &[]),
        role("id-5", "one", &[""]),
        json!({ "name": "id-6", "roleName": "Six", "description": "x".repeat(4_001), "permissions": ["none"] }),
        json!({ "name": "id-7", "roleName": "Seven" }),
    ));
    let report = import(&pool, &feed.0, &apply()).await.unwrap();
    assert!(report.is_refused());
    let long = "x".repeat(80);
    assert_eq!(
        bad(&report),
        [
            "line 3, [1].name \"5\": is not text".to_owned(),
            "line 3, [1].roleName \"\": is blank".to_owned(),
            "line 4, [2].permissions[0].actions[1] \"7\": is not text".to_owned(),
            "line 4, [2].permissions[0].dataActions \"\\\"all\\\"\": is not a list".replace('\\', ""),
            "line 4, [2].description \"a\\u{202e}b\": contains the character U+202E, which is refused".to_owned(),
            "line 5, [3].name \"ID-1\": is already the id of [0]".to_owned(),
            "line 6, [4].actions \"\": contains a blank entry".to_owned(),
            "line 6, [4].roleName \"one\": is already the name of [0]".to_owned(),
            "line 7, [5].permissions[0] \"\"none\"\": is not an object".to_owned(),
            format!("line 7, [5].description \"{long}…\": has 4001 characters; at most 4000 fit"),
            "line 8, [6].permissions \"\": is missing".to_owned(),
        ]
    );
    assert_eq!(everything(&pool).await, [0; 7]);
    let report = import(&pool, &feed.0, &confirmed()).await.unwrap();
    assert_eq!((report.counts.added, report.counts.skipped), (1, 6));
    assert!(report.notes.iter().any(|n| n.starts_with("Entries without a readable id: 1.")), "{report}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_role_whose_entry_became_bad_is_not_taken_to_be_missing(pool: PgPool) {
    applied(&pool, &[role("id-1", "One", &[]), role("id-2", "Two", &[])]).await;
    let report = applied(&pool, &[role("id-1", "One", &[]), role("id-2", "", &[])]).await;
    assert_eq!(report.counts, Counts { unchanged: 1, skipped: 1, ..Counts::default() });
    assert_eq!(entitlement(&pool, "id-2").await.4, "active");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_that_cannot_be_used_at_all_is_refused_with_the_reason(pool: PgPool) {
    let refusal = async |bytes: &[u8]| {
        let feed = Feed::of(bytes);
        import(&pool, &feed.0, &confirmed()).await.unwrap_err().to_string().replace(&feed.0.display().to_string(), "F")
    };
    assert_eq!(
        refusal(b"\xef\xbb\xbf[\r\n{\"name\": tru}]").await,
        "F, line 2, column 13: expected ident. Nothing was changed. The file has to be a JSON array of role definitions."
    );
    assert!(refusal(b"{}").await.starts_with("F, line 1, column 1: a JSON array has to begin here. Nothing was changed."));
    assert!(refusal(b"[]").await.starts_with("F contains no roles. Nothing was changed"));
    assert!(refusal(b"[\n{\"name\": \"\xfc\"}]").await.starts_with("F, line 2: byte 12 of the file (0xfc) is not UTF-8."));
    assert!(
        import(&pool, Path::new("/nowhere.json"), &apply())
            .await
            .unwrap_err()
            .to_string()
            .starts_with("/nowhere.json cannot be read: No such file")
    );
    assert_eq!(everything(&pool).await, [0; 7]);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_role_the_server_works_as_may_import(options: PgPoolOptions, database: PgConnectOptions) {
    let as_server = database.options([("role", "countersign_app")]);
    let pool = options.connect_with(as_server).await.unwrap();
    assert!(import(&pool, Path::new(AZURE), &apply()).await.unwrap().applied);
}
