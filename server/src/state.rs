//! What every request is answered with.

use crate::config::Config;
use crate::http::{Forwarding, Site, Tasks};
use crate::rate_limit::RateLimits;
use crate::system::System;
use crate::usecase::accounts::{AccountService, Handover};
use crate::usecase::Base;
use crate::usecase::administration::AdministrationService;
use crate::usecase::catalogue::CatalogueService;
use crate::usecase::controls::ControlService;
use crate::usecase::home::HomeService;
use crate::usecase::identities::IdentityService;
use crate::usecase::inbox::InboxService;
use crate::usecase::releases::ReleaseService;
use crate::usecase::requests::RequestService;
use app::account::port::DemoPerson;
use app::backend::Backend;
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use sqlx::PgPool;
use std::sync::Arc;

/// The running server's parts; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    leptos_options: LeptosOptions,
    ports: Backend,
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
            ports: ports(&base, &accounts),
            forwarding: Arc::new(Forwarding { trusted: config.trusted_proxies.clone() }),
            accounts,
            config: Arc::new(config),
            limits,
            site: Arc::new(site),
            tasks: Tasks::default(),
        })
    }

    /// The ports for one request; a new session token is left in `handover`.
    #[must_use]
    pub fn backend(&self, handover: Handover) -> Backend {
        Backend { accounts: Arc::new(self.accounts.for_request(handover)), ..self.ports.clone() }
    }
}

fn ports(base: &Base, accounts: &AccountService) -> Backend {
    Backend {
        home: Arc::new(HomeService::new(base.clone())),
        catalogue: Arc::new(CatalogueService::new(base.clone())),
        requests: Arc::new(RequestService::new(base.clone())),
        inbox: Arc::new(InboxService::new(base.clone())),
        releases: Arc::new(ReleaseService::new(base.clone())),
        identities: Arc::new(IdentityService::new(base.clone())),
        controls: Arc::new(ControlService::new(base.clone())),
        administration: Arc::new(AdministrationService::new(base.clone())),
        accounts: Arc::new(accounts.clone()),
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos_options.clone()
    }
}
