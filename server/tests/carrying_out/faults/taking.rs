//! While access is taken.

use super::*;

async fn taking(pool: PgPoolOptions, connect: PgConnectOptions, moment: Moment) -> Vec<String> {
    let scene = Scene::set(pool, connect).await;
    let mut rows = Vec::new();
    for trouble in troubles() {
        let (_, release) = scene.ending().await;
        rows.push(
            row(&scene, &release, moment, trouble, effects(&scene, &release, Moment::Apply, [Operation::Take, Operation::CloseAccount]))
                .await,
        );
        assert!(!scene.ana_reads(), "{rows:?}");
        clean_up(&scene).await;
    }
    rows
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
