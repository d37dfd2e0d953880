//! Taking work on and giving it back, due times, and reminders.

use super::scene::*;

#[sqlx::test(migrations = "../migrations")]
async fn what_somebody_has_taken_on_nobody_else_confirms(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (_, release) = approved(&s).await;
    for _ in 0..2 {
        let reply = s.call(s.pia, "releases/claim", &[("release", &release)]).await;
        assert!(reply.status < 400, "taken on twice is taken on once: {}", reply.text());
    }
    let events = "select count(*) from audit_event where kind = 'release.claimed' and subject_id = $1::uuid";
    assert_eq!(one::<i64>(&s, events, &release).await, 1);
    for reply in
        [confirm(&s, s.pol, &release, &[("evidence", "Seen.")]).await, s.call(s.pol, "releases/claim", &[("release", &release)]).await]
    {
        assert_eq!((reply.status, refusal(&reply)), (409, json!("claimed")));
    }
    assert_eq!(upload(&s, s.pol, &release, "a.txt", "text/plain", NOTE).await.status, 409);
    let (mut pol, mut pia) = (browser(&s, s.pol).await, browser(&s, s.pia).await);
    pol.open(&format!("/releases/{release}")).await;
    assert!(pol.says("Pia Example has taken it on.") && !pol.has_form("/api/releases/execute", ""), "{}", pol.text());
    pia.open(&format!("/releases/{release}")).await;
    assert!(pia.has_form("/api/releases/execute", "") && !pia.has_form("/api/releases/claim", ""));
    let give_back = pia.form("/api/releases/give_back", &release);
    pia.send(&give_back).await;
    assert!(pia.says("Nobody yet") && pia.has_form("/api/releases/claim", ""), "{}", pia.text());
    done(&s, s.pol, &release).await;
    assert_eq!(state(&s, &release).await, "closed");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_claim_lapses_after_eight_working_hours_and_not_a_moment_before(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (_, release) = approved(&s).await;
    s.app.clock.set("2026-11-24T13:00:00Z".parse().unwrap());
    assert!(s.call(s.pia, "releases/claim", &[("release", &release)]).await.status < 400);
    let until: Timestamp = one::<String>(
        &s,
        "select to_char(claim_lapses_at at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') from release where id = $1::uuid",
        &release,
    )
    .await
    .parse()
    .unwrap();
    // A night lies between: the working day is nine hours long.
    assert!(until > "2026-11-25T08:00:00Z".parse().unwrap() && until < "2026-11-25T18:00:00Z".parse().unwrap(), "{until}");
    s.app.clock.set(until.saturating_sub(SignedDuration::from_secs(10)).unwrap());
    remind(&s).await;
    assert_eq!(confirm(&s, s.pol, &release, &[("evidence", "Seen.")]).await.code(), "claimed");
    s.app.clock.set(until.saturating_add(SignedDuration::from_secs(1)).unwrap());
    remind(&s).await;
    let detail = "select (convert_from(convert_to(body, 'UTF8'), 'UTF8')::jsonb) ->> 'detail' from audit_event where kind = 'release.claimed' and subject_id = $1::uuid order by at desc, id desc limit 1";
    assert!(one::<String>(&s, detail, &release).await.ends_with("the claim lapsed"));
    done(&s, s.pol, &release).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_approved_and_the_subject_take_nothing_on_and_add_nothing(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (_, release) = approved(&s).await;
    for who in [s.mona, s.ana] {
        s.app.role(who, Role::Operator).await;
        let reply = s.call(who, "releases/claim", &[("release", &release)]).await;
        assert_eq!((reply.status, refusal(&reply)), (403, json!("separation_of_duties")));
        assert_eq!(upload(&s, who, &release, "a.txt", "text/plain", NOTE).await.status, 403);
        let mut page = browser(&s, who).await;
        page.open(&format!("/releases/{release}")).await;
        assert!(page.says("You are concerned by this request"), "{}", page.text());
        assert!(!page.has_form("/api/releases/claim", "") && !page.has_form("/api/releases/execute", ""));
        // Also in the database, for whoever comes another way.
        let forced = sqlx::query(
            "update release set claimed_by = $2, claimed_at = now(), claim_lapses_at = now() + interval '1 hour' where id = $1::uuid",
        )
        .bind(&release)
        .bind(who.0)
        .execute(&s.app.owner)
        .await;
        let constraint = forced.unwrap_err().as_database_error().and_then(|error| error.constraint().map(str::to_owned)).unwrap();
        assert!(constraint.starts_with("release_hand_not_by_"), "{constraint}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_late_is_said_once_to_whoever_can_do_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    by_hand(&s, &json!({ "due_hours": 4 })).await;
    s.app.clock.set("2026-11-24T13:00:00Z".parse().unwrap());
    let request = {
        let reply = s.try_submit(s.ana, s.read, &[("starts_on", "2026-11-24")]).await;
        assert!(reply.status < 400, "{}", reply.text());
        s.newest().await
    };
    s.approve(s.mona, &request).await;
    let release = s.open_release(&request).await;
    let told = "select count(*) from notification where kind = 'reminder' and href = '/releases/' || $1";
    remind(&s).await;
    assert_eq!(one::<i64>(&s, told, &release).await, 0, "not before it is due");
    s.app.clock.set("2026-11-25T15:00:00Z".parse().unwrap());
    for _ in 0..2 {
        remind(&s).await;
    }
    assert_eq!(one::<i64>(&s, told, &release).await, 2, "both operators, once");
    let late = view(&s, s.pia, &release).await;
    assert!(late["late"].as_str().is_some_and(|late| late.contains('h')), "{}", late["late"]);
    let list = s.call(s.pia, "releases/list", &[("filter", "late")]).await.json();
    assert_eq!(list["page"]["rows"][0]["id"], json!(release));
}

#[sqlx::test(migrations = "../migrations")]
async fn settings_that_cannot_be_read_keep_no_access_from_ending(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.granted().await;
    by_hand(&s, &json!({ "due_hours": "two days" })).await;
    s.app.clock.set("2026-12-22T00:00:00Z".parse().unwrap());
    let report = server::job::end_grants::run(&s.app.base).await.unwrap();
    assert_eq!((report.changed, report.failed), (1, 0), "{report:?}");
    let stands = "select g.state || ', ' || l.state from access_grant g join release l on l.id = g.removal_release_id where g.request_id = $1::uuid and l.due_at > g.ending_since";
    assert_eq!(one::<String>(&s, stands, &request).await, "ending, planned");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_answer_to_one_release_is_none_for_another(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (_, first) = approved(&s).await;
    let second = s.submit(s.ana, s.write).await;
    s.approve(s.mona, &second).await;
    s.approve(s.olga, &second).await;
    let second = s.open_release(&second).await;
    let key = uuid();
    let execute = async |release: &str| {
        let version = view(&s, s.pol, release).await["version"].to_string();
        let fields = [
            ("release", release),
            ("version", version.as_str()),
            ("shown_as", ""),
            ("key", key.as_str()),
            ("evidence", "Seen in the console."),
        ];
        s.call(s.pia, "releases/execute", &fields).await
    };
    assert!(execute(&first).await.status < 400);
    let reply = execute(&second).await;
    assert_eq!((reply.status, refusal(&reply)), (409, json!("changed")));
    assert_eq!((state(&s, &first).await.as_str(), state(&s, &second).await.as_str()), ("closed", "planned"));
    assert!(execute(&first).await.status < 400, "the same once more is the same answer");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_removal_of_somebody_who_stopped_is_due_when_their_specification_promises_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let due = "select to_char((l.due_at - g.ending_since), 'DD HH24:MI') from access_grant g join release l on l.id = g.removal_release_id where g.request_id = $1::uuid";
    let promise = "update identity_specification set termination_within_hours = $1::int where population = 'employee'";
    let s = Story::begin(pool, connect).await;
    let first = s.granted().await;
    run(&s, promise, "1").await;
    // A Sunday: no operator has promised anything before Monday.
    s.app.set_state(s.ana, "suspended").await;
    server::job::end_grants::run(&s.app.base).await.unwrap();
    assert_eq!(one::<String>(&s, due, &first).await, "00 01:00");

    // What the desk promises anyway is no later for it, and other ends have nothing to do with it.
    run(&s, promise, "720").await;
    let second = s.app.asked(s.stan, s.read, "approved").await;
    s.app.given(second, s.pia).await;
    let third = s.app.asked(s.dan, s.read, "approved").await;
    let kept = s.app.given(third, s.pia).await.to_string();
    s.app.set_state(s.stan, "suspended").await;
    server::job::end_grants::run(&s.app.base).await.unwrap();
    run(&s, promise, "1").await;
    assert!(s.call(s.dan, "grants/give_back", &[("grant", &kept)]).await.status < 400);
    let desk = one::<String>(&s, due, &second.to_string()).await;
    assert!(desk.starts_with("01 ") || desk.starts_with("02 "), "the working hours of the desk: {desk}");
    let given_back = one::<String>(&s, due, &third.to_string()).await;
    assert!(given_back.starts_with("01 ") || given_back.starts_with("02 "), "{given_back}");
}
