//! While access is given.

use super::*;

async fn giving(pool: PgPoolOptions, connect: PgConnectOptions, moment: Moment) -> Vec<String> {
    let scene = Scene::set(pool, connect).await;
    let mut rows = Vec::new();
    for trouble in troubles() {
        let (request, release) = scene.approved().await;
        rows.push(
            row(&scene, &release, moment, trouble, effects(&scene, &release, Moment::Apply, [Operation::ReadyAccount, Operation::Give]))
                .await,
        );
        assert_eq!(scene.state(&release).await, "closed", "{rows:#?}");
        let grant: uuid::Uuid = scene.one("select id from access_grant where request_id = $1::uuid", &request).await;
        assert!(scene.s.call(scene.s.ana, "grants/give_back", &[("grant", &grant.to_string())]).await.status < 400);
        scene.s.app.drain().await;
        assert!(!scene.ana_reads());
        clean_up(&scene).await;
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
