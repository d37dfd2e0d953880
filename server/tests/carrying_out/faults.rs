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
    assert_eq!(giving(pool, connect, Moment::Plan).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_making_the_account_ready(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(giving(pool, connect, Moment::Apply(Operation::ReadyAccount)).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_giving(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(giving(pool, connect, Moment::Apply(Operation::Give)).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_reading_back_what_was_given(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(giving(pool, connect, Moment::ReadBack).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_planning_a_removal(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(taking(pool, connect, Moment::Plan).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_taking(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(taking(pool, connect, Moment::Apply(Operation::Take)).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_closing_the_account(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(taking(pool, connect, Moment::Apply(Operation::CloseAccount)).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn any_fault_while_reading_back_what_was_taken(pool: PgPoolOptions, connect: PgConnectOptions) {
    assert_eq!(taking(pool, connect, Moment::ReadBack).await, Vec::<String>::new());
}
