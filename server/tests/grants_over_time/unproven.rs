//! Access that was given and never proven: no grant ends it, and it goes all the same, when its period
//! is over or whoever has it is suspended.

use super::steps::*;

/// Access that Ana has in the directory, and that the reading does not bear out.
async fn given_by_machine(scene: &Scene) -> (String, String) {
    let (request, release) = scene.approved().await;
    scene.directory.script(Moment::ReadBack, Trouble::Refuse, u32::MAX);
    scene.s.app.drain().await;
    assert_eq!((scene.state(&release).await.as_str(), scene.ana_reads()), ("failed", true));
    assert_eq!(scene.s.app.count("select count(*) from access_grant").await, 0);
    scene.directory.recover();
    (request, release)
}

/// Access that Pia has given by hand, and that nobody has looked at.
pub async fn given_by_hand(s: &Story) -> (String, String) {
    s.app.connect(s.ledger, "desk", "manual", &json!({ "second_look": ["standard"] }), None).await;
    let request = approved(s, "2026-11-22", "2026-12-21").await;
    let release = s.open_release(&request).await;
    confirm(s, s.pia, &release).await;
    assert_eq!(release_state(s, &release).await, "activated");
    assert_eq!(s.app.count("select count(*) from access_grant").await, 0);
    (request, release)
}

/// Confirms work by hand as it is shown.
pub async fn confirm(s: &Story, who: IdentityId, release: &str) {
    let seen = s.call(s.pol, "releases/show", &[("release", release)]).await.json();
    let (version, key, shown_as) = (seen["version"].to_string(), uuid(), seen["by_hand"]["shown_as"].as_str().unwrap().to_owned());
    let fields =
        [("release", release), ("version", &version), ("shown_as", &shown_as), ("key", &key), ("evidence", "Seen in the console.")];
    let reply = s.call(who, "releases/execute", &fields).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
}

pub async fn look(s: &Story, who: IdentityId, release: &str) -> Reply {
    let version = s.call(s.pol, "releases/show", &[("release", release)]).await.json()["version"].to_string();
    let fields = [("release", release), ("version", version.as_str()), ("there", "true"), ("said", "Looked it up in the console.")];
    s.call(who, "releases/look", &fields).await
}

async fn suspend_ana(s: &Story) {
    let ada = s.app.person_with("Ada", Role::Administrator).await;
    let reply = s.call(ada, "identities/suspend", &[("identity", &s.ana.to_string()), ("reason", "Under investigation.")]).await;
    assert!(reply.status < 400, "{}", reply.text());
}

/// Lapses what is past its last day; no request may keep the job from its work.
async fn lapse(s: &Story) {
    let report = server::job::lapse_requests::run(&s.app.base).await.unwrap();
    assert_eq!(report.failed, 0, "{report:?}");
}

/// What people are told about a request, oldest first.
async fn told(s: &Story, request: &str) -> Vec<String> {
    sqlx::query_scalar("select body from notification where request_id = $1::uuid and kind = 'held' order by at, id")
        .bind(request)
        .fetch_all(&s.app.owner)
        .await
        .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn at_its_end_what_a_machine_gave_and_nothing_proved_is_rolled_back_and_the_request_lapses(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let scene = Scene::set(pool, connect).await;
    let s = &scene.s;
    let (request, release) = given_by_machine(&scene).await;
    at(s, "2026-12-21T23:59:59Z");
    server::job::end_grants::run(&s.app.base).await.unwrap();
    assert!(scene.ana_reads(), "not a moment before its end");
    at(s, END);
    lapse(s).await;
    assert_eq!(s.state(&request).await, "approved", "what is there goes first");
    end_what_is_due(s).await;
    assert_eq!((scene.state(&release).await.as_str(), scene.ana_reads()), ("rolled_back", false));
    lapse(s).await;
    assert_eq!((s.state(&request).await.as_str(), scene.state(&release).await.as_str()), ("lapsed", "cancelled"));
}

#[sqlx::test(migrations = "../migrations")]
async fn who_is_suspended_loses_what_a_machine_gave_and_nothing_proved(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let s = &scene.s;
    let (request, release) = given_by_machine(&scene).await;
    suspend_ana(s).await;
    // The next try meets a gate: it is held, and what people read does not say that nothing is there.
    let version = scene.version(&release).await;
    let reply = scene.act(s.pia, "releases/retry", &release, &[]).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    s.app.drain().await;
    assert_eq!((scene.state(&release).await.as_str(), scene.ana_reads(), scene.version(&release).await > version), ("held", true, true));
    let said = told(s, &request).await;
    assert!(said.iter().all(|said| !said.contains("Nothing was carried out")) && !said.is_empty(), "{said:?}");
    end_what_is_due(s).await;
    assert_eq!((scene.state(&release).await.as_str(), scene.ana_reads()), ("rolled_back", false));
    let why = one(s, "select failure ->> 'said' from release where id = $1::uuid", &release).await;
    assert_eq!(why, "The person is no longer active before the access was proven.");
}

#[sqlx::test(migrations = "../migrations")]
async fn who_is_suspended_loses_what_was_done_although_the_machine_says_that_it_failed(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let s = &scene.s;
    let (_, release) = scene.approved().await;
    scene.directory.script(Moment::Apply(Operation::Give), Trouble::DoneButSaysFailed, u32::MAX);
    s.app.drain().await;
    assert!(scene.ana_reads(), "it says that it failed, and it is there");
    s.app.set_state(s.ana, "suspended").await;
    scene.directory.recover();
    end_what_is_due(s).await;
    assert_eq!((scene.state(&release).await.as_str(), scene.ana_reads()), ("rolled_back", false));
}

#[sqlx::test(migrations = "../migrations")]
async fn taking_back_what_somebody_who_left_has_goes_on_for_as_long_as_it_takes(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let s = &scene.s;
    let (request, release) = given_by_machine(&scene).await;
    s.app.set_state(s.ana, "retired").await;
    scene.directory.script(Moment::Undo(Operation::Give), Trouble::Refuse, u32::MAX);
    end_what_is_due(s).await;
    for _ in 0..2 * domain::saga::MOST_TRIES {
        scene.wait_and_drain().await;
    }
    let stands = scene.stands(&release).await;
    assert_eq!((stands.state.as_str(), stands.again, scene.ana_reads()), ("undoing", true, true));
    let calls = s.app.count("select count(*) from notification where title like '%could not be taken back yet'").await;
    assert!(calls > 0, "people are called: {:?}", told(s, &request).await);
    // At the first failure, and when anything else would be given up; not each hour.
    assert_eq!(
        calls,
        2 * s.app.count("select count(distinct recipient_id) from notification where title like '%could not be taken back yet'").await
    );
    let words = "Access that has to go is still there. It is tried again by itself; what went wrong stands on the release.";
    let to_olga: Vec<String> = sqlx::query_scalar(
        "select body from notification where title like '%could not be taken back yet' and recipient_id = $1 order by at, id",
    )
    .bind(s.olga.0)
    .fetch_all(&s.app.owner)
    .await
    .unwrap();
    assert_eq!(to_olga, [words, words], "who answers for the application hears of it both times");
    assert_eq!(told(s, &request).await.iter().filter(|body| *body == words).count(), usize::try_from(calls).unwrap());
    scene.directory.recover();
    scene.wait_and_drain().await;
    assert_eq!((scene.state(&release).await.as_str(), scene.ana_reads()), ("rolled_back", false));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_may_stay_is_stuck_when_it_is_not_taken_back_and_goes_on_once_it_has_to_go(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let s = &scene.s;
    // Without an end, so that it has to go for one reason only.
    sqlx::query("update identity_specification set longest_days = null").execute(&s.app.owner).await.unwrap();
    let reply = s.try_submit(s.ana, s.read, &[("ends_on", "")]).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    let request = s.newest().await;
    s.approve(s.mona, &request).await;
    let release = s.open_release(&request).await;
    scene.directory.script(Moment::ReadBack, Trouble::Refuse, u32::MAX);
    scene.directory.script(Moment::Undo(Operation::Give), Trouble::Refuse, u32::MAX);
    s.app.drain().await;
    assert!(scene.act(s.pia, "releases/roll_back", &release, &[("reason", "The wrong role.")]).await.status < 400);
    s.app.drain().await;
    assert_eq!((scene.state(&release).await.as_str(), scene.ana_reads()), ("stuck", true));
    end_what_is_due(s).await;
    assert_eq!(scene.state(&release).await, "stuck", "a person has to look");
    s.app.set_state(s.ana, "suspended").await;
    scene.directory.recover();
    end_what_is_due(s).await;
    assert_eq!((scene.state(&release).await.as_str(), scene.ana_reads()), ("rolled_back", false));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_failed_before_anything_was_given_is_left_for_people(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let s = &scene.s;
    let (request, release) = scene.approved().await;
    scene.directory.script(Moment::Plan, Trouble::Refuse, u32::MAX);
    s.app.drain().await;
    s.app.set_state(s.ana, "suspended").await;
    server::job::end_grants::run(&s.app.base).await.unwrap();
    assert_eq!(scene.state(&release).await, "failed", "there is nothing to undo");
    at(s, END);
    lapse(s).await;
    assert_eq!((s.state(&request).await.as_str(), scene.state(&release).await.as_str()), ("lapsed", "cancelled"));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_given_by_hand_and_not_looked_at_is_removed_at_its_end_and_that_is_proven(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (request, release) = given_by_hand(&s).await;
    at(&s, "2026-12-21T23:59:59Z");
    server::job::end_grants::run(&s.app.base).await.unwrap();
    assert_eq!(release_state(&s, &release).await, "activated");
    at(&s, END);
    lapse(&s).await;
    for _ in 0..2 {
        server::job::end_grants::run(&s.app.base).await.unwrap();
    }
    assert_eq!((release_state(&s, &release).await.as_str(), grant_state(&s, &request).await.as_str()), ("closed", "ending: expired"));
    let evidence = one(&s, "select evidence from release where id = $1::uuid", &release).await;
    assert!(evidence.ends_with("Nobody took the second look before the access had to go."), "{evidence}");
    assert_eq!(s.app.count("select count(*) from release where verified_by is not null").await, 0);
    let said = one(
        &s,
        "select (found_said_by = executed_by) || ' ' || actual_entitlements || ' ' || variance from release where id = $1::uuid",
        &release,
    )
    .await;
    assert_eq!(said, r#"true ["Ledger Reader"] {"missing": [], "unexpected": []}"#, "there by the word of whoever did it");
    assert!(look(&s, s.pol, &release).await.status >= 400, "it is too late for it");
    let removal = removal_of(&s, &request).await;
    confirm(&s, s.pia, &removal).await;
    assert_eq!(grant_state(&s, &request).await, "ending: expired", "that it is gone is looked at");
    assert!(look(&s, s.pol, &removal).await.status < 400);
    assert_eq!((grant_state(&s, &request).await.as_str(), s.state(&request).await.as_str()), ("ended: expired", "closed"));
    let kinds: Vec<String> = s.events(&request).await.into_iter().map(|(_, kind)| kind).collect();
    for kind in ["release.not_looked_at", "grant.activated", "grant.ending", "grant.ended"] {
        assert_eq!(kinds.iter().filter(|one| *one == kind).count(), 1, "{kind} in {kinds:?}");
    }
    lapse(&s).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn who_is_suspended_loses_what_was_given_by_hand_and_not_looked_at(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (request, release) = given_by_hand(&s).await;
    suspend_ana(&s).await;
    server::job::end_grants::run(&s.app.base).await.unwrap();
    assert_eq!(release_state(&s, &release).await, "closed");
    assert_eq!(grant_state(&s, &request).await, "ending: identity_stopped");
    assert_eq!(release_state(&s, &removal_of(&s, &request).await).await, "planned");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_extension_that_nobody_looked_at_keeps_no_access_and_its_request_lapses(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (first, release) = given_by_hand(&s).await;
    assert!(look(&s, s.pol, &release).await.status < 400);
    let longer = s.extension(&first, "2026-11-22", "2027-01-31").await;
    let moved = s.open_release(&longer).await;
    confirm(&s, s.pia, &moved).await;
    at(&s, END);
    for _ in 0..2 {
        server::job::end_grants::run(&s.app.base).await.unwrap();
    }
    assert_eq!((grant_state(&s, &first).await.as_str(), release_state(&s, &moved).await.as_str()), ("ending: expired", "failed"));
    at(&s, "2027-02-01T00:00:00Z");
    lapse(&s).await;
    assert_eq!((s.state(&longer).await.as_str(), release_state(&s, &moved).await.as_str()), ("lapsed", "cancelled"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_removal_that_nothing_proves_calls_people_once_and_not_each_hour(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let s = &scene.s;
    let (_, removal) = scene.ending().await;
    // As with a receiver that cannot say what is there.
    scene.directory.script(Moment::ReadBack, Trouble::Refuse, u32::MAX);
    s.app.drain().await;
    let calls = "select count(*) from notification where title like 'REL-% failed'";
    let told = s.app.count(calls).await;
    assert!(told > 0, "access that does not go is said at once");
    for _ in 0..5 {
        scene.wait_and_drain().await;
    }
    assert_eq!((scene.state(&removal).await.as_str(), s.app.count(calls).await), ("failed", told));
}
