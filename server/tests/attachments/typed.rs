//! What is typed into the form of a draft while files are added to it and removed.

use crate::cast::{Story, WHY};
use crate::support::*;
use axum::body::Body;
use axum::http::{Request, header};

const NEWER: &str = "The failed night run is looked into on Saturday, on both machines.";
const NOTE: &[u8] = b"for the audit";

/// A draft of Ana with one item.
async fn begun(s: &Story) -> String {
    let reply = s.call(s.ana, "drafts/add", &[("entitlement", &s.read.to_string())]).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let id: uuid::Uuid = sqlx::query_scalar("select id from draft").fetch_one(&s.app.owner).await.unwrap();
    id.to_string()
}

/// Ana's browser on a draft.
async fn on(s: &Story, draft: &str) -> Browser {
    let mut ana = Browser::of(s.app.sign_in_as(s.ana).await);
    ana.open(&format!("/request/{draft}")).await;
    ana
}

fn form(browser: &Browser) -> Form {
    browser.form("/api/drafts/save", "justification")
}

/// The button that removes the one file of the draft, with everything that is typed beside it.
async fn removing(s: &Story, typed: &Form) -> Form {
    let file: uuid::Uuid = sqlx::query_scalar("select id from attachment").fetch_one(&s.app.owner).await.unwrap();
    typed.clone().with("attachment", &file.to_string())
}

async fn files(s: &Story) -> i64 {
    s.app.count("select count(*) from draft_attachment").await
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_typed_is_kept_without_javascript_when_a_file_is_added_refused_or_removed(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let draft = begun(&s).await;
    let adds = format!("/attachments?draft={draft}");
    let mut ana = on(&s, &draft).await;
    let typed = form(&ana)
        .fill("reason_code", "incident")
        .fill("justification", "Grüße & 100 % = \"sure\"\r\nand more")
        .fill("ends_on", "2020-02-29");
    ana.attach(&adds, &typed, ("plan.txt", "text/plain"), NOTE).await;
    assert_eq!(ana.path, format!("/request/{draft}#files"), "{}", ana.page);
    let kept = form(&ana);
    assert_eq!((kept.value("reason_code"), kept.value("ends_on")), ("incident", "2020-02-29"), "right or wrong: {}", ana.page);
    assert_eq!(kept.value("justification").replace("\r\n", "\n"), "Grüße & 100 % = \"sure\"\nand more");
    assert!(ana.says("plan.txt") && files(&s).await == 1, "{}", ana.page);

    let too_large = vec![b'a'; 5 * 1024 * 1024 + 1];
    // So much that no more than the beginning of the form is kept in memory.
    let far_too_large = vec![b'a'; 7 * 1024 * 1024];
    for (turn, (name, declared, content, said)) in [
        ("", "application/octet-stream", &b""[..], "Choose a file"),
        ("page.html", "text/html", b"<p>", "Files of this kind are not taken"),
        ("large.txt", "text/plain", &too_large, "at most 5 MiB"),
        ("larger.txt", "text/plain", &far_too_large, "at most 5 MiB"),
    ]
    .into_iter()
    .enumerate()
    {
        let why = format!("{NEWER} {turn}");
        ana.attach(&adds, &form(&ana).fill("justification", &why), (name, declared), content).await;
        assert!(ana.error("file").contains(said), "{name}: {}", ana.page);
        assert_eq!(form(&ana).value("justification"), why, "{name}");
    }
    assert_eq!(files(&s).await, 1);

    let typed = removing(&s, &form(&ana).fill("justification", WHY)).await;
    ana.press("/api/attachments/remove", &typed).await;
    assert_eq!(ana.path, format!("/request/{draft}#files"), "{}", ana.page);
    assert_eq!((form(&ana).value("justification"), files(&s).await), (WHY, 0));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_form_that_breaks_off_before_its_file_overwrites_nothing(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let draft = begun(&s).await;
    let mut ana = on(&s, &draft).await;
    let typed = form(&ana).fill("justification", WHY);
    ana.send(&typed).await;
    let version = form(&ana).value("version").to_owned();
    let field = |name: &str, value: &str| format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let cut = format!("{}{}{}", field("draft", &draft), field("version", &version), field("justification", "Needed to lo"));
    for body in [cut.clone(), format!("{cut}--edge\r\nContent-Disp")] {
        let request = Request::post(format!("/attachments?draft={draft}"))
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
            .header("sec-fetch-site", "same-origin");
        let reply = s.app.sign_in_as(s.ana).await.send(request, Body::from(body)).await;
        assert_eq!((reply.status, reply.location()), (303, format!("/request/{draft}?file=not_whole#files").as_str()));
        assert_eq!(form(&on(&s, &draft).await).value("justification"), WHY);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_is_neither_added_nor_removed_over_what_another_tab_saved_and_both_versions_stay(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let s = Story::begin(pool, connect).await;
    let draft = begun(&s).await;
    let adds = format!("/attachments?draft={draft}");
    let mut first = on(&s, &draft).await;
    let older = form(&first).fill("justification", WHY);
    first.attach(&adds, &older, ("plan.txt", "text/plain"), NOTE).await;
    // The same form sent twice, as by a second click: it says what is saved, and the file is there once.
    first.attach(&adds, &older, ("plan.txt", "text/plain"), NOTE).await;
    assert_eq!((first.path.clone(), files(&s).await), (format!("/request/{draft}#files"), 1), "{}", first.page);

    for adding in [true, false] {
        let mut tab = on(&s, &draft).await;
        let typed = form(&tab).fill("justification", "What was typed in this tab, in enough words.");
        let saved = if adding { NEWER } else { WHY };
        let other = form(&first).fill("version", form(&tab).value("version")).fill("justification", saved);
        first.send(&other).await;
        if adding {
            tab.attach(&adds, &typed, ("more.txt", "text/plain"), NOTE).await;
        } else {
            let remove = removing(&s, &typed).await;
            tab.press("/api/attachments/remove", &remove).await;
        }
        assert!(tab.says("Changed in another tab. Nothing was overwritten."), "{adding}: {}", tab.page);
        assert!(tab.says("What was typed in this tab, in enough words."), "{adding}: {}", tab.page);
        assert_eq!((form(&tab).value("justification"), files(&s).await), (saved, 1), "{adding}");
        let keep = tab.form("/api/drafts/settle", "Keep what was saved there");
        tab.send(&keep).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_enter_key_in_a_field_keeps_what_was_typed_and_neither_adds_nor_removes_a_file(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let draft = begun(&s).await;
    let mut ana = on(&s, &draft).await;
    ana.attach(&format!("/attachments?draft={draft}"), &form(&ana), ("plan.txt", "text/plain"), NOTE).await;
    // A browser presses the first button of a form, in the order of the page, wherever it stands.
    let (before, form) = ana.page.split_once("id=\"request-form\"").unwrap();
    assert!(!before.contains("form=\"request-form\""), "{before}");
    let (_, first) = form.split_once("<button").unwrap();
    let first = first.split("</button>").next().unwrap();
    assert!(first.contains("type=\"submit\"") && first.contains(">Save") && !first.contains("formaction"), "{first}");
    let (inside, beside) = form.split_once("</form>").unwrap();
    for button in ["formaction=\"/attachments?", "formaction=\"/api/attachments/remove\"", "type=\"file\""] {
        assert!(!inside.contains(button) && beside.contains(button), "{button}");
    }
}
