//! Who is told what, event by event: every kind of notification comes from something that happens,
//! its words give nothing away, and its links open, in the application and in the mail.

use super::cast::Story;
use crate::support::*;
use domain::notification::NotificationKind;
use domain::permission::Role;
use std::collections::BTreeSet;

/// A story with a mail server and somebody who keeps the rules.
async fn begin(pool: PgPoolOptions, connect: PgConnectOptions) -> (Story, Sink, IdentityId) {
    let sink = Sink::start().await;
    let s = Story::begin_with(pool, connect, Setup { mail: Some(sink.settings()), ..Setup::default() }).await;
    let cora = s.app.person_with("Cora", Role::Compliance).await;
    (s, sink, cora)
}

/// Kind and given name of everything that was told since the last look.
async fn news(s: &Story) -> BTreeSet<(String, String)> {
    let told: Vec<(String, String)> = sqlx::query_as(
        "update notification n set read_at = n.at from identity i where i.id = n.recipient_id and n.read_at is null returning n.kind, i.given_name",
    )
    .fetch_all(&s.app.owner)
    .await
    .unwrap();
    told.into_iter().collect()
}

fn set(lines: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    lines.iter().map(|(kind, who)| ((*kind).to_owned(), (*who).to_owned())).collect()
}

async fn at(s: &Story, moment: &str) {
    s.app.clock.set(moment.parse().unwrap());
    server::job::remind_and_escalate::run(&s.app.base).await.unwrap();
    server::job::announce_ends::run(&s.app.base).await.unwrap();
    s.jobs().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn each_event_tells_those_whom_it_concerns_and_every_kind_comes_from_one(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (s, _, _) = begin(pool, connect).await;
    let mut seen = BTreeSet::new();
    let mut look = async |moment: &str, expected: &[(&str, &str)]| {
        let told = news(&s).await;
        assert_eq!(told, set(expected), "{moment}");
        seen.extend(told.into_iter().map(|(kind, _)| kind));
    };
    let request = s.submit(s.ana, s.write).await;
    look("submitted", &[("decision_waiting", "Mona")]).await;
    at(&s, "2026-11-24T12:00:00Z").await;
    look("eight working hours later", &[("reminder", "Mona")]).await;
    at(&s, "2026-11-26T12:00:00Z").await;
    look("twenty-four working hours later", &[("escalated", "Boss")]).await;
    s.decide(s.mona, &request, "return", "Which ledger is it about?").await;
    look("a question", &[("question", "Ana")]).await;
    let version = s.show(s.ana, &request).await["version"].to_string();
    let answered = s
        .call(s.ana, "requests/answer_question", &[("request", &request), ("version", &version), ("answer", "The one of the north.")])
        .await;
    assert!(answered.status < 400, "{}", answered.text());
    look("an answer", &[("answered", "Mona")]).await;
    s.approve(s.mona, &request).await;
    look("approved by the manager", &[("decision_waiting", "Olga"), ("decision_waiting", "Dan")]).await;
    s.approve(s.olga, &request).await;
    look("approved by the owner", &[("request_moved", "Ana")]).await;

    sqlx::query("update identity set mfa = 'absent' where id = $1").bind(s.ana.0).execute(&s.app.owner).await.unwrap();
    let release = s.open_release(&request).await;
    s.execute(s.pia, &release).await;
    look("a gate is not met at release", &[("held", "Ana"), ("held", "Cora")]).await;
    sqlx::query("update identity set mfa = 'passkey' where id = $1").bind(s.ana.0).execute(&s.app.owner).await.unwrap();
    s.execute(s.pia, &release).await;
    look("carried out", &[("request_moved", "Ana")]).await;
    at(&s, "2026-12-12T12:00:00Z").await;
    look("more than a third of the time is left", &[]).await;
    at(&s, "2026-12-14T12:00:00Z").await;
    look("a third of the time is left", &[("access_ends", "Ana")]).await;
    at(&s, "2026-12-14T13:00:00Z").await;
    look("it is told once", &[]).await;
    at(&s, "2026-12-17T12:00:00Z").await;
    look("a week is left", &[("access_ends", "Ana")]).await;
    at(&s, "2026-12-21T12:00:00Z").await;
    look("a day is left", &[("access_ends", "Ana")]).await;
    at(&s, "2026-12-22T00:00:00Z").await;
    look("the end", &[("access_ends", "Ana")]).await;

    let reply = s.try_submit(s.ana, s.read, &[("starts_on", "2026-12-22"), ("ends_on", "2027-01-15")]).await;
    assert!(reply.status < 400, "{}", reply.text());
    let request = s.newest().await;
    let shown = s.shown(s.mona, &request).await;
    s.decide_on(s.mona, &shown, "approve", "").await;
    news(&s).await;
    let version = s.show(s.ana, &request).await["version"].to_string();
    let withdrawn =
        s.call(s.ana, "requests/withdraw", &[("request", &request), ("version", &version), ("reason", "Not needed any more.")]).await;
    assert!(withdrawn.status < 400, "{}", withdrawn.text());
    look("withdrawn while it was being decided", &[("request_moved", "Mona")]).await;
    s.become_final().await;
    look("the decision came too late", &[("not_recorded", "Mona")]).await;

    let write = s.write.to_string();
    let proposal = [
        ("kind", "entitlement"),
        ("record_key", write.as_str()),
        ("base_version", "1"),
        ("fields[tier]", "privileged"),
        ("fields[tier_reason]", "It can change more than it seemed."),
        ("fields[longest_days]", "30"),
        ("reason", "Found in the review."),
        ("key", "0190b0f0-0000-7000-8000-0000000000f4"),
    ];
    let proposed = s.call(s.olga, "changes/propose", &proposal).await;
    assert_eq!(proposed.status, 200, "{}", proposed.text());
    let told = news(&s).await;
    assert!(
        told.iter().all(|(kind, who)| kind == "change" && who != "Olga") && told.contains(&("change".to_owned(), "Dan".to_owned())),
        "{told:?}"
    );
    seen.insert("change".to_owned());

    let delegated = s
        .app
        .sign_in_as(s.mona)
        .await
        .post_form(
            "/account",
            &[("to", "stan@example.org"), ("starts_on", "2026-12-22"), ("ends_on", "2026-12-24"), ("reason", "On leave.")],
        )
        .await;
    assert_eq!(delegated.location(), "/account?delegated", "{}", delegated.text());
    assert_eq!(news(&s).await, set(&[("delegation", "Stan")]));
    seen.insert("delegation".to_owned());

    let adam = s.app.person_with("Adam", domain::permission::Role::Administrator).await;
    server::job::register(&s.app.base).await.unwrap();
    sqlx::query("update job set next_run_at = next_run_at - interval '30 days'").execute(&s.app.owner).await.unwrap();
    server::usecase::lateness::watch(&s.app.base).await.unwrap();
    let told: Vec<String> =
        sqlx::query_scalar("select kind from notification where recipient_id = $1").bind(adam.0).fetch_all(&s.app.owner).await.unwrap();
    assert_eq!(told, ["work_late"]);
    seen.extend(told);
    let all: BTreeSet<String> = NotificationKind::ALL.iter().map(|kind| kind.word().to_owned()).collect();
    assert_eq!(seen, all, "a kind that nothing produces");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_told_names_no_entitlement_and_no_reason_and_every_link_opens_for_its_reader(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let (s, sink, _) = begin(pool, connect).await;
    let request = s.submit(s.ana, s.write).await;
    s.decide(s.mona, &request, "return", "Which secret project is it?").await;
    let version = s.show(s.ana, &request).await["version"].to_string();
    s.call(s.ana, "requests/answer_question", &[("request", &request), ("version", &version), ("answer", "Nightingale.")]).await;
    s.approve(s.mona, &request).await;
    s.approve(s.olga, &request).await;
    let release = s.open_release(&request).await;
    s.execute(s.pia, &release).await;
    let told: Vec<(uuid::Uuid, String, String)> =
        sqlx::query_as("select recipient_id, title, href from notification").fetch_all(&s.app.owner).await.unwrap();
    assert!(told.len() >= 5, "{told:?}");
    for (who, title, href) in &told {
        for word in ["Ledger", "Writer", "Ana", "Mona", "secret", "Nightingale", "night run"] {
            assert!(!title.contains(word), "{title}");
        }
        let reader = s.app.sign_in_as(IdentityId(*who)).await;
        assert_eq!(reader.get(href).await.status, 200, "{title}: {href}");
    }

    server::job::gather_digests::run(&s.app.base).await.unwrap();
    server::job::send_mail::run(&s.app.base).await.unwrap();
    let taken = sink.taken();
    assert!(taken.len() >= 4, "{}", taken.len());
    for mail in taken {
        let parsed = mail_parser::MessageParser::default().parse(&mail.raw).unwrap();
        let subject = parsed.subject().unwrap();
        assert!(subject.starts_with("Countersign: ") && !subject.contains("REQ-") && !subject.contains("Ledger"), "{subject}");
        let who: uuid::Uuid =
            sqlx::query_scalar("select id from identity where email = $1").bind(&mail.to[0]).fetch_one(&s.app.owner).await.unwrap();
        let reader = s.app.sign_in_as(IdentityId(who)).await;
        let text = parsed.body_text(0).unwrap();
        let links: Vec<&str> =
            text.split_whitespace().filter_map(|word| word.strip_prefix(s.app.state.config.public_url.as_str())).collect();
        assert!(links.len() >= 2, "{text}");
        for link in links {
            assert_eq!(reader.get(link.split('#').next().unwrap()).await.status, 200, "{subject}: {link}");
        }
    }
}
