//! What was asked for about access that ends: a later end that comes too late is taken back with it, and
//! the same can be asked for anew. And ends that no calendar keeps from coming.

use super::steps::*;

/// A later end of what a request gave, that nobody has decided on.
async fn asked_for_longer(s: &Story, request: &str) -> String {
    let kind = format!("extend:{}", grant_of(s, request).await);
    let reply = s.try_submit(s.ana, s.read, &[("kind", &kind), ("ends_on", "2027-01-31")]).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    s.newest().await
}

/// Ends what is due, and nothing keeps the job from its work.
async fn end(s: &Story) {
    let report = server::job::end_grants::run(&s.app.base).await.unwrap();
    assert_eq!(report.failed, 0, "{report:?}");
}

/// What a request came to, with the reason that stands on it.
async fn came_to(s: &Story, request: &str) -> String {
    one(s, "select state || coalesce(': ' || state_reason, '') from request where id = $1::uuid", request).await
}

/// How many decisions wait for Mona.
async fn waiting(s: &Story) -> Value {
    s.call(s.mona, "inbox/list", &[]).await.json()["page"]["total"].clone()
}

/// How often Ana was told that a request was withdrawn.
async fn told(s: &Story, request: &str) -> i64 {
    let title = one(s, "select number || ' was withdrawn' from request where id = $1::uuid", request).await;
    sqlx::query_scalar("select count(*) from notification where recipient_id = $1 and title = $2")
        .bind(s.ana.0)
        .bind(title)
        .fetch_one(&s.app.owner)
        .await
        .unwrap()
}

/// Ana asks for the same from a day on, over days that the extension asked for as well.
async fn asks_anew(s: &Story, starts_on: &str) {
    let reply = s.try_submit(s.ana, s.read, &[("starts_on", starts_on), ("ends_on", "2027-01-31")]).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    assert_eq!(s.state(&s.newest().await).await, "in_approval");
}

/// How long after a removal was planned it is due.
async fn due_after(s: &Story, removal: &str) -> String {
    one(s, "select (due_at - planned_at)::text from release where id = $1::uuid", removal).await
}

#[sqlx::test(migrations = "../migrations")]
async fn an_extension_in_approval_is_withdrawn_at_the_end_and_the_same_can_be_asked_for_anew(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let s = Story::begin(pool, connect).await;
    let first = s.granted().await;
    let longer = asked_for_longer(&s, &first).await;
    at(&s, "2026-12-21T23:59:50Z");
    end(&s).await;
    assert_eq!((came_to(&s, &longer).await.as_str(), waiting(&s).await), ("in_approval", json!(1)), "not a moment before");
    at(&s, END);
    end(&s).await;
    assert_eq!(grant_state(&s, &first).await, "ending: expired");
    assert_eq!(came_to(&s, &longer).await, "withdrawn: The access ended before it was extended.");
    assert_eq!((waiting(&s).await, told(&s, &longer).await), (json!(0), 1), "nobody is asked any more, and who asked is told");
    end(&s).await;
    assert_eq!(told(&s, &longer).await, 1, "once");
    asks_anew(&s, "2026-12-22").await;
    assert_eq!(waiting(&s).await, json!(1));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_extension_approved_from_a_later_day_on_is_withdrawn_at_the_end_with_its_release(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let s = Story::begin(pool, connect).await;
    let first = s.granted().await;
    let longer = s.extension(&first, "2026-12-22", "2027-01-31").await;
    let release = s.open_release(&longer).await;
    at(&s, END);
    end(&s).await;
    assert_eq!(grant_state(&s, &first).await, "ending: expired");
    assert_eq!(came_to(&s, &longer).await, "withdrawn: The access ended before it was extended.");
    assert_eq!((release_state(&s, &release).await.as_str(), told(&s, &longer).await), ("cancelled", 1));
    let kinds: Vec<String> = s.events(&longer).await.into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(kinds[kinds.len() - 2..], ["release.cancelled", "request.withdrawn"]);
    asks_anew(&s, "2026-12-22").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_is_suspended_finds_no_extension_in_the_way_when_they_are_back(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let first = s.granted().await;
    let longer = asked_for_longer(&s, &first).await;
    s.app.set_state(s.ana, "suspended").await;
    end(&s).await;
    assert_eq!(grant_state(&s, &first).await, "ending: identity_stopped");
    assert_eq!(came_to(&s, &longer).await, "withdrawn: The person is no longer active, so the access ended before it was extended.");
    assert_eq!(waiting(&s).await, json!(0));
    carry_out(&s, &first).await;
    assert_eq!(grant_state(&s, &first).await, "ended: identity_stopped");
    s.app.set_state(s.ana, "active").await;
    asks_anew(&s, "2026-11-22").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_calendar_that_cannot_be_read_keeps_no_access_and_no_question_about_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let first = s.granted().await;
    let longer = asked_for_longer(&s, &first).await;
    let asked = s.decide(s.mona, &longer, "return", "For how long?").await;
    assert!(asked.status < 400, "{}", asked.text());
    assert_eq!(s.state(&longer).await, "returned");
    sqlx::query("update business_calendar set zone = 'Mars/Olympus'").execute(&s.app.owner).await.unwrap();
    at(&s, END);
    end(&s).await;
    assert_eq!(grant_state(&s, &first).await, "ending: expired");
    assert_eq!(came_to(&s, &longer).await, "withdrawn: The access ended before it was extended.");
    assert_eq!(due_after(&s, &removal_of(&s, &first).await).await, "16:00:00", "by the clock");
    carry_out(&s, &first).await;
    assert_eq!(grant_state(&s, &first).await, "ended: expired");
}

#[sqlx::test(migrations = "../migrations")]
async fn who_is_suspended_loses_access_although_no_calendar_of_their_unit_is_in_force(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let first = s.granted().await;
    sqlx::query("update unit set calendar_code = 'forgotten'").execute(&s.app.owner).await.unwrap();
    s.app.set_state(s.ana, "suspended").await;
    end(&s).await;
    assert_eq!(grant_state(&s, &first).await, "ending: identity_stopped");
    assert_eq!(due_after(&s, &removal_of(&s, &first).await).await, "16:00:00", "by the clock");
}
