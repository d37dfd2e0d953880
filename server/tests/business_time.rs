//! Business time: which version of which calendar counts, what happens when it cannot be read, and
//! the three times on a request's page.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers as well")]

mod support;

use app::error::AppError;
use app::requests::port::Requests;
use domain::actor::{Actor, Caller};
use domain::id::StageId;
use jiff_sqlx::ToSqlx as _;
use server::usecase::business_time::{calendar_of, calendar_version};
use server::usecase::requests::RequestService;
use server::usecase::work::Work;
use sqlx::query;
use support::*;

/// When eight hours that begin on Sunday, 22 November 2026, at 09:00 UTC are over for the unit.
async fn eight_hours(app: &TestApp, unit: Option<UnitId>) -> Result<(String, i32, String), AppError> {
    let mut work = Work::begin(&app.base, Actor::System { job: "test".into() }).await.unwrap();
    let calendar = calendar_of(&mut work, &app.base, unit).await?;
    let due = calendar.calendar.add_working(app.now(), SignedDuration::from_hours(8));
    Ok((calendar.code, calendar.version, due.to_string()))
}

#[sqlx::test(migrations = "../migrations")]
async fn the_newest_version_in_force_of_the_units_calendar_counts(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let unit = app.unit("Night shift").await;
    let found = |code: &str, version, due: &str| Ok((code.to_owned(), version, due.to_owned()));
    let weekdays = |hours: &str| {
        let day = if hours.is_empty() { "[]".to_owned() } else { format!("[{hours}]") };
        format!("[{day},{day},{day},{day},{day},[],[]]")
    };
    assert_eq!(eight_hours(&app, Some(unit)).await, found("standard", 1, "2026-11-23T17:00:00Z"));
    assert_eq!(eight_hours(&app, None).await, found("standard", 1, "2026-11-23T17:00:00Z"));

    let insert = "insert into business_calendar (code, version, name, zone, hours, holidays, effective_from) values ($1, $2, 'Night shift', $3, $4::jsonb, $5::jsonb, $6::timestamptz)";
    for (version, zone, hours, holidays, from) in [
        (1, None, weekdays(r#"["20:00","24:00"]"#), "[]", "2026-01-01T00:00:00Z"),
        (
            2,
            Some("America/New_York"),
            weekdays(r#"["20:00","24:00"]"#),
            r#"[{"date":"2026-11-23","name":"Day off"}]"#,
            "2026-11-01T00:00:00Z",
        ),
        (3, None, weekdays(r#"["00:00","24:00"]"#), "[]", "2027-01-01T00:00:00Z"),
    ] {
        query(insert).bind("nights").bind(version).bind(zone).bind(hours).bind(holidays).bind(from).execute(&app.owner).await.unwrap();
    }
    query("update unit set calendar_code = 'nights' where id = $1").bind(unit.0).execute(&app.owner).await.unwrap();
    // Version 2: four hours on Tuesday and four on Wednesday, and midnight in New York is five hours later here.
    assert_eq!(eight_hours(&app, Some(unit)).await, found("nights", 2, "2026-11-26T05:00:00Z"));
    assert_eq!(eight_hours(&app, None).await, found("standard", 1, "2026-11-23T17:00:00Z"));
    // What was worked out with version 1 can be worked out again.
    let mut work = Work::begin(&app.base, Actor::System { job: "test".into() }).await.unwrap();
    let old = calendar_version(&mut work, &app.base, "nights", 1).await.unwrap();
    assert_eq!(old.calendar.add_working(app.now(), SignedDuration::from_hours(8)).to_string(), "2026-11-25T00:00:00Z");
    app.advance(SignedDuration::from_hours(24 * 60));
    assert_eq!(eight_hours(&app, Some(unit)).await.map(|(_, version, _)| version), Ok(3));
}

#[sqlx::test(migrations = "../migrations")]
async fn without_a_calendar_that_can_be_used_nothing_has_a_due_time(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let unit = app.unit("Sales").await;
    let hours = |day: &str| format!("[{day},[],[],[],[],[],[]]");
    for (code, zone, day) in [
        ("nowhere", Some("Mars/Olympus"), r#"[["09:00","17:00"]]"#),
        ("never", None, "[]"),
        ("backwards", None, r#"[["17:00","09:00"]]"#),
        ("twice", None, r#"[["09:00","17:00"],["10:00","11:00"]]"#),
    ] {
        query("insert into business_calendar (code, version, name, zone, hours, effective_from) values ($1, 1, $1, $2, $3::jsonb, '2026-01-01Z')")
            .bind(code)
            .bind(zone)
            .bind(hours(day))
            .execute(&app.owner)
            .await
            .unwrap();
        query("update unit set calendar_code = $2 where id = $1").bind(unit.0).bind(code).execute(&app.owner).await.unwrap();
        assert_eq!(eight_hours(&app, Some(unit)).await, Err(AppError::Internal), "{code}");
    }
    query("update unit set calendar_code = 'forgotten' where id = $1").bind(unit.0).execute(&app.owner).await.unwrap();
    assert_eq!(eight_hours(&app, Some(unit)).await, Err(AppError::Internal));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_request_shows_elapsed_working_and_waiting_time_apart(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    app.specifications().await;
    let unit = app.unit("Sales").await;
    let boss = app.person("Boss", unit, None).await;
    let ana = app.person("Ana", unit, Some(boss)).await;
    let ledger = app.application("LEDGER", boss, None).await;
    let what = app.entitlement(ledger, "Ledger Reader", "standard").await;
    let reader = Caller {
        session: SessionId::new(app.now(), app.system.random()),
        identity: ana,
        name: "Ana Example".into(),
        roles: vec![],
        applications: vec![],
    };
    let service = RequestService::new(app.base.clone());
    let request = app.asked(ana, what, "in_approval").await;
    // From Sunday, 09:00, to Monday, 11:00.
    app.advance(SignedDuration::from_hours(26));
    let view = service.show(&reader, request).await.unwrap();
    assert_eq!(view.time.words, "1 d 2 h elapsed, 2 h working");
    assert_eq!(view.time.calendar, "Monday to Friday, 9 to 17, version 1");

    // A stage that was opened then, and waits for the requester since 12:00 after an hour of it before.
    query(
        "insert into approval_stage (id, request_id, revision, position, step, name, sources, state, opened_at, due_at, calendar_code, calendar_version, paused_at, remaining_seconds, waited_seconds)
         values ($1, $2, 1, 1, 1, 'Line manager', '{line_manager}', 'open', $3, $3::timestamptz + interval '1 day', 'standard', 1, $3::timestamptz + interval '3 hours', 3600, 3600)",
    )
    .bind(StageId::new(app.now(), app.system.random()).0)
    .bind(request.0)
    .bind(app.now().to_sqlx())
    .execute(&app.owner)
    .await
    .unwrap();
    // Tuesday, 11:00.
    app.advance(SignedDuration::from_hours(24));
    let view = service.show(&reader, request).await.unwrap();
    let stage = view.stages[0].time.clone().unwrap();
    assert_eq!(stage.words, "1 d elapsed, 2 h working, 6 h waiting for the requester");
    assert_eq!(stage.calendar, "Monday to Friday, 9 to 17, version 1");
    assert_eq!(view.time.words, "2 d 2 h elapsed, 4 h working, 6 h waiting for the requester");

    // Once access was given, time stands still.
    query(
        "update approval_stage set state = 'approved', closed_at = $1, paused_at = null, remaining_seconds = null, waited_seconds = 21600",
    )
    .bind(app.now().to_sqlx())
    .execute(&app.owner)
    .await
    .unwrap();
    app.given(request, boss).await;
    app.advance(SignedDuration::from_hours(240));
    let view = service.show(&reader, request).await.unwrap();
    assert_eq!(view.time.words, "2 d 2 h elapsed, 4 h working, 6 h waiting for the requester");
    assert_eq!(view.stages[0].time.as_ref().unwrap().words, "1 d elapsed, 2 h working, 6 h waiting for the requester");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_due_time_by_another_clock_than_the_installations_names_the_zone_it_is_written_in(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let app = TestApp::new(pool, connect).await;
    let Ledger { unit, mona, ana, ledger, .. } = app.ledger().await;
    let other = app.entitlement(ledger, "Ledger Viewer", "standard").await;
    query(
        "insert into business_calendar (code, version, name, zone, hours, effective_from)
         select 'new-york', 1, 'New York', 'America/New_York', hours, effective_from from business_calendar where code = 'standard'",
    )
    .execute(&app.owner)
    .await
    .unwrap();
    let submit = async |what: EntitlementId| {
        let (what, key) = (what.to_string(), uuid());
        let fields = [
            ("entitlement", what.as_str()),
            ("reason_code", "incident"),
            ("justification", "Needed to look into the failed night run of the ledger."),
            ("starts_on", "2026-11-22"),
            ("ends_on", "2026-12-21"),
            ("key", key.as_str()),
        ];
        app.advance(SignedDuration::from_secs(1));
        let reply = app.sign_in_as(ana).await.server_fn("requests/submit", &fields).await;
        assert!(reply.status < 400, "{}", reply.text());
        let id: sqlx::types::Uuid =
            sqlx::query_scalar("select id from request order by number desc limit 1").fetch_one(&app.owner).await.unwrap();
        let page = app.sign_in_as(ana).await.get(&format!("/requests/{id}")).await.text().replace("<!>", "");
        let body: String = sqlx::query_scalar("select body from notification where recipient_id = $1 order by at desc, id desc limit 1")
            .bind(mona.0)
            .fetch_one(&app.owner)
            .await
            .unwrap();
        (page, body)
    };
    let (page, told) = submit(app.entitlement(ledger, "Ledger Printer", "standard").await).await;
    assert!(page.contains("24 Nov 2026 17:00") && !page.contains("17:00 (UTC)"), "{page}");
    assert_eq!(told, "Line manager, due 24 Nov 2026 17:00.");
    query("update unit set calendar_code = 'new-york' where id = $1").bind(unit.0).execute(&app.owner).await.unwrap();
    // Five in the afternoon there is ten in the evening here.
    let (page, told) = submit(other).await;
    assert!(page.contains("24 Nov 2026 22:00 (UTC)"), "{page}");
    assert_eq!(told, "Line manager, due 24 Nov 2026 22:00 (UTC).");
}
