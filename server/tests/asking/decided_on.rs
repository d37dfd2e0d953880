//! What whoever decides is shown of what was asked: all that the hash of what was shown covers.

use super::desk::Desk;
use crate::support::*;
use serde_json::json;

#[sqlx::test(migrations = "../migrations")]
async fn whoever_decides_sees_the_answers_the_files_and_what_is_extended(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let (_, grant) = s.held().await;
    s.questions(s.read, json!([{ "id": "region", "label": "Which region is it for?", "kind": "text", "required": true }])).await;
    let draft = s.add(s.ana, s.read).await;
    sqlx::query(
        "with file as (insert into attachment (id, sha256, name, media_type, size, content, uploaded_by, uploaded_at)
                       values (gen_random_uuid(), sha256('text'), 'night-run.txt', 'text/plain', 4, 'text', $2, $3) returning id)
         insert into draft_attachment (draft_id, attachment_id) select $1::uuid, id from file",
    )
    .bind(&draft)
    .bind(s.ana.0)
    .bind(jiff_sqlx::ToSqlx::to_sqlx(s.app.now()))
    .execute(&s.app.owner)
    .await
    .unwrap();
    let kind = format!("extend:{grant}");
    let changes = [("items[0][kind]", kind.as_str()), ("items[0][answers][region]", "The North only"), ("ends_on", "2027-01-31")];
    let request = s.submit(s.ana, &draft, &changes).await.remove(0);

    let stage = s.show(s.mona, &request).await["may_decide"].as_str().unwrap().to_owned();
    let mut browser = s.browser(s.mona).await;
    browser.open(&format!("/inbox/{stage}")).await;
    assert_eq!(browser.status, 200);
    let asked = browser.page.split_once("id=\"asked\"").unwrap().1;
    let asked = asked.split("</dl>").next().unwrap();
    for words in [
        "Extension",
        "Extends",
        "Ledger Reader",
        "which ends 22 Dec 2026 00:00",
        "Which region is it for?",
        "The North only",
        "Specification",
        "Approval plan",
    ] {
        assert!(asked.contains(words), "{words} in {asked}");
    }
    assert!(browser.says("night-run.txt"), "{}", browser.page);
    // sha256('text')
    assert!(browser.says("982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1"), "{}", browser.page);
    let file = browser.link("/attachments/");
    assert_eq!(s.app.sign_in_as(s.mona).await.get(&file).await.status, 200, "what is decided on can be read");

    // Ana and five of her unit: nobody but her has it, and there is no history to speak of.
    let gives = browser.page.split_once("What it gives").unwrap().1;
    for words in ["Holders", "Usual time", "<td class=\"num\">1</td>", "no data"] {
        assert!(gives.contains(words), "{words} in {gives:.3000}");
    }
}
