//! What people do about a release that a machine carries out.

use super::scene::*;
use connector::memory::Person;
use std::collections::BTreeMap;

/// A release that fails at giving and needs a person.
async fn refused(scene: &Scene) -> (String, String) {
    let (request, release) = scene.approved().await;
    scene.directory.script(Moment::Apply(Operation::Give), Trouble::Refuse, u32::MAX);
    scene.s.app.drain().await;
    assert_eq!((scene.state(&release).await.as_str(), scene.stands(&release).await.again), ("failed", false));
    (request, release)
}

#[sqlx::test(migrations = "../migrations")]
async fn rolling_back_leaves_nothing_of_what_was_done(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, release) = refused(&scene).await;
    assert_eq!(scene.directory.people().len(), 1, "the account was made");
    let reply = scene.act(scene.s.pia, "releases/roll_back", &release, &[("reason", "The group does not exist.")]).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    scene.s.app.drain().await;
    assert_eq!(scene.state(&release).await, "rolled_back");
    assert!(scene.directory.people().values().all(|person| person.state != connector::Account::Active));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_rolled_back_is_tried_again_without_anybody_approving(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (request, release) = refused(&scene).await;
    scene.act(scene.s.pia, "releases/roll_back", &release, &[("reason", "The group does not exist.")]).await;
    scene.s.app.drain().await;
    scene.directory.recover();
    let reply = scene.act(scene.s.pol, "releases/retry", &release, &[]).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    scene.s.app.drain().await;
    assert_eq!(scene.state(&release).await, "closed");
    assert!(scene.ana_reads());
    let approvals: i64 = scene.one("select count(*) from decision where request_id = $1::uuid", &request).await;
    assert_eq!(approvals, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_compensation_that_fails_for_good_is_stuck_and_called_so(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, release) = refused(&scene).await;
    scene.directory.script(Moment::Undo(Operation::ReadyAccount), Trouble::Refuse, 1);
    scene.act(scene.s.pia, "releases/roll_back", &release, &[("reason", "The group does not exist.")]).await;
    scene.s.app.drain().await;
    assert_eq!(scene.state(&release).await, "stuck");
    let reply = scene.act(scene.s.pia, "releases/retry", &release, &[]).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    scene.s.app.drain().await;
    assert_eq!(scene.state(&release).await, "rolled_back");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_step_is_taken_as_done_only_by_two_people_and_is_still_read_back(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, release) = refused(&scene).await;
    let reason = [("reason", "Added by hand in the console, ticket 4711.")];
    assert!(scene.act(scene.s.pia, "releases/propose_skip", &release, &reason).await.status < 400);
    let own = scene.act(scene.s.pia, "releases/answer_skip", &release, &[("confirm", "true")]).await;
    assert_eq!((own.status, refusal(&own)), (403, json!("separation_of_duties")));
    assert!(scene.act(scene.s.pol, "releases/answer_skip", &release, &[("confirm", "true")]).await.status < 400);
    scene.s.app.drain().await;
    let stands = scene.stands(&release).await;
    assert_eq!(stands.state, "failed", "nobody believes it before it is read back");
    assert_eq!(stands.said.as_deref(), Some("The machine says that it is done, but the access is not there."));
}

#[sqlx::test(migrations = "../migrations")]
async fn no_approver_and_no_subject_lends_a_hand(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, release) = refused(&scene).await;
    for who in [scene.s.mona, scene.s.ana] {
        scene.s.app.role(who, domain::permission::Role::Operator).await;
        for (endpoint, more) in [
            ("releases/retry", vec![]),
            ("releases/roll_back", vec![("reason", "No.")]),
            ("releases/propose_skip", vec![("reason", "Done.")]),
        ] {
            let reply = scene.act(who, endpoint, &release, &more).await;
            assert_eq!((reply.status, refusal(&reply)), (403, json!("separation_of_duties")), "{endpoint}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_removal_is_tried_for_as_long_as_it_takes_and_said_at_once(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, release) = scene.ending().await;
    scene.directory.script(Moment::Apply(Operation::Take), Trouble::Refuse, u32::MAX);
    scene.s.app.drain().await;
    let told: i64 = scene.one("select count(*) from notification where kind = 'held' and href = '/releases/' || $1", &release).await;
    assert!(told >= 2, "both operators hear of it");
    for _ in 0..20 {
        scene.wait_and_drain().await;
    }
    assert_eq!((scene.state(&release).await.as_str(), scene.stands(&release).await.again), ("failed", true));
    let reply = scene.act(scene.s.pia, "releases/roll_back", &release, &[("reason", "Leave it.")]).await;
    assert_eq!(reply.status, 409, "access that is on its way out does not come back: {}", reply.text());
    scene.directory.recover();
    scene.wait_and_drain().await;
    assert_eq!(scene.state(&release).await, "closed");
}

#[sqlx::test(migrations = "../migrations")]
async fn giving_gives_up_after_eight_tries_and_calls_somebody(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, release) = scene.approved().await;
    scene.directory.script(Moment::Plan, Trouble::Fail, u32::MAX);
    for _ in 0..20 {
        scene.wait_and_drain().await;
    }
    let stands = scene.stands(&release).await;
    assert_eq!((stands.state.as_str(), stands.again), ("failed", false));
    assert_eq!(scene.one::<i32>("select tries from release where id = $1::uuid", &release).await, 8);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_request_under_way_is_not_withdrawn_before_it_is_rolled_back(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (request, release) = refused(&scene).await;
    let view = scene.s.show(scene.s.ana, &request).await;
    let version = view["version"].to_string();
    let withdraw = [("request", request.as_str()), ("version", version.as_str()), ("reason", "No longer needed.")];
    assert_eq!(scene.s.call(scene.s.ana, "requests/withdraw", &withdraw).await.status, 409);
    // The page says so before anybody presses.
    assert_eq!((&view["may_withdraw"], &view["may_edit"]), (&json!(false), &json!(false)));
    let number: String = scene.one("select number from release where id = $1::uuid", &release).await;
    let mut browser = Browser::of(scene.s.app.sign_in_as(scene.s.ana).await);
    browser.open(&format!("/requests/{request}")).await;
    assert!(browser.says(&format!("It cannot be withdrawn or changed now: {number} is under way.")), "{}", browser.page);
    assert!(!browser.has_form("/api/requests/withdraw", "") && !browser.has_form("/api/drafts/edit", ""), "{}", browser.page);
    assert_eq!(
        scene.s.show(scene.s.mona, &request).await["under_way"],
        serde_json::Value::Null,
        "she could neither withdraw nor change it"
    );
    scene.act(scene.s.pia, "releases/roll_back", &release, &[("reason", "Taken back.")]).await;
    scene.s.app.drain().await;
    browser.open(&format!("/requests/{request}")).await;
    assert!(browser.has_form("/api/requests/withdraw", "") && browser.has_form("/api/drafts/edit", ""), "{}", browser.page);
    assert!(!browser.says("It cannot be withdrawn or changed now"), "{}", browser.page);
    let reply = scene.s.call(scene.s.ana, "requests/withdraw", &withdraw).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    assert_eq!(scene.state(&release).await, "cancelled");
}

/// Ana has an account there already, from before; gives the number by which it is found.
async fn had_an_account(scene: &Scene) -> String {
    let number: String = scene.one("select source_id from identity where id = $1::uuid", &scene.s.ana.to_string()).await;
    let account = Person {
        id: "account-0".to_owned(),
        state: connector::Account::Active,
        leaving: false,
        attributes: BTreeMap::new(),
        entitlements: BTreeMap::new(),
    };
    scene.directory.put(&number, account);
    number
}

#[sqlx::test(migrations = "../migrations")]
async fn rolling_back_leaves_what_was_there_before_however_often_it_was_tried(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let number = had_an_account(&scene).await;
    let (_, release) = scene.approved().await;
    scene.directory.script(Moment::ReadBack, Trouble::Refuse, 2);
    scene.s.app.drain().await;
    let account_step = "select state || ' ' || (before ->> 'state') || ' ' || was_there::text from release_step where release_id = $1::uuid and operation = 'ready_account'";
    assert_eq!(scene.one::<String>(account_step, &release).await, "not_needed active true");
    assert!(scene.act(scene.s.pia, "releases/retry", &release, &[]).await.status < 400);
    scene.s.app.drain().await;
    assert_eq!(
        (scene.state(&release).await.as_str(), scene.one::<String>(account_step, &release).await.as_str()),
        ("failed", "done active true")
    );
    assert!(scene.act(scene.s.pia, "releases/roll_back", &release, &[("reason", "Not needed.")]).await.status < 400);
    scene.s.app.drain().await;
    assert_eq!((scene.state(&release).await.as_str(), scene.ana_reads()), ("rolled_back", false));
    assert_eq!(
        (scene.calls(&release, Moment::Undo(Operation::Give)), scene.calls(&release, Moment::Undo(Operation::ReadyAccount))),
        (1, 0)
    );
    assert_eq!(scene.directory.person(&number).unwrap().state, connector::Account::Active);
}

#[sqlx::test(migrations = "../migrations")]
async fn people_read_how_each_release_stands_and_why(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, release) = refused(&scene).await;
    let refusal = "403: the directory does not allow this.";
    let page = scene.page(&release).await;
    assert!(page.says("Failed, needs a person") && page.says(refusal), "{}", page.text());
    scene.directory.script(Moment::Undo(Operation::ReadyAccount), Trouble::Refuse, 1);
    scene.act(scene.s.pia, "releases/roll_back", &release, &[("reason", "The group does not exist.")]).await;
    scene.s.app.drain().await;
    let page = scene.page(&release).await;
    assert!(page.says("Stuck: rolling back failed") && page.says(refusal) && page.says("Could not be undone"), "{}", page.text());
    scene.act(scene.s.pia, "releases/retry", &release, &[]).await;
    scene.s.app.drain().await;
    let page = scene.page(&release).await;
    assert!(page.says("Rolled back") && page.says("Undone"), "{}", page.text());
    scene.directory.recover();
    scene.act(scene.s.pia, "releases/retry", &release, &[]).await;
    scene.s.app.drain().await;
    let page = scene.page(&release).await;
    assert!(
        page.says("Carried out") && page.says("Read back through Directory: Ledger Reader is there on an active account."),
        "{}",
        page.text()
    );
    let viewer = scene.viewer().await;
    let (_, second) = scene.approved_for(viewer).await;
    scene.directory.script(Moment::Plan, Trouble::Fail, 1);
    scene.s.app.drain().await;
    let page = scene.page(&second).await;
    assert!(page.says("Failed, tries again") && page.says("The machine failed with status 500."), "{}", page.text());
    scene.s.app.set_state(scene.s.ana, "suspended").await;
    scene.wait_and_drain().await;
    let held: Vec<String> =
        serde_json::from_value(scene.one("select held_reasons from release where id = $1::uuid", &second).await).unwrap();
    let page = scene.page(&second).await;
    assert!(!held.is_empty() && held.iter().all(|reason| page.says(reason)), "{held:?} {}", page.text());
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_person_did_by_hand_is_taken_back_by_hand_and_two_people_say_so(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, release) = refused(&scene).await;
    let propose = [("reason", "Added by hand in the console, ticket 4711.")];
    assert!(scene.act(scene.s.pia, "releases/propose_skip", &release, &propose).await.status < 400);
    assert!(scene.act(scene.s.pol, "releases/answer_skip", &release, &[("confirm", "true")]).await.status < 400);
    scene.s.app.drain().await;
    assert!(scene.act(scene.s.pia, "releases/roll_back", &release, &[("reason", "Not needed.")]).await.status < 400);
    scene.s.app.drain().await;
    assert_eq!(scene.state(&release).await, "stuck", "no machine takes back what a person did");
    let told: i64 =
        scene.one("select count(*) from notification where title like '% is stuck' and href = '/releases/' || $1", &release).await;
    assert!(told >= 2, "operators hear of it");
    let page = scene.page(&release).await;
    assert!(page.says("“Give the entitlement” was done by a person. It has to be taken back by hand."), "{}", page.text());
    assert_eq!(scene.act(scene.s.pia, "releases/retry", &release, &[]).await.status, 409);
    let undone = [("reason", "Taken out by hand in the console, ticket 4712.")];
    let proposed = scene.act(scene.s.pia, "releases/propose_skip", &release, &undone).await;
    assert!(proposed.status < 400, "{} {}", proposed.status, proposed.text());
    assert!(scene.page(&release).await.says("Give the entitlement, to be taken back"));
    assert_eq!(scene.act(scene.s.pia, "releases/answer_skip", &release, &[("confirm", "true")]).await.status, 403);
    assert!(scene.act(scene.s.pol, "releases/answer_skip", &release, &[("confirm", "true")]).await.status < 400);
    scene.s.app.drain().await;
    assert_eq!(scene.state(&release).await, "rolled_back");
    assert!(scene.directory.people().values().all(|person| person.state != connector::Account::Active), "the rest was undone");
}

/// A release that two people took back by hand, because the machine does not. The account stays.
async fn taken_back_by_two(scene: &Scene) -> String {
    had_an_account(scene).await;
    let (_, release) = scene.approved().await;
    scene.directory.script(Moment::ReadBack, Trouble::Refuse, 1);
    scene.s.app.drain().await;
    scene.directory.script(Moment::Undo(Operation::Give), Trouble::Refuse, u32::MAX);
    assert!(scene.act(scene.s.pia, "releases/roll_back", &release, &[("reason", "The wrong role.")]).await.status < 400);
    scene.s.app.drain().await;
    assert_eq!(scene.state(&release).await, "stuck");
    by_two(scene, &release, "Taken away in the console.").await;
    release
}

/// Two people say that something was done by hand.
async fn by_two(scene: &Scene, release: &str, reason: &str) {
    assert!(scene.act(scene.s.pia, "releases/propose_skip", release, &[("reason", reason)]).await.status < 400);
    assert!(scene.act(scene.s.pol, "releases/answer_skip", release, &[("confirm", "true")]).await.status < 400);
    scene.s.app.drain().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_two_people_took_back_is_read_too(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    // They say so, and nobody did it.
    let release = taken_back_by_two(&scene).await;
    let stands = scene.stands(&release).await;
    let said = "Two people say that it was taken back, but the access is still there.";
    assert_eq!((stands.state.as_str(), stands.said.as_deref()), ("stuck", Some(said)));
    assert!(scene.page(&release).await.says(said));
    assert_eq!(scene.calls(&release, Moment::Undo(Operation::Give)), 1, "no machine undoes what people say they did");
    // They do it now, and have it read again.
    for login in scene.directory.people().keys() {
        scene.directory.remove(login);
    }
    assert!(scene.act(scene.s.pia, "releases/retry", &release, &[]).await.status < 400);
    scene.s.app.drain().await;
    assert_eq!(scene.state(&release).await, "rolled_back");
    assert!(scene.page(&release).await.says("Ledger Reader is gone; there is no account."));
}

#[sqlx::test(migrations = "../migrations")]
async fn where_nobody_can_read_that_it_was_undone_two_people_say_so(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, release) = scene.approved().await;
    scene.directory.script(Moment::ReadBack, Trouble::Refuse, 2);
    scene.s.app.drain().await;
    assert!(scene.act(scene.s.pia, "releases/roll_back", &release, &[("reason", "The wrong role.")]).await.status < 400);
    scene.s.app.drain().await;
    assert_eq!(scene.state(&release).await, "stuck", "the reading is refused");
    by_two(&scene, &release, "Looked in the console: nothing is left.").await;
    assert_eq!(scene.state(&release).await, "rolled_back");
    assert!(scene.page(&release).await.says("Proven by hand, by two people: Looked in the console: nothing is left."));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_never_begun_is_rolled_back_without_a_call(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, release) = scene.approved().await;
    scene.directory.script(Moment::Plan, Trouble::Refuse, 1);
    scene.s.app.drain().await;
    let calls = scene.directory.calls().len();
    assert!(scene.act(scene.s.pia, "releases/roll_back", &release, &[("reason", "Not needed.")]).await.status < 400);
    scene.s.app.drain().await;
    assert_eq!((scene.state(&release).await.as_str(), scene.directory.calls().len()), ("rolled_back", calls));
    assert!(scene.page(&release).await.says("Nothing had to be undone."));
}

/// A release of which everything is there already, so that nothing is of its doing, and which could not be read.
async fn unread(scene: &Scene) -> String {
    let number: String = scene.one("select source_id from identity where id = $1::uuid", &scene.s.ana.to_string()).await;
    let account = Person {
        id: "account-0".to_owned(),
        state: connector::Account::Active,
        leaving: false,
        attributes: BTreeMap::new(),
        entitlements: BTreeMap::from([("Ledger Reader".to_owned(), connector::memory::Standing::Effective)]),
    };
    scene.directory.put(&number, account);
    let (_, release) = scene.approved().await;
    scene.directory.script(Moment::ReadBack, Trouble::Refuse, 1);
    scene.s.app.drain().await;
    assert_eq!(scene.state(&release).await, "failed");
    release
}

#[sqlx::test(migrations = "../migrations")]
async fn a_proof_by_hand_that_meets_a_gate_binds_nothing_to_a_machine(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let release = unread(&scene).await;
    let propose = [("reason", "Seen in the console, ticket 4711.")];
    assert!(scene.act(scene.s.pia, "releases/propose_skip", &release, &propose).await.status < 400);
    scene.s.app.set_state(scene.s.ana, "suspended").await;
    assert!(scene.act(scene.s.pol, "releases/answer_skip", &release, &[("confirm", "true")]).await.status < 400);
    let pinned = "select connection_id is not null from release where id = $1::uuid";
    assert_eq!((scene.state(&release).await.as_str(), scene.one::<bool>(pinned, &release).await), ("held", false));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_has_to_go_and_cannot_be_read_is_confirmed_by_two_people_between_two_tries(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (_, release) = scene.approved().await;
    // As with a receiver that cannot say what is there.
    scene.directory.script(Moment::ReadBack, Trouble::Refuse, u32::MAX);
    scene.s.app.drain().await;
    scene.s.app.set_state(scene.s.ana, "suspended").await;
    server::job::end_grants::run(&scene.s.app.base).await.unwrap();
    scene.s.app.drain().await;
    let stands = scene.stands(&release).await;
    assert_eq!((stands.state.as_str(), stands.again, scene.ana_reads()), ("undoing", true, false));
    let reason = [("reason", "Looked in the console: nothing is left.")];
    assert!(scene.act(scene.s.pia, "releases/propose_skip", &release, &reason).await.status < 400);
    scene.drain_at_next_try(&release).await;
    assert_eq!(scene.state(&release).await, "undoing", "it is tried again, and the proposal stands");
    assert!(scene.act(scene.s.pol, "releases/answer_skip", &release, &[("confirm", "true")]).await.status < 400);
    assert_eq!(scene.state(&release).await, "rolled_back");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_one_person_saw_at_one_machine_nobody_confirms_of_another(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let release = unread(&scene).await;
    let propose = [("reason", "Seen in the console, ticket 4711.")];
    assert!(scene.act(scene.s.pia, "releases/propose_skip", &release, &propose).await.status < 400);
    assert!(scene.page(&release).await.says("You proposed it: a second person answers."));
    // Nothing of it is over there, so it would go on through whatever the application uses by then.
    super::line::moves(&scene).await;
    let mut page = Browser::of(scene.s.app.sign_in_as(scene.s.pol).await);
    page.open(&format!("/releases/{release}")).await;
    assert!(page.says("Something else carries the release out by now"), "{}", page.text());
    assert_eq!(scene.act(scene.s.pol, "releases/answer_skip", &release, &[("confirm", "true")]).await.status, 409);
    assert_eq!((scene.state(&release).await.as_str(), scene.s.app.count("select count(*) from access_grant").await), ("failed", 0));
    assert!(scene.act(scene.s.pol, "releases/answer_skip", &release, &[("confirm", "false")]).await.status < 400);
    by_two(&scene, &release, "Seen in the other console, ticket 4712.").await;
    assert_eq!(scene.state(&release).await, "closed");
    let through = "select c.code from release l join connection c on c.id = l.connection_id where l.id = $1::uuid";
    assert_eq!(scene.one::<String>(through, &release).await, "elsewhere");
}
