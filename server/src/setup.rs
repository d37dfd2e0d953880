//! From settings to a running server and back: database, schema, policies, work queue, listening, and
//! the way down. Each step says what it did in one line.

use crate::config::Config;
use crate::embedded_postgres::{EmbeddedPostgres, EmbeddedPostgresError};
use crate::http::{self, Site};
use crate::machines::Machines;
use crate::mail::Mail;
use crate::policy::PolicySet;
use crate::queue;
use crate::state::AppState;
use crate::store;
use crate::system::System;
use crate::usecase::Base;
use app::account::port::DemoPerson;
use cluster::{Account, ClusterError, Place};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Name of the database in our own Postgres, and of its owner there.
const NAME: &str = "countersign";
/// How long requests that are at work may take after a signal to stop.
const FINISH_WITHIN: Duration = Duration::from_secs(10);

/// Why the server did not start, in sentences.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Our own Postgres.
    #[error("The embedded database did not start: {0}.")]
    Embedded(#[from] EmbeddedPostgresError),
    /// The database.
    #[error("The database cannot be used: {0}. Check DATABASE_URL, and that its user may create roles and tables.")]
    Database(#[from] sqlx::Error),
    /// The schema.
    #[error("The schema cannot be brought up to date: {0}.")]
    Schema(#[from] sqlx::migrate::MigrateError),
    /// The policies.
    #[error("The policies cannot be used, so nothing starts: {0}")]
    Policies(#[from] crate::policy::PolicyLoadError),
    /// Listening.
    #[error("Nothing can listen on {address}: {source}. Choose another address with --bind.")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// Anything that already is a sentence.
    #[error("{0}")]
    Sentence(String),
}

/// The database of this process, and what has to be stopped with it.
pub struct Database {
    /// Connections as the server's own role.
    pub pool: PgPool,
    owner: PgConnectOptions,
    embedded: Option<EmbeddedPostgres>,
}

/// What the connections are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Serving: short statements.
    Serving,
    /// One command, for example an import: it may join the database of a running server.
    Command,
}

impl Database {
    /// Finds or starts the database, creates what is missing, and brings the schema up to date.
    ///
    /// # Errors
    /// [`StartError`] with what to do.
    pub async fn open(config: &Config, purpose: Purpose) -> Result<Self, StartError> {
        let (owner, embedded) = match &config.database_url {
            Some(url) => {
                store::pool::ensure_database(url).await?;
                (url.parse()?, None)
            }
            None => own_postgres(config, purpose).await?,
        };
        store::pool::migrate(&owner).await?;
        let pool = connect(&owner, config, purpose).await?;
        Ok(Self { pool, owner, embedded })
    }

    /// Closes the connections and stops our own Postgres.
    ///
    /// # Errors
    /// [`StartError`] when Postgres does not stop.
    pub async fn close(self) -> Result<(), StartError> {
        self.pool.close().await;
        match self.embedded {
            Some(embedded) => Ok(embedded.stop().await?),
            None => Ok(()),
        }
    }
}

async fn connect(owner: &PgConnectOptions, config: &Config, purpose: Purpose) -> Result<PgPool, sqlx::Error> {
    let options = PgPoolOptions::new().max_connections(config.pool_connections);
    let options = match purpose {
        Purpose::Serving => store::pool::guarded(options),
        Purpose::Command => store::pool::patient(options),
    };
    options.connect_with(owner.clone()).await
}

async fn own_postgres(config: &Config, purpose: Purpose) -> Result<(PgConnectOptions, Option<EmbeddedPostgres>), StartError> {
    match EmbeddedPostgres::start(&config.data_dir).await {
        Ok(embedded) => {
            embedded.ensure_database(NAME).await?;
            Ok((embedded.url(NAME).parse()?, Some(embedded)))
        }
        // A server runs on this data: a command works beside it.
        Err(EmbeddedPostgresError::Cluster(ClusterError::InUse { .. })) if purpose == Purpose::Command => {
            let account = Account::find().map_err(EmbeddedPostgresError::from)?;
            let place = Place::settle(&config.data_dir.join("postgres"), &account).map_err(EmbeddedPostgresError::from)?;
            Ok((PgConnectOptions::new_without_pgpass().socket(place.socket).username(NAME).database(NAME), None))
        }
        Err(error) => Err(error.into()),
    }
}

/// Serves until a signal to stop comes.
///
/// # Errors
/// [`StartError`] when it does not come that far.
pub async fn serve(config: Config) -> Result<(), StartError> {
    let system = System::real();
    let policies = Arc::new(PolicySet::builtin()?);
    println!("policies   {} controls, all cases pass", policies.controls().len());
    let site = Site::read(&config.site_root).map_err(StartError::Sentence)?;
    println!("site       {}", if site.assets.js.is_some() { "found" } else { "not built: pages come without script and style" });
    let listener = TcpListener::bind(config.bind).await.map_err(|source| StartError::Listen { address: config.bind, source })?;
    let database = Database::open(&config, Purpose::Serving).await?;
    println!(
        "database   {}",
        if database.embedded.is_some() { "embedded Postgres, schema up to date" } else { "connected, schema up to date" }
    );
    let outcome = serve_on(listener, config, system, policies, site, &database).await;
    let closed = database.close().await;
    outcome?;
    closed?;
    println!("stopped");
    Ok(())
}

async fn serve_on(
    listener: TcpListener,
    config: Config,
    system: System,
    policies: Arc<PolicySet>,
    site: Site,
    database: &Database,
) -> Result<(), StartError> {
    let machines = machines(&config, &system)?;
    let people = demonstration(&config, &database.owner, &system, &policies).await?;
    let base = Base::new(database.pool.clone(), system, policies, config.zone.clone())
        .await
        .map_err(|error| StartError::Sentence(error.to_string()))?
        .with_mail(mail(&config)?)
        .with_machines(machines);
    if config.demonstration {
        let filled = crate::demo::fill_directories(&base).await;
        filled.map_err(|error| StartError::Sentence(format!("The demonstration's directories were not filled: {error}.")))?;
    }
    let url = config.public_url.clone();
    let (demonstration, count) = (config.demonstration, people.len());
    let state = AppState::new(base.clone(), config, site, people).map_err(StartError::Sentence)?;
    let workers =
        store::pool::guarded(PgPoolOptions::new().max_connections(queue::Server::CONNECTIONS)).connect_with(database.owner.clone()).await?;
    let queue = queue::Server::new(base, workers.clone(), queue::kinds()).start();
    println!("queue      started");
    println!("Countersign is ready at {url}");
    if demonstration {
        println!("Sign in: the page offers {count} people of the demonstration, without passwords.");
    } else {
        print_how_to_sign_in(&state, &url).await?;
    }
    let requests = state.tasks.clone();
    let app = http::router(state).into_make_service_with_connect_info::<SocketAddr>();
    let (going_down, mut gone) = tokio::sync::watch::channel(false);
    let server = axum::serve(listener, app).with_graceful_shutdown(async move {
        wait_for_signal().await;
        println!("stopping   no new requests and tasks");
        going_down.send_replace(true);
    });
    let stop_taking = gone.clone();
    let overtime = async {
        // Fails only when the server is gone already.
        drop(gone.wait_for(|down| *down).await);
        tokio::time::sleep(FINISH_WITHIN).await;
    };
    let queue = tokio::spawn(stop_with(queue, stop_taking));
    tokio::select! {
        ended = async { server.await } => ended.map_err(|error| StartError::Sentence(format!("Serving ended: {error}.")))?,
        () = overtime => println!("stopping   clients that still held a connection were left"),
    }
    if tokio::time::timeout(FINISH_WITHIN, requests.finished()).await.is_err() {
        println!("stopping   requests that were still at work are rolled back");
    }
    if let Err(error) = queue.await {
        tracing::error!(%error, "the work queue did not stop by itself");
    }
    workers.close().await;
    println!("stopping   tasks ended or were given back");
    Ok(())
}

/// Stops the work queue as soon as the server goes down, or ended by itself.
async fn stop_with(queue: queue::QueueHandle, mut going_down: tokio::sync::watch::Receiver<bool>) {
    // Fails when the server is gone already.
    drop(going_down.wait_for(|down| *down).await);
    queue.stop().await;
}

/// Mail by the settings, and a line that says whether there is any.
fn mail(config: &Config) -> Result<Option<Arc<Mail>>, StartError> {
    let Some(smtp) = &config.smtp else {
        println!("mail       not set up: people are told in the application only");
        return Ok(None);
    };
    println!("mail       by {}:{}", smtp.host, smtp.port);
    Mail::from_settings(smtp, &config.public_url).map(|mail| Some(Arc::new(mail))).map_err(StartError::Sentence)
}

/// Other machines by the settings, and a line that says where the keys of their secrets are.
fn machines(config: &Config, system: &System) -> Result<Arc<Machines>, StartError> {
    let (machines, said) = config.machines.open(&config.data_dir, system).map_err(StartError::Sentence)?;
    println!("connectors {said}");
    Ok(Arc::new(if config.demonstration { machines.with_memory() } else { machines }))
}

/// Loads the demonstration, over connections with a command's patience.
async fn demonstration(
    config: &Config,
    owner: &PgConnectOptions,
    system: &System,
    policies: &Arc<PolicySet>,
) -> Result<Vec<DemoPerson>, StartError> {
    if !config.demonstration {
        return Ok(vec![]);
    }
    let pool = connect(owner, config, Purpose::Command).await?;
    let people = crate::demo::load(&pool, system, config, policies)
        .await
        .map_err(|error| StartError::Sentence(format!("The demonstration was not loaded: {error}.")));
    pool.close().await;
    people
}

async fn print_how_to_sign_in(state: &AppState, url: &str) -> Result<(), StartError> {
    match state.accounts.setup_token().await.map_err(|error| StartError::Sentence(error.to_string()))? {
        Some(token) => print_link(url, &token),
        None => println!("Sign in at {url}/sign-in"),
    }
    Ok(())
}

fn print_link(url: &str, token: &str) {
    let hours = crate::usecase::accounts::SETUP_LINK_HOURS;
    println!("There is no administrator yet. Make the first one within {hours} hours, once, at\n  {url}/setup?token={token}");
}

/// Prints a new one-time link for the first administrator; earlier ones stop working.
///
/// # Errors
/// [`StartError`] when the database cannot be used, or there is an administrator.
pub async fn print_setup_link(config: Config) -> Result<(), StartError> {
    let database = Database::open(&config, Purpose::Command).await?;
    let outcome = async {
        let policies = Arc::new(PolicySet::builtin()?);
        let base = Base::new(database.pool.clone(), System::real(), policies, config.zone.clone())
            .await
            .map_err(|error| StartError::Sentence(error.to_string()))?;
        let url = config.public_url.clone();
        let state = AppState::new(base, config, Site::default(), vec![]).map_err(StartError::Sentence)?;
        match state.accounts.setup_token().await.map_err(|error| StartError::Sentence(error.to_string()))? {
            Some(token) => print_link(&url, &token),
            None => {
                return Err(StartError::Sentence(
                    "There is an administrator already, so there is no set-up link: an administrator gives access to others.".to_owned(),
                ));
            }
        }
        Ok(())
    };
    let outcome = outcome.await;
    database.close().await?;
    outcome
}

async fn wait_for_signal() {
    let (terminate, interrupt) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    match (terminate, interrupt) {
        (Ok(mut terminate), Ok(mut interrupt)) => tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} },
        // Without signals there is no other way to be told.
        _ => std::future::pending().await,
    }
}
