//! Whose account it is over there: known by its id from the first reading on, whatever accounts are matched
//! by; made by a release or by others; and never taken for gone because it is not found.

use super::scene::*;
use connector::Account;
use connector::memory::Person;
use std::collections::BTreeMap;
use std::time::Duration;

const OLD: &str = "ana@example.org";
const NEW: &str = "ana.married@example.org";

/// The ledger is served by a directory in which accounts are matched by the mail address.
async fn by_mail(pool: PgPoolOptions, connect: PgConnectOptions) -> Scene {
    let s = Story::begin_with(pool, connect, Setup { call_within: Some(Duration::from_millis(50)), ..Setup::default() }).await;
    let settings = json!({ "matching": "mail", "accounts": true, "closing": "deactivate" });
    s.app.connect(s.ledger, "directory", "memory", &settings, None).await;
    let directory = s.app.base.machines.directory("directory");
    let scene = Scene { s, directory };
    mail_is(&scene, OLD).await;
    scene
}

async fn mail_is(scene: &Scene, mail: &str) {
    sqlx::query("update identity set email = $2 where id = $1").bind(scene.s.ana.0).bind(mail).execute(&scene.s.app.owner).await.unwrap();
}

async fn give_back(scene: &Scene, request: &str) -> String {
    let grant: uuid::Uuid = scene.one("select id from access_grant where request_id = $1::uuid", request).await;
    let reply = scene.s.call(scene.s.ana, "grants/give_back", &[("grant", &grant.to_string())]).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    scene.one::<uuid::Uuid>("select id from release where request_id = $1::uuid and kind = 'remove'", request).await.to_string()
}

/// Who is there: by what they are matched, in which state, with what.
fn there(scene: &Scene) -> Vec<(String, Account, Vec<String>)> {
    scene.directory.people().into_iter().map(|(mail, person)| (mail, person.state, person.held().into_iter().collect())).collect()
}

fn one(mail: &str, state: Account, held: &[&str]) -> Vec<(String, Account, Vec<String>)> {
    vec![(mail.to_owned(), state, held.iter().map(|&reference| reference.to_owned()).collect())]
}

fn made_by_others(state: Account) -> Person {
    Person { id: "made-by-others".to_owned(), state, leaving: false, attributes: BTreeMap::new(), entitlements: BTreeMap::new() }
}

#[sqlx::test(migrations = "../migrations")]
async fn access_is_taken_from_the_account_that_had_it_although_the_mail_has_changed_since(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = by_mail(pool, connect).await;
    let (first, _) = scene.approved().await;
    scene.s.app.drain().await;
    assert_eq!(there(&scene), one(OLD, Account::Active, &["Ledger Reader"]));
    mail_is(&scene, NEW).await;
    // Other access goes to the account that is known, too.
    let viewer = scene.viewer().await;
    let (second, release) = scene.approved_for(viewer).await;
    scene.s.app.drain().await;
    assert_eq!(scene.state(&release).await, "closed");
    assert_eq!(there(&scene), one(OLD, Account::Active, &["Ledger Reader", "Ledger Viewer"]));
    for request in [first, second] {
        let removal = give_back(&scene, &request).await;
        scene.s.app.drain().await;
        assert_eq!(scene.state(&removal).await, "closed", "{:?}", scene.stands(&removal).await);
    }
    assert_eq!(there(&scene), one(OLD, Account::Inactive, &[]));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_account_whose_making_was_not_answered_is_the_only_one_although_the_mail_has_changed_since(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let scene = by_mail(pool, connect).await;
    for trouble in [Trouble::DoneButSaysFailed, Trouble::DoneThenHangs, Trouble::HalfDone] {
        let (request, release) = scene.approved().await;
        scene.directory.script(Moment::Apply(Operation::ReadyAccount), trouble, 1);
        scene.s.app.drain().await;
        assert!(scene.stands(&release).await.again, "{trouble:?}");
        mail_is(&scene, NEW).await;
        scene.drain_at_next_try(&release).await;
        assert_eq!(scene.state(&release).await, "closed", "{trouble:?}");
        assert_eq!(there(&scene), one(OLD, Account::Active, &["Ledger Reader"]), "{trouble:?}");
        give_back(&scene, &request).await;
        scene.s.app.drain().await;
        assert_eq!(there(&scene), one(OLD, Account::Inactive, &[]), "{trouble:?}");
        scene.directory.remove(OLD);
        mail_is(&scene, OLD).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_refused_at_first_is_asked_for_as_of_today(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = by_mail(pool, connect).await;
    let (_, release) = scene.approved().await;
    scene.directory.script(Moment::Apply(Operation::ReadyAccount), Trouble::Refuse, 1);
    scene.s.app.drain().await;
    // The address was somebody else's, whose account comes about meanwhile; it is put right.
    scene.directory.put(OLD, made_by_others(Account::Active));
    mail_is(&scene, NEW).await;
    assert!(scene.act(scene.s.pia, "releases/retry", &release, &[]).await.status < 400);
    scene.s.app.drain().await;
    assert_eq!(scene.state(&release).await, "closed");
    let expected = [one(NEW, Account::Active, &["Ledger Reader"]), one(OLD, Account::Active, &[])].concat();
    assert_eq!(there(&scene), expected);
}

/// Access of Ana that an operator gave by hand, before the ledger got its machine.
async fn given_by_hand(pool: PgPoolOptions, connect: PgConnectOptions) -> (Scene, String) {
    let s = Story::begin(pool, connect).await;
    let request = s.submit(s.ana, s.read).await;
    s.approve(s.mona, &request).await;
    let release = s.open_release(&request).await;
    assert!(s.execute(s.pia, &release).await.status < 400);
    let directory = s.app.in_memory(s.ledger).await;
    (Scene { s, directory }, request)
}

#[sqlx::test(migrations = "../migrations")]
async fn an_account_that_no_machine_knows_is_not_taken_for_gone_and_two_people_say_that_it_is(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let (scene, request) = given_by_hand(pool, connect).await;
    let removal = give_back(&scene, &request).await;
    scene.s.app.drain().await;
    let said = "The machine knows no account of this person, so it cannot say that the access is gone.";
    let failed = Stands { state: "failed".to_owned(), again: true, said: Some(said.to_owned()) };
    assert_eq!(scene.stands(&removal).await, failed);
    let fault = "select (failure ->> 'fault') || ' at ' || (failure ->> 'step') from release where id = $1::uuid";
    assert_eq!(scene.one::<String>(fault, &removal).await, "no_account at read_back");
    assert!(scene.page(&removal).await.says(said));
    // Nor is it the next time.
    scene.wait_and_drain().await;
    assert_eq!(scene.stands(&removal).await, failed);
    let grant = "select state from access_grant where request_id = $1::uuid";
    assert_eq!(scene.one::<String>(grant, &request).await, "ending");

    let reason = [("reason", "Taken away in the old console, the log shows it.")];
    assert!(scene.act(scene.s.pia, "releases/propose_skip", &removal, &reason).await.status < 400);
    assert!(scene.act(scene.s.pol, "releases/answer_skip", &removal, &[("confirm", "true")]).await.status < 400);
    assert_eq!((scene.state(&removal).await.as_str(), scene.one::<String>(grant, &request).await.as_str()), ("closed", "ended"));
}

#[sqlx::test(migrations = "../migrations")]
async fn access_that_was_given_by_hand_to_an_account_that_the_machine_knows_is_taken_and_proven(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let (scene, request) = given_by_hand(pool, connect).await;
    let number: String = scene.one("select source_id from identity where id = $1::uuid", &scene.s.ana.to_string()).await;
    scene.directory.put(&number, made_by_others(Account::Active));
    let removal = give_back(&scene, &request).await;
    scene.s.app.drain().await;
    assert_eq!(scene.state(&removal).await, "closed", "{:?}", scene.stands(&removal).await);
    assert_eq!(there(&scene), one(&number, Account::Inactive, &[]));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_account_that_is_gone_was_there_when_it_is_known_from_giving(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = by_mail(pool, connect).await;
    let (request, _) = scene.approved().await;
    scene.s.app.drain().await;
    scene.directory.remove(OLD);
    let removal = give_back(&scene, &request).await;
    scene.s.app.drain().await;
    assert_eq!(scene.state(&removal).await, "closed", "{:?}", scene.stands(&removal).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn rolling_back_leaves_an_account_that_others_made_since_it_was_planned_and_nothing_of_our_own(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let scene = by_mail(pool, connect).await;
    // What happens to the first try, who makes an account then, whether it is tried again, and what is left.
    for (trouble, others, again, left) in [
        (Trouble::Fail, Some(Account::Active), true, Some(Account::Active)),
        (Trouble::Fail, Some(Account::Active), false, Some(Account::Active)),
        (Trouble::Fail, Some(Account::Inactive), true, Some(Account::Inactive)),
        (Trouble::Fail, Some(Account::Inactive), false, Some(Account::Inactive)),
        (Trouble::Fail, None, true, None),
        (Trouble::DoneButSaysFailed, None, true, None),
        (Trouble::DoneButSaysFailed, None, false, None),
        (Trouble::HalfDone, None, true, None),
        (Trouble::HalfDone, None, false, None),
    ] {
        let row = format!("{trouble:?} {others:?} {again}");
        let (request, release) = scene.approved().await;
        scene.directory.script(Moment::Apply(Operation::ReadyAccount), trouble, 1);
        scene.directory.script(Moment::Apply(Operation::Give), Trouble::Refuse, 1);
        scene.s.app.drain().await;
        if let Some(state) = others {
            scene.directory.put(OLD, made_by_others(state));
        }
        if again {
            scene.drain_at_next_try(&release).await;
            assert_eq!(there(&scene), one(OLD, Account::Active, &[]), "{row}");
        }
        assert!(scene.act(scene.s.pia, "releases/roll_back", &release, &[("reason", "Not needed.")]).await.status < 400, "{row}");
        scene.s.app.drain().await;
        assert_eq!(scene.state(&release).await, "rolled_back", "{row} {:?}", scene.stands(&release).await);
        assert_eq!(there(&scene), left.map(|state| one(OLD, state, &[])).unwrap_or_default(), "{row}");
        let version = scene.s.show(scene.s.ana, &request).await["version"].to_string();
        let withdraw = [("request", request.as_str()), ("version", &version), ("reason", "No longer needed.")];
        assert!(scene.s.call(scene.s.ana, "requests/withdraw", &withdraw).await.status < 400, "{row}");
        scene.directory.recover();
        scene.directory.remove(OLD);
        sqlx::query("delete from connection_health").execute(&scene.s.app.owner).await.unwrap();
    }
}
