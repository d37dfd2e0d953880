//! What every connector has to do.

use super::bench::{Bench, connector_at};
use crate::between::Between;
use crate::conformance::Counterpart;
use crate::servers::{Kind, TOKEN};
use async_trait::async_trait;
use connector::scim::ScimConnector;
use connector::{Connector, Entitlement};
use serde_json::{Value, json};
use uuid::Uuid;

struct Scim {
    connector: ScimConnector,
    between: Between,
}

const REFERENCES: [&str; 2] = ["\"ledger\\read\"", "ledger\" or displayName pr or \"1\" eq \"1"];

impl Scim {
    async fn start(kind: Kind, change: impl FnOnce(&mut Value)) -> Self {
        let bench = Bench::new(kind);
        for reference in REFERENCES {
            bench.group(reference, &[]).await;
        }
        // The rules' people share a mail address, and their numbers are their logins.
        let between = Between::new(&bench.base).await;
        Self { connector: connector_at(&between.url(), change), between }
    }
}

#[async_trait]
impl Counterpart for Scim {
    fn connector(&self) -> &dyn Connector {
        &self.connector
    }

    fn entitlements(&self) -> [Entitlement; 2] {
        [(REFERENCES[0], 1), (REFERENCES[1], 2)].map(|(reference, id)| Entitlement {
            id: Uuid::from_u128(id),
            reference: reference.to_owned(),
            name: "Ledger".to_owned(),
        })
    }

    fn changes(&self) -> u64 {
        ["POST", "PUT", "PATCH", "DELETE"].iter().map(|method| self.between.heard(method).len() as u64).sum()
    }

    fn secret(&self) -> Option<&str> {
        Some(TOKEN)
    }
}

async fn scim2() -> Scim {
    Scim::start(Kind::Scim2, |_| {}).await
}

async fn scim2_that_deletes() -> Scim {
    Scim::start(Kind::Scim2, |settings| settings["closing"] = json!("delete")).await
}

async fn scim2_with_attribute_values() -> Scim {
    Scim::start(Kind::Scim2, |settings| settings["entitlement"] = json!({ "as": "attribute", "path": "roles[type eq \"app\"]" })).await
}

async fn scim2_without_patch() -> Scim {
    Scim::start(Kind::Scim2WithoutPatch, |_| {}).await
}

async fn scimmy() -> Scim {
    Scim::start(Kind::Scimmy, |_| {}).await
}

async fn scimmy_that_keeps_accounts() -> Scim {
    Scim::start(Kind::Scimmy, |settings| settings["closing"] = json!("keep")).await
}

async fn scimmy_by_put_of_attribute_values() -> Scim {
    let change = |settings: &mut Value| {
        settings["patch"] = json!("no");
        settings["entitlement"] = json!({ "as": "attribute", "path": "entitlements" });
    };
    Scim::start(Kind::Scimmy, change).await
}

mod in_scim2 {
    crate::conformance::every_rule!(super::scim2);
}

mod in_scim2_that_deletes {
    crate::conformance::every_rule!(super::scim2_that_deletes);
}

mod in_scim2_with_attribute_values {
    crate::conformance::every_rule!(super::scim2_with_attribute_values);
}

mod in_scim2_without_patch {
    crate::conformance::every_rule!(super::scim2_without_patch);
}

mod in_scimmy {
    crate::conformance::every_rule!(super::scimmy);
}

mod in_scimmy_that_keeps_accounts {
    crate::conformance::every_rule!(super::scimmy_that_keeps_accounts);
}

mod in_scimmy_by_put_of_attribute_values {
    crate::conformance::every_rule!(super::scimmy_by_put_of_attribute_values);
}
