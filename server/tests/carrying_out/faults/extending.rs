//! While access is given longer: nothing changes over there, and the access is read before its end moves.

use super::*;

/// One fault at one moment of an extension; the end of the access is part of each row.
async fn extending(pool: PgPoolOptions, connect: PgConnectOptions, moment: Moment) -> Vec<String> {
    let scene = Scene::set(pool, connect).await;
    let mut rows = Vec::new();
    for trouble in troubles() {
        let (first, given) = scene.approved().await;
        scene.s.app.drain().await;
        let today = domain::time::today(scene.s.app.now(), &scene.s.app.base.zone);
        let longer = scene.s.extension(&first, &today.to_string(), &today.saturating_add(jiff::Span::new().days(60)).to_string()).await;
        let release = scene.s.open_release(&longer).await;
        rows.push(
            row(&scene, &release, moment, trouble, effects(&scene, &given, Moment::Apply, [Operation::ReadyAccount, Operation::Give]))
                .await,
        );
        let moved: bool = scene.one("select exists (select from grant_extension where request_id = $1::uuid)", &longer).await;
        assert!(moved && scene.ana_reads(), "{rows:#?}");
        let grant: uuid::Uuid = scene.one("select id from access_grant where request_id = $1::uuid", &first).await;
        assert!(scene.s.call(scene.s.ana, "grants/give_back", &[("grant", &grant.to_string())]).await.status < 400);
        scene.s.app.drain().await;
        clean_up(&scene).await;
    }
    rows
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_reading_what_is_to_last_longer(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(
        extending(pool, connect, Moment::ReadBack).await,
        [
            "read_back refuse: failed -> closed by an operator, effects [1, 1]; 403: the directory does not allow this.",
            "read_back hang: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "read_back too slow: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "read_back 500: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "read_back 429: failed -> closed by itself, effects [1, 1]; There are too many calls to this machine at once.",
            "read_back half done: failed -> closed by itself, effects [1, 1]; The answer cannot be understood: it breaks off in the middle.",
            "read_back done but says failed: failed -> closed by itself, effects [1, 1]; The machine failed with status 500.",
            "read_back says done but not: failed -> closed by itself, effects [1, 1]; The access that would last longer is not there.",
            "read_back done then hangs: failed -> closed by itself, effects [1, 1]; No complete answer came, so it is not known what happened.",
            "read_back slow: closed -> closed, effects [1, 1]",
        ]
    );
}
