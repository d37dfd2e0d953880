//! Extension and change of access that is there: law 9, and what takes the place of what.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "story/cast.rs"]
#[expect(dead_code, reason = "this program tells its own part of the story")]
mod cast;
mod support;
mod extending {
    mod kept_apart;
    mod page_texts;
}

use cast::{Story, refusal};
use domain::permission::Role;
use serde_json::json;
use support::*;

/// When the first grant of the story ends.
const FIRST_END: &str = "2026-12-22T00:00:00Z";

struct Held {
    s: Story,
    grant: String,
}

impl Held {
    /// Ana holds the reader until the end of 21 December.
    async fn begin(pool: PgPoolOptions, connect: PgConnectOptions) -> Self {
        let s = Story::begin(pool, connect).await;
        let request = s.granted().await;
        let grant: uuid::Uuid = sqlx::query_scalar("select id from access_grant where request_id = $1::uuid")
            .bind(&request)
            .fetch_one(&s.app.owner)
            .await
            .unwrap();
        Self { s, grant: grant.to_string() }
    }

    /// An extension to the end of January, approved, with its release.
    async fn extension(&self) -> (String, String) {
        let kind = format!("extend:{}", self.grant);
        let reply = self.s.try_submit(self.s.ana, self.s.read, &[("kind", &kind), ("ends_on", "2027-01-31")]).await;
        assert!(reply.status < 400, "{}", reply.text());
        let request = self.s.newest().await;
        self.s.approve(self.s.mona, &request).await;
        let release = self.s.open_release(&request).await;
        (request, release)
    }

    /// The writer in place of the reader, approved, with its release.
    async fn change(&self, starts_on: &str) -> (String, String) {
        let (s, kind) = (&self.s, format!("change:{}", self.grant));
        let reply = s.try_submit(s.ana, s.write, &[("kind", &kind), ("starts_on", starts_on), ("ends_on", "2026-12-31")]).await;
        assert!(reply.status < 400, "{}", reply.text());
        let request = s.newest().await;
        s.approve(s.mona, &request).await;
        s.approve(s.olga, &request).await;
        let release = s.open_release(&request).await;
        (request, release)
    }

    async fn ends_at(&self) -> Timestamp {
        let text: String = sqlx::query_scalar(
            "select to_char(ends_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') from access_grant where id = $1::uuid",
        )
        .bind(&self.grant)
        .fetch_one(&self.s.app.owner)
        .await
        .unwrap();
        text.parse().unwrap()
    }

    async fn standing(&self) -> String {
        let (state, reason): (String, Option<String>) = sqlx::query_as("select state, end_reason from access_grant where id = $1::uuid")
            .bind(&self.grant)
            .fetch_one(&self.s.app.owner)
            .await
            .unwrap();
        reason.map_or(state.clone(), |reason| format!("{state}: {reason}"))
    }

    async fn held_because(&self, release: &str) -> String {
        let view = self.s.call(self.s.pol, "releases/show", &[("release", release)]).await.json();
        assert_eq!(view["line"]["state"]["state"], "held", "{view}");
        view["line"]["state"]["reasons"].to_string()
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_extension_moves_the_end_and_keeps_the_old_one(pool: PgPoolOptions, connect: PgConnectOptions) {
    let h = Held::begin(pool, connect).await;
    let (request, release) = h.extension().await;
    assert_eq!(h.ends_at().await, FIRST_END.parse().unwrap(), "approval alone moves nothing");
    let queue = h.s.call(h.s.pol, "releases/list", &[("filter", "extend")]).await.json();
    assert_eq!(queue["page"]["total"], 1);
    assert!(h.s.execute(h.s.pia, &release).await.status < 400);
    assert_eq!(h.ends_at().await, "2027-02-01T00:00:00Z".parse().unwrap());
    assert_eq!(h.s.state(&request).await, "closed", "the access stays with the request that led to it");
    assert_eq!(
        h.s.app
            .count(
                "select count(*) from grant_extension where old_ends_at = '2026-12-22T00:00:00Z' and new_ends_at = '2027-02-01T00:00:00Z'"
            )
            .await,
        1
    );
    let kinds: Vec<String> = h.s.events(&request).await.into_iter().map(|(trail, kind)| format!("{trail} {kind}")).collect();
    assert_eq!(kinds[kinds.len() - 3..], ["execution release.executed", "execution grant.extended", "execution request.closed"]);

    h.s.app.clock.set(FIRST_END.parse().unwrap());
    h.s.jobs().await;
    assert_eq!(h.standing().await, "active", "the old end ends nothing");
    let mut browser = Browser::of(h.s.app.sign_in_as(h.s.ana).await);
    browser.open("/").await;
    assert!(browser.says("1 Feb 2027 00:00") && browser.says("Extended") && browser.says("22 Dec 2026 00:00"), "{}", browser.page);
    h.s.app.clock.set("2027-02-01T00:00:00Z".parse().unwrap());
    h.s.jobs().await;
    assert_eq!(h.standing().await, "ending: expired");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_end_never_moves_further_than_every_approver_allowed(pool: PgPoolOptions, connect: PgConnectOptions) {
    let h = Held::begin(pool, connect).await;
    let (_, release) = h.extension().await;
    sqlx::query("update decision set ends_on = '2027-01-10' where request_id = (select request_id from release where id = $1::uuid)")
        .bind(&release)
        .execute(&h.s.app.owner)
        .await
        .unwrap();
    assert!(h.s.execute(h.s.pia, &release).await.status < 400);
    assert_eq!(h.ends_at().await, "2027-01-11T00:00:00Z".parse().unwrap());
}

#[sqlx::test(migrations = "../migrations")]
async fn an_extension_leaves_no_day_out_and_its_length_counts_from_today(pool: PgPoolOptions, connect: PgConnectOptions) {
    let h = Held::begin(pool, connect).await;
    let longest = "update entitlement set longest_days = 45 where id = $1";
    sqlx::query(longest).bind(h.s.read.0).execute(&h.s.app.owner).await.unwrap();
    let kind = format!("extend:{}", h.grant);
    // From, until, and what is refused at which field. It is 22 November and the reader is held until 21 December.
    let cases = [
        ("2026-12-23", "2027-01-05", Some(("starts_on", "leaves_a_gap"))),
        ("2036-10-01", "2036-10-30", Some(("starts_on", "leaves_a_gap"))),
        // Fifteen days by its own dates, and forty-six from today.
        ("2026-12-22", "2027-01-07", Some(("ends_on", "CS-EXP-01"))),
        ("2026-11-22", "2027-01-07", Some(("ends_on", "CS-EXP-01"))),
        ("2026-12-22", "2027-01-06", None),
    ];
    for (starts_on, ends_on, wrong) in cases {
        let reply = h.s.try_submit(h.s.ana, h.s.read, &[("kind", &kind), ("starts_on", starts_on), ("ends_on", ends_on)]).await;
        match wrong {
            None => assert!(reply.status < 400, "{starts_on} {}", reply.text()),
            Some((field, code)) => {
                let said = reply.json().to_string();
                assert!(reply.status >= 400 && said.contains(field) && said.contains(code), "{starts_on} {ends_on}: {said}");
            }
        }
    }
    let request = h.s.newest().await;
    h.s.approve(h.s.mona, &request).await;
    let release = h.s.open_release(&request).await;
    assert!(h.s.execute(h.s.pia, &release).await.status < 400);
    assert_eq!(h.ends_at().await, "2027-01-07T00:00:00Z".parse().unwrap());
}

#[sqlx::test(migrations = "../migrations")]
async fn an_earlier_end_of_an_approver_holds_for_new_access_as_well(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.write).await;
    s.approve(s.mona, &request).await;
    s.approve(s.olga, &request).await;
    sqlx::query("update decision set ends_on = case decided_by when $1 then date '2026-12-10' else date '2026-12-05' end")
        .bind(s.mona.0)
        .execute(&s.app.owner)
        .await
        .unwrap();
    let release = s.open_release(&request).await;
    assert!(s.execute(s.pia, &release).await.status < 400);
    assert_eq!(s.app.count("select count(*) from access_grant where ends_at = '2026-12-06T00:00:00Z'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_extension_of_access_that_has_ended_is_withdrawn_and_says_so(pool: PgPoolOptions, connect: PgConnectOptions) {
    let h = Held::begin(pool, connect).await;
    let (request, release) = h.extension().await;
    h.s.app.clock.set(FIRST_END.parse().unwrap());
    h.s.jobs().await;
    assert_eq!(h.standing().await, "ending: expired");
    assert_eq!(h.s.state(&request).await, "withdrawn");
    let late = h.s.execute(h.s.pia, &release).await;
    assert_eq!((late.status, refusal(&late)), (409, json!("not_possible")));
    assert_eq!(h.ends_at().await, FIRST_END.parse().unwrap());
    assert_eq!(h.s.app.count("select count(*) from grant_extension").await, 0);
    let mut browser = Browser::of(h.s.app.sign_in_as(h.s.ana).await);
    browser.open(&format!("/requests/{request}")).await;
    assert!(browser.says("The access ended before it was extended."), "{}", browser.page);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_gates_run_again_before_an_end_is_moved(pool: PgPoolOptions, connect: PgConnectOptions) {
    let h = Held::begin(pool, connect).await;
    let (_, release) = h.extension().await;
    sqlx::query("update identity_specification set mfa_from = 'standard'").execute(&h.s.app.owner).await.unwrap();
    sqlx::query("update identity set mfa = 'absent' where id = $1").bind(h.s.ana.0).execute(&h.s.app.owner).await.unwrap();
    h.s.execute(h.s.pia, &release).await;
    assert!(h.held_because(&release).await.contains("factor"));
    assert_eq!(h.ends_at().await, FIRST_END.parse().unwrap());
    sqlx::query("update identity set mfa = 'passkey' where id = $1").bind(h.s.ana.0).execute(&h.s.app.owner).await.unwrap();
    assert!(h.s.execute(h.s.pia, &release).await.status < 400);
    assert_eq!(h.ends_at().await, "2027-02-01T00:00:00Z".parse().unwrap());
}

#[sqlx::test(migrations = "../migrations")]
async fn the_end_and_an_extension_at_one_moment_leave_one_of_the_two(pool: PgPoolOptions, connect: PgConnectOptions) {
    let h = Held::begin(pool, connect).await;
    let (request, release) = h.extension().await;
    h.s.app.clock.set(FIRST_END.parse().unwrap());
    let view = h.s.call(h.s.pol, "releases/show", &[("release", &release)]).await.json();
    let version = view["version"].to_string();
    let pia = h.s.app.sign_in_as(h.s.pia).await;
    let key = cast::uuid();
    let fields = [("release", release.as_str()), ("version", &version), ("evidence", "Seen in the console."), ("key", &key)];
    let (reply, job) = tokio::join!(pia.server_fn("releases/execute", &fields), server::job::end_grants::run(&h.s.app.base));
    job.unwrap();
    let removals = h.s.app.count("select count(*) from release where kind = 'remove'").await;
    match h.standing().await.as_str() {
        "active" => {
            assert!(reply.status < 400, "{}", reply.text());
            assert_eq!((h.ends_at().await, removals), ("2027-02-01T00:00:00Z".parse().unwrap(), 0));
            assert_eq!(h.s.state(&request).await, "closed");
        }
        "ending: expired" => {
            assert_eq!((reply.status, refusal(&reply)), (409, json!("changed")));
            assert_eq!((h.ends_at().await, removals), (FIRST_END.parse().unwrap(), 1));
            assert_eq!(h.s.state(&request).await, "withdrawn");
        }
        other => panic!("{other}"),
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_who_approved_and_no_account_of_theirs_or_of_the_holder_moves_the_end(pool: PgPoolOptions, connect: PgConnectOptions) {
    let h = Held::begin(pool, connect).await;
    let (_, release) = h.extension().await;
    let s = &h.s;
    let (mona2, ana2) = (s.app.person_with("Monaadm", Role::Operator).await, s.app.person_with("Anaadm", Role::Operator).await);
    for (account, person) in [(mona2, s.mona), (ana2, s.ana)] {
        sqlx::query("update identity set person_id = $2 where id = $1").bind(account.0).bind(person.0).execute(&s.app.owner).await.unwrap();
    }
    for person in [s.mona, s.ana] {
        s.app.role(person, Role::Operator).await;
    }
    for who in [s.mona, s.ana, mona2, ana2] {
        let reply = s.execute(who, &release).await;
        assert_eq!((reply.status, refusal(&reply)), (403, json!("separation_of_duties")));
    }
    for (account, constraint) in [(mona2, "release_not_by_approver"), (ana2, "release_not_by_subject")] {
        let by_sql =
            sqlx::query("update release set state = 'closed', executed_by = $1, executed_at = now(), verified_at = now(), closed_at = now(), evidence = 'x' where id = $2::uuid")
                .bind(account.0)
                .bind(&release)
                .execute(&s.app.owner)
                .await
                .unwrap_err();
        assert_eq!(by_sql.as_database_error().unwrap().constraint(), Some(constraint));
    }
    assert_eq!(h.ends_at().await, FIRST_END.parse().unwrap());
}

#[sqlx::test(migrations = "../migrations")]
async fn no_end_moves_without_its_extension_even_in_the_database(pool: PgPoolOptions, connect: PgConnectOptions) {
    let h = Held::begin(pool, connect).await;
    for pool in [&h.s.app.owner, &h.s.app.pool] {
        let moved = sqlx::query("update access_grant set ends_at = '2027-05-01T00:00:00Z'").execute(pool).await.unwrap_err();
        assert_eq!(moved.as_database_error().unwrap().constraint(), Some("grant_end_moves_by_extension"));
    }
    assert_eq!(h.ends_at().await, FIRST_END.parse().unwrap());
}

#[sqlx::test(migrations = "../migrations")]
async fn no_extension_leaves_a_day_out_even_in_the_database(pool: PgPoolOptions, connect: PgConnectOptions) {
    let h = Held::begin(pool, connect).await;
    let (request, _) = h.extension().await;
    let owner = &h.s.app.owner;
    for (starts_on, refused) in [("2026-12-23", true), ("2026-12-22", false)] {
        sqlx::query("update request_revision set starts_on = $2::date where request_id = $1::uuid")
            .bind(&request)
            .bind(starts_on)
            .execute(owner)
            .await
            .unwrap();
        let written = sqlx::query(
            "insert into grant_extension (grant_id, request_id, old_ends_at, new_ends_at, extended_at)
             select id, $2::uuid, ends_at, ends_at + interval '30 days', now() from access_grant where id = $1::uuid",
        )
        .bind(&h.grant)
        .bind(&request)
        .execute(owner)
        .await;
        let constraint = written.err().map(|error| error.as_database_error().unwrap().constraint().map(str::to_owned));
        assert_eq!(constraint, refused.then(|| Some("extension_leaves_no_gap".to_owned())), "{starts_on}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_replaced_begins_to_end_when_the_new_access_is_there(pool: PgPoolOptions, connect: PgConnectOptions) {
    let h = Held::begin(pool, connect).await;
    let (request, release) = h.change("2026-11-22").await;
    assert_eq!(h.standing().await, "active", "approval alone ends nothing");
    assert!(h.s.execute(h.s.pia, &release).await.status < 400);
    assert_eq!(h.standing().await, "ending: replaced");
    assert_eq!(h.s.state(&request).await, "released");
    let grants =
        h.s.app
            .count("select count(*) from access_grant where state = 'active' and request_id = (select max(id::text)::uuid from request)")
            .await;
    assert_eq!(grants, 1);
    assert_eq!(h.s.app.count("select count(*) from release where kind = 'remove' and state = 'planned'").await, 1);
    let told: i64 = sqlx::query_scalar("select count(*) from notification where kind = 'access_ends' and recipient_id = $1")
        .bind(h.s.ana.0)
        .fetch_one(&h.s.app.owner)
        .await
        .unwrap();
    assert_eq!(told, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_change_whose_old_access_ended_meanwhile_is_held(pool: PgPoolOptions, connect: PgConnectOptions) {
    let h = Held::begin(pool, connect).await;
    let (_, release) = h.change("2026-11-22").await;
    h.s.app.clock.set(FIRST_END.parse().unwrap());
    h.s.jobs().await;
    h.s.execute(h.s.pia, &release).await;
    assert!(h.held_because(&release).await.contains("ask for the new access by itself"));
    assert_eq!(h.s.app.count("select count(*) from access_grant").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_start_later_than_the_approval_is_kept(pool: PgPoolOptions, connect: PgConnectOptions) {
    let h = Held::begin(pool, connect).await;
    let (_, release) = h.change("2026-12-01").await;
    let early = h.s.execute(h.s.pia, &release).await;
    assert_eq!((early.status, refusal(&early)), (409, json!("too_early")));
    assert_eq!(h.standing().await, "active");
    h.s.app.clock.set("2026-12-01T00:00:00Z".parse().unwrap());
    assert!(h.s.execute(h.s.pia, &release).await.status < 400);
    assert_eq!(h.standing().await, "ending: replaced");
}

#[sqlx::test(migrations = "../migrations")]
async fn change_leads_over_the_same_application_to_a_request_in_place_of_what_is_held(pool: PgPoolOptions, connect: PgConnectOptions) {
    let h = Held::begin(pool, connect).await;
    let s = &h.s;
    let other = s.app.application("OTHER", s.olga, None).await;
    s.app.entitlement(other, "Other Reader", "standard").await;
    let mut browser = Browser::of(s.app.sign_in_as(s.ana).await);
    browser.open("/").await;
    let change = browser.link("/catalogue?replaces=");
    assert_eq!(change, format!("/catalogue?replaces={}", h.grant));
    browser.open(&change).await;
    assert!(browser.says("Choose what takes the place of Ledger Reader."), "{}", browser.page);
    assert!(browser.says("Ledger Writer") && !browser.says("Other Reader") && !browser.says("Any application"), "{}", browser.page);
    // Another application in the address is not searched either.
    browser.open(&format!("{change}&application=OTHER")).await;
    assert!(browser.says("Ledger Writer") && !browser.says("Other Reader"), "{}", browser.page);
    // By way of the page of the entitlement it is still in place of what is held.
    let write = s.write.to_string();
    browser.open(&format!("/catalogue/{write}?replaces={}", h.grant)).await;
    assert!(browser.form("/api/drafts/add", &write).value("grant") == h.grant && browser.says("Request instead"), "{}", browser.page);

    browser.open(&change).await;
    let instead = browser.form("/api/drafts/add", &write);
    browser.send(&instead).await;
    assert!(browser.path.starts_with("/request/"), "{} {}", browser.path, browser.status);
    let form = browser
        .form("/api/drafts/save", "justification")
        .fill("reason_code", "incident")
        .fill("justification", cast::WHY)
        .fill("ends_on", "2026-12-31");
    browser.press("/api/drafts/submit", &form).await;
    assert!(browser.path.starts_with("/requests/") && browser.path.ends_with("?submitted"), "{} {}", browser.path, browser.page);
    let request = s.newest().await;
    let view = s.call(s.ana, "requests/show", &[("request", &request)]).await.json();
    assert_eq!((view["kind"].as_str(), view["changes"][0].as_str()), (Some("change"), Some("Ledger Reader")));
    assert_eq!(view["items"][0]["name"], "Ledger Writer");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_somebody_else_holds_is_not_told_and_replaces_nothing(pool: PgPoolOptions, connect: PgConnectOptions) {
    let h = Held::begin(pool, connect).await;
    for (who, told) in [(h.s.ana, true), (h.s.mona, true), (h.s.stan, false)] {
        let found = h.s.call(who, "catalogue/search", &[("query[replaces]", &h.grant)]).await.json();
        assert_eq!(found["replaced"]["name"].as_str(), told.then_some("Ledger Reader"), "{found}");
    }
    let mut browser = Browser::of(h.s.app.sign_in_as(h.s.stan).await);
    browser.open(&format!("/catalogue?replaces={}", h.grant)).await;
    assert!(browser.says("There is nothing to replace.") && !browser.says("Request instead"), "{}", browser.page);
}
