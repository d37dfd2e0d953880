//! What people type wrong, and what others try: every field of text or date, with what it refuses.
//! Each refusal names the field, changes nothing, and without JavaScript brings back what was typed.
//! The records under change control have a table of their own (`change_control/bad_input.rs`).
//!
//! To add a field: a [`Field`] in [`fields`].

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "story/cast.rs"]
#[expect(dead_code, reason = "this program tells its own part of the story")]
mod cast;
mod support;

use cast::{Story, WHY, refusal};
use serde_json::json;
use std::collections::BTreeMap;
use support::*;

/// What is typed and the code that answers it.
type Case = (String, &'static str);

/// Text that must not rewrite what stands around it, whatever it is for.
fn dangerous(around: &str) -> Vec<Case> {
    ["\u{202E}", "\u{2066}", "\u{0}", "\u{7}", "\u{1B}[2J", "\u{200B}", "\u{2028}", "\u{FEFF}", "\u{E0041}"]
        .map(|bad| (format!("{around} {bad} {around}"), "forbidden_character"))
        .to_vec()
}

/// A remark that has to be there, at most 2,000 characters long.
fn remark() -> Vec<Case> {
    let mut cases = dangerous("Seen in the console.");
    cases.extend([(String::new(), "required"), (" \r\n\t ".to_owned(), "required"), ("ü".repeat(2_001), "too_long")]);
    cases
}

/// A remark that may be left out.
fn optional_remark() -> Vec<Case> {
    remark().into_iter().filter(|(_, code)| *code != "required").collect()
}

/// A name on one line.
fn name(longest: usize) -> Vec<Case> {
    let mut cases = dangerous("Mine");
    cases.extend([
        (String::new(), "required"),
        ("  ".to_owned(), "required"),
        ("x".repeat(longest + 1), "too_long"),
        ("two\nlines".to_owned(), "forbidden_character"),
        ("soft\u{AD}hyphen".to_owned(), "forbidden_character"),
        ("L\u{435}dger".to_owned(), "mixed_scripts"),
        ("\u{1D400}dmin".to_owned(), "mixed_scripts"),
        ("\u{410}\u{421}\u{415}".to_owned(), "lookalike"),
    ]);
    cases
}

fn no_dates() -> Vec<Case> {
    ["2027-02-29", "2026-13-01", "2026-11-31", "22.11.2026", "tomorrow", "-0001-01-01", "10000-01-01", "2026-11-23T00:00:00Z\u{202E}"]
        .map(|text| (text.to_owned(), "not_a_date"))
        .to_vec()
}

fn with(mut cases: Vec<Case>, more: &[(&str, &'static str)]) -> Vec<Case> {
    cases.extend(more.iter().map(|(text, code)| ((*text).to_owned(), *code)));
    cases
}

/// One field of one form.
struct Field {
    who: IdentityId,
    endpoint: &'static str,
    /// What the form sends besides, all of it right.
    right: Vec<(&'static str, String)>,
    field: &'static str,
    cases: Vec<Case>,
}

struct Scene {
    s: Story,
    request: String,
    release: String,
    returned: String,
    stage: Vec<(&'static str, String)>,
    ada: IdentityId,
}

impl Scene {
    /// A request that waits for Mona, one that came back with a question, and a release that waits.
    async fn set(pool: PgPoolOptions, connect: PgConnectOptions) -> Self {
        let s = Story::begin(pool, connect).await;
        let ada = s.app.person_with("Ada", domain::permission::Role::Administrator).await;
        let released = s.submit(s.ana, s.read).await;
        s.approve(s.mona, &released).await;
        let release = s.open_release(&released).await;
        let returned = s.submit(s.stan, s.read).await;
        let boss = sqlx::query_scalar::<_, uuid::Uuid>("select manager_id from identity where id = $1")
            .bind(s.stan.0)
            .fetch_one(&s.app.owner)
            .await
            .unwrap();
        let asked = s.decide(domain::id::IdentityId(boss), &returned, "return", "Which of the two?").await;
        assert!(asked.status < 400, "{}", asked.text());
        assert_eq!(s.state(&returned).await, "returned");
        let request = s.submit(s.ana, s.write).await;
        let stage = s.shown(s.mona, &request).await;
        Self { s, request, release, returned, stage, ada }
    }

    fn fields(&self, versions: &BTreeMap<&'static str, String>) -> Vec<Field> {
        let s = &self.s;
        let owned = |fields: &[(&'static str, &str)]| fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect::<Vec<_>>();
        let asking = || {
            let mut fields =
                owned(&[("reason_code", "incident"), ("justification", WHY), ("starts_on", "2026-11-23"), ("ends_on", "2026-12-21")]);
            fields.extend([("entitlement", s.root.to_string()), ("key", cast::uuid())]);
            fields
        };
        let deciding = |verdict: &'static str| {
            let mut fields = self.stage.clone();
            fields.push(("verdict", verdict.to_owned()));
            fields
        };
        let about = |request: &str, version: &str| owned(&[("request", request), ("version", version)]);
        let mut short = optional_remark();
        short.extend([("too short".to_owned(), "too_short"), (String::new(), "too_short"), (" ".repeat(30), "too_short")]);
        vec![
            Field { who: s.mona, endpoint: "requests/submit", right: asking(), field: "justification", cases: short },
            Field {
                who: s.mona,
                endpoint: "requests/submit",
                right: asking(),
                field: "starts_on",
                cases: with(
                    no_dates(),
                    &[
                        ("", "required"),
                        ("2026-11-21", "in_the_past"),
                        ("0001-01-01", "in_the_past"),
                        ("2024-02-29", "in_the_past"),
                        ("9999-12-31", "too_far"),
                        ("2040-02-29", "too_far"),
                    ],
                ),
            },
            Field {
                who: s.mona,
                endpoint: "requests/submit",
                right: asking(),
                field: "ends_on",
                cases: with(
                    no_dates(),
                    &[("2026-11-22", "ends_before_start"), ("0001-01-01", "ends_before_start"), ("9999-12-31", "too_far")],
                ),
            },
            Field {
                who: s.mona,
                endpoint: "requests/submit",
                right: asking(),
                field: "reason_code",
                cases: with(vec![], &[("", "required"), ("because", "required"), ("incident\u{0}", "required")]),
            },
            Field {
                who: s.ana,
                endpoint: "requests/withdraw",
                right: about(&self.request, &versions["request"]),
                field: "reason",
                cases: optional_remark(),
            },
            Field {
                who: s.stan,
                endpoint: "requests/answer_question",
                right: about(&self.returned, &versions["returned"]),
                field: "answer",
                cases: remark(),
            },
            Field { who: s.mona, endpoint: "inbox/decide", right: deciding("reject"), field: "comment", cases: remark() },
            Field { who: s.mona, endpoint: "inbox/decide", right: deciding("return"), field: "comment", cases: remark() },
            Field { who: s.mona, endpoint: "inbox/decide", right: deciding("approve"), field: "comment", cases: optional_remark() },
            Field { who: s.mona, endpoint: "inbox/decide", right: deciding("approve"), field: "ends_on", cases: no_dates() },
            Field { who: s.mona, endpoint: "inbox/save_filter", right: owned(&[("filter", "late")]), field: "name", cases: name(60) },
            Field {
                who: s.pia,
                endpoint: "releases/execute",
                right: owned(&[("release", &self.release), ("version", "1"), ("key", &cast::uuid())]),
                field: "evidence",
                cases: remark(),
            },
            Field {
                who: self.ada,
                endpoint: "identities/suspend",
                right: owned(&[("identity", &s.stan.to_string())]),
                field: "reason",
                cases: remark(),
            },
        ]
    }

    /// How many rows each table has; sessions aside, which every call here begins.
    async fn rows(&self) -> BTreeMap<String, i64> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "select table_name::text, (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %I', table_name), false, true, '')))[1]::text::bigint
             from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> 'session'",
        )
        .fetch_all(&self.s.app.owner)
        .await
        .unwrap();
        rows.into_iter().collect()
    }

    async fn versions(&self) -> BTreeMap<&'static str, String> {
        let mut versions = BTreeMap::new();
        for (name, who, request) in [("request", self.s.ana, &self.request), ("returned", self.s.stan, &self.returned)] {
            versions.insert(name, self.s.show(who, request).await["version"].to_string());
        }
        versions
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn every_field_refuses_at_the_field_and_changes_nothing(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let versions = scene.versions().await;
    let before = scene.rows().await;
    let mut wrong = vec![];
    for Field { who, endpoint, right, field, cases } in scene.fields(&versions) {
        for (typed, code) in cases {
            let mut fields: Vec<(&str, &str)> =
                right.iter().filter(|(name, _)| *name != field).map(|(name, value)| (*name, value.as_str())).collect();
            fields.push((field, &typed));
            let reply = scene.s.call(who, endpoint, &fields).await;
            // A start that is wrong may leave the end wrong as well: both are said at once.
            let said = if reply.status == 422 { refusal(&reply) } else { json!(reply.text()) };
            if !said.as_array().is_some_and(|said| said.contains(&json!(format!("{field}:{code}")))) {
                wrong.push(format!("{endpoint} {field} {typed:.40?}: {} {said} instead of {code}", reply.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(scene.rows().await, before);
    let after = scene.versions().await;
    assert_eq!(after, versions);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_leap_day_that_is_there_is_a_day_like_any_other(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    sqlx::query("update identity_specification set longest_days = null").execute(&s.app.owner).await.unwrap();
    let reply = s.try_submit(s.ana, s.read, &[("starts_on", "2028-02-29"), ("ends_on", "2028-02-29")]).await;
    assert!(reply.status < 400, "{}", reply.text());
    let days: (String, String) =
        sqlx::query_as("select starts_on::text, ends_on::text from request_revision").fetch_one(&s.app.owner).await.unwrap();
    assert_eq!(days, ("2028-02-29".to_owned(), "2028-02-29".to_owned()));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_looks_the_same_is_kept_the_same(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    for name in ["Pr\u{fc}fung  heute", " Pru\u{308}fung heute "] {
        let reply = s.call(s.mona, "inbox/save_filter", &[("name", name), ("filter", "late")]).await;
        assert!(reply.status < 400, "{}", reply.text());
    }
    let names: Vec<String> = sqlx::query_scalar("select name from saved_filter").fetch_all(&s.app.owner).await.unwrap();
    assert_eq!(names, ["Pr\u{fc}fung heute"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_refused_comes_back_as_typed_without_javascript(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let bad = "Seen <b> & \u{7} in the console.";
    let sentence = "This contains a character that cannot be used here";
    let s = &scene.s;
    let before = scene.rows().await;
    for (who, page, action, holds, field, typed, says) in [
        (s.pia, format!("/releases/{}", scene.release), "/api/releases/execute", "evidence", "evidence", bad, sentence),
        (scene.ada, format!("/identities/{}", s.stan), "/api/identities/suspend", "reason", "reason", bad, sentence),
        (s.mona, "/inbox".to_owned(), "/api/inbox/save_filter", "name", "name", "L\u{435}dger", "mixes letters of different scripts"),
    ] {
        let mut browser = Browser::of(s.app.sign_in_as(who).await);
        browser.open(&page).await;
        let form = browser.form(action, holds).fill(field, typed);
        browser.send(&form).await;
        assert!(browser.error(field).contains(says), "{action}: {} {}", browser.path, browser.page);
        assert_eq!(browser.form(action, holds).value(field), typed, "{action}");
    }
    assert_eq!(scene.rows().await, before);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_first_administrator_keeps_what_was_typed_but_the_password(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let token = app.state.accounts.setup_token().await.unwrap().unwrap();
    for (field, typed, code) in [
        ("given_name", "\u{410}da", "mixed_scripts"),
        ("family_name", "x\u{202E}y", "forbidden_character"),
        ("family_name", "", "required"),
        ("login", "a b", "invalid"),
    ] {
        let mut fields = vec![
            ("token", token.as_str()),
            ("given_name", "Ada"),
            ("family_name", "Example"),
            ("login", "ada"),
            ("password", "blue tram to work"),
            ("password_again", "blue tram to work"),
        ];
        fields.iter_mut().find(|(name, _)| *name == field).unwrap().1 = typed;
        let reply = app.stranger().post_form("/setup", &fields).await;
        assert!(reply.location().contains(&format!("field={field}")), "{field}: {}", reply.location());
        assert!(reply.location().contains(&format!("error={code}")) || field == "login", "{field}: {}", reply.location());
        assert!(!reply.location().contains("tram"), "a password stands in no address");
        let page = app.stranger().get(reply.location()).await.text();
        assert!(field == "family_name" && typed.is_empty() || page.contains(&format!("value=\"{typed}\"")), "{page}");
    }
    assert_eq!(app.count("select count(*) from identity").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_delegation_that_is_refused_stands_on_the_page_as_typed(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (before, long) = (scene.rows().await, "x".repeat(2_001));
    let right = [("to", "Olga Example"), ("starts_on", "2026-11-23"), ("ends_on", "2026-11-27"), ("reason", "Away for a week.")];
    for (field, typed) in [
        ("reason", ""),
        ("reason", long.as_str()),
        ("reason", "a\u{202E}b"),
        ("reason", "a\u{7}b"),
        ("to", ""),
        ("to", "Nobody Nowhere"),
        ("to", "Olga\u{202E} Example"),
        ("starts_on", "2026-11-21"),
        ("starts_on", "0001-01-01"),
        ("starts_on", "9999-12-31"),
        ("starts_on", "2027-02-29"),
        ("ends_on", "2026-11-22"),
        ("ends_on", "9999-12-31"),
        ("ends_on", "soon"),
    ] {
        let mut browser = Browser::of(scene.s.app.sign_in_as(scene.s.mona).await);
        browser.open("/account").await;
        let mut form = browser.form("/account", "starts_on");
        for (name, value) in right {
            form = form.fill(name, if name == field { typed } else { value });
        }
        browser.send(&form).await;
        assert_eq!(browser.status, 422, "{field} {typed:.40?}: {}", browser.path);
        assert!(!browser.error(field).is_empty(), "{field} {typed:.40?}");
        let again = browser.form("/account", "starts_on");
        for (name, value) in right {
            assert_eq!(again.value(name), if name == field { typed } else { value }, "{field} {typed:.40?}");
        }
    }
    assert_eq!(scene.rows().await, before);
}
