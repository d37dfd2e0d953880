//! Connections: how they are opened, what they may do, and in which state they are handed out.

use sqlx::migrate::MigrateDatabase as _;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgConnection, PgPool};
use std::time::Duration;

/// What every connection of the server is told: work as the role that owns nothing, give up
/// rather than hang, and read days in UTC.
const SESSION: &str = "
    set role countersign_app;
    set timezone = 'UTC';
    set statement_timeout = '30s';
    set lock_timeout = '10s';
    set idle_in_transaction_session_timeout = '15s'";

/// The same for a command that reads a whole file into the database.
const LONG_SESSION: &str = "
    set role countersign_app;
    set timezone = 'UTC';
    set statement_timeout = '10min';
    set lock_timeout = '10s';
    set idle_in_transaction_session_timeout = '10min'";

/// The server's pool on top of `options`.
///
/// A request that is cancelled while its `BEGIN` is on the way gives back a connection that is
/// inside a transaction without sqlx knowing (transact-rs/sqlx#4393, in 0.9.0). Requests therefore
/// run in tasks of their own, and here every connection proves that it is outside of one before it
/// is handed out. `begin; rollback` is that proof: silent where all is well, it ends a forgotten
/// transaction, and in a failed one the `begin` is refused and the connection thrown away. A lone
/// `rollback` would warn each time. It is one round trip and replaces sqlx's own ping.
#[must_use]
pub fn guarded(options: PgPoolOptions) -> PgPoolOptions {
    with_session(options, SESSION)
}

/// The pool of a command that imports files.
#[must_use]
pub fn patient(options: PgPoolOptions) -> PgPoolOptions {
    with_session(options, LONG_SESSION)
}

fn with_session(options: PgPoolOptions, session: &'static str) -> PgPoolOptions {
    options
        .acquire_timeout(Duration::from_secs(10))
        .test_before_acquire(false)
        .after_connect(move |conn, _| Box::pin(async move { sqlx::raw_sql(session).execute(conn).await.map(|_| ()) }))
        .before_acquire(|conn, _| Box::pin(async move { Ok(is_outside_of_transactions(conn).await) }))
}

async fn is_outside_of_transactions(conn: &mut PgConnection) -> bool {
    sqlx::raw_sql("begin; rollback").execute(conn).await.is_ok()
}

/// Brings the schema up to date, as the owner of the database.
///
/// # Errors
/// [`sqlx::migrate::MigrateError`] when a migration fails or an applied one was changed.
pub async fn migrate(options: &PgConnectOptions) -> Result<(), sqlx::migrate::MigrateError> {
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(30)).connect_with(options.clone()).await?;
    let outcome = sqlx::migrate!("../migrations").run(&pool).await;
    pool.close().await;
    outcome
}

/// Creates the database that `url` names, unless it is there.
///
/// # Errors
/// [`sqlx::Error`] when the server cannot be reached or refuses.
pub async fn ensure_database(url: &str) -> Result<(), sqlx::Error> {
    if !sqlx::Postgres::database_exists(url).await? {
        sqlx::Postgres::create_database(url).await?;
    }
    Ok(())
}

/// Whether the database answers.
pub async fn answers(pool: &PgPool) -> bool {
    sqlx::query_scalar!(r#"select 1 as "one!""#).fetch_one(pool).await.is_ok()
}
