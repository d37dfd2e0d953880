//! What every request is answered with.

use crate::config::Config;
use crate::http::{Forwarding, Site, Tasks};
use crate::rate_limit::RateLimits;
use crate::system::System;
use crate::usecase::accounts::{AccountService, Handover};
use crate::usecase::deciding::Proofs;
use crate::usecase::figures::Figures;
use crate::usecase::inbox::InboxService;
use crate::usecase::{self, Base};
use app::account::port::DemoPerson;
use app::backend::Backend;
use app::error::AppError;
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use sqlx::PgPool;
use std::sync::Arc;

/// The running server's parts; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    leptos_options: LeptosOptions,
    ports: Backend,
    base: Base,
    /// Signing in, sessions, passwords.
    pub accounts: AccountService,
    /// The settings.
    pub config: Arc<Config>,
    /// Time and entropy.
    pub system: System,
    /// The database.
    pub pool: PgPool,
    /// How often somebody may try.
    pub limits: Arc<RateLimits>,
    /// What pages load.
    pub site: Arc<Site>,
    /// Whose word about a client's address counts.
    pub forwarding: Arc<Forwarding>,
    /// Requests at work.
    pub tasks: Tasks,
}

impl AppState {
    /// Puts the server together. `people` are whom the demonstration offers.
    ///
    /// # Errors
    /// A sentence about the setting that cannot be used.
    pub fn new(base: Base, config: Config, site: Site, people: Vec<DemoPerson>) -> Result<Self, String> {
        let limits = Arc::new(RateLimits::new(&base.system, &config));
        let accounts = AccountService::new(base.clone(), &config, limits.clone(), people)?;
        Ok(Self {
            leptos_options: LeptosOptions::builder().output_name("countersign").site_addr(config.bind).build(),
            system: base.system.clone(),
            pool: base.pool.clone(),
            ports: usecase::ports(base.clone(), accounts.clone()),
            base,
            forwarding: Arc::new(Forwarding { trusted: config.trusted_proxies.clone() }),
            accounts,
            config: Arc::new(config),
            limits,
            site: Arc::new(site),
            tasks: Tasks::default(),
        })
    }

    /// What the use-cases stand on.
    #[must_use]
    pub fn base(&self) -> Base {
        self.base.clone()
    }

    /// Figures for monitoring.
    ///
    /// # Errors
    /// [`AppError`] when the database cannot be read.
    pub async fn figures(&self) -> Result<Figures, AppError> {
        Ok(usecase::figures::read(&self.base).await?)
    }

    /// The ports for one request; a new session token is left in `handover`.
    #[must_use]
    pub fn backend(&self, handover: Handover) -> Backend {
        let accounts = self.accounts.for_request(handover);
        // A decision that proves a password changes the token, too.
        let inbox = InboxService::new(self.base.clone(), Proofs::by(accounts.clone()));
        Backend { accounts: Arc::new(accounts), inbox: Arc::new(inbox), ..self.ports.clone() }
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos_options.clone()
    }
}
