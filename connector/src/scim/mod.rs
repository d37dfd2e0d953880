//! The SCIM 2.0 connector (RFC 7643, RFC 7644).
//!
//! - `settings`: what is configured; `path`: where an attribute stands in a record;
//! - `client`: asking, page by page; `record`: what came; `change`: PATCH, or PUT of the whole record;
//! - `accounts`, `membership`, `held`: what is found and brought to what is wanted, always read first;
//! - `testing`: the test of the settings.
//!
//! What it sends, and what it needs of a server, stands in `docs/connectors/scim.md`.

mod accounts;
mod change;
mod client;
mod held;
mod membership;
mod path;
#[cfg(test)]
mod path_tests;
mod record;
mod settings;
#[cfg(test)]
mod settings_tests;
mod testing;

pub use path::{AttributePath, PathProblem};
pub use settings::{
    Authentication, Closing, EntitlementAs, GroupName, Matching, MembershipLookup, OWN_ATTRIBUTES, Patch, Problem, ScimSettings,
};

use crate::connector::{Applied, Capabilities, Connector, Tested, Undone};
use crate::exchange::Exchanges;
use crate::fault::Fault;
use crate::http::HttpOut;
use crate::order::{Account, Actual, Before, Change, Operation, Order, Plan, Step};
use crate::secret::Secret;
use accounts::Brought;
use async_trait::async_trait;
use client::Client;
use settings::Understood;
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// Reaches one SCIM server.
pub struct ScimConnector {
    client: Client,
    settings: Understood,
}

impl ScimConnector {
    /// Prepares; nothing is sent. `out` is the way out with the settings' own
    /// [`limits`](ScimSettings::limits) and [`throughput`](ScimSettings::throughput).
    ///
    /// # Errors
    /// [`Fault::Misconfigured`] names the first field that cannot work; [`Fault::NotAllowed`] when
    /// the address may not be spoken to.
    pub fn new(settings: &ScimSettings, secret: Secret, out: Arc<HttpOut>) -> Result<Self, Fault> {
        let understood = settings.understand().map_err(|problems| {
            let none = Fault::Misconfigured { field: "settings", why: "they cannot be used.".to_owned() };
            problems.into_iter().next().map_or(none, Fault::from)
        })?;
        let client = Client::new(out, &settings.base_url, settings.authentication.clone(), secret, settings.page_size)?;
        Ok(Self { client, settings: understood })
    }

    /// Whether closing the account has anything to do when it is in this state.
    fn needs_closing(&self, state: Account) -> bool {
        match self.settings.closing {
            Closing::Keep => false,
            Closing::Deactivate => state == Account::Active,
            Closing::Delete => state != Account::Absent,
        }
    }
}

#[async_trait]
impl Connector for ScimConnector {
    fn capabilities(&self) -> Capabilities {
        ScimSettings::CAPABILITIES
    }

    async fn test(&self, log: &mut Exchanges) -> Result<Tested, Fault> {
        self.look_at_settings(log).await
    }

    async fn plan(&self, order: &Order, log: &mut Exchanges) -> Result<Plan, Fault> {
        let account = self.find(&order.subject, log).await?;
        let state = account.as_ref().map_or(Ok(Account::Absent), record::Record::account)?;
        let held = self.holds(account.as_ref(), &order.entitlement, order.change == Change::Give, log).await?;
        let account_step = |operation, needed| Step { operation, before: Before::Account { state }, needed };
        let entitlement_step = |operation, needed| Step { operation, before: Before::Entitlement { held }, needed };
        let steps = match order.change {
            Change::Give => {
                vec![account_step(Operation::ReadyAccount, state != Account::Active), entitlement_step(Operation::Give, !held)]
            }
            Change::Take => {
                let closing = order.last && self.settings.closing != Closing::Keep;
                let close = closing.then(|| account_step(Operation::CloseAccount, self.needs_closing(state)));
                std::iter::once(entitlement_step(Operation::Take, held)).chain(close).collect()
            }
        };
        let account = account.map(|account| account.id().map(str::to_owned)).transpose()?;
        Ok(Plan { steps, account })
    }

    // The key is not sent: SCIM has no place for it, so each step reads before it writes.
    async fn apply(&self, order: &Order, step: &Step, _key: Uuid, log: &mut Exchanges) -> Result<Applied, Fault> {
        let account = match step.operation {
            Operation::ReadyAccount => {
                let Brought { id, found } = self.bring_account(&order.subject, Account::Active, log).await?;
                return Ok(Applied::Done { account: id, found });
            }
            Operation::Give => self.bring_entitlement(&order.subject, &order.entitlement, true, log).await?,
            Operation::Take => self.bring_entitlement(&order.subject, &order.entitlement, false, log).await?,
            Operation::CloseAccount => {
                self.close(&order.subject, log).await?;
                None
            }
        };
        Ok(Applied::Done { account, found: None })
    }

    async fn read_back(&self, order: &Order, log: &mut Exchanges) -> Result<Actual, Fault> {
        let Some(account) = self.find(&order.subject, log).await? else {
            return Ok(Actual { account: Account::Absent, account_id: None, entitlements: BTreeSet::new() });
        };
        let entitlements = self.held(&account, Some(&order.entitlement), log).await?;
        Ok(Actual { account: account.account()?, account_id: Some(account.id()?.to_owned()), entitlements })
    }

    async fn undo(&self, order: &Order, step: &Step, _key: Uuid, log: &mut Exchanges) -> Result<Undone, Fault> {
        let undone = match (step.operation, &step.before) {
            (Operation::ReadyAccount, Before::Account { state: Account::Absent }) => {
                return self.unmake(&order.subject, log).await.map(|left| Undone { left });
            }
            (Operation::ReadyAccount, Before::Account { state: Account::Inactive }) => self.deactivate(&order.subject, log).await,
            (Operation::CloseAccount, Before::Account { state: state @ (Account::Active | Account::Inactive) }) => {
                self.bring_account(&order.subject, *state, log).await.map(|_| ())
            }
            (Operation::Give, Before::Entitlement { held: false }) => {
                self.bring_entitlement(&order.subject, &order.entitlement, false, log).await.map(|_| ())
            }
            (Operation::Take, Before::Entitlement { held: true }) => {
                self.bring_entitlement(&order.subject, &order.entitlement, true, log).await.map(|_| ())
            }
            // It was as the step wanted it, or nobody knows how it was.
            _ => Ok(()),
        };
        undone.map(|()| Undone::default())
    }
}
