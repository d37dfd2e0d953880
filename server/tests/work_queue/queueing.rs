//! What is queued, when it comes up, and what the database takes.

use super::scene::*;
use crate::support::*;
use graphile_worker::{Database, WorkerUtils};
use server::queue::{Kind, TaskKind};
use server::usecase::error::UseCaseError;
use std::collections::BTreeSet;

#[sqlx::test(migrations = "../migrations")]
async fn what_rolls_back_was_never_queued_and_one_thing_waits_once(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let mut work = scene.work().await;
    work.enqueue(&Mark { thing: thing(1) }).await.unwrap();
    drop(work);
    assert_eq!(scene.app.count(QUEUED).await, 0);

    scene.queue(&Mark { thing: thing(1) }).await;
    scene.queue(&Mark { thing: thing(1) }).await;
    scene.queue(&Mark { thing: thing(2) }).await;
    assert_eq!(scene.app.count(QUEUED).await, 2);
    scene.app.drain_kinds(vec![Kind::of::<Mark>()]).await;
    assert_eq!((scene.app.count(MARKED).await, scene.app.count(QUEUED).await), (2, 0));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_task_comes_up_at_its_moment_on_the_clock_of_the_product(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (kinds, hour) = (|| vec![Kind::of::<Mark>()], SignedDuration::from_hours(1));
    let mut work = scene.work().await;
    let due = work.now().saturating_add(hour).unwrap();
    work.enqueue_at(&Mark { thing: thing(1) }, due).await.unwrap();
    // A moment that has passed is now.
    let past = work.now().saturating_sub(hour).unwrap();
    work.enqueue_at(&Mark { thing: thing(2) }, past).await.unwrap();
    work.commit().await.unwrap();
    scene.app.drain_kinds(kinds()).await;
    assert_eq!(scene.app.count(MARKED).await, 1);
    scene.app.advance(SignedDuration::from_mins(59));
    scene.app.drain_kinds(kinds()).await;
    assert_eq!(scene.app.count(MARKED).await, 1);
    scene.app.advance(SignedDuration::from_mins(1));
    scene.app.drain_kinds(kinds()).await;
    assert_eq!(scene.app.count(MARKED).await, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_task_holds_ids_and_nothing_else(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    for about in ["Ana Example", "ana@example.org", "\"", "{}", "Ä", ""] {
        let mut work = scene.work().await;
        let refused = work.enqueue(&Gossip { about: about.to_owned() }).await;
        let Err(UseCaseError::Store(error)) = refused else { panic!("{about:?} was taken") };
        assert_eq!(error.constraint(), Some("task_holds_ids_only"), "{about:?}");
    }
    assert_eq!(scene.app.count(QUEUED).await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refused_task_is_tried_again_later_and_given_up_at_last(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    scene.queue(&Refuse { thing: thing(1) }).await;
    let mut waits = Vec::new();
    for _ in 0..server::store::queue::ATTEMPTS {
        scene.app.drain_kinds(vec![Kind::of::<Refuse>()]).await;
        let wait = scene.app.count("select round(extract(epoch from run_at - now()))::bigint from graphile_worker.jobs").await;
        waits.push(wait);
        scene.app.advance(SignedDuration::from_secs(wait + 1));
    }
    assert!(waits.windows(2).all(|two| two[0] < two[1]) && waits[0] <= 3, "{waits:?}");
    scene.app.drain_kinds(vec![Kind::of::<Refuse>()]).await;
    let failed =
        "select count(*) from graphile_worker.jobs where attempts = max_attempts and last_error = 'TaskError(\"Refused: not possible.\")'";
    assert_eq!(scene.app.count(failed).await, 1);
    assert_eq!(scene.app.base.measures.all()[&(Refuse::NAME, false)].count, u64::try_from(server::store::queue::ATTEMPTS).unwrap());
}

/// Everything that makes the schema, as text, whatever its name.
const SHAPE: &str = "
    select replace(regexp_replace(line, '\\m' || $1::text || '\\M', 'schema', 'g'), '\"schema\"', 'schema') from (
        select 'table ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || ' '
               || a.attidentity::text || a.attgenerated::text || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '') || ' rls ' || c.relrowsecurity as line
        from pg_attribute a join pg_class c on c.oid = a.attrelid left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'v', 'c') and a.attnum > 0 and not a.attisdropped
        union all select 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint
        where connamespace = $1::regnamespace and conname <> 'task_holds_ids_only'
        union all select 'index ' || indexdef from pg_indexes where schemaname = $1
        union all select 'view ' || viewname || ' ' || definition from pg_views where schemaname = $1
        union all select 'function ' || pg_get_functiondef(oid) from pg_proc where pronamespace = $1::regnamespace) shape order by 1";

#[sqlx::test(migrations = "../migrations")]
async fn the_schema_is_the_one_that_the_library_makes(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let began = app.count("select (extract(epoch from clock_timestamp()) * 1000)::bigint").await;
    WorkerUtils::new(Database::from(app.owner.clone()), "as_the_library".to_owned()).migrate().await.unwrap();
    println!(
        "the library's own migrations take {} ms",
        app.count("select (extract(epoch from clock_timestamp()) * 1000)::bigint").await - began
    );
    let mut shapes = Vec::new();
    for schema in ["graphile_worker", "as_the_library"] {
        let shape: Vec<String> = sqlx::query_scalar(SHAPE).bind(schema).fetch_all(&app.owner).await.unwrap();
        assert!(shape.len() > 50);
        shapes.push(shape.into_iter().collect::<BTreeSet<_>>());
    }
    assert_eq!(shapes[0].difference(&shapes[1]).collect::<Vec<_>>(), Vec::<&String>::new(), "only in our migration");
    assert_eq!(shapes[1].difference(&shapes[0]).collect::<Vec<_>>(), Vec::<&String>::new(), "only in the library");
    let revisions = "select count(*) from graphile_worker.migrations a full join as_the_library.migrations b using (id, breaking) where a.ts is null or b.ts is null";
    assert_eq!(app.count(revisions).await, 0);
}
