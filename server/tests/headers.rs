//! Headers, limits and statuses that every answer has, whatever it is.

mod support;

use axum::body::Body;
use axum::http::Request;
use support::*;

async fn answers(app: &TestApp) -> Vec<(&'static str, u16, Reply)> {
    let unit = app.unit("Payments").await;
    let person = app.person("Ana", unit, None).await;
    let (client, stranger) = (app.sign_in_as(person).await, app.stranger());
    let large =
        Request::post("/sign-in").header("content-type", "application/x-www-form-urlencoded").header("sec-fetch-site", "same-origin");
    let large = stranger.send(large, Body::from(format!("login={}", "x".repeat(70_000)))).await;
    let reply = stranger.send(Request::post("/sign-in"), Body::empty()).await;
    vec![
        ("page", 200, client.get("/account").await),
        ("open page", 200, stranger.get("/sign-in").await),
        ("health", 200, stranger.get("/healthz").await),
        ("icon", 200, stranger.get("/favicon.ico").await),
        ("redirect", 303, stranger.get("/account").await),
        ("no such page", 404, client.get("/no/such/page").await),
        ("no such file", 404, stranger.get("/pkg/none.js").await),
        ("no such function", 404, client.server_fn("none", &[]).await),
        ("other method", 405, client.send(Request::delete("/account").header("sec-fetch-site", "same-origin"), Body::empty()).await),
        ("not signed in", 401, stranger.server_fn("account/view", &[]).await),
        ("cross-site", 403, client.server_fn_from_another_site("account/view", &[]).await),
        ("from nowhere", 403, reply),
        ("too large", 413, large),
        (
            "refused by a function",
            404,
            client.server_fn("account/end_session", &[("session", "0190b0f0-0000-7000-8000-000000000000")]).await,
        ),
    ]
}

#[sqlx::test(migrations = "../migrations")]
async fn every_answer_carries_every_header(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    for (what, status, reply) in answers(&app).await {
        assert_eq!(reply.status, status, "{what}: {}", reply.text());
        let header = |name: &str| reply.header(name).unwrap_or_else(|| panic!("{what} has no {name}"));
        assert_eq!(header("x-content-type-options"), "nosniff", "{what}");
        assert_eq!(header("referrer-policy"), "same-origin", "{what}");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{what}");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{what}");
        assert!(header("permissions-policy").contains("camera=()"), "{what}");
        assert!(!header("x-request-id").is_empty());
        assert_eq!(header("cache-control"), if what == "icon" { "public, max-age=86400" } else { "no-store" }, "{what}");
        let policy = header("content-security-policy");
        for part in [
            "default-src 'self'",
            "'strict-dynamic'",
            "style-src 'self';",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{what}: {policy}");
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
        assert_eq!(reply.header("strict-transport-security"), None);
        assert_eq!(reply.header("server"), None);
        if !reply.body.is_empty() {
            let kind = header("content-type");
            assert!(kind.contains("charset=utf-8") || kind == "application/json" || kind == "image/svg+xml", "{what}: {kind}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn over_tls_browsers_are_told_to_stay_there(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::with(pool, connect, Setup { settings: vec![("PUBLIC_URL", "https://id.example")], ..Setup::default() }).await;
    for path in ["/sign-in", "/healthz", "/pkg/none.js", "/none"] {
        assert_eq!(
            app.stranger().get(path).await.header("strict-transport-security"),
            Some("max-age=31536000; includeSubDomains"),
            "{path}"
        );
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn scripts_of_a_page_carry_the_nonce_of_its_answer_and_each_answer_has_its_own(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::with(pool, connect, Setup { site: true, ..Setup::default() }).await;
    let client = app.stranger();
    let mut seen = vec![];
    for _ in 0..2 {
        let page = client.get("/sign-in").await;
        let policy = page.header("content-security-policy").unwrap();
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        let text = page.text();
        let scripts = text.matches("<script").count();
        assert!(scripts >= 1, "{text}");
        assert_eq!(text.matches(&format!("nonce=\"{nonce}\"")).count(), scripts + 1, "every script and the preload: {text}");
        assert!(text.contains("import('/pkg/countersign.0123456789abcdef.js')"), "{text}");
        assert!(text.contains("<link rel=\"stylesheet\" href=\"/pkg/countersign.0123456789abcdef.css\""), "{text}");
        assert!(!text.contains(" style=\""), "style attributes are refused by the policy: {text}");
        seen.push(nonce);
    }
    assert_ne!(seen[0], seen[1]);
}

#[sqlx::test(migrations = "../migrations")]
async fn files_of_the_site_are_kept_by_browsers_and_served_compressed(pool: PgPoolOptions, connect: PgConnectOptions) {
    let root = std::env::temp_dir().join(format!("countersign-site-{}", std::process::id()));
    let package = root.join("pkg");
    std::fs::create_dir_all(&package).unwrap();
    for (name, content) in [("a.0.js", "plain"), ("a.0.js.br", "brotli"), ("a.0.js.gz", "gzip")] {
        std::fs::write(package.join(name), content).unwrap();
    }
    let place: &'static str = Box::leak(root.display().to_string().into_boxed_str());
    let app = TestApp::with(pool, connect, Setup { settings: vec![("SITE_ROOT", place)], ..Setup::default() }).await;
    let client = app.stranger();
    for (accepts, encoding, content) in [("br, gzip", Some("br"), "brotli"), ("gzip", Some("gzip"), "gzip"), ("identity", None, "plain")] {
        let reply = client.send(Request::get("/pkg/a.0.js").header("accept-encoding", accepts), Body::empty()).await;
        assert_eq!((reply.status, reply.header("content-encoding"), reply.text().as_str()), (200, encoding, content));
        assert_eq!(reply.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(reply.header("content-type"), Some("text/javascript; charset=utf-8"));
    }
    for path in ["/pkg/../manifest.json", "/pkg/%2e%2e/manifest.json", "/pkg/"] {
        assert_ne!(client.get(path).await.status, 200, "{path}");
    }
    std::fs::remove_dir_all(root).unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refused_plain_form_goes_back_to_its_page_and_never_elsewhere(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let unit = app.unit("Payments").await;
    let person = app.person("Ana", unit, None).await;
    let client = app.sign_in_as(person).await;
    for (referer, starts_with) in
        [("http://127.0.0.1:3000/account?x=1", "/account?"), ("https://evil.example/there", "/there?"), ("nonsense", "/")]
    {
        let request = Request::post("/api/account/end_session")
            .header("accept", "text/html")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("referer", referer)
            .header("sec-fetch-site", "same-origin");
        let reply = client.send(request, Body::from("session=0190b0f0-0000-7000-8000-000000000000")).await;
        assert_eq!(reply.status, 302);
        assert!(reply.location().starts_with(starts_with) && !reply.location().starts_with("//"), "{referer}: {}", reply.location());
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_breach_of_the_policy_can_be_reported_and_nothing_comes_of_nonsense(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    for body in ["{\"csp-report\":{\"blocked-uri\":\"inline\"}}", "nonsense", ""] {
        let request = Request::post("/csp-report").header("content-type", "application/csp-report").header("sec-fetch-site", "same-origin");
        assert_eq!(app.stranger().send(request, Body::from(body)).await.status, 204, "{body}");
    }
}
