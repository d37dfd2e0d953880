//! While what was done is undone.

use super::*;

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
        let first = seen(&scene, &release).await;
        let mut then = "";
        if first.again {
            scene.drain_at_next_try(&release).await;
            then = " by itself";
        } else if first.state == "stuck" {
            assert!(scene.act(scene.s.pia, "releases/retry", &release, &[]).await.status < 400);
            scene.s.app.drain().await;
            then = " by an operator";
        }
        assert!(!scene.ana_reads(), "{name}");
        let last = scene.state(&release).await;
        let undone = effects(&scene, &release, Moment::Undo, [Operation::Give, Operation::ReadyAccount]);
        rows.push(told(moment, name, &first, then, &last, undone()));
        let version = scene.s.show(scene.s.ana, &request).await["version"].to_string();
        let withdraw = [("request", request.as_str()), ("version", &version), ("reason", "No longer needed.")];
        assert!(scene.s.call(scene.s.ana, "requests/withdraw", &withdraw).await.status < 400, "{rows:#?}");
        scene.directory.recover();
        clean_up(&scene).await;
    }
    rows
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_what_was_given_is_taken_back(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(
        undoing(pool, connect, Moment::Undo(Operation::Give)).await,
        [
            "undo_give refuse: stuck -> rolled_back by an operator, effects [1, 1]; 403: the directory does not allow this.",
            "undo_give hang: undoing -> rolled_back by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "undo_give too slow: undoing -> rolled_back by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "undo_give 500: undoing -> rolled_back by itself, effects [1, 1]; The machine failed with status 500.",
            "undo_give 429: undoing -> rolled_back by itself, effects [1, 1]; There are too many calls to this machine at once.",
            "undo_give half done: undoing -> rolled_back by itself, effects [1, 1]; The machine failed with status 500.",
            "undo_give done but says failed: undoing -> rolled_back by itself, effects [1, 1]; The machine failed with status 500.",
            "undo_give says done but not: stuck -> rolled_back by an operator, effects [1, 1]; 409: the account has other access by now.",
            "undo_give done then hangs: undoing -> rolled_back by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "undo_give slow: rolled_back -> rolled_back, effects [1, 1]; A test.",
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_the_account_is_brought_back_to_what_it_was(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(
        undoing(pool, connect, Moment::Undo(Operation::ReadyAccount)).await,
        [
            "undo_ready_account refuse: stuck -> rolled_back by an operator, effects [1, 1]; 403: the directory does not allow this.",
            "undo_ready_account hang: undoing -> rolled_back by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "undo_ready_account too slow: undoing -> rolled_back by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "undo_ready_account 500: undoing -> rolled_back by itself, effects [1, 1]; The machine failed with status 500.",
            "undo_ready_account 429: undoing -> rolled_back by itself, effects [1, 1]; There are too many calls to this machine at once.",
            "undo_ready_account half done: undoing -> rolled_back by itself, effects [1, 1]; The machine failed with status 500.",
            "undo_ready_account done but says failed: undoing -> rolled_back by itself, effects [1, 1]; The machine failed with status 500.",
            "undo_ready_account says done but not: undoing -> rolled_back by itself, effects [1, 1]; The machine says that it was taken back, but the account can still be used.",
            "undo_ready_account done then hangs: undoing -> rolled_back by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "undo_ready_account slow: rolled_back -> rolled_back, effects [1, 1]; A test.",
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_it_is_read_that_everything_was_undone(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(
        undoing(pool, connect, Moment::ReadBack).await,
        [
            "read_back refuse: stuck -> rolled_back by an operator, effects [1, 1]; 403: the directory does not allow this.",
            "read_back hang: undoing -> rolled_back by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "read_back too slow: undoing -> rolled_back by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "read_back 500: undoing -> rolled_back by itself, effects [1, 1]; The machine failed with status 500.",
            "read_back 429: undoing -> rolled_back by itself, effects [1, 1]; There are too many calls to this machine at once.",
            "read_back half done: undoing -> rolled_back by itself, effects [1, 1]; The answer cannot be understood: it breaks off in the middle.",
            "read_back done but says failed: undoing -> rolled_back by itself, effects [1, 1]; The machine failed with status 500.",
            "read_back says done but not: undoing -> rolled_back by itself, effects [1, 1]; The machine says that it was taken back, but the account can still be used.",
            "read_back done then hangs: undoing -> rolled_back by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "read_back slow: rolled_back -> rolled_back, effects [1, 1]; A test.",
        ]
    );
}
