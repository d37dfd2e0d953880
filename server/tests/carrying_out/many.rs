//! Two servers, each a process of its own, share five hundred releases that people asked for and that
//! were approved.

use super::process::{Process, readers, served, until};
use crate::cast::{Story, WHY};
use crate::support::*;
use domain::basket::MOST_ITEMS;
use domain::decision::BULK_MOST;
use futures::future::join_all;
use server::queue::Crew;
use std::collections::BTreeSet;

/// People who ask; each asks for as much as a basket holds.
const PEOPLE: usize = 20;
/// People whose requests are sent at once.
const AT_ONCE: usize = 4;

/// Which server closed a release: "server 1" or "server 2". Closing one a second time would fail.
const CLOSED_BY: &str = "
    create table closed_by (release_id uuid primary key, server text not null);
    create function release_is_closed() returns trigger language plpgsql security definer as $$
      begin insert into closed_by values (new.id, current_setting('application_name')); return null; end $$;
    create trigger release_is_closed after update on release for each row
      when (old.state <> 'closed' and new.state = 'closed') execute function release_is_closed();
";

/// Releases and tasks that are not done.
const LEFT: &str = "
    select (select count(*) from release where state <> 'closed')
         + (select count(*) from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
            where t.identifier = 'carry-out')
";

#[sqlx::test(migrations = "../migrations")]
async fn two_servers_carry_out_five_hundred_releases_and_none_of_them_twice(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (s, far) = served(pool, &connect).await;
    sqlx::raw_sql(CLOSED_BY).execute(&s.app.owner).await.unwrap();
    everybody_asks(&s).await;
    all_of_it_is_approved(&s).await;
    assert_eq!(s.app.count("select count(*) from release").await, 0, "it can be undone");

    // The undo window passes, and two servers are there when it all becomes final. One alone has fewer
    // calls under way at once than the machine waits for, so both have a part in it.
    s.app.advance(SignedDuration::from_secs(11));
    far.inside().answers_from = Crew::Outside.slots() + 1;
    let servers = [1, 2].map(|number| Process::start(&s.app, &connect, number));
    server::job::finalise_decisions::run(&s.app.base).await.unwrap();
    assert_eq!(s.app.count("select count(*) from pending_decision where state = 'refused'").await, 0, "a decision was not recorded");
    assert_eq!(s.app.count("select count(*) from release").await, 500);
    let done = until(&s.app, LEFT, 0).await;
    drop(servers);
    assert!(done, "{} are left", s.app.count(LEFT).await);

    assert_eq!(s.app.count("select count(*) from release where state = 'closed'").await, 500);
    assert_eq!(s.app.count("select count(*) from access_grant where state = 'active'").await, 500);
    let shares: Vec<(String, i64)> =
        sqlx::query_as("select server, count(*) from closed_by group by server order by server").fetch_all(&s.app.owner).await.unwrap();
    let names: Vec<&str> = shares.iter().map(|(server, _)| server.as_str()).collect();
    assert_eq!(names, ["server 1", "server 2"], "both had a part in it: {shares:?}");
    assert_eq!(shares.iter().map(|(_, share)| share).sum::<i64>(), 500, "{shares:?}");
    let troubled = "select count(*) from release_call where outcome is distinct from 'done' or fence <> 1";
    assert_eq!(s.app.count(troubled).await, 0, "no call came to nothing, and nobody took a release over");

    let releases: Vec<uuid::Uuid> = sqlx::query_scalar("select id from release").fetch_all(&s.app.owner).await.unwrap();
    let releases: BTreeSet<String> = releases.iter().map(ToString::to_string).collect();
    let far = far.inside();
    assert!(far.asked.values().all(|times| *times == 1), "a step was asked for twice");
    assert!(far.effects.values().all(|times| *times == 1), "a step had its effect twice");
    let of = |step: &str| far.effects.keys().filter(|(_, done)| done == step).map(|(release, _)| release.clone()).collect::<Vec<_>>();
    // An entitlement for each release; an account for each person, whichever release came first.
    assert_eq!(of("give").into_iter().collect::<BTreeSet<_>>(), releases);
    assert_eq!((of("ready_account").len(), far.effects.len()), (PEOPLE, releases.len() + PEOPLE));
    assert_eq!(far.accounts.len(), PEOPLE);
    assert!(far.accounts.values().all(|(active, held)| *active && held.len() == MOST_ITEMS));
}

/// A template with as much as a basket holds; gives its id.
async fn template(s: &Story) -> String {
    let mut entitlements = vec![s.read.0];
    for place in 1..MOST_ITEMS {
        entitlements.push(s.app.entitlement(s.ledger, &format!("Ledger Part {place}"), "standard").await.0);
    }
    let id = uuid::Uuid::from_u128(1);
    sqlx::query(
        "insert into request_template (id, code, name, reason_code, days, entitlement_ids, updated_at)
         values ($1, 'closing', 'Closing the books', 'new_role', 30, $2, now())",
    )
    .bind(id)
    .bind(entitlements)
    .execute(&s.app.owner)
    .await
    .unwrap();
    id.to_string()
}

/// Everybody asks at the same moment, some of them at once: so what is carried out at one time is of
/// several people, and several things are of one.
async fn everybody_asks(s: &Story) {
    let template = template(s).await;
    let people = readers(s, PEOPLE).await;
    for some in people.chunks(AT_ONCE) {
        join_all(some.iter().map(|who| asks(s, *who, &template))).await;
    }
}

/// Puts a whole template into the basket and submits it.
async fn asks(s: &Story, who: IdentityId, template: &str) {
    let client = s.app.sign_in_as(who).await;
    let reply = client.server_fn("drafts/add_template", &[("template", template)]).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let (draft, version): (uuid::Uuid, i32) =
        sqlx::query_as("select id, version from draft where owner_id = $1").bind(who.0).fetch_one(&s.app.owner).await.unwrap();
    let (draft, version) = (draft.to_string(), version.to_string());
    let fields = [
        ("draft", draft.as_str()),
        ("version", &version),
        ("reason_code", "incident"),
        ("justification", WHY),
        ("starts_on", "2026-11-22"),
        ("ends_on", "2026-12-21"),
    ];
    let reply = client.server_fn("drafts/submit", &fields).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.json().as_array().unwrap().len(), MOST_ITEMS);
}

/// Mona approves a page of her inbox with each press, until nothing waits for her.
async fn all_of_it_is_approved(s: &Story) {
    for _ in 0..PEOPLE * MOST_ITEMS / BULK_MOST {
        let (items, shown_at, key) = s.lines(s.mona).await;
        assert_eq!(items.len(), BULK_MOST);
        let reply = s.press(s.mona, &items, &shown_at, &key).await;
        assert!(reply.status < 400, "{}", reply.text());
    }
    assert_eq!(s.lines(s.mona).await.0, Vec::<String>::new());
}
