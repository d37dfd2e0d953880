//! `make bench`: the product's timed promises, each measured beside a yardstick in the same run.
//!
//! The promises: 10,000 people imported in under 10 s and 300 MiB; 1,000,000 in under 5 minutes
//! with flat memory; a catalogue search over 20,000 entitlements in under 100 ms. Fails when one is
//! broken. `DATABASE_URL` names a Postgres server on which databases may be made and dropped.

#![expect(clippy::print_stdout, reason = "a benchmark's result is what it prints")]

mod import;
mod search;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use std::time::{Duration, Instant};

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let server: PgConnectOptions = std::env::var("DATABASE_URL").map_err(|_| "set DATABASE_URL, or run `make bench`")?.parse()?;
    // `make bench ARGS=search` measures only what is named.
    let named: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |what: &str| named.is_empty() || named.iter().any(|name| name == what);
    let mut broken = Vec::new();
    if wanted("import") {
        imports(&server, &mut broken).await?;
    }
    if wanted("search") {
        let (name, pool) = scratch(&server).await?;
        let measured = search::run(&pool).await?;
        println!("{measured}");
        if measured.worst.0 > Duration::from_millis(100) {
            broken.push("every search over 20,000 entitlements has to take under 100 ms".to_owned());
        }
        drop_scratch(&server, &name, pool).await?;
    }
    if broken.is_empty() { Ok(()) } else { Err(broken.join("; ").into()) }
}

async fn imports(server: &PgConnectOptions, broken: &mut Vec<String>) -> Result<(), Failure> {
    for (people, within, mebibytes) in [(10_000, Duration::from_secs(10), 300), (1_000_000, Duration::from_secs(300), 300)] {
        let (name, pool) = scratch(server).await?;
        let yardstick = plain_copy(&pool, people).await?;
        let measured = import::run(&pool, people).await?;
        println!("{measured}; yardstick, {people} rows written by one statement: {:.1} s", yardstick.as_secs_f64());
        if measured.first > within || measured.peak_mib > mebibytes {
            broken.push(format!("{people} people have to be imported in under {} s and {mebibytes} MiB", within.as_secs()));
        }
        drop_scratch(server, &name, pool).await?;
    }
    Ok(())
}

/// An empty database with the product's schema.
async fn scratch(server: &PgConnectOptions) -> Result<(String, PgPool), Failure> {
    let name = format!("bench_{}", std::process::id());
    let mut conn = PgConnection::connect_with(server).await?;
    sqlx::query(AssertSqlSafe(format!("drop database if exists {name}"))).execute(&mut conn).await?;
    sqlx::query(AssertSqlSafe(format!("create database {name}"))).execute(&mut conn).await?;
    let pool = PgPoolOptions::new().max_connections(4).connect_with(server.clone().database(&name)).await?;
    sqlx::migrate!("../migrations").run(&pool).await?;
    Ok((name, pool))
}

async fn drop_scratch(server: &PgConnectOptions, name: &str, pool: PgPool) -> Result<(), Failure> {
    pool.close().await;
    let mut conn = PgConnection::connect_with(server).await?;
    sqlx::query(AssertSqlSafe(format!("drop database {name}"))).execute(&mut conn).await?;
    Ok(())
}

/// What the machine takes to write as many rows of about the same width, with one index.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the real clock")]
async fn plain_copy(pool: &PgPool, rows: u64) -> Result<Duration, Failure> {
    sqlx::query("create table yardstick (id uuid primary key, a text, b text, c text, d text, at timestamptz)").execute(pool).await?;
    let begin = Instant::now();
    sqlx::query("insert into yardstick select gen_random_uuid(), 'Given' || n, 'Family' || n, 'person' || n || '@example.com', 'Senior Engineer', now() from generate_series(1, $1) n")
        .bind(i64::try_from(rows)?)
        .execute(pool)
        .await?;
    let taken = begin.elapsed();
    sqlx::query("drop table yardstick").execute(pool).await?;
    Ok(taken)
}
