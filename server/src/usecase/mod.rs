//! The order of steps: begin, authorise, act, write the event, commit. One noun a file, each
//! implementing the port of the same name in `app`. No SQL here, and no HTTP word.

pub mod access;
pub mod accounts;
pub mod administration;
pub mod approvals;
pub mod as_of;
pub mod attachments;
pub mod authorise;
pub mod business_time;
pub mod by_command;
pub mod carrying_out;
pub mod catalogue;
pub mod changes;
pub mod connections;
pub mod controls;
pub mod cursor;
pub mod deciding;
pub mod delegations;
pub mod digests;
pub mod drafts;
pub mod ending;
pub mod error;
pub mod executing;
pub mod facts;
pub mod figures;
pub mod finding;
pub mod giving_back;
pub mod grant_story;
pub mod home;
pub mod identities;
pub mod inbox;
pub mod inbox_detail;
pub mod inbox_difference;
pub mod inbox_list;
pub mod joining;
pub mod kept_access;
pub mod lateness;
pub mod lead_times;
pub mod manual;
pub mod notifications;
pub mod notifying;
pub mod planning;
pub mod ports;
pub mod proven;
pub mod queue;
pub mod reading;
pub mod refused_forms;
pub mod release_list;
pub mod releases;
pub mod replacing;
pub mod request_history;
pub mod request_list;
pub mod requests;
pub mod revising;
pub mod search_words;
pub mod shown;
pub mod stage_queue;
pub mod stage_views;
pub mod submitting;
pub mod time_spent;
pub mod unproven;
pub mod withdrawing;
pub mod work;

pub use ports::ports;

use crate::machines::Machines;
use crate::mail::Mail;
use crate::measures::Measures;
use crate::policy::PolicySet;
use crate::system::System;
use jiff::tz::TimeZone;
use sqlx::PgPool;
use std::sync::Arc;

/// What every use-case stands on.
#[derive(Clone)]
pub struct Base {
    /// Connections as the server's own database role.
    pub pool: PgPool,
    /// Time and entropy.
    pub system: System,
    /// The controls in force.
    pub policies: Arc<PolicySet>,
    /// Where a day begins and ends.
    pub zone: TimeZone,
    /// Other machines.
    pub machines: Arc<Machines>,
    /// Mail, where it is set up.
    pub mail: Option<Arc<Mail>>,
    /// How long tasks take on this server.
    pub measures: Arc<Measures>,
}

impl Base {
    /// A base whose policy set is on record, so that every stored evaluation can point to it.
    ///
    /// # Errors
    /// [`error::UseCaseError`] when the database cannot be reached.
    pub async fn new(pool: PgPool, system: System, policies: Arc<PolicySet>, zone: TimeZone) -> Result<Self, error::UseCaseError> {
        let machines = Arc::new(Machines::none(&system));
        let base = Self { pool, system, policies, zone, machines, mail: None, measures: Arc::default() };
        let mut work = work::Work::begin(&base, domain::actor::Actor::System { job: "start".to_owned() }).await?;
        let sources: serde_json::Map<_, _> =
            base.policies.controls().iter().map(|control| (control.id.clone(), control.source.clone().into())).collect();
        let now = work.now();
        crate::store::evaluations::remember_policy_set(work.conn(), base.policies.hash(), &sources.into(), now).await?;
        work.commit().await?;
        Ok(base)
    }

    /// The same with other machines.
    #[must_use]
    pub fn with_machines(self, machines: Arc<Machines>) -> Self {
        Self { machines, ..self }
    }

    /// The same with mail, or without.
    #[must_use]
    pub fn with_mail(self, mail: Option<Arc<Mail>>) -> Self {
        Self { mail, ..self }
    }
}
