//! Lists of access: states, filters in the address, counts, pages, and who sees whose.

use super::steps::*;
use domain::grant::Course;
use jiff_sqlx::ToSqlx as _;

async fn list(s: &Story, who: IdentityId, of: &str, id: &str, filters: &[(&str, &str)]) -> Reply {
    let mut fields = vec![("query[of]", of), ("query[id]", id)];
    let named: Vec<(String, &str)> = filters.iter().map(|(name, value)| (format!("query[{name}]"), *value)).collect();
    fields.extend(named.iter().map(|(name, value)| (name.as_str(), *value)));
    s.call(who, "grants/list", &fields).await
}

fn facets(page: &Value, name: &str) -> Vec<(String, i64)> {
    let facets = page[name].as_array().unwrap();
    facets.iter().map(|facet| (facet["value"].as_str().unwrap().to_owned(), facet["count"].as_i64().unwrap())).collect()
}

fn pairs(pairs: &[(&str, i64)]) -> Vec<(String, i64)> {
    pairs.iter().map(|(value, count)| ((*value).to_owned(), *count)).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn access_is_scheduled_active_expiring_ending_and_ended_in_turn(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let reply = s.try_submit(s.ana, s.read, &[("starts_on", "2026-11-25"), ("ends_on", "2026-12-21")]).await;
    assert!(reply.status < 400, "{}", reply.text());
    let request = s.newest().await;
    let ana = s.ana.to_string();
    let states = async |s: &Story| facets(&list(s, s.ana, "identity", &ana, &[]).await.json(), "states");
    assert_eq!(states(&s).await, pairs(&[]), "what is not approved is no access yet");
    s.approve(s.mona, &request).await;
    assert_eq!(states(&s).await, pairs(&[("scheduled", 1)]));
    let line = list(&s, s.ana, "identity", &ana, &[]).await.json()["page"]["rows"][0].clone();
    assert_eq!((line["grant"].is_null(), line["ends"]["at"].as_str()), (true, Some("2026-12-22T00:00:00Z")), "{line}");
    assert_eq!(line["since"]["at"], "2026-11-25T00:00:00Z");
    at(&s, "2026-11-25T09:00:00Z");
    assert_eq!(states(&s).await, pairs(&[]), "it waits in the operators' queue");
    carry_out(&s, &request).await;
    assert_eq!(states(&s).await, pairs(&[("active", 1)]));
    at(&s, "2026-12-18T09:00:00Z");
    assert_eq!(states(&s).await, pairs(&[("expiring", 1)]));
    at(&s, END);
    server::job::end_grants::run(&s.app.base).await.unwrap();
    assert_eq!(states(&s).await, pairs(&[("ending", 1)]));
    let removal = s.open_release(&request).await;
    assert!(s.execute(s.pol, &removal).await.status < 400);
    assert_eq!(states(&s).await, pairs(&[("ended", 1)]));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_database_sees_the_same_states_as_the_domain(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let moment = |n: i64| Timestamp::from_second(n).unwrap();
    let sometimes = [None, Some(10), Some(20), Some(30)];
    for since in [10, 20] {
        for expiring in sometimes {
            for ending in sometimes {
                for ended in sometimes {
                    for now in [9, 10, 11, 20, 25, 30, 31] {
                        let course = Course {
                            since: moment(since),
                            expiring_from: expiring.map(moment),
                            ending_since: ending.map(moment),
                            ended_at: ended.map(moment),
                        };
                        let seen: String = sqlx::query_scalar("select access_phase($1, $2, $3, $4, $5)")
                            .bind(course.since.to_sqlx())
                            .bind(course.expiring_from.map(|at| at.to_sqlx()))
                            .bind(course.ending_since.map(|at| at.to_sqlx()))
                            .bind(course.ended_at.map(|at| at.to_sqlx()))
                            .bind(moment(now).to_sqlx())
                            .fetch_one(&s.app.owner)
                            .await
                            .unwrap();
                        assert_eq!(seen, course.phase(moment(now)).word(), "{course:?} at {now}");
                    }
                }
            }
        }
    }
}

/// Seventy people of two units hold the reader; every third also the writer, of which some ends soon.
async fn crowd(s: &Story) -> UnitId {
    let (north, south) = (s.app.unit("North").await, s.app.unit("South").await);
    for n in 0..70 {
        let person = s.app.person(&format!("Person{n:02}"), if n % 2 == 0 { north } else { south }, Some(s.mona)).await;
        for what in [s.read, s.write].into_iter().take(if n % 3 == 0 { 2 } else { 1 }) {
            let request = s.app.asked(person, what, "approved").await;
            let grant = s.app.given(request, s.pia).await;
            if what == s.write && n < 30 {
                let statement = "update access_grant set ends_at = active_since + interval '20 days', expiring_from = active_since + interval '13 days' where id = $1";
                let extension = "insert into grant_extension (grant_id, request_id, old_ends_at, new_ends_at, extended_at) select id, request_id, ends_at, active_since + interval '20 days', active_since from access_grant where id = $1";
                sqlx::query(extension).bind(grant.0).execute(&s.app.owner).await.unwrap();
                sqlx::query(statement).bind(grant.0).execute(&s.app.owner).await.unwrap();
            }
            s.app.advance(SignedDuration::from_secs(1));
        }
    }
    north
}

#[sqlx::test(migrations = "../migrations")]
async fn filters_stand_in_the_address_are_counted_and_pages_show_everything_once(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let north = crowd(&s).await.to_string();
    let alma = s.app.person_with("Alma", Role::Auditor).await;
    let ledger = s.ledger.to_string();
    let page = list(&s, alma, "application", &ledger, &[]).await.json();
    assert_eq!(page["page"]["total"], 94);
    assert_eq!(facets(&page, "tiers"), pairs(&[("standard", 70), ("elevated", 24)]));
    assert_eq!(facets(&page, "withins"), pairs(&[("30", 10), ("90", 10)]));
    assert_eq!(facets(&page, "connections"), pairs(&[("-", 94)]));
    for (filters, total) in [
        (vec![("tier", "elevated")], 24),
        (vec![("unit", north.as_str())], 47),
        (vec![("within", "30")], 10),
        (vec![("within", "30"), ("unit", north.as_str())], 5),
        (vec![("state", "active")], 94),
        (vec![("state", "ended")], 0),
        (vec![("connection", "-"), ("tier", "standard")], 70),
        (vec![("state", "nonsense"), ("tier", "x"), ("unit", "?"), ("within", "-1"), ("connection", "nowhere")], 94),
    ] {
        let page = list(&s, alma, "application", &ledger, &filters).await.json();
        assert_eq!(page["page"]["total"], total, "{filters:?}");
    }
    // Page after page: every line once, newest first.
    let (mut seen, mut after) = (vec![], String::new());
    loop {
        let page = list(&s, alma, "entitlement", &s.read.to_string(), &[("after", &after)]).await.json();
        seen.extend(page["page"]["rows"].as_array().unwrap().iter().map(|row| row["grant"].as_str().unwrap().to_owned()));
        match page["page"]["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen.len(), 70);
    assert_eq!(seen.iter().collect::<std::collections::BTreeSet<_>>().len(), 70);

    // The page itself, without a script: the count, the chosen filter, and links that keep it.
    let mut browser = Browser::of(s.app.sign_in_as(alma).await);
    browser.open(&format!("/catalogue/applications/{ledger}/access?tier=elevated&within=30")).await;
    assert_eq!(browser.status, 200, "{}", browser.page);
    assert!(browser.says("10 lines · Ends within 30 days, Elevated"), "{}", browser.text());
    let href = browser.link(&format!("/catalogue/applications/{ledger}/access?state=active"));
    assert!(href.contains("within=30") && href.contains("tier=elevated"), "{href}");
    let why = browser.link("/grants/");
    browser.open(&why).await;
    assert_eq!(browser.status, 200, "one click to why");
}

#[sqlx::test(migrations = "../migrations")]
async fn owners_see_theirs_managers_their_reports_keepers_all_and_everybody_their_own(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.granted().await;
    let other = s.app.application("OTHER", s.stan, None).await;
    let foreign = s.app.entitlement(other, "Other Reader", "standard").await;
    let asked = s.app.asked(s.ana, foreign, "approved").await;
    s.app.given(asked, s.pia).await;
    let asked = s.app.asked(s.mona, s.read, "approved").await;
    s.app.given(asked, s.pia).await;
    let (cora, alma) = (s.app.person_with("Cora", Role::Compliance).await, s.app.person_with("Alma", Role::Auditor).await);
    let ada = s.app.person_with("Ada", Role::Administrator).await;
    let (ana, read, ledger) = (s.ana.to_string(), s.read.to_string(), s.ledger.to_string());
    let total = |reply: Reply| if reply.status == 200 { reply.json()["page"]["total"].as_i64().unwrap() } else { -i64::from(reply.status) };
    // Of Ana's two, of the two people with the reader, of everything in the ledger.
    for (who, name, of_ana, of_read, of_ledger) in [
        (s.ana, "Ana", 2, 1, 1),
        (s.mona, "her manager, who has it too", 2, 2, 2),
        (s.olga, "who owns the ledger", 1, 2, 2),
        (s.dan, "the deputy", 1, 2, 2),
        (s.stan, "who owns the other", 1, -404, -404),
        (s.pia, "an operator", -404, -404, -404),
        (ada, "an administrator", -404, -404, -404),
        (cora, "compliance", 2, 2, 2),
        (alma, "an auditor", 2, 2, 2),
    ] {
        assert_eq!(total(list(&s, who, "identity", &ana, &[]).await), of_ana, "{name}: of Ana");
        assert_eq!(total(list(&s, who, "entitlement", &read, &[]).await), of_read, "{name}: of the reader");
        assert_eq!(total(list(&s, who, "application", &ledger, &[]).await), of_ledger, "{name}: of the ledger");
    }
    for id in ["", "x", "0190b0f0-0000-7000-8000-0000000000ff"] {
        assert_eq!(list(&s, alma, "identity", id, &[]).await.status, 404, "{id}");
    }
    // Why: the same people, and those who may read the request.
    let grant = grant_of(&s, &request).await;
    for (who, name, status) in [
        (s.ana, "Ana", 200),
        (s.mona, "her manager", 200),
        (s.olga, "the owner", 200),
        (s.stan, "a stranger", 404),
        (s.pia, "who carried it out, and may not read requests", 404),
        (ada, "an administrator", 404),
        (cora, "compliance", 200),
        (alma, "an auditor", 200),
    ] {
        assert_eq!(s.call(who, "grants/why", &[("grant", &grant)]).await.status, status, "{name}");
        assert_eq!(s.app.sign_in_as(who).await.get(&format!("/grants/{grant}")).await.status, status, "{name}, the page");
    }
}
