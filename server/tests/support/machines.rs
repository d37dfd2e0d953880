//! Other machines in tests: directories in memory, and real servers on this machine.

use super::TestApp;
use connector::http::{Networks, Reach, Roots};
use connector::memory::Directory;
use connector::{KeyRing, Secret};
use domain::id::{ApplicationId, ConnectionId};
use jiff_sqlx::ToSqlx as _;
use server::http::{self, Site};
use server::machines::Machines;
use server::state::AppState;
use server::store;
use server::system::System;
use server::usecase::Base;
use sqlx::postgres::PgPoolOptions;
use std::sync::Arc;
use std::time::Duration;

/// Connectors that may speak to this machine, in the clear, and open secrets sealed in a test, and
/// directories in memory. [`TestApp::with_keys`] has none of these.
pub fn on_this_machine(within: Duration, system: &System) -> Machines {
    let networks = Networks::parse(&["127.0.0.0/8", "::1/128"]).unwrap();
    let reach = Reach { networks, plain_http: true, roots: Roots::none() };
    let ring = KeyRing::parse(KEY).unwrap();
    Machines::new(Some(ring), reach, within, system).with_memory()
}

/// The key that secrets are sealed with in tests.
pub const KEY: &str = "RhYDtsdz7GyOtAE2Zgphe21akM59JB5anTRi3q8noP8=";
/// Another one.
pub const OTHER_KEY: &str = "hWbCYZ1p2Jh0D8wmyRzGVZ0bqXn1vsGmPjLeT4CjF1o=";

impl TestApp {
    /// The same server on the same database with other settings of machines: other keys, and only what
    /// is public unless `this_machine`.
    pub fn with_keys(&self, keys: &str, this_machine: bool) -> Self {
        let networks = if this_machine { Networks::parse(&["127.0.0.0/8", "::1/128"]).unwrap() } else { Networks::default() };
        let reach = Reach { networks, plain_http: this_machine, roots: Roots::none() };
        let machines = Machines::new(Some(KeyRing::parse(keys).unwrap()), reach, server::machines::CALL_WITHIN, &self.system);
        let base = self.base.clone().with_machines(Arc::new(machines));
        let state = AppState::new(base.clone(), (*self.state.config).clone(), Site::default(), vec![]).unwrap();
        Self { router: http::router(state.clone()), base, state, ..self.clone() }
    }

    /// Another server of the same installation: connections to the database, a base and a way to other
    /// machines of its own. Clock and entropy are the same, and so is what is over there.
    pub async fn beside(&self) -> Base {
        let options = self.pool.connect_options().as_ref().clone();
        let pool = store::pool::guarded(PgPoolOptions::new().max_connections(8)).connect_with(options).await.unwrap();
        let machines = on_this_machine(self.base.machines.call_within(), &self.system).with_directories_of(&self.base.machines);
        let base = Base::new(pool, self.system.clone(), self.base.policies.clone(), self.base.zone.clone()).await.unwrap();
        base.with_machines(Arc::new(machines))
    }

    /// Lets an application be served by a directory in memory.
    pub async fn in_memory(&self, application: ApplicationId) -> Directory {
        let settings = serde_json::json!({ "matching": "number", "accounts": true, "closing": "deactivate" });
        self.connect(application, "directory", "memory", &settings, None).await;
        self.base.machines.directory("directory")
    }

    /// Lets an application be served through a new connection.
    pub async fn connect(
        &self,
        application: ApplicationId,
        code: &str,
        connector: &str,
        settings: &serde_json::Value,
        secret: Option<&str>,
    ) -> ConnectionId {
        let id = ConnectionId::new(self.now(), self.system.random());
        let sealed = secret.map(|secret| {
            let ring = self.base.machines.ring().unwrap();
            ring.seal(id.0, &Secret::new(secret), self.system.random()).unwrap()
        });
        sqlx::query(
            "with made as (
               insert into connection (id, code, name, connector, settings, secret_sealed, secret_key_id, changed_at)
               values ($1, $2, initcap($2), $3, $4, $5, $6, $7) returning id
             )
             insert into connection_version (connection_id, version, connector, settings, recorded_at) select id, 1, $3, $4, $7 from made",
        )
        .bind(id.0)
        .bind(code)
        .bind(connector)
        .bind(settings)
        .bind(sealed.as_ref().map(|sealed| sealed.bytes.clone()))
        .bind(sealed.as_ref().map(|sealed| sealed.key_id.clone()))
        .bind(self.now().to_sqlx())
        .execute(&self.owner)
        .await
        .unwrap();
        // On its own: what chooses a connection has to see that it is there.
        sqlx::query("update application set connection_id = $1 where id = $2")
            .bind(id.0)
            .bind(application.0)
            .execute(&self.owner)
            .await
            .unwrap();
        id
    }
}
