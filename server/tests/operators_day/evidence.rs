//! What shows that work by hand was done.

use super::scene::*;

fn everything() -> Value {
    json!({
        "instructions": "Open the console.\nAdd the person to the group.",
        "checklist": ["The right tenant is chosen", "The owner was told"],
        "evidence": ["text", "link", "file"],
        "second_look": []
    })
}

#[sqlx::test(migrations = "../migrations")]
async fn everything_that_is_missing_is_said_at_its_field_without_javascript_and_nothing_typed_is_lost(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let s = Story::begin(pool, connect).await;
    by_hand(&s, &everything()).await;
    let (_, release) = approved(&s).await;
    let mut pia = browser(&s, s.pia).await;
    pia.open(&format!("/releases/{release}")).await;
    assert!(pia.says("Add the person to the group.") && pia.says("The right tenant is chosen"), "{}", pia.text());
    let form = pia.form("/api/releases/execute", "evidence");
    pia.send(&form.clone().with("ticked[]", "1").fill("link", "http://wiki.example.org/x")).await;
    assert!(pia.path.starts_with(&format!("/releases/{release}")), "{}", pia.path);
    assert!(pia.error("evidence").contains("Say what shows"), "{}", pia.text());
    assert!(pia.error("link").contains("begins with https://"));
    let (_, missing) = pia.page.split_once("id=\"confirmation-file-error\"").unwrap();
    assert!(missing.split("</p>").next().unwrap().contains("Choose a file"), "{}", pia.text());
    assert!(!pia.page.contains("id=\"field-file-error\""), "the form of the file itself was not refused");
    let (before, after) = pia.page.split_once("id=\"field-file\"").unwrap();
    let input = format!("{}{}", before.rsplit('<').next().unwrap(), after.split('>').next().unwrap());
    assert!(
        input.contains("aria-describedby=\"field-file-hint confirmation-file-error\"") && input.contains("aria-invalid=\"true\""),
        "{input}"
    );
    let (label, _) = before.rsplit_once("for=\"field-file\"").map(|(_, rest)| rest).unwrap().split_once("</label>").unwrap();
    assert!(!input.contains("required") && !label.contains("optional"), "it does not stop the confirmation: {input} {label}");
    assert!(pia.error("ticked.0").contains("Tick this once it is done"));
    let again = pia.form("/api/releases/execute", "evidence");
    assert_eq!((again.value("link"), again.values("ticked[]")), ("http://wiki.example.org/x", vec!["1"]));
    assert_eq!(state(&s, &release).await, "planned");

    // The file, by a button of its own.
    let refused = upload(&s, s.pia, &release, "page.html", "text/html", b"<p>").await;
    assert_eq!((refused.status, refused.location()), (303, format!("/releases/{release}?file=kind_not_taken#evidence").as_str()));
    pia.open(refused.location().split('#').next().unwrap()).await;
    assert!(pia.error("file").contains("Files of this kind are not taken"), "{}", pia.text());
    let taken = upload(&s, s.pia, &release, "console.txt", "text/plain", NOTE).await;
    assert_eq!((taken.status, taken.location()), (303, format!("/releases/{release}#evidence").as_str()));
    pia.open(&format!("/releases/{release}")).await;
    assert!(pia.says("Goes with it: console.txt.") && pia.says("waits for the confirmation"), "{}", pia.text());

    let form = pia.form("/api/releases/execute", "evidence");
    let filled = form.fill("evidence", "Seen in the console.").fill("link", "https://wiki.example.org/x");
    pia.send(&filled.with("ticked[]", "0").with("ticked[]", "1")).await;
    assert_eq!((pia.path.as_str(), state(&s, &release).await.as_str()), (format!("/releases/{release}?done=executed").as_str(), "closed"));
    let kept: Vec<(String, String)> = sqlx::query_as(
        "select kind, said from release_evidence where release_id = $1::uuid and attempt_id is not null order by kind, said",
    )
    .bind(&release)
    .fetch_all(&s.app.owner)
    .await
    .unwrap();
    let kept: Vec<_> = kept.iter().map(|(kind, said)| (kind.as_str(), said.as_str())).collect();
    assert_eq!(
        kept,
        [
            ("check", "The owner was told"),
            ("check", "The right tenant is chosen"),
            ("file", "console.txt"),
            ("link", "https://wiki.example.org/x"),
            ("text", "Seen in the console."),
        ]
    );
    let page = view(&s, s.pol, &release).await;
    assert_eq!(page["connection"], json!("Desk (manual), version 1 of its settings"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_is_given_out_as_a_download_to_those_who_read_releases_and_to_nobody_else(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (_, release) = approved(&s).await;
    assert_eq!(upload(&s, s.pia, &release, "console.txt", "text/plain", NOTE).await.status, 303);
    let file: uuid::Uuid = one(&s, "select id from release_evidence where release_id = $1::uuid", &release).await;
    let path = format!("/release-files/{file}");
    let reply = s.app.sign_in_as(s.pol).await.get(&path).await;
    assert_eq!((reply.status, reply.body.as_slice()), (200, NOTE));
    assert!(reply.header("content-disposition").unwrap().starts_with("attachment; filename=\"console.txt\""));
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    for who in [s.ana, s.mona, s.stan] {
        assert_eq!(s.app.sign_in_as(who).await.get(&path).await.status, 404);
    }
    assert_eq!(s.app.sign_in_as(s.pol).await.get("/release-files/x").await.status, 404);
    assert_eq!(
        one::<i64>(&s, "select count(*) from release_evidence where release_id = $1::uuid and sha256 = sha256(content)", &release).await,
        1
    );
    let events = "select count(*) from audit_event where kind = 'release.evidence_added' and subject_id = $1::uuid";
    assert_eq!(one::<i64>(&s, events, &release).await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn five_files_fit_and_one_that_is_too_large_leads_back_to_the_release(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (_, release) = approved(&s).await;
    for n in 0..5 {
        assert_eq!(
            upload(&s, s.pia, &release, &format!("{n}.txt"), "text/plain", NOTE).await.location(),
            format!("/releases/{release}#evidence")
        );
    }
    let sixth = upload(&s, s.pia, &release, "6.txt", "text/plain", NOTE).await;
    assert_eq!(sixth.location(), format!("/releases/{release}?file=too_many#evidence"));
    let large = upload(&s, s.pol, &release, "a.txt", "text/plain", &vec![b'a'; 6 * 1024 * 1024]).await;
    assert_eq!((large.status, large.location()), (303, format!("/releases/{release}?file=too_large#evidence").as_str()));
    assert_eq!(upload(&s, s.stan, &release, "a.txt", "text/plain", NOTE).await.status, 404);
    assert_eq!(upload(&s, s.pia, "x", "a.txt", "text/plain", NOTE).await.status, 404);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_typed_into_the_confirmation_is_kept_without_javascript_when_a_file_is_added_or_refused(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let s = Story::begin(pool, connect).await;
    by_hand(&s, &everything()).await;
    let (_, release) = approved(&s).await;
    let adds = format!("/release-files?release={release}");
    let mut pia = browser(&s, s.pia).await;
    pia.open(&format!("/releases/{release}")).await;
    let far_too_large = vec![b'a'; 7 * 1024 * 1024];
    for (name, declared, content, said) in [
        ("console.txt", "text/plain", NOTE, None),
        ("page.html", "text/html", b"<p>", Some("Files of this kind are not taken")),
        ("larger.txt", "text/plain", &far_too_large, Some("at most 5 MiB")),
    ] {
        let typed = format!("Seen beside {name}: \"ana\" & the role.");
        let form = pia.form("/api/releases/execute", "evidence").fill("evidence", &typed).fill("link", "https://wiki.example.org/x?a=b&c");
        pia.attach(&adds, &form.with("ticked[]", "1"), (name, declared), content).await;
        assert!(pia.path.starts_with(&format!("/releases/{release}?")) && pia.path.ends_with("#evidence"), "{}", pia.path);
        if let Some(said) = said {
            assert!(pia.error("file").contains(said), "{}", pia.text());
        }
        let kept = pia.form("/api/releases/execute", "evidence");
        assert_eq!((kept.value("evidence"), kept.value("link")), (typed.as_str(), "https://wiki.example.org/x?a=b&c"), "{name}");
        assert_eq!(kept.values("ticked[]"), ["1"], "{name}");
        // Opened again without a tick, so that none is sent twice.
        pia.open(&format!("/releases/{release}")).await;
    }
    assert!(pia.says("Goes with it: console.txt."), "{}", pia.text());
    assert_eq!((pia.form("/api/releases/execute", "evidence").value("evidence"), state(&s, &release).await.as_str()), ("", "planned"));
    // What the Enter key presses is the button that confirms: it stands before the one that adds a file.
    let (before, form) = pia.page.split_once("id=\"confirmation\"").unwrap();
    assert!(!before.contains(" form=\"confirmation\""), "{before}");
    let (inside, beside) = form.split_once("</form>").unwrap();
    assert!(inside.contains("type=\"submit\"") && !inside.contains("formaction") && beside.contains(" form=\"confirmation\""));
}

#[sqlx::test(migrations = "../migrations")]
async fn instructions_that_changed_meanwhile_are_read_before_anything_is_confirmed(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    by_hand(&s, &json!({})).await;
    let (_, release) = approved(&s).await;
    let shown = view(&s, s.pia, &release).await;
    let (version, shown_as) = (shown["version"].to_string(), shown["by_hand"]["shown_as"].as_str().unwrap().to_owned());
    for sql in [
        "insert into connection_version (connection_id, version, connector, settings, recorded_at) select id, 2, 'manual', '{\"checklist\": [\"New\"]}', now() from connection",
        "update connection set version = 2, settings = '{\"checklist\": [\"New\"]}'",
    ] {
        sqlx::query(sql).execute(&s.app.owner).await.unwrap();
    }
    let key = uuid();
    let fields = [
        ("release", release.as_str()),
        ("version", &version),
        ("shown_as", &shown_as),
        ("key", &key),
        ("evidence", "Seen."),
        ("ticked[]", "0"),
    ];
    let reply = s.call(s.pia, "releases/execute", &fields).await;
    assert_eq!((reply.status, refusal(&reply)), (409, json!("changed")));
    let reply = confirm(&s, s.pia, &release, &[("evidence", "Seen.")]).await;
    assert_eq!(refusal(&reply), json!(["ticked.0:required"]));
    let reply = confirm(&s, s.pia, &release, &[("evidence", "Seen."), ("ticked[]", "0")]).await;
    assert!(reply.status < 400, "{}", reply.text());
}
