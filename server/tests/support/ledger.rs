//! The organisation that most tests are about.

use super::{ApplicationId, EntitlementId, IdentityId, TestApp, UnitId};

/// Ana reports to Mona, who reports to Boss. Olga owns the ledger and Dan deputises. Stan has no part
/// in any of it. All of them are of one unit, and have a passkey.
pub struct Ledger {
    pub unit: UnitId,
    pub boss: IdentityId,
    pub mona: IdentityId,
    pub ana: IdentityId,
    pub olga: IdentityId,
    pub dan: IdentityId,
    pub stan: IdentityId,
    pub ledger: ApplicationId,
    /// Standard.
    pub read: EntitlementId,
    /// Elevated.
    pub write: EntitlementId,
    /// Privileged.
    pub root: EntitlementId,
}

impl TestApp {
    /// Makes it, with generous specifications.
    pub async fn ledger(&self) -> Ledger {
        self.specifications().await;
        let unit = self.unit("Ledger").await;
        let boss = self.person("Boss", unit, None).await;
        let mona = self.person("Mona", unit, Some(boss)).await;
        let ana = self.person("Ana", unit, Some(mona)).await;
        let olga = self.person("Olga", unit, Some(boss)).await;
        let dan = self.person("Dan", unit, Some(boss)).await;
        let stan = self.person("Stan", unit, Some(boss)).await;
        let ledger = self.application("LEDGER", olga, Some(dan)).await;
        let read = self.entitlement(ledger, "Ledger Reader", "standard").await;
        let write = self.entitlement(ledger, "Ledger Writer", "elevated").await;
        let root = self.entitlement(ledger, "Ledger Root", "privileged").await;
        Ledger { unit, boss, mona, ana, olga, dan, stan, ledger, read, write, root }
    }
}
