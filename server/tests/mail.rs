//! Mail: what is gathered into one, when it leaves, what happens when the mail server misbehaves,
//! and what administrators see of it. The mail server is a real one on a port of this machine.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers as well")]

mod support;

use domain::actor::Actor;
use domain::notification::NotificationKind::{self, DecisionWaiting, RequestMoved};
use domain::permission::Role;
use mail_parser::{Message, MessageParser};
use server::job;
use server::mail::Mail;
use server::store;
use server::usecase::digests::{self, Sent};
use server::usecase::notifying::{Notice, tell};
use server::usecase::work::Work;
use sqlx::query;
use std::sync::Arc;
use std::time::Duration;
use support::*;

/// A server that sends mail to a sink, and Bea, who is told things.
async fn with_sink(pool: PgPoolOptions, connect: PgConnectOptions) -> (TestApp, Sink, IdentityId) {
    let sink = Sink::start().await;
    let app = TestApp::with(pool, connect, Setup { mail: Some(sink.settings()), ..Setup::default() }).await;
    let unit = app.unit("Payments").await;
    let bea = app.person("Bea", unit, None).await;
    (app, sink, bea)
}

async fn say(app: &TestApp, who: IdentityId, kind: NotificationKind, title: &str) {
    let mut work = Work::begin(&app.base, Actor::System { job: "test".to_owned() }).await.unwrap();
    let notice = Notice { kind, title, body: "", href: "/inbox", request: None };
    tell(&mut work, &[who], &notice).await.unwrap();
    work.commit().await.unwrap();
}

/// What the two jobs do.
async fn deliver(app: &TestApp) -> Sent {
    digests::gather(&app.base, "gather-digests").await.unwrap();
    digests::send(&app.base).await.unwrap()
}

fn sent(mails: i64) -> Sent {
    Sent { sent: mails, failed: 0 }
}

fn failed(mails: i64) -> Sent {
    Sent { sent: 0, failed: mails }
}

fn parsed(taken: &Taken) -> Message<'_> {
    MessageParser::default().parse(&taken.raw).unwrap()
}

/// Titles in the text of a mail.
fn titles(taken: &Taken) -> Vec<String> {
    let mail = parsed(taken);
    let text = mail.body_text(0).unwrap().into_owned();
    text.lines().filter_map(|line| line.strip_prefix("* ")).map(|line| line.split(" (").next().unwrap().to_owned()).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn twenty_decisions_in_an_hour_make_one_mail_and_one_more_and_nothing_is_lost(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (app, sink, bea) = with_sink(pool, connect).await;
    say(&app, bea, DecisionWaiting, "Number 0").await;
    job::run_due(&app.base).await.unwrap();
    job::run_due(&app.base).await.unwrap();
    for number in 1..20 {
        app.advance(SignedDuration::from_mins(3));
        say(&app, bea, DecisionWaiting, &format!("Number {number}")).await;
        job::run_due(&app.base).await.unwrap();
    }
    assert_eq!(sink.taken().len(), 1, "the first comes at once, the others wait");
    app.advance(SignedDuration::from_mins(3));
    assert_eq!(deliver(&app).await, sent(1));
    let taken = sink.taken();
    assert_eq!(parsed(&taken[0]).subject(), Some("Countersign: 1 decision waits for you"));
    assert_eq!(parsed(&taken[1]).subject(), Some("Countersign: 19 decisions wait for you"));
    let all: Vec<String> = taken.iter().flat_map(titles).collect();
    assert_eq!(all, (0..20).map(|number| format!("Number {number}")).collect::<Vec<_>>());
    app.advance(SignedDuration::from_hours(2));
    assert_eq!(deliver(&app).await, sent(0), "what was mailed is not mailed again");
}

#[sqlx::test(migrations = "../migrations")]
async fn each_kind_and_each_person_has_an_hour_of_its_own(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (app, sink, bea) = with_sink(pool, connect).await;
    let ana = app.person_with("Ana", Role::Operator).await;
    for (who, kind) in [(bea, DecisionWaiting), (bea, RequestMoved), (ana, DecisionWaiting), (bea, DecisionWaiting)] {
        say(&app, who, kind, "Something").await;
    }
    assert_eq!(deliver(&app).await, sent(3));
    let mut to: Vec<String> = sink.taken().into_iter().flat_map(|taken| taken.to).collect();
    to.sort_unstable();
    assert_eq!(to, ["ana@example.org", "bea@example.org", "bea@example.org"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn two_servers_at_once_make_one_mail_and_send_it_once(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (app, sink, bea) = with_sink(pool, connect).await;
    for number in 0..10 {
        say(&app, bea, DecisionWaiting, &format!("Number {number}")).await;
    }
    let gather = || digests::gather(&app.base, "gather-digests");
    let (one, two, three) = tokio::join!(gather(), gather(), gather());
    assert_eq!(one.unwrap() + two.unwrap() + three.unwrap(), 1);
    let send = || digests::send(&app.base);
    let (one, two, three) = tokio::join!(send(), send(), send());
    assert_eq!(one.unwrap().sent + two.unwrap().sent + three.unwrap().sent, 1);
    assert_eq!(sink.taken().len(), 1);
    assert_eq!(titles(&sink.taken()[0]).len(), 10);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_mail_names_its_sender_says_what_it_is_and_its_links_open(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (app, sink, bea) = with_sink(pool, connect).await;
    say(&app, bea, DecisionWaiting, "REQ-2026-000001 waits").await;
    assert_eq!(deliver(&app).await, sent(1));
    let taken = sink.taken().remove(0);
    assert_eq!((taken.from.as_str(), taken.to.as_slice()), ("countersign@example.org", &["bea@example.org".to_owned()][..]));
    assert_eq!(sink.greeted(), ["[127.0.0.1]"]);
    let mail = parsed(&taken);
    let header = |name: &str| mail.header_raw(name).unwrap_or_default().trim().to_owned();
    assert_eq!((header("Auto-Submitted").as_str(), header("List-Id").as_str()), ("auto-generated", "<decision-waiting.127.0.0.1>"));
    assert_eq!(header("Date"), "Sun, 22 Nov 2026 09:00:00 +0000");
    let digest: uuid::Uuid = sqlx::query_scalar("select id from mail_digest").fetch_one(&app.owner).await.unwrap();
    assert_eq!(mail.message_id(), Some(format!("{digest}@127.0.0.1").as_str()));

    let (text, html) = (mail.body_text(0).unwrap(), mail.body_html(0).unwrap());
    let origin = &app.state.config.public_url;
    let mut in_text: Vec<&str> = text.split_whitespace().filter(|word| word.starts_with("http")).collect();
    let mut in_html: Vec<&str> = html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    in_text.sort_unstable();
    in_html.sort_unstable();
    assert_eq!(in_text, in_html, "both parts lead to the same places");
    assert_eq!(in_text, [format!("{origin}/account#notifications"), format!("{origin}/inbox")]);
    let client = app.sign_in_as(bea).await;
    for link in in_text {
        let path = link.strip_prefix(origin.as_str()).unwrap();
        assert_eq!(client.get(path.split('#').next().unwrap()).await.status, 200, "{link}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_mail_that_is_put_off_waits_longer_each_time_and_is_given_up_with_its_reason(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (app, sink, bea) = with_sink(pool, connect).await;
    sink.behave(Manner::Defer);
    say(&app, bea, DecisionWaiting, "Number 1").await;
    assert_eq!(deliver(&app).await, failed(1));
    for minutes in [1, 5, 30, 120] {
        app.advance(SignedDuration::from_mins(minutes) - SignedDuration::from_secs(1));
        assert_eq!(deliver(&app).await, sent(0), "not before {minutes} minutes");
        app.advance(SignedDuration::from_secs(1));
        assert_eq!(deliver(&app).await, failed(1), "after {minutes} minutes");
    }
    app.advance(SignedDuration::from_hours(100));
    assert_eq!(deliver(&app).await, sent(0));
    assert_eq!(
        app.count("select count(*) from mail_digest where given_up_at is not null and attempts = 5 and leased_until is null").await,
        1
    );

    let administrator = app.person_with("Ada", Role::Administrator).await;
    let administrator = app.sign_in_as(administrator).await;
    let page = administrator.get("/admin").await.text();
    for said in ["Given up", "Bea Example", "451", "Come back later", "A decision waits for you"] {
        assert!(page.contains(said), "{said}");
    }
    sink.behave(Manner::Accept);
    assert_eq!(administrator.server_fn("admin/send_mail_again", &[]).await.status, 200);
    assert_eq!(deliver(&app).await, sent(1));
    assert_eq!(titles(&sink.taken()[0]), ["Number 1"]);
    assert_eq!(administrator.server_fn("admin/send_mail_again", &[]).await.code(), "not_possible");
    assert_eq!(app.count("select count(*) from audit_event where kind = 'job.requested'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_mailbox_that_does_not_exist_is_not_tried_again(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (app, sink, bea) = with_sink(pool, connect).await;
    let ana = app.person_with("Ana", Role::Operator).await;
    sink.behave(Manner::Refuse);
    say(&app, bea, DecisionWaiting, "Number 1").await;
    say(&app, ana, DecisionWaiting, "Number 2").await;
    assert_eq!(deliver(&app).await, failed(2), "one bad address does not keep the others from being tried");
    assert_eq!(
        app.count(
            "select count(*) from mail_digest where given_up_at is not null and attempts = 1 and last_error like '%550%No such mailbox%'"
        )
        .await,
        2
    );
    assert_eq!(
        app.count("select count(*) from notification where in_app and read_at is null").await,
        2,
        "it still stands in the application"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_server_that_cannot_be_used_is_tried_later_with_everything(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (app, sink, bea) = with_sink(pool, connect).await;
    let ana = app.person_with("Ana", Role::Operator).await;
    for (manner, said) in [(Manner::HangUp, "could not be used"), (Manner::AskForPassword, "530"), (Manner::Hang, "did not answer within")]
    {
        query("delete from notification").execute(&app.owner).await.unwrap();
        query("delete from mail_digest").execute(&app.owner).await.unwrap();
        sink.behave(manner);
        say(&app, bea, DecisionWaiting, "Number 1").await;
        say(&app, ana, DecisionWaiting, "Number 2").await;
        let impatient = server::config::Smtp { timeout: Duration::from_millis(300), ..sink.settings() };
        let mail = Mail::from_settings(&impatient, &app.state.config.public_url).unwrap();
        let base = app.base.clone().with_mail(Some(Arc::new(mail)));
        digests::gather(&base, "gather-digests").await.unwrap();
        assert_eq!(digests::send(&base).await.unwrap(), failed(1), "{manner:?}: the others are not even tried");
        let error: String =
            sqlx::query_scalar("select last_error from mail_digest where last_error is not null").fetch_one(&app.owner).await.unwrap();
        assert!(error.contains(said) && error.ends_with('.'), "{error}");
        assert_eq!(
            app.count("select count(*) from mail_digest where given_up_at is null and sent_at is null and leased_until is null").await,
            2
        );
        sink.behave(Manner::Accept);
        app.advance(SignedDuration::from_mins(1));
        assert_eq!(deliver(&app).await, sent(2), "{manner:?}");
    }
    assert_eq!(sink.taken().len(), 6);
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_goes_out_in_the_clear_where_tls_is_asked_for(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (app, sink, bea) = with_sink(pool, connect).await;
    say(&app, bea, DecisionWaiting, "Number 1").await;
    for tls in [server::config::SmtpTls::Starttls, server::config::SmtpTls::Tls] {
        let settings = server::config::Smtp { tls, timeout: Duration::from_millis(500), ..sink.settings() };
        let base = app.base.clone().with_mail(Some(Arc::new(Mail::from_settings(&settings, "https://id.example").unwrap())));
        digests::gather(&base, "gather-digests").await.unwrap();
        assert_eq!(digests::send(&base).await.unwrap(), failed(1), "{tls:?}");
        app.advance(SignedDuration::from_mins(1));
    }
    assert_eq!(sink.taken(), []);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_perhaps_taken_over_is_sent_again_as_the_same_mail(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (app, sink, bea) = with_sink(pool, connect).await;
    sink.behave(Manner::AcceptAndHangUp);
    say(&app, bea, DecisionWaiting, "Number 1").await;
    assert_eq!(deliver(&app).await, failed(1));
    sink.behave(Manner::Accept);
    app.advance(SignedDuration::from_mins(1));
    say(&app, bea, DecisionWaiting, "Number 2").await;
    assert_eq!(deliver(&app).await, sent(1));
    let taken = sink.taken();
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[0], taken[1], "the same bytes, so that the receiver knows it for one mail");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_mail_of_a_server_that_died_is_sent_by_another_when_its_lease_is_over(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (app, sink, bea) = with_sink(pool, connect).await;
    say(&app, bea, DecisionWaiting, "Number 1").await;
    digests::gather(&app.base, "gather-digests").await.unwrap();
    let mut conn = app.pool.acquire().await.unwrap();
    let until = app.now().saturating_add(SignedDuration::from_mins(5)).unwrap();
    assert!(store::digests::lease(&mut conn, app.now(), until).await.unwrap().is_some());
    drop(conn);
    assert_eq!(deliver(&app).await, sent(0), "somebody is at it");
    app.advance(SignedDuration::from_mins(5));
    assert_eq!(deliver(&app).await, sent(1));
    assert_eq!(titles(&sink.taken()[0]), ["Number 1"]);
    assert_eq!(app.count("select count(*) from mail_digest where sent_at is not null and attempts = 2").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_mail_that_brings_each_server_down_is_given_up_without_another_try(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (app, sink, bea) = with_sink(pool, connect).await;
    say(&app, bea, DecisionWaiting, "Number 1").await;
    digests::gather(&app.base, "gather-digests").await.unwrap();
    for _ in 0..5 {
        let until = app.now().saturating_add(SignedDuration::from_mins(5)).unwrap();
        assert!(store::digests::lease(&mut app.pool.acquire().await.unwrap(), app.now(), until).await.unwrap().is_some());
        app.advance(SignedDuration::from_mins(5));
    }
    assert_eq!(deliver(&app).await, failed(1));
    assert_eq!(sink.taken(), []);
    assert_eq!(app.count("select count(*) from mail_digest where given_up_at is not null and last_error like '%stopped%'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_read_in_the_application_is_not_mailed(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (app, sink, bea) = with_sink(pool, connect).await;
    say(&app, bea, DecisionWaiting, "Number 1").await;
    let client = app.sign_in_as(bea).await;
    assert_eq!(client.server_fn("notifications/read_all", &[("until", &app.now().to_string())]).await.status, 200);
    assert_eq!(deliver(&app).await, sent(0));
    say(&app, bea, DecisionWaiting, "Number 2").await;
    assert_eq!(deliver(&app).await, sent(1));
    assert_eq!(titles(&sink.taken()[0]), ["Number 2"]);
    assert_eq!(app.count("select count(*) from notification where mail and digest_id is null").await, 0, "nothing is looked at for ever");
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_is_mailed_who_left_or_has_no_address_and_nothing_of_it_is_mailed_later(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (app, sink, bea) = with_sink(pool, connect).await;
    let (ana, eve) = (app.person_with("Ana", Role::Operator).await, app.person_with("Eve", Role::Operator).await);
    app.set_state(bea, "suspended").await;
    query("update identity set email = null where id = $1").bind(ana.0).execute(&app.owner).await.unwrap();
    query("update identity set email = 'eve@example.org' || chr(13) || chr(10) || 'Bcc: x@example.org' where id = $1")
        .bind(eve.0)
        .execute(&app.owner)
        .await
        .unwrap();
    for who in [bea, ana, eve] {
        say(&app, who, DecisionWaiting, "Number 1").await;
    }
    assert_eq!(deliver(&app).await, sent(0));
    app.set_state(bea, "active").await;
    query("update identity set email = 'a@example.org' where email is null").execute(&app.owner).await.unwrap();
    app.advance(SignedDuration::from_hours(2));
    assert_eq!(deliver(&app).await, sent(0));
    assert_eq!(sink.taken(), []);
    assert_eq!(app.count("select count(*) from notification where in_app").await, 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn without_mail_everything_shows_in_the_application_and_setting_mail_up_sends_no_old_news(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let app = TestApp::new(pool, connect).await;
    let unit = app.unit("Payments").await;
    let bea = app.person("Bea", unit, None).await;
    say(&app, bea, DecisionWaiting, "Number 1").await;
    assert_eq!(deliver(&app).await, sent(0));
    let administrator = app.person_with("Ada", Role::Administrator).await;
    let page = app.sign_in_as(administrator).await.get("/admin").await.text();
    assert!(page.contains("Not set up") && page.contains("docs/operating.md"));
    let sink = Sink::start().await;
    let mail = Mail::from_settings(&sink.settings(), &app.state.config.public_url).unwrap();
    let base = app.base.clone().with_mail(Some(Arc::new(mail)));
    assert_eq!(digests::gather(&base, "gather-digests").await.unwrap(), 0);
    assert_eq!(app.count("select count(*) from notification where in_app").await, 1);
}
