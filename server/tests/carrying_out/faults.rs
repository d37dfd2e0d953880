//! Every fault at every step: where the release stands, what really happened, what people read.

use super::scene::*;
use std::time::Duration;

/// Everything that can go wrong, and a call that is slow and in time.
fn troubles() -> Vec<(&'static str, Trouble)> {
    let slow = Trouble::Slow(Duration::from_millis(1));
    Trouble::EACH.into_iter().chain([slow]).map(|trouble| (name(trouble), trouble)).collect()
}

fn name(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Refuse => "refuse",
        Trouble::Hang => "hang",
        Trouble::Slow(time) if time < Duration::from_millis(50) => "slow",
        Trouble::Slow(_) => "too slow",
        Trouble::Fail => "500",
        Trouble::Throttle(_) => "429",
        Trouble::HalfDone => "half done",
        Trouble::DoneButSaysFailed => "done but says failed",
        Trouble::SaysDoneButNot => "says done but not",
        Trouble::DoneThenHangs => "done then hangs",
    }
}

/// One fault at one moment of giving or taking: what stands after the first look, whether an operator
/// had to help, and how it ends.
async fn row(scene: &Scene, release: &str, moment: Moment, (name, trouble): (&str, Trouble), operations: [Operation; 2]) -> String {
    scene.directory.script(moment, trouble, 1);
    scene.s.app.drain().await;
    let first = scene.stands(release).await;
    let then = match (first.state.as_str(), first.again) {
        ("closed", _) => "",
        (_, true) => {
            scene.drain_at_next_try(release).await;
            " by itself"
        }
        (_, false) => {
            let reply = scene.act(scene.s.pia, "releases/retry", release, &[]).await;
            assert!(reply.status < 400, "{name}: {} {}", reply.status, reply.text());
            scene.s.app.drain().await;
            " by an operator"
        }
    };
    let last = scene.state(release).await;
    let effects = operations.map(|operation| scene.effects(release, Moment::Apply(operation)));
    scene.directory.recover();
    let said = first.said.unwrap_or_default();
    format!(
        "{} {name}: {} -> {last}{then}, effects {effects:?}{}{said}",
        moment.word(),
        first.state,
        if said.is_empty() { "" } else { "; " }
    )
}

async fn giving(pool: PgPoolOptions, connect: PgConnectOptions, moment: Moment) -> Vec<String> {
    let scene = Scene::set(pool, connect).await;
    let mut rows = Vec::new();
    for trouble in troubles() {
        let (request, release) = scene.approved().await;
        rows.push(row(&scene, &release, moment, trouble, [Operation::ReadyAccount, Operation::Give]).await);
        assert_eq!(scene.state(&release).await, "closed", "{rows:#?}");
        // The next row begins without access and without an account.
        let grant: uuid::Uuid = scene.one("select id from access_grant where request_id = $1::uuid", &request).await;
        assert!(scene.s.call(scene.s.ana, "grants/give_back", &[("grant", &grant.to_string())]).await.status < 400);
        scene.s.app.drain().await;
        assert!(!scene.ana_reads());
        for login in scene.directory.people().keys() {
            scene.directory.remove(login);
        }
        sqlx::query("delete from connection_health").execute(&scene.s.app.owner).await.unwrap();
    }
    rows
}

async fn taking(pool: PgPoolOptions, connect: PgConnectOptions, moment: Moment) -> Vec<String> {
    let scene = Scene::set(pool, connect).await;
    let mut rows = Vec::new();
    for trouble in troubles() {
        let (_, release) = scene.ending().await;
        rows.push(row(&scene, &release, moment, trouble, [Operation::Take, Operation::CloseAccount]).await);
        assert!(!scene.ana_reads(), "{rows:?}");
        sqlx::query("delete from connection_health").execute(&scene.s.app.owner).await.unwrap();
    }
    rows
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_planning(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(
        giving(pool, connect, Moment::Plan).await,
        [
            "plan refuse: failed -> closed by an operator, effects [1, 1]; 403: the directory does not allow this.",
            "plan hang: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "plan too slow: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "plan 500: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "plan 429: failed -> closed by itself, effects [1, 1]; There are too many calls to this machine at once.",
            "plan half done: failed -> closed by itself, effects [1, 1]; The answer cannot be understood: it breaks off in the middle.",
            "plan done but says failed: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "plan says done but not: failed -> closed by an operator, effects [1, 1]; 404: there is no such account.",
            "plan done then hangs: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "plan slow: closed -> closed, effects [1, 1]",
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_making_the_account_ready(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(
        giving(pool, connect, Moment::Apply(Operation::ReadyAccount)).await,
        [
            "ready_account refuse: failed -> closed by an operator, effects [1, 1]; 403: the directory does not allow this.",
            "ready_account hang: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "ready_account too slow: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "ready_account 500: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "ready_account 429: failed -> closed by itself, effects [1, 1]; There are too many calls to this machine at once.",
            "ready_account half done: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "ready_account done but says failed: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "ready_account says done but not: failed -> closed by an operator, effects [1, 1]; 404: there is no such account.",
            "ready_account done then hangs: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "ready_account slow: closed -> closed, effects [1, 1]",
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_giving(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(
        giving(pool, connect, Moment::Apply(Operation::Give)).await,
        [
            "give refuse: failed -> closed by an operator, effects [1, 1]; 403: the directory does not allow this.",
            "give hang: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "give too slow: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "give 500: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "give 429: failed -> closed by itself, effects [1, 1]; There are too many calls to this machine at once.",
            "give half done: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "give done but says failed: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "give says done but not: failed -> closed by itself, effects [1, 1]; The machine says that it is done, but the access is not there.",
            "give done then hangs: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "give slow: closed -> closed, effects [1, 1]",
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_reading_back_what_was_given(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(
        giving(pool, connect, Moment::ReadBack).await,
        [
            "read_back refuse: failed -> closed by an operator, effects [1, 1]; 403: the directory does not allow this.",
            "read_back hang: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "read_back too slow: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "read_back 500: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "read_back 429: failed -> closed by itself, effects [1, 1]; There are too many calls to this machine at once.",
            "read_back half done: failed -> closed by itself, effects [1, 1]; The answer cannot be understood: it breaks off in the middle.",
            "read_back done but says failed: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "read_back says done but not: failed -> closed by itself, effects [1, 1]; The machine says that it is done, but the access is not there.",
            "read_back done then hangs: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "read_back slow: closed -> closed, effects [1, 1]",
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_planning_a_removal(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(
        taking(pool, connect, Moment::Plan).await,
        [
            "plan refuse: failed -> closed by itself, effects [1, 1]; 403: the directory does not allow this.",
            "plan hang: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "plan too slow: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "plan 500: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "plan 429: failed -> closed by itself, effects [1, 1]; There are too many calls to this machine at once.",
            "plan half done: failed -> closed by itself, effects [1, 1]; The answer cannot be understood: it breaks off in the middle.",
            "plan done but says failed: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "plan says done but not: failed -> closed by itself, effects [1, 1]; The machine says that it is done, but the access is still there.",
            "plan done then hangs: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "plan slow: closed -> closed, effects [1, 1]",
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_taking(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(
        taking(pool, connect, Moment::Apply(Operation::Take)).await,
        [
            "take refuse: failed -> closed by itself, effects [1, 1]; 403: the directory does not allow this.",
            "take hang: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "take too slow: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "take 500: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "take 429: failed -> closed by itself, effects [1, 1]; There are too many calls to this machine at once.",
            "take half done: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "take done but says failed: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "take says done but not: failed -> closed by itself, effects [1, 1]; The machine says that it is done, but the access is still there.",
            "take done then hangs: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "take slow: closed -> closed, effects [1, 1]",
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_closing_the_account(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(
        taking(pool, connect, Moment::Apply(Operation::CloseAccount)).await,
        [
            "close_account refuse: failed -> closed by itself, effects [1, 1]; 403: the directory does not allow this.",
            "close_account hang: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "close_account too slow: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "close_account 500: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "close_account 429: failed -> closed by itself, effects [1, 1]; There are too many calls to this machine at once.",
            "close_account half done: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "close_account done but says failed: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "close_account says done but not: failed -> closed by itself, effects [1, 1]; The machine says that it is done, but the account can still be used.",
            "close_account done then hangs: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "close_account slow: closed -> closed, effects [1, 1]",
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_reading_back_what_was_taken(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(
        taking(pool, connect, Moment::ReadBack).await,
        [
            "read_back refuse: failed -> closed by itself, effects [1, 1]; 403: the directory does not allow this.",
            "read_back hang: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "read_back too slow: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "read_back 500: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "read_back 429: failed -> closed by itself, effects [1, 1]; There are too many calls to this machine at once.",
            "read_back half done: failed -> closed by itself, effects [1, 1]; The answer cannot be understood: it breaks off in the middle.",
            "read_back done but says failed: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "read_back says done but not: failed -> closed by itself, effects [1, 1]; The machine says that it is done, but the account can still be used.",
            "read_back done then hangs: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "read_back slow: closed -> closed, effects [1, 1]",
        ]
    );
}

/// One fault while a release is rolled back that gave everything and was not proven: what stands after
/// the first look, who had to help, and what is left over there.
async fn undoing(pool: PgPoolOptions, connect: PgConnectOptions, moment: Moment) -> Vec<String> {
    let scene = Scene::set(pool, connect).await;
    let mut rows = Vec::new();
    for (name, trouble) in troubles() {
        let (request, release) = scene.approved().await;
        scene.directory.script(Moment::ReadBack, Trouble::Refuse, 1);
        scene.s.app.drain().await;
        scene.directory.script(moment, trouble, 1);
        let reply = scene.act(scene.s.pia, "releases/roll_back", &release, &[("reason", "A test.")]).await;
        assert!(reply.status < 400, "{name}: {} {}", reply.status, reply.text());
        scene.s.app.drain().await;
        let first = scene.stands(&release).await;
        let mut then = "";
        if first.again {
            scene.drain_at_next_try(&release).await;
            then = " by itself";
        } else if first.state == "stuck" {
            assert!(scene.act(scene.s.pia, "releases/retry", &release, &[]).await.status < 400);
            scene.s.app.drain().await;
            then = " by an operator";
        }
        if scene.state(&release).await == "stuck" {
            // Somebody takes it away in the directory, and a second person says so.
            for login in scene.directory.people().keys() {
                scene.directory.remove(login);
            }
            let reason = [("reason", "Taken away in the console.")];
            assert!(scene.act(scene.s.pia, "releases/propose_skip", &release, &reason).await.status < 400);
            assert!(scene.act(scene.s.pol, "releases/answer_skip", &release, &[("confirm", "true")]).await.status < 400);
            scene.s.app.drain().await;
            then = " by two people";
        }
        assert!(!scene.ana_reads(), "{name}");
        let effects = [Operation::Give, Operation::ReadyAccount].map(|operation| scene.effects(&release, Moment::Undo(operation)));
        rows.push(format!("{} {name}: {} -> {}{then}, effects {effects:?}", moment.word(), first.state, scene.state(&release).await));
        let version = scene.s.show(scene.s.ana, &request).await["version"].to_string();
        let withdraw = [("request", request.as_str()), ("version", &version), ("reason", "No longer needed.")];
        assert!(scene.s.call(scene.s.ana, "requests/withdraw", &withdraw).await.status < 400, "{rows:#?}");
        for login in scene.directory.people().keys() {
            scene.directory.remove(login);
        }
        scene.directory.recover();
        sqlx::query("delete from connection_health").execute(&scene.s.app.owner).await.unwrap();
    }
    rows
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_what_was_given_is_taken_back(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(
        undoing(pool, connect, Moment::Undo(Operation::Give)).await,
        [
            "undo_give refuse: stuck -> rolled_back by an operator, effects [1, 1]",
            "undo_give hang: undoing -> rolled_back by itself, effects [1, 1]",
            "undo_give too slow: undoing -> rolled_back by itself, effects [1, 1]",
            "undo_give 500: undoing -> rolled_back by itself, effects [1, 1]",
            "undo_give 429: undoing -> rolled_back by itself, effects [1, 1]",
            "undo_give half done: undoing -> rolled_back by itself, effects [1, 1]",
            "undo_give done but says failed: undoing -> rolled_back by itself, effects [1, 1]",
            "undo_give says done but not: stuck -> rolled_back by two people, effects [0, 0]",
            "undo_give done then hangs: undoing -> rolled_back by itself, effects [1, 1]",
            "undo_give slow: rolled_back -> rolled_back, effects [1, 1]",
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_the_account_is_brought_back_to_what_it_was(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(
        undoing(pool, connect, Moment::Undo(Operation::ReadyAccount)).await,
        [
            "undo_ready_account refuse: stuck -> rolled_back by an operator, effects [1, 1]",
            "undo_ready_account hang: undoing -> rolled_back by itself, effects [1, 1]",
            "undo_ready_account too slow: undoing -> rolled_back by itself, effects [1, 1]",
            "undo_ready_account 500: undoing -> rolled_back by itself, effects [1, 1]",
            "undo_ready_account 429: undoing -> rolled_back by itself, effects [1, 1]",
            "undo_ready_account half done: undoing -> rolled_back by itself, effects [1, 1]",
            "undo_ready_account done but says failed: undoing -> rolled_back by itself, effects [1, 1]",
            "undo_ready_account says done but not: rolled_back -> rolled_back, effects [1, 0]",
            "undo_ready_account done then hangs: undoing -> rolled_back by itself, effects [1, 1]",
            "undo_ready_account slow: rolled_back -> rolled_back, effects [1, 1]",
        ]
    );
}
