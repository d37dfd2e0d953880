//! Files: which are taken, who gets them, and how they are given out.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "story/cast.rs"]
#[expect(dead_code, unused_imports, reason = "this program tells its own part of the story")]
mod cast;
mod support;
mod attachments {
    mod typed;
}

use axum::body::Body;
use axum::http::{Request, header};
use cast::Story;
use domain::permission::Role;
use support::*;

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n";

/// A draft of somebody, as it lies in the table.
async fn draft(s: &Story, owner: IdentityId) -> String {
    let id = cast::uuid();
    sqlx::query("insert into draft (id, owner_id, body, created_at, updated_at, idempotency_key) values ($1::uuid, $2, '{}', now(), now(), gen_random_uuid())")
        .bind(&id)
        .bind(owner.0)
        .execute(&s.app.owner)
        .await
        .unwrap();
    id
}

/// Sends a file as a browser does.
async fn upload_from(client: &Client, draft: &str, name: &str, declared: &str, content: &[u8], site: &str) -> Reply {
    let head = format!("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {declared}\r\n\r\n");
    let body = [head.as_bytes(), content, b"\r\n--edge--\r\n"].concat();
    let request = Request::post(format!("/attachments?draft={draft}"))
        .header(header::ACCEPT, "text/html")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
        .header("sec-fetch-site", site);
    client.send(request, Body::from(body)).await
}

async fn upload(client: &Client, draft: &str, name: &str, declared: &str, content: &[u8]) -> Reply {
    upload_from(client, draft, name, declared, content, "same-origin").await
}

async fn newest(s: &Story) -> String {
    let id: uuid::Uuid =
        sqlx::query_scalar("select id from attachment order by uploaded_at desc, id desc limit 1").fetch_one(&s.app.owner).await.unwrap();
    id.to_string()
}

/// Puts every file of a draft on a request.
async fn put_on(s: &Story, request: &str) {
    sqlx::query("insert into request_attachment select $1::uuid, 1, attachment_id from draft_attachment")
        .bind(request)
        .execute(&s.app.owner)
        .await
        .unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_is_kept_with_its_hash_and_given_out_as_a_download_only(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (ana, mine) = (s.app.sign_in_as(s.ana).await, draft(&s, s.ana).await);
    let reply = upload(&ana, &mine, "Pr\u{fc}fung \u{202E}plan.pdf", "application/pdf", PDF).await;
    assert_eq!((reply.status, reply.location()), (303, format!("/request/{mine}#files").as_str()));
    assert_eq!(s.app.count("select count(*) from attachment where sha256 = sha256(content) and name = 'Prüfung plan.pdf' and media_type = 'application/pdf'").await, 1);
    let file = ana.get(&format!("/attachments/{}", newest(&s).await)).await;
    assert_eq!((file.status, file.body.as_slice()), (200, PDF));
    for (name, value) in [
        ("content-type", "application/pdf"),
        ("content-disposition", "attachment; filename=\"Pr_fung plan.pdf\"; filename*=UTF-8''Pr%C3%BCfung%20plan.pdf"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("cache-control", "private, no-store"),
    ] {
        assert_eq!(file.header(name), Some(value), "{name}");
    }
    let changed = sqlx::query("update attachment set content = 'x'").execute(&s.app.owner).await.unwrap_err();
    assert!(changed.as_database_error().unwrap().constraint().unwrap().starts_with("attachment_"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_that_is_not_taken_leads_back_with_a_sentence_and_is_not_kept(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (ana, mine) = (s.app.sign_in_as(s.ana).await, draft(&s, s.ana).await);
    let too_large = vec![b'a'; 5 * 1024 * 1024 + 1];
    for (name, declared, content, code) in [
        ("", "application/octet-stream", &b""[..], "required"),
        ("empty.txt", "text/plain", b"", "empty"),
        ("a.txt", "text/plain", &too_large, "too_large"),
        ("page.html", "text/html", b"<p>", "kind_not_taken"),
        ("drawing.svg", "image/svg+xml", b"<svg/>", "kind_not_taken"),
        ("order.pdf", "application/pdf", b"<script>alert(1)</script>", "kind_differs"),
        ("order.pdf", "text/plain", PDF, "kind_differs"),
        ("order.pdf", "application/pdf", b"%PDF-1.7 cut off", "not_whole"),
        ("note.txt", "text/plain", b"<svg onload=alert(1)>", "runs_something"),
    ] {
        let reply = upload(&ana, &mine, name, declared, content).await;
        assert_eq!((reply.status, reply.location()), (303, format!("/request/{mine}?file={code}#files").as_str()), "{name}");
    }
    assert_eq!(s.app.count("select count(*) from attachment").await, 0);
    let broken = Request::post(format!("/attachments?draft={mine}"))
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
        .header("sec-fetch-site", "same-origin");
    let reply = ana.send(broken, Body::from("--edge\r\nContent-Disposition: form-data; name=\"file\"")).await;
    assert_eq!((reply.status, reply.location()), (303, format!("/request/{mine}?file=not_whole#files").as_str()));
}

#[sqlx::test(migrations = "../migrations")]
async fn only_this_route_takes_large_bodies_and_says_so_when_one_is_too_large(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (ana, mine) = (s.app.sign_in_as(s.ana).await, draft(&s, s.ana).await);
    let fits = upload(&ana, &mine, "a.txt", "text/plain", &vec![b'a'; 5 * 1024 * 1024]).await;
    assert_eq!((fits.status, fits.location()), (303, format!("/request/{mine}#files").as_str()));
    let reply = upload(&ana, &mine, "a.txt", "text/plain", &vec![b'a'; 6 * 1024 * 1024]).await;
    assert_eq!((reply.status, reply.location()), (303, format!("/request/{mine}?file=too_large#files").as_str()));
    let send = async |path: &str, accept: &str, bytes: usize| {
        let form = Request::post(path)
            .header(header::ACCEPT, accept)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        ana.send(form, Body::from(vec![b'a'; bytes])).await
    };
    let (small, whole) = (64 * 1024, 1024 * 1024);
    for (path, most) in [("/sign-in", small), ("/csp-report", small), ("/api/requests/submit", whole), ("/attachments/x", whole)] {
        assert_ne!(send(path, "text/html", most).await.status, 413, "{path}");
        let reply = send(path, "text/html", most + 1).await;
        assert_eq!(reply.status, 413, "{path}");
        let page = reply.text();
        assert!(page.contains("more than the server takes in one form") && page.contains("href=\"/\""), "{path}: {page}");
    }
    // Whoever brings no session fills no memory.
    let stranger = Request::post("/api/requests/submit").header("sec-fetch-site", "same-origin");
    assert_eq!(s.app.stranger().send(stranger, Body::from(vec![b'a'; small + 1])).await.status, 413);
    let reply = send("/api/requests/submit", "application/json", whole + 1).await;
    assert_eq!((reply.status, reply.code().as_str()), (413, "too_large"));
    assert_eq!(s.app.count("select count(*) from attachment").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_draft_takes_five_files_whatever_races(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (ana, mine) = (s.app.sign_in_as(s.ana).await, draft(&s, s.ana).await);
    for n in 0..4 {
        assert_eq!(upload(&ana, &mine, &format!("{n}.txt"), "text/plain", b"text").await.status, 303);
    }
    let (one, two) = tokio::join!(upload(&ana, &mine, "a.txt", "text/plain", b"text"), upload(&ana, &mine, "b.txt", "text/plain", b"text"));
    let mut led = [one.location().to_owned(), two.location().to_owned()];
    led.sort();
    assert_eq!(led, [format!("/request/{mine}#files"), format!("/request/{mine}?file=too_many#files")]);
    let sixth = sqlx::query(
        "insert into draft_attachment select $1::uuid, id from attachment where false union all select $1::uuid, gen_random_uuid()",
    )
    .bind(&mine)
    .execute(&s.app.owner)
    .await
    .unwrap_err();
    assert_eq!(sixth.as_database_error().unwrap().constraint(), Some("draft_attachment_at_most_five"));
    assert_eq!(s.app.count("select count(*) from draft_attachment").await, 5);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_same_file_sent_again_stands_once_on_its_draft(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (ana, mine, other) = (s.app.sign_in_as(s.ana).await, draft(&s, s.ana).await, draft(&s, s.ana).await);
    let led = |draft: &str| (303, format!("/request/{draft}#files"));
    let (one, two) =
        tokio::join!(upload(&ana, &mine, "order.pdf", "application/pdf", PDF), upload(&ana, &mine, "order.pdf", "application/pdf", PDF));
    for reply in [one, two] {
        assert_eq!((reply.status, reply.location().to_owned()), led(&mine));
    }
    assert_eq!(s.app.count("select count(*) from attachment").await, 1);
    // Another name, another content or another draft is another file.
    for (draft, name, content) in
        [(&mine, "note.txt", "text"), (&mine, "copy.txt", "text"), (&mine, "note.txt", "changed"), (&other, "note.txt", "text")]
    {
        let reply = upload(&ana, draft, name, "text/plain", content.as_bytes()).await;
        assert_eq!((reply.status, reply.location().to_owned()), led(draft));
    }
    assert_eq!(s.app.count("select count(*) from attachment").await, 5);
    // Sent again where no further file fits, it is there all the same.
    upload(&ana, &mine, "fifth.txt", "text/plain", b"text").await;
    let again = upload(&ana, &mine, "fifth.txt", "text/plain", b"text").await;
    assert_eq!((again.status, again.location().to_owned()), led(&mine));
    assert_eq!(s.app.count("select count(*) from attachment").await, 6);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_is_for_who_writes_the_draft_and_later_for_who_may_read_the_request(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (ana, mine) = (s.app.sign_in_as(s.ana).await, draft(&s, s.ana).await);
    upload(&ana, &mine, "a.pdf", "application/pdf", PDF).await;
    let path = format!("/attachments/{}", newest(&s).await);
    let alma = s.app.person_with("Alma", Role::Auditor).await;
    for who in [s.mona, s.stan, s.pia, alma] {
        assert_eq!(s.app.sign_in_as(who).await.get(&path).await.status, 404, "a draft is its owner's alone");
    }
    let request = s.submit(s.ana, s.read).await;
    put_on(&s, &request).await;
    for (who, status) in [(s.ana, 200), (s.mona, 200), (alma, 200), (s.stan, 404), (s.pia, 404)] {
        assert_eq!(s.app.sign_in_as(who).await.get(&path).await.status, status);
    }
    assert_eq!(s.app.stranger().get(&path).await.location(), format!("/sign-in?return_to={path}"));
    for wrong in ["/attachments/no-id", "/attachments/01930000-0000-7000-8000-00000000dead"] {
        assert_eq!(ana.get(wrong).await.status, 404);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_puts_files_on_somebody_elses_draft_or_from_another_site(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (ana, stan, mine) = (s.app.sign_in_as(s.ana).await, s.app.sign_in_as(s.stan).await, draft(&s, s.ana).await);
    assert_eq!(upload(&stan, &mine, "a.pdf", "application/pdf", PDF).await.status, 404);
    assert_eq!(upload(&ana, "no-id", "a.pdf", "application/pdf", PDF).await.status, 404);
    assert_eq!(upload_from(&ana, &mine, "a.pdf", "application/pdf", PDF, "cross-site").await.status, 403);
    let reply = upload(&s.app.stranger(), &mine, "a.pdf", "application/pdf", PDF).await;
    assert!(reply.location().starts_with("/sign-in"), "{}", reply.status);
    assert_eq!(s.app.count("select count(*) from attachment").await, 0);
    upload(&ana, &mine, "a.pdf", "application/pdf", PDF).await;
    let file = newest(&s).await;
    assert_eq!(s.call(s.stan, "attachments/remove", &[("draft", &mine), ("version", "1"), ("attachment", &file)]).await.status, 404);
    assert_eq!(s.app.count("select count(*) from draft_attachment").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_goes_with_its_draft_and_never_from_a_request(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (ana, mine) = (s.app.sign_in_as(s.ana).await, draft(&s, s.ana).await);
    upload(&ana, &mine, "kept.pdf", "application/pdf", PDF).await;
    let request = s.submit(s.ana, s.read).await;
    put_on(&s, &request).await;
    upload(&ana, &mine, "removed.txt", "text/plain", b"text").await;
    let removed = newest(&s).await;
    for _ in 0..2 {
        let reply = s.call(s.ana, "attachments/remove", &[("draft", &mine), ("version", "1"), ("attachment", &removed)]).await;
        assert!(reply.status < 400, "{}", reply.text());
    }
    upload(&ana, &mine, "discarded.txt", "text/plain", b"text").await;
    assert_eq!(s.app.count("select count(*) from attachment").await, 2);
    sqlx::query("delete from draft").execute(&s.app.pool).await.unwrap();
    let left: Vec<String> = sqlx::query_scalar("select name from attachment").fetch_all(&s.app.owner).await.unwrap();
    assert_eq!(left, ["kept.pdf"]);
    let by_role = sqlx::query("delete from attachment").execute(&s.app.pool).await.unwrap_err();
    assert_eq!(by_role.as_database_error().unwrap().code().as_deref(), Some("42501"), "the server's role deletes no files");
    assert!(sqlx::query("delete from attachment").execute(&s.app.owner).await.is_err(), "and nobody one of a request");
}

#[sqlx::test(migrations = "../migrations")]
async fn without_javascript_files_are_added_removed_submitted_and_read(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let reply = s.call(s.ana, "drafts/add", &[("entitlement", &s.read.to_string())]).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let mine: uuid::Uuid = sqlx::query_scalar("select id from draft").fetch_one(&s.app.owner).await.unwrap();
    let (client, mine) = (s.app.sign_in_as(s.ana).await, mine.to_string());
    let mut ana = Browser::of(client.clone());
    ana.open(&format!("/request/{mine}")).await;
    assert!(
        ana.page.contains(&format!("formaction=\"/attachments?draft={mine}\"")) && ana.page.contains("multipart/form-data"),
        "{}",
        ana.page
    );
    assert!(ana.says("At most 5 MiB each"), "the limits stand at the field");
    let refused = upload(&client, &mine, "page.html", "text/html", b"<p>").await;
    ana.open(refused.location().split('#').next().unwrap()).await;
    assert!(ana.error("file").contains("Files of this kind are not taken"), "{}", ana.page);
    for name in ["wrong.txt", "plan.txt"] {
        upload(&client, &mine, name, "text/plain", b"for the audit").await;
    }
    ana.open(&format!("/request/{mine}")).await;
    assert!(ana.says("wrong.txt") && ana.says("plan.txt") && ana.says("2 of 5"), "{}", ana.page);
    let wrong: uuid::Uuid = sqlx::query_scalar("select id from attachment where name = 'wrong.txt'").fetch_one(&s.app.owner).await.unwrap();
    let remove = ana.form("/api/drafts/save", "justification").with("attachment", &wrong.to_string());
    ana.press("/api/attachments/remove", &remove).await;
    assert!(!ana.says("wrong.txt") && ana.says("plan.txt"), "{}", ana.page);
    let form = ana
        .form("/api/drafts/save", "justification")
        .fill("reason_code", "incident")
        .fill("justification", cast::WHY)
        .fill("ends_on", "2026-12-21");
    ana.press("/api/drafts/submit", &form).await;
    assert_eq!(ana.status, 200, "{}", ana.page);
    let request = s.newest().await;
    assert_eq!(
        s.events(&request).await.iter().filter(|(trail, kind)| trail == "decision" && kind == "request.attachment_added").count(),
        1
    );
    let mut mona = Browser::of(s.app.sign_in_as(s.mona).await);
    mona.open(&format!("/requests/{request}")).await;
    let file = mona.link("/attachments/");
    assert!(mona.says("plan.txt") && mona.says("SHA-256"), "{}", mona.page);
    let reply = s.app.sign_in_as(s.mona).await.get(&file).await;
    assert_eq!((reply.status, reply.body.as_slice()), (200, &b"for the audit"[..]));
    assert_eq!(s.app.count("select count(*) from attachment").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_name_is_kept_without_what_misleads_and_never_makes_a_fault(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let ana = s.app.sign_in_as(s.ana).await;
    let long = "n".repeat(300);
    for (name, kept) in [
        (format!("{long}.txt"), Ok(format!("{}.txt", "n".repeat(115)))),
        (format!("a.{long}"), Err("kind_not_taken")),
        ("note\u{202E}txt.exe".to_owned(), Err("kind_not_taken")),
        ("no\u{200B}te\u{202E}.txt".to_owned(), Ok("note.txt".to_owned())),
        // No browser sends a control character in a header: it is no form.
        ("no\u{7}te.txt".to_owned(), Err("not_whole")),
        ("no\tte.txt".to_owned(), Ok("no_te.txt".to_owned())),
        ("..\\..\\etc/passwd.txt".to_owned(), Ok("passwd.txt".to_owned())),
        ("CON.txt".to_owned(), Ok("_CON.txt".to_owned())),
        ("n\u{43E}te.txt".to_owned(), Ok("n\u{43E}te.txt".to_owned())),
        ("\u{202E}\u{200B}".to_owned(), Err("required")),
        ("...".to_owned(), Err("required")),
    ] {
        let mine = draft(&s, s.ana).await;
        let reply = upload(&ana, &mine, &name, "text/plain", b"text").await;
        let stands: Option<String> = sqlx::query_scalar(
            "select a.name from draft_attachment d join attachment a on a.id = d.attachment_id where d.draft_id = $1::uuid",
        )
        .bind(&mine)
        .fetch_optional(&s.app.owner)
        .await
        .unwrap();
        let led = match &kept {
            Ok(_) => format!("/request/{mine}#files"),
            Err(code) => format!("/request/{mine}?file={code}#files"),
        };
        assert_eq!((reply.status, reply.location(), stands), (303, led.as_str(), kept.ok()), "{name:.40?}");
    }
}
