//! Ends: at their second, by request, by suspension, after the server was down, and against an
//! extension. Each by a release of its own that is proven.

use super::steps::*;

#[sqlx::test(migrations = "../migrations")]
async fn over_there_access_is_gone_at_its_second_and_not_one_before(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let s = &scene.s;
    let request = approved(s, "2026-11-22", "2026-12-21").await;
    s.app.drain().await;
    for (moment, there, state) in [
        ("2026-12-21T23:59:59Z", true, "active"),
        ("2026-12-22T00:00:00Z", false, "ended: expired"),
        ("2026-12-22T00:00:01Z", false, "ended: expired"),
    ] {
        at(s, moment);
        end_what_is_due(s).await;
        assert_eq!((reads(&scene), grant_state(s, &request).await.as_str()), (there, state), "{moment}");
    }
    let evidence = one(s, "select evidence from release where id = $1::uuid", &removal_of(s, &request).await).await;
    assert!(evidence.starts_with("Read back through Directory"), "{evidence}");
    assert_eq!(s.app.count("select count(*) from release where kind = 'remove'").await, 1);
}

/// Ana has the reader until 22 December and the writer until 11 December, through the directory.
async fn two_things(s: &Story) -> (String, String) {
    let read = approved(s, "2026-11-22", "2026-12-21").await;
    let reply = s.try_submit(s.ana, s.write, &[("ends_on", "2026-12-10")]).await;
    assert!(reply.status < 400, "{}", reply.text());
    let write = s.newest().await;
    s.approve(s.mona, &write).await;
    s.approve(s.olga, &write).await;
    s.app.drain().await;
    (read, write)
}

#[sqlx::test(migrations = "../migrations")]
async fn several_ends_that_passed_while_the_server_was_down_are_all_made_good(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let s = &scene.s;
    let (read, write) = two_things(s).await;
    assert!(has(&scene, READER) && has(&scene, WRITER));
    at(s, "2027-02-01T09:00:00Z");
    end_what_is_due(s).await;
    for request in [&read, &write] {
        assert_eq!(grant_state(s, request).await, "ended: expired");
        assert_eq!(s.state(request).await, "closed");
        assert_eq!(scene.effects(&removal_of(s, request).await, Moment::Apply(Operation::Take)), 1);
    }
    assert!(!has(&scene, READER) && !has(&scene, WRITER));
    let account = scene.directory.people().into_values().next().unwrap();
    assert_eq!(account.state, connector::Account::Inactive, "the last access takes the account with it");
}

#[sqlx::test(migrations = "../migrations")]
async fn suspending_a_person_takes_everything_from_them(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let s = &scene.s;
    let (read, write) = two_things(s).await;
    let later = approved(s, "2026-12-22", "2027-01-20").await;
    let ada = s.app.person_with("Ada", Role::Administrator).await;
    let reply = s.call(ada, "identities/suspend", &[("identity", &s.ana.to_string()), ("reason", "Under investigation.")]).await;
    assert!(reply.status < 400, "{}", reply.text());
    end_what_is_due(s).await;
    for request in [&read, &write] {
        assert_eq!(grant_state(s, request).await, "ended: identity_stopped");
        assert_eq!(release_state(s, &removal_of(s, request).await).await, "closed");
    }
    assert!(!has(&scene, READER) && !has(&scene, WRITER));
    // What was scheduled does not begin for somebody who is suspended.
    at(s, "2026-12-22T00:00:01Z");
    s.app.drain().await;
    let release = one(s, "select id::text from release where request_id = $1::uuid", &later).await;
    assert_eq!(release_state(s, &release).await, "held");
    assert!(!has(&scene, READER));
}

#[sqlx::test(migrations = "../migrations")]
async fn suspending_somebody_who_has_the_same_twice_takes_it_once_and_leaves_nothing(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let s = &scene.s;
    let (first, second) = twice(s, true).await;
    s.app.set_state(s.ana, "suspended").await;
    end_what_is_due(s).await;
    for request in [&first, &second] {
        assert_eq!(grant_state(s, request).await, "ended: identity_stopped");
    }
    assert!(!reads(&scene));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_removal_that_fails_is_loud_and_goes_on_until_it_is_proven(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let s = &scene.s;
    let request = approved(s, "2026-11-22", "2026-12-21").await;
    s.app.drain().await;
    scene.directory.script(Moment::Apply(Operation::Take), Trouble::SaysDoneButNot, 1);
    give_back(s, &request).await;
    s.app.drain().await;
    assert_eq!((grant_state(s, &request).await.as_str(), reads(&scene)), ("ending: given_back", true));
    let told: Vec<uuid::Uuid> =
        sqlx::query_scalar("select distinct recipient_id from notification where kind = 'held'").fetch_all(&s.app.owner).await.unwrap();
    assert!(told.contains(&s.pia.0) && told.contains(&s.olga.0), "operators and the owner hear of access that does not go");
    scene.wait_and_drain().await;
    assert_eq!((grant_state(s, &request).await.as_str(), reads(&scene)), ("ended: given_back", false));
}

/// Access at its end, with an approved extension that nobody has carried out.
async fn at_the_end(s: &Story) -> (String, String) {
    let first = s.granted().await;
    let longer = s.extension(&first, "2026-11-22", "2027-01-31").await;
    (first, longer)
}

#[sqlx::test(migrations = "../migrations")]
async fn an_extension_that_nobody_carried_out_by_the_end_is_withdrawn_and_moves_nothing(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (first, longer) = at_the_end(&s).await;
    at(&s, END);
    let release = s.open_release(&longer).await;
    server::job::end_grants::run(&s.app.base).await.unwrap();
    let reply = s.execute(s.pia, &release).await;
    assert_eq!((reply.status, refusal(&reply)), (409, json!("not_possible")));
    assert_eq!((grant_state(&s, &first).await.as_str(), release_state(&s, &release).await.as_str()), ("ending: expired", "cancelled"));
    assert_eq!(s.state(&longer).await, "withdrawn");
    assert_eq!(s.app.count("select count(*) from grant_extension").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_last_second_is_early_enough_for_an_extension(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (first, longer) = at_the_end(&s).await;
    // Two calls, each a second long.
    at(&s, "2026-12-21T23:59:57Z");
    carry_out(&s, &longer).await;
    for moment in [END, "2026-12-22T00:00:01Z"] {
        at(&s, moment);
        server::job::end_grants::run(&s.app.base).await.unwrap();
        assert_eq!(grant_state(&s, &first).await, "active", "{moment}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_end_during_the_reading_of_an_extension_wins_and_the_extension_says_so(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::patient(pool, connect).await;
    let s = &scene.s;
    let (first, _) = scene.approved().await;
    s.app.drain().await;
    let longer = s.extension(&first, "2026-11-22", "2027-01-31").await;
    let release = s.open_release(&longer).await;
    let id: domain::id::ReleaseId = release.parse().unwrap();
    let mut reading = scene.directory.hold(Moment::ReadBack, Some(id.0), connector::memory::Point::AfterEffect);
    at(s, "2026-12-21T23:59:59Z");
    let base = s.app.base.clone();
    let worker = tokio::spawn(async move { server::usecase::carrying_out::advance(&base, id).await });
    assert!(reading.reached().await);
    at(s, END);
    server::job::end_grants::run(&s.app.base).await.unwrap();
    assert_eq!(grant_state(s, &first).await, "ending: expired");
    reading.release();
    worker.await.unwrap().unwrap();
    let stands = scene.stands(&release).await;
    assert_eq!((stands.state.as_str(), stands.again), ("failed", false));
    assert!(scene.page(&release).await.says(&stands.said.unwrap()), "the page says why");
    s.app.drain().await;
    assert_eq!((grant_state(s, &first).await.as_str(), reads(&scene)), ("ended: expired", false));
    assert_eq!(s.app.count("select count(*) from grant_extension").await, 0);
}

/// An end and an extension at one moment, on connections of their own: one of the two happens, and the
/// other finds it.
async fn race(s: &Story, end_first: bool) {
    let (first, longer) = at_the_end(s).await;
    let release = s.open_release(&longer).await;
    let view = s.call(s.pol, "releases/show", &[("release", &release)]).await.json();
    at(s, END);
    let (version, key, client) = (view["version"].to_string(), uuid(), s.app.sign_in_as(s.pia).await);
    let fields =
        [("release", release.as_str()), ("version", version.as_str()), ("evidence", "Seen in the console."), ("key", key.as_str())];
    let (execute, end) = (client.server_fn("releases/execute", &fields), server::job::end_grants::run(&s.app.base));
    let (reply, ended) = if end_first {
        let (ended, reply) = tokio::join!(end, execute);
        (reply, ended)
    } else {
        tokio::join!(execute, end)
    };
    assert!(ended.is_ok(), "{ended:?}");
    let stands = (grant_state(s, &first).await, release_state(s, &release).await);
    let extended = s.app.count("select count(*) from grant_extension").await;
    match (stands.0.as_str(), stands.1.as_str(), extended) {
        ("active", "closed", 1) => {
            assert!(reply.status < 400, "{}", reply.text());
            assert_eq!(s.app.count("select count(*) from release where kind = 'remove'").await, 0);
        }
        ("ending: expired", "cancelled", 0) => {
            assert_eq!((reply.status, refusal(&reply)), (409, json!("changed")));
            assert_eq!(s.app.count("select count(*) from release where kind = 'remove'").await, 1);
        }
        other => panic!("neither the one nor the other: {other:?}"),
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn of_an_end_and_an_extension_at_one_moment_one_happens(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    race(&s, true).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn of_an_extension_and_an_end_at_one_moment_one_happens(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    race(&s, false).await;
}
