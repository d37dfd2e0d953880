//! The table: every field that a server function takes text or a day from.

use super::cases::{Case, dangerous, first_day, is_said, justification, last_day, name, no_dates, optional_remark, remark, with};
use super::scene::{PASSWORD, Scene};
use crate::cast::{self, WHY, refusal};
use crate::support::*;
use serde_json::json;
use std::collections::BTreeMap;

/// One field of one form.
struct Field {
    who: IdentityId,
    endpoint: &'static str,
    /// What the form sends besides, all of it right.
    right: Vec<(&'static str, String)>,
    field: &'static str,
    cases: Vec<Case>,
}

fn field(who: IdentityId, endpoint: &'static str, right: &[(&'static str, &str)], field: &'static str, cases: Vec<Case>) -> Field {
    Field { who, endpoint, right: right.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(), field, cases }
}

/// Asking without a draft.
fn asking(scene: &Scene) -> Vec<Field> {
    let (s, root, key) = (&scene.s, scene.s.root.to_string(), cast::uuid());
    let right = [
        ("entitlement", root.as_str()),
        ("reason_code", "incident"),
        ("justification", WHY),
        ("starts_on", "2026-11-23"),
        ("ends_on", "2026-12-21"),
        ("key", &key),
    ];
    let of = |name, cases| field(s.mona, "requests/submit", &right, name, cases);
    vec![
        of("justification", justification()),
        of("starts_on", first_day()),
        of("ends_on", last_day()),
        of("reason_code", with(vec![], &[("", "required"), ("because", "required"), ("incident\u{0}", "required")])),
        of("subject", with(vec![], &[("somebody", "not_yours"), ("\u{0}", "not_yours"), ("\u{202E}", "not_yours")])),
        of("kind", with(vec![], &[("grab", "required"), ("extend:", "required"), ("change:\u{0}", "required")])),
        of("entitlement", with(vec![], &[("", "required"), ("root", "required"), ("\u{0}", "required")])),
    ]
}

/// Deciding: on what was shown to Mona.
fn deciding(scene: &Scene) -> Vec<Field> {
    let with_verdict = |verdict: &'static str, field: &'static str, cases: Vec<Case>| {
        let mut right = scene.stage.clone();
        right.push(("verdict", verdict.to_owned()));
        Field { who: scene.s.mona, endpoint: "inbox/decide", right, field, cases }
    };
    // Asked for from 25 November to 21 December.
    let sooner = with(
        no_dates(),
        &[
            ("2026-11-21", "in_the_past"),
            ("0001-01-01", "in_the_past"),
            ("2026-11-24", "ends_before_start"),
            ("2026-12-21", "not_earlier"),
            ("2028-02-29", "not_earlier"),
            ("9999-12-31", "not_earlier"),
        ],
    );
    vec![
        with_verdict("reject", "comment", remark()),
        with_verdict("return", "comment", remark()),
        with_verdict("approve", "comment", optional_remark()),
        with_verdict("approve", "ends_on", sooner.clone()),
        with_verdict("approve_until", "ends_on", with(sooner, &[("", "required"), ("  ", "required")])),
        with_verdict("approve", "verdict", with(vec![], &[("", "required"), ("maybe", "required"), ("approve\u{0}", "required")])),
        field(scene.s.mona, "inbox/save_filter", &[("filter", "late")], "name", name(60)),
        field(
            scene.s.mona,
            "inbox/approve_selected",
            &[("shown_at", "2026-11-22T09:00:00Z"), ("key", &cast::uuid())],
            "items[0]",
            with(vec![], &[("", "selected:invalid"), ("\u{0}", "selected:invalid"), ("x~1~y", "selected:invalid")]),
        ),
    ]
}

/// Everything else that stands on a record.
fn on_records(scene: &Scene, versions: &BTreeMap<&'static str, String>) -> Vec<Field> {
    let (s, key) = (&scene.s, cast::uuid());
    let (withdrawn, answered) = (
        [("request", scene.request.as_str()), ("version", &versions["request"])],
        [("request", scene.returned.as_str()), ("version", &versions["returned"])],
    );
    let change = |confirm| [("change", scene.change.as_str()), ("confirm", confirm)];
    let stan = s.stan.to_string();
    vec![
        field(s.ana, "requests/withdraw", &withdrawn, "reason", optional_remark()),
        field(s.stan, "requests/answer_question", &answered, "answer", remark()),
        field(s.pia, "releases/execute", &[("release", &scene.release), ("version", "1"), ("key", &key)], "evidence", remark()),
        field(scene.ada, "identities/suspend", &[("identity", &stan)], "reason", remark()),
        field(scene.ada, "admin/settle_task", &[("task", "1"), ("how", "retry")], "reason", remark()),
        field(scene.ada, "changes/decide", &change("true"), "reason", optional_remark()),
        field(scene.ada, "changes/decide", &change("false"), "reason", remark()),
        field(
            scene.ada,
            "admin/assign_role",
            &[("identity", &stan)],
            "role",
            with(vec![], &[("", "required"), ("king", "required"), ("operator\u{0}", "required"), ("employee", "required")]),
        ),
        field(
            s.ana,
            "notifications/choose",
            &[],
            "in_app[]",
            with(vec![], &[("everything", "in_app:unknown"), ("\u{0}", "in_app:unknown")]),
        ),
        field(s.ana, "notifications/choose", &[], "mail[]", with(vec![], &[("everything", "mail:unknown"), ("\u{202E}", "mail:unknown")])),
        field(
            s.ana,
            "drafts/add",
            &[("entitlement", &s.root.to_string())],
            "kind",
            with(vec![], &[("grab", "required"), ("\u{0}", "required")]),
        ),
    ]
}

/// Ana's own password.
fn passwords(scene: &Scene) -> Vec<Field> {
    let new = "seven green umbrellas";
    let right = [("current_password", PASSWORD), ("password", new), ("password_again", new)];
    let of = |name, cases| field(scene.s.ana, "account/change_password", &right, name, cases);
    vec![
        of("current_password", with(vec![("x".repeat(10_000), "wrong")], &[("", "wrong"), ("wrong", "wrong"), ("\u{0}", "wrong")])),
        of("password", with(vec![("x".repeat(129), "too_long")], &[("", "too_short"), ("fourteen signs", "too_short")])),
        of("password_again", with(vec![], &[("", "different"), ("seven green umbrella", "different"), ("\u{202E}", "different")])),
    ]
}

#[sqlx::test(migrations = "../migrations")]
async fn every_field_refuses_at_the_field_with_a_sentence_and_changes_nothing(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let versions = scene.versions().await;
    let before = scene.rows().await;
    let mut wrong = vec![];
    let table = [asking(&scene), deciding(&scene), on_records(&scene, &versions), passwords(&scene)];
    for Field { who, endpoint, right, field, cases } in table.into_iter().flatten() {
        for (typed, code) in cases {
            let mut fields: Vec<(&str, &str)> =
                right.iter().filter(|(name, _)| *name != field).map(|(name, value)| (*name, value.as_str())).collect();
            fields.push((field, &typed));
            let reply = scene.s.call(who, endpoint, &fields).await;
            // A start that is wrong may leave the end wrong as well: both are said at once.
            let said = if reply.status == 422 { refusal(&reply) } else { json!(reply.text()) };
            // Where a field comes more than once, the whole of it is named.
            let (at, code) = code.split_once(':').unwrap_or((field, code));
            if !said.as_array().is_some_and(|said| said.contains(&json!(format!("{at}:{code}")))) {
                wrong.push(format!("{endpoint} {field} {typed:.40?}: {} {said} instead of {code}", reply.status));
            }
            if !is_said(at, code) {
                wrong.push(format!("{endpoint} {field}: nothing is said for {code}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(scene.rows().await, before);
    assert_eq!(scene.versions().await, versions);
    let reply = scene.s.app.stranger().post_form("/sign-in", &[("login", "ana"), ("password", PASSWORD)]).await;
    assert_eq!(reply.location(), "/", "the password is what it was");
}

#[sqlx::test(migrations = "../migrations")]
async fn every_field_of_a_reassignment_refuses_at_the_field_with_a_sentence_and_changes_nothing(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let scene = Scene::set(pool, connect).await;
    let (versions, before) = (scene.versions().await, scene.rows().await);
    let (path, mona) = (format!("/reassign/{}", scene.stage_id()), scene.s.mona.to_string());
    let somebody = with(dangerous("stan@example.org"), &[("", "required"), (" \t ", "required"), ("nobody", "unknown_person")]);
    let too_long = format!("{}@example.org", "x".repeat(243));
    let table = [
        ("to", with(somebody, &[(&too_long, "too_long")])),
        ("reason", remark()),
        (
            "from",
            with(vec![], &[("", "not_asked"), ("mona", "unknown_person"), ("\u{0}", "unknown_person"), ("\u{202E}", "unknown_person")]),
        ),
    ];
    for (field, cases) in table {
        for (typed, code) in cases {
            let right =
                [("version", versions["request"].as_str()), ("from", &mona), ("to", "stan@example.org"), ("reason", "Away for the week.")];
            let fields: Vec<(&str, &str)> =
                right.into_iter().map(|(name, value)| if name == field { (name, typed.as_str()) } else { (name, value) }).collect();
            scene.s.app.advance(SignedDuration::from_secs(1));
            let reply = scene.s.app.sign_in_as(scene.s.mona).await.post_form(&path, &fields).await;
            let sentence = app::error::Problem { field: field.to_owned(), code: code.to_owned() }.text();
            assert_eq!(reply.status, 422, "{field} {typed:.40?}: {}", reply.text());
            assert!(reply.text().contains(&sentence), "{field} {typed:.40?} should say {sentence}: {}", reply.text());
            assert!(is_said(field, code), "{field}: nothing is said for {code}");
        }
    }
    assert_eq!((scene.rows().await, scene.versions().await), (before, versions));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_leap_day_that_is_there_is_a_day_like_any_other(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = cast::Story::begin(pool, connect).await;
    sqlx::query("update identity_specification set longest_days = null").execute(&s.app.owner).await.unwrap();
    let reply = s.try_submit(s.ana, s.read, &[("starts_on", "2028-02-29"), ("ends_on", "2028-02-29")]).await;
    assert!(reply.status < 400, "{}", reply.text());
    let days: (String, String) =
        sqlx::query_as("select starts_on::text, ends_on::text from request_revision").fetch_one(&s.app.owner).await.unwrap();
    assert_eq!(days, ("2028-02-29".to_owned(), "2028-02-29".to_owned()));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_looks_the_same_is_kept_the_same(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = cast::Story::begin(pool, connect).await;
    for name in ["Pr\u{fc}fung  heute", " Pru\u{308}fung heute "] {
        let reply = s.call(s.mona, "inbox/save_filter", &[("name", name), ("filter", "late")]).await;
        assert!(reply.status < 400, "{}", reply.text());
    }
    let names: Vec<String> = sqlx::query_scalar("select name from saved_filter").fetch_all(&s.app.owner).await.unwrap();
    assert_eq!(names, ["Pr\u{fc}fung heute"]);
}
