//! Texts that are only looked for, filters, places in lists and ids: whatever is sent, the server
//! answers, and never with a fault.

use super::scene::Scene;
use crate::support::*;

fn junk() -> Vec<String> {
    let id = "01930000-0000-7000-8000-00000000dead";
    let mut junk: Vec<String> = [
        "\u{0}",
        "a\u{0}b",
        "\u{202E}",
        "\u{200B}",
        "\u{7}\u{1B}[2J",
        "\u{FFFF}",
        "L\u{435}dger",
        "%_\\",
        "' or 1=1 --",
        "a:*&(b|!c",
        "\"><script>",
        "😀",
        "   ",
        "~",
        "0~0",
        "2027-02-29",
    ]
    .map(str::to_owned)
    .to_vec();
    junk.push("x".repeat(3_000));
    junk.push("ü ".repeat(2_000));
    junk.extend([i64::MAX, i64::MIN, -1].map(|order| format!("{order}~{id}")));
    junk
}

fn encoded(text: &str) -> String {
    text.bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn whatever_is_looked_for_is_answered(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (ada, mona) = (scene.ada, scene.s.mona);
    let cora = scene.s.app.person_with("Cora", domain::permission::Role::Compliance).await;
    let before = scene.rows().await;
    let mut wrong = vec![];
    for text in junk() {
        for (who, endpoint, name) in [
            (mona, "find/list", "q"),
            (mona, "find/search", "q"),
            (mona, "catalogue/search", "query[q]"),
            (mona, "catalogue/search", "query[application]"),
            (mona, "catalogue/search", "query[tier]"),
            (mona, "catalogue/search", "query[after]"),
            (mona, "catalogue/search", "query[replaces]"),
            (mona, "requests/list", "query[scope]"),
            (mona, "requests/list", "query[state]"),
            (mona, "requests/list", "query[after]"),
            (mona, "inbox/list", "query[filter]"),
            (mona, "inbox/list", "query[whose]"),
            (mona, "inbox/list", "query[after]"),
            (mona, "notifications/list", "show"),
            (mona, "notifications/list", "after"),
            (scene.s.pia, "releases/list", "filter"),
            (scene.s.pia, "releases/list", "after"),
            (ada, "admin/overview", "q"),
            (ada, "admin/queue", "query[state]"),
            (ada, "admin/queue", "query[kind]"),
            (ada, "admin/queue", "query[after]"),
            (ada, "admin/queue", "query[task]"),
            (ada, "changes/list", "filter"),
            (ada, "changes/list", "after"),
            (cora, "approvals/holds", "after"),
        ] {
            let reply = scene.s.call(who, endpoint, &[(name, &text)]).await;
            if reply.status != 200 && reply.status != 404 && reply.status != 422 {
                wrong.push(format!("{endpoint} {name} {text:.40?}: {} {}", reply.status, reply.text()));
            }
        }
        for (endpoint, fields) in [
            ("changes/records", [("kind", "entitlement"), ("q", &*text)]),
            ("changes/records", [("kind", "plan"), ("after", &text)]),
            ("changes/open", [("kind", "entitlement"), ("key", &text)]),
            ("changes/open", [("kind", "group"), ("key", &text)]),
            ("admin/run_job", [("name", &text), ("x", "")]),
            ("inbox/save_filter", [("name", "Mine"), ("filter", &text)]),
            ("inbox/save_filter", [("name", "Mine"), ("whose", &text)]),
            ("notifications/read_all", [("until", &text), ("x", "")]),
        ] {
            let reply = scene.s.call(ada, endpoint, &fields).await;
            if reply.status >= 500 {
                wrong.push(format!("{endpoint} {fields:.60?}: {} {}", reply.status, reply.text()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let mut after = scene.rows().await;
    // Blank filters are filters: they mean everything.
    after.insert("saved_filter".to_owned(), before["saved_filter"]);
    assert_eq!(after, before);
}

#[sqlx::test(migrations = "../migrations")]
async fn every_page_answers_whatever_stands_in_its_address(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let client = scene.s.app.sign_in_as(scene.ada).await;
    let mut wrong = vec![];
    for text in junk().iter().filter(|text| text.len() < 1_000) {
        let text = encoded(text);
        for (path, statuses) in [
            (format!("/find?q={text}"), [200, 200]),
            (format!("/catalogue?q={text}&application={text}&tier={text}&after={text}&replaces={text}"), [200, 200]),
            (format!("/requests?scope={text}&state={text}&after={text}"), [200, 403]),
            (format!("/inbox?filter={text}&whose={text}&after={text}&name={text}&bulk={text}"), [200, 200]),
            (format!("/notifications?show={text}&after={text}"), [200, 200]),
            (format!("/admin?q={text}"), [200, 200]),
            (format!("/admin/jobs?state={text}&kind={text}&after={text}&task={text}"), [200, 200]),
            (format!("/changes?filter={text}&after={text}"), [200, 200]),
            (format!("/rules/entitlement?q={text}&after={text}"), [200, 200]),
            (format!("/rules/{text}"), [404, 404]),
            (format!("/rules/entitlement/{text}"), [404, 404]),
            (format!("/catalogue/{text}"), [404, 404]),
            (format!("/changes/{text}"), [404, 404]),
            (format!("/identities/{text}"), [404, 404]),
            (format!("/inbox/{text}"), [404, 404]),
            (format!("/reassign/{text}"), [404, 404]),
            (format!("/releases/{text}"), [404, 404]),
            (format!("/request/{text}"), [404, 404]),
            (format!("/requests/{text}"), [404, 404]),
            (format!("/attachments/{text}"), [404, 404]),
            (format!("/sign-in?error={text}&return_to={text}"), [200, 303]),
        ] {
            let reply = client.get(&path).await;
            if !statuses.contains(&reply.status) {
                wrong.push(format!("{path}: {}", reply.status));
            }
            assert!(!reply.text().contains("\"><script>"), "{path} prints what stands in it");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
