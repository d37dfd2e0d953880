//! Reminders of an end: when, to whom, once each, and with the extension one press away.

use super::steps::*;

/// Titles of what somebody was told of ends, in order.
async fn told(s: &Story, who: IdentityId) -> Vec<String> {
    sqlx::query_scalar("select title from notification where kind = 'access_ends' and recipient_id = $1 order by at, id")
        .bind(who.0)
        .fetch_all(&s.app.owner)
        .await
        .unwrap()
}

const SOON: &str = "Access of yours ends";
const WEEK: &str = "Access of yours ends within a week";
const DAY: &str = "Access of yours ends within a day";

#[sqlx::test(migrations = "../migrations")]
async fn people_are_told_a_third_a_week_and_a_day_before_the_end_once_each(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.granted().await;
    let set = one(&s, "select expiring_from::text from access_grant where request_id = $1::uuid", &request).await;
    assert!(set.starts_with("2026-12-12 03:"), "a third of 29 days and 15 hours before the end: {set}");
    for (moment, expected) in [
        ("2026-12-12T03:00:00Z", vec![]),
        ("2026-12-12T04:00:00Z", vec![SOON]),
        ("2026-12-14T23:59:59Z", vec![SOON]),
        ("2026-12-15T00:00:00Z", vec![SOON, WEEK]),
        ("2026-12-20T23:59:59Z", vec![SOON, WEEK]),
        ("2026-12-21T00:00:00Z", vec![SOON, WEEK, DAY]),
        ("2026-12-21T23:59:59Z", vec![SOON, WEEK, DAY]),
    ] {
        at(&s, moment);
        for _ in 0..2 {
            remind(&s).await;
        }
        assert_eq!(told(&s, s.ana).await, expected, "{moment}");
    }
    assert_eq!(s.app.count("select count(*) from grant_reminder").await, 3);
    assert_eq!(s.app.count("select count(*) from audit_event where kind = 'grant.reminded'").await, 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_server_that_was_down_tells_the_nearest_reminder_and_no_burst(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    s.granted().await;
    at(&s, "2026-12-21T12:00:00Z");
    remind(&s).await;
    remind(&s).await;
    assert_eq!(told(&s, s.ana).await, [DAY]);
    // Down over the end as well: what is over is not announced.
    at(&s, "2026-12-22T00:00:01Z");
    remind(&s).await;
    assert_eq!(told(&s, s.ana).await, [DAY]);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_extension_sets_another_end_which_is_told_anew(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let first = s.granted().await;
    at(&s, "2026-12-15T00:00:00Z");
    remind(&s).await;
    assert_eq!(told(&s, s.ana).await, [WEEK]);
    let longer = s.extension(&first, "2026-12-15", "2027-01-13").await;
    carry_out(&s, &longer).await;
    // Thirty days are left again: nothing before a third of them.
    for (moment, expected) in
        [("2026-12-21T12:00:00Z", vec![WEEK]), ("2027-01-04T12:00:00Z", vec![WEEK, SOON]), ("2027-01-13T12:00:00Z", vec![WEEK, SOON, DAY])]
    {
        at(&s, moment);
        remind(&s).await;
        assert_eq!(told(&s, s.ana).await, expected, "{moment}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_told_leads_to_the_extension_in_one_press(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.granted().await;
    at(&s, "2026-12-15T00:00:00Z");
    remind(&s).await;
    let (href, body): (String, String) =
        sqlx::query_as("select href, body from notification where kind = 'access_ends'").fetch_one(&s.app.owner).await.unwrap();
    let grant = grant_of(&s, &request).await;
    assert_eq!(href, format!("/grants/{grant}#extend"));
    assert!(body.contains("until 22 Dec 2026 00:00, in 7 d") && body.contains("ask for an extension"), "{body}");
    let mut browser = Browser::of(s.app.sign_in_as(s.ana).await);
    browser.open(href.split('#').next().unwrap()).await;
    assert!(browser.page.contains("id=\"extend\""), "{}", browser.page);
    let form = browser.form("/api/drafts/add", &grant);
    assert_eq!((form.value("kind"), form.value("entitlement")), ("extend", s.read.to_string().as_str()));
    browser.send(&form).await;
    assert!(browser.path.starts_with("/request/") && browser.status == 200, "{} {}", browser.path, browser.status);
    assert!(browser.says("A later end of what is held"), "{}", browser.page);
}

#[sqlx::test(migrations = "../migrations")]
async fn who_asked_for_a_later_end_already_is_told_so(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let first = s.granted().await;
    let kind = format!("extend:{}", grant_of(&s, &first).await);
    assert!(s.try_submit(s.ana, s.read, &[("kind", &kind), ("ends_on", "2027-01-31")]).await.status < 400);
    let number = one(&s, "select number from request where id = $1::uuid", &s.newest().await).await;
    at(&s, "2026-12-15T00:00:00Z");
    remind(&s).await;
    let body: String =
        sqlx::query_scalar("select body from notification where kind = 'access_ends'").fetch_one(&s.app.owner).await.unwrap();
    assert!(body.ends_with(&format!("{number} asks for a later end already.")), "{body}");
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_answers_for_an_account_of_a_machine_is_told_as_well(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    s.granted().await;
    let statement = "update identity set population = 'service_account', owner_id = $2, manager_id = null where id = $1";
    sqlx::query(statement).bind(s.ana.0).bind(s.stan.0).execute(&s.app.owner).await.unwrap();
    at(&s, "2026-12-21T00:00:00Z");
    remind(&s).await;
    assert_eq!((told(&s, s.ana).await, told(&s, s.stan).await), (vec![DAY.to_owned()], vec![DAY.to_owned()]));
    let href: String =
        sqlx::query_scalar("select href from notification where recipient_id = $1").bind(s.stan.0).fetch_one(&s.app.owner).await.unwrap();
    let page = s.app.sign_in_as(s.stan).await.get(href.split('#').next().unwrap()).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Ask for a later end"));
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_is_told_of_an_end_at_which_nothing_is_lost(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    twice(&s, false).await;
    // The first ends on 6 January, the second gives the same until the 21st.
    at(&s, "2027-01-05T12:00:00Z");
    remind(&s).await;
    assert_eq!(told(&s, s.ana).await, Vec::<String>::new());
    at(&s, "2027-01-20T12:00:00Z");
    remind(&s).await;
    assert_eq!(told(&s, s.ana).await, [DAY]);
}

#[sqlx::test(migrations = "../migrations")]
async fn access_that_goes_by_another_name_over_there_is_lost_at_its_end_and_people_are_told(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let s = Story::begin(pool, connect).await;
    let (_, second) = twice(&s, false).await;
    // The second was given under the name that the reader has by now.
    for statement in [
        "insert into entitlement_version select (jsonb_populate_record(v, '{\"version\": 2, \"reference\": \"LEDGER_READERS\"}')).*
         from entitlement_version v join access_grant g on g.entitlement_id = v.entitlement_id and g.entitlement_version = v.version where g.request_id = $1::uuid",
        "update access_grant set entitlement_version = 2 where request_id = $1::uuid",
    ] {
        sqlx::query(statement).bind(&second).execute(&s.app.owner).await.unwrap();
    }
    at(&s, "2027-01-05T12:00:00Z");
    remind(&s).await;
    assert_eq!(told(&s, s.ana).await, [DAY]);
}
