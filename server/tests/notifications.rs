//! What people are told: the bell, the list, reading, and how each person wants to be told.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers as well")]

mod support;

use domain::actor::Actor;
use domain::notification::NotificationKind::{self, DecisionWaiting, Reminder, RequestMoved};
use server::usecase::notifying::{Notice, tell};
use server::usecase::work::Work;
use support::*;

async fn people(app: &TestApp) -> (IdentityId, IdentityId) {
    let unit = app.unit("Payments").await;
    let bea = app.person("Bea", unit, None).await;
    (app.person("Ana", unit, Some(bea)).await, bea)
}

async fn say(app: &TestApp, who: &[IdentityId], kind: NotificationKind, title: &str, href: &str) {
    let mut work = Work::begin(&app.base, Actor::System { job: "test".to_owned() }).await.unwrap();
    tell(&mut work, who, &Notice { kind, title, body: "A sentence more.", href, request: None }).await.unwrap();
    work.commit().await.unwrap();
}

/// The number at the bell of a page.
async fn bell(client: &Client) -> Option<String> {
    let page = client.get("/").await.text();
    let after = page.split_once("class=\"bar-link\"").unwrap().1.split_once("</a>").unwrap().0.to_owned();
    after.split_once("nav-count").map(|(_, rest)| rest.split_once('>').unwrap().1.split('<').next().unwrap().to_owned())
}

#[sqlx::test(migrations = "../migrations")]
async fn the_bell_counts_what_was_not_read_on_every_page_and_nobody_elses(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let (ana, bea) = people(&app).await;
    let (anas, beas) = (app.sign_in_as(ana).await, app.sign_in_as(bea).await);
    assert_eq!(bell(&anas).await, None);
    for number in 0..3 {
        say(&app, &[ana, ana], RequestMoved, &format!("News {number}"), "/requests").await;
    }
    assert_eq!((bell(&anas).await.as_deref(), bell(&beas).await), (Some("3"), None), "each is told once");
    for number in 0..150 {
        say(&app, &[bea], RequestMoved, &format!("News {number}"), "/requests").await;
    }
    assert_eq!(bell(&beas).await.as_deref(), Some("99+"));
}

#[sqlx::test(migrations = "../migrations")]
async fn opening_one_marks_it_as_read_and_leads_to_what_it_is_about(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let (ana, bea) = people(&app).await;
    say(&app, &[ana], RequestMoved, "Your request was decided", "/requests?state=approved").await;
    let id: uuid::Uuid = sqlx::query_scalar("select id from notification").fetch_one(&app.owner).await.unwrap();
    let id = id.to_string();
    let (anas, beas) = (app.sign_in_as(ana).await, app.sign_in_as(bea).await);
    let page = anas.get("/notifications").await.text();
    assert!(page.contains("Your request was decided") && page.contains("A sentence more."), "{page}");

    for function in ["open", "read"] {
        let refused = beas.server_fn(&format!("notifications/{function}"), &[("id", &id)]).await;
        assert_eq!((refused.status, refused.code().as_str()), (404, "not_found"));
    }
    assert_eq!(app.count("select count(*) from notification where read_at is null").await, 1);
    let opened = anas.post_form("/api/notifications/open", &[("id", &id)]).await;
    assert_eq!((opened.status, opened.location()), (302, "/requests?state=approved"));
    assert_eq!(bell(&anas).await, None);
    assert!(anas.get("/notifications?show=unread").await.text().contains("Everything is read"));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_list_is_paged_newest_first_and_shows_each_once(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let (ana, _) = people(&app).await;
    for number in 0..120 {
        // Three of them at a time at one moment.
        if number % 3 == 0 {
            app.advance(SignedDuration::from_mins(1));
        }
        say(&app, &[ana], RequestMoved, &format!("News {number}"), "/requests").await;
    }
    let client = app.sign_in_as(ana).await;
    let (mut seen, mut after) = (vec![], String::new());
    for rows in [50, 50, 20] {
        let page = client.server_fn("notifications/list", &[("after", &after)]).await.json();
        assert_eq!((page["page"]["total"].as_i64(), page["unread"].as_i64()), (Some(120), Some(120)));
        let titles: Vec<String> =
            page["page"]["rows"].as_array().unwrap().iter().map(|row| row["title"].as_str().unwrap().to_owned()).collect();
        assert_eq!(titles.len(), rows);
        seen.extend(titles);
        after = page["page"]["next"].as_str().unwrap_or_default().to_owned();
    }
    assert!(after.is_empty());
    assert!(seen[..3].iter().all(|title| ["News 117", "News 118", "News 119"].contains(&title.as_str())), "{:?}", &seen[..3]);
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 120);
}

#[sqlx::test(migrations = "../migrations")]
async fn marking_all_as_read_leaves_out_what_came_after_the_page(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let (ana, bea) = people(&app).await;
    say(&app, &[ana, bea], RequestMoved, "Before", "/requests").await;
    let client = app.sign_in_as(ana).await;
    let until = client.server_fn("notifications/list", &[]).await.json()["as_of"]["at"].as_str().unwrap().to_owned();
    app.advance(SignedDuration::from_secs(5));
    say(&app, &[ana], RequestMoved, "After", "/requests").await;
    let reply = client.post_form("/api/notifications/read_all", &[("until", &until)]).await;
    assert_eq!((reply.status, reply.location()), (302, "/notifications"));
    assert_eq!(bell(&client).await.as_deref(), Some("1"));
    assert_eq!(app.count("select count(*) from notification where read_at is null").await, 2, "nobody reads for somebody else");
    assert_eq!(client.server_fn("notifications/read_all", &[("until", "yesterday")]).await.status, 422);
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_is_told_what_they_did_themselves(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let (ana, bea) = people(&app).await;
    let mut work = Work::begin(&app.base, Actor::Person { identity: ana }).await.unwrap();
    let notice = Notice { kind: RequestMoved, title: "Withdrawn", body: "", href: "/requests", request: None };
    tell(&mut work, &[ana, bea], &notice).await.unwrap();
    work.commit().await.unwrap();
    let told: Vec<uuid::Uuid> = sqlx::query_scalar("select recipient_id from notification").fetch_all(&app.owner).await.unwrap();
    assert_eq!(told, [bea.0]);
}

/// Keeps choices as the plain form does: `in_app` and `mail` are the boxes that are ticked.
async fn choose(client: &Client, in_app: &[NotificationKind], mail: &[NotificationKind]) -> Reply {
    let boxes = |name: &'static str, kinds: &[NotificationKind]| kinds.iter().map(|kind| (name, kind.word())).collect::<Vec<_>>();
    let fields = [boxes("in_app[]", in_app), boxes("mail[]", mail)].concat();
    client.post_form("/api/notifications/choose", &fields).await
}

#[sqlx::test(migrations = "../migrations")]
async fn each_person_chooses_kind_by_kind_and_what_waits_for_them_always_shows(pool: PgPoolOptions, connect: PgConnectOptions) {
    let sink = Sink::start().await;
    let app = TestApp::with(pool, connect, Setup { mail: Some(sink.settings()), ..Setup::default() }).await;
    let (ana, bea) = people(&app).await;
    let client = app.sign_in_as(ana).await;
    let kept = choose(&client, &[RequestMoved], &[Reminder]).await;
    assert_eq!((kept.status, kept.location()), (302, "/account?told#notifications"), "{}", kept.text());
    for kind in NotificationKind::ALL {
        say(&app, &[ana, bea], *kind, kind.label(), "/").await;
    }
    let stored: Vec<(String, bool, bool)> =
        sqlx::query_as("select kind, in_app, mail from notification where recipient_id = $1 order by kind")
            .bind(ana.0)
            .fetch_all(&app.owner)
            .await
            .unwrap();
    let stored: Vec<(&str, bool, bool)> = stored.iter().map(|(kind, in_app, mail)| (kind.as_str(), *in_app, *mail)).collect();
    assert_eq!(
        stored,
        [
            ("decision_waiting", true, false),
            ("escalated", true, false),
            ("not_recorded", true, false),
            ("question", true, false),
            ("reminder", false, true),
            ("request_moved", true, false),
        ]
    );
    assert_eq!(bell(&client).await.as_deref(), Some("5"));
    assert!(!client.get("/notifications").await.text().contains(Reminder.label()), "by mail only");
    let others = app.count("select count(*) from notification where in_app and mail").await;
    assert_eq!(others, i64::try_from(NotificationKind::ALL.len()).unwrap(), "nobody else's choices changed");

    let page = client.get("/account").await.text();
    assert!(page.contains("ana@example.org") && page.contains("Always"), "{page}");
    let wrong = client.server_fn("notifications/choose", &[("in_app[]", "everything")]).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (422, "invalid"));
}

#[sqlx::test(migrations = "../migrations")]
async fn switching_mail_off_also_counts_for_what_waits_for_the_next_mail(pool: PgPoolOptions, connect: PgConnectOptions) {
    let sink = Sink::start().await;
    let app = TestApp::with(pool, connect, Setup { mail: Some(sink.settings()), ..Setup::default() }).await;
    let (ana, _) = people(&app).await;
    say(&app, &[ana], RequestMoved, "News", "/").await;
    let client = app.sign_in_as(ana).await;
    choose(&client, NotificationKind::ALL, &[DecisionWaiting]).await;
    assert_eq!(app.count("select count(*) from notification where mail").await, 0);
    server::job::run_due(&app.base).await.unwrap();
    assert_eq!(sink.taken(), []);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_database_keeps_what_waits_for_somebody_in_sight(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let (ana, _) = people(&app).await;
    for kind in NotificationKind::ALL {
        let done = sqlx::query("insert into notification_preference (identity_id, kind, in_app, mail) values ($1, $2, false, false)")
            .bind(ana.0)
            .bind(kind.word())
            .execute(&app.owner)
            .await;
        let refused = done.err().and_then(|error| error.into_database_error()?.constraint().map(ToOwned::to_owned));
        assert_eq!(refused.as_deref(), kind.always_shows().then_some("preference_keeps_what_waits"), "{kind:?}");
    }
}
