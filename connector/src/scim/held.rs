//! What an account holds, and bringing one entitlement to what is wanted, in whichever way the
//! settings say that entitlements are expressed.

use super::ScimConnector;
use super::change::{Change, Changed, TRIES, overtaken};
use super::client::Endpoint;
use super::membership::Groups;
use super::path::{AttributePath, needs_escaping};
use super::record::Record;
use super::settings::UnderstoodEntitlement;
use crate::exchange::Exchanges;
use crate::fault::Fault;
use crate::order::{Entitlement, Subject};
use std::collections::BTreeSet;

impl ScimConnector {
    /// References of everything an account holds. A group that differs from `ours` in upper and lower
    /// case only is that group (RFC 7643 section 4.2), and stands there as we write it.
    pub(super) async fn held(&self, account: &Record, ours: Option<&Entitlement>, log: &mut Exchanges) -> Result<BTreeSet<String>, Fault> {
        match &self.settings.entitlement {
            UnderstoodEntitlement::Attribute(path) => Ok(path.read(&account.0).into_iter().collect()),
            UnderstoodEntitlement::Group { named_by, lookup } => {
                let groups = Groups { named_by: *named_by, lookup: *lookup };
                let found = self.memberships(groups, account, ours, log).await?;
                let as_we_write = |name: String| match ours {
                    Some(ours) if groups.same(&name, &ours.reference) => ours.reference.clone(),
                    _ => name,
                };
                Ok(found.into_iter().map(as_we_write).collect())
            }
        }
    }

    /// Whether the account holds the entitlement, and whether that is `wanted`. A group has to be there,
    /// also when there is no account yet: a name that nobody knows is found out before anything is
    /// changed.
    pub(super) async fn holds(
        &self,
        account: Option<&Record>,
        entitlement: &Entitlement,
        wanted: bool,
        log: &mut Exchanges,
    ) -> Result<bool, Fault> {
        match &self.settings.entitlement {
            UnderstoodEntitlement::Attribute(path) => Ok(account.is_some_and(|account| has(path, account, &entitlement.reference))),
            UnderstoodEntitlement::Group { named_by, lookup } => {
                let groups = Groups { named_by: *named_by, lookup: *lookup };
                let group = self.group(groups, &entitlement.reference, log).await?;
                match account {
                    Some(account) => self.is_member(groups, &group, account, wanted, log).await,
                    None => Ok(false),
                }
            }
        }
    }

    /// Gives or takes the entitlement, when it is not so already. Gives the account's id.
    pub(super) async fn bring_entitlement(
        &self,
        subject: &Subject,
        entitlement: &Entitlement,
        wanted: bool,
        log: &mut Exchanges,
    ) -> Result<Option<String>, Fault> {
        let reference = &entitlement.reference;
        for _ in 0..TRIES {
            let Some(account) = self.find(subject, log).await? else {
                if wanted {
                    return Err(Fault::Refused { said: "The account over there is gone, so nothing can be given to it.".to_owned() });
                }
                return Ok(None);
            };
            let id = account.id()?.to_owned();
            match &self.settings.entitlement {
                UnderstoodEntitlement::Group { named_by, lookup } => {
                    let groups = Groups { named_by: *named_by, lookup: *lookup };
                    self.bring_membership(groups, reference, &account, wanted, log).await?;
                    return Ok(Some(id));
                }
                UnderstoodEntitlement::Attribute(path) => {
                    if has(path, &account, reference) == wanted
                        || self.change_value(path, &account, reference, wanted, log).await? == Changed::Done
                    {
                        return Ok(Some(id));
                    }
                }
            }
        }
        Err(overtaken())
    }

    async fn change_value(
        &self,
        path: &AttributePath,
        account: &Record,
        value: &str,
        wanted: bool,
        log: &mut Exchanges,
    ) -> Result<Changed, Fault> {
        let rewrite = |record: &mut Record| {
            let done = if wanted { path.add(&mut record.0, value) } else { path.remove(&mut record.0, value) };
            done.map_err(|one_value| Fault::Refused { said: one_value.to_string() })
        };
        // PATCH, too, would put the value in the place of the one that is there (RFC 7644 section 3.5.2.1).
        rewrite(&mut account.clone())?;
        let change = Change {
            purpose: if wanted { "add_value" } else { "remove_value" },
            endpoint: Endpoint::Users,
            id: account.id()?,
            version: account.version(),
            whole: !wanted && needs_escaping(value),
            several: None,
            operation: if wanted { path.addition(value) } else { path.removal(value) },
            rewrite: &rewrite,
        };
        self.change(change, log).await
    }
}

fn has(path: &AttributePath, account: &Record, value: &str) -> bool {
    path.read(&account.0).iter().any(|there| there == value)
}
