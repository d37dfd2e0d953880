//! Access that two requests give: it is there while either grant is active, whichever ends first.

use super::steps::*;

/// The two grants, by hand: nobody is asked to take away what the other keeps.
async fn ends_by_hand(s: &Story, first: &str, second: &str, how: &str) {
    let (ends, stays) = if how == "the later one is given back" { (second, first) } else { (first, second) };
    match how {
        "the later one is given back" => give_back(s, second).await,
        "the earlier one is given back" => give_back(s, first).await,
        _ => {
            at(s, "2027-01-06T00:00:00Z");
            server::job::end_grants::run(&s.app.base).await.unwrap();
        }
    }
    assert!(grant_state(s, ends).await.starts_with("ended"), "{how}: {}", grant_state(s, ends).await);
    assert_eq!(grant_state(s, stays).await, "active", "{how}");
    let removal = removal_of(s, ends).await;
    assert_eq!(release_state(s, &removal).await, "closed", "{how}");
    let number = one(s, "select number from request where id = $1::uuid", stays).await;
    let evidence = one(s, "select evidence from release where id = $1::uuid", &removal).await;
    assert_eq!(evidence, format!("{number} still gives the same access, so nothing is taken away."), "{how}");
    let kept =
        one(s, "select request_id::text from access_grant where id = (select kept_by from release where id = $1::uuid)", &removal).await;
    assert_eq!(kept, stays, "{how}");
    assert_eq!(s.app.count("select count(*) from release where kind = 'remove' and state = 'planned'").await, 0, "{how}");
    assert_eq!(s.state(ends).await, "closed", "{how}");

    // Then the other one: now it is taken away, by somebody.
    at(s, "2027-01-21T00:00:00Z");
    server::job::end_grants::run(&s.app.base).await.unwrap();
    assert_eq!(grant_state(s, stays).await, "ending: expired", "{how}");
    let removal = s.open_release(stays).await;
    assert!(s.execute(s.pia, &removal).await.status < 400, "{how}");
    assert_eq!(grant_state(s, stays).await, "ended: expired", "{how}");
}

#[sqlx::test(migrations = "../migrations")]
async fn by_hand_the_first_to_end_takes_nothing_away_when_the_earlier_end_comes_first(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (first, second) = twice(&s, false).await;
    ends_by_hand(&s, &first, &second, "the earlier end comes first").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn by_hand_the_first_to_end_takes_nothing_away_when_the_later_one_is_given_back(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (first, second) = twice(&s, false).await;
    ends_by_hand(&s, &first, &second, "the later one is given back").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn by_hand_the_first_to_end_takes_nothing_away_when_the_earlier_one_is_given_back(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (first, second) = twice(&s, false).await;
    ends_by_hand(&s, &first, &second, "the earlier one is given back").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn by_machine_the_second_gives_nothing_and_the_last_to_end_takes_it_away(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let s = &scene.s;
    let (first, second) = twice(s, true).await;
    let activation = one(s, "select id::text from release where request_id = $1::uuid and kind = 'activate'", &second).await;
    assert_eq!(scene.effects(&activation, Moment::Apply(Operation::Give)), 0, "it was there already");
    at(s, "2027-01-06T00:00:00Z");
    end_what_is_due(s).await;
    assert_eq!((grant_state(s, &first).await.as_str(), grant_state(s, &second).await.as_str()), ("ended: expired", "active"));
    assert!(reads(&scene));
    let removal = removal_of(s, &first).await;
    assert_eq!(scene.effects(&removal, Moment::Apply(Operation::Take)), 0);
    at(s, "2027-01-21T00:00:00Z");
    end_what_is_due(s).await;
    assert_eq!(grant_state(s, &second).await, "ended: expired");
    assert!(!reads(&scene));
    assert_eq!(scene.effects(&removal_of(s, &second).await, Moment::Apply(Operation::Take)), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn by_machine_the_access_stays_when_the_second_is_given_back_and_goes_with_the_first(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let s = &scene.s;
    let (first, second) = twice(s, true).await;
    give_back(s, &second).await;
    s.app.drain().await;
    assert_eq!((grant_state(s, &first).await.as_str(), grant_state(s, &second).await.as_str()), ("active", "ended: given_back"));
    assert!(reads(&scene));
    at(s, "2027-01-06T00:00:00Z");
    end_what_is_due(s).await;
    assert_eq!(grant_state(s, &first).await, "ended: expired");
    assert!(!reads(&scene));
}

#[sqlx::test(migrations = "../migrations")]
async fn by_machine_both_ends_passed_while_the_server_was_down_and_the_access_is_gone(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let s = &scene.s;
    let (first, second) = twice(s, true).await;
    at(s, "2027-03-01T09:00:00Z");
    end_what_is_due(s).await;
    assert_eq!((grant_state(s, &first).await.as_str(), grant_state(s, &second).await.as_str()), ("ended: expired", "ended: expired"));
    assert!(!reads(&scene));
    let takes = scene.effects(&removal_of(s, &first).await, Moment::Apply(Operation::Take))
        + scene.effects(&removal_of(s, &second).await, Moment::Apply(Operation::Take));
    assert_eq!(takes, 1);
}

/// The first grant has ended and its removal waits; the second begins.
pub async fn late_removal(s: &Story) -> (String, String) {
    let first = approved(s, "2026-11-22", "2026-12-21").await;
    carry_out(s, &first).await;
    let second = approved(s, "2026-12-22", "2027-01-20").await;
    at(s, END);
    server::job::end_grants::run(&s.app.base).await.unwrap();
    assert_eq!(grant_state(s, &first).await, "ending: expired");
    (first, second)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_removal_that_waits_closes_by_itself_once_other_access_began(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (first, second) = late_removal(&s).await;
    carry_out(&s, &second).await;
    // Nobody takes away now what they would have had to a minute before.
    let removal = s.open_release(&first).await;
    let shown = s.call(s.pol, "releases/show", &[("release", &removal)]).await.json();
    assert!(shown["obstacle"].as_str().unwrap().contains("still gives the same access"), "{shown}");
    let refused = s.execute(s.pol, &removal).await;
    assert_eq!((refused.status, refusal(&refused)), (409, json!("not_possible")));
    assert_eq!(release_state(&s, &removal).await, "planned");
    for _ in 0..2 {
        server::job::end_grants::run(&s.app.base).await.unwrap();
    }
    assert_eq!(release_state(&s, &removal).await, "closed");
    assert_eq!((grant_state(&s, &first).await.as_str(), grant_state(&s, &second).await.as_str()), ("ended: expired", "active"));
    assert_eq!(s.app.count("select count(*) from audit_event where kind = 'release.not_needed'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_may_be_taken_late_is_over_before_the_same_is_given_again(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let s = &scene.s;
    let first = approved(s, "2026-11-22", "2026-12-21").await;
    s.app.drain().await;
    let second = approved(s, "2026-12-22", "2027-01-20").await;
    at(s, END);
    scene.directory.script(Moment::Apply(Operation::Take), Trouble::Fail, 1);
    server::job::end_grants::run(&s.app.base).await.unwrap();
    let removal = removal_of(s, &first).await;
    let id: domain::id::ReleaseId = removal.parse().unwrap();
    server::usecase::carrying_out::advance(&s.app.base, id).await.unwrap();
    assert_eq!(release_state(s, &removal).await, "failed");
    s.app.drain().await;
    let given: i64 = scene.one("select count(*) from access_grant where request_id = $1::uuid", &second).await;
    assert_eq!(given, 0, "what was asked to be taken may be taken late, and then from this");
    // Whichever of the two looks first.
    scene.wait_and_drain().await;
    scene.wait_and_drain().await;
    assert_eq!(release_state(s, &removal).await, "closed");
    assert_eq!(grant_state(s, &first).await, "ended: expired");
    assert_eq!(grant_state(s, &second).await, "active");
    assert!(reads(&scene), "what the second gives is not taken by the first");
    assert_eq!(scene.effects(&removal, Moment::Apply(Operation::Take)), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn giving_waits_while_a_machine_takes_the_same(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let s = &scene.s;
    let first = approved(s, "2026-11-22", "2026-12-21").await;
    s.app.drain().await;
    let second = approved(s, "2026-12-22", "2027-01-20").await;
    at(s, END);
    server::job::end_grants::run(&s.app.base).await.unwrap();
    // A worker has it in hand, and has not come back yet.
    let removal = removal_of(s, &first).await;
    let statement = "update release l set state = 'gated', gated_at = '2026-12-22T00:00:00Z', worked_until = '2026-12-22T00:01:00Z', fence = 7, connection_id = v.connection_id, connection_version = v.version
                     from connection_version v where l.id = $1::uuid";
    sqlx::query(statement).bind(&removal).execute(&s.app.owner).await.unwrap();
    let calls = scene.directory.calls().len();
    let activation: domain::id::ReleaseId = s.open_release(&second).await.parse().unwrap();
    let progress = server::usecase::carrying_out::advance(&s.app.base, activation).await.unwrap();
    assert!(matches!(progress, server::usecase::carrying_out::Progress::At(_)), "{progress:?}");
    assert_eq!((release_state(s, &activation.to_string()).await.as_str(), scene.directory.calls().len()), ("planned", calls));
    // The worker's lease is over: the removal is done, then the access is given again.
    at(s, "2026-12-22T00:05:00Z");
    let removal: domain::id::ReleaseId = removal.parse().unwrap();
    server::usecase::carrying_out::advance(&s.app.base, removal).await.unwrap();
    assert!(!reads(&scene));
    server::usecase::carrying_out::advance(&s.app.base, activation).await.unwrap();
    assert!(reads(&scene));
    assert_eq!((grant_state(s, &first).await.as_str(), grant_state(s, &second).await.as_str()), ("ended: expired", "active"));
}

#[sqlx::test(migrations = "../migrations")]
async fn access_that_was_left_for_what_people_gave_is_taken_where_it_is(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let s = &scene.s;
    let (first, second) = twice(s, true).await;
    // The second one was confirmed by people, who do not say where it is.
    let by_people = "update release set connection_id = null, connection_version = null, executed_by = $2 where request_id = $1::uuid";
    sqlx::query(by_people).bind(&second).bind(s.pia.0).execute(&s.app.owner).await.unwrap();
    give_back(s, &first).await;
    s.app.drain().await;
    assert_eq!((grant_state(s, &first).await.as_str(), reads(&scene)), ("ended: given_back", true));
    let settings = json!({ "matching": "number", "accounts": true, "closing": "deactivate" });
    s.app.connect(s.ledger, "elsewhere", "memory", &settings, None).await;
    give_back(s, &second).await;
    s.app.drain().await;
    assert_eq!((grant_state(s, &second).await.as_str(), reads(&scene)), ("ended: given_back", false));
    assert!(s.app.base.machines.directory("elsewhere").calls().is_empty());
}
