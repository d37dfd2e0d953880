//! Every fault at every step: where the release stands, what really happened, what people read.

use super::scene::*;
use std::time::Duration;

const TROUBLES: [(&str, Trouble); 8] = [
    ("refuse", Trouble::Refuse),
    ("hang", Trouble::Hang),
    ("slow", Trouble::Slow(Duration::from_millis(1))),
    ("500", Trouble::Fail),
    ("429", Trouble::Throttle(Some(Duration::from_secs(90)))),
    ("half done", Trouble::HalfDone),
    ("done but says failed", Trouble::DoneButSaysFailed),
    ("says done but not", Trouble::SaysDoneButNot),
];

/// One fault at one moment of giving or taking: what stands after the first look, whether an operator
/// had to help, and how it ends.
async fn row(scene: &Scene, release: &str, moment: Moment, (name, trouble): (&str, Trouble), operations: [Operation; 2]) -> String {
    scene.directory.script(moment, trouble, 1);
    scene.s.app.drain().await;
    let first = scene.stands(release).await;
    let then = match (first.state.as_str(), first.again) {
        ("closed", _) => "",
        (_, true) => {
            scene.wait_and_drain().await;
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
    for trouble in TROUBLES {
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
    for trouble in TROUBLES {
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
            "plan hang: failed -> closed by itself, effects [1, 1]; No answer came within 0 s, so it is not known what happened.",
            "plan slow: closed -> closed, effects [1, 1]",
            "plan 500: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "plan 429: failed -> closed by itself, effects [1, 1]; There are too many calls to this machine at once.",
            "plan half done: failed -> closed by itself, effects [1, 1]; The answer cannot be understood: it breaks off in the middle.",
            "plan done but says failed: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "plan says done but not: failed -> closed by an operator, effects [1, 1]; 404: there is no such account.",
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_making_the_account_ready(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(
        giving(pool, connect, Moment::Apply(Operation::ReadyAccount)).await,
        [
            "ready_account refuse: failed -> closed by an operator, effects [1, 1]; 403: the directory does not allow this.",
            "ready_account hang: failed -> closed by itself, effects [1, 1]; No answer came within 0 s, so it is not known what happened.",
            "ready_account slow: closed -> closed, effects [1, 1]",
            "ready_account 500: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "ready_account 429: failed -> closed by itself, effects [1, 1]; There are too many calls to this machine at once.",
            "ready_account half done: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "ready_account done but says failed: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "ready_account says done but not: failed -> closed by an operator, effects [1, 1]; 404: there is no such account.",
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_giving(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(
        giving(pool, connect, Moment::Apply(Operation::Give)).await,
        [
            "give refuse: failed -> closed by an operator, effects [1, 1]; 403: the directory does not allow this.",
            "give hang: failed -> closed by itself, effects [1, 1]; No answer came within 0 s, so it is not known what happened.",
            "give slow: closed -> closed, effects [1, 1]",
            "give 500: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "give 429: failed -> closed by itself, effects [1, 1]; There are too many calls to this machine at once.",
            "give half done: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "give done but says failed: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "give says done but not: failed -> closed by itself, effects [1, 1]; The machine says that it is done, but the access is not there.",
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_reading_back_what_was_given(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(
        giving(pool, connect, Moment::ReadBack).await,
        [
            "read_back refuse: failed -> closed by an operator, effects [1, 1]; 403: the directory does not allow this.",
            "read_back hang: failed -> closed by itself, effects [1, 1]; No answer came within 0 s, so it is not known what happened.",
            "read_back slow: closed -> closed, effects [1, 1]",
            "read_back 500: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "read_back 429: failed -> closed by itself, effects [1, 1]; There are too many calls to this machine at once.",
            "read_back half done: failed -> closed by itself, effects [1, 1]; The answer cannot be understood: it breaks off in the middle.",
            "read_back done but says failed: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "read_back says done but not: failed -> closed by itself, effects [1, 1]; The machine says that it is done, but the access is not there.",
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_planning_a_removal(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(
        taking(pool, connect, Moment::Plan).await,
        [
            "plan refuse: failed -> closed by itself, effects [1, 1]; 403: the directory does not allow this.",
            "plan hang: failed -> closed by itself, effects [1, 1]; No answer came within 0 s, so it is not known what happened.",
            "plan slow: closed -> closed, effects [1, 1]",
            "plan 500: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "plan 429: failed -> closed by itself, effects [1, 1]; There are too many calls to this machine at once.",
            "plan half done: failed -> closed by itself, effects [1, 1]; The answer cannot be understood: it breaks off in the middle.",
            "plan done but says failed: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "plan says done but not: failed -> closed by itself, effects [1, 1]; The machine says that it is done, but the access is still there.",
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_taking(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(
        taking(pool, connect, Moment::Apply(Operation::Take)).await,
        [
            "take refuse: failed -> closed by itself, effects [1, 1]; 403: the directory does not allow this.",
            "take hang: failed -> closed by itself, effects [1, 1]; No answer came within 0 s, so it is not known what happened.",
            "take slow: closed -> closed, effects [1, 1]",
            "take 500: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "take 429: failed -> closed by itself, effects [1, 1]; There are too many calls to this machine at once.",
            "take half done: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "take done but says failed: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "take says done but not: failed -> closed by itself, effects [1, 1]; The machine says that it is done, but the access is still there.",
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_closing_the_account(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(
        taking(pool, connect, Moment::Apply(Operation::CloseAccount)).await,
        [
            "close_account refuse: failed -> closed by itself, effects [1, 1]; 403: the directory does not allow this.",
            "close_account hang: failed -> closed by itself, effects [1, 1]; No answer came within 0 s, so it is not known what happened.",
            "close_account slow: closed -> closed, effects [1, 1]",
            "close_account 500: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "close_account 429: failed -> closed by itself, effects [1, 1]; There are too many calls to this machine at once.",
            "close_account half done: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "close_account done but says failed: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "close_account says done but not: failed -> closed by itself, effects [1, 1]; The machine says that it is done, but the account can still be used.",
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_reading_back_what_was_taken(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(
        taking(pool, connect, Moment::ReadBack).await,
        [
            "read_back refuse: failed -> closed by itself, effects [1, 1]; 403: the directory does not allow this.",
            "read_back hang: failed -> closed by itself, effects [1, 1]; No answer came within 0 s, so it is not known what happened.",
            "read_back slow: closed -> closed, effects [1, 1]",
            "read_back 500: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "read_back 429: failed -> closed by itself, effects [1, 1]; There are too many calls to this machine at once.",
            "read_back half done: failed -> closed by itself, effects [1, 1]; The answer cannot be understood: it breaks off in the middle.",
            "read_back done but says failed: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "read_back says done but not: failed -> closed by itself, effects [1, 1]; The machine says that it is done, but the account can still be used.",
        ]
    );
}
